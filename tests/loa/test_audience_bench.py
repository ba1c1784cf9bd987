"""`loa bench audience`, small: what it measures is right, whatever it takes."""

from pathlib import Path

from foundation.database import Database
from loa.bench.audience import measure_register

HOUSEHOLDS = 3_000


def test_the_rules_and_those_written_by_hand_agree_on_every_household(database: Database, tmp_path: Path) -> None:
    report = measure_register(database, tmp_path, HOUSEHOLDS).as_json()
    figures = {target["what"]: target["figure"] for target in report["targets"]}
    assert figures.keys() >= {"vs_numpy", "all_rules_s", "peak_mb", "with_reading_s"}
    assert figures["differ"] == 0
    conditions = report["conditions"]
    assert conditions["households"] == HOUSEHOLDS
    assert 3.3 * HOUSEHOLDS < conditions["persons"] < 3.7 * HOUSEHOLDS
    assert conditions["benefits"] >= 40
    assert all(0 < count < HOUSEHOLDS / 2 for count in conditions["qualify_for_five"].values())
