from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways import Outcome, SendStatus
from scheduler.circuit import TOLERANCE, TRANSITIONS, Circuit, Seen, Sign, Trouble, Window, advance
from scheduler.outbox.states import CircuitState

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
CLOSED = Circuit(CircuitState.CLOSED, NOW)
OPEN = Circuit(CircuitState.OPEN, NOW, NOW + timedelta(seconds=30), "errors: 100% of 10")
HALF_OPEN = Circuit(CircuitState.HALF_OPEN, NOW, NOW + timedelta(seconds=30), "errors: 100% of 10")
RETRY = NOW + timedelta(seconds=31)
QUICK_S = 0.05

STATUSES = st.sampled_from(SendStatus)
CIRCUITS = st.sampled_from([CLOSED, OPEN, HALF_OPEN])


def outcomes(*statuses: SendStatus, detail: str | None = None) -> list[Outcome]:
    return [Outcome(f"r{number}", status, detail=detail) for number, status in enumerate(statuses)]


def seen(*statuses: SendStatus, seconds: float = QUICK_S, detail: str | None = None) -> Seen:
    """What these came to, each answered in a request of its own."""
    window = Window()
    for outcome in outcomes(*statuses, detail=detail):
        window.note([outcome], seconds, at=100.0)
    return window.seen(at=100.0)


def then(circuit: Circuit, came: Seen, now: datetime = NOW, chance: float = 0.5) -> Circuit:
    return advance(circuit, came, now, lambda: chance)


GOOD, TEMPORARY, UNCERTAIN = SendStatus.ACCEPTED, SendStatus.TEMPORARY, SendStatus.UNCERTAIN
RATE_LIMITED, REJECTED, ACCOUNT = SendStatus.RATE_LIMITED, SendStatus.REJECTED, SendStatus.ACCOUNT

TRIPS = [
    ("nine failures are too few to tell", [TEMPORARY] * 9, False),
    ("half of them fail", [TEMPORARY, GOOD] * 5, True),
    ("four of ten fail", [TEMPORARY] * 4 + [GOOD] * 6, False),
    ("a quarter is uncertain", [UNCERTAIN] * 5 + [GOOD] * 15, True),
    ("a fifth is uncertain", [UNCERTAIN] * 4 + [GOOD] * 16, False),
    ("nothing is heard but that we are too fast", [RATE_LIMITED] * 10, True),
    ("mostly too fast, but some get through", [RATE_LIMITED] * 9 + [GOOD], False),
    ("persons cannot be reached, a thousand times", [REJECTED] * 1000, False),
    ("persons who cannot be reached make failures no smaller", [REJECTED] * 90 + [TEMPORARY] * 10, True),
    ("one word about the account among a hundred successes", [GOOD] * 99 + [ACCOUNT], True),
]


@pytest.mark.parametrize(("came", "trips"), [case[1:] for case in TRIPS], ids=[case[0] for case in TRIPS])
def test_a_gateway_is_left_alone_when(came: list[SendStatus], trips: bool) -> None:
    assert then(CLOSED, seen(*came)).state is (CircuitState.OPEN if trips else CircuitState.CLOSED)


def test_a_slow_gateway_is_left_alone_though_it_takes_everything() -> None:
    window = Window()
    for number in range(20):
        window.note(outcomes(GOOD), 6.0 if number < 3 else QUICK_S, at=100.0)
    slow = then(CLOSED, window.seen(at=100.0))
    assert (slow.state, slow.because) == (CircuitState.OPEN, "slow: 6.0 s")
    window = Window()
    for number in range(20):
        window.note(outcomes(GOOD), 6.0 if number < 2 else QUICK_S, at=100.0)
    assert then(CLOSED, window.seen(at=100.0)) is CLOSED, "nine of ten were quick"


def test_why_it_is_left_alone_is_said_with_the_figure() -> None:
    assert then(CLOSED, seen(*[TEMPORARY] * 12)).because == "errors: 100% of 12"
    told = then(CLOSED, seen(ACCOUNT, detail="no money left" * 50)).because or ""
    assert told.startswith("account: no money left") and len(told) == 200
    assert then(CLOSED, seen(ACCOUNT)).because == "account: no reason given"


def test_after_its_rest_a_gateway_is_tried_and_not_before() -> None:
    assert then(OPEN, Seen(), NOW + timedelta(seconds=29)) is OPEN
    tried = then(OPEN, Seen(), RETRY)
    assert (tried.state, tried.because) == (CircuitState.HALF_OPEN, OPEN.because)
    assert (tried.since, tried.retry_at) == (OPEN.since, OPEN.retry_at), "the next rest is reckoned from the last"


def test_what_comes_back_late_does_not_move_an_open_circuit() -> None:
    assert then(OPEN, seen(*[GOOD] * 50)) is OPEN
    assert then(OPEN, seen(*[UNCERTAIN] * 50)) is OPEN


def test_three_probes_that_get_through_close_it_and_two_do_not() -> None:
    assert then(HALF_OPEN, seen(GOOD, GOOD), RETRY) is HALF_OPEN
    assert then(HALF_OPEN, seen(GOOD, GOOD, GOOD, TEMPORARY), RETRY) == Circuit(CircuitState.CLOSED, RETRY)


def test_probes_to_persons_who_cannot_be_reached_prove_nothing() -> None:
    assert then(HALF_OPEN, seen(*[REJECTED] * 5), RETRY) is HALF_OPEN


@pytest.mark.parametrize("came", [[TEMPORARY], [UNCERTAIN], [GOOD, TEMPORARY], [ACCOUNT, GOOD, GOOD, GOOD]])
def test_a_probe_that_fails_opens_it_for_longer(came: list[SendStatus]) -> None:
    opened = then(HALF_OPEN, seen(*came), RETRY)
    assert opened.state is CircuitState.OPEN
    assert opened.retry_at is not None and opened.retry_at - RETRY >= timedelta(seconds=60)


def test_trouble_with_the_account_rests_longest_at_once() -> None:
    opened = then(CLOSED, seen(ACCOUNT))
    assert opened.retry_at == NOW + timedelta(seconds=TOLERANCE.longest_rest_s)


def test_a_clock_set_back_an_hour_keeps_nobody_waiting_for_an_hour() -> None:
    assert then(OPEN, Seen(), NOW - timedelta(hours=1)).state is CircuitState.HALF_OPEN
    assert then(OPEN, Seen(), NOW + timedelta(hours=1)).state is CircuitState.HALF_OPEN


def test_what_is_older_than_the_window_or_left_before_it_is_forgotten() -> None:
    window = Window()
    window.note(outcomes(*[TEMPORARY] * 10), 1.0, at=10.0)
    window.note(outcomes(GOOD), 1.0, at=30.0)
    assert window.seen(at=30.0).counted == 11
    assert window.seen(at=71.0).counted == 1, "sixty seconds later"
    assert window.seen(at=30.0, since=9.5).counted == 1, "the first left at nine"


def test_a_window_holds_the_last_requests_only() -> None:
    window = Window()
    for _ in range(TOLERANCE.sends):
        window.note(outcomes(TEMPORARY), QUICK_S, at=1.0)
    for _ in range(TOLERANCE.sends):
        window.note(outcomes(GOOD), QUICK_S, at=2.0)
    assert window.seen(at=2.0).badness == 0


def test_the_table_leads_from_every_state_and_to_every_state() -> None:
    assert {state for state, _ in TRANSITIONS} == set(CircuitState)
    assert set(TRANSITIONS.values()) == set(CircuitState)
    assert {sign for _, sign in TRANSITIONS} == set(Sign)


@given(CIRCUITS, st.lists(STATUSES, max_size=40), st.floats(0, 20), st.floats(0, 1), st.integers(0, 3600))
def test_no_circuit_moves_but_as_the_table_says(
    circuit: Circuit, came: list[SendStatus], seconds: float, chance: float, later_s: int
) -> None:
    now = NOW + timedelta(seconds=later_s)
    after = then(circuit, seen(*came, seconds=seconds), now, chance)
    if after is circuit:
        return
    assert after.state in [to for (state, _), to in TRANSITIONS.items() if state is circuit.state]
    if after.state is CircuitState.OPEN:
        assert after.because and after.because.partition(":")[0] in set(Trouble)
        assert after.retry_at is not None and after.since == now
        rest_s = (after.retry_at - now).total_seconds()
        assert 0.8 * TOLERANCE.first_rest_s - 0.001 <= rest_s <= TOLERANCE.longest_rest_s


@given(st.lists(STATUSES, max_size=60))
def test_refusals_of_persons_change_nothing(came: list[SendStatus]) -> None:
    without = [status for status in came if status is not REJECTED]
    assert then(CLOSED, seen(*came)).state is then(CLOSED, seen(*without)).state


@given(st.lists(st.sampled_from([GOOD, TEMPORARY, UNCERTAIN, RATE_LIMITED]), min_size=10, max_size=60))
def test_one_success_more_never_opens_and_one_failure_more_never_closes(came: list[SendStatus]) -> None:
    opens = then(CLOSED, seen(*came)).state is CircuitState.OPEN
    assert opens or then(CLOSED, seen(*came, GOOD)).state is CircuitState.CLOSED
    assert not opens or then(CLOSED, seen(*came, TEMPORARY)).state is CircuitState.OPEN


@given(st.integers(0, 2**32))
def test_a_gateway_that_stays_down_is_tried_more_and_more_seldom(seed: int) -> None:
    random, now, circuit = Random(seed), NOW, then(CLOSED, seen(*[TEMPORARY] * 10))
    rests, tries = [], 0
    while now < NOW + timedelta(hours=12):
        assert circuit.retry_at is not None
        rests.append((circuit.retry_at - now).total_seconds())
        now = circuit.retry_at
        circuit = advance(circuit, Seen(), now, random.random)
        assert circuit.state is CircuitState.HALF_OPEN
        circuit = advance(circuit, seen(TEMPORARY), now, random.random)
        tries += 1
    assert all(later >= min(earlier, 0.8 * TOLERANCE.longest_rest_s) for earlier, later in pairwise(rests))
    assert max(rests) <= TOLERANCE.longest_rest_s
    assert tries < 80, "in twelve hours, every quarter of an hour or so"
