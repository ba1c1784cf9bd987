"""Whatever people answer: one reply each, a state that can be kept, and nothing that the law does not say."""

import random
from datetime import date
from functools import cache

import msgspec
import numpy as np
import pytest

from bot.answering import Answerer
from bot.conversation import respond
from bot.exchange import Awaited, Kind, State
from bot.interview.planning import Plan
from bot.interview.state import Interview
from bot.interview.talking import advanced
from policies.eligibility import Decision, Input, Rules, Value, read_facts
from policies.eligibility import Kind as InputKind
from policies.eligibility.tables import encode
from policies.errors import FactError
from tests.bot.meaning import meant, said

TODAY = date(2026, 11, 20)
CORE = ("electricity", "house_disaster", "social_pension", "hi_nearpoor_premium", "learning_cost", "sa_monthly")
ODD = (
    "không biết",
    "1C",
    "2K 3 76",
    "sao hỏi vậy",
    "",
    "🙏",
    "800",
    "-5",
    "thôi",
    "tiếp",
    "GIU",
    "à nhầm, hộ nghèo",
    "?",
)


@cache
def rules() -> Rules:
    return Rules.load()


def household(draw: random.Random) -> dict[str, Value]:
    """Everything that can be told of a household, nothing of it against the rest."""
    facts = dict(rules().presumed)
    for name, entry in rules().inputs.items():
        facts = rules().followed(facts)
        for _ in range(100):
            value = facts.get(name, value_of(entry, draw))
            if agree(facts | {name: value}):
                break
        facts[name] = value
    assert agree(facts)
    return facts


def agree(facts: dict[str, Value]) -> bool:
    """Whether all of it can be so at once."""
    try:
        read_facts(facts, rules().inputs)
    except FactError:
        return False
    return True


def value_of(entry: Input, draw: random.Random) -> Value:
    match entry.kind:
        case InputKind.YES_NO:
            return draw.random() < 0.5
        case InputKind.CHOICE:
            return draw.choice(entry.values)
        case InputKind.WHOLE:
            return draw.choice([int(entry.least), draw.randint(int(entry.least), int(min(entry.most, 3_000_000)))])
        case _:
            return round(draw.uniform(entry.least, entry.most), 1)


def as_text(entry: Input, value: Value) -> str:
    """What somebody texts who answers this."""
    match value:
        case bool():
            return "có" if value else "không"
        case str():
            return str(entry.values.index(value) + 1)
        case _ if entry.question.unit and entry.question.unit.startswith("VND"):
            return f"{value} đồng"
        case _:
            return str(value).replace(".", ",")


def holds_in_law(policy: str, facts: dict[str, Value]) -> bool:
    """What the whole rule says of the complete household."""
    columns = {name: np.array([encode(rules().inputs[name], value)]) for name, value in facts.items()}
    return bool(rules().evaluate([policy], columns, TODAY)[policy].eligible[0])


@pytest.mark.parametrize("policy", CORE)
def test_an_interview_ends_with_what_the_law_says_of_the_whole_household(policy: str, answerer: Answerer) -> None:
    draw = random.Random(f"household of {policy}")
    for _ in range(25):
        facts = household(draw)
        first = said("có được không", meant("ask_eligibility", policy))
        turn = advanced(State(), Plan.of(Interview((policy,)), rules(), TODAY), first, answerer)
        for _ in range(30):
            if turn.state.awaits is not Awaited.INTERVIEW:
                break
            puts = turn.questions
            answers = [as_text(rules().inputs[put.input], facts[put.input]) for put in puts]
            text = answers[0] if len(puts) == 1 else " ".join(f"{n}. {each}" for n, each in enumerate(answers, start=1))
            turn = respond(turn.state, said(text, meant("give_answer")), answerer)

        interview = turn.state.interview
        assert turn.kind is Kind.ANSWER, turn.reply
        assert interview is not None
        assert ("có thể thuộc diện" in turn.reply) is holds_in_law(policy, facts), (turn.reply, interview.facts)
        assert ("chưa thấy" in turn.reply) is not holds_in_law(policy, facts)


def test_any_answers_get_one_reply_each_and_no_decision_that_is_wrong(answerer: Answerer) -> None:
    draw = random.Random(5)
    openings = ("tôi được hưởng những gì", "nhà em có được hỗ trợ không", "mẹ em 76 tuổi có được không")
    for _ in range(40):
        facts = household(draw)
        opening, policy = draw.choice(openings), draw.choice(CORE)
        understood = meant("ask_list") if "hưởng" in opening else meant("ask_eligibility", policy)
        turn = respond(State(), said(opening, understood), answerer)
        for _ in range(12):
            assert turn.reply.strip()
            assert msgspec.json.decode(msgspec.json.encode(turn.state), type=State) == turn.state
            honest = [as_text(rules().inputs[put.input], facts[put.input]) for put in turn.questions[:1]]
            text = draw.choice([*honest, *honest, draw.choice(ODD)])
            turn = respond(turn.state, said(text, meant(draw.choice(["unclear", "give_answer", "affirm"]))), answerer)
        interview = turn.state.interview
        if interview is None:
            continue
        completed = facts | interview.facts
        if not agree(completed):
            continue  # an odd answer made another household of it
        for result in Plan.of(interview, rules(), TODAY).results():
            if result.decision is Decision.ELIGIBLE:
                assert holds_in_law(result.policy, completed)
            if result.decision is Decision.INELIGIBLE:
                assert not holds_in_law(result.policy, completed)
