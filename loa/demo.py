"""Sample officials, contacts and a programme, so that a newcomer can try everything at once."""

from datetime import date, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns import broadcasts
from campaigns.models import Programme
from foundation.clock import next_morning, utc_now
from foundation.message_class import MessageClass
from gateways import Channel
from loa.wiring import Loa
from people import (
    Group,
    Official,
    Role,
    add_duty,
    add_official,
    group_named,
    import_contacts,
    list_duties,
    official_named,
    register_phone,
    set_post,
)

CONTACTS = Path(__file__).parent / "demo_contacts.csv"
GROUP = "Hộ nghèo xã mẫu"
PASSWORD = "loa-demo-2026"
DEMO_LOGIN = ("lan", PASSWORD)
OFFICIALS = (("lan", Role.EDITOR), ("minh", Role.APPROVER), ("hoa", Role.HANDLER), ("quan", Role.ADMIN))
POSTS = (
    ("quan", "UBND tỉnh mẫu", None, "0901000003"),
    ("minh", "Sở mẫu", "quan", "0901000002"),
    ("hoa", "UBND xã mẫu", "minh", "0901000001"),
)
"""Whom each speaks for, who is above them, and their telephone, for the simulator."""
TEXT = (
    "UBND xã mẫu: rà soát hộ nghèo năm 2026 đang diễn ra. Bà con có khó khăn phát sinh thì báo trưởng thôn hoặc "
    "UBND xã. Hỏi thêm: nhắn tin vào số này."
)


def prepare(loa: Loa) -> list[str]:
    """Add what is missing, twice is no harm; the lines that tell a newcomer where to go."""
    now = utc_now()
    with loa.database.write() as session:
        known = set(session.scalars(select(Official.name)))
        for name, role in OFFICIALS:
            if name not in known:
                add_official(session, name, role, PASSWORD, now, "demo")
        if not list_duties(session):
            _give_duties(session, now)
        if group_named(session, GROUP) is None:
            group = Group(name=GROUP, created_at=now)
            programme = Programme(
                title="Truyền thông giảm nghèo xã mẫu 2026",
                number="01/KH-UBND",
                issued_on=date(2026, 1, 5),
                created_at=now,
            )
            session.add_all([group, programme])
            session.flush()
            import_contacts(session, CONTACTS, now, group)
            lan = session.scalars(select(Official).where(Official.name == "lan")).one()
            broadcasts.create(
                session,
                lan,
                TEXT,
                group,
                MessageClass.PUBLIC_INFORMATION,
                next_morning(now),
                loa.route_of(MessageClass.PUBLIC_INFORMATION),
                now,
                programme_id=programme.id,
            )
            session.flush()
    url = loa.settings.local_url
    names = ", ".join(f"{name} ({role})" for name, role in OFFICIALS)
    return [
        f"phone simulator: {url}/simulator",
        "officials:       "
        + ", ".join(f"{name} {phone}" for name, _, _, phone in reversed(POSTS))
        + "; on their phones: TL <code> <answer>",
        f"console:         {url}/console   log in as {names}; password {PASSWORD}",
    ]


def _give_duties(session: Session, now: datetime) -> None:
    """Hoa answers tickets, Minh the confidential ones; what is late goes from Hoa to Minh to Quan."""
    for name, body, chief, phone in POSTS:
        above = official_named(session, chief) if chief else None
        set_post(session, official_named(session, name), body, None, above, now, "demo")
        register_phone(session, official_named(session, name), Channel.SMS, phone, now, "demo")
    add_duty(session, official_named(session, "hoa"), None, None, False, now, "demo")
    add_duty(session, official_named(session, "minh"), None, None, True, now, "demo")
