"""`loa bench turn`: the whole turn without sending, one person at a time, beside the bare question to understanding."""

import asyncio
import time
from datetime import date

from bot.ask import Line, converse
from bot.understanding import UnderstandingClient
from foundation.clock import utc_now
from loa.bench import Report, Target, percentile
from loa.bench.questions import questions
from loa.nlu_process import an_understanding
from loa.wiring import Loa

TURNS = 500
P99_MS = 30.0


def measure(loa: Loa) -> Report:
    """500 questions made from the titles of all subjects."""
    return asyncio.run(_measure(loa))


async def _measure(loa: Loa) -> Report:
    texts = questions(loa.answerer.book, TURNS)
    async with an_understanding(loa) as understanding:
        await understanding.understand(texts[:20])  # caches warm, as in a process that serves
        floor = [await _timed_floor(understanding, text) for text in texts]
        turns = [await _timed_turn(loa, understanding, text) for text in texts]
    p99, floor_p99 = percentile(turns, 0.99), percentile(floor, 0.99)
    return Report(
        "turn",
        {
            "turns": len(turns),
            "median_ms": round(percentile(turns, 0.5), 2),
            "understanding_alone_median_ms": round(percentile(floor, 0.5), 2),
            "understanding_alone_p99_ms": round(floor_p99, 2),
        },
        [Target("p99_ms", round(p99, 2), "ms", P99_MS, "at_most")],
    )


async def _timed_floor(understanding: UnderstandingClient, text: str) -> float:
    began = time.perf_counter()
    await understanding.understand([text])
    return (time.perf_counter() - began) * 1000


async def _timed_turn(loa: Loa, understanding: UnderstandingClient, text: str) -> float:
    began = time.perf_counter()
    await converse([Line([text], date(2026, 11, 20))], understanding, loa.answerer, utc_now())
    return (time.perf_counter() - began) * 1000
