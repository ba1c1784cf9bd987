"""`loa bench inbound`: texts from Kannel taken, verified and durable, beside the same server doing nothing.

All servers run at once and are called in turn, so that a machine that others use is slow for all of them.
"""

import contextlib
import os
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from foundation.settings import Settings
from loa.bench import Report, Target, percentile
from loa.bench.inbound_floor import PATH
from loa.bench.inbound_load import Load, Loaded, call_id
from loa.processes.lifeline import die_with
from loa.schema import upgrade
from loa.wiring import Loa, kannel_config

CALLS = 6_000
ROUNDS = 7
FLOOR_THREADS = (1, 2, 4, 8, 16)
CONNECTIONS = (32, 64, 128)
HALF_LOAD_S = 10.0
WARM_UP = 1_000

VS_NOTHING = 0.30
P99_MS = 20.0
START_S = 30.0


@dataclass(frozen=True, slots=True)
class _Server:
    port: int
    path: str
    process: "subprocess.Popen[bytes]"


def measure(_loa: Loa) -> Report:
    """An installation of its own, on SQLite, in a new folder."""
    with tempfile.TemporaryDirectory(prefix="loa-") as folder:
        return measure_calls(Path(folder), CALLS, ROUNDS, FLOOR_THREADS, CONNECTIONS, HALF_LOAD_S)


def measure_calls(
    folder: Path,
    calls: int,
    rounds: int,
    floor_threads: Sequence[int],
    connections: Sequence[int],
    half_load_s: float,
) -> Report:
    """The same with so many calls a round; of the floors' settings the best ones count, ours are those of `loa web`."""
    accepted: list[str] = []
    with contextlib.ExitStack() as stack:
        ours = stack.enter_context(_loa_web(folder))
        _calls(ours, WARM_UP, connections[0], accepted)
        best = {kind: _best_floor(stack, kind, floor_threads, connections, calls) for kind in ("bare", "flask")}
        ours_connections = max(connections, key=lambda each: _rate(_calls(ours, calls, each, accepted), calls))
        rates: dict[str, list[float]] = {"ours": [], "bare": [], "flask": []}
        took: list[float] = []
        for _ in range(rounds):
            for kind, (server, _, at_once) in best.items():
                rates[kind].append(_rate(_calls(server, calls, at_once), calls))
            whole = _calls(ours, calls, ours_connections, accepted)
            rates["ours"].append(_rate(whole, calls))
            took += whole.took
        ours_per_s = statistics.median(rates["ours"])
        half = _calls(ours, max(100, int(ours_per_s / 2 * half_load_s)), 64, accepted, rate=ours_per_s / 2)
        ours.process.kill()  # what was answered with 200 outlives the process
        ours.process.wait()
    stored = _stored(folder)
    vs = {kind: statistics.median(_ratios(rates["ours"], rates[kind])) for kind in ("bare", "flask")}
    return Report(
        "inbound",
        {
            "database": "sqlite, synchronous=FULL",
            "connections": ours_connections,
            "per_s": round(ours_per_s),
            "flask_doing_nothing_per_s": round(statistics.median(rates["flask"])),
            "flask_threads_connections": best["flask"][1:],
            "wsgi_function_doing_nothing_per_s": round(statistics.median(rates["bare"])),
            "wsgi_function_threads_connections": best["bare"][1:],
            "vs_wsgi_function": round(vs["bare"], 3),
            "p99_ms_at_full_load": round(percentile(sorted(took), 0.99) * 1000, 1),
            "p50_ms_at_half_load": round(percentile(half.took, 0.5) * 1000, 1),
            "half_load_per_s": round(ours_per_s / 2),
            "accepted": len(accepted),
        },
        [
            Target("vs_nothing", round(vs["flask"], 3), "times", VS_NOTHING, "at_least"),
            Target("p99_ms", round(percentile(half.took, 0.99) * 1000, 1), "ms", P99_MS, "at_most"),
            Target("lost", len(set(accepted) - set(stored)), "texts", 0, "at_most"),
            Target("twice", len(stored) - len(set(stored)), "texts", 0, "at_most"),
        ],
    )


def _best_floor(
    stack: contextlib.ExitStack, kind: str, threads: Sequence[int], connections: Sequence[int], calls: int
) -> tuple[_Server, int, int]:
    """The floor with the settings that serve the most: it, its threads, and how many connections call it."""
    tried: list[tuple[float, _Server, int, int]] = []
    for number in threads:
        server = stack.enter_context(_floor(kind, number))
        _calls(server, WARM_UP, connections[0])
        tried += [(_rate(_calls(server, calls, at_once), calls), server, number, at_once) for at_once in connections]
    _, server, number, at_once = max(tried, key=lambda each: each[0])
    return server, number, at_once


def _calls(
    server: _Server, calls: int, connections: int, accepted: list[str] | None = None, rate: float | None = None
) -> Loaded:
    """Have calls made by another process; the ids of those answered with 200 are added to `accepted`."""
    load = Load(server.port, server.path, calls, connections, secrets.token_hex(6), rate)
    with tempfile.NamedTemporaryFile(prefix="loa-") as told:
        command = [sys.executable, "-m", "loa.bench.inbound_load", told.name]
        subprocess.run(command, input=msgspec.json.encode(load), timeout=180, check=True)
        loaded = msgspec.json.decode(Path(told.name).read_bytes(), type=Loaded)
    if accepted is None and loaded.statuses != {200: calls}:
        raise RuntimeError(f"a floor answered {loaded.statuses}")
    if accepted is not None:
        accepted += [call_id(load.tag, number) for number in loaded.accepted]
    return loaded


def _rate(loaded: Loaded, calls: int) -> float:
    return min(calls, len(loaded.accepted)) / loaded.seconds


def _ratios(ours: Sequence[float], floor: Sequence[float]) -> list[float]:
    return [mine / nothing for mine, nothing in zip(ours, floor, strict=True)]


def _stored(folder: Path) -> list[str]:
    """The ids in the database, read without any of our code."""
    with contextlib.closing(sqlite3.connect(folder / "home" / "loa.db")) as database:
        return [row[0] for row in database.execute("SELECT provider_id FROM inbound")]


@contextlib.contextmanager
def _loa_web(folder: Path) -> Iterator[_Server]:
    """`loa web` with Kannel as its gateway, as an installation runs it."""
    port = _free_port()
    settings = {
        "home": str(folder / "home"),
        "port": str(port),
        "gateways": "kannel",
        "kannel_username": "loa",
        "kannel_password": secrets.token_hex(8),
        "kannel_sender": "8079",
    }
    loa = Loa(Settings(_env_file=None, **settings))  # type: ignore[call-arg, arg-type]
    upgrade(loa.database)
    path = PATH + kannel_config(loa).inbound_url.partition(PATH)[2]
    loa.database.close()
    environment = {f"LOA_{name.upper()}": value for name, value in settings.items()}
    with _process([sys.executable, "-m", "loa", "web"], environment, port) as process:
        yield _Server(port, path, process)


@contextlib.contextmanager
def _floor(kind: str, threads: int) -> Iterator[_Server]:
    port = _free_port()
    command = [sys.executable, "-m", "loa.bench.inbound_floor", kind, str(port), str(threads)]
    with _process(command, {}, port) as process:
        path = f"{PATH}?token={secrets.token_hex(16)}&id=%I&ts=%T"
        yield _Server(port, path, process)


@contextlib.contextmanager
def _process(command: Sequence[str], settings: Mapping[str, str], port: int) -> "Iterator[subprocess.Popen[bytes]]":
    """The server from when it listens; stopped at the end whatever happens."""
    parent = os.getpid()
    others = {name: value for name, value in os.environ.items() if not name.startswith("LOA_")}
    process = subprocess.Popen(
        command,
        env={**others, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: die_with(parent),
    )
    try:
        _until_listens(process, port)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_listens(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            raise RuntimeError(f"a server ended (exit {process.returncode})")
        if time.monotonic() > deadline:
            raise RuntimeError(f"a server did not listen within {START_S:.0f} s")
        time.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
