"""The log of what officials did, as administrators read it."""

from typing import Any

import pytest

from people import record
from tests.console.village import NOW, Village, words_of

DEEDS: list[tuple[tuple[str, str, str], dict[str, Any], str]] = [
    (
        ("answer.approved", "answer", "electricity"),
        {"version": "0ab1", "review_by": "2027-01-31"},
        "Duyệt câu trả lời câu trả lời electricity bản: 0ab1, xem lại trước: 2027-01-31",
    ),
    (("model.rolled_back", "model", "11aa"), {"before": "22bb"}, "Quay lại mô hình trước mô hình 11aa trước đó: 22bb"),
]


@pytest.mark.parametrize(("deed", "details", "reads"), DEEDS, ids=[deed[0] for deed, _, _ in DEEDS])
def test_what_was_done_is_told_in_words(
    home: Village, deed: tuple[str, str, str], details: dict[str, Any], reads: str
) -> None:
    with home.database.write() as session:
        record(session, NOW, "quan", *deed, **details)
    assert f"quan {reads}" in words_of(home.signed_in("quan").open("/audit").text)
