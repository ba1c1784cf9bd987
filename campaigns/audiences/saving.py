"""An audience is saved as a group, proposed to the communes concerned, and theirs to object to."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from campaigns.audiences.columns import register_columns
from campaigns.audiences.conditions import MAY_QUALIFY, AudienceError, policies_in, read
from campaigns.audiences.models import Audience, AudienceCommune
from campaigns.audiences.reach import Standing
from campaigns.audiences.selecting import homes, households, selected
from foundation.clock import add_working_days, today
from foundation.holidays import DaysOff
from foundation.iteration import chunked
from people import Group, GroupMember, Official, Right, group_named, record, require
from policies.eligibility.rules import Rules

LONGEST_NAME = 120
LONGEST_CONDITION = 1000
ROWS = 5_000

Listed = list[Any]
"""A household's code, village and head, and the contacts by which it would be told."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Whom a condition finds and who may be told, not saved yet. `communes` are how many households of each commune
    would be told, and as JSON what the commune sees of them."""

    name: str
    condition: str
    on: date
    policy: str | None
    communes: Mapping[str, tuple[int, str]]
    contacts: Sequence[int]


def save(
    session: Session,
    name: str,
    text: str,
    official: Official,
    rules: Rules,
    on: date,
    channel: str,
    days: int,
    off: DaysOff,
    now: datetime,
    policy: str | None = None,
) -> Audience:
    """Find everybody who may be told and save them, in one transaction: see `propose` and `keep`."""
    proposal = propose(session, name, text, official, rules, on, channel, policy)
    return keep(session, proposal, official, days, off, now)


def propose(
    session: Session,
    name: str,
    text: str,
    official: Official,
    rules: Rules,
    on: date,
    channel: str,
    policy: str | None = None,
) -> Proposal:
    """Find everybody who may be told. Nothing is written, and over a province it takes a while: others may write.

    `policy` is what the broadcasts will tell of; where the condition asks of one benefit alone who may qualify, that.

    Raises:
        AudienceError: no such condition, nobody to tell, the name taken or too long.
        OfficialError: the official may not do this.
        NotInForce: a benefit that is no law that day.
    """
    require(official, Right.WRITE)
    _check(session, name, text)
    asked = policies_in(read(text, rules, register_columns(rules.inputs)), MAY_QUALIFY)
    communes, contacts = _communes(session, text, rules, on, channel)
    if not contacts:
        raise AudienceError("không có hộ nào vừa đúng điều kiện vừa được phép nhắn: xem «loa audience count»")
    return Proposal(
        name=name,
        condition=text,
        on=on,
        policy=policy or (asked[0] if len(asked) == 1 else None),
        communes={commune: (len(listed), _written(listed)) for commune, listed in communes.items()},
        contacts=contacts,
    )


def keep(session: Session, proposal: Proposal, official: Official, days: int, off: DaysOff, now: datetime) -> Audience:
    """Save a proposal as a group that broadcasts can go to, and put it before the communes concerned.

    The group stays as it was found: the communes look at those who will be told. They have `days` working days. Raises
    AudienceError for a name that is taken by now, OfficialError.
    """
    require(official, Right.WRITE)
    _check(session, proposal.name, proposal.condition)
    group = Group(name=proposal.name, created_at=now)
    session.add(group)
    session.flush()
    audience = Audience(
        group_id=group.id,
        condition=proposal.condition,
        day=proposal.on,
        policy=proposal.policy,
        approval_from=add_working_days(today(now), days, off),
        saved_by=official.name,
        saved_at=now,
    )
    session.add(audience)
    session.flush()
    session.add_all(
        AudienceCommune(group_id=group.id, commune=commune, households=households, listed=listed)
        for commune, (households, listed) in proposal.communes.items()
    )
    for chunk in chunked(proposal.contacts, ROWS):
        rows = [{"group_id": group.id, "contact_id": contact} for contact in chunk]
        session.connection().execute(insert(GroupMember), rows)
    sizes = {
        "households": sum(households for households, _ in proposal.communes.values()),
        "contacts": len(proposal.contacts),
        "communes": len(proposal.communes),
    }
    about = {"condition": proposal.condition, "day": str(proposal.on)}
    record(session, now, official.name, "audience.saved", "audience", group.id, **about, **sizes)
    return audience


def _check(session: Session, name: str, text: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME:
        raise AudienceError(f"nhóm phải có tên, nhiều nhất {LONGEST_NAME} ký tự")
    if len(text) > LONGEST_CONDITION:
        raise AudienceError(f"điều kiện dài quá {LONGEST_CONDITION} ký tự")
    if group_named(session, name) is not None:
        raise AudienceError(f"đã có nhóm «{name}»: lưu bằng tên khác")


def _communes(
    session: Session, text: str, rules: Rules, on: date, channel: str
) -> tuple[Mapping[str, list[Listed]], Sequence[int]]:
    """Who will be told, by commune; and the contacts of all of them, each once."""
    places = homes(session)
    found: dict[str, list[Listed]] = defaultdict(list)
    contacts = [np.empty(0, np.int64)]
    for part in selected(session, text, rules, on, channel):
        rows = part.rows[part.standing == Standing.MAY_BE_TOLD]
        if not len(rows):
            continue
        told = part.reached.standing == Standing.MAY_BE_TOLD
        of, contact = part.reached.of[told], part.reached.contact[told]
        order = np.argsort(of, kind="stable")
        ends = np.searchsorted(of[order], rows, "right").tolist()
        by_household = contact[order].tolist()
        listed = zip(households(session, part.chunk, rows, places), [0, *ends], ends, strict=False)
        for each, start, end in listed:
            found[each.commune].append([each.code, each.village, each.head, by_household[start:end]])
        contacts.append(contact)
    return found, np.unique(np.concatenate(contacts)).tolist()


def _written(listed: list[Listed]) -> str:
    return json.dumps(sorted(listed, key=itemgetter(1, 0)), ensure_ascii=False)
