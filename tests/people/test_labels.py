"""Labels of addresses: whichever source says so, for the person and not for one number alone."""

from datetime import datetime

import pytest

from foundation.database import Database
from people import Address, upsert_contact
from people.labels import labels_of, replace_labels
from people.models import Label

LAN, MINH = "+84912345678", "+84987654321"


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def told(database: Database, source: str, **labels: set[Label]) -> None:
    """A source says this of Lan and Minh, and nothing else."""
    named = {"lan": LAN, "minh": MINH}
    with database.write() as session:
        replace_labels(session, source, "sms", {named[name]: each for name, each in labels.items()})


def known(database: Database, channel: str = "sms", *addresses: str) -> list[frozenset[Label]]:
    hashes = [database.vault.digest(address) for address in addresses or (LAN, MINH)]
    with database.read() as session:
        found = labels_of(session, channel, hashes)
    return [found.get(each, frozenset()) for each in hashes]


def test_an_address_has_the_labels_of_all_its_sources(database: Database) -> None:
    told(database, "register:1", lan={Label.POOR}, minh={Label.NEAR_POOR})
    told(database, "register:2", lan={Label.ALLOWANCE, Label.POOR})
    assert known(database) == [{Label.POOR, Label.ALLOWANCE}, {Label.NEAR_POOR}]


def test_what_a_source_says_anew_takes_the_place_of_what_it_said(database: Database) -> None:
    told(database, "register:1", lan={Label.POOR})
    told(database, "register:2", lan={Label.POOR})
    told(database, "register:1", minh={Label.POOR})
    assert known(database) == [{Label.POOR}, {Label.POOR}], "the other source still says so of Lan"
    told(database, "register:2")
    assert known(database) == [frozenset(), {Label.POOR}]


def test_a_person_is_one_on_all_channels_and_numbers(database: Database, now: datetime) -> None:
    told(database, "register:1", lan={Label.POOR})
    with database.write() as session:
        contact = upsert_contact(session, LAN, now)
        for channel, address in (("zalo", "account"), ("sms", "+84977111222")):
            session.add(Address(contact_id=contact, channel=channel, address=address, address_hash=address))
    assert known(database, "zalo", "account", LAN) == [{Label.POOR}, {Label.POOR}]
    assert known(database, "sms", "+84977111222", "account", MINH) == [{Label.POOR}, frozenset(), frozenset()]


def test_thousands_are_asked_for_at_once(database: Database) -> None:
    phones = [f"+8491{number:07d}" for number in range(2_500)]
    with database.write() as session:
        replace_labels(session, "register:1", "sms", {phone: {Label.POOR} for phone in phones[::2]})
    assert known(database, "sms", *phones) == [{Label.POOR}, frozenset()] * 1_250
