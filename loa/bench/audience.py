"""`loa bench audience`: a million households judged by every benefit, beside five of them written by hand in numpy."""

import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np

from campaigns.audiences.columns import register_columns
from campaigns.audiences.conditions import Evaluation, read
from campaigns.audiences.truths import YES, Array
from foundation.clock import utc_now
from foundation.database import Database, sqlite_url
from loa.bench import Report, Target
from loa.bench.audience_floor import ASKED, RULES, Columns
from loa.bench.households import SEED, fill_register
from loa.schema import upgrade
from loa.wiring import Loa
from people.register import Chunk, Column, Entity, read_chunks
from policies.eligibility.rules import Rules

HOUSEHOLDS = 1_000_000
ON = date(2026, 11, 20)
ROUNDS = 5

VS_NUMPY = 3.0
ALL_RULES_S = 2.0
PEAK_MB = 300.0
WITH_READING_S = 5.0

Asked = Mapping[str, Evaluation]


def measure(loa: Loa) -> Report:
    """A register of its own in a new database, encrypted with the installation's keys."""
    with tempfile.TemporaryDirectory(prefix="loa-") as folder:
        database = Database(sqlite_url(Path(folder) / "bench.db"), loa.vault)
        try:
            upgrade(database)
            return measure_register(database, Path(folder), HOUSEHOLDS)
        finally:
            database.close()


def measure_register(database: Database, folder: Path, households: int) -> Report:
    """The same with so many households, in an empty database whose files lie in `folder`."""
    rules = Rules.load()
    fill_register(database, rules.inputs, households, utc_now())
    columns = register_columns(rules.inputs)
    every = {policy: _asking(rules, policy, columns) for policy in rules.benefits}
    five = {policy: every[policy] for policy in RULES}

    peak_mb = _peak_mb(lambda: _judged(list(_read(database, columns)), every))
    peak_chunk_by_chunk_mb = _peak_mb(lambda: _judged(_read(database, columns), every))
    with_reading_s = _median_s(lambda: _judged(_read(database, columns), every))
    chunks = list(_read(database, columns))
    all_rules_s = _median_s(lambda: _judged(chunks, every))

    whole, by_chunk = _laid_flat(chunks, columns), [_laid_flat([chunk], columns) for chunk in chunks]
    ours_s = _median_s(lambda: _judged(chunks, five))
    floor_s = min(_median_s(lambda: _by_hand([whole])), _median_s(lambda: _by_hand(by_chunk)))
    ours, by_hand = _judged(chunks, five), _by_hand([whole])
    return Report(
        "audience",
        {
            "households": households,
            "persons": len(whole["household"]),
            "benefits": len(every),
            "seed": SEED,
            "five_rules_s": round(ours_s, 3),
            "five_rules_numpy_s": round(floor_s, 3),
            "qualify_for_five": {policy: int(found.sum()) for policy, found in ours.items()},
            "peak_chunk_by_chunk_mb": round(peak_chunk_by_chunk_mb),
            "database_mb": round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6),
        },
        [
            Target("vs_numpy", round(ours_s / floor_s, 2), "times", VS_NUMPY, "at_most"),
            Target("all_rules_s", round(all_rules_s, 2), "s", ALL_RULES_S, "at_most"),
            Target("peak_mb", round(peak_mb), "MB", PEAK_MB, "at_most"),
            Target("with_reading_s", round(with_reading_s, 2), "s", WITH_READING_S, "at_most"),
            Target("differ", sum(int((ours[p] != by_hand[p]).sum()) for p in RULES), "households", 0, "at_most"),
        ],
    )


def _asking(rules: Rules, policy: str, columns: Sequence[Column]) -> Evaluation:
    """Who may qualify, on the day, or for what is no law any more on the last day on which it was."""
    last = rules.benefits[policy].periods[-1]
    on = ON if rules.period(policy, ON) else last.end or last.start
    return Evaluation(read(f"may_qualify({policy})", rules, columns), rules, columns, (), {}, on)


def _read(database: Database, columns: Sequence[Column]) -> Iterable[Chunk]:
    with database.read() as session:
        yield from read_chunks(session, columns)


def _judged(chunks: Iterable[Chunk], asked: Asked) -> dict[str, Array]:
    """For each benefit whether each household qualifies."""
    found: dict[str, list[Array]] = {policy: [] for policy in asked}
    for chunk in chunks:
        for policy, evaluation in asked.items():
            found[policy].append(evaluation.truth(chunk) == YES)
    return {policy: np.concatenate(parts) for policy, parts in found.items()}


def _by_hand(parts: Sequence[Columns]) -> dict[str, Array]:
    return {
        policy: np.concatenate([rule(columns, len(columns["poverty_status"])) for columns in parts])
        for policy, rule in RULES.items()
    }


def _laid_flat(chunks: Sequence[Chunk], columns: Sequence[Column]) -> Columns:
    """The columns that the floor asks for as plain arrays, persons in the order of their households."""
    starts = np.cumsum([0, *(chunk.households for chunk in chunks)])
    seats = [np.concatenate([np.arange(size) for size in chunk.sizes]) for chunk in chunks]
    household = np.concatenate([seat + start for seat, start in zip(seats, starts, strict=False)])
    order = np.argsort(household, kind="stable")
    flat: dict[str, Array] = {"household": household[order]}
    for column in columns:
        if column.name in ASKED:
            cells = np.concatenate([chunk.columns[column.name] for chunk in chunks])
            flat[column.name] = cells[order] if column.entity is Entity.PERSON else cells
    return flat


def _median_s(work: Callable[[], object]) -> float:
    """Seconds that the work takes, the median of some rounds after one to warm up."""
    work()
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def _peak_mb(work: Callable[[], object]) -> float:
    """The most memory that the work holds at once, numpy's arrays included."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
