"""The rules on the way out: each a small function with its source, asked in order at the moment of sending.

A rule lets a message pass (None), refuses it for good, or makes it wait. What waited is asked everything again.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from foundation.clock import local
from foundation.message_class import MessageClass
from scheduler.outbox.states import State

VERSION = "2026-11-20"
"""Recorded with every message; changes whenever a rule or a number below does."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of the day, Vietnam's time, in which a class may be sent."""

    opens: time
    closes: time
    source: str


class HoursError(ValueError):
    """Hours that cannot be read, or that the law does not allow; the message quotes them."""


ALWAYS = Hours(time(0), time(23, 59, 59, 999_999), "an answer to somebody who just wrote")

HOURS: Mapping[MessageClass, Hours] = {
    MessageClass.REPLY: ALWAYS,
    MessageClass.OPERATIONAL: Hours(time(6), time(22), "own decision: officials are not woken"),
    MessageClass.PUBLIC_INFORMATION: Hours(time(7), time(21), "own decision, inside Decree 91/2020/NĐ-CP art. 13"),
    MessageClass.FUNDRAISING: Hours(time(8), time(20), "own decision, inside Decree 91/2020/NĐ-CP art. 13"),
    MessageClass.ADVERTISING: Hours(time(7), time(22), "Decree 91/2020/NĐ-CP art. 13: 07:00 to 22:00"),
}

_BY_LAW = {MessageClass.ADVERTISING: HOURS[MessageClass.ADVERTISING]}
"""Hours that may be narrowed but not widened."""
_HOURS = re.compile(r"(\w+)=(\d\d):(\d\d)-(\d\d):(\d\d)")


def read_hours(text: str) -> Mapping[MessageClass, Hours]:
    """`HOURS`, changed by a setting like "public_information=06:00-20:00,operational=00:00-24:00".

    Raises:
        HoursError: unreadable, an unknown class, closing before opening, or wider than the law allows.
    """
    hours = dict(HOURS)
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _HOURS.fullmatch(part)
        if match is None or match[1] not in set(MessageClass) - {MessageClass.REPLY}:
            raise HoursError(f"«{part}» is not CLASS=HH:MM-HH:MM with a class other than reply")
        message_class = MessageClass(match[1])
        opens, closes = _time(match[2], match[3], part), _time(match[4], match[5], part)
        law = _BY_LAW.get(message_class)
        if opens >= closes or (law and (opens < law.opens or closes > law.closes)):
            raise HoursError(f"«{part}»: {law.source if law else 'closes before it opens'}")
        hours[message_class] = Hours(opens, closes, "LOA_HOURS")
    return hours


def _time(hour: str, minute: str, part: str) -> time:
    if (hour, minute) == ("24", "00"):
        return ALWAYS.closes
    try:
        return time(int(hour), int(minute))
    except ValueError as error:
        raise HoursError(f"«{part}» names no time of day") from error


NEED_CONSENT = frozenset({MessageClass.FUNDRAISING, MessageClass.ADVERTISING})
"""Classes nobody gets unasked (Decree 91/2020/NĐ-CP; Law 91/2025/QH15 art. 9). Public information by an authority is
outside the definition of advertising ("news, social policies") and may rest on a state task."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the rules look at, read from the database beforehand."""

    message_class: MessageClass
    hours: Hours
    expires_at: datetime | None
    price_vnd: int
    suppressed_because: str | None
    has_consent: bool
    budget_left_vnd: int | None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Never to be sent: the final state and the rule's name."""

    state: State
    rule: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: ask again at `until`."""

    until: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The whole batch stops until a person decides."""

    rule: str


Verdict = Refuse | Wait | Stop | None
Rule = Callable[[Case, datetime], Verdict]


def not_suppressed(case: Case, now: datetime) -> Verdict:
    """Stop means stop: every class but replies (Decree 91/2020/NĐ-CP art. 13 and 16)."""
    if case.suppressed_because and case.message_class is not MessageClass.REPLY:
        return Refuse(State.SUPPRESSED, case.suppressed_because)
    return None


def consent_given(case: Case, now: datetime) -> Verdict:
    """Some classes only with consent on record."""
    if case.message_class in NEED_CONSENT and not case.has_consent:
        return Refuse(State.SUPPRESSED, "no_consent")
    return None


def not_expired(case: Case, now: datetime) -> Verdict:
    """A text that is no longer true is not sent."""
    if case.expires_at is not None and now >= case.expires_at:
        return Refuse(State.EXPIRED, "expired")
    return None


def within_hours(case: Case, now: datetime) -> Verdict:
    """Nobody is woken: a text outside its class's hours waits for the next opening."""
    opens, closes = case.hours.opens, case.hours.closes
    here = local(now)
    if opens <= here.time() < closes or (opens, closes) == (ALWAYS.opens, ALWAYS.closes):
        return None
    opening = here.replace(hour=opens.hour, minute=opens.minute, second=0, microsecond=0)
    return Wait(opening if here < opening else opening + timedelta(days=1), "quiet_hours")


def within_budget(case: Case, now: datetime) -> Verdict:
    """A broadcast never spends more than was approved."""
    if case.budget_left_vnd is not None and case.price_vnd > case.budget_left_vnd:
        return Stop("budget_spent")
    return None


RULES: tuple[Rule, ...] = (not_suppressed, consent_given, not_expired, within_hours, within_budget)


def judge(case: Case, now: datetime) -> Verdict:
    """The first rule that objects, or None: send."""
    return next((verdict for rule in RULES if (verdict := rule(case, now)) is not None), None)
