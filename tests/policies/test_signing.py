"""A person signs for each answer: in its file, as it stands, and never the one who wrote it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from policies import AnswerBook, PolicyError, SigningError, Standing, approve, lint, pending, undated
from policies.signing import with_signature
from tests.policies.conftest import ANSWER, PARAMETER

WRITE = Callable[..., Path]
TODAY = date(2026, 11, 20)
REVIEW = date(2027, 1, 31)

BLOCK = """\
# Why this file is as it is.
title: hỗ trợ tiền điện
summary: Nhà nước trả thay một phần tiền điện.   # an aside
since: 2014-06-01
confidence: A
cites:
  - 28/2014/QĐ-TTg
signature:
  written_by: Hoa
  approved_by: null   # nobody yet
  approved_on: null
  authority: Sở Công Thương
  review_by: 2027-01-31

answers:
  what:
    text: >-
      Hộ nghèo được hỗ trợ tiền
      {electricity.monthly_kwh} kWh điện mỗi tháng.
"""


def standing(root: Path, day: date = TODAY) -> Standing:
    return AnswerBook.load(root).standing("electricity", day)


@pytest.mark.parametrize("answer", [ANSWER, BLOCK, BLOCK.replace("\n", "\r\n")], ids=["flow", "block", "crlf"])
def test_a_signature_is_written_into_the_file_and_nothing_else_is_touched(small_book: WRITE, answer: str) -> None:
    root = small_book()
    file = root / "answers" / "electricity.yaml"
    file.write_bytes(answer.encode())
    file.chmod(0o640)

    signed = approve("electricity", "  Nguyễn  Thị Lan ", TODAY, root=root)

    after = file.read_bytes().decode()
    assert (signed.approved_by, signed.approved_on, signed.review_by) == ("Nguyễn Thị Lan", TODAY, REVIEW)
    assert standing(root) is Standing.APPROVED
    for line in answer.split("\n"):
        assert line in after or "approved_" in line or line.startswith("signature: {")
    assert "# nobody yet" in after or answer == ANSWER
    assert file.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in file.parent.iterdir()] == ["electricity.yaml"]
    assert lint(root) == []


def test_signing_twice_replaces_the_signature(small_book: WRITE) -> None:
    root = small_book()
    approve("electricity", "Lan", TODAY, root=root)
    approve("electricity", "Minh", date(2026, 12, 1), date(2028, 1, 1), root)

    text = (root / "answers" / "electricity.yaml").read_text("utf-8")
    assert "Lan" not in text
    assert text.count("approved_version") == 1
    signature = AnswerBook.load(root).shelf.answers["electricity"].signature
    assert (signature.approved_by, signature.review_by) == ("Minh", date(2028, 1, 1))


@pytest.mark.parametrize(
    ("subject", "name", "review_by", "reason"),
    [
        ("water", "Lan", None, "không có câu trả lời «water»"),
        ("electricity", "Hoa", None, "người khác phải duyệt"),
        ("electricity", " HÓA ", None, "người khác phải duyệt"),
        ("electricity", "  ", None, "chưa ghi tên"),
        ("electricity", "Lan", TODAY, "không sau hôm nay"),
        ("electricity", "Lan\x07", None, "chưa ghi tên"),
    ],
)
def test_a_signature_that_may_not_be_is_refused(
    small_book: WRITE, subject: str, name: str, review_by: date | None, reason: str
) -> None:
    root = small_book()
    with pytest.raises(SigningError, match=reason):
        approve(subject, name, TODAY, review_by, root)
    assert (root / "answers" / "electricity.yaml").read_text("utf-8") == ANSWER


def test_what_is_broken_cannot_be_signed(small_book: WRITE) -> None:
    with pytest.raises(PolicyError):
        approve("electricity", "Lan", TODAY, root=small_book(answer=ANSWER.replace("what:", "who:")))


def test_a_file_that_cannot_be_written_is_a_clear_refusal(small_book: WRITE, monkeypatch: pytest.MonkeyPatch) -> None:
    root = small_book()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SigningError, match="No space left"):
        approve("electricity", "Lan", TODAY, root=root)
    assert (root / "answers" / "electricity.yaml").read_text("utf-8") == ANSWER
    assert len(list((root / "answers").iterdir())) == 1


CHANGES = {
    "words": ("mỗi tháng.", "một tháng.", ANSWER),
    "title": ("hỗ trợ tiền điện", "giúp tiền điện", ANSWER),
    "an amount": ("value: 30", "value: 50", PARAMETER),
}


@pytest.mark.parametrize(("before", "after", "where"), CHANGES.values(), ids=CHANGES.keys())
def test_what_is_changed_after_it_was_signed_has_no_signature(
    small_book: WRITE, before: str, after: str, where: str
) -> None:
    root = small_book()
    approve("electricity", "Lan", TODAY, root=root)
    name = "answers/electricity.yaml" if where == ANSWER else "parameters/electricity/monthly_kwh.yaml"
    path = root / name
    path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")

    assert standing(root) is Standing.CHANGED


def test_a_signature_holds_from_its_day_to_its_review(small_book: WRITE) -> None:
    root = small_book()
    approve("electricity", "Lan", TODAY, root=root)

    assert standing(root, date(2026, 11, 19)) is Standing.UNAPPROVED
    assert standing(root, REVIEW) is Standing.APPROVED
    assert standing(root, date(2027, 2, 1)) is Standing.OVERDUE


def test_what_waits_is_listed_with_its_author_and_authority(small_book: WRITE) -> None:
    root = small_book()
    (waiting,) = pending(AnswerBook.load(root), TODAY)
    assert (waiting.subject, waiting.standing, waiting.written_by) == ("electricity", Standing.UNAPPROVED, "Hoa")
    assert waiting.authority == "Sở Công Thương"

    approve("electricity", "Lan", TODAY, root=root)
    assert pending(AnswerBook.load(root), TODAY) == []
    assert [one.standing for one in pending(AnswerBook.load(root), date(2027, 6, 1))] == [Standing.OVERDUE]


@pytest.mark.parametrize(
    ("sound", "broken", "reason"),
    [
        ("written_by: Hoa", "written_by: ' '", "nobody is named who wrote it"),
        ("written_by: Hoa, ", "", "required field `written_by`"),
        (
            "approved_by: null, approved_on: null",
            "approved_by: hòa, approved_on: 2026-11-20",
            "by the person who wrote",
        ),
    ],
)
def test_the_lint_knows_who_may_sign(small_book: WRITE, sound: str, broken: str, reason: str) -> None:
    assert sound in ANSWER
    assert any(reason in p.reason for p in lint(small_book(answer=ANSWER.replace(sound, broken))))


def test_every_answer_names_who_wrote_it_and_can_be_signed(book: AnswerBook) -> None:
    for subject, file in book.shelf.answers.items():
        text = book.shelf.answer_paths[subject].read_text("utf-8")
        values = {
            "approved_by": "Nguyễn Văn A: trưởng phòng #1",
            "approved_on": TODAY,
            "approved_version": "123456789012",
        }
        assert 'approved_by: "Nguyễn' in with_signature(text, values) or "approved_by: 'Nguyễn" in with_signature(
            text, values
        )
        assert "approved_version: '123456789012'" in with_signature(text, values)
        assert file.signature.written_by


def test_documents_without_a_day_are_listed_with_what_cites_them(book: AnswerBook) -> None:
    listed = dict(undated(book))
    assert "electricity" in listed["60/2014/QĐ-TTg"]
    assert all(listed.values())
