"""A small village with its officials, its people and their texts, in a real database; and a hand that clicks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from bot.answering import shipped_rules
from bot.exchange import Kind, Reason, TicketOpened
from bot.inbound import Origin
from bot.models import Inbound, InboundState
from bot.tickets.handling import open_ticket
from campaigns import broadcasts
from campaigns.donations import record_pledge
from campaigns.sending import send_due
from console import ConsoleContext, register_console
from foundation.clock import parse_time, today
from foundation.database import Base, Database, sqlite_url
from foundation.holidays import SHIPPED
from foundation.identifiers import new_ticket_code
from foundation.keys import open_vault
from foundation.message_class import MessageClass
from people import Group, GroupMember, Official, Role, add_official, upsert_contact
from policies import AnswerBook
from scheduler.outbox import NewMessage, Route, enqueue

NOW = parse_time("2026-11-20 09:00")
BOOK = AnswerBook.load()
PASSWORD = "mot hai ba bon"
OFFICIALS = {"lan": Role.EDITOR, "minh": Role.APPROVER, "hoa": Role.HANDLER, "quan": Role.ADMIN}
PHONES = ("+84912000001", "+84912000002", "+84912000003")
ASKER = "+84913555777"
DONOR = "+84987111222"
CODE = "PA1234566"
QUESTION = "Nhà em sập mái, xã bảo chờ, chờ đến bao giờ ạ?"
ROUTE = Route(gateway="simulator", channel="sms", price_vnd_per_segment=500, max_segments=4)


@dataclass
class Village:
    """The application with what a test looks at behind it. Set `now` to let time pass."""

    database: Database
    now: datetime = NOW
    nudges: int = 0
    demo: bool = True
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.app = Flask("loa")
        self.app.secret_key = "only for tests"
        register_console(
            self.app,
            ConsoleContext(
                database=self.database,
                routes={"simulator": ROUTE},
                now=lambda: self.now,
                nudge=self._nudge,
                demo=self.demo,
                demo_login=("lan", PASSWORD) if self.demo else None,
                book=BOOK,
                rules=shipped_rules,
                objection_days=3,
                days_off=SHIPPED,
            ),
        )

    def _nudge(self) -> None:
        self.nudges += 1

    def hand(self) -> "Hand":
        return Hand(self.app.test_client())

    def signed_in(self, name: str) -> "Hand":
        hand = self.hand()
        assert hand.log_in(name).status_code == 302
        return hand


@dataclass
class Hand:
    """Someone at a browser without JavaScript: opens pages, and sends the forms of those pages with their tokens."""

    client: FlaskClient

    def open(self, path: str) -> TestResponse:
        return self.client.get(f"/console{path}")

    def send(self, path: str, page: str | None = None, **values: Any) -> TestResponse:
        """POST to `path` what stands in the form of `page` (the same by default), changed by `values`."""
        html = self.open(path if page is None else page).text
        fields = {name: value for name, value in hidden_fields(html).items() if name in ("csrf_token", "seen")}
        return self.client.post(f"/console{path}", data={**fields, **values})

    def log_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        return self.send("/login", name=name, password=password)


def hidden_fields(html: str) -> dict[str, str]:
    inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", html)
    pairs = ((re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in inputs)
    return {name[1]: unescape(value[1]) for name, value in pairs if name and value}


def words_of(html: str) -> str:
    """What one reads on a page: no tags, single blanks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@contextmanager
def village(folder: Path, demo: bool = True) -> Iterator[Village]:
    """The village that was built in this folder, or in one that this is a copy of."""
    database = open_database(folder)
    try:
        yield Village(database, demo=demo)
    finally:
        database.close()


def build(folder: Path) -> None:
    """Officials, a group of three, a ticket and two pledges, in a new database in this folder."""
    database = open_database(folder)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        for name, role in OFFICIALS.items():
            add_official(session, name, role, PASSWORD, NOW, "set-up")
        _group(session)
        _conversation(session)
        record_pledge(session, "sms", DONOR, 200_000, "UNG HO 200K", None, NOW)
        record_pledge(session, "sms", DONOR, None, "ung ho", None, NOW)
    database.close()


def open_database(folder: Path) -> Database:
    return Database(sqlite_url(folder / "loa.db"), open_vault(folder / "keys"))


def draft(home: Village, text: str = "Mời bà con họp thôn.", writer: str = "lan", hours: int = 24) -> int:
    """A draft that `writer` wrote; its id."""
    with home.database.write() as session:
        return broadcasts.create(
            session,
            official(session, writer),
            text,
            session.query(Group).one(),
            MessageClass.PUBLIC_INFORMATION,
            home.now + timedelta(hours=hours),
            ROUTE,
            home.now,
        ).id


def submitted(home: Village, **how: Any) -> int:
    """A broadcast that waits for approval; its id."""
    broadcast_id = draft(home, **how)
    with home.database.write() as session:
        broadcast = broadcasts.broadcast_by_id(session, broadcast_id)
        broadcasts.submit(session, broadcast, official(session, broadcast.created_by), ROUTE, home.now)
    return broadcast_id


def sending(home: Village, **how: Any) -> int:
    """A broadcast whose texts stand in the outbox; its id."""
    broadcast_id = submitted(home, **how)
    with home.database.write() as session:
        broadcast = broadcasts.broadcast_by_id(session, broadcast_id)
        broadcasts.approve(session, broadcast, official(session, "minh"), ROUTE, home.now)
        home.now = broadcast.scheduled_at
    send_due(home.database, {ROUTE.gateway: ROUTE}, home.now)
    return broadcast_id


def unlearned(home: Village, text: str, number: int = 0, **row: Any) -> int:
    """A text that came in, was given to the model and not understood; its id."""
    with home.database.write() as session:
        asked = Inbound(
            **{
                "gateway": "simulator",
                "provider_id": f"unlearned-{number}",
                "channel": "sms",
                "address": ASKER,
                "address_hash": ASKER,
                "text": text,
                "received_at": NOW,
                "state": InboundState.DONE,
                "kind": Kind.ASK_BACK,
                "facts": [],
                "confidence": 0.31,
                "model_id": "81a219b13dd9749d",
                "answered_at": NOW,
                **row,
            }
        )
        session.add(asked)
        session.flush()
        return asked.id


def heard(home: Village, text: str, at: datetime = NOW, address: str = ASKER, reply: str = "", **row: Any) -> int:
    """A text that came in and was answered, with the reply; its id."""
    with home.database.write() as session:
        number = session.query(Inbound).count() + 1
        came = Inbound(
            **{
                "gateway": "simulator",
                "provider_id": f"heard-{number}",
                "channel": "sms",
                "address": address,
                "address_hash": address,
                "text": text,
                "received_at": at,
                "state": InboundState.DONE,
                "kind": Kind.ANSWER,
                "facts": ["electricity"],
                "citations": [],
                "answered_at": at,
                **row,
            }
        )
        session.add(came)
        session.flush()
        if reply:
            enqueue(session, [_reply_to(came.id, address, reply, at)], at)
        return came.id


def opened(home: Village, inbound_id: int, reason: Reason = Reason.QUESTION, **how: Any) -> str:
    """A ticket that a text opened, due on the day of `NOW` unless said otherwise; its code."""
    code = new_ticket_code()
    with home.database.write() as session:
        asked = session.get_one(Inbound, inbound_id)
        origin = Origin(asked.channel, asked.address, asked.text, asked.gateway, asked.id)
        ticket = TicketOpened(code, Kind.HANDOVER, **{"topic": None, "due_on": today(NOW), "reason": reason, **how})
        open_ticket(session, ticket, origin, asked.received_at)
    return code


def official(session: Session, name: str) -> Official:
    return session.query(Official).filter_by(name=name).one()


def _group(session: Session) -> None:
    group = Group(name="Hộ nghèo xã Đăk Pék", created_at=NOW)
    session.add(group)
    session.flush()
    session.add_all(GroupMember(group_id=group.id, contact_id=upsert_contact(session, p, NOW)) for p in PHONES)


def _conversation(session: Session) -> None:
    asked = Inbound(
        gateway="simulator",
        provider_id="1",
        channel="sms",
        address=ASKER,
        address_hash=ASKER,
        text=QUESTION,
        received_at=NOW - timedelta(days=1),
        state=InboundState.DONE,
        kind=Kind.HANDOVER,
        facts=["house_disaster"],
        citations=[{"number": "90/QĐ-TTg", "article": "Điều 1", "effective_from": None, "effective_to": None}],
        confidence=0.41,
        answered_at=NOW,
    )
    session.add(asked)
    session.flush()
    opened = TicketOpened(CODE, Kind.HANDOVER, "house_disaster", today(NOW) - timedelta(days=1))
    origin = Origin(gateway="simulator", channel="sms", address=ASKER, text=QUESTION, inbound_id=asked.id)
    open_ticket(session, opened, origin, NOW - timedelta(days=1))
    reply = _reply_to(asked.id, ASKER, f"Đã chuyển cho cán bộ, mã {CODE}.", NOW)
    enqueue(session, [reply], NOW - timedelta(days=1))


def _reply_to(inbound_id: int, address: str, text: str, at: datetime) -> NewMessage:
    return NewMessage(
        dedupe_key=f"reply:{inbound_id}:1",
        address=address,
        text=text,
        message_class=MessageClass.REPLY,
        route=ROUTE,
        not_before=at,
        inbound_id=inbound_id,
    )
