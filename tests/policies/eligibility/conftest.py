"""What the tests of the rules share: the real rules, a small law to break, and households by chance."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from policies.eligibility import Input, Kind, Rules, Value
from policies.eligibility.tables import encode

DOCUMENTS = """\
1/2025/QĐ-UBND: {kind: Quyết định, issued_on: 2025-01-02, effective_from: 2025-01-10}
2/2025/QĐ-UBND: {kind: Quyết định, issued_on: 2025-01-02, effective_from: 2025-01-10, effective_to: 2025-12-31}
"""
PARAMETER = """\
description: Mức thu nhập
values:
  2025-01-10:
    value: 3000000000
  2025-06-15:
    value: 3000000500
metadata:
  unit: VND
  confidence: A
  last_value_still_valid_on: 2026-11-20
  reference:
    2025-01-10:
      - title: Quyết định 1/2025/QĐ-UBND
    2025-06-15:
      - title: Quyết định 1/2025/QĐ-UBND
"""
QUESTIONS = {
    "income": """\
entity: household
kind: whole
ask: Nhà mình thu nhập bao nhiêu?
unit: VND/tháng
cuts: [line.income, 60000000]
quantiles: [[0, 0], [60000000, 0.9], [9000000000, 1]]
least: 0
most: 9000000000
""",
    "children": """\
entity: household
kind: whole
ask: Nhà mình có mấy con?
quantiles: [[0, 0], [0, 0.3], [20, 1]]
least: 0
most: 20
""",
    "alone": """\
entity: household
kind: yes_no
ask: Nhà mình có ở một mình không?
prior: 0.1
""",
    "roof": """\
entity: household
kind: choice
ask: Nhà mình lợp gì?
choices:
  tin: {say: tôn, prior: 0.6}
  thatch: {say: tranh, prior: 0.4}
""",
}
BENEFIT = """\
title: hỗ trợ thử
entity: household
periods:
  - from: 2025-01-10
    to: null
    when:
      - condition: income <= line.income and roof = thatch
        cites: 1/2025/QĐ-UBND, Điều 1
      - condition: alone
        cites: 1/2025/QĐ-UBND, Điều 2
    amount:
      kind: exact
      unit: VND/hộ
      highest_of:
        - vnd: line.income
        - vnd: 60000001
      plus:
        - vnd: 1000000007 * children
          when: alone
"""


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The rules as they are applied."""
    return Rules.load()


@pytest.fixture
def small_law(tmp_path: Path) -> Callable[..., Path]:
    """Writes a sound law of one benefit into a folder, with any of its files replaced, and gives the folder."""

    def write(benefit: str = BENEFIT, documents: str = DOCUMENTS, **questions: str) -> Path:
        files = {
            "documents.yaml": documents,
            "parameters/line/income.yaml": PARAMETER,
            "benefits/trial.yaml": benefit,
            **{f"questions/{name}.yaml": text for name, text in {**QUESTIONS, **questions}.items()},
        }
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
        return tmp_path

    return write


def households(rules: Rules, count: int, chance: np.random.Generator) -> dict[str, Any]:
    """Complete households as columns: numbers stand at the law's own thresholds, beside them, or anywhere; nothing
    contradicts what follows from something else."""
    drawn = {name: _column(rules, entry, count, chance) for name, entry in rules.inputs.items()}
    for each in rules.implications * 2:
        follows = np.isin(drawn[each.of], [encode(rules.inputs[each.of], value) for value in each.values])
        drawn[each.name] = np.where(follows, encode(rules.inputs[each.name], each.value), drawn[each.name])
    return drawn


def _column(rules: Rules, entry: Input, count: int, chance: np.random.Generator) -> Any:
    match entry.kind:
        case Kind.YES_NO:
            return chance.integers(0, 2, count, dtype=np.uint8)
        case Kind.CHOICE:
            return chance.integers(0, len(entry.values), count, dtype=np.uint8)
    step = 1 if entry.kind is Kind.WHOLE else 0.01
    cuts = [cut + by for cut in _cuts(rules, entry) for by in (-step, 0, step)]
    possible = [number for number in cuts if entry.least <= number <= entry.most] or [entry.least]
    anywhere = entry.least + (entry.most - entry.least) * chance.random(count) ** 3
    found = np.where(chance.random(count) < 0.7, chance.choice(possible, count), anywhere)
    return found.astype(np.int64) if entry.kind is Kind.WHOLE else found


def _cuts(rules: Rules, entry: Input) -> list[float]:
    parameters = rules.catalogue.shelf.parameters
    found: list[float] = []
    for cut in entry.question.cuts:
        worths = [v.value for v in parameters[cut].values.values()] if isinstance(cut, str) else [cut]
        found += [worth for worth in worths if worth is not None]
    return found


def facts_of(rules: Rules, columns: dict[str, Any], row: int) -> dict[str, Value]:
    """One household of the columns, as it would be told."""
    found: dict[str, Value] = {}
    for name, column in columns.items():
        entry, value = rules.inputs[name], column[row].item()
        found[name] = entry.values[value] if entry.kind is Kind.CHOICE else value
        if entry.kind is Kind.YES_NO:
            found[name] = bool(value)
    return found
