"""One household at a desk: what was told of it so far, what to ask next, and what can be said. Pure; keeps nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Self

from foundation.text import format_vnd
from policies import FactError
from policies.eligibility import Decision, Input, Kind, Result, Rules, Value, decide, read_facts
from policies.eligibility.inputs import otherwise, statement
from policies.eligibility.interview import next_inputs

NUMBERS = (Kind.WHOLE, Kind.DECIMAL)
ORDER = (Decision.ELIGIBLE, Decision.UNKNOWN, Decision.INELIGIBLE, Decision.NOT_IN_FORCE)
YES, NO = "true", "false"


@dataclass(frozen=True, slots=True)
class Said:
    """What can be said of one benefit, in words. `reasons` are statements with where the law asks for them."""

    result: Result
    title: str
    amount: str | None
    reasons: tuple[tuple[str, str], ...]
    unless: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page hands to the next: the benefits asked about, the law's day, the answers, what nobody knows."""

    policies: tuple[str, ...]
    on: date
    facts: Mapping[str, Value]
    skipped: frozenset[str] = frozenset()

    def question(self, rules: Rules) -> Input | None:
        """What to ask next: what tells most who may be eligible, then how much they get. None: nothing more."""
        asked = next_inputs(rules, self.policies, self.facts, self.on, self.skipped, most=1)
        if not asked:
            results = (decide(rules, policy, self.facts, self.on) for policy in self.policies)
            asked = tuple(name for result in results for name in result.amount_missing if name not in self.skipped)
        return rules.questions[asked[0]] if asked else None

    def answered(self, question: Input, typed: str) -> Self:
        """With the answer to a question. Raises FactError where it can be none."""
        return replace(self, facts={**self.facts, **question.facts(question.read(_value(question, typed)))})

    def skipping(self, question: Input) -> Self:
        """With a question that nobody here can answer."""
        return replace(self, skipped=self.skipped | {question.name})

    def without(self, name: str) -> Self:
        """Without an answer, so that it may be asked again."""
        return replace(
            self,
            facts={other: value for other, value in self.facts.items() if other != name},
            skipped=self.skipped - {name},
        )

    def told(self, rules: Rules) -> list[tuple[str, str]]:
        """What was answered, as statements, by the input's name."""
        return [(name, statement(rules.inputs[name], value)) for name, value in self.facts.items()]

    def results(self, rules: Rules) -> list[tuple[Decision, list[Said]]]:
        """What can be said of each benefit, the best news first."""
        found = [decide(rules, policy, self.facts, self.on) for policy in self.policies]
        found.sort(key=lambda result: (ORDER.index(result.decision), -(result.amount_vnd or 0)))
        return [
            (decision, [said(rules, result) for result in results])
            for decision, results in groupby(found, key=lambda result: result.decision)
        ]


def said(rules: Rules, result: Result) -> Said:
    """A result in words."""
    inputs = rules.inputs
    missing = result.missing or result.amount_missing
    return Said(
        result=result,
        title=rules.benefits[result.policy].title,
        amount=_amount(result),
        reasons=tuple((statement(inputs[each.input], each.value), each.reference) for each in result.because),
        unless=tuple(otherwise(inputs[name]) for name in result.presumed),
        missing=tuple(inputs[name].question.ask for name in missing),
    )


def offered(question: Input) -> list[tuple[str, str]]:
    """The answers to choose among, as they are sent and as they are said; none for a number."""
    if question.kind is Kind.YES_NO:
        return [(YES, "có"), (NO, "không")]
    return [(value, choice.say) for value, choice in question.question.choices.items()]


def read_told(text: str, rules: Rules) -> dict[str, Value]:
    """The answers as a page carries them. Raises FactError, also for what no page of ours carries."""
    try:
        told = json.loads(text or "{}")
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise FactError("facts: không phải một đối tượng JSON")
    return read_facts(told, rules.inputs)


def read_skipped(names: Sequence[str], rules: Rules) -> frozenset[str]:
    """The questions that nobody could answer, of those there are."""
    return frozenset(names) & rules.questions.keys()


def _value(question: Input, typed: str) -> object:
    """An answer as JSON would tell it; a number that cannot be read stays a text, which the question refuses."""
    if question.kind is Kind.YES_NO:
        return typed == YES
    if question.kind not in NUMBERS:
        return typed
    try:
        return float(typed) if question.kind is Kind.DECIMAL else int(typed)
    except ValueError:
        return typed


def _amount(result: Result) -> str | None:
    """59.520 đồng/hộ/tháng; None where the law gives no amount, or what is known does not tell how much."""
    if result.amount_vnd is None:
        return None
    return format_vnd(result.amount_vnd) + (result.amount_unit or "").removeprefix("VND")
