"""`loa tickets` and `loa user post|phone|duty`, in the order in which an office sets them up."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from bot.exchange import Kind, Reason, TicketOpened
from bot.inbound import Origin
from bot.tickets.handling import open_ticket
from foundation.clock import today, utc_now
from foundation.identifiers import new_ticket_code
from loa.commands import main
from loa.demo import prepare
from people import AuditEntry, SuppressionReason, suppress
from scheduler.outbox import OutboundMessage
from tests.loa.serving import Installation

MANG_RI = "xã Măng Ri (Quảng Ngãi)"
WORDS = "nhà em số căn cước 049203001234 chưa có tiền điện"


@pytest.fixture
def office(install: Callable[..., Installation]) -> Installation:
    """Hoa at the commune Măng Ri, Mai above her at the province, Quan who administrates."""
    installation = install()
    for name, role in (("hoa", "handler"), ("mai", "approver"), ("quan", "admin")):
        say(installation, "user", "add", name, "--role", role)
    say(installation, "user", "post", "mai", "--body", "Sở Nông nghiệp và Môi trường")
    at = ("--commune", "xã Măng Ri, tỉnh Quảng Ngãi")
    say(installation, "user", "post", "hoa", "--body", "UBND xã Măng Ri", *at, "--chief", "mai")
    say(installation, "user", "phone", "hoa", "0901 000 001")
    say(installation, "user", "duty", "add", "hoa", "--place", "xã Măng Ri, Quảng Ngãi")
    say(installation, "user", "duty", "add", "mai", "--confidential")
    return installation


def say(installation: Installation, *arguments: str, expect: int = 0) -> str:
    """Run a command in this process; what it says, on whichever stream."""
    done = CliRunner(env=installation.environment).invoke(main, arguments)
    assert done.exit_code == expect, (arguments, done.output)
    return done.output


def opened(installation: Installation, confidential: bool = False, late: bool = False) -> str:
    now = utc_now()
    due = today(now) + timedelta(days=-1 if late else 30)
    reason = Reason.CORRUPTION if confidential else Reason.FEEDBACK
    ticket = TicketOpened(
        new_ticket_code(), Kind.FEEDBACK, "electricity", due, reason, confidential, place=MANG_RI, hour="chiều"
    )
    with installation.loa.database.write() as session:
        return open_ticket(session, ticket, Origin("sms", "+84912345678", WORDS, "simulator"), now).code


def test_duties_are_listed_with_masked_numbers_and_taken_away(office: Installation) -> None:
    listed = office.json("user", "duty", "list")
    assert [(d["official"], d["place"], d["topic"], d["confidential"], d["phone"]) for d in listed] == [
        ("hoa", MANG_RI, None, False, "090****001"),
        ("mai", None, None, True, None),
    ]
    assert "không báo được cho mai bằng tin nhắn: chưa có số máy nhận tin; ghi số bằng «loa user phone mai" in say(
        office, "user", "duty", "add", "mai", "--topic", "electricity"
    )
    assert "hỗ trợ tiền điện" in say(office, "user", "duty", "list")
    say(office, "user", "duty", "remove", str(listed[0]["id"]))
    assert [d["official"] for d in office.json("user", "duty", "list")] == ["mai", "mai"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("duty", "add", "hoa", "--place", "xã Không Đâu"), 1, "không rõ «xã Không Đâu»"),
        (("duty", "add", "hoa", "--place", "xã Ia Chim hay xã Măng Ri"), 1, "thuộc nhiều xã"),
        (("duty", "add", "hoa", "--topic", "moon"), 2, "không có việc «moon»"),
        (("duty", "add", "nobody"), 1, "không có người dùng"),
        (("duty", "remove", "99"), 1, "không có phân công số 99"),
        (("post", "hoa", "--body", "Sở", "--commune", "tỉnh Quảng Ngãi"), 1, "không phải một xã"),
        (("post", "mai", "--body", "Sở", "--chief", "hoa"), 1, "không thể là cấp trên"),
        (("phone", "quan", "0901000009"), 1, "loa user post quan"),
        (("phone", "mai", "0901000001"), 1, "đã là của «hoa»"),
        (("phone", "mai", "12345"), 1, "không phải số điện thoại"),
    ],
)
def test_what_cannot_be_is_told(office: Installation, arguments: tuple[str, ...], code: int, says: str) -> None:
    assert says in say(office, "user", *arguments, expect=code)


def test_a_ticket_is_listed_shown_given_answered_and_closed(office: Installation) -> None:
    late, code = opened(office, late=True), opened(office)
    listed = office.json("tickets", "list", "--as", "hoa")
    assert [(t["code"], t["owner"], t["overdue"], t["place"]) for t in listed] == [
        (late, "hoa", True, MANG_RI),
        (code, "hoa", False, MANG_RI),
    ]
    assert [t["code"] for t in office.json("tickets", "list", "--overdue", "--as", "mai")] == [late]
    assert f"{late}  đang chờ  quá hạn" in say(office, "tickets", "list", "--as", "hoa")
    assert "không có phiếu nào" in say(office, "tickets", "list", "--owner", "quan", "--as", "quan")

    shown = office.json("tickets", "show", code, "--as", "hoa")
    assert (shown["from"], shown["hour"], shown["answers"]) == ("091****678", "chiều", [])
    assert shown["text"] == "nhà em số căn cước ************ chưa có tiền điện"

    say(office, "tickets", "assign", code, "mai", "--as", "hoa")
    say(office, "tickets", "answer", code.lower(), "Mai có tiền.", "--as", "mai")
    assert "nhiều nhất 6" in say(office, "tickets", "answer", code, "ề" * 500, "--as", "mai", expect=1)
    say(office, "tickets", "close", code, "--as", "mai")
    assert "đã đóng" in say(office, "tickets", "answer", code, "Mai có tiền.", "--as", "mai", expect=1)
    assert "Mai có tiền." in say(office, "tickets", "show", code, "--as", "hoa")
    assert [t["code"] for t in office.json("tickets", "list", "--status", "closed", "--as", "hoa")] == [code]
    with office.loa.database.read() as session:
        (sent,) = session.scalars(select(OutboundMessage)).all()
        done = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == code)).all()
    assert (sent.text, sent.approver) == (f"{code}: Mai có tiền.", "mai")
    assert done == ["ticket.assigned", "ticket.answered", "ticket.closed"]


def test_a_confidential_ticket_is_nobodys_else_and_reading_it_is_on_record(office: Installation) -> None:
    code = opened(office, confidential=True)
    for name in ("hoa", "quan"):
        assert office.json("tickets", "list", "--as", name) == []
        for action in (["show", code], ["answer", code, "có"], ["close", code], ["assign", code, name]):
            assert f"không có phiếu {code}" in say(office, "tickets", *action, "--as", name, expect=1)
    shown = office.json("tickets", "show", code, "--as", "mai")
    assert (shown["confidential"], shown["from"]) == (True, None)
    with office.loa.database.read() as session:
        read = session.scalars(select(AuditEntry).where(AuditEntry.action == "ticket.read")).all()
    assert [(entry.actor, entry.subject_id) for entry in read] == [("mai", code)]


def test_every_step_is_one_json_document_too(office: Installation) -> None:
    code = opened(office)
    assert office.json("tickets", "assign", code, "mai", "--as", "hoa")["owner"] == "mai"
    answered = office.json("tickets", "answer", code, "Mai có tiền.", "--as", "mai")
    assert (answered["status"], answered["segments"]) == ("answered", 1)
    assert office.json("tickets", "close", code.lower(), "--as", "mai")["code"] == code
    assert office.json("user", "post", "quan", "--body", "UBND tỉnh", "--chief", "mai") == {
        "official": "quan",
        "body": "UBND tỉnh",
        "commune": None,
        "chief": "mai",
    }
    assert office.json("user", "phone", "quan", "0901000003")["phone"] == "090****003"
    assert office.json("user", "duty", "remove", "1") == {"id": 1}


def test_a_person_reads_a_ticket_in_words(office: Installation) -> None:
    code = opened(office)
    say(office, "tickets", "answer", code, "Mai có tiền.", "--as", "hoa")
    shown = say(office, "tickets", "show", code, "--as", "hoa")
    assert f"{code}  đã trả lời  hạn" in shown
    assert "  hoa  phản ánh  hỗ trợ tiền điện  xã Măng Ri (Quảng Ngãi)" in shown
    assert "Phản ánh, về hỗ trợ tiền điện, nhận" in shown
    assert "từ 091****678 (SMS)\ngọi lúc: chiều\n\nnhà em số căn cước ************" in shown
    assert "hoa: Mai có tiền." in shown


def test_a_list_of_confidential_tickets_does_not_say_what_they_are_about(office: Installation) -> None:
    code = opened(office, confidential=True)
    line = say(office, "tickets", "list", "--as", "mai")
    assert f"{code}  kín  đang chờ" in line
    assert "tố giác" not in line
    assert "tiền điện" not in line


def test_what_was_answered_is_overdue_no_more(office: Installation) -> None:
    code = opened(office, late=True)
    say(office, "tickets", "answer", code, "Mai có tiền.", "--as", "hoa")
    assert "không có phiếu nào" in say(office, "tickets", "list", "--overdue", "--as", "hoa")


def test_a_list_cut_short_says_so(office: Installation) -> None:
    for _ in range(2):
        opened(office)
    assert "đây chỉ là 1 phiếu đầu" in say(office, "tickets", "list", "--limit", "1", "--as", "hoa")
    assert "còn nữa" not in say(office, "tickets", "list", "--limit", "2", "--as", "hoa")


def test_an_official_who_stopped_texts_is_told_of_wherever_they_are_named(office: Installation) -> None:
    with office.loa.database.write() as session:
        suppress(session, "sms", "+84901000001", SuppressionReason.OPT_OUT, utc_now())
    untold = "đã từ chối nhận tin; nhắn DANG KY từ máy mình để nhận lại"
    assert f"090****001, {untold}" in say(office, "user", "duty", "list")
    assert office.json("user", "duty", "list")[0]["not_told_because"] == untold
    assert untold in say(office, "user", "phone", "hoa", "0901000001")
    code = opened(office)
    assert f"không báo được cho hoa bằng tin nhắn: {untold}" in say(office, "tickets", "show", code, "--as", "mai")
    say(office, "tickets", "assign", code, "quan", "--as", "mai")
    assert untold in say(office, "tickets", "assign", code, "hoa", "--as", "mai")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("show", "PA0000000"), 2, "--as"),
        (("answer", "PA0000000", "--as", "hoa"), 2, "TEXT"),
        (("list", "--status", "late", "--as", "hoa"), 2, "'open', 'answered', 'closed'"),
        (("list", "--as", "nobody"), 1, "không có người dùng «nobody»"),
        (("answer", "PA0000000", "có", "--as", "hoa"), 1, "không có phiếu PA0000000"),
    ],
)
def test_wrong_usage_and_refusals_have_exit_codes(
    office: Installation, arguments: tuple[str, ...], code: int, says: str
) -> None:
    assert says in say(office, "tickets", *arguments, expect=code)


@pytest.mark.parametrize("command", [("tickets",), ("tickets", "show"), ("user", "duty"), ("user", "post")])
def test_help_is_in_vietnamese(office: Installation, command: tuple[str, ...]) -> None:
    assert any(word in say(office, *command, "--help") for word in ("phiếu", "Phiếu", "Phân công", "cơ quan"))


def test_a_ticket_that_is_none_is_told(office: Installation) -> None:
    assert "không có phiếu PA0000000" in say(office, "tickets", "show", "PA0000000", "--as", "hoa", expect=1)


def test_the_demonstration_has_somebody_for_every_ticket(install: Callable[..., Installation], tmp_path: Path) -> None:
    installation = install()
    for _ in range(2):
        lines = prepare(installation.loa)
    assert any("hoa 0901000001" in line for line in lines)
    assert [d["official"] for d in installation.json("user", "duty", "list")] == ["hoa", "minh"]
    opened(installation)
    opened(installation, confidential=True)
    assert {t["owner"] for t in installation.json("tickets", "list", "--as", "minh")} == {"hoa", "minh"}
