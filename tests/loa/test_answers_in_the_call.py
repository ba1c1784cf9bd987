"""A short code's answer travels in our answer to the person's call; one that comes too late goes the usual way."""

import asyncio
import base64
import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, update

from bot import inbound
from bot.answering import Answerer
from bot.models import Inbound
from bot.turns import TurnWorker
from bot.understanding import UnderstandingClient
from foundation.clock import utc_now
from foundation.message_class import MessageClass
from gateways import Channel, InboundText
from loa.inbound.answers import MOST_CALLS, PATIENCE_S, AnswersAtOnce
from loa.wiring import Loa
from scheduler.leases import LEASE
from scheduler.outbox import NewMessage, OutboundMessage, State, enqueue
from scheduler.recovery import recover
from tests.bot.meaning import meant
from tests.bot.understanding_process import UnderstandingProcess
from tests.loa.serving import Installation
from tests.loa.web_process import WebProcess, as_bytes
from tests.policies.signed import signed_book
from tests.services import until

ESMS = {
    "gateways": "esms",
    "esms_api_key": "key",
    "esms_secret_key": "secret",
    "esms_brandname": "SoNNMT",
    "esms_short_code": "8041",
    "esms_cpid": "C",
    "esms_private_key": "K",
}
QUESTION = "tiền điện nhiêu"


@pytest.fixture
def installation(install: Callable[..., Installation]) -> Installation:
    return install(**ESMS)


@pytest.fixture
def loa(installation: Installation) -> Iterator[Loa]:
    loa = installation.loa
    yield loa
    loa.database.close()


@pytest.fixture
def web(installation: Installation) -> Iterator[WebProcess]:
    with WebProcess(installation) as web:
        yield web


def call(smsid: str, text: str = QUESTION, sender: str = "84912345678") -> bytes:
    """eSMS's call for a text to the short code."""
    fields = {"cpid": "C", "smsid": smsid, "content": text, "receiverTime": "20261120100500", "sender": sender}
    signed = f"C{smsid}{text}20261120100500K".encode()
    sign = base64.b64encode(hashlib.md5(signed).digest()).decode()
    headers = {"Connection": "close"}
    return as_bytes("GET", f"/gateways/esms/inbound?{urlencode({**fields, 'sign': sign})}", headers)


def ask(installation: Installation, smsid: str, sender: str = "84912345678") -> str:
    """The body that eSMS gets to its call; the call must be answered with 200."""
    with socket.create_connection(("127.0.0.1", installation.port), timeout=20) as connection:
        connection.sendall(call(smsid, sender=sender))
        answered = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answered.partition(b"\r\n\r\n")
    assert b" 200 " in head.partition(b"\r\n")[0]
    return body.decode()


@contextmanager
def turns(loa: Loa, folder: Path) -> Iterator[None]:
    """A turn worker with its understanding, while the block runs."""
    stop = threading.Event()

    async def run() -> None:
        path = folder / "nlu.sock"
        understands = UnderstandingProcess({QUESTION: meant("ask_amount", "electricity")})
        async with understands.listening(path), UnderstandingClient(path) as client:
            worker = TurnWorker(loa.database, client, Answerer(signed_book()), loa.routes, utc_now)
            while not stop.is_set():
                await worker.work()
                await asyncio.sleep(0.02)

    with ThreadPoolExecutor(1) as pool:
        running: Future[None] = pool.submit(asyncio.run, run())
        try:
            yield
        finally:
            stop.set()
            running.result(30)


def replies(loa: Loa) -> list[OutboundMessage]:
    with loa.database.read() as session:
        return list(session.scalars(select(OutboundMessage).order_by(OutboundMessage.id)))


@pytest.mark.timeout(180)
def test_the_answer_is_in_the_response_and_is_not_sent_again(
    installation: Installation, loa: Loa, web: WebProcess, tmp_path: Path
) -> None:
    with turns(loa, tmp_path):
        said = ask(installation, "mo-1")
        assert "<ClientResponse>" in said
        assert "mo-1" in said
        until(lambda: {row.state for row in replies(loa)} == {State.ACCEPTED}, 10, "it is settled once it is written")
        assert all(row.text.split("\n")[0] in said for row in replies(loa))
        assert {row.claimed_by for row in replies(loa)} == {None}
        before = len(replies(loa))
        assert "<ClientResponse>" not in ask(installation, "mo-1"), "the same call again is the same text"
        assert len(replies(loa)) == before

        with ThreadPoolExecutor(12) as pool:
            several = list(pool.map(lambda n: ask(installation, f"mo-{n}", f"8491{n:07d}"), range(10, 22)))
        assert all(f"mo-{n}" in said for n, said in enumerate(several, start=10))


@pytest.mark.timeout(180)
def test_without_an_answer_in_time_the_call_ends_empty_and_the_answer_goes_the_usual_way(
    installation: Installation, loa: Loa, web: WebProcess, tmp_path: Path
) -> None:
    began = time.monotonic()
    assert ask(installation, "mo-1") == ""
    assert 2.5 < time.monotonic() - began < 8
    with turns(loa, tmp_path):
        until(lambda: replies(loa), 20, "a reply")
    (reply, *_) = replies(loa)
    assert (reply.state, reply.claimed_by) == (State.QUEUED, None)
    assert timedelta(seconds=3) < reply.not_before - reply.created_at < timedelta(seconds=10), "nobody hurries"


@pytest.mark.timeout(180)
def test_calls_that_wait_leave_room_for_others(installation: Installation, loa: Loa, web: WebProcess) -> None:
    with ThreadPoolExecutor(60) as pool:
        began = time.monotonic()
        waiting = [pool.submit(ask, installation, f"mo-{n}", f"8491{n:07d}") for n in range(60)]
        ended = [time.monotonic() - began for _ in as_completed(waiting, timeout=30)]
    assert [future.result() for future in waiting] == [""] * 60
    assert ended[60 - MOST_CALLS - 1] < PATIENCE_S < ended[-1], "only so many wait for answers that nobody gives"
    with loa.database.read() as session:
        assert len(session.scalars(select(Inbound.id)).all()) == 60


def test_an_answer_claimed_by_a_web_process_that_died_becomes_unknown(loa: Loa, tmp_path: Path) -> None:
    now = utc_now()
    with loa.database.write() as session:
        inbound.receive(session, "esms", Channel.SMS, [InboundText("mo-1", "+84912345678", "8041", "a", now)], now)
        (row,) = session.scalars(select(Inbound))
        session.execute(update(Inbound).values(state="done"))
        told = NewMessage(
            dedupe_key="reply:1:1",
            address="+84912345678",
            text="Chao",
            message_class=MessageClass.REPLY,
            route=loa.routes["esms"],
            not_before=now,
            inbound_id=row.id,
        )
        enqueue(session, [told], now)
    answers = AnswersAtOnce(loa.database, lambda: loa.limits, lambda: now).wait("esms", ["mo-1"])
    assert answers.texts == ["Chao"]
    (claimed,) = replies(loa)
    assert (claimed.state, claimed.claimed_by) == (State.SENDING, answers.name)

    journals = tmp_path / "journals"
    journals.mkdir()
    recover(loa.database, journals, now + LEASE / 2, Random(1))
    assert replies(loa)[0].state == State.SENDING, "it may be saying it just now"
    recover(loa.database, journals, now + LEASE + timedelta(seconds=1), Random(1))
    assert (replies(loa)[0].state, replies(loa)[0].claimed_by) == (State.UNKNOWN, None)
