"""`loa bench dispatch` and `loa bench rate`, small: that they measure what they say, whatever it comes to."""

from pathlib import Path

from foundation.settings import Settings
from loa.bench.dispatch import Sizes, measure_sizes
from loa.bench.rate import below_percent, measure_for, most_in_a_second
from loa.wiring import Loa
from tests.sizes import size


def test_every_figure_of_dispatch_is_there() -> None:
    sizes = Sizes() if size(0, 1) else Sizes(messages=1_000, rounds=1, few=500, many=2_000, seconds=1.0)
    report = measure_sizes(sizes).as_json()
    figures = {target["what"]: target["figure"] for target in report["targets"]}
    here = {"sqlite_vs_raw", "memory_growth", "time_growth"}
    assert figures.keys() - here in (set(), {"postgresql_vs_raw", "two_workers_vs_one"})
    assert all(figure > 0 for figure in figures.values())
    assert report["conditions"]["body_bytes"] > 500


def test_a_rate_is_held_by_the_second(tmp_path: Path) -> None:
    loa = Loa(Settings(home=tmp_path))
    report = measure_for(loa, size(4, 30)).as_json()
    for target in report["targets"]:
        if target["what"].startswith("most"):
            assert target["holds"], target
        else:
            # At small size a start of a tenth of a second is a lot; what a busy machine cannot do is not the pace's.
            assert target["figure"] <= size(25, 2), target


def test_how_a_rate_is_read_from_moments() -> None:
    moments = [eighth / 8 for eighth in range(81)]
    assert most_in_a_second(moments) == 8
    assert below_percent(moments, 8) == 0
    assert below_percent(moments, 16) == 50
