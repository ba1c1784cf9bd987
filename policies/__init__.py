"""The room that knows the law: dated amounts and cited answers. What other rooms may call stands here."""

from policies.book import PACKAGE, AnswerBook
from policies.errors import DayError, FactError, Incomplete, NotInForce, PolicyError, Problem, UnknownBenefit
from policies.lint import lint
from policies.model import FALLBACK, Answer, Citation, Confidence, Facet, Standing
from policies.signing import SigningError, Waiting, approve, pending, undated

__all__ = [
    "FALLBACK",
    "PACKAGE",
    "Answer",
    "AnswerBook",
    "Citation",
    "Confidence",
    "DayError",
    "Facet",
    "FactError",
    "Incomplete",
    "NotInForce",
    "PolicyError",
    "Problem",
    "SigningError",
    "Standing",
    "UnknownBenefit",
    "Waiting",
    "approve",
    "lint",
    "pending",
    "undated",
]
