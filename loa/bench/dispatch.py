"""`loa bench dispatch`: the way of a text from the outbox to a carrier, beside aiohttp posting the same bodies.

Journal, encryption, rules, pace and circuit are on; the gateway is Kannel's client; the carrier is a process of its own
that answers fixed bytes. Ours and the floor take turns, and the median of the ratios counts: absolute figures swing
with the machine. How cost grows with the outbox is measured with a gateway that takes everything at once.
"""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from foundation.database import Database, sqlite_url
from foundation.keys import open_vault
from loa.bench import Report, Target
from loa.bench.carrier import carrier
from loa.bench.dispatch_child import said, start
from loa.bench.dispatch_floor import SETTINGS, Setting, posted
from loa.bench.dispatch_ours import CountingKannel, bodies, config, fill, sent, states
from loa.bench.postgres import NoPostgres, postgres
from loa.schema import upgrade
from loa.wiring import Loa

SQLITE_VS_RAW = 0.80
POSTGRESQL_VS_RAW = 0.65
MEMORY_GROWTH = 1.1
TIME_GROWTH = 1.15
TWO_WORKERS_VS_ONE = 1.3
SLOW_CARRIER_S = 0.05


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    messages: int = 20_000
    rounds: int = 7
    few: int = 10_000
    many: int = 1_000_000
    seconds: float = 6.0


def measure(_loa: Loa) -> Report:
    """In databases of its own."""
    return measure_sizes(Sizes())


def measure_sizes(sizes: Sizes) -> Report:
    """The same, as much as is said."""
    with tempfile.TemporaryDirectory(prefix="loa-") as name, carrier() as url:
        bench = _Bench(Path(name), sizes, url)
        targets = [Target("sqlite_vs_raw", bench.vs_raw("sqlite"), "times", SQLITE_VS_RAW, "at_least")]
        targets += bench.growth()
        try:
            with postgres() as database_url:
                bench.postgresql = database_url
                figure = bench.vs_raw("postgresql")
                targets.append(Target("postgresql_vs_raw", figure, "times", POSTGRESQL_VS_RAW, "at_least"))
                targets.append(bench.two_workers())
        except NoPostgres as error:
            bench.conditions["postgresql"] = str(error)
        return Report("dispatch", bench.conditions, targets)


class _Bench:
    def __init__(self, folder: Path, sizes: Sizes, carrier_url: str) -> None:
        self.postgresql = ""
        self._keys = folder / "keys"
        self._folder = folder
        self._sizes = sizes
        self._carrier = carrier_url
        self._bodies = bodies(sizes.messages)
        self._best = min(SETTINGS, key=self._floor_of_some)
        self.conditions: dict[str, object] = {
            "messages": sizes.messages,
            "rounds": sizes.rounds,
            "body_bytes": len(self._bodies[0]),
            "floor": " ".join(map(str, self._best)),
        }

    def _floor_of_some(self, setting: Setting) -> float:
        return posted(self._carrier, self._bodies[: min(len(self._bodies), 4_000)], setting)

    def vs_raw(self, kind: str) -> float:
        """Our messages a second over the floor's."""
        database = self._database(kind, self._folder / "speed.db")
        ratios, speeds = [], []
        try:
            # A few more than are sent: what is on the wire at the end is sent too.
            fill(database, self._sizes.messages * self._sizes.rounds + 1_000)
            for _ in range(self._sizes.rounds):
                floor_s = posted(self._carrier, self._bodies, self._best)
                gateway = CountingKannel(config(self._carrier, self._best[1]))
                ours_s = sent(database, self._folder / "journals", gateway, self._sizes.messages)
                ratios.append(gateway.counted / ours_s * floor_s / self._sizes.messages)
                speeds.append((self._sizes.messages / floor_s, gateway.counted / ours_s))
            found = states(database)
        finally:
            database.close()
        if set(found) - {"accepted", "queued"}:
            raise RuntimeError(f"not every message was accepted: {found}")
        floor, ours = (round(statistics.median(speed)) for speed in zip(*speeds, strict=True))
        self.conditions |= {f"{kind}_per_s": ours, f"raw_per_s_beside_{kind}": floor}
        self.conditions[f"{kind}_ratios"] = [round(ratio, 2) for ratio in ratios]
        return round(statistics.median(ratios), 3)

    def growth(self) -> list[Target]:
        """How much more a message costs where a hundred times as many wait."""
        few, many = self._alone(self._sizes.few), self._alone(self._sizes.many)
        per_message = [run["seconds"] / run["messages"] for run in (few, many)]
        self.conditions |= {
            "few_us_a_message": round(per_message[0] * 1e6, 1),
            "many_us_a_message": round(per_message[1] * 1e6, 1),
            "many": self._sizes.many,
            "many_peak_mb": round(many["peak_mb"]),
        }
        memory, time_ = many["peak_mb"] / few["peak_mb"], per_message[1] / per_message[0]
        return [
            Target("memory_growth", round(memory, 3), "times", MEMORY_GROWTH, "at_most"),
            Target("time_growth", round(time_, 3), "times", TIME_GROWTH, "at_most"),
        ]

    def _alone(self, count: int) -> dict[str, float]:
        """So many waiting messages sent by a process of its own."""
        path = self._folder / f"{count}.db"
        database = self._database("sqlite", path)
        fill(database, count)
        database.close()
        run = said(start(sqlite_url(path), self._keys, self._folder / "journals", count))
        path.unlink()
        return run

    def two_workers(self) -> Target:
        """Messages a second of two workers over one's, with a carrier that takes its time."""
        database = self._database("postgresql", None)
        fill(database, int(self._sizes.seconds * 12_000))
        database.close()
        with carrier(SLOW_CARRIER_S) as url:
            speeds = [self._together(workers, url) for workers in (1, 2)]
        self.conditions |= {"one_worker_per_s": round(speeds[0]), "two_workers_per_s": round(speeds[1])}
        figure = round(speeds[1] / speeds[0], 2)
        return Target("two_workers_vs_one", figure, "times", TWO_WORKERS_VS_ONE, "at_least")

    def _together(self, workers: int, url: str) -> float:
        journals = self._folder / "journals"
        running = [start(self.postgresql, self._keys, journals, 0, url, self._sizes.seconds) for _ in range(workers)]
        return sum(run["messages"] / run["seconds"] for run in map(said, running))

    def _database(self, kind: str, path: Path | None) -> Database:
        database = Database(sqlite_url(path) if kind == "sqlite" else self.postgresql, open_vault(self._keys))
        upgrade(database)
        return database
