"""What an interview came to, in words that no one can take for a decision: the commune decides, either way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.answering import Answerer
from bot.interview.asking import sentence
from bot.interview.families import spoken_as
from bot.interview.planning import Plan
from bot.words import say
from foundation.text import format_vnd
from policies import Citation, Facet
from policies.eligibility import Decision, Entity, Result
from policies.eligibility.inputs import otherwise, statement

MOST_LISTED = 6
MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a finished interview. `policies` are those it is said of, the most relevant first; `listed` the
    subjects that can be chosen by number."""

    text: str
    policies: tuple[str, ...]
    citations: tuple[Citation, ...] = ()
    listed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells what an interview came to on a day."""

    plan: Plan
    answerer: Answerer
    today: date

    def tell(self) -> Told:
        """Those benefits that may be; else what is not known; else why none is seen to be."""
        if self.plan.certified:
            return self._certified()
        everything, results = self.plan.interview.everything, self.plan.results()
        eligible = [result for result in results if result.decision is Decision.ELIGIBLE]
        unknown = [result for result in results if result.decision is Decision.UNKNOWN]
        if len(eligible) > 1 or (eligible and everything):
            return self._many(eligible)
        if eligible:
            return self._one(eligible[0])
        if everything:
            return Told(say("interview_none", who=self._who(())), tuple(r.policy for r in (*unknown, *results))[:3])
        return self._unknown(unknown) if unknown else self._none(results)

    def _one(self, result: Result) -> Told:
        subject = spoken_as(result.policy, self.answerer.book.subjects())
        because = self._reasons([result])
        text = say(
            "interview_eligible",
            because=f" ({because})" if because else "",
            who=self._who([result]),
            title=self._titles([result]),
            amount=amount_of(result),
        )
        step = self.answerer.answer(subject, Facet.HOW, self.plan.on, self.today)
        lines = [text, say("interview_next", step=step.text) if step else "", *_source(result.citations)]
        return Told("\n".join(filter(None, lines)), (result.policy,), result.citations)

    def _many(self, eligible: Sequence[Result]) -> Told:
        listed = sorted(eligible, key=lambda result: -(result.amount_vnd or 0))[:MOST_LISTED]
        benefits = "; ".join(
            say("choice", number=str(number), title=self._titles([result]) + amount_of(result))
            for number, result in enumerate(listed, start=1)
        )
        subjects = tuple(spoken_as(result.policy, self.answerer.book.subjects()) for result in listed)
        citations = tuple(dict.fromkeys(citation for result in listed for citation in result.citations[:1]))
        text = say("interview_many", who=self._who(listed), benefits=benefits)
        return Told(text, tuple(result.policy for result in listed), citations, subjects)

    def _unknown(self, unknown: Sequence[Result]) -> Told:
        missing = sentence(self.plan.rules.inputs[unknown[0].missing[0]])
        text = say("interview_unknown", who=self._who(unknown), title=self._titles(unknown[:1]), missing=missing)
        return Told(text, tuple(result.policy for result in unknown), unknown[0].citations)

    def _none(self, results: Sequence[Result]) -> Told:
        because = self._reasons(results)
        inputs = self.plan.rules.inputs
        presumed = dict.fromkeys(name for result in results for name in result.presumed)
        unless = ", ".join(otherwise(inputs[name]) for name in presumed)
        why = f" {say('interview_because', told=because)}" if because else ""
        text = say(
            "interview_ineligible",
            who=self._who(results),
            title=self._titles(results),
            because=why + (say("interview_unless", otherwise=unless) if unless else ""),
        )
        citations = results[0].citations
        return Told("\n".join([text, *_source(citations)]), tuple(result.policy for result in results), citations)

    def _certified(self) -> Told:
        interview, first = self.plan.interview, self.plan.first
        held = statement(self.plan.rules.inputs[first.input], interview.facts[first.input]) if first else ""
        return Told(say("interview_certified", who=self._who(()), held=held), interview.policies)

    def _reasons(self, results: Sequence[Result]) -> str:
        """What was told that decides, as statements; what somebody else may have told a day ago is left out, and what
        follows from that."""
        rules, interview = self.plan.rules, self.plan.interview
        hidden = rules.followed({name: value for name, value in interview.facts.items() if name in interview.hidden})
        named = dict.fromkeys((each.input, each.value) for result in results for each in result.because)
        told = [statement(rules.inputs[name], value) for name, value in named if name not in hidden]
        return ", ".join(told[:MOST_REASONS])

    def _titles(self, results: Sequence[Result]) -> str:
        benefits = self.plan.rules.benefits
        return ", ".join(benefits[result.policy].title for result in results)

    def _who(self, results: Iterable[Result]) -> str:
        return who(self.plan, [result.policy for result in results])


def who(plan: Plan, policies: Sequence[str]) -> str:
    """Of whom is spoken: the person as they were named, the household, or who texts."""
    if plan.interview.about is not None:
        return plan.interview.about
    personal = policies and all(plan.rules.benefits[policy].entity is Entity.PERSON for policy in policies)
    return say("interview_person") if personal else say("interview_household")


def amount_of(result: Result) -> str:
    """How much, after a comma: ", mức 59.520 đồng/hộ/tháng"; empty where the law gives no amount."""
    if result.amount_vnd is None or result.amount_kind is None:
        return ""
    unit = (result.amount_unit or "").removeprefix("VND")
    return say(f"interview_{result.amount_kind}", amount=f"{format_vnd(result.amount_vnd)}{unit}")


def _source(citations: Sequence[Citation]) -> list[str]:
    return [say("source", source=citations[0].short())] if citations else []
