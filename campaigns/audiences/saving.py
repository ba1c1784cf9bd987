"""An audience is saved as a group, proposed to the communes concerned, and theirs to object to."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from campaigns.audiences.columns import register_columns
from campaigns.audiences.conditions import MAY_QUALIFY, AudienceError, policies_in, read
from campaigns.audiences.models import Audience, AudienceCommune
from campaigns.audiences.reach import Standing
from campaigns.audiences.selecting import Household, households, selected
from foundation.clock import add_working_days, today
from foundation.holidays import DaysOff
from foundation.iteration import chunked
from people import Group, GroupMember, Official, Right, group_named, record, require
from people.register import read_places
from policies.eligibility.rules import Rules

LONGEST_NAME = 120
LONGEST_CONDITION = 1000
ROWS = 5_000

Listed = tuple[Household, list[int]]
"""A household, and the contacts by which it would be told."""


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
    """Save everybody who may be told as a group that broadcasts can go to, and propose it to the communes concerned.

    The group stays as it is found now: the communes look at those who will be told. They have `days` working days.
    `policy` is what the broadcasts will tell of; where the condition asks of one benefit alone who may qualify, that.

    Raises:
        AudienceError: no such condition, nobody to tell, the name taken or too long.
        OfficialError: the official may not do this.
        NotInForce: a benefit that is no law that day.
    """
    require(official, Right.WRITE)
    _check(session, name, text)
    asked = policies_in(read(text, rules, register_columns(rules.inputs)), MAY_QUALIFY)
    communes = _communes(session, text, rules, on, channel)
    contacts = {contact for listed in communes.values() for _, each in listed for contact in each}
    if not contacts:
        raise AudienceError("không có hộ nào vừa đúng điều kiện vừa được phép nhắn: xem «loa audience count»")
    group = Group(name=name, created_at=now)
    session.add(group)
    session.flush()
    audience = Audience(
        group_id=group.id,
        condition=text,
        day=on,
        policy=policy or (asked[0] if len(asked) == 1 else None),
        approval_from=add_working_days(today(now), days, off),
        saved_by=official.name,
        saved_at=now,
    )
    session.add(audience)
    session.flush()
    session.add_all(
        AudienceCommune(group_id=group.id, commune=commune, households=len(listed), listed=_written(listed))
        for commune, listed in communes.items()
    )
    for chunk in chunked(sorted(contacts), ROWS):
        session.execute(insert(GroupMember), [{"group_id": group.id, "contact_id": contact} for contact in chunk])
    sizes = {"households": sum(map(len, communes.values())), "contacts": len(contacts), "communes": len(communes)}
    record(session, now, official.name, "audience.saved", "audience", group.id, condition=text, day=str(on), **sizes)
    return audience


def _check(session: Session, name: str, text: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME:
        raise AudienceError(f"nhóm phải có tên, nhiều nhất {LONGEST_NAME} ký tự")
    if len(text) > LONGEST_CONDITION:
        raise AudienceError(f"điều kiện dài quá {LONGEST_CONDITION} ký tự")
    if group_named(session, name) is not None:
        raise AudienceError(f"đã có nhóm «{name}»: lưu bằng tên khác")


def _communes(session: Session, text: str, rules: Rules, on: date, channel: str) -> Mapping[str, list[Listed]]:
    """Who will be told, by commune."""
    places = {place.id: place for place in read_places(session)}
    found: dict[str, list[Listed]] = defaultdict(list)
    for part in selected(session, text, rules, on, channel):
        rows, reached = part.rows[part.standing == Standing.MAY_BE_TOLD], part.reached
        told = reached.standing == Standing.MAY_BE_TOLD
        contacts: dict[int, list[int]] = defaultdict(list)
        for row, contact in zip(reached.of[told].tolist(), reached.contact[told].tolist(), strict=True):
            contacts[row].append(contact)
        listed = households(session, part.chunk, rows, places) if len(rows) else []
        for household, row in zip(listed, rows.tolist(), strict=True):
            found[household.commune].append((household, contacts[row]))
    return found


def _written(listed: Sequence[Listed]) -> str:
    ordered = sorted(listed, key=lambda each: (each[0].village, each[0].code))
    rows = [[household.code, household.village, household.head, contacts] for household, contacts in ordered]
    return json.dumps(rows, ensure_ascii=False)
