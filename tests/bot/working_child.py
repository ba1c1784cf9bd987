"""A worker to be killed: `python -m tests.bot.working_child FOLDER` answers all that waits in FOLDER/loa.db."""

import sys
from pathlib import Path

from bot import inbound
from bot.answering import Answerer
from foundation.clock import utc_now
from foundation.database import Database, sqlite_url
from foundation.keys import open_vault
from scheduler.outbox import Route
from tests.bot.meaning import meant
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import work
from tests.policies.signed import signed_book

ROUTES = {"kannel": Route("kannel", "sms", 300, 10)}
COMPLAINT = "cán bộ đòi tiền"
TABLE = {"tiền điện nhiêu": meant("ask_amount", "electricity"), COMPLAINT: meant("report_problem")}


def open_folder(folder: Path) -> Database:
    return Database(sqlite_url(folder / "loa.db"), open_vault(folder / "keys"))


def answer_all(database: Database) -> None:
    """What a worker does that starts as the only one: take up what the one before left, then work."""
    with database.write() as session:
        inbound.release_all(session)
    work(database, UnderstandingProcess(TABLE), Answerer(signed_book()), ROUTES, utc_now())


if __name__ == "__main__":
    answer_all(open_folder(Path(sys.argv[1])))
