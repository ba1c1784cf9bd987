"""A conversation of the simulator as a test case: what was asked, and how it is answered now, to be edited by hand."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.ask import TICKET
from bot.models import Inbound, Ticket
from foundation.clock import local, today
from loa.simulator.phones import Phone


def as_case(session: Session, phone: Phone, now: datetime) -> dict[str, Any] | None:
    """The conversation as one line for `loa ask --file`, which reads `user` of each turn; None where nobody spoke.

    The texts are those that were stored, so identity numbers are masked; the number of the phone is left out. The code
    of the person's last ticket becomes `{{ticket}}`, since a new run gives a new one.
    """
    texts = session.scalars(
        select(Inbound)
        .where(Inbound.address_hash == phone.address, Inbound.gateway == phone.gateway.name)
        .order_by(Inbound.id)
    ).all()
    if not texts:
        return None
    return {
        "id": f"{phone.channel}-{phone.address[-4:]}-{local(now):%Y%m%d-%H%M%S}",
        "on": today(texts[0].received_at).isoformat(),
        "turns": _turns(texts, _tickets(session, texts)),
    }


def _turns(texts: Sequence[Inbound], tickets: Mapping[int, str]) -> list[dict[str, Any]]:
    turns = []
    code: str | None = None
    for text in texts:
        turns.append(
            {
                "user": _without_code(text.text, code),
                "kinds": [text.kind] if text.kind else [],
                "expected_facts": text.facts or [],
                "must_contain": [],
                "must_not_contain": [],
            }
        )
        code = tickets.get(text.id, code)
    return turns


def _tickets(session: Session, texts: Sequence[Inbound]) -> Mapping[int, str]:
    """The code of the ticket that each text opened."""
    opened = session.scalars(select(Ticket).where(Ticket.inbound_id.in_([text.id for text in texts])))
    return {ticket.inbound_id: ticket.code for ticket in opened if ticket.inbound_id is not None}


def _without_code(text: str, code: str | None) -> str:
    """The text with `{{ticket}}` for the code, in whatever way it is typed: "pa 123 4567"."""
    if code is None:
        return text
    typed = r"[\s.-]?".join((code[:2], code[2:5], code[5:]))
    return re.sub(typed, TICKET, text, flags=re.IGNORECASE)
