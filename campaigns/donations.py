"""Pledges by text: read, recorded once, thanked. Loa holds no money and names no account."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.models import Pledge
from foundation.text import AmountError, fold, parse_vnd

_WHO = r"(?:(?:em|toi|tui|minh|chau|con|anh|chi|gia dinh(?: toi| em| minh)?|nha (?:em|toi|minh)|xin|cho|muon) )*"
_GIVES = re.compile(rf"^{_WHO}(?:ung ho|dong gop|quyen gop|gop|tai tro)(?! y(?: kien)?\b)(?:[\s:,.!-]+|$)(?P<rest>.*)$")
_QUESTION = re.compile(
    r"\?|(?<!\w)(?:the nao|o dau|vao dau|cho ai|sao|khong|ko|(?<!\d )k|hong|bao nhieu|duoc gi)(?!\w)"
)

_RECEIVED = re.compile(r"(?<!\w)(?:duoc|dc|da nhan|nhan duoc|bi|doi)(?!\w)")


@dataclass(frozen=True, slots=True)
class PledgeText:
    """A pledge as read from a text; `amount_vnd` is None where none, or none that can be meant, is named."""

    amount_vnd: int | None


@dataclass(frozen=True, slots=True)
class PledgeTotals:
    """All pledges together; `without_amount` are those that named no sum."""

    pledges: int
    amount_vnd: int
    without_amount: int


def read_pledge(text: str) -> PledgeText | None:
    """The pledge that a text makes on its own words, or None.

    Neither a question about giving is one, nor an opinion ("góp ý"), nor what somebody was given.
    """
    match = _GIVES.match(fold(text))
    if match is None or _QUESTION.search(match["rest"]) or _RECEIVED.search(match["rest"]):
        return None
    try:
        amount = parse_vnd(text)
    except AmountError:
        return PledgeText(None)
    if amount is None and match["rest"]:
        return None  # "ủng hộ xóa nhà tạm": a wish or a question, for understanding to tell
    return PledgeText(amount)


def record_pledge(
    session: Session,
    channel: str,
    address: str,
    amount_vnd: int | None,
    text: str,
    inbound_id: int | None,
    now: datetime,
) -> Pledge:
    """Record a pledge in the caller's transaction."""
    pledge = Pledge(
        channel=channel,
        address=address,
        address_hash=address,
        amount_vnd=amount_vnd,
        text=text,
        inbound_id=inbound_id,
        created_at=now,
    )
    session.add(pledge)
    session.flush()
    return pledge


def amend_pledge(session: Session, channel: str, address: str, amount_vnd: int, text: str, since: datetime) -> bool:
    """Give the last pledge of an address since then another amount, in the caller's transaction; whether there is one.

    The words of both texts stay with it: what was promised first is part of what was promised.
    """
    query = select(Pledge).where(Pledge.address_hash == address, Pledge.channel == channel, Pledge.created_at >= since)
    pledge = session.scalar(query.order_by(Pledge.id.desc()).limit(1))
    if pledge is None:
        return False
    pledge.amount_vnd, pledge.text = amount_vnd, f"{pledge.text}\n{text}"
    return True


def list_pledges(session: Session, limit: int = 200) -> Sequence[Pledge]:
    """The newest pledges first."""
    return session.scalars(select(Pledge).order_by(Pledge.id.desc()).limit(limit)).all()


def pledge_totals(session: Session) -> PledgeTotals:
    """How many pledges there are and what they come to."""
    pledges, named, amount_vnd = session.execute(
        select(func.count(), func.count(Pledge.amount_vnd), func.coalesce(func.sum(Pledge.amount_vnd), 0)).select_from(
            Pledge
        )
    ).one()
    return PledgeTotals(pledges, amount_vnd or 0, pledges - named)
