"""A mistake in the files stops the lint with file, line and reason, and keeps the whole book from being spoken."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from policies import AnswerBook, DayError, PolicyError, lint
from tests.policies.conftest import ANSWER, DOCUMENTS, PARAMETER

WRITE = Callable[..., Path]
TEXT = "Hộ nghèo được hỗ trợ tiền {electricity.monthly_kwh} kWh điện mỗi tháng."

BROKEN_ANSWERS = [
    # what was broken, by what, where it is told, why
    ("title:", "tittle:", "line 1", "unknown field `tittle`"),
    ("confidence: A", "confidence: D", "confidence", "Invalid enum value 'D'"),
    ("confidence: A", "confidence: A\nmood: glad", "line 1", "unknown field `mood`"),
    ("confidence: A", "confidence: A\nsince: 2014-06-01", "line", "a key stands twice"),
    ("since: 2014-06-01", "since: 2014-13-01", "line 3", "month must be in 1..12"),
    ("since: 2014-06-01", "since: 1014-06-01", "line 3", "1014-06-01 is out of range"),
    ("since: 2014-06-01", "since: 2914-06-01", "line 3", "2914-06-01 is out of range"),
    ("since: 2014-06-01", "since: 2014-06-01 08:00:00", "line 3", "has an hour"),
    ("  what:", "  whom:", "line 9, answers", "Invalid enum value 'whom'"),
    ("  what:", "  who:", "line 9, answers", "no `what`"),
    ("28/2014/QĐ-TTg\nsign", "29/2014/QĐ-TTg\nsign", "line 6, cites", "'29/2014/QĐ-TTg' is not in documents.yaml"),
    ("cites:\n  - 28/2014/QĐ-TTg\n", "", "cites", "neither a document nor a source"),
    ("cites:", "facts: [water]\ncites:", "line 5, facts", "no subject 'water'"),
    ("approved_by: null", "approved_by: lan", "signature", "by whom and when go together"),
    ("title: hỗ trợ", "title: " + "hỗ trợ " * 8, "line 1, title", "longer than 50"),
    ("since: 2014-06-01", "since: 2013-01-01", "line 10, answers.what.0", "has no value on 2013-01-01"),
    ("{electricity.monthly_kwh}", "{electricity.daily_kwh}", "answers.what.0", "no parameter 'electricity.daily_kwh'"),
    ("{electricity.monthly_kwh}", "{electricity.monthly_kwh @ 2010-01-01}", "answers.what.0", "no value on 2010-01-01"),
    ("{electricity.monthly_kwh}", "{electricity.monthly_kwh @ lễ}", "answers.what.0", "'lễ' is not a date"),
    (TEXT, "Xem www.evn.com.vn để biết.", "answers.what.0", "holds a link"),
    (TEXT, "Hỏi UBND huyện nơi ở.", "answers.what.0", "names a district office"),
    (TEXT, "Hỏi Phòng LĐ-TB&XH nơi ở.", "answers.what.0", "names a district office"),
    (TEXT, "Chuyển vào tài khoản 0101234567.", "answers.what.0", "long number"),
    (TEXT, "Gọi 1900 1234 nhé bà con.", "answers.what.0", "long number"),
    (TEXT, "Nhà bà con chắc chắn được.", "answers.what.0", "speaks as if it decided"),
    (TEXT, "Nhà dùng ≤50 kWh một tháng.", "answers.what.0", "no plain text message carries"),
    (TEXT, "Hỗ trợ tie\u0302\u0300n điện cho bà con.", "answers.what.0", "not in NFC"),
    (TEXT, "Hộ nghèo được hỗ trợ tiền điện. " * 6, "answers.what.0", "4 segments with diacritics"),
    (TEXT, "Hộ nghèo được hỗ trợ tiền điện. " * 10, "answers.what.0", "3 segments bare"),
    (f"    text: {TEXT}", f"    text: {TEXT}\n    confidence: C", "answers.what.0", "say what isn't verified"),
    (f"    text: {TEXT}", f"    text: {TEXT}\n    not_in_force: true", "answers.what.0", "does not say so"),
    (f"    text: {TEXT}", f"    text: {TEXT}\n    facts: [water]", "answers.what.0", "no subject 'water'"),
    (f"    text: {TEXT}", f"    text: {TEXT}\n    cites: [x]", "answers.what.0", "'x' is not in documents.yaml"),
    (
        f"    text: {TEXT}",
        f"    text: {TEXT}\n    to: 2025-12-31",
        "line 10, answers.what",
        "must begin with `since` and not end",
    ),
    (f"    text: {TEXT}", f"    text: {TEXT}\n  who:\n    text: Bà con được nhận.", "answers.who.0", "never promised"),
]


@pytest.mark.parametrize(("sound", "broken", "where", "reason"), BROKEN_ANSWERS)
def test_a_broken_answer_is_reported_with_place_and_reason(
    small_book: WRITE, sound: str, broken: str, where: str, reason: str
) -> None:
    assert sound in ANSWER
    root = small_book(answer=ANSWER.replace(sound, broken, 1))
    problems = [p for p in lint(root) if reason in p.reason]
    assert problems, lint(root)
    assert problems[0].file == root / "answers" / "electricity.yaml"
    assert where in problems[0].where
    with pytest.raises(PolicyError, match=r"electricity\.yaml"):
        AnswerBook.load(root)


TWO_WORDINGS = """    - {from: 2014-06-01, to: %s, text: Trước.}
    - {from: %s, text: Sau.}
"""


@pytest.mark.parametrize(
    ("first_ends", "second_begins", "reason"),
    [
        ("2025-12-31", "2026-01-01", None),
        ("2025-12-31", "2025-12-31", "two wordings hold on 2025-12-31"),
        ("2025-12-31", "2026-01-03", "no wording from 2026-01-01 to 2026-01-03"),
        ("2013-12-31", "2014-01-01", "begins before `since` or ends before it begins"),
    ],
)
def test_wordings_follow_each_other_without_gap_or_overlap(
    small_book: WRITE, first_ends: str, second_begins: str, reason: str | None
) -> None:
    wordings = TWO_WORDINGS % (first_ends, second_begins)
    found = lint(small_book(answer=ANSWER.replace(f"    text: {TEXT}\n", wordings)))
    assert [p.reason for p in found] == [] if reason is None else any(reason in p.reason for p in found)


@pytest.mark.parametrize(
    ("sound", "broken", "reason"),
    [
        ("value: 30", "value: thirty", "Expected `int | float | null`, got `str`"),
        ("value: 30", "valeu: 30", "unknown field `valeu`"),
        ("  unit: kWh\n", "", "required field `unit`"),
        ("  reference:\n    2014-06-01:", "  reference:\n    2015-06-01:", "no reference for this date"),
        ("  reference:\n    2014-06-01:", "  reference:\n    2015-06-01:", "a reference for a date without a value"),
        ("unit: kWh", "unit: VND\n  step: 1", "unknown field `step`"),
        ("last_value_still_valid_on: 2026-11-20", "last_value_still_valid_on: soon", "Invalid"),
    ],
)
def test_a_broken_parameter_is_reported(small_book: WRITE, sound: str, broken: str, reason: str) -> None:
    assert sound in PARAMETER
    root = small_book(parameter=PARAMETER.replace(sound, broken, 1))
    problems = [p for p in lint(root) if p.file.name == "monthly_kwh.yaml"]
    assert any(reason in p.reason for p in problems), problems


def test_money_is_whole(small_book: WRITE) -> None:
    parameter = PARAMETER.replace("unit: kWh", "unit: VND").replace("value: 30", "value: 30.5")
    assert "money is whole VND" in [p.reason for p in lint(small_book(parameter=parameter))]


def test_an_answer_may_not_outlive_its_document(small_book: WRITE) -> None:
    answer = ANSWER.replace("28/2014/QĐ-TTg", "21/2024/QĐ-TTg").replace("since: 2014-06-01", "since: 2025-01-09")
    (problem,) = lint(small_book(answer=answer))
    assert problem.reason == "nothing it cites is in force on 2026-01-01, and it is not marked not_in_force"


def test_a_document_yields_to_its_successor_on_the_successors_first_day(small_book: WRITE) -> None:
    answer = ANSWER.replace("28/2014/QĐ-TTg", "146/2018/NĐ-CP").replace("since: 2014-06-01", "since: 2018-12-01")
    assert "nothing it cites is in force on 2025-08-15" in lint(small_book(answer=answer))[0].reason


@pytest.mark.parametrize(
    ("sound", "broken", "reason"),
    [
        ("effective_from: 2014-06-01", "effective_from: unknown", "Invalid"),
        (", effective_from: 2014-06-01", "", "required field `effective_from`"),
        ("kind: Quyết định", "kind: Lệnh", "Invalid enum value 'Lệnh'"),
        ("28/2014/QĐ-TTg: {", "28/2014/QĐ-TTg: [", ""),
    ],
)
def test_a_broken_register_of_documents_is_reported(small_book: WRITE, sound: str, broken: str, reason: str) -> None:
    assert sound in DOCUMENTS
    found = lint(small_book(documents=DOCUMENTS.replace(sound, broken, 1)))
    assert found[0].file.name == "documents.yaml"
    assert reason in found[0].reason


UNDATED_DOCUMENT = DOCUMENTS.replace(", effective_from: 2014-06-01", ", effective_from: null")
REVIEWED = "reviewed_on: 2026-11-20\ndocuments: [%s]\n"


@pytest.mark.parametrize(
    ("documents", "review", "where", "reason"),
    [
        (UNDATED_DOCUMENT, None, "documents.yaml", "undated.yaml does not name it"),
        (UNDATED_DOCUMENT, REVIEWED % "", "documents.yaml", "undated.yaml does not name it"),
        (UNDATED_DOCUMENT, REVIEWED % "28/2014/QĐ-TTg", None, ""),
        (DOCUMENTS, REVIEWED % "28/2014/QĐ-TTg", "undated.yaml", "is not among the documents without a first day"),
        (DOCUMENTS, "documents: []", "undated.yaml", "required field `reviewed_on`"),
    ],
)
def test_a_document_without_a_first_day_stands_on_the_reviewed_list(
    small_book: WRITE, documents: str, review: str | None, where: str | None, reason: str
) -> None:
    root = small_book(documents=documents)
    if review is not None:
        (root / "undated.yaml").write_text(review, "utf-8")
    found = lint(root)
    if where is None:
        assert found == []
    else:
        assert (found[0].file.name, reason in found[0].reason) == (where, True), found


@pytest.mark.parametrize(
    ("on", "says"), [(date(2013, 12, 31), "quá sớm"), (date(2037, 1, 1), "quá xa"), (date(2014, 6, 1), None)]
)
def test_a_day_of_which_nothing_is_known_is_refused(small_book: WRITE, on: date, says: str | None) -> None:
    book = AnswerBook.load(small_book())
    if says is None:
        book.require_day(on, date(2026, 11, 20))
        return
    with pytest.raises(DayError, match=says):
        book.require_day(on, date(2026, 11, 20))


def test_a_missing_folder_is_an_error_and_not_an_empty_book(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"documents\.yaml"):
        AnswerBook.load(tmp_path)


def test_an_error_names_the_first_problem_and_counts_the_rest(small_book: WRITE) -> None:
    broken = ANSWER.replace(TEXT, "Hỏi UBND huyện, xem www.evn.vn.")
    with pytest.raises(PolicyError, match="và 1 lỗi khác") as error:
        AnswerBook.load(small_book(answer=broken))
    assert len(error.value.problems) == 2
