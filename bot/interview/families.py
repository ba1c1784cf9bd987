"""Which benefits a question is about: the one that was named, or what there is today for the same need."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import msgspec

from policies import PACKAGE
from policies.eligibility import Rules
from policies.files import Strict


class FamiliesError(Exception):
    """The file of families cannot be read, or names what there is not."""


class First(Strict, frozen=True):
    """An input that is asked before all others, and the answers to it that leave nothing to ask."""

    input: str
    settles: tuple[str, ...]


class Family(Strict, frozen=True):
    """Benefits for one need. `also` are subjects without conditions of their own; the first speaks for a benefit that
    is no subject. Of `one_of` a household gets one alone, so that they are asked about together, but for those that
    people who name them mean `alone`."""

    benefits: tuple[str, ...]
    also: tuple[str, ...] = ()
    one_of: bool = False
    alone: tuple[str, ...] = ()
    first: First | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """The benefits in force to interview about, the one that was named first; or `everything` there is."""

    policies: tuple[str, ...]
    one_of: bool = False
    everything: bool = False


@cache
def families(root: Path = PACKAGE) -> Mapping[str, Family]:
    """The families under `root`. Raises FamiliesError."""
    path = root / "families.yaml"
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=dict[str, Family])
    except (OSError, msgspec.MsgspecError) as error:
        raise FamiliesError(f"{path.name}: {error}") from error


def goal_of(subject: str, rules: Rules, on: date) -> Goal | None:
    """What to interview about when somebody asks for a subject; None where nothing of it is computed that day."""
    family = family_of(subject)
    if family is None:
        return None
    named = (subject,) if _in_force(subject, rules, on) else ()
    if named and (not family.one_of or subject in family.alone):
        return Goal(named)
    replaced = rules.benefits[subject].replaced_by if subject in rules.benefits else ()
    every = (*named, *replaced, *family.benefits)
    policies = dict.fromkeys(policy for policy in every if _in_force(policy, rules, on))
    return Goal(tuple(policies), family.one_of) if policies else None


def everything(rules: Rules, on: date) -> Goal:
    """Every benefit there is that day; not what a certificate says better than its holder could reckon."""
    settled = {policy for family in families().values() if family.first for policy in family.benefits}
    there = (policy for policy in rules.benefits if policy not in settled and _in_force(policy, rules, on))
    return Goal(tuple(there), everything=True)


def spoken_as(policy: str, subjects: Collection[str]) -> str:
    """The subject of the book of answers that speaks for a benefit."""
    family = family_of(policy)
    return policy if policy in subjects or family is None or not family.also else family.also[0]


def family_of(subject: str) -> Family | None:
    return next((each for each in families().values() if subject in (*each.benefits, *each.also)), None)


def wrong_with(known: Mapping[str, Family], rules: Rules, subjects: Collection[str]) -> list[str]:
    """What a file of families names that there is not, names twice, or leaves out."""
    named = [policy for family in known.values() for policy in family.benefits]
    found = [f"{name}: no benefit" for name in named if name not in rules.benefits]
    found += [f"{name}: named twice" for name in dict.fromkeys(named) if named.count(name) > 1]
    found += [f"{name}: in no family" for name in rules.benefits if name not in named]
    for family in known.values():
        found += [f"{name}: alone, but not of the family" for name in family.alone if name not in family.benefits]
        found += [f"{name}: no subject" for name in family.also if name not in subjects]
        first = family.first
        if first is not None and (
            first.input not in rules.inputs or not set(first.settles) <= set(rules.inputs[first.input].values)
        ):
            found.append(f"{first.input}: no such input or answers")
    return found


def _in_force(policy: str, rules: Rules, on: date) -> bool:
    return policy in rules.benefits and rules.period(policy, on) is not None
