"""Slips: kept for thirty days under a code, opened by officials who answer residents, each time on record."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.exchange import SlipKept
from bot.interview.models import Slip
from bot.interview.talking import SLIP
from foundation.identifiers import find_ticket_codes
from foundation.refusal import Refusal
from people import Official, Right, record, require
from policies.eligibility import Rules, Value
from policies.eligibility.inputs import statement

KEPT = timedelta(days=30)
"""Long enough to get to the commune, and back once more with the papers that were missing."""


class SlipError(Refusal):
    """There is no such slip; the message is Vietnamese."""


@dataclass(frozen=True, slots=True)
class Content:
    """What was told of whom (None: of who texted), from where, and which benefits were asked about."""

    about: str | None
    policies: tuple[str, ...]
    facts: dict[str, Value]
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A slip as an official reads it: each question with what was told, as a statement."""

    code: str
    content: Content
    answers: tuple[tuple[str, str], ...]
    benefits: tuple[str, ...]
    created_at: datetime
    expires_at: datetime


def keep(session: Session, slip: SlipKept, channel: str, address: str, now: datetime) -> None:
    """Store a slip in the caller's transaction."""
    content = Content(slip.about, slip.policies, dict(slip.facts), slip.place)
    row = Slip(
        code=slip.code,
        channel=channel,
        address_hash=address,
        content=msgspec.json.encode(content).decode(),
        created_at=now,
        expires_at=now + KEPT,
    )
    session.add(row)


def open_slip(session: Session, code: str, official: Official, rules: Rules, now: datetime) -> Opened:
    """The slip of that code, however it is typed. That it was read, and by whom, is on record in the caller's
    transaction. Raises OfficialError without the right to answer residents, SlipError for an unknown code."""
    require(official, Right.ANSWER)
    written = _written(code)
    row = session.scalar(select(Slip).where(Slip.code == written, Slip.expires_at > now))
    if row is None:
        raise SlipError(f"không có phiếu kể nào mã «{code.strip()[:20]}», hoặc đã quá {KEPT.days} ngày")
    record(session, now, official.name, "slip.read", "slip", row.code)
    content = msgspec.json.decode(row.content, type=Content)
    benefits = tuple(rules.benefits[policy].title for policy in content.policies if policy in rules.benefits)
    answers = _answers(content.facts, rules)
    return Opened(row.code, content, answers, benefits, row.created_at, row.expires_at)


def _answers(facts: Mapping[str, Value], rules: Rules) -> tuple[tuple[str, str], ...]:
    known = ((rules.inputs[name], value) for name, value in facts.items() if name in rules.inputs)
    return tuple((entry.question.ask, statement(entry, value)) for entry, value in known)


def _written(code: str) -> str:
    """The code as it is stored. Raises SlipError where its check digit, the same as a ticket's, says a slip."""
    digits = re.sub(r"\D", "", code)
    if not re.match(rf"\s*{SLIP}", code, re.IGNORECASE) or find_ticket_codes(f"pa{digits}") != [(f"PA{digits}", True)]:
        raise SlipError(f"mã «{code.strip()[:20]}» không đúng: phiếu kể có mã {SLIP} và bảy chữ số")
    return f"{SLIP}{digits}"
