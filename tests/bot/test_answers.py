"""The law as a resident reads it on a phone: every subject by every facet, with its source, within its price."""

import pytest

from bot.answering import FACETS, Answerer
from bot.conversation import respond
from bot.exchange import Kind, State
from foundation.text import Encoding, holds_link, segment, unaccent
from policies import AnswerBook, Facet
from tests.bot.meaning import TODAY, meant, said

BOOK = AnswerBook.load()
SUBJECTS = sorted(BOOK.subjects())
MOST_ACCENTED = 3
MOST_BARE = 2


def marked_long(subject: str, reply: str) -> bool:
    """Whether the wording is one of the few that may take more accented segments: two bare ones are enough there."""
    texts = {v.text for _, v in BOOK.shelf.answers[subject].all_variants() if v.long}
    return any(reply.startswith(text[:20]) for text in texts)


@pytest.mark.parametrize("intent", FACETS)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_an_answer_is_short_sourced_and_without_links(subject: str, intent: str, answerer: Answerer) -> None:
    turn = respond(State(), said("hỏi về việc này", meant(intent, subject)), answerer)

    assert turn.kind is Kind.ANSWER
    body, lead, source = turn.reply.rpartition("\nNguồn: ")
    assert body
    assert lead
    assert source
    assert turn.facts
    assert not holds_link(turn.reply)
    bare = segment(unaccent(turn.reply))
    assert bare.encoding is Encoding.GSM7
    composed = turn.state.facet is Facet.LEGAL  # made of the documents' numbers, which no lint can shorten
    assert bare.segments <= MOST_BARE + composed
    if not composed and not marked_long(subject, turn.reply):
        assert segment(turn.reply).segments <= MOST_ACCENTED


@pytest.mark.parametrize("subject", SUBJECTS)
def test_who_may_receive_is_never_decided(subject: str) -> None:
    answer = BOOK.answer(subject, Facet.WHO, TODAY)

    assert answer is not None
    assert "chắc chắn" not in answer.text.lower()


def test_every_question_of_the_model_has_a_facet() -> None:
    assert set(FACETS.values()) == set(Facet)
