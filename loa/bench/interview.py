"""`loa bench interview`: how many questions a household is asked, beside the same questions to everybody, and how fast.

Answers are checked against the rules evaluated over everything that is known of each household, also what was not
asked: an interview that ends otherwise, or undecided, is wrong.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import mean, median

import numpy as np

from loa.bench import Report, Target, percentile
from loa.bench.interview_floor import fixed_order_mean
from loa.bench.interviewees import SEED, interviewees
from loa.wiring import Loa
from policies.eligibility import Decision, Rules, Value, decide
from policies.eligibility.interview import next_inputs, settling
from policies.eligibility.tables import Column, encode

HOUSEHOLDS = 1_000
ASKED_EVERYTHING = 100
ROUNDS = 3
A_TEXT = 3
TODAY, IN_THE_CAMPAIGN = date(2026, 11, 20), date(2025, 3, 1)
CORE = ("electricity", "house_disaster", "social_pension", "hi_nearpoor_premium", "learning_cost")

HOUSING_MEAN = 1.4
ALL_MEAN = 6.0
FIRST_P99_MS = 20.0
LATER_P99_MS = 5.0

Household = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Interview:
    """What one household was asked, text by text, what it told, and how long each question took to choose."""

    texts: Sequence[tuple[str, ...]]
    told: Household
    took_ms: Sequence[float]

    @property
    def questions(self) -> int:
        return sum(map(len, self.texts))


def measure(loa: Loa) -> Report:
    """A thousand households, about housing and about the five core benefits; some about every benefit in force."""
    return measure_rules(Rules.load(), HOUSEHOLDS, ASKED_EVERYTHING)


def measure_rules(rules: Rules, households: int, asked_everything: int) -> Report:
    """The same with so many households."""
    drawn = interviewees(rules, households)
    campaign = Subject(rules, ("house_campaign_2025",), IN_THE_CAMPAIGN)
    disaster = Subject(rules, ("house_disaster",), TODAY)
    core = Subject(rules, CORE, TODAY)
    every = Subject(rules, tuple(policy for policy in rules.benefits if rules.period(policy, TODAY)), TODAY)

    housing, of_disaster = campaign.interview(drawn), disaster.interview(drawn)
    rounds = [core.interview(drawn) for _ in range(ROUNDS)]
    by_text, of_all = core.interview(drawn, A_TEXT), every.interview(drawn[:asked_everything])
    five = rounds[0]
    took = [
        [median(each) for each in zip(*(i.took_ms for i in same), strict=True)] for same in zip(*rounds, strict=True)
    ]
    wrong = (
        campaign.wrong(drawn, housing)
        + disaster.wrong(drawn, of_disaster)
        + core.wrong(drawn, five)
        + core.wrong(drawn, by_text)
        + every.wrong(drawn, of_all)
    )
    return Report(
        "interview",
        {
            "households": households,
            "seed": SEED,
            "drawn": "from the priors; schooling follows age, income the certificate, pensions age",
            "housing_fixed_order": round(campaign.fixed_order_mean(drawn), 2),
            "house_disaster_mean": round(_questions(of_disaster), 2),
            "house_disaster_fixed_order": round(disaster.fixed_order_mean(drawn), 2),
            "all_inputs_told": round(mean(len(each.told) for each in five), 2),
            "all_fixed_order": round(core.fixed_order_mean(drawn), 2),
            "all_texts": round(mean(len(each.texts) for each in by_text), 2),
            "all_questions_by_text": round(_questions(by_text), 2),
            "every_benefit": len(every.policies),
            "every_mean": round(_questions(of_all), 2),
            "every_first_ms": round(median(each.took_ms[0] for each in of_all), 2),
            "first_median_ms": round(median(each[0] for each in took), 2),
            "later_median_ms": round(median(ms for each in took for ms in each[1:]), 2),
        },
        [
            Target("housing_mean", round(_questions(housing), 2), "questions", HOUSING_MEAN, "at_most"),
            Target("all_mean", round(_questions(five), 2), "questions", ALL_MEAN, "at_most"),
            Target("wrong", wrong, "answers", 0, "at_most"),
            Target(
                "first_p99_ms", round(percentile([each[0] for each in took], 0.99), 2), "ms", FIRST_P99_MS, "at_most"
            ),
            Target(
                "later_p99_ms",
                round(percentile([ms for each in took for ms in each[1:]], 0.99), 2),
                "ms",
                LATER_P99_MS,
                "at_most",
            ),
        ],
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """What households are interviewed about, and on which day."""

    rules: Rules
    policies: tuple[str, ...]
    on: date

    def interview(self, households: Sequence[Household], most: int = 1) -> list[Interview]:
        """Each household, up to `most` questions in a text."""
        return [self._interview(household, most) for household in households]

    def wrong(self, households: Sequence[Household], interviews: Sequence[Interview]) -> int:
        """How many decisions are not those of who knows everything."""
        whole = households[: len(interviews)]
        evaluated = self.rules.evaluate(self.policies, columns(self.rules, whole), self.on)
        return sum(
            decide(self.rules, policy, interview.told, self.on).decision
            is not (Decision.ELIGIBLE if evaluated[policy].eligible[row] else Decision.INELIGIBLE)
            for policy in self.policies
            for row, interview in enumerate(interviews)
        )

    def fixed_order_mean(self, households: Sequence[Household]) -> float:
        """What the floor asks."""
        return fixed_order_mean([self.rules.table(policy, self.on) for policy in self.policies], households)

    def _interview(self, household: Household, most: int) -> Interview:
        """Nothing is remembered from other households; the tables stand ready, as in a process that serves."""
        settling.cache_clear()
        told: dict[str, Value] = {}
        texts, took_ms = list[tuple[str, ...]](), list[float]()
        while True:
            began = time.perf_counter()
            asked = next_inputs(self.rules, self.policies, told, self.on, most=most)
            took_ms.append((time.perf_counter() - began) * 1000)
            if not asked:
                return Interview(texts, told, took_ms)
            texts.append(asked)
            for name in asked:
                told |= {each: household[each] for each in self.rules.questions[name].asked_at_once or (name,)}


def columns(rules: Rules, households: Sequence[Household]) -> dict[str, Column]:
    """Complete households as the rules evaluate many."""
    return {
        name: np.array([encode(entry, household[name]) for household in households])
        for name, entry in rules.inputs.items()
    }


def _questions(interviews: Sequence[Interview]) -> float:
    return mean(each.questions for each in interviews)
