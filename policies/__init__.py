"""The room that knows the law: dated amounts and cited answers. What other rooms may call stands here."""

from policies.book import PACKAGE, AnswerBook
from policies.errors import PolicyError, Problem
from policies.lint import lint
from policies.model import FALLBACK, Answer, Citation, Confidence, Facet

__all__ = [
    "FALLBACK",
    "PACKAGE",
    "Answer",
    "AnswerBook",
    "Citation",
    "Confidence",
    "Facet",
    "PolicyError",
    "Problem",
    "lint",
]
