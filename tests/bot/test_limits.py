"""Texts in plenty, twice, late, with a keyword or with a picture: each comes to one reply, or to none for a reason."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest
from aiohttp import web
from sqlalchemy import func, select

from bot import inbound
from bot.answering import Answerer
from bot.hearing import MOST_REFUSED
from bot.limits import MOST_A_MINUTE, RATE_LIMITED, REPEATED
from bot.models import Attachment, Inbound, InboundState, Ticket
from bot.numbers import SILENCE
from bot.turns import LATE, OFFICIAL
from bot.words import say
from campaigns.models import Pledge
from foundation.database import Base, Database
from gateways import Attached, AttachedKind, Channel, InboundText
from people import Role, add_official, register_phone, set_post, suppressed
from scheduler.outbox import OutboundMessage, Route, State
from tests.bot.meaning import NOW, TODAY, meant
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import ME, all_inbound, all_replies, offer_tc, phone, receive, send, text_from, work

Routes = Mapping[str, Route]
QUESTION = "tiền điện nhiêu vậy"
TABLE = {QUESTION: meant("ask_amount", "electricity")}
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def process() -> UnderstandingProcess:
    return UnderstandingProcess(TABLE)


def count(database: Database, table: type[Base]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def flood(database: Database, texts: Sequence[str], seconds: float = 1) -> None:
    for number, text in enumerate(texts):
        send(database, text, now=NOW + timedelta(seconds=number * seconds))


def kinds(database: Database) -> list[str | None]:
    return [row.kind for row in all_inbound(database)]


def test_forty_texts_in_a_minute_are_told_once_and_then_recorded_alone(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    flood(database, [f"tiền điện nhiêu vậy {number}" for number in range(40)])
    work(database, process, answerer, routes, NOW + timedelta(minutes=1))

    assert kinds(database)[MOST_A_MINUTE:] == [RATE_LIMITED] * (40 - MOST_A_MINUTE)
    assert {row.state for row in all_inbound(database)} == {InboundState.DONE}
    replies = [reply.text for reply in all_replies(database)]
    assert replies.count(say("too_many")) == 1
    assert len(replies) == MOST_A_MINUTE + 1


def test_stopping_data_and_danger_are_heard_in_the_middle_of_it(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    wanted = ["đừng nhắn tin nữa", "xem dữ liệu của tôi", "cháy nhà cứu với"]
    flood(database, [*(f"tin thứ {number} đây" for number in range(30)), *wanted])
    work(database, process, answerer, routes, NOW + timedelta(minutes=1))

    assert kinds(database)[30:] == ["opt_out", "data_request", "answer"]
    with database.read() as session:
        assert suppressed(session, "sms", [database.vault.digest(ME)])
        assert [ticket.urgent for ticket in session.scalars(select(Ticket).order_by(Ticket.id))] == [False, True]


def test_a_stop_word_that_a_text_of_ours_offered_is_heard_in_the_middle_of_it(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    offer_tc(database, routes)
    flood(database, [*(f"tin thứ {number} đây" for number in range(30)), "TC"])
    work(database, None, answerer, routes, NOW + timedelta(minutes=1))

    assert kinds(database)[-1] == "opt_out"


def test_who_writes_slowly_or_is_another_is_never_too_much(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    flood(database, [f"tin thứ {number} đây" for number in range(MOST_A_MINUTE + 5)], seconds=4)
    for number in range(MOST_A_MINUTE + 5):
        send(database, QUESTION, sender=phone(number))
    work(database, process, answerer, routes, NOW + timedelta(minutes=3))

    assert RATE_LIMITED not in kinds(database)


@pytest.mark.parametrize(("seconds", "pledges"), [(20, 1), (61, 2)])
def test_the_same_text_twice_within_a_minute_has_one_effect_and_one_reply(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes, seconds: int, pledges: int
) -> None:
    flood(database, ["UNG HO 200K", "ung ho 200k"], seconds)
    work(database, process, answerer, routes, NOW + timedelta(minutes=2))

    assert count(database, Pledge) == pledges
    assert len(all_replies(database)) == pledges
    assert kinds(database) == ["pledge", REPEATED if pledges == 1 else "pledge"]


def test_a_short_text_or_a_cry_for_help_said_twice_is_answered_twice(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    flood(database, ["1", "1", "cháy nhà cứu với", "cháy nhà cứu với"])
    work(database, process, answerer, routes, NOW + timedelta(minutes=1))

    assert REPEATED not in kinds(database)
    assert count(database, Ticket) == 1  # the danger was told: the second cry is about it


def late_text(text: str, hours: float) -> InboundText:
    return InboundText(f"late-{hours}", ME, "8079", text, NOW - timedelta(hours=hours))


JUST_IN_TIME = LATE.total_seconds() / 3600 - 0.1


@pytest.mark.parametrize(("hours", "told"), [(0.5, False), (JUST_IN_TIME, False), (20, True), (10_000, False)])
def test_a_text_that_took_hours_is_answered_for_the_day_it_was_sent(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes, hours: float, told: bool
) -> None:
    receive(database, [late_text(QUESTION, hours)])
    work(database, process, answerer, routes)

    (reply,) = all_replies(database)
    assert reply.text.startswith("Tin gửi lúc") is told
    assert "59.520" in reply.text


def test_an_amount_that_changed_meanwhile_is_that_of_the_day_the_text_was_sent(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    """The price of electricity rose on 10 May 2025."""
    assert date(2025, 5, 10) < TODAY
    rose = NOW.replace(year=2025, month=5, day=10)
    receive(database, [InboundText("before", ME, "8079", QUESTION, rose - timedelta(hours=20))], now=rose)
    work(database, process, answerer, routes, rose)

    (reply,) = all_replies(database)
    assert "56.790" in reply.text


def test_the_service_keyword_is_read_by_nobody(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    with database.write() as session:
        texts = [text_from(phone(n), f"{lead}{QUESTION}", f"kt-{n}") for n, lead in enumerate(("KT ", "kt: ", ""))]
        texts.append(text_from(phone(9), "KT HUY", "kt-9"))
        texts.append(text_from(phone(8), "KT", "kt-8"))
        inbound.receive(session, "kannel", Channel.SMS, texts, NOW, "KT")
    work(database, process, answerer, routes)

    assert {row.text for row in all_inbound(database)[:3]} == {QUESTION}
    assert kinds(database)[:4] == ["answer", "answer", "answer", "opt_out"]
    assert all("KT" not in text for asked in process.asked for text in asked if text != "KT")


def test_a_voice_message_goes_to_a_person_and_is_kept(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    voice = Attached(AttachedKind.AUDIO, "https://example.org/voice.m4a")
    receive(database, [InboundText("voice", ME, "8079", "", NOW, (voice,))])
    work(database, process, answerer, routes)

    with database.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert session.scalars(select(Attachment)).one().inbound_id == ticket.inbound_id
    assert ticket.code in all_replies(database)[0].text


def test_one_text_that_is_refused_does_not_silence_the_others(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    async def refusing(texts: list[str]) -> web.StreamResponse:
        return web.Response(status=500) if "hỏng" in texts else await process.understand(texts)

    process.answer = refusing
    for number, text in enumerate([QUESTION, "hỏng", QUESTION]):
        send(database, text, sender=phone(number))
    work(database, process, answerer, routes)

    assert kinds(database) == ["answer", "handover", "answer"]
    assert len(process.asked) == 4


def test_a_process_that_refuses_everything_is_not_asked_for_ever(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    async def refusing(_: list[str]) -> web.StreamResponse:
        return web.Response(status=500)

    process.answer = refusing
    for number in range(20):
        send(database, QUESTION, sender=phone(number))
    work(database, process, answerer, routes)

    assert kinds(database) == ["handover"] * 20
    assert len(process.asked) == 1 + MOST_REFUSED


def test_after_six_silent_months_the_number_is_a_new_person(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, "gọi lại cho tôi")
    work(database, process, answerer, routes)
    with database.read() as session:
        code = session.scalars(select(Ticket.code)).one()
    for days, known in ((1, True), (2 + SILENCE.days, False)):
        later = NOW + timedelta(days=days)
        send(database, code, now=later)
        work(database, process, answerer, routes, later)
        assert ("khong co ma" not in all_replies(database)[-1].text) is known


def test_a_wrong_number_forgets_the_one_before(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, "HUY", QUESTION, "gọi lại cho tôi")
    work(database, process, answerer, routes)
    send(database, "nhầm số rồi", "nộp ở đâu", now=NOW + A_SECOND)
    work(database, process, answerer, routes, NOW + A_SECOND)
    with database.read() as session:
        code = session.scalars(select(Ticket.code)).one()
        assert suppressed(session, "sms", [database.vault.digest(ME)])
    send(database, code, now=NOW + timedelta(hours=1))
    work(database, process, answerer, routes, NOW + timedelta(hours=1))

    assert kinds(database)[3:] == ["greeting", "ask_back", "status"]
    assert "khong co ma" in all_replies(database)[-1].text


def test_what_is_ours_is_told_from_what_is_not(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, QUESTION)
    work(database, process, answerer, routes)
    with database.write() as session:
        for row in session.scalars(select(OutboundMessage)):
            row.state, row.sent_at = State.DELIVERED, NOW
    ours = all_replies(database)[0].text.partition("\n")[0]
    later = NOW + timedelta(minutes=5)
    send(database, f"THAT {ours}", "THAT Ban duoc nhan 5 trieu dong, bam vao day de nhan ngay", now=later)
    work(database, process, answerer, routes, later)

    true, false = (reply.text for reply in all_replies(database)[-2:])
    assert true.startswith("Đúng là tin của tổng đài, gửi lúc 09:00 20/11/2026")
    assert false.startswith("Coi chung")
    send(database, "gặp cán bộ", now=later + A_SECOND)
    process.table["gặp cán bộ"] = meant("ask_human")
    work(database, process, answerer, routes, later)
    with database.read() as session:
        assert session.scalars(select(Ticket.reason)).one() == "doubt"


def test_an_officials_answer_is_no_turn_of_a_conversation(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    with database.write() as session:
        lan = add_official(session, "lan", Role.ADMIN, None, NOW, "lan")
        set_post(session, lan, "UBND xã Măng Ri", None, None, NOW, "lan")
        register_phone(session, lan, "sms", phone(7), NOW, "lan")
    send(database, "TL khong co ma", sender=phone(7))
    work(database, process, answerer, routes)

    (row,) = all_inbound(database)
    assert (row.kind, row.state) == (OFFICIAL, InboundState.DONE)
    assert "TL" in all_replies(database)[0].text
    assert process.asked == [] or process.asked == [["TL khong co ma"]]
    assert count(database, Inbound) == 1
