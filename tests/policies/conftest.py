"""What the tests of the policies room share: the real book, a small one to break, and the researched facts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policies import AnswerBook

SHARED = Path(__file__).parents[3] / "shared"
collect_ignore = [] if (SHARED / "policy" / "facts.yaml").exists() else ["test_research.py"]

DOCUMENTS = """\
28/2014/QĐ-TTg: {kind: Quyết định, issued_on: 2014-04-07, effective_from: 2014-06-01}
21/2024/QĐ-TTg: {kind: Quyết định, issued_on: 2024-11-22, effective_from: 2025-01-09, effective_to: 2025-12-31}
146/2018/NĐ-CP: {kind: Nghị định, issued_on: null, effective_from: 2018-12-01, effective_to: 2025-08-15,
  replaced_by: 188/2025/NĐ-CP}
188/2025/NĐ-CP: {kind: Nghị định, issued_on: 2025-07-01, effective_from: 2025-08-15}
"""

PARAMETER = """\
description: Lượng điện được hỗ trợ
values:
  2014-06-01:
    value: 30
metadata:
  unit: kWh
  confidence: A
  last_value_still_valid_on: 2026-11-20
  reference:
    2014-06-01:
      - title: Quyết định 28/2014/QĐ-TTg
"""

ANSWER = """\
title: hỗ trợ tiền điện
summary: Nhà nước trả thay một phần tiền điện.
since: 2014-06-01
confidence: A
cites:
  - 28/2014/QĐ-TTg
signature: {written_by: Hoa, approved_by: null, approved_on: null, authority: Sở Công Thương, review_by: 2027-01-31}
answers:
  what:
    text: Hộ nghèo được hỗ trợ tiền {electricity.monthly_kwh} kWh điện mỗi tháng.
"""


@pytest.fixture(scope="session")
def book() -> AnswerBook:
    """The answers as they are spoken."""
    return AnswerBook.load()


@pytest.fixture
def small_book(tmp_path: Path) -> Callable[..., Path]:
    """Writes a sound book of one subject into a folder, with any of its files replaced, and gives the folder."""

    def write(answer: str = ANSWER, parameter: str = PARAMETER, documents: str = DOCUMENTS) -> Path:
        files = {
            "documents.yaml": documents,
            "parameters/electricity/monthly_kwh.yaml": parameter,
            "answers/electricity.yaml": answer,
        }
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
        return tmp_path

    return write
