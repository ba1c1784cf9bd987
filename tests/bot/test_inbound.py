"""The inbound queue: a text counts once, is one worker's at a time, and nobody is answered out of order."""

import threading
import time
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot import inbound
from bot.inbound import LEASE, Asked, LeaseLost
from bot.models import Inbound, InboundState
from foundation.database import Database
from foundation.text import MAX_INCOMING
from gateways import InboundText
from tests.bot.meaning import NOW
from tests.bot.village import ME, all_inbound, phone, receive, send, text_from


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def claim(database: Database, limit: int = 10, after: timedelta = timedelta()) -> list[Asked]:
    with database.write() as session:
        return inbound.claim(session, limit, NOW + after)


def settle(database: Database, asked: Asked) -> None:
    with database.write() as session:
        inbound.settle(session, asked, kind="greeting", answered_at=NOW)


def texts_of(claimed: list[Asked]) -> list[str]:
    return [asked.origin.text for asked in claimed]


def test_the_same_text_ten_thousand_times_counts_once(database: Database) -> None:
    replayed = [text_from(ME, "tiền điện", "id-1")] * 2_000

    assert [receive(database, replayed) for _ in range(5)] == [1, 0, 0, 0, 0]
    assert len(all_inbound(database)) == 1


def test_new_and_known_texts_in_one_call(database: Database) -> None:
    receive(database, [text_from(ME, "một", "1"), text_from(ME, "hai", "2")])

    assert receive(database, [text_from(ME, "hai", "2"), text_from(ME, "ba", "3"), text_from(ME, "ba", "3")]) == 1
    assert [row.text for row in all_inbound(database)] == ["một", "hai", "ba"]
    assert receive(database, []) == 0


def test_a_text_that_was_answered_still_counts_once(database: Database) -> None:
    send(database, "một")
    settle(database, claim(database)[0])

    assert receive(database, [text_from(ME, "một", "kannel-0")]) == 0
    assert claim(database) == []


def test_two_gateways_may_give_the_same_id(database: Database) -> None:
    assert receive(database, [text_from(ME, "một", "1")], gateway="kannel") == 1
    assert receive(database, [text_from(ME, "hai", "1")], gateway="simulator") == 1


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("tie\u0302\u0300n  điện\r\n bao nhiêu ", "tiền điện bao nhiêu"),
        ("ho\0 ngheo\x07\u200b", "ho ngheo"),
        ("\ud83d HUY", "HUY"),
        ("", ""),
        ("a" * 10_000, "a" * (MAX_INCOMING - 1) + "…"),
        ("a" * MAX_INCOMING, "a" * MAX_INCOMING),
        ("số căn cước 049203001234 của em", "số căn cước ************ của em"),
    ],
)
def test_a_text_is_stored_clean(raw: str, kept: str, database: Database) -> None:
    receive(database, [text_from(ME, raw, "1")])

    (asked,) = claim(database)
    assert asked.origin.text == kept
    assert asked.origin.address == ME
    assert (asked.origin.gateway, asked.origin.channel) == ("kannel", "sms")


def test_number_and_text_are_not_readable_where_they_are_stored(database: Database, tmp_path: Path) -> None:
    send(database, "chồng tôi đánh tôi", sender="+84987654321")
    with database.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM inbound").one()
    database.close()

    stored = b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row)
    stored += b"".join(path.read_bytes() for path in tmp_path.glob("loa.db*"))
    assert b"kannel" in stored
    assert "đánh".encode() not in stored
    assert b"84987654321" not in stored


def test_ids_and_numbers_that_are_no_text_are_stored_all_the_same_and_once(database: Database) -> None:
    strange = ["a\0b", "a\0c", "\ud800", "x" * 121]
    texts = [InboundText(provider_id, ME, "80\x0079", "xin chào", NOW) for provider_id in strange]

    assert [receive(database, texts), receive(database, texts)] == [len(strange), 0]
    assert {row.our_number for row in all_inbound(database)} == {"8079"}


def test_one_turn_per_person_and_in_order(database: Database) -> None:
    send(database, "một", "hai", "ba")
    send(database, "khác", sender=phone(2))

    first = claim(database)
    assert texts_of(first) == ["một", "khác"]
    assert claim(database) == []
    settle(database, first[0])
    second = claim(database)
    assert texts_of(second) == ["hai"]
    settle(database, second[0])
    assert texts_of(claim(database)) == ["ba"]


def test_one_turn_per_person_even_over_two_gateways(database: Database) -> None:
    send(database, "một", gateway="kannel")
    send(database, "hai", gateway="simulator")

    assert texts_of(claim(database)) == ["một"]


def test_the_same_address_on_another_channel_is_another_conversation(database: Database) -> None:
    send(database, "một")
    receive(database, [text_from(ME, "hai", "z1")], gateway="zalo", channel="zalo")

    assert texts_of(claim(database)) == ["một", "hai"]


def test_no_more_than_asked_for_are_taken_oldest_first(database: Database) -> None:
    for number in range(5):
        send(database, f"tin {number}", sender=phone(number))

    assert texts_of(claim(database, limit=3)) == ["tin 0", "tin 1", "tin 2"]
    assert texts_of(claim(database, limit=3)) == ["tin 3", "tin 4"]


def test_a_lease_that_ran_out_is_taken_again(database: Database) -> None:
    send(database, "một", "hai")
    (dead,) = claim(database)

    assert claim(database, after=LEASE) == []
    (again,) = claim(database, after=LEASE + timedelta(seconds=1))
    assert (again.id, again.attempts) == (dead.id, dead.attempts + 1)


def test_who_lost_the_lease_can_neither_settle_nor_put_back(database: Database) -> None:
    send(database, "một")
    (slow,) = claim(database)
    (other,) = claim(database, after=LEASE * 2)

    with pytest.raises(LeaseLost):
        settle(database, slow)
    with database.write() as session:
        inbound.put_back(session, slow)
    assert all_inbound(database)[0].state == InboundState.WORKING
    settle(database, other)
    with pytest.raises(LeaseLost):
        settle(database, other)


def test_after_an_error_the_text_waits_again(database: Database) -> None:
    send(database, "một", "hai")
    (asked,) = claim(database)
    with database.write() as session:
        inbound.put_back(session, asked)

    assert texts_of(claim(database)) == ["một"]


def test_a_new_worker_takes_up_what_the_dead_one_held(database: Database) -> None:
    for number in range(3):
        send(database, f"tin {number}", sender=phone(number))
    settle(database, claim(database, limit=1)[0])
    claim(database, limit=1)

    with database.write() as session:
        assert inbound.release_all(session) == 1
    assert texts_of(claim(database)) == ["tin 1", "tin 2"]


def test_many_workers_answer_each_text_once_and_each_person_in_order(database: Database) -> None:
    people, texts_each = 12, 8
    receive(
        database,
        [text_from(phone(n % people), str(n // people), f"id-{n}") for n in range(people * texts_each)],
    )
    answered: dict[str, list[int]] = defaultdict(list)
    talking: set[str] = set()
    collisions: list[str] = []
    guard = threading.Lock()
    deadline = time.monotonic() + 30

    def work() -> None:
        while time.monotonic() < deadline:
            claimed = claim(database, limit=3)
            if not claimed and left() == 0:
                return
            with guard:
                collisions.extend(asked.origin.address for asked in claimed if asked.origin.address in talking)
                talking.update(asked.origin.address for asked in claimed)
            for asked in claimed:
                with guard:
                    answered[asked.origin.address].append(int(asked.origin.text))
                    talking.discard(asked.origin.address)
                settle(database, asked)

    def left() -> int:
        with database.read() as session:
            open_texts = select(func.count()).where(Inbound.state != InboundState.DONE)
            return session.scalar(open_texts) or 0

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=40)

    assert collisions == []
    assert dict(answered) == {phone(n): list(range(texts_each)) for n in range(people)}
