"""Nothing is invented: what stands here is what was researched, where the research is at hand to compare."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from foundation.text import fold
from policies import AnswerBook, Facet
from policies.book import split_cite

SHARED = Path(__file__).parents[3] / "shared"
TODAY = date(2026, 11, 20)
NUMBER = re.compile(r"\d+(?:/\d{4})?/[A-ZĐa-z0-9-]+")


@cache
def researched() -> list[dict[str, Any]]:
    """The facts, or none where the project stands alone."""
    path = SHARED / "policy" / "facts.yaml"
    return list(yaml.safe_load(path.read_text("utf-8"))["facts"]) if path.exists() else []


def dates_by_document() -> dict[str, dict[str, set[date | None]]]:
    """For each document number, the first and last days that any fact knows; what is from memory is not known."""
    known: dict[str, dict[str, set[date | None]]] = defaultdict(lambda: defaultdict(set))
    for fact in researched():
        for document in fact["legal"] or []:
            found = NUMBER.search(document["number"])
            for key, name in (
                ("effective_from", "effective_from"),
                ("effective_to", "effective_to"),
                ("date", "issued_on"),
            ):
                text = document.get(key) or ""
                exact = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
                known[found[0] if found else document["number"]][name].add(exact)
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


@pytest.mark.parametrize("known", [set(dates_by_document())] if researched() else [])
def test_no_document_is_cited_that_the_research_does_not_name(book: AnswerBook, known: set[str]) -> None:
    assert set(book.shelf.documents) - set(UNNUMBERED) <= known


@pytest.mark.parametrize("fact", researched(), ids=lambda fact: str(fact["id"]))
def test_no_document_from_memory_is_cited(book: AnswerBook, fact: dict[str, Any]) -> None:
    remembered = {d["number"].split(" ")[0] for d in fact["legal"] or [] if "memory" in d["number"]}
    assert not remembered & set(book.shelf.documents)


@pytest.mark.parametrize("known", [set(dates_by_document())] if researched() else [])
def test_every_amount_refers_to_documents_that_the_research_names(book: AnswerBook, known: set[str]) -> None:
    for name, parameter in book.shelf.parameters.items():
        for references in parameter.metadata.reference.values():
            assert {r.number for r in references if r.number} <= known, name


# Documents whose first day no source gave. Whoever adds one here has looked for the date and not found it.
UNDATED = {
    "351/2025/NĐ-CP", "30/2025/NĐ-CP", "07/2021/TT-BLĐTBXH", "90/QĐ-TTg", "02/2022/QĐ-TTg", "01/2022/TT-BXD",
    "539/QĐ-TTg", "131/2021/NĐ-CP", "1719/QĐ-TTg", "33/2015/QĐ-TTg", "257/2025/QH15", "417/QĐ-BNNMT",
    "16/2026/QĐ-TTg", "358/2025/NĐ-CP", "06/2022/TT-BTTTT", "25/2008/QH12", "38/BYT-BH", "157/2007/QĐ-TTg",
    "29/2025/QĐ-TTg",
    "78/2002/NĐ-CP", "17/2023/QĐ-TTg", "60/2014/QĐ-TTg", "1198/QĐ-MTTW-ĐCT", "96/HD-MTTW-BTT", "176/2025/QH15",
    "35/2025/NĐ-CP", "2023/QĐ-TTg", "2024/QĐ-TTg", "148/QĐ-TTg", "113/2024/NĐ-CP", "Luật sửa đổi Luật PCCC 2013",
}  # fmt: skip


def test_undated_documents_are_those_reviewed(book: AnswerBook) -> None:
    undated = {number for number, document in book.shelf.documents.items() if document.effective_from is None}
    assert undated == UNDATED


def test_every_document_of_the_register_is_cited(book: AnswerBook) -> None:
    cited: set[str] = set()
    for file in book.shelf.answers.values():
        for _, variant in file.all_variants():
            cited |= {split_cite(cite)[0] for cite in (*file.cites, *(variant.cites or ()))}
    assert set(book.shelf.documents) - cited == set()


FACETS_ASKED: dict[str, list[tuple[str, Facet] | None]] = {
    # subject: the facets by which its conversations ask, turn by turn
    "d01": [("electricity", Facet.AMOUNT), ("electricity", Facet.DOCUMENTS), ("electricity", Facet.WHEN)],
    "d08": [("social_pension", Facet.WHO), ("social_pension", Facet.WHO), ("social_pension", Facet.DOCUMENTS)],
    "d15": [("boarding_66", Facet.AMOUNT), None, ("hi_poor", Facet.AMOUNT), None],
}


def turns() -> Iterator[tuple[str, Facet, dict[str, Any]]]:
    """The conversations' turns that are answered from here, with what the reply must and must not say."""
    path = SHARED / "questions" / "dialogues.jsonl"
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
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


# What people ask of these, by whichever facet they are understood to ask it.
EVERY_WORDING_SAYS = {
    ("hi_poor", (Facet.WHAT, Facet.AMOUNT, Facet.HOW, Facet.DOCUMENTS, Facet.WHERE, Facet.WHO)): "miễn phí|hông phải",
    ("social_pension", (Facet.WHAT, Facet.WHO, Facet.AMOUNT)): "500.000 đồng",
    ("boarding_66", (Facet.WHAT, Facet.WHO, Facet.AMOUNT)): "360.000 đồng",
    ("electricity", (Facet.WHAT, Facet.AMOUNT)): "30 kWh",
    ("electricity", (Facet.WHAT, Facet.HOW, Facet.WHEN, Facet.AMOUNT)): "theo quý",
}


@pytest.mark.parametrize(("asked", "words"), EVERY_WORDING_SAYS.items())
def test_the_word_people_wait_for_is_in_each_wording(
    book: AnswerBook, asked: tuple[str, tuple[Facet, ...]], words: str
) -> None:
    subject, facets = asked
    for facet in facets:
        answer = book.answer(subject, facet, TODAY)
        assert answer
        assert re.search(words, answer.text), facet
