"""From what was understood to what may be answered: which subject, how sure, by which facet."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.understanding import NO_TOPIC, Understanding
from policies import Answer, AnswerBook, Citation, Facet

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
LIKELY = 0.12
MOST_CHOICES = 3


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
    """The book of answers with the thresholds at which it is opened (measured: docs/decisions/0002)."""

    book: AnswerBook
    sure: float = SURE
    likely: float = LIKELY

    def answer(self, subject: str, facet: Facet, on: date) -> Answer | None:
        return self.book.answer(subject, facet, on)

    def title(self, subject: str) -> str:
        return self.book.title(subject) or subject

    def facet(self, meant: Understanding) -> Facet | None:
        """What is asked of the subject, or None where the text is no question of a known kind."""
        return FACETS.get(meant.intent.name)

    def find(self, meant: Understanding, topic_before: str | None) -> Finding:
        """What a question is about. One that names no topic follows up on the topic before."""
        topic = meant.topic
        if topic.name == NO_TOPIC:
            return self._without_topic(meant, topic_before)
        if topic.confidence >= self.sure:
            known = topic.name in self.book.subjects()
            return Subject(topic.name, topic.confidence) if known else Nothing(topic.name)
        offered = tuple(
            scored.name
            for scored in meant.topics
            if scored.confidence >= self.likely and scored.name in self.book.subjects()
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


def citation_json(citation: Citation) -> dict[str, Any]:
    """A citation as the contract has it; an unknown date is null."""
    return {
        "number": citation.number,
        "article": citation.article,
        "effective_from": citation.effective_from.isoformat() if citation.effective_from else None,
        "effective_to": citation.effective_to.isoformat() if citation.effective_to else None,
    }
