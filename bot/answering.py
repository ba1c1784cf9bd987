"""From what was understood to what may be answered: which subject, how sure, by which facet."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from bot.understanding import NO_TOPIC, Scored, Understanding
from policies import Answer, AnswerBook, Citation, Facet, Standing

FACETS: dict[str, Facet] = {
    "ask_eligibility": Facet.WHO,
    "ask_amount": Facet.AMOUNT,
    "ask_how_to_apply": Facet.HOW,
    "ask_documents": Facet.DOCUMENTS,
    "ask_where": Facet.WHERE,
    "ask_when": Facet.WHEN,
    "ask_definition": Facet.WHAT,
    "ask_legal_basis": Facet.LEGAL,
    "ask_list": Facet.LIST,
    "give_answer": Facet.WHO,  # "nhà 5 người, cận nghèo": of what is talked about, who it is for
}

SURE = 0.5
"""From this confidence on a topic is answered: 94 of 100 texts, 97 of those rightly (docs/decisions/0002)."""
SURE_IF_SHORT = 0.9
FEW_WORDS = 3
"""Two or three words ("tien ho tro") fit many subjects and name none."""
IN_TALK = 10.0
"""How much likelier, in the middle of a talk, a question leaves its topic out or stays with it than out of the blue."""
LIKELY = 0.12
MOST_CHOICES = 3


class ReplyForm(StrEnum):
    """Whether replies carry diacritics: as the person writes, always, never."""

    AS_WRITTEN = "as_written"
    ACCENTED = "accented"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject, surely enough to answer."""

    subject: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Several:
    """Two or three that the person shall choose from."""

    subjects: tuple[str, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class TooShort:
    """A question of ours, but about which benefit?"""


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """Nothing that Loa is there for."""

    confidence: float


@dataclass(frozen=True, slots=True)
class Nothing:
    """Ours, but there is no answer in the book: a person must."""

    topic: str | None


Finding = Subject | Several | TooShort | OutOfScope | Nothing


@dataclass(frozen=True, slots=True)
class Answerer:
    """The book of answers with the thresholds at which it is opened (measured: docs/decisions/0002).

    With `signed_only` an answer that no person stands for is not spoken; without, it is, as a demonstration. `form`
    says how replies are written.
    """

    book: AnswerBook
    sure: float = SURE
    likely: float = LIKELY
    signed_only: bool = False
    form: ReplyForm = ReplyForm.AS_WRITTEN

    def answer(self, subject: str, facet: Facet, on: date, today: date) -> Answer | None:
        """What is said of the law of the day `on`; None where nothing is known, or nobody has signed for it today."""
        answer = self.book.answer(subject, facet, on)
        if answer is None or (self.signed_only and not self.is_signed(answer.subject, today)):
            return None
        return answer

    def is_signed(self, subject: str, today: date) -> bool:
        """Whether a person answers today for what is said on a subject of the book."""
        return self.book.standing(subject, today) is Standing.APPROVED

    def title(self, subject: str) -> str:
        return self.book.title(subject) or subject

    def facet(self, meant: Understanding) -> Facet | None:
        """What is asked of the subject, or None where the text is no question of a known kind."""
        return FACETS.get(meant.intent.name)

    def find(self, meant: Understanding, words: int, topic_before: str | None) -> Finding:
        """What a question of so many words is about. One that names no topic follows up on the topic before."""
        topics = _in_talk(meant.topics, topic_before) if self.facet(meant) else meant.topics
        topic = topics[0] if topics else meant.topic
        if topic.name == NO_TOPIC:
            return self._without_topic(meant, topic_before)
        if topic.confidence >= (SURE_IF_SHORT if words <= FEW_WORDS else self.sure):
            known = topic.name in self.book.subjects()
            return Subject(topic.name, topic.confidence) if known else Nothing(topic.name)
        offered = tuple(
            scored.name for scored in topics if scored.confidence >= self.likely and scored.name in self.book.subjects()
        )[:MOST_CHOICES]
        if not offered:
            return Nothing(None)
        return Several(offered, topic.confidence)

    def _without_topic(self, meant: Understanding, topic_before: str | None) -> Finding:
        if self.facet(meant) is not None:
            return Subject(topic_before, meant.intent.confidence) if topic_before else TooShort()
        if meant.intent.name == "unclear":
            return TooShort()
        return OutOfScope(meant.intent.confidence)


def _in_talk(topics: tuple[Scored, ...], topic_before: str | None) -> tuple[Scored, ...]:
    """The topics again, weighed by what was talked about before; what they say together stays the same."""
    if topic_before is None:
        return topics
    stays = (NO_TOPIC, topic_before)
    weights = [scored.confidence * (IN_TALK if scored.name in stays else 1) for scored in topics]
    share = sum(scored.confidence for scored in topics) / (sum(weights) or 1)
    weighed = [Scored(scored.name, min(1.0, weight * share)) for scored, weight in zip(topics, weights, strict=True)]
    return tuple(sorted(weighed, key=lambda scored: -scored.confidence))


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation as the contract has it; an unknown date is null."""
    return {
        "number": citation.number,
        "article": citation.article,
        "effective_from": citation.effective_from.isoformat() if citation.effective_from else None,
        "effective_to": citation.effective_to.isoformat() if citation.effective_to else None,
    }
