"""The rules on the way out: each a small function with its source, asked in order at the moment of sending.

A rule lets a message pass (None), refuses it for good, makes it wait, or stops its batch. What waited is asked
everything again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from foundation.clock import VIETNAM
from foundation.message_class import MessageClass
from people.models import Label
from scheduler.limits import CAPS, EXCLUDED, LIMITS, Cap, CapsError, LabelsError, Limits, read_limits
from scheduler.outbox.hours import ALWAYS, HOURS, Hours, HoursError, read_hours
from scheduler.outbox.states import State

__all__ = [
    "ALWAYS",
    "CAPS",
    "EXCLUDED",
    "HOURS",
    "LIMITS",
    "NEED_CONSENT",
    "RULES",
    "VERSION",
    "Cap",
    "CapsError",
    "Case",
    "Hours",
    "HoursError",
    "LabelsError",
    "Limits",
    "Refuse",
    "Stop",
    "Verdict",
    "Wait",
    "judge",
    "read_hours",
    "read_limits",
]

VERSION = "2026-11-21"
"""Recorded with every message; changes whenever a rule or a number that it goes by does."""

NEED_CONSENT = frozenset({MessageClass.FUNDRAISING, MessageClass.ADVERTISING})
"""Classes nobody gets unasked (Decree 91/2020/NĐ-CP; Law 91/2025/QH15 art. 9). Public information by an authority is
outside the definition of advertising ("news, social policies") and may rest on a state task."""

NEVER_SUPPRESSED = frozenset({MessageClass.REPLY})
"""Who wrote is answered, whatever they asked for before."""

ASKS_DO_NOT_CALL = frozenset({MessageClass.ADVERTISING})
"""Classes for which the national list holds."""

WAITS_UNTIL = timedelta(minutes=15)
"""Who waits for a cap waits until a full quarter of an hour: many then wait for one moment."""


class Case(NamedTuple):
    """What the rules look at, read from the database beforehand. Equal cases are judged alike."""

    message_class: MessageClass
    expires_at: datetime | None = None
    suppressed_because: str | None = None
    on_do_not_call: bool = False
    labels: frozenset[Label] = frozenset()
    """What is known of the household; nothing known is no label."""
    has_consent: bool = False
    recent: tuple[datetime, ...] = ()
    """When messages of this class left, or may have left, for this person, as far back as the cap asks; oldest
    first."""
    budget_reaches: bool = True
    """Whether the batch has the money for it."""


class Refuse(NamedTuple):
    """Never to be sent: the final state and the rule's name."""

    state: State
    rule: str


class Wait(NamedTuple):
    """Not now: ask again at `until`."""

    until: datetime
    rule: str


class Stop(NamedTuple):
    """The whole batch stops until a person decides."""

    rule: str


Verdict = Refuse | Wait | Stop | None
Rule = Callable[[Case, Limits, datetime], Verdict]


def not_suppressed(case: Case, limits: Limits, now: datetime) -> Verdict:
    """Stop means stop: every class but replies (Decree 91/2020/NĐ-CP art. 13 and 16; erasure, Law 91/2025/QH15
    art. 16). Advertising besides not to who stands in the national Do-Not-Call list (Decree 91/2020/NĐ-CP art. 7)."""
    if case.suppressed_because and case.message_class not in NEVER_SUPPRESSED:
        return Refuse(State.SUPPRESSED, case.suppressed_because)
    if case.on_do_not_call and case.message_class in ASKS_DO_NOT_CALL:
        return Refuse(State.SUPPRESSED, "do_not_call")
    return None


def not_excluded(case: Case, limits: Limits, now: datetime) -> Verdict:
    """A class never goes to certain labels: nobody poor is asked for money (own decision; `EXCLUDED`).

    Of whom nothing is known, nothing speaks against: they pass.
    """
    if case.labels and not case.labels.isdisjoint(limits.excluded.get(case.message_class, ())):
        return Refuse(State.SUPPRESSED, "excluded_label")
    return None


def consent_given(case: Case, limits: Limits, now: datetime) -> Verdict:
    """Some classes only with consent on record (Law 91/2025/QH15 art. 9: silence is none)."""
    if case.message_class in NEED_CONSENT and not case.has_consent:
        return Refuse(State.SUPPRESSED, "no_consent")
    return None


def not_expired(case: Case, limits: Limits, now: datetime) -> Verdict:
    """A text that is no longer true is not sent (own decision)."""
    if case.expires_at is not None and now >= case.expires_at:
        return Refuse(State.EXPIRED, "expired")
    return None


def within_hours(case: Case, limits: Limits, now: datetime) -> Verdict:
    """Nobody is woken: a text outside its class's hours waits for the next opening (each of `HOURS` has its source)."""
    opening = _opening(limits.hours[case.message_class], now)
    return Wait(opening, "quiet_hours") if opening > now else None


def within_cap(case: Case, limits: Limits, now: datetime) -> Verdict:
    """Nobody is swamped: over the cap a text waits until enough of those before it have left the window, which slides;
    is it no longer true then, it is refused (each of `CAPS` has its source).

    It waits rather than being refused because the cap is about how often and not about what: who got a harvest fair's
    advertisement today may learn of the next one tomorrow, if that is still true.
    """
    cap = limits.caps.get(case.message_class)
    if cap is None or len(case.recent) < cap.most or case.recent[-cap.most] <= now - cap.window:
        return None
    free_at = _rounded_up(case.recent[-cap.most] + cap.window)
    if case.expires_at is not None and free_at >= case.expires_at:
        return Refuse(State.SUPPRESSED, "over_cap")
    return Wait(free_at, "over_cap")


def within_budget(case: Case, limits: Limits, now: datetime) -> Verdict:
    """A broadcast never spends more than was approved (own decision)."""
    return None if case.budget_reaches else Stop("budget_spent")


RULES: tuple[Rule, ...] = (
    not_suppressed,
    not_excluded,
    consent_given,
    not_expired,
    within_hours,
    within_cap,
    within_budget,
)


def judge(case: Case, limits: Limits, now: datetime) -> Verdict:
    """The first rule that objects, or None: send."""
    return next((verdict for rule in RULES if (verdict := rule(case, limits, now)) is not None), None)


@lru_cache(maxsize=64)
def _opening(hours: Hours, now: datetime) -> datetime:
    """Asked for every message of a batch, at the same moment."""
    return hours.opening(now)


def _rounded_up(moment: datetime) -> datetime:
    whole = WAITS_UNTIL.total_seconds()
    return datetime.fromtimestamp(-(-moment.timestamp() // whole) * whole, VIETNAM)
