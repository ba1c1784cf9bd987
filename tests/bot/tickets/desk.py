"""A commune, a province and their officials, and tickets that come to them: what tests of following up share."""

from datetime import date, datetime

from sqlalchemy import select

from bot.exchange import Kind, Reason, TicketOpened
from bot.inbound import Origin
from bot.models import Ticket
from bot.tickets.handling import open_ticket, ticket_by_code
from foundation.database import Database
from foundation.identifiers import new_ticket_code
from people import Role, add_duty, add_official, official_named, register_phone, set_post
from scheduler.outbox import OutboundMessage
from tests.bot.meaning import IN_FIVE_WORKING_DAYS, NOW
from tests.bot.village import ME

MANG_RI = "xã Măng Ri (Quảng Ngãi)"
BA_TO = "xã Ba Tơ (Quảng Ngãi)"
HOA, MAI, QUAN = "+84901000001", "+84901000002", "+84901000003"


def staff(database: Database) -> None:
    """Hoa answers for Măng Ri and is below Mai, who answers for the province and for what is confidential; Quan runs
    the installation. Each has a telephone."""
    with database.write() as session:
        for name, role in (("hoa", Role.HANDLER), ("mai", Role.APPROVER), ("quan", Role.ADMIN)):
            add_official(session, name, role, None, NOW, "test")
        hoa, mai, quan = (official_named(session, name) for name in ("hoa", "mai", "quan"))
        set_post(session, quan, "Trung tâm điều hành", None, None, NOW, "test")
        set_post(session, mai, "Sở Nông nghiệp và Môi trường", None, None, NOW, "test")
        set_post(session, hoa, "UBND xã Măng Ri", MANG_RI, mai, NOW, "test")
        for official, phone in ((hoa, HOA), (mai, MAI), (quan, QUAN)):
            register_phone(session, official, "sms", phone, NOW, "test")
        add_duty(session, hoa, MANG_RI, None, False, NOW, "test")
        add_duty(session, mai, "tỉnh Quảng Ngãi", None, False, NOW, "test")
        add_duty(session, mai, None, None, True, NOW, "test")


def opened(
    database: Database,
    place: str | None = MANG_RI,
    due_on: date = IN_FIVE_WORKING_DAYS,
    at: datetime = NOW,
    reason: Reason = Reason.FEEDBACK,
    confidential: bool = False,
    urgent: bool = False,
    topic: str | None = "electricity",
) -> str:
    """A ticket as a turn opens it; its code."""
    ticket = TicketOpened(
        new_ticket_code(), Kind.FEEDBACK, topic, due_on, reason, confidential, urgent, place, hour="sau 5 giờ chiều"
    )
    with database.write() as session:
        origin = Origin("sms", ME, "ông trưởng thôn Y Bhen chưa cho tiền điện, gọi 0912345678", "kannel")
        return open_ticket(session, ticket, origin, at).code


def ticket(database: Database, code: str) -> Ticket:
    with database.read() as session:
        return ticket_by_code(session, code)


def texts_to(database: Database, phone: str) -> list[OutboundMessage]:
    """What went into the outbox for a telephone, oldest first."""
    with database.read() as session:
        query = select(OutboundMessage).where(OutboundMessage.address_hash == phone).order_by(OutboundMessage.id)
        return list(session.scalars(query))
