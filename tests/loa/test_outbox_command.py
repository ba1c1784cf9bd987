"""`loa outbox`: what an official sees of texts that left, and what they decide about them."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from foundation.clock import utc_now
from foundation.message_class import MessageClass
from loa.commands import main
from people import AuditEntry
from scheduler.outbox import NewMessage, OutboundMessage, State, enqueue, open_batch
from scheduler.outbox.models import GatewayState, StoredReceipt
from scheduler.outbox.states import CircuitState
from tests.loa.serving import Installation

PHONE = "+84912345678"
WORDS = "Mời bà con họp thôn lúc 8 giờ"
PUBLIC = MessageClass.PUBLIC_INFORMATION


@pytest.fixture
def office(install: Callable[..., Installation]) -> Installation:
    """Minh approves, Lan writes."""
    installation = install()
    for name, role in (("minh", "approver"), ("lan", "editor")):
        say(installation, "user", "add", name, "--role", role)
    return installation


def say(installation: Installation, *arguments: str, expect: int = 0) -> str:
    """Run a command in this process; what it says, on whichever stream."""
    done = CliRunner(env=installation.environment).invoke(main, arguments)
    assert done.exit_code == expect, (arguments, done.output)
    return done.output


def told(installation: Installation, *arguments: str) -> Any:
    """The one JSON document on stdout."""
    done = CliRunner(env=installation.environment).invoke(main, [*arguments, "--json"])
    assert done.exit_code == 0, (arguments, done.output)
    return json.loads(done.stdout)


def left(office: Installation, state: State, count: int = 1, days: float = 2, **values: Any) -> list[str]:
    """Messages of one batch that left so many days ago and came to this; their references."""
    now = utc_now()
    route = office.loa.route_of(MessageClass.PUBLIC_INFORMATION)
    with office.loa.database.write() as session:
        batch_id = open_batch(session, PUBLIC, now)
        message_class = values.pop("message_class", PUBLIC)
        messages = [
            NewMessage(
                dedupe_key=f"{batch_id}:{number}",
                address=PHONE,
                text=WORDS,
                message_class=message_class,
                route=route,
                not_before=now,
                batch_id=batch_id,
            )
            for number in range(count)
        ]
        enqueue(session, messages, now)
        of_batch = OutboundMessage.batch_id == batch_id
        sent_at = now - timedelta(days=days)
        session.execute(update(OutboundMessage).where(of_batch).values(state=state, sent_at=sent_at, **values))
        return list(session.scalars(select(OutboundMessage.reference).where(of_batch).order_by(OutboundMessage.id)))


def audited(office: Installation) -> list[tuple[str, str, str]]:
    with office.loa.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.subject_kind.in_(["message", "gateway"])).order_by(AuditEntry.id)
        return [(entry.actor, entry.action, entry.subject_id) for entry in session.scalars(query)]


def test_one_message_is_shown_from_its_making_to_its_end(office: Installation) -> None:
    [reference] = left(office, State.UNKNOWN, detail="gateway raised", provider_id="p1")
    with office.loa.database.write() as session:
        now = utc_now()
        for state in (State.SENT, State.UNDELIVERED):
            session.add(StoredReceipt(gateway="simulator", reference=reference, state=state, received_at=now))
    shown = told(office, "outbox", "inspect", reference)
    assert (shown["reference"], shown["state"], shown["class"]) == (reference, "unknown", "public_information")
    assert (shown["to"], shown["segments"], shown["gateway"]) == ("091****678", 1, "simulator")
    assert [receipt["state"] for receipt in shown["receipts"]] == ["sent", "undelivered"]
    assert "text" not in shown and PHONE[3:] not in json.dumps(shown) and WORDS not in json.dumps(shown)
    lines = say(office, "outbox", "inspect", reference)
    assert "chưa rõ số phận" in lines and "cổng gửi tin gặp lỗi" in lines and "biên nhận" in lines
    assert "912345678" not in lines and WORDS not in lines


def test_its_words_are_shown_to_who_may_approve_and_that_is_on_record(office: Installation) -> None:
    [reference] = left(office, State.DELIVERED)
    assert told(office, "outbox", "inspect", reference, "--text", "--as", "minh")["text"] == WORDS
    assert audited(office) == [("minh", "message.text_read", reference)]
    assert "không có quyền" in say(office, "outbox", "inspect", reference, "--text", "--as", "lan", expect=1)
    assert "cần REF và --as" in say(office, "outbox", "inspect", reference, "--text", expect=2)


def test_an_answer_shows_neither_whose_it_is_nor_its_words(office: Installation) -> None:
    [reference] = left(office, State.DELIVERED, message_class=MessageClass.REPLY)
    assert told(office, "outbox", "inspect", reference)["to"] is None
    said = say(office, "outbox", "inspect", reference, "--text", "--as", "minh", expect=1)
    assert "xem trong hội thoại" in said and audited(office) == []


def test_messages_are_listed_by_batch_and_state(office: Installation) -> None:
    left(office, State.DELIVERED, count=2)
    failed = left(office, State.FAILED, count=3, detail="Kannel refuses this number or text")
    assert [each["reference"] for each in told(office, "outbox", "inspect", "--state", "failed")] == failed[::-1]
    assert len(told(office, "outbox", "inspect", "--batch", "1")) == 2
    assert told(office, "outbox", "inspect", "--batch", "1", "--state", "failed") == []
    assert len(told(office, "outbox", "inspect", "--state", "failed", "--limit", "1")) == 1
    assert "không có tin nào" in say(office, "outbox", "inspect", "--batch", "9")


def test_a_person_says_what_became_of_uncertain_texts(office: Installation) -> None:
    first, second, third = left(office, State.UNKNOWN, count=3)
    assert "đang trên đường" in say(office, "outbox", "reconcile", first, "--as", "minh", "--arrived")
    assert told(office, "outbox", "reconcile", second, third, "--as", "minh", "--lost") == [
        {"reference": reference, "state": "failed", "resent_as": None} for reference in (second, third)
    ]
    shown = told(office, "outbox", "inspect", first)
    assert [(each["official"], each["action"]) for each in shown["decisions"]] == [("minh", "message.arrived")]
    assert "minh cho biết tin đã đến" in say(office, "outbox", "inspect", first)


def test_what_waits_for_a_person_is_counted_when_nobody_can_tell(office: Installation) -> None:
    left(office, State.UNKNOWN, count=2)
    left(office, State.UNKNOWN, days=0.1)
    done = told(office, "outbox", "reconcile", "--ask-now")
    assert done == {
        "repeated": 0,
        "asked": 0,
        "told": 0,
        "waiting": 2,
        "uncertain": {"1h": 0, "24h": 1, "7d": 2, "older": 0},
    }
    assert "2 tin chờ người quyết định" in say(office, "outbox", "reconcile")


def test_failed_texts_of_a_batch_are_resent_once(office: Installation) -> None:
    failed = left(office, State.FAILED, count=3)
    resent = told(office, "outbox", "resend", "--batch", "1", "--state", "failed", "--as", "minh")
    assert [each["reference"] for each in resent] == failed
    assert len({each["resent_as"] for each in resent} - set(failed)) == 3
    assert told(office, "outbox", "resend", "--batch", "1", "--state", "failed", "--as", "minh") == []
    said = say(office, "outbox", "resend", failed[0], "--as", "minh", expect=1)
    assert f"tin {failed[0]} đã được gửi lại rồi, là tin {resent[0]['resent_as']}" in said


def test_an_uncertain_text_is_resent_early_for_a_reason_only(office: Installation) -> None:
    [reference] = left(office, State.UNKNOWN, days=0.5)
    assert "nhà mạng còn có thể báo" in say(office, "outbox", "resend", reference, "--as", "minh", expect=1)
    assert "gửi lại 1 tin" in say(office, "outbox", "resend", reference, "--as", "minh", "--force", "đã gọi hỏi")
    [decision] = told(office, "outbox", "inspect", reference)["decisions"]
    assert (decision["action"], decision["because"]) == ("message.resent", "đã gọi hỏi")


def test_the_summary_says_what_waits_and_which_gateway_rests(office: Installation) -> None:
    left(office, State.QUEUED, count=4)
    left(office, State.UNKNOWN, count=2)
    left(office, State.SUPPRESSED, count=3, detail="opt_out")
    left(office, State.ACCEPTED, days=4)
    now = utc_now()
    with office.loa.database.write() as session:
        resting = {"since": now, "retry_at": now + timedelta(minutes=5), "because": "errors: 62% of 45"}
        session.add(GatewayState(gateway="simulator", free_at=0, circuit=CircuitState.OPEN, **resting))
    found = told(office, "outbox", "summary")
    [queue] = found["queues"]
    assert (queue["class"], queue["gateway"], queue["waiting"], queue["due"]) == (
        "public_information",
        "simulator",
        4,
        4,
    )
    assert 0 <= queue["oldest_s"] < 600
    assert found["uncertain"] == {"1h": 0, "24h": 0, "7d": 2, "older": 0}
    assert found["waiting_for_a_person"] == {"simulator": 2}
    assert found["refusals"] == {"opt_out": 3} and found["without_receipt"] == {"simulator": 1}
    stands = {gateway["gateway"]: gateway["circuit"] for gateway in found["gateways"]}
    assert stands == {"simulator": "open", "simulator_zalo": "closed"}
    lines = say(office, "outbox", "summary")
    assert "cổng simulator: đang nghỉ: nhiều tin gửi hỏng (62% trong 45 tin), thử lại lúc" in lines
    assert "Thông tin chính sách qua simulator: 4 tin chờ, 4 đã đến lượt" in lines
    assert "không gửi vì người nhận đã từ chối nhận tin: 3 tin" in lines


def test_a_gateway_is_tried_again_when_a_person_says_so(office: Installation) -> None:
    now = utc_now()
    with office.loa.database.write() as session:
        session.add(
            GatewayState(
                gateway="simulator", free_at=0, circuit=CircuitState.OPEN, since=now, retry_at=now + timedelta(hours=1)
            )
        )
    assert "không có quyền" in say(office, "outbox", "try", "simulator", "--as", "lan", expect=1)
    assert "đang thử lại" in say(office, "outbox", "try", "simulator", "--as", "minh")
    assert audited(office) == [("minh", "gateway.try_now", "simulator")]
    assert "không nghỉ" in say(office, "outbox", "try", "simulator_zalo", "--as", "minh", expect=1)


WRONG = [
    ((), 2),
    (("inspect",), 2),
    (("inspect", "ref", "--batch", "1"), 2),
    (("inspect", "--state", "lost"), 2),
    (("inspect", "--batch", "1", "--text", "--as", "minh"), 2),
    (("inspect", "nobody"), 1),
    (("reconcile", "ref"), 2),
    (("reconcile", "--arrived", "--as", "minh"), 2),
    (("reconcile", "ref", "--lost"), 2),
    (("reconcile", "ref", "--lost", "--as", "minh", "--ask-now"), 2),
    (("reconcile", "nobody", "--lost", "--as", "minh"), 1),
    (("resend", "--as", "minh"), 2),
    (("resend", "ref", "--batch", "1", "--state", "failed", "--as", "minh"), 2),
    (("resend", "--batch", "1", "--as", "minh"), 2),
    (("resend", "--batch", "1", "--state", "delivered", "--as", "minh"), 2),
    (("resend", "nobody", "--as", "minh"), 1),
    (("resend", "nobody", "--as", "nobody"), 1),
    (("try", "nowhere", "--as", "minh"), 1),
]


@pytest.mark.parametrize(("arguments", "code"), WRONG)
def test_wrong_usage_is_two_and_what_is_refused_is_one(
    office: Installation, arguments: tuple[str, ...], code: int
) -> None:
    said = say(office, "outbox", *arguments, expect=code)
    assert "Traceback" not in said and said.strip()
