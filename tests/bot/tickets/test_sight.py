"""Who may see which ticket: one and the same, asked of one ticket or as a condition for many."""

from itertools import product

import pytest
from sqlalchemy import not_, select

from bot.exchange import Kind, Reason, TicketOpened
from bot.inbound import Origin
from bot.models import Ticket
from bot.tickets.handling import may_see, open_ticket
from bot.tickets.sight import open_to
from foundation.database import Database
from foundation.identifiers import new_ticket_code
from people import Official, Role, add_duty, add_official, set_post
from tests.bot.meaning import NOW, TODAY
from tests.bot.village import ME

HERE, THERE = "xã Măng Ri (Quảng Ngãi)", "xã Đăk Pék (Quảng Ngãi)"


@pytest.fixture
def officials(database: Database) -> list[Official]:
    """Named for everything, for one topic, for one place, for everything but of a commune; and one for nothing."""
    duties: dict[str, tuple[str | None, str | None, str | None]] = {
        "everything": (None, None, None),
        "topic": (None, None, "electricity"),
        "place": (None, HERE, None),
        "accused": (HERE, None, None),
    }
    with database.write() as session:
        found = [add_official(session, "nothing", Role.HANDLER, None, NOW, "test")]
        for name, (commune, place, topic) in duties.items():
            official = add_official(session, name, Role.HANDLER, None, NOW, "test")
            set_post(session, official, "Sở", commune, None, NOW, "test")
            add_duty(session, official, place, topic, True, NOW, "test")
            found.append(official)
    return found


def test_a_condition_for_many_says_what_is_said_of_each(database: Database, officials: list[Official]) -> None:
    with database.write() as session:
        for place, topic, reason, secret in product(
            (None, HERE, THERE), (None, "electricity"), (Reason.CORRUPTION, Reason.DANGER), (True, False)
        ):
            opened = TicketOpened(new_ticket_code(), Kind.FEEDBACK, topic, TODAY, reason, secret, place=place)
            ticket = open_ticket(session, opened, Origin("sms", ME, "x"), NOW)
            ticket.owner = "nothing" if place == THERE and topic else None
    with database.read() as session:
        tickets = session.scalars(select(Ticket)).all()
        seen_by = {}
        for official in officials:
            condition = open_to(session, official)
            open_ones = set(session.scalars(select(Ticket.code).where(condition)))
            closed_ones = set(session.scalars(select(Ticket.code).where(not_(condition))))
            assert open_ones == {ticket.code for ticket in tickets if may_see(session, official, ticket)}
            assert closed_ones == {ticket.code for ticket in tickets} - open_ones
            seen_by[official.name] = len(open_ones)
    # Of 24 half are no secret; two secret ones belong to "nothing"; four accuse the commune of "accused", or may.
    assert seen_by == {"nothing": 14, "everything": 24, "topic": 18, "place": 16, "accused": 20}
