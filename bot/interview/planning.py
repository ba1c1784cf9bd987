"""What an interview asks next, and what it knows: from its state and the rules of the day, nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from bot.carrying import corrects, without_correction
from bot.interview.asking import MOST_AT_ONCE
from bot.interview.families import First, family_of
from bot.interview.reading import Answers, about, answers_several, read_answers, volunteered
from bot.interview.state import Interview
from bot.words import say
from policies.eligibility import Decision, Input, Result, Rules, Value, decide, read_facts
from policies.eligibility.interview import next_inputs
from policies.errors import FactError

MOST_ASKED = 9
"""Questions about everything before what is settled so far is told: nobody answers forty."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An interview under the rules of a day."""

    interview: Interview
    rules: Rules
    on: date

    @classmethod
    def of(cls, interview: Interview, rules: Rules, on: date) -> "Plan":
        """Of what was remembered: what the rules of that day do not know is left out."""
        policies = tuple(policy for policy in interview.policies if _in_force(policy, rules, on))
        asked = tuple(name for name in interview.asked if name in rules.inputs)
        strange = frozenset(interview.facts.keys() - rules.inputs.keys())
        return cls(replace(interview.without(strange), policies=policies, asked=asked), rules, on)

    @property
    def first(self) -> First | None:
        """What is asked before all else."""
        interview = self.interview
        family = family_of(interview.policies[0]) if interview.policies and not interview.everything else None
        return family.first if family else None

    @property
    def certified(self) -> bool:
        """Whether the first answer leaves nothing to ask."""
        return self.first is not None and self.interview.facts.get(self.first.input) in self.first.settles

    @property
    def tired(self) -> bool:
        """Whether so much was asked that it is time to tell."""
        return self.interview.everything and self.interview.count >= MOST_ASKED

    def results(self) -> list[Result]:
        """One for each benefit."""
        return [decide(self.rules, policy, self.interview.facts, self.on) for policy in self.interview.policies]

    def next(self, missed: Iterable[str] = ()) -> tuple[str, ...]:
        """The inputs to ask for now: those `missed` that still matter, then the most telling; () when it is over."""
        interview, first = self.interview, self.first
        if first is not None and first.input not in (*interview.facts, *interview.skipped):
            return (first.input,)
        results = self.results()
        settled = interview.one_of and any(result.decision is Decision.ELIGIBLE for result in results)
        if self.certified or self.tired or settled:
            return ()
        skipped = frozenset(interview.skipped)
        planned = next_inputs(self.rules, interview.policies, interview.facts, self.on, skipped, MOST_AT_ONCE)
        matter = {name for result in results for name in result.missing} - skipped
        return tuple(dict.fromkeys((*(name for name in missed if name in matter), *planned))) if planned else ()

    def read(self, text: str) -> Answers:
        """What a text tells: of what was asked, of what was answered before where it corrects that, and unasked."""
        asked, entries = self.inputs(self.interview.asked), self.entries()
        if corrects(text):
            said = without_correction(text)
            told = volunteered(said, entries, self.on)
            return Answers(told) if told else read_answers(said, self.inputs(self.interview.before), self.on)
        if len(asked) == 1 and len(self.interview.before) > 1 and answers_several(text):
            asked = self.inputs(self.interview.before)  # the answers to the text before, sent again
        unasked = [entry for entry in entries if entry not in asked]
        answers = read_answers(about(text, asked[0], unasked) if len(asked) == 1 else text, asked, self.on)
        return self._without_contradictions(replace(answers, told=volunteered(text, unasked, self.on) | answers.told))

    def _without_contradictions(self, answers: Answers) -> Answers:
        """The answers but for those that cannot be so beside what was told before: these are asked again."""
        told: dict[str, Value] = {}
        wrong = dict(answers.wrong)
        for name, value in answers.told.items():
            others = {other: known for other, known in self.interview.facts.items() if other != name}
            if self._agree(others | told | {name: value}):
                told[name] = value
            else:
                wrong[name] = say("interview_contradiction")
        return replace(answers, told=told, wrong=wrong)

    def _agree(self, facts: Mapping[str, Value]) -> bool:
        try:
            read_facts(facts, self.rules.inputs)
        except FactError:
            return False
        return True

    def told(self, answers: Answers) -> "Plan":
        """The same after an answer, which is believed before what it contradicts. What is told now may be shown again;
        what the person now says not to know is not known."""
        interview, told = self.interview, answers.told
        skipped = tuple(name for name in dict.fromkeys((*interview.skipped, *answers.unknown)) if name not in told)
        hidden = tuple(name for name in interview.hidden if name not in told)
        before = interview.without(answers.unknown).facts
        facts = {name: value for name, value in before.items() if self._agree(told | {name: value})} | told
        return replace(self, interview=replace(interview, facts=facts, skipped=skipped, hidden=hidden))

    def moved_on(self) -> tuple["Plan", tuple[str, ...]]:
        """The same once a text has been read, and what of the questions it left open; what was put twice in vain is
        not asked again."""
        interview = self.interview
        missed = tuple(name for name in interview.asked if name not in (*interview.facts, *interview.skipped))
        after = replace(
            interview,
            skipped=(*interview.skipped, *(name for name in missed if name in interview.again)),
            again=tuple(dict.fromkeys((*interview.again, *missed))),
            before=interview.asked or interview.before,
            asked=(),
        )
        return replace(self, interview=after), missed

    def entries(self) -> tuple[Input, ...]:
        """All inputs that matter to what the interview is about, and those that tell something of them."""
        names = {name for policy in self.interview.policies for name in self.rules.inputs_of(policy, self.on)}
        inputs = self.rules.inputs
        for each in self.rules.implications:  # of the same entity: who receives what is told apart by person
            if each.name in names and inputs[each.of].question.entity is inputs[each.name].question.entity:
                names.add(each.of)
        return self.inputs(sorted(names | ({self.first.input} if self.first else set())))

    def inputs(self, names: Iterable[str]) -> tuple[Input, ...]:
        """The inputs of these names, in their order."""
        return tuple(self.rules.inputs[name] for name in names if name in self.rules.inputs)


def sensitive(rules: Rules) -> frozenset[str]:
    """The inputs that are not kept once an interview is over, nor asked for where everything is asked about."""
    return frozenset(name for name, entry in rules.inputs.items() if entry.question.sensitive)


def _in_force(policy: str, rules: Rules, on: date) -> bool:
    return policy in rules.benefits and rules.period(policy, on) is not None
