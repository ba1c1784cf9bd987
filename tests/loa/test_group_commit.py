"""Calls that come together are committed together; none is told that it is stored before it is, and none waits long."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from loa.inbound.group_commit import GroupCommit, NotStored
from tests.services import until

LONG_S = 20.0
PATIENCE_S = 0.5


class Disk:
    """What is written, group by group. A write waits while it is `held`, and fails as `trouble` says."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.tried: list[list[int]] = []
        self.committed = 0
        self.free = threading.Event()
        self.free.set()
        self.busy = threading.Event()
        self.trouble: Callable[[Sequence[int]], Exception | None] = lambda group: None

    def write(self, group: Sequence[int]) -> None:
        self.busy.set()
        assert self.free.wait(LONG_S)
        self.tried.append(list(group))
        if (error := self.trouble(group)) is not None:
            raise error
        self.groups.append(list(group))

    def count(self) -> None:
        self.committed += 1

    def commit(self, most_waiting: int = 100, patience_s: float = LONG_S) -> GroupCommit[int]:
        return GroupCommit(self.write, self.count, most_waiting, patience_s)


@pytest.fixture
def disk() -> Disk:
    return Disk()


def behind_a_held_write(
    disk: Disk, commit: GroupCommit[int], pool: ThreadPoolExecutor, items: int
) -> list[Future[None]]:
    """Item 0 is being written and does not come to an end; the others wait behind it."""
    disk.free.clear()
    first = pool.submit(commit.hand_in, 0)
    assert disk.busy.wait(LONG_S)
    return [first, *(pool.submit(commit.hand_in, item) for item in range(1, items))]


def waiting(commit: GroupCommit[int]) -> int:
    return len(commit._waiting)


def test_what_waits_goes_in_one_transaction_and_nobody_returns_before_it_is_written(disk: Disk) -> None:
    commit = disk.commit()
    with ThreadPoolExecutor(40) as pool:
        handed_in = behind_a_held_write(disk, commit, pool, 40)
        until(lambda: waiting(commit) == 39, LONG_S, "the group comes to that")
        assert not wait(handed_in, timeout=0.1).done
        disk.free.set()
        for future in handed_in:
            future.result(LONG_S)
    assert [len(group) for group in disk.groups] == [1, 39]
    assert sorted(item for group in disk.groups for item in group) == list(range(40))
    until(lambda: disk.committed == 2, LONG_S, "the group comes to that")


def test_one_that_cannot_be_written_fails_alone(disk: Disk) -> None:
    disk.trouble = lambda group: IntegrityError("INSERT", None, Exception()) if 7 in group else None
    commit = disk.commit()
    with ThreadPoolExecutor(20) as pool:
        handed_in = behind_a_held_write(disk, commit, pool, 20)
        until(lambda: waiting(commit) == 19, LONG_S, "the group comes to that")
        disk.free.set()
        errors = [future.exception(LONG_S) for future in handed_in]
    assert [item for item, error in enumerate(errors) if error is not None] == [7]
    assert isinstance(errors[7], NotStored)
    assert sorted(item for group in disk.groups for item in group) == [n for n in range(20) if n != 7]


def test_when_the_database_itself_fails_all_are_told_at_once(disk: Disk) -> None:
    disk.trouble = lambda group: OperationalError("INSERT", None, Exception("database is locked"))
    commit = disk.commit()
    with ThreadPoolExecutor(10) as pool:
        handed_in = behind_a_held_write(disk, commit, pool, 10)
        until(lambda: waiting(commit) == 9, LONG_S, "the group comes to that")
        disk.free.set()
        assert all(isinstance(future.exception(LONG_S), NotStored) for future in handed_in)
    assert [len(group) for group in disk.tried] == [1, 9], "each by itself would wait for the same lock ten times"
    assert disk.committed == 0
    disk.trouble = lambda group: None
    commit.hand_in(99)
    assert disk.groups == [[99]]


def test_behind_a_database_that_hangs_nobody_waits_long_and_later_ones_not_at_all(disk: Disk) -> None:
    commit = disk.commit(patience_s=PATIENCE_S)
    with ThreadPoolExecutor(3) as pool:
        began = time.monotonic()
        handed_in = behind_a_held_write(disk, commit, pool, 3)
        assert all(isinstance(future.exception(LONG_S), NotStored) for future in handed_in)
        assert time.monotonic() - began < 4 * PATIENCE_S
        until(lambda: time.monotonic() - began > 1.2 * PATIENCE_S, LONG_S, "the group comes to that")
        began = time.monotonic()
        with pytest.raises(NotStored):
            commit.hand_in(50)
        assert time.monotonic() - began < PATIENCE_S / 2
    disk.free.set()
    until(lambda: sum(map(len, disk.groups)) == 3, LONG_S, "the group comes to that")
    commit.hand_in(99)
    assert disk.groups[-1] == [99], "what was given up may be written, and it goes on"


def test_more_than_may_wait_are_refused_at_once(disk: Disk) -> None:
    commit = disk.commit(most_waiting=5)
    with ThreadPoolExecutor(6) as pool:
        handed_in = behind_a_held_write(disk, commit, pool, 6)
        until(lambda: waiting(commit) == 5, LONG_S, "the group comes to that")
        with pytest.raises(NotStored):
            commit.hand_in(99)
        disk.free.set()
        for future in handed_in:
            future.result(LONG_S)
    assert 99 not in [item for group in disk.groups for item in group]


def test_a_thousand_from_many_threads_each_once(disk: Disk) -> None:
    commit = disk.commit(most_waiting=1_000)
    with ThreadPoolExecutor(64) as pool:
        list(pool.map(commit.hand_in, range(1_000)))
    assert sorted(item for group in disk.groups for item in group) == list(range(1_000))
    until(lambda: disk.committed == len(disk.groups), LONG_S, "the group comes to that")


def test_a_fault_of_the_committer_lets_nobody_hang(disk: Disk) -> None:
    def exits(_group: Sequence[int]) -> Exception | None:
        raise SystemExit

    disk.trouble = exits
    commit = disk.commit()
    with pytest.raises(NotStored):
        commit.hand_in(1)
    disk.trouble = lambda group: None
    commit.hand_in(2)
    assert disk.groups == [[2]]
