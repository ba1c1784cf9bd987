"""kill -9 in the middle of two hundred texts, twice: each has exactly one reply and one set of effects."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

import loa.tables  # noqa: F401  (registers the tables)
from bot.models import Inbound, InboundState, Ticket
from campaigns.models import Pledge
from foundation.database import Base, Database
from people import Suppression
from tests.bot.village import all_inbound, all_replies, phone, receive, text_from
from tests.bot.working_child import COMPLAINT, answer_all, open_folder

ROOT = Path(__file__).parents[2]
TEXTS = ["tiền điện nhiêu", COMPLAINT, "UNG HO 200K", "HUY", "xem dữ liệu"]
PEOPLE = 200
PATIENCE_S = 40


@pytest.fixture
def village(tmp_path: Path) -> Iterator[Database]:
    database = open_folder(tmp_path)
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


def answered(database: Database) -> int:
    with database.read() as session:
        done = select(func.count()).where(Inbound.state == InboundState.DONE)
        return session.scalar(done) or 0


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.bot.working_child", str(folder)], cwd=ROOT)


def kill_after(database: Database, worker: subprocess.Popen[bytes], texts: int) -> int:
    """kill -9 as soon as so many texts are answered; how many were."""
    deadline = time.monotonic() + PATIENCE_S
    try:
        while answered(database) < texts:
            assert worker.poll() is None, "it ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        worker.kill()
        worker.wait(PATIENCE_S)
    return answered(database)


@pytest.mark.timeout(120)
def test_a_killed_worker_loses_and_repeats_nothing(village: Database, tmp_path: Path) -> None:
    receive(village, [text_from(phone(n), TEXTS[n % len(TEXTS)], f"id-{n}") for n in range(PEOPLE)])

    for done in (PEOPLE // 5, PEOPLE // 2):
        assert kill_after(village, start(tmp_path), done) < PEOPLE
    answer_all(village)

    rows = all_inbound(village)
    assert {row.state for row in rows} == {InboundState.DONE}
    assert max(row.attempts for row in rows) > 1
    assert Counter(reply.inbound_id for reply in all_replies(village)) == Counter(row.id for row in rows)
    with village.read() as session:
        tickets = session.scalars(select(Ticket.inbound_id)).all()
        pledges = session.scalars(select(Pledge.inbound_id)).all()
        suppressions = session.scalar(select(func.count()).select_from(Suppression))
    by_text = {text: sorted(row.id for row in rows if row.text == text) for text in TEXTS}
    assert sorted(filter(None, tickets)) == sorted(by_text[COMPLAINT] + by_text["xem dữ liệu"])
    assert sorted(filter(None, pledges)) == by_text["UNG HO 200K"]
    assert suppressions == len(by_text["HUY"])
