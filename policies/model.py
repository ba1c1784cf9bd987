"""What an answer is: facets of a subject, the documents it rests on, and what may stand in for what."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Facet(StrEnum):
    """What is asked about a subject."""

    WHAT = "what"
    WHO = "who"
    AMOUNT = "amount"
    HOW = "how"
    DOCUMENTS = "documents"
    WHERE = "where"
    WHEN = "when"
    LEGAL = "legal"
    LIST = "list"


# Where a subject has no text for a facet, the nearest one that answers most of the question. Every subject has
# WHAT, so the search ends; LEGAL needs no substitute, since it is composed from the documents themselves.
FALLBACK: dict[Facet, tuple[Facet, ...]] = {
    Facet.WHAT: (),
    Facet.WHO: (Facet.WHAT,),
    Facet.AMOUNT: (Facet.WHAT,),
    Facet.HOW: (Facet.WHERE, Facet.DOCUMENTS, Facet.WHAT),
    Facet.DOCUMENTS: (Facet.HOW, Facet.WHERE, Facet.WHAT),
    Facet.WHERE: (Facet.HOW, Facet.DOCUMENTS, Facet.WHAT),
    Facet.WHEN: (Facet.HOW, Facet.WHAT),
    Facet.LEGAL: (),
    Facet.LIST: (Facet.WHAT,),
}


class Confidence(StrEnum):
    """How well a statement is founded: A two sources or more, B one, C nobody's but a memory: never stated."""

    A = "A"
    B = "B"
    C = "C"


class Standing(StrEnum):
    """Whether a person answers for an answer: its signature is there, is of these very words, and is not too old."""

    APPROVED = "approved"
    UNAPPROVED = "unapproved"
    CHANGED = "changed"
    OVERDUE = "overdue"


ABBREVIATIONS = {
    "Luật": "Luật",
    "Nghị quyết": "NQ",
    "Nghị định": "NĐ",
    "Quyết định": "QĐ",
    "Thông tư": "TT",
    "Công văn": "CV",
    "Kế hoạch": "KH",
    "Hướng dẫn": "HD",
}
NUMBER_AND_YEAR = re.compile(r"(\d+/\d{4})/")


@dataclass(frozen=True, slots=True)
class Citation:
    """A legal document and the place in it. Dates are the document's own; unknown is None, never guessed."""

    kind: str
    number: str
    article: str | None
    effective_from: date | None
    effective_to: date | None

    def short(self) -> str:
        """As the last line of a text names it: "NĐ 07/2021, Điều 3"."""
        dated = NUMBER_AND_YEAR.match(self.number)
        # Without a year, the number itself says what kind it is: "90/QĐ-TTg", "Luật Tiếp cận thông tin 2026".
        name = f"{ABBREVIATIONS[self.kind]} {dated[1]}" if dated else self.number
        return f"{name}, {self.article}" if self.article else name


@dataclass(frozen=True, slots=True)
class Answer:
    """What Loa says to a resident, with what it rests on.

    `facet` is the one whose text this is, which may be a substitute for the one asked. `facts` come most relevant
    first. `source` is what the line after the text names: the first document in short, or, where no document
    exists, who said it. `version` changes when the words, the documents or an amount in them change.
    """

    subject: str
    facet: Facet
    text: str
    facts: tuple[str, ...]
    citations: tuple[Citation, ...]
    source: str
    confidence: str
    version: str
