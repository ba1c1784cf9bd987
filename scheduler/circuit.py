"""Whether a gateway is trusted with texts: what its last sends came to, and what follows from it. No I/O, no clock.

A gateway in trouble is left alone for a while (OPEN), then tried with a few texts (HALF_OPEN), then trusted again
(CLOSED): M. Nygard, "Release It!", 2007, "Circuit Breaker".
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from gateways.protocol import Outcome, SendStatus
from scheduler.outbox.states import CircuitState


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is borne of a gateway. Own decisions: no law and no manual has figures; seconds where it says `_s`."""

    window_s: float = 60.0
    """Older sends say nothing any more."""
    sends: int = 500
    """Nor does what came before so many requests."""
    least: int = 10
    """Of fewer messages nothing is concluded while the gateway is trusted."""
    error_share: float = 0.5
    slow_s: float = 5.0
    """Nine of ten requests should be answered faster. Kannel answers in milliseconds, the web services that we know
    within one or two seconds; at five, 64 requests in flight carry 13 messages a second."""
    first_rest_s: float = 30.0
    longest_rest_s: float = 900.0
    probes: int = 5
    proofs: int = 3
    """So many of the probes must be taken."""
    probe_every_s: float = 5.0


TOLERANCE = Tolerance()

_BADNESS = {
    SendStatus.ACCEPTED: 0.0,
    SendStatus.TEMPORARY: 1.0,
    # Dearer than a plain failure, which costs only time: each leaves a text that a person may have to decide about.
    SendStatus.UNCERTAIN: 2.0,
    # The gateway works and we are too fast: the pace sees to that. Only when nothing else is heard any more (a quota
    # used up) do these reach `error_share` by themselves.
    SendStatus.RATE_LIMITED: 0.5,
}
"""How much each outcome weighs. REJECTED speaks of one person and is not counted at all; ACCOUNT is trouble alone."""


class Trouble(StrEnum):
    """Why a gateway is not trusted; stands first in `Circuit.because`."""

    ACCOUNT = "account"
    ERRORS = "errors"
    SLOW = "slow"


class Sign(StrEnum):
    """What moves a circuit."""

    TROUBLE = "trouble"
    RESTED = "rested"
    PROVED = "proved"


TRANSITIONS: dict[tuple[CircuitState, Sign], CircuitState] = {
    (CircuitState.CLOSED, Sign.TROUBLE): CircuitState.OPEN,
    (CircuitState.OPEN, Sign.RESTED): CircuitState.HALF_OPEN,
    (CircuitState.HALF_OPEN, Sign.TROUBLE): CircuitState.OPEN,
    (CircuitState.HALF_OPEN, Sign.PROVED): CircuitState.CLOSED,
}
"""Whatever is not here changes nothing: what comes back late from an open circuit, say."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """A gateway's circuit. `since` is when it was last opened or closed and `retry_at` the end of its rest: both stay
    while it is HALF_OPEN, so that the next rest can be longer than the last. `because` holds no personal data."""

    state: CircuitState
    since: datetime
    retry_at: datetime | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a window of sends came to; `p90_s` is the time within which nine of ten requests were answered."""

    accepted: int = 0
    counted: int = 0
    badness: float = 0.0
    p90_s: float = 0.0
    account: str | None = None
    """What the gateway said was wrong with the account, if it said so."""

    @property
    def error_share(self) -> float:
        """0 when all is well, 1 when nothing gets through; each uncertain text counts as two failures."""
        return min(1.0, self.badness / self.counted) if self.counted else 0.0


def is_bad(outcomes: Sequence[Outcome], seconds: float, tolerance: Tolerance = TOLERANCE) -> bool:
    """Whether this one request speaks against the gateway."""
    if seconds > tolerance.slow_s:
        return True
    return any(outcome.status is SendStatus.ACCOUNT or _BADNESS.get(outcome.status) for outcome in outcomes)


class Window:
    """The last sends through one gateway: an entry a request, so noting costs little. Not safe between threads."""

    def __init__(self, tolerance: Tolerance = TOLERANCE) -> None:
        self._tolerance = tolerance
        self._sends: deque[tuple[float, float, Seen]] = deque(maxlen=tolerance.sends)

    def note(self, outcomes: Sequence[Outcome], seconds: float, at: float) -> None:
        """A request that took `seconds` was answered with these outcomes at `at`, on any clock that only goes on."""
        accepted = counted = 0
        badness = 0.0
        account = None
        for outcome in outcomes:
            status = outcome.status
            accepted += status is SendStatus.ACCEPTED
            if (bad := _BADNESS.get(status)) is not None:
                counted += 1
                badness += bad
            elif status is SendStatus.ACCOUNT:
                account = outcome.detail or "no reason given"
        self._sends.append((at - seconds, at, Seen(accepted, counted, badness, seconds, account)))

    def seen(self, at: float, since: float = -math.inf) -> Seen:
        """What the requests came to that left after `since` and were answered within the window that ends at `at`."""
        oldest = at - self._tolerance.window_s
        sends = [seen for left, answered, seen in self._sends if left >= since and answered >= oldest]
        if not sends:
            return Seen()
        times = sorted(seen.p90_s for seen in sends)
        return Seen(
            accepted=sum(seen.accepted for seen in sends),
            counted=sum(seen.counted for seen in sends),
            badness=sum(seen.badness for seen in sends),
            p90_s=times[math.ceil(0.9 * len(times)) - 1],
            account=next((seen.account for seen in reversed(sends) if seen.account), None),
        )


def advance(
    circuit: Circuit, seen: Seen, now: datetime, chance: Callable[[], float], tolerance: Tolerance = TOLERANCE
) -> Circuit:
    """The circuit after what was seen; the same object when nothing changes. `chance` is a number from 0 to 1."""
    because = trouble(circuit.state, seen, tolerance)
    sign = _sign(circuit, seen, because, now, tolerance)
    after = TRANSITIONS.get((circuit.state, sign)) if sign else None
    match after:
        case CircuitState.OPEN:
            rest = _rest(circuit, because or "", chance(), tolerance)
            return Circuit(CircuitState.OPEN, now, now + rest, because)
        case CircuitState.HALF_OPEN:
            return Circuit(CircuitState.HALF_OPEN, circuit.since, circuit.retry_at, circuit.because)
        case CircuitState.CLOSED:
            return Circuit(CircuitState.CLOSED, now)
    return circuit


def trouble(state: CircuitState, seen: Seen, tolerance: Tolerance = TOLERANCE) -> str | None:
    """Why the gateway should not be trusted, with the figure; None if nothing speaks against it."""
    least = tolerance.least if state is CircuitState.CLOSED else 1
    if seen.account is not None:
        return f"{Trouble.ACCOUNT}: {seen.account}"[:200]
    if seen.counted < least:
        return None
    if seen.error_share >= tolerance.error_share:
        return f"{Trouble.ERRORS}: {seen.error_share:.0%} of {seen.counted}"
    if seen.p90_s > tolerance.slow_s:
        return f"{Trouble.SLOW}: {seen.p90_s:.1f} s"
    return None


def _sign(circuit: Circuit, seen: Seen, because: str | None, now: datetime, tolerance: Tolerance) -> Sign | None:
    if circuit.state is CircuitState.OPEN:
        return Sign.RESTED if _rested(circuit, now, tolerance) else None
    if because is not None:
        return Sign.TROUBLE
    return Sign.PROVED if seen.accepted >= tolerance.proofs else None


def _rested(circuit: Circuit, now: datetime, tolerance: Tolerance) -> bool:
    # No rest is so long: the machine's clock was set back meanwhile.
    too_long = timedelta(seconds=tolerance.longest_rest_s)
    return circuit.retry_at is None or not now < circuit.retry_at <= now + too_long


def _rest(circuit: Circuit, because: str, chance: float, tolerance: Tolerance) -> timedelta:
    """Twice the last one if it did not help; the longest for trouble that only a person mends."""
    seconds = tolerance.first_rest_s
    if because.startswith(Trouble.ACCOUNT):
        seconds = tolerance.longest_rest_s
    elif circuit.state is CircuitState.HALF_OPEN and circuit.retry_at is not None:
        seconds = max(seconds, 2 * (circuit.retry_at - circuit.since).total_seconds())
    # Jitter, so that workers and gateways that failed together are not all tried together.
    return timedelta(seconds=min(tolerance.longest_rest_s, seconds * (0.8 + 0.4 * chance)))
