"""From what was understood to what may be answered: which subject, how sure, by which facet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from bot.understanding import NO_TOPIC, Scored, Understanding
from policies import Answer, AnswerBook, Citation, Facet, Standing
from policies.eligibility import Rules

ASKED: dict[str, Facet] = {
    "ask_eligibility": Facet.WHO,
    "ask_amount": Facet.AMOUNT,
    "ask_how_to_apply": Facet.HOW,
    "ask_documents": Facet.DOCUMENTS,
    "ask_where": Facet.WHERE,
    "ask_when": Facet.WHEN,
    "ask_definition": Facet.WHAT,
    "ask_legal_basis": Facet.LEGAL,
    "ask_list": Facet.LIST,
    "ask_entitlements": Facet.LIST,
}
FACETS = ASKED | {"give_answer": Facet.WHO}  # "nhà 5 người, cận nghèo": of what is talked about, who it is for

SURE = 0.5
"""From this confidence on a topic is answered (docs/decisions/0002, "When is sure enough")."""
DOUBTFUL = 0.05
"""From this confidence on that a text is about nothing we know, it is asked about rather than answered."""
CERTAIN = 0.9
"""Below it an answer names what else may have been meant."""
SURE_IF_SHORT = 0.9
FEW_WORDS = 3
"""Two or three words ("tien ho tro") fit many subjects and name none."""
IN_TALK = 10.0
"""How much likelier, in the middle of a talk, a question leaves its topic out or stays with it than out of the blue."""
LIKELY = 0.08
"""From this confidence on a topic is worth asking back about."""
POSSIBLE = 0.05
"""From this confidence on a topic is named beside an answer."""
MOST_CHOICES = 3
MOST_BESIDE = 2
MOST_TOGETHER = 2


class ReplyForm(StrEnum):
    """Whether replies carry diacritics: as the person writes, always, never."""

    AS_WRITTEN = "as_written"
    ACCENTED = "accented"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject, surely enough to answer; and what may have been meant instead, likeliest first."""

    subject: str
    confidence: float
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of several: what about, and what of it."""

    about: Subject
    facet: Facet


@dataclass(frozen=True, slots=True)
class Together:
    """Two questions in one text, to be answered in one reply."""

    asked: tuple[Asked, ...]


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


Finding = Subject | Together | Several | TooShort | OutOfScope | Nothing


@cache
def shipped_rules() -> Rules:
    """The rules of this installation, read when first asked for."""
    return Rules.load()


@dataclass(frozen=True, slots=True)
class Answerer:
    """The book of answers with the thresholds at which it is opened (measured: docs/decisions/0002).

    With `signed_only` an answer that no person stands for is not spoken; without, it is, as a demonstration. `form`
    says how replies are written. `rules` gives what interviews go by, and is called when the first one begins.
    """

    book: AnswerBook
    sure: float = SURE
    certain: float = CERTAIN
    likely: float = LIKELY
    signed_only: bool = False
    form: ReplyForm = ReplyForm.AS_WRITTEN
    rules: Callable[[], Rules] = shipped_rules

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

    def find(self, meant: Understanding, inside: tuple[Asked, ...], topic_before: str | None) -> Finding:
        """What a question is about. One that names no topic follows up on the topic before.

        Where the text as a whole does not tell, the surest of the questions `inside` it does (`asked_in` of its
        sentences): a long story hides its question.
        """
        whole = self._find(meant, topic_before)
        certain = tuple(each for each in inside if each.about.confidence >= self.certain)
        if len(certain) > 1:
            return Together(certain[:MOST_TOGETHER])
        if isinstance(whole, Subject) or not inside:
            return whole
        best = max((each.about for each in inside), key=lambda about: about.confidence)
        others = whole.subjects if isinstance(whole, Several) else ()
        beside = tuple(subject for subject in others if subject != best.subject)
        if best.confidence >= self.certain:
            return replace(best, beside=beside[:MOST_BESIDE])
        return Several((best.subject, *beside)[:MOST_CHOICES], best.confidence)

    def asked_in(self, pieces: Sequence[Understanding]) -> tuple[Asked, ...]:
        """The questions among sentences that tell their subject by themselves, each once, in order."""
        found: dict[tuple[str, Facet], Asked] = {}
        for piece in pieces:
            about, facet = self._find(piece, None), ASKED.get(piece.intent.name)
            if isinstance(about, Subject) and facet is not None:
                found.setdefault((about.subject, facet), Asked(about, facet))
        return tuple(found.values())

    def _find(self, meant: Understanding, topic_before: str | None) -> Finding:
        topics = _in_talk(meant.topics, topic_before) if self.facet(meant) else meant.topics
        topic = topics[0] if topics else meant.topic
        choices = self._subjects(topics, self.likely)[:MOST_CHOICES]
        if topic.name == NO_TOPIC:
            # A long story hides its question: what it may be about is asked before it is sent away.
            if choices and topic.confidence < self.certain and topic_before is None:
                return Several(choices, 1 - topic.confidence)
            return self._without_topic(meant, topic_before)
        if topic.confidence >= (SURE_IF_SHORT if meant.words <= FEW_WORDS else self.sure) and (
            topic.name == topic_before or _doubt(meant) < DOUBTFUL
        ):
            if topic.name not in self.book.subjects():
                return Nothing(topic.name)
            beside = self._subjects(topics[1:], POSSIBLE)[:MOST_BESIDE] if topic.confidence < self.certain else ()
            return Subject(topic.name, topic.confidence, beside)
        return Several(choices, topic.confidence) if choices else Nothing(None)

    def _subjects(self, topics: tuple[Scored, ...], least: float) -> tuple[str, ...]:
        """Those at least so likely that the book speaks of."""
        known = self.book.subjects()
        return tuple(scored.name for scored in topics if scored.confidence >= least and scored.name in known)

    def _without_topic(self, meant: Understanding, topic_before: str | None) -> Finding:
        if self.facet(meant) is not None:
            return Subject(topic_before, meant.intent.confidence) if topic_before else TooShort()
        if meant.intent.name == "unclear":
            return TooShort()
        return OutOfScope(meant.intent.confidence)


def _doubt(meant: Understanding) -> float:
    """How likely a text is about nothing we know."""
    return next((scored.confidence for scored in meant.topics if scored.name == NO_TOPIC), 0.0)


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
