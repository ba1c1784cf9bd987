"""`loa bench inbound`, small: what it measures is right, whatever it takes."""

from pathlib import Path

import pytest

from loa.bench.inbound import measure_calls

CALLS, ROUNDS = 200, 2
WARM_UP = 1_000


@pytest.mark.timeout(240)
def test_every_accepted_call_is_counted_and_none_is_lost_or_stored_twice(tmp_path: Path) -> None:
    report = measure_calls(tmp_path, CALLS, ROUNDS, (2,), (32,), 0.5).as_json()
    figures = {target["what"]: target["figure"] for target in report["targets"]}
    assert (figures["lost"], figures["twice"]) == (0, 0)
    assert 0 < figures["vs_nothing"] < 5
    assert figures["p99_ms"] > 0
    conditions = report["conditions"]
    assert conditions["accepted"] >= WARM_UP + (1 + ROUNDS) * CALLS + 100
    assert 0 < conditions["vs_wsgi_function"] < 2
    assert conditions["p50_ms_at_half_load"] <= figures["p99_ms"]
