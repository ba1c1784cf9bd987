import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateways import Outcome, SendStatus
from scheduler.journal import Journal, JournalError, Remains, abandoned, boot_id, names, read
from tests.scheduler.disk import full_disk

WORKER = "worker-1-recording"
ACCEPTED = Outcome("r1", SendStatus.ACCEPTED, provider_id="p1", detail="ổn")
WRITES_AND_HANGS = """
import pathlib, sys, time
from gateways import Outcome, SendStatus
from scheduler.journal import Journal
journal = Journal(pathlib.Path(sys.argv[1]), sys.argv[2])
journal.intend(["r1", "r2"])
journal.note([Outcome("r1", SendStatus.ACCEPTED, provider_id="p1", detail="ổn")])
print("written", flush=True)
time.sleep(60)
"""


def left_by_a_killed_worker(folder: Path) -> Remains:
    """What is read after a worker was killed without a chance to write anything more."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITES_AND_HANGS, str(folder), WORKER], stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"written\n"
        assert names(folder) == {WORKER}
        assert abandoned(folder) == {}, "its worker lives"
        worker.send_signal(signal.SIGKILL)
    assert list(abandoned(folder)) == [WORKER]
    return read(abandoned(folder)[WORKER])


def write(folder: Path, *lines: str) -> Path:
    path = folder / f"{WORKER}.journal"
    path.write_bytes("".join(lines).encode())
    return path


def test_after_a_kill_the_journal_tells_what_was_sent_and_what_may_have_been(tmp_path: Path) -> None:
    left = left_by_a_killed_worker(tmp_path)
    assert left == Remains({"r1": ACCEPTED}, frozenset({"r1", "r2"}), complete=True)


def test_a_journal_settled_is_empty_and_goes_with_its_worker(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    journal.intend(["r1"])
    journal.note([ACCEPTED])
    journal.clear()
    assert read(tmp_path / f"{WORKER}.journal") == Remains()
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_journal_not_settled_stays_for_whoever_recovers(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    journal.intend(["r1"])
    journal.close()
    assert read(abandoned(tmp_path)[WORKER]).intents == {"r1"}


def test_two_workers_do_not_share_a_journal(tmp_path: Path) -> None:
    first, second = Journal(tmp_path, "first"), Journal(tmp_path, "second.gateway")
    assert names(tmp_path) == {"first", "second.gateway"}
    assert abandoned(tmp_path) == {}
    first.close()
    second.close()


def test_only_its_owner_reads_a_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journals", WORKER)
    assert (tmp_path / "journals").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "journals" / f"{WORKER}.journal").stat().st_mode & 0o777 == 0o600
    journal.close()


HEADER = f"B {boot_id()}\n"
TORN = [
    ("a result cut short is an intent all the same", ["I r1\n", 'R ["r1", "accep'], {"r1"}, set()),
    (
        "a result of nonsense",
        ["I r1\n", "R [1, 2]\n", "R {}\n", 'R ["r1", "eaten", null, null, null]\n'],
        {"r1"},
        set(),
    ),
    ("an intent cut short never left", ["I r1\n", "I r"], {"r1", "r"}, set()),
    ("bytes that are no text", ["I r1\n", "\udcff\udcfe"], {"r1"}, set()),
    ("a whole result", ["I r1\n", 'R ["r1", "accepted", "p1", null, null]\n'], {"r1"}, {"r1"}),
]


@pytest.mark.parametrize(("lines", "intents", "outcomes"), [case[1:] for case in TORN], ids=[case[0] for case in TORN])
def test_a_line_cut_short_by_the_crash_hides_nothing(
    tmp_path: Path, lines: list[str], intents: set[str], outcomes: set[str]
) -> None:
    path = tmp_path / f"{WORKER}.journal"
    path.write_bytes("".join([HEADER, *lines]).encode("utf-8", "surrogateescape"))
    left = read(path)
    assert left.complete
    assert left.intents == intents
    assert set(left.outcomes) == outcomes


def test_after_the_machine_went_down_absence_proves_nothing(tmp_path: Path) -> None:
    assert not read(write(tmp_path, "B 00000000-0000-0000-0000-000000000000\n", "I r1\n")).complete
    assert not read(write(tmp_path, "I r1\n")).complete
    assert not read(write(tmp_path)).complete


def test_an_outcome_comes_back_as_it_was(tmp_path: Path) -> None:
    outcomes = [
        Outcome("r1", SendStatus.RATE_LIMITED, retry_after_s=7.5),
        Outcome("r2", SendStatus.REJECTED, detail='quoted "Đắk"\nand a line'),
        ACCEPTED,
    ]
    journal = Journal(tmp_path, WORKER)
    journal.intend(outcome.reference for outcome in outcomes)
    journal.note(outcomes[:2])
    journal.note(outcomes[2:])  # the last word counts
    journal.close()
    assert read(tmp_path / f"{WORKER}.journal").outcomes == {"r1": ACCEPTED, "r2": outcomes[1]}


def test_a_full_disk_is_told_at_once_and_the_journal_works_again_after(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    with full_disk(tmp_path):
        with pytest.raises(JournalError):
            journal.intend(["r1"])
        with pytest.raises(JournalError):
            journal.note([ACCEPTED])
        with pytest.raises(JournalError):
            journal.clear()
    journal.clear()
    journal.intend(["r2"])
    assert read(tmp_path / f"{WORKER}.journal") == Remains(intents=frozenset({"r2"}))
    journal.close()


def test_a_line_that_the_disk_took_half_of_is_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    size = (tmp_path / f"{WORKER}.journal").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 5, before[1]))
    try:
        with pytest.raises(JournalError, match="full"):
            journal.intend(["r1", "r2"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / f"{WORKER}.journal").stat().st_size == size + 5
    journal.close()
