"""The register of documents holds what is cited and nothing else, and what people wait to hear is said."""

import re
from datetime import date, timedelta

import pytest

from policies import AnswerBook, Facet
from policies.book import split_cite
from policies.templates import parameters_in

TODAY = date(2026, 11, 20)

MOST_UNDATED = 31
"""So many documents have no first day that any source gave. The number may fall; whoever raises it has to say why."""


def test_undated_documents_are_those_reviewed_and_grow_no_more(book: AnswerBook) -> None:
    undated = [number for number, document in book.shelf.documents.items() if document.effective_from is None]
    assert book.shelf.undated is not None
    assert sorted(book.shelf.undated.documents) == sorted(undated)
    assert len(undated) <= MOST_UNDATED


def days_that_matter(book: AnswerBook, subject: str) -> list[date]:
    """Every day on which a wording, an amount or a document of the subject begins or ends, with its neighbours."""
    file, shelf = book.shelf.answers[subject], book.shelf
    variants = [variant for _, variant in file.all_variants()]
    cited = {split_cite(cite)[0] for v in variants for cite in (*file.cites, *(v.cites or ()))}
    days = {file.since, TODAY} | {day for v in variants for day in (v.start, v.end) if day}
    days |= {d for n in cited for d in (shelf.documents[n].effective_from, shelf.documents[n].effective_to) if d}
    days |= {day for v in variants for name in parameters_in(v.text) for day in shelf.parameters[name].values}
    return sorted({day + timedelta(days=off) for day in days for off in (-1, 0, 1)})


ENDED = re.compile(r"chưa bắt đầu|chưa áp dụng|kết thúc|hết hiệu lực|không còn|trước đây", re.IGNORECASE)


def test_each_cited_document_is_in_force_on_the_day_or_the_answer_says_it_is_not(book: AnswerBook) -> None:
    spoken = 0
    for subject in book.subjects():
        for day in days_that_matter(book, subject):
            for facet in Facet:
                answer = book.answer(subject, facet, day)
                if answer is None or answer.facet is not facet:
                    continue
                spoken += 1
                for citation in answer.citations:
                    begun = citation.effective_from is None or citation.effective_from <= day
                    held = citation.effective_to is None or day <= citation.effective_to
                    assert (begun and held) or ENDED.search(answer.text), (subject, facet, day, citation)
    assert spoken > 2_000


def test_every_document_of_the_register_is_cited(book: AnswerBook) -> None:
    cited: set[str] = set()
    for file in book.shelf.answers.values():
        for _, variant in file.all_variants():
            cited |= {split_cite(cite)[0] for cite in (*file.cites, *(variant.cites or ()))}
    assert set(book.shelf.documents) - cited == set()


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
