"""How an interview begins: beside the answer to somebody who asks whether they, or a person they name, may get it."""

from dataclasses import replace

from bot.answering import Answerer
from bot.carrying import asks, spoken_of
from bot.exchange import Incoming, Kind, State, Turn
from bot.interview.families import Goal, everything, goal_of, spoken_as
from bot.interview.opening import (
    asks_for_another,
    asks_for_certificate,
    asks_for_everything,
    asks_whether,
    is_own,
    person_named,
    sex_told,
)
from bot.interview.planning import Plan, sensitive
from bot.interview.reading import volunteered
from bot.interview.state import Interview
from bot.interview.talking import advanced
from bot.interview.telling import who
from bot.questions import answer
from bot.words import say
from foundation.clock import today
from policies import Facet

ELIGIBILITY, ENTITLEMENTS = "ask_eligibility", "ask_entitlements"
"""What is understood of texts that ask who may get something, and what all somebody may get."""


def begun(turn: Turn, before: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The turn that followed `before`, with the first questions where it answers somebody who asks for themselves or
    for a person they name; else as it is."""
    goal = _goal(turn, incoming, answerer)
    plan = _plan(goal, turn.state, incoming, answerer) if goal else None
    if plan is None:
        return turn
    if turn.kind is not Kind.ANSWER:
        return advanced(turn.state, plan, incoming, answerer, _lead(plan))
    turn = _without_choices(turn, before, incoming, answerer)
    asked = advanced(_about_what_holds(turn.state, plan, answerer), plan, incoming, answerer, _lead(plan))
    return replace(
        turn,
        reply=f"{turn.reply}\n{asked.reply}",
        state=asked.state,
        facts=tuple(dict.fromkeys((*turn.facts, *asked.facts))),
        citations=tuple(dict.fromkeys((*turn.citations, *asked.citations))),
        questions=asked.questions,
    )


def for_another(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The first questions of the same about another person: "còn bà ngoại em 80 tuổi thì sao"; None for other texts."""
    about, before = person_named(incoming.text), state.interview
    if before is None or about is None or about == before.about or not asks_for_another(incoming.text):
        return None
    plan = _plan(Goal(before.policies, before.one_of, before.everything), state, incoming, answerer)
    if plan is None:
        return None
    return advanced(state, plan, incoming, answerer, _lead(plan))


def _lead(plan: Plan) -> str:
    named = who(plan, plan.interview.policies)
    return (
        say("interview_lead_everything", who=named) if plan.interview.everything else say("interview_lead", who=named)
    )


def _goal(turn: Turn, incoming: Incoming, answerer: Answerer) -> Goal | None:
    """What there is to interview about after this turn; None where nobody asks for a person or household of theirs."""
    text, meant = incoming.text, incoming.understanding
    if meant is None or not asks(text) or not (person_named(text) or is_own(text)):
        return None
    if turn.kind is Kind.ANSWER and turn.state.topic is not None:
        certificate = asks_for_certificate(text) and asks_whether(text)
        if meant.intent.name == ELIGIBILITY or certificate:
            return goal_of(turn.state.topic, answerer.rules(), incoming.on)
    for_everything = meant.intent.name == ENTITLEMENTS or asks_for_everything(text)
    if turn.kind is Kind.ASK_BACK and not turn.facts and for_everything:
        return everything(answerer.rules(), incoming.on)
    return None


def _plan(goal: Goal, state: State, incoming: Incoming, answerer: Answerer) -> Plan | None:
    """The interview with what is known already: told of the same person before, or in this text."""
    rules, about, before = answerer.rules(), person_named(incoming.text), state.interview
    policies = tuple(policy for policy in goal.policies if _may_be_said(policy, incoming, answerer))
    if not policies:
        return None
    interview = Interview(policies, goal.everything, goal.one_of, about)
    if before is not None and before.about == about:
        interview = replace(interview, facts=before.facts, hidden=before.hidden)
    if goal.everything:
        interview = replace(interview, skipped=tuple(sorted(sensitive(rules) - interview.facts.keys())))
    plan = Plan.of(interview, rules, incoming.on)
    told = volunteered(incoming.text, plan.entries(), incoming.on, opening=True)
    if (sex := sex_told(about)) and any(entry.name == "sex" for entry in plan.entries()):
        told["sex"] = sex
    if plan.first and asks_for_certificate(incoming.text):
        told.pop(plan.first.input, None)  # it is what is asked
    return replace(plan, interview=replace(plan.interview, facts=plan.interview.facts | told))


def _may_be_said(policy: str, incoming: Incoming, answerer: Answerer) -> bool:
    """Whether the book may speak on it: what nobody has signed for is not told by an interview either."""
    subject = spoken_as(policy, answerer.book.subjects())
    return answerer.answer(subject, Facet.WHAT, incoming.on, today(incoming.now)) is not None


def _without_choices(turn: Turn, before: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The answer without subjects offered by number: numbers answer the questions now."""
    if not turn.state.choices or turn.state.topic is None:
        return turn
    plain = answer(turn.state.topic, Facet.WHO, turn.confidence or 0.0, before, incoming, answerer)
    return replace(plain, facts=turn.facts) if plain.kind is Kind.ANSWER else turn


def _about_what_holds(state: State, plan: Plan, answerer: Answerer) -> State:
    """The talk goes on about what is asked, where what was named is no law any more."""
    if state.topic not in plan.rules.benefits or state.topic in plan.interview.policies:
        return state
    subject = spoken_as(plan.interview.policies[0], answerer.book.subjects())
    return replace(state, topic=subject, spoken=spoken_of(state, subject, None))
