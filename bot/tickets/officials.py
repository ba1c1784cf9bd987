"""Texts of officials: `TL <code> …` from a telephone registered to one answers a ticket."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.inbound import Origin
from bot.models import Ticket, TicketStatus
from bot.tickets.handling import answer, answers_to, as_sent, may_see, ticket_by_code
from foundation.identifiers import find_ticket_codes, nearest_ticket_code
from foundation.refusal import Refusal
from foundation.text import fold, nfc, segment
from people import Official, posted_at
from scheduler.outbox import Route

_ANSWERS = tuple(  # a whole code, or else what was meant for one
    re.compile(rf"\s*tl[\s.:,-]+(?:pa)?[\s.-]?(?P<code>{digits})(?!\w)(?P<text>.*)", re.IGNORECASE | re.DOTALL)
    for digits in (r"\d{3}[\s.-]?\d{4}", r"\d+")
)
_BEGINS = re.compile(r"\s*tl(?!\w)", re.IGNORECASE)
HOW = "Cách trả lời phiếu: nhắn TL, mã phiếu, rồi câu trả lời. Ví dụ: TL PA1234566 Mai cán bộ đến nhà."


@dataclass(frozen=True, slots=True)
class _Wanted:
    code: str
    right: bool
    text: str


def official_answer(session: Session, origin: Origin, routes: Mapping[str, Route], now: datetime) -> str | None:
    """What is said to an official who answers a ticket by text, in the caller's transaction.

    None for every other text, and for every other telephone: those are a resident's.
    """
    if not _BEGINS.match(origin.text):
        return None
    official = posted_at(session, origin.channel, origin.address)
    if official is None:
        return None
    wanted = _read(origin.text)
    if wanted is None:
        return HOW
    try:
        return _answer(session, official, wanted, routes, now)
    except Refusal as refusal:
        words = str(refusal)
        return f"{words[:1].upper()}{words[1:]}."


def _read(text: str) -> _Wanted | None:
    match = next((found for pattern in _ANSWERS if (found := pattern.match(nfc(text)))), None)
    if match is None:
        return None
    code = "PA" + re.sub(r"\D", "", match["code"])
    right = any(correct for _, correct in find_ticket_codes(fold(code)))
    return _Wanted(code, right, match["text"].lstrip(" \t\n.:,-"))


def _answer(session: Session, official: Official, wanted: _Wanted, routes: Mapping[str, Route], now: datetime) -> str:
    if not wanted.right:
        return _mistyped(session, official, wanted.code)
    ticket = ticket_by_code(session, wanted.code)
    if may_see(session, official, ticket) and _said_already(session, ticket, official, wanted.text):
        return f"{ticket.code}: câu này đã gửi rồi, không gửi lại."
    answer(session, ticket, official, wanted.text, routes, now)
    return f"Đã gửi câu trả lời phiếu {ticket.code}, {segment(as_sent(ticket, wanted.text)).segments} đoạn tin."


def _said_already(session: Session, ticket: Ticket, official: Official, text: str) -> bool:
    """Whether their last answer was the same: a text sent twice is answered once."""
    given = answers_to(session, ticket)
    return bool(given) and (given[-1].official, given[-1].text) == (official.name, nfc(text).strip())


def _mistyped(session: Session, official: Official, code: str) -> str:
    """The nearest code among the tickets that are theirs, and of no others."""
    own = session.scalars(
        select(Ticket.code).where(Ticket.owner == official.name, Ticket.status != TicketStatus.CLOSED)
    )
    nearest = nearest_ticket_code(code, own)
    hint = f" Có phải {nearest} không?" if nearest else ""
    return f"Mã phiếu {code} gõ sai.{hint} Chưa gửi gì. {HOW}"
