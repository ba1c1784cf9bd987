"""The real web process under many calls: replayed, at once, killed; what it answered with 200 is there, once."""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import pytest
from sqlalchemy import select

from bot.answering import Answerer
from bot.models import Inbound, InboundState
from foundation.clock import utc_now
from foundation.message_class import MessageClass
from loa.wiring import Loa
from scheduler.outbox import NewMessage, OutboundMessage, State, enqueue
from scheduler.outbox.models import StoredReceipt
from scheduler.outbox.receipts import merge_waiting
from tests.bot.meaning import meant
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import phone, work
from tests.loa.serving import Installation
from tests.loa.web_process import KANNEL, WebProcess, answers, kannel_of, kannel_receipt, kannel_text
from tests.policies.signed import signed_book
from tests.sizes import size

SEED = 20261120
AT_ONCE = 100
"""Kannel opens so many connections for receipts at a time."""


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, install: Callable[..., Installation]) -> Installation:
    if request.param == "sqlite":
        return install(gateways="kannel", **KANNEL)
    url = request.getfixturevalue("postgres").create_database()
    return install(gateways="kannel", database_url=url, **KANNEL)


@pytest.fixture
def loa(installation: Installation) -> Iterator[Loa]:
    loa = installation.loa
    yield loa
    loa.database.close()


@pytest.fixture
def web(installation: Installation) -> Iterator[WebProcess]:
    with WebProcess(installation) as web:
        yield web


def inbound_rows(loa: Loa) -> list[Inbound]:
    with loa.database.read() as session:
        return list(session.scalars(select(Inbound).order_by(Inbound.id)))


def outbox(loa: Loa) -> list[OutboundMessage]:
    with loa.database.read() as session:
        return list(session.scalars(select(OutboundMessage).order_by(OutboundMessage.id)))


def accepted_messages(loa: Loa, count: int) -> list[str]:
    """So many messages that Kannel has; their references."""
    now = utc_now()
    messages = [
        NewMessage(
            dedupe_key=f"m{number}",
            address=phone(number),
            text="Xin chao",
            message_class=MessageClass.PUBLIC_INFORMATION,
            route=loa.routes["kannel"],
            not_before=now,
        )
        for number in range(count)
    ]
    with loa.database.write() as session:
        enqueue(session, messages, now)
        for row in session.scalars(select(OutboundMessage)):
            row.state = State.ACCEPTED
    return [row.reference for row in outbox(loa)]


def merge_all(loa: Loa) -> None:
    with loa.database.write() as session:
        while merge_waiting(session, utc_now()).looked_at:
            pass


def answer_all(loa: Loa) -> None:
    """What a worker does with the queue."""
    understands = UnderstandingProcess({"tiền điện nhiêu": meant("ask_amount", "electricity")})
    work(loa.database, understands, Answerer(signed_book()), loa.routes, utc_now())


@pytest.mark.timeout(900)
def test_killed_at_random_moments_it_loses_nothing_that_it_answered_and_doubles_nothing(
    installation: Installation, loa: Loa, web: WebProcess
) -> None:
    random = Random(SEED)
    kannel, texts, kills = kannel_of(installation), size(300, 5_000), size(3, 50)
    references = accepted_messages(loa, texts)
    calls = {f"text {n}": kannel_text(kannel, phone(n), "xin chào", f"id-{n}") for n in range(texts)}
    calls |= {f"receipt {n}": kannel_receipt(kannel, reference) for n, reference in enumerate(references)}
    open_calls = list(calls)
    random.shuffle(open_calls)
    accepted: set[str] = set()
    killed_among = 0
    for kill in range(kills):
        most = max(1, len(open_calls) // (kills - kill))
        some = open_calls[:most] + random.sample(sorted(accepted), min(20, len(accepted)))  # and some once more
        moment = random.randint(1, len(some))
        statuses = answers(
            installation.port,
            [calls[name] for name in some],
            on_answer=lambda count, moment=moment: web.kill() if count == moment else None,  # type: ignore[misc]
        )
        assert set(statuses) <= {200, None}
        killed_among += statuses.count(None)
        accepted |= {name for name, status in zip(some, statuses, strict=True) if status == 200}
        open_calls = [name for name in open_calls if name not in accepted]

        stored = {f"text {row.provider_id.removeprefix('id-')}" for row in inbound_rows(loa)}
        with loa.database.read() as session:
            receipts = set(session.scalars(select(StoredReceipt.reference)))
        stored |= {f"receipt {n}" for n, reference in enumerate(references) if reference in receipts}
        assert accepted <= stored, "answered with 200 and lost"
        web.start()
    assert killed_among > 0, "nothing was on its way when it was killed"
    assert set(answers(installation.port, list(calls.values()))) == {200}, "carriers repeat what was not answered"

    assert Counter(row.provider_id for row in inbound_rows(loa)) == Counter(f"id-{n}" for n in range(texts))
    merge_all(loa)
    assert Counter(row.state for row in outbox(loa)) == {State.DELIVERED: texts}


@pytest.mark.timeout(600)
def test_a_replayed_call_has_one_effect(installation: Installation, loa: Loa, web: WebProcess) -> None:
    kannel, times = kannel_of(installation), size(500, 10_000)
    (reference,) = accepted_messages(loa, 1)
    text = kannel_text(kannel, "+84912345678", "UNG HO 200K", "id-1")

    assert answers(installation.port, [text] * times, AT_ONCE) == [200] * times
    assert answers(installation.port, [kannel_receipt(kannel, reference)] * times, AT_ONCE) == [200] * times
    answer_all(loa)
    merge_all(loa)
    (row,) = inbound_rows(loa)
    assert (row.state, row.attempts) == (InboundState.DONE, 1)
    message, reply = outbox(loa)
    assert (message.state, reply.inbound_id) == (State.DELIVERED, row.id)
    with loa.database.read() as session:
        assert len(session.scalars(select(StoredReceipt)).all()) == 1


@pytest.mark.timeout(900)
def test_a_burst_of_texts_gets_an_answer_each(installation: Installation, loa: Loa, web: WebProcess) -> None:
    kannel, people = kannel_of(installation), size(300, 5_000)
    burst = [kannel_text(kannel, phone(n), "tiền điện nhiêu", f"id-{n}") for n in range(people)]

    assert answers(installation.port, burst, connections=size(300, 500)) == [200] * people
    answer_all(loa)
    asked = {row.id: row.address for row in inbound_rows(loa)}
    assert sorted(asked.values()) == sorted(phone(n) for n in range(people))
    replies = outbox(loa)
    assert {reply.dedupe_key for reply in replies} >= {f"reply:{number}:1" for number in asked}
    assert Counter(reply.inbound_id for reply in replies if reply.dedupe_key.endswith(":1")) == Counter(list(asked))
    assert {reply.address == asked[reply.inbound_id or 0] for reply in replies} == {True}
