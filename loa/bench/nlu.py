"""`loa bench nlu`: understanding over HTTP, alone and many at once, beside stock `rasa run` with the same model."""

import asyncio
import json
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.iteration import chunked
from loa.bench import Report, Target, percentile
from loa.bench.archives import texts_inside, training_texts
from loa.bench.questions import questions
from loa.bench.servers import Serving, ours, stock
from loa.nlu_process import NluError, environment, run_module
from loa.wiring import Loa

TEXTS = 2000
STOCK_TEXTS = 600
SINGLE = 500
ASKERS = 32
BATCH = 64

THROUGHPUT_VS_STOCK = 1.7
SINGLE_P99_MS = 15.0
LOAD_S = 5.0

_OPEN_TWICE = """
import json, sys, time
from pathlib import Path
from nlu.parser import Parser
took = []
for _ in range(2):
    began = time.perf_counter()
    Parser(Path(sys.argv[1])).parse(["ho ngheo duoc bao nhieu tien dien"])
    took.append(time.perf_counter() - began)
print(json.dumps(took))
"""
"""The first opening imports Rasa and our components; the second is the load itself."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Texts a second of the clock, and texts a second of one core that the server used."""

    a_second: float
    a_core: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What both servers did with the same questions. `single` are milliseconds a text of one asker, one by one."""

    single: Sequence[float]
    alone: Pace
    together: Pace
    batched: Pace
    stock: Pace


def measure(loa: Loa) -> Report:
    """The current model, asked the same questions by as many askers through both servers, one after the other."""
    model = run_module(loa, "models", ["--models", str(loa.models), "current"], capture=True).strip()
    if not model:
        raise NluError("there is no current model: run «loa nlu train»")
    archive = loa.models / model / "model.tar.gz"
    with tempfile.TemporaryDirectory(prefix="loa-") as folder:
        inside = _training_texts_inside(loa, archive, Path(folder))
        first_s, load_s = _opened(loa, archive)
        found = asyncio.run(_measure(loa, archive, Path(folder)))
    return Report(
        "nlu",
        {
            "model": model,
            "texts": TEXTS,
            "askers": ASKERS,
            "a_core_from_askers": round(found.together.a_core),
            "a_core_in_batches": round(found.batched.a_core),
            "a_core_one_by_one": round(found.alone.a_core),
            "a_core_stock": round(found.stock.a_core),
            "a_second_from_askers": round(found.together.a_second),
            "a_second_in_batches": round(found.batched.a_second),
            "a_second_one_by_one": round(found.alone.a_second),
            "a_second_stock": round(found.stock.a_second),
            "single_median_ms": round(percentile(found.single, 0.5), 2),
            "first_open_with_imports_s": round(first_s, 2),
        },
        [
            Target(
                "throughput_vs_stock",
                round(found.together.a_core / found.stock.a_core, 2),
                "times",
                THROUGHPUT_VS_STOCK,
                "at_least",
            ),
            Target("single_p99_ms", round(percentile(found.single, 0.99), 2), "ms", SINGLE_P99_MS, "at_most"),
            Target("load_s", round(load_s, 2), "s", LOAD_S, "at_most"),
            Target("training_texts_in_archive", inside, "texts", 0, "at_most"),
        ],
    )


async def _measure(loa: Loa, archive: Path, folder: Path) -> Measured:
    texts = questions(loa.answerer.book, TEXTS)
    async with ours(loa, folder) as serving:
        await _all_asked(serving, texts[:BATCH])  # warm, as a process that serves
        began, used = time.perf_counter(), serving.cpu_s()
        single = [await _timed(serving, text) for text in texts[:SINGLE]]
        alone = _pace(serving, SINGLE, began, used)
        together = await _all_asked(serving, texts)
        began, used = time.perf_counter(), serving.cpu_s()
        for batch in chunked(texts, BATCH):
            await serving.ask(batch)
        batched = _pace(serving, TEXTS, began, used)
    async with stock(loa, archive, _free_port(), folder) as serving:
        await _all_asked(serving, texts[:BATCH])
        return Measured(single, alone, together, batched, await _all_asked(serving, texts[:STOCK_TEXTS]))


async def _all_asked(serving: Serving, texts: Sequence[str]) -> Pace:
    """Every text in a request of its own, from `ASKERS` who each wait for their answer before they ask again."""
    waiting: Iterator[str] = iter(texts)

    async def asker() -> None:
        for text in waiting:
            await serving.ask([text])

    began, used = time.perf_counter(), serving.cpu_s()
    await asyncio.gather(*(asker() for _ in range(ASKERS)))
    return _pace(serving, len(texts), began, used)


async def _timed(serving: Serving, text: str) -> float:
    began = time.perf_counter()
    await serving.ask([text])
    return (time.perf_counter() - began) * 1000


def _pace(serving: Serving, texts: int, began: float, used: float) -> Pace:
    return Pace(texts / (time.perf_counter() - began), texts / max(serving.cpu_s() - used, 0.01))


def _opened(loa: Loa, archive: Path) -> tuple[float, float]:
    """Seconds from opening the archive to the first answer: with the imports, and in a process that has them."""
    done = subprocess.run(
        [str(loa.nlu_python), "-c", _OPEN_TWICE, str(archive)],
        env={**os.environ, **environment()},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        raise NluError(f"{archive} could not be opened (exit {done.returncode})")
    first, second = json.loads(done.stdout)
    return first, second


def _training_texts_inside(loa: Loa, archive: Path, folder: Path) -> int:
    built = run_module(loa, "build", ["--out", str(folder)], capture=True).strip()
    with Path(built).open(encoding="utf-8") as lines:
        return len(texts_inside(archive, list(training_texts(lines))))


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port
