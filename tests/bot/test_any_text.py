"""Whatever is sent and however it is understood, something is said, and what shall happen fits what is said."""

from datetime import date
from functools import cache

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.answering import FACETS, Answerer
from bot.conversation import apologise, respond, to_understand
from bot.danger import Danger
from bot.exchange import (
    Awaited,
    Event,
    Kind,
    KnownTicket,
    OptedIn,
    OptedOut,
    Pledged,
    Spoken,
    State,
    TicketOpened,
    Turn,
)
from bot.grievance import grievance_of
from bot.understanding import Scored, Understanding
from foundation.text import clean_incoming, segment, unaccent
from policies import Facet
from tests.bot.meaning import CODE, TODAY, said
from tests.policies.signed import signed_book

BAD_TEXTS = [
    "",
    " \t\r\n ",
    "\0",
    "ho\0 ngheo",
    "🙏👨‍👩‍👧‍👦❤️",
    "?",
    "?!...",
    '/intent{"a":"b"}',
    "/restart",
    "{ticket} {0} %s",
    "tiền điện " * 1000,
    "9" * 10_000,
    "1" * 1000,
    "ung ho " + "9" * 900 + "k",
    "PA" + "0" * 500,
    "pa000000" * 100,
    "e\u0301" * 5000,
    "\u200b\u200e\u202e",
    "\ud83d HUY",
    "ＨＵＹ",
    "ទឹក ភ្លើង",
    "<script>alert(1)</script>",
    "'; DROP TABLE inbound; --",
]

INTENTS = [
    *FACETS, "greet", "thank", "affirm", "deny", "dont_know", "unclear", "out_of_scope", "ask_human", "ask_status",
    "report_problem", "data_request", "opt_in", "opt_out", "pledge", "an intent of tomorrow", "",
]  # fmt: skip
TOPICS = ["none", "electricity", "loan_poor", "social_pension", "pov_line_2027_2030", "tractors", ""]

confidences = st.floats(0, 1)
topics = st.lists(st.builds(Scored, st.sampled_from(TOPICS), confidences), max_size=4).map(tuple)
understandings = st.builds(
    Understanding, st.builds(Scored, st.sampled_from(INTENTS), confidences), topics, st.just("model")
)
codes = st.sampled_from([None, "PA7654325", "PA0000000"])
states = st.builds(
    State,
    topic=st.none() | st.sampled_from(TOPICS),
    facet=st.none() | st.sampled_from(Facet),
    choices=st.lists(st.sampled_from([topic for topic in TOPICS if topic]), max_size=3).map(tuple),
    bare=st.booleans(),
    told=st.booleans(),
    spoken=st.lists(
        st.builds(Spoken, st.sampled_from(TOPICS), st.sampled_from(["", "hộ nghèo vay bao nhiêu"])), max_size=3
    ).map(tuple),
    awaits=st.none() | st.sampled_from(Awaited),
    danger=st.none() | st.sampled_from(Danger),
    helper=codes,
    caller=codes,
    asked_back=st.integers(0, 3),
    passed_on=codes,
)
pieces = st.sampled_from(
    [
        "HUY",
        "dung nhan",
        "tien dien",
        "ủng hộ",
        "200k",
        "2",
        "PA7654325",
        "PA7654326",
        "?",
        "🙏",
        "không",
        "đừng",
        "nua",
        "đừng nhắn tin nữa.",
        "xóa dữ liệu của tôi,",
        "nhầm, ý tôi là cận nghèo",
        "cán bộ đòi 500k,",
        "cháy nhà cứu với",
        "gọi lại cho tôi",
        "THAT tin nay la that",
        "nhầm số rồi,",
        "XOA HET",
        "pa76543255",
        "còn vụ hồi nãy",
        "nộp ở đâu",
    ]
)
texts = st.one_of(
    st.text(max_size=60),
    st.lists(pieces, max_size=6).map(" ".join),
    st.sampled_from(BAD_TEXTS).map(clean_incoming),
)
tickets = st.sampled_from([(), (KnownTicket("PA7654325", "open", TODAY), KnownTicket("PA7654326", "closed", TODAY))])
days = st.dates(date(1990, 1, 1), date(2040, 1, 1))

NEEDS: dict[Kind, type[Event]] = {
    Kind.OPT_OUT: OptedOut,
    Kind.OPT_IN: OptedIn,
    Kind.PLEDGE: Pledged,
    Kind.FEEDBACK: TicketOpened,
}


# The same examples at every run; the fixtures around them hold nothing that an example changes.
EVERY = settings(
    derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@cache
def the_answerer() -> Answerer:
    """The real one; not a fixture, since a failing example would print the whole book."""
    return Answerer(signed_book())


def holds(turn: Turn, text: str) -> None:
    """What every turn keeps to."""
    assert turn.reply.strip()
    assert all(line == clean_incoming(line) for line in turn.reply.split("\n"))
    happened = [type(event) for event in turn.events]
    assert len(set(happened)) == len(happened)
    assert turn.kind not in NEEDS or NEEDS[turn.kind] in happened
    assert OptedOut not in happened or turn.kind is Kind.OPT_OUT
    assert turn.kind is not Kind.HANDOVER or turn.ticket or turn.concerning
    assert turn.kind is not Kind.ANSWER or (turn.version and turn.facts)
    assert turn.confidence is None or 0 <= turn.confidence <= 1
    assert turn.state.bare == (turn.reply == unaccent(turn.reply))
    assert segment(unaccent(turn.reply)).encoding.value == "GSM-7"
    if turn.ticket is not None:
        assert CODE in turn.reply
        grievance = grievance_of(text)
        assert turn.ticket.confidential or grievance is None or not grievance.confidential
    assert msgspec.json.decode(msgspec.json.encode(turn.state), type=State) == turn.state


@settings(EVERY, max_examples=1000)
@given(states, texts, st.none() | understandings, tickets, days)
def test_any_text_is_answered(
    state: State,
    text: str,
    understood: Understanding | None,
    known: tuple[KnownTicket, ...],
    on: date,
) -> None:
    incoming = said(text, understood, known, on)
    to_understand(text)

    holds(respond(state, incoming, the_answerer()), text)
    holds(apologise(incoming), text)


@pytest.mark.parametrize("text", BAD_TEXTS, ids=range(len(BAD_TEXTS)))
def test_a_bad_text_is_answered_politely(text: str) -> None:
    understood = Understanding(Scored("out_of_scope", 0.9), (Scored("none", 0.9),), "model")
    for form in (text, clean_incoming(text)):
        turn = respond(State(choices=("electricity",)), said(form, understood), the_answerer())
        assert turn.reply
        assert "Traceback" not in turn.reply


@settings(EVERY, max_examples=40, phases=(Phase.explicit, Phase.generate))  # fifty texts take for ever to shrink
@given(st.lists(st.tuples(texts, st.none() | understandings), min_size=50, max_size=50))
def test_fifty_texts_in_a_row_get_fifty_replies(talk: list[tuple[str, Understanding | None]]) -> None:
    state = State()
    for text, understood in talk:
        turn = respond(state, said(text, understood), the_answerer())
        holds(turn, text)
        state = turn.state
