"""A broadcast's progress as it is drawn: one bar of coloured parts, and a row of a table for each state."""

from dataclasses import dataclass

from campaigns.broadcasts import Progress
from console.words import STATES, reason

_TONES: dict[str, str] = {
    "queued": "waiting",
    "sending": "waiting",
    "accepted": "under-way",
    "sent": "under-way",
    "delivered": "arrived",
    "undelivered": "failed",
    "failed": "failed",
    "expired": "failed",
    "suppressed": "held",
    "cancelled": "held",
    "unknown": "unknown",
}
_ORDER = ("arrived", "under-way", "unknown", "failed", "held", "waiting")
_GOING_WELL = frozenset({"sending", "accepted", "sent", "delivered"})


@dataclass(frozen=True, slots=True)
class Part:
    """A coloured part of the bar, in hundredths of its length."""

    tone: str
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Row:
    """A state that messages are in, with the reasons that were given and how often."""

    state: str
    tone: str
    count: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """All of it. `total` is 0 until the broadcast has begun."""

    total: int
    arrived: int
    parts: tuple[Part, ...]
    rows: tuple[Row, ...]


def bar(progress: Progress) -> Bar:
    """What a progress looks like. Texts that went well need no reason; what gateways note of them is left out."""
    total = sum(progress.counts.values())
    rows = tuple(
        Row(state, _TONES[state], progress.counts[state], _reasons(progress, state))
        for state in STATES
        if progress.counts.get(state)
    )
    return Bar(total, progress.counts.get("delivered", 0), _parts(rows, total), rows)


def _parts(rows: tuple[Row, ...], total: int) -> tuple[Part, ...]:
    parts: list[Part] = []
    start = 0.0
    for tone in _ORDER:
        length = 100 * sum(row.count for row in rows if row.tone == tone) / (total or 1)
        if length:
            parts.append(Part(tone, round(start, 3), round(length, 3)))
            start += length
    return tuple(parts)


def _reasons(progress: Progress, state: str) -> tuple[tuple[str, int], ...]:
    if state in _GOING_WELL:
        return ()
    found = ((reason(code), count) for (at, code), count in progress.reasons.items() if at == state)
    return tuple(sorted(found, key=lambda given: -given[1]))
