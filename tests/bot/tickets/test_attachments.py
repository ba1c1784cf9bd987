"""Voice, pictures and locations are kept beside the text they came with, and with the ticket."""

from datetime import timedelta

from sqlalchemy import select

from bot.exchange import Kind, TicketOpened
from bot.inbound import Origin
from bot.models import Attachment
from bot.numbers import forget_person
from bot.tickets.attachments import attachments_to
from bot.tickets.handling import open_ticket, ticket_by_code
from foundation.database import Database
from gateways import Attached, AttachedKind, InboundText
from tests.bot.meaning import CODE, NOW, TODAY
from tests.bot.village import ME, all_inbound, phone, receive

PICTURE = Attached(AttachedKind.IMAGE, "https://anh.example/1.jpg")
PLACE = Attached(AttachedKind.LOCATION, "14.98,107.95")
VOICE = Attached(AttachedKind.AUDIO, "https://anh.example/2.m4a")


def arrives(database: Database, provider_id: str, *attached: Attached, sender: str = ME, minutes: int = 0) -> None:
    text = InboundText(provider_id, sender, "Loa", "mái nhà em", NOW, attached)
    receive(database, [text], "zalo", NOW + timedelta(minutes=minutes), channel="zalo")


def opens_a_ticket(database: Database, inbound_id: int) -> None:
    with database.write() as session:
        opened = TicketOpened(CODE, Kind.FEEDBACK, None, TODAY)
        open_ticket(session, opened, Origin("zalo", ME, "mái nhà em", "zalo", inbound_id), NOW)


def of_the_ticket(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        return [(one.kind, one.content) for one in attachments_to(session, ticket_by_code(session, CODE))]


def test_what_came_with_a_text_is_kept_once(database: Database) -> None:
    for _ in range(2):
        arrives(database, "1", PICTURE, PLACE)
    with database.read() as session:
        kept = session.scalars(select(Attachment).order_by(Attachment.id)).all()
        raw = session.connection().exec_driver_sql("SELECT content FROM attachments").scalars().all()
    assert [(one.kind, one.content) for one in kept] == [("image", PICTURE.content), ("location", PLACE.content)]
    assert {one.inbound_id for one in kept} == {all_inbound(database)[0].id}
    assert not any(b"example" in bytes(content) for content in raw)


def test_a_ticket_has_what_came_with_it_and_after_it_until_it_was_closed(database: Database) -> None:
    arrives(database, "before", VOICE)
    arrives(database, "1", PICTURE)
    arrives(database, "2", PLACE, minutes=5)
    arrives(database, "other", VOICE, sender=phone(2), minutes=5)
    opens_a_ticket(database, all_inbound(database)[1].id)
    assert of_the_ticket(database) == [("image", PICTURE.content), ("location", PLACE.content)]

    with database.write() as session:
        ticket_by_code(session, CODE).closed_at = NOW + timedelta(minutes=6)
    arrives(database, "3", VOICE, minutes=7)
    assert len(of_the_ticket(database)) == 2


def test_what_the_next_holder_of_the_number_sends_is_not_the_tickets(database: Database) -> None:
    arrives(database, "1", PICTURE)
    opens_a_ticket(database, all_inbound(database)[0].id)
    with database.write() as session:
        forget_person(session, "zalo", ME, NOW + timedelta(minutes=5))
    arrives(database, "2", VOICE, minutes=5)
    assert of_the_ticket(database) == [("image", PICTURE.content)]


def test_several_texts_at_once_keep_their_own(database: Database) -> None:
    texts = [InboundText(str(n), ME, "Loa", "", NOW, (Attached(AttachedKind.IMAGE, f"/{n}"),)) for n in range(3)]
    assert receive(database, [*texts, texts[0]], "zalo", channel="zalo") == 3
    with database.read() as session:
        kept = session.execute(select(Attachment.inbound_id, Attachment.content)).all()
    ids = [row.id for row in all_inbound(database)]
    assert sorted((inbound_id, content) for inbound_id, content in kept) == [(ids[n], f"/{n}") for n in range(3)]
