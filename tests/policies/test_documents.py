"""The register of documents holds what is cited and nothing else, and what people wait to hear is said."""

import re
from datetime import date

import pytest

from policies import AnswerBook, Facet
from policies.book import split_cite

TODAY = date(2026, 11, 20)

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
