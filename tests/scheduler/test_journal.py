import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateways import Outcome, SendStatus
from scheduler.journal import STEP, Journal, JournalError, abandoned, names
from scheduler.journal_form import HEADER, SLOT, Remains, boot_id, header, read
from tests.scheduler.disk import full_disk

WORKER = "worker-1-recording"
ACCEPTED = Outcome("r1", SendStatus.ACCEPTED, provider_id="p1", detail="ổn")
WRITES_AND_HANGS = """
import pathlib, sys, time
from gateways import Outcome, SendStatus
from scheduler.journal import Journal
journal = Journal(pathlib.Path(sys.argv[1]), sys.argv[2])
journal.intend(["r0", "r1", "r2"])
journal.note([Outcome("r0", SendStatus.ACCEPTED), Outcome("r1", SendStatus.ACCEPTED, provider_id="p1", detail="ổn")])
journal.forget(["r0"])
print("written", flush=True)
time.sleep(60)
"""


def path(folder: Path) -> Path:
    return folder / f"{WORKER}.journal"


def test_after_a_kill_the_journal_tells_what_was_sent_and_what_may_have_been(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITES_AND_HANGS, str(tmp_path), WORKER], stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"written\n"
        assert names(tmp_path) == {WORKER}
        assert abandoned(tmp_path) == {}, "its worker lives"
        worker.send_signal(signal.SIGKILL)
    assert list(abandoned(tmp_path)) == [WORKER]
    left = read(abandoned(tmp_path)[WORKER])
    assert left == Remains({"r1": ACCEPTED}, frozenset({"r1", "r2"}), complete=True)


def test_a_journal_settled_is_empty_and_goes_with_its_worker(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    journal.intend(["r1"])
    journal.note([ACCEPTED])
    journal.forget(["r1", "never heard of"])
    assert read(path(tmp_path)) == Remains()
    journal.close()
    assert list(tmp_path.iterdir()) == []


def test_a_journal_not_settled_stays_for_whoever_recovers(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    journal.intend(["r1"])
    journal.close()
    assert read(abandoned(tmp_path)[WORKER]).intents == {"r1"}


def test_a_journal_that_nothing_was_written_to_proves_that_nothing_left(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    assert read(path(tmp_path)) == Remains(complete=True)
    journal.close()


def test_two_workers_do_not_share_a_journal(tmp_path: Path) -> None:
    first, second = Journal(tmp_path, "first"), Journal(tmp_path, "second.gateway")
    assert names(tmp_path) == {"first", "second.gateway"}
    assert abandoned(tmp_path) == {}
    first.close()
    second.close()


def test_only_its_owner_reads_a_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journals", WORKER)
    assert (tmp_path / "journals").stat().st_mode & 0o777 == 0o700
    assert path(tmp_path / "journals").stat().st_mode & 0o777 == 0o600
    journal.close()


def test_a_million_messages_take_no_more_room_than_those_under_way(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    for number in range(20 * STEP):
        journal.intend([f"r{number}"])
        journal.note([Outcome(f"r{number}", SendStatus.ACCEPTED)])
        journal.forget([f"r{number - 50}"])
    assert path(tmp_path).stat().st_size == HEADER + STEP * SLOT
    assert len(read(path(tmp_path)).outcomes) == 50
    journal.close()


OUTCOMES = [
    Outcome("r1", SendStatus.RATE_LIMITED, retry_after_s=7.5),
    Outcome("r1", SendStatus.TEMPORARY, retry_after_s=float("inf")),
    Outcome("r1", SendStatus.REJECTED, detail='quoted "Đắk"\nand a line'),
    Outcome("r1", SendStatus.UNCERTAIN, provider_id="p" * 120, detail="đ" * 200),
    ACCEPTED,
]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_comes_back_as_it_was(tmp_path: Path, outcome: Outcome) -> None:
    journal = Journal(tmp_path, WORKER)
    journal.intend(["r1"])
    journal.note([Outcome("r1", SendStatus.TEMPORARY)])
    journal.note([outcome])  # the last word counts
    journal.close()
    assert read(path(tmp_path)).outcomes == {"r1": outcome}


def test_an_endless_detail_is_cut_and_hides_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    journal.intend(["r1", "r2"])
    journal.note([Outcome("r1", SendStatus.REJECTED, provider_id="p" * 5_000, detail="𐍈" * 5_000)])
    journal.close()
    left = read(path(tmp_path))
    assert left.intents == {"r1", "r2"}
    assert left.outcomes["r1"].status is SendStatus.REJECTED
    assert left.outcomes["r1"].detail == "𐍈" * 100


def test_after_the_machine_went_down_absence_proves_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    journal.intend(["r1"])
    journal.close()
    whole = path(tmp_path).read_bytes()
    assert read(path(tmp_path)).complete
    path(tmp_path).write_bytes(whole.replace(boot_id().encode(), b"00000000-0000-0000-0000-000000000000"))
    left = read(path(tmp_path))
    assert left == Remains(intents=frozenset({"r1"}), complete=False)
    path(tmp_path).write_bytes(b"")
    assert not read(path(tmp_path)).complete


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A journal of forty messages: of each four one answered, one settled, two on the wire."""
    folder = tmp_path_factory.mktemp("journal")
    journal = Journal(folder, WORKER)
    journal.intend([f"r{number}" for number in range(40)])
    journal.note([Outcome(f"r{number}", SendStatus.ACCEPTED, f"p{number}") for number in range(40) if number % 4 < 2])
    journal.forget([f"r{number}" for number in range(0, 40, 4)])
    journal.close()
    return path(folder).read_bytes()


TRUE_INTENTS = frozenset(f"r{number}" for number in range(40) if number % 4)
TRUE_OUTCOMES = {f"r{n}": Outcome(f"r{n}", SendStatus.ACCEPTED, f"p{n}") for n in range(1, 40, 4)}


def read_bytes(data: bytes) -> Remains:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        return read(Path(file.name))


def test_what_was_written_is_read(written: bytes) -> None:
    assert read_bytes(written) == Remains(TRUE_OUTCOMES, TRUE_INTENTS, complete=True)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_wherever_it_is_cut_nothing_is_invented_and_it_says_that_it_is_not_whole(
    written: bytes, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(written) - 1))
    left = read_bytes(written[:cut])
    assert not left.complete
    assert left.outcomes.items() <= TRUE_OUTCOMES.items()


@settings(max_examples=300, deadline=None)
@given(start=st.integers(0, HEADER + 45 * SLOT), garbage=st.binary(max_size=3_000))
def test_whatever_is_written_over_it_no_outcome_is_invented(written: bytes, start: int, garbage: bytes) -> None:
    left = read_bytes(written[:start] + garbage + written[start + len(garbage) :])
    assert left.outcomes.items() <= TRUE_OUTCOMES.items()


@settings(max_examples=200, deadline=None)
@given(garbage=st.binary(max_size=5_000))
def test_garbage_is_read_as_nothing(garbage: bytes) -> None:
    assert read_bytes(garbage).outcomes == {}
    assert not read_bytes(garbage).complete
    assert read_bytes(header() + garbage).outcomes == {}


def test_a_full_disk_is_told_before_anything_leaves_and_the_journal_works_again_after(tmp_path: Path) -> None:
    journal = Journal(tmp_path, WORKER)
    with full_disk(tmp_path), pytest.raises(JournalError, match="cannot grow"):
        journal.intend(["r1"])
    assert read(path(tmp_path)) == Remains()
    journal.intend(["r2"])
    with full_disk(tmp_path):
        journal.intend([f"r{number}" for number in range(3, STEP + 2)])  # there is room for these already
        with pytest.raises(JournalError):
            journal.intend(["one too many"])
        journal.note([Outcome("r2", SendStatus.ACCEPTED)])  # what has left is never refused
    left = read(path(tmp_path))
    assert left.complete
    assert len(left.intents) == STEP
    assert set(left.outcomes) == {"r2"}
    journal.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 kilobytes."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(mounted)]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be mounted by root, outside a container")
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    journal = Journal(small_disk, WORKER)
    journal.intend(["r1"])
    with pytest.raises(JournalError, match="No space left"):
        journal.intend([f"x{number}" for number in range(2 * STEP)])
    left = read(path(small_disk))
    assert left == Remains(intents=frozenset({"r1"}))
    journal.note([Outcome("r1", SendStatus.ACCEPTED)])
    journal.close()
