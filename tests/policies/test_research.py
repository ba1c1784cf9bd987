"""Nothing is invented: what stands here is what was researched. Collected only where the research is at hand."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
import yaml

from foundation.text import fold
from policies import AnswerBook, Facet
from tests.policies.conftest import SHARED

TODAY = date(2026, 11, 20)
NAMES = {"date": "issued_on"}  # where the research calls it otherwise than we do
NUMBER = re.compile(r"\d+(?:/\d{4})?/[A-ZĐa-z0-9-]+")


@cache
def researched() -> list[dict[str, Any]]:
    """The facts as they were found, with sources and confidence."""
    return list(yaml.safe_load((SHARED / "policy" / "facts.yaml").read_text("utf-8"))["facts"])


def dates_by_document() -> dict[str, dict[str, set[date | None]]]:
    """For each document number, the first and last days that any fact knows; what is from memory is not known."""
    known: dict[str, dict[str, set[date | None]]] = defaultdict(lambda: defaultdict(set))
    for fact in researched():
        for document in fact["legal"] or []:
            found = NUMBER.search(document["number"])
            for key in ("effective_from", "effective_to", "date"):
                text = document.get(key) or ""
                exact = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
                known[found[0] if found else document["number"]][NAMES.get(key, key)].add(exact)
    return known


# Written by hand where a document has no number in the sources.
UNNUMBERED = {
    "Luật Tiếp cận thông tin sửa đổi 2026": "Luật Tiếp cận thông tin (sửa đổi), number not seen",
    "Luật sửa đổi Luật PCCC 2013": "Luật sửa đổi Luật PCCC (số 114)",
}


@pytest.mark.parametrize(("number", "known"), sorted(dates_by_document().items()))
def test_a_documents_dates_are_those_researched_or_unknown(
    book: AnswerBook, number: str, known: dict[str, set[date | None]]
) -> None:
    own = next((ours for ours, theirs in UNNUMBERED.items() if theirs == number), number)
    document = book.shelf.documents.get(own)
    if document:
        for name, days in known.items():
            assert getattr(document, name) in (days if days == {None} else days - {None}), name


@pytest.mark.parametrize("fact", researched(), ids=lambda fact: str(fact["id"]))
def test_every_fact_has_an_answer(book: AnswerBook, fact: dict[str, Any]) -> None:
    assert fact["id"] in book.subjects()


def test_no_document_is_cited_that_the_research_does_not_name(book: AnswerBook) -> None:
    assert set(book.shelf.documents) - set(UNNUMBERED) <= set(dates_by_document())


@pytest.mark.parametrize("fact", researched(), ids=lambda fact: str(fact["id"]))
def test_no_document_from_memory_is_cited(book: AnswerBook, fact: dict[str, Any]) -> None:
    remembered = {d["number"].split(" ")[0] for d in fact["legal"] or [] if "memory" in d["number"]}
    assert not remembered & set(book.shelf.documents)


def test_every_amount_refers_to_documents_that_the_research_names(book: AnswerBook) -> None:
    known = set(dates_by_document())
    for name, parameter in book.shelf.parameters.items():
        for references in parameter.metadata.reference.values():
            assert {r.number for r in references if r.number} <= known, name


FACETS_ASKED: dict[str, list[tuple[str, Facet] | None]] = {
    # subject: the facets by which its conversations ask, turn by turn
    "d01": [("electricity", Facet.AMOUNT), ("electricity", Facet.DOCUMENTS), ("electricity", Facet.WHEN)],
    "d08": [("social_pension", Facet.WHO), ("social_pension", Facet.WHO), ("social_pension", Facet.DOCUMENTS)],
    "d15": [("boarding_66", Facet.AMOUNT), None, ("hi_poor", Facet.AMOUNT), None],
}


def turns() -> Iterator[tuple[str, Facet, dict[str, Any]]]:
    """The conversations' turns that are answered from here, with what the reply must and must not say."""
    for line in (SHARED / "questions" / "dialogues.jsonl").read_text("utf-8").splitlines():
        dialogue = json.loads(line)
        for asked, turn in zip(FACETS_ASKED.get(dialogue["id"], []), dialogue["turns"], strict=False):
            if asked:
                yield *asked, turn


@pytest.mark.parametrize(("subject", "facet", "turn"), list(turns()))
def test_what_a_conversation_must_hear_is_said(
    book: AnswerBook, subject: str, facet: Facet, turn: dict[str, Any]
) -> None:
    answer = book.answer(subject, facet, TODAY)
    assert answer
    said = re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", fold(answer.text))
    for words in turn["must_contain"]:
        assert any(re.search(rf"(?<!\w){re.escape(w)}(?!\w)", said) for w in words), said
    assert not any(w in said for w in turn["must_not_contain"])
