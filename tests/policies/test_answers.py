"""Whatever is asked, the answer is short, sourced, and neither promises nor sends to an office that is gone."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from foundation.text import Encoding, fold, segment, unaccent
from policies import FALLBACK, Answer, AnswerBook, Facet, lint
from tests.policies.conftest import ANSWER, PARAMETER

DAYS = [date(2025, 7, 1), date(2025, 8, 15), date(2026, 1, 1), date(2026, 11, 20), date(2027, 1, 1), date(2029, 6, 1)]


def spoken(book: AnswerBook, days: list[date] = DAYS) -> Iterator[Answer]:
    """Every answer to every facet, on days around the changes of law unless told which."""
    for subject in sorted(book.subjects()):
        for facet in Facet:
            for day in days:
                answer = book.answer(subject, facet, day)
                if answer:
                    yield answer


def test_the_files_hold_no_problem() -> None:
    assert lint(Path(__file__).parents[2] / "policies") == []


def test_every_subject_answers_every_facet_with_a_source(book: AnswerBook) -> None:
    for subject in book.subjects():
        assert book.title(subject)
        assert book.summary(subject)
        for facet in Facet:
            answer = book.answer(subject, facet, date(2026, 11, 20))
            assert answer is not None
            assert answer.source
            assert subject in answer.facts or answer.facet is not facet
            assert answer.text.endswith((".", ")"))


def test_every_answer_fits_two_bare_segments_and_most_three_accented(book: AnswerBook) -> None:
    accented = []
    for answer in spoken(book):
        whole = f"{answer.text}\nNguồn: {answer.source}"
        bare = segment(unaccent(whole))
        assert bare.encoding is Encoding.GSM7, answer
        assert bare.segments <= 2, answer
        accented.append(segment(whole).segments)
    assert sum(n <= 3 for n in accented) / len(accented) > 0.98


def test_no_answer_holds_a_link_or_names_a_district_office(book: AnswerBook) -> None:
    for answer in spoken(book):
        text = fold(answer.text)
        assert not re.search(r"https?:|www\.|\.(vn|com|gov)\b", text), answer
        for office in ("ubnd huyen", "uy ban nhan dan huyen", "phong ld", "phong lao dong"):
            assert office not in text, answer


def test_who_may_receive_is_never_promised(book: AnswerBook) -> None:
    for answer in spoken(book):
        assert not re.search(r"chac chan|du dieu kien nhan", fold(answer.text)), answer


def test_what_nobody_has_verified_is_sent_to_the_commune(book: AnswerBook) -> None:
    unverified = [answer for answer in spoken(book) if answer.confidence == "C" and answer.facet is not Facet.LEGAL]
    assert unverified
    for answer in unverified:
        assert "chưa" in answer.text.lower()
        assert "xã" in answer.text


TOLD = re.compile(r"kết thúc|hết hiệu lực|không còn|chưa bắt đầu|trước đây", re.IGNORECASE)


def test_documents_cited_are_in_force_unless_the_text_says_not(book: AnswerBook) -> None:
    for day in DAYS:
        for answer in spoken(book, [day]):
            for citation in answer.citations:
                started = citation.effective_from is None or citation.effective_from <= day
                ended = citation.effective_to is not None and citation.effective_to < day
                assert (started and not ended) or TOLD.search(answer.text), (day, answer)


def test_the_decree_of_the_day_is_cited(book: AnswerBook) -> None:
    before = book.answer("hi_poor", Facet.WHAT, date(2025, 8, 14))
    after = book.answer("hi_poor", Facet.WHAT, date(2025, 8, 15))
    assert before and after
    assert before.citations[0].number == "146/2018/NĐ-CP"
    assert [c.number for c in after.citations] == ["188/2025/NĐ-CP", "25/2008/QH12"]
    assert after.citations[0].effective_from == date(2025, 8, 15)


def test_a_document_of_unknown_first_day_is_not_law_before_it_was_issued(book: AnswerBook) -> None:
    assert not book.shelf.in_force("29/2025/QĐ-TTg", date(2025, 8, 27))
    assert book.shelf.in_force("29/2025/QĐ-TTg", date(2025, 8, 28))


def test_the_fact_that_an_answer_rests_on_most_comes_first(book: AnswerBook) -> None:
    facts = {
        ("pov_line_2022_2026", date(2026, 12, 31)): ("pov_line_2022_2026",),
        ("pov_line_2022_2026", date(2027, 1, 1)): ("pov_line_2027_2030", "pov_line_2022_2026"),
        ("hi_nearpoor_premium", date(2026, 11, 20)): ("hi_nearpoor_premium", "base_salary_2026"),
        ("legal_aid", date(2026, 11, 20)): ("legal_aid",),
        ("tc_procedure", date(2026, 11, 20)): ("tc_procedure", "tc_protection", "kntc_which"),
    }
    for (subject, day), expected in facts.items():
        answer = book.answer(subject, Facet.WHAT, day)
        assert answer
        assert answer.facts == expected


def test_a_source_line_is_short(book: AnswerBook) -> None:
    lines = {
        "pov_line_2022_2026": "NĐ 07/2021, Điều 3",
        "electricity": "QĐ 28/2014",
        "social_pension": "Luật 41/2024, Điều 21",
        "hi_nearpoor_benefit": "NQ 261/2025, khoản 1 Điều 2",
        "loan_poor": "12/QĐ-HĐQT",
        "scam_support": "Bộ Công an, 8/2025",
    }
    for subject, line in lines.items():
        answer = book.answer(subject, Facet.WHAT, date(2026, 11, 20))
        assert answer
        assert answer.source == line


def test_the_legal_basis_is_told_in_full_with_dates(book: AnswerBook) -> None:
    answer = book.answer("electricity", Facet.LEGAL, date(2026, 11, 20))
    assert answer
    assert answer.text == (
        "Căn cứ: Quyết định 28/2014/QĐ-TTg (từ 1/6/2014); Quyết định 60/2014/QĐ-TTg; "
        "Quyết định 1279/QĐ-BCT (từ 10/5/2025)."
    )
    ended = book.answer("house_poor_2022_2024", Facet.LEGAL, date(2026, 11, 20))
    merit = book.answer("house_merit_2025", Facet.LEGAL, date(2024, 1, 1))
    assert ended
    assert "90/QĐ-TTg" in ended.text
    assert merit is None


def test_a_facet_without_words_is_answered_by_the_nearest_that_has_some(book: AnswerBook) -> None:
    day = date(2026, 11, 20)
    nearest = {
        ("hi_children", Facet.DOCUMENTS): Facet.HOW,
        ("hi_children", Facet.WHEN): Facet.HOW,
        ("tuition_ethnic_he", Facet.WHEN): Facet.HOW,
        ("sa_standard", Facet.AMOUNT): Facet.WHAT,
        ("training_2015", Facet.HOW): Facet.WHAT,
        ("forest_1719", Facet.HOW): Facet.WHERE,
        ("electricity", Facet.LIST): Facet.WHAT,
    }
    for (subject, asked), given in nearest.items():
        answer = book.answer(subject, asked, day)
        assert answer
        assert answer.facet is given
    assert set(FALLBACK) == set(Facet)
    assert {given[-1] for given in FALLBACK.values() if given} == {Facet.WHAT}


def test_nothing_is_said_of_an_unknown_subject_or_a_day_before_it_began(book: AnswerBook) -> None:
    assert book.answer("nothing_of_the_kind", Facet.WHAT, date(2026, 11, 20)) is None
    assert book.title("nothing_of_the_kind") is None
    assert book.answer("electricity", Facet.AMOUNT, date(2000, 1, 1)) is None
    assert book.answer("electricity", Facet.LEGAL, date(2000, 1, 1)) is None


def test_a_version_changes_with_what_is_said_and_not_with_who_signed(small_book: Callable[..., Path]) -> None:
    def version(**files: str) -> str:
        answer = AnswerBook.load(small_book(**files)).answer("electricity", Facet.WHAT, date(2026, 11, 20))
        assert answer
        return answer.version

    first = version()
    signed = ANSWER.replace("approved_by: null, approved_on: null", "approved_by: lan, approved_on: 2026-11-20")
    assert version(answer=signed) == first
    assert version(answer=ANSWER.replace("mỗi tháng", "một tháng")) != first
    assert version(parameter=PARAMETER.replace("value: 30", "value: 50")) != first
