"""Sample officials, contacts and a programme, so that a newcomer can try everything at once."""

from datetime import date
from pathlib import Path

from sqlalchemy import select

from campaigns import broadcasts
from campaigns.models import Programme
from foundation.clock import next_morning, utc_now
from foundation.message_class import MessageClass
from loa.wiring import Loa
from people import Group, Official, Role, add_official, group_named, import_contacts

CONTACTS = Path(__file__).parent / "demo_contacts.csv"
GROUP = "Hộ nghèo xã mẫu"
PASSWORD = "loa-demo-2026"
DEMO_LOGIN = ("lan", PASSWORD)
OFFICIALS = (("lan", Role.EDITOR), ("minh", Role.APPROVER), ("hoa", Role.HANDLER), ("quan", Role.ADMIN))
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
                loa.default_route,
                now,
                programme_id=programme.id,
            )
            session.flush()
    url = loa.settings.local_url
    names = ", ".join(f"{name} ({role})" for name, role in OFFICIALS)
    return [
        f"phone simulator: {url}/simulator",
        f"console:         {url}/console   log in as {names}; password {PASSWORD}",
    ]
