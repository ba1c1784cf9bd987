"""A benefit's rule of a day, as a document and for an official who reads along in the law."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from foundation.clock import say_date
from policies.eligibility import Amount, AmountKind, Entity, Period, Rules, Sum
from policies.templates import number

AMOUNT_KINDS = {
    AmountKind.EXACT: "",
    AmountKind.MINIMUM: "ít nhất",
    AmountKind.CEILING: "nhiều nhất",
    AmountKind.PERSON_PAYS: "tự đóng",
}
"""How an amount is meant, for people."""

WHOSE = {Entity.HOUSEHOLD: "xét theo hộ", Entity.PERSON: "xét theo người"}


def rule_document(rules: Rules, policy: str, on: date) -> dict[str, Any]:
    """The rule that is in force that day, null where none is, with all periods and the numbers it rests on."""
    benefit, period = rules.benefit(policy), rules.period(policy, on)
    return {
        "title": benefit.title,
        "entity": benefit.entity.value,
        "in_force": _period_document(rules, policy, period, on) if period else None,
        "periods": [{"from": each.start.isoformat(), "to": _iso(each.end)} for each in benefit.periods],
        "replaced_by": list(benefit.replaced_by),
    }


def _period_document(rules: Rules, policy: str, period: Period, on: date) -> dict[str, Any]:
    amount = rules.amount_on(policy, on)
    return {
        "from": period.start.isoformat(),
        "to": _iso(period.end),
        "cases": [{"condition": case.written, "reference": case.cites} for case in period.cases],
        "amount": _amount_document(amount, rules.amount(policy, {}, on)) if amount else None,
        "inputs": list(rules.inputs_of(policy, on)),
        "parameters": {name: float(value) for name, value in rules.numbers(policy, on).items()},
    }


def _amount_document(amount: Amount, vnd: int | None) -> dict[str, Any]:
    return {
        "kind": amount.kind.value,
        "unit": amount.unit,
        "vnd": vnd,
        "highest_of": [{"vnd": each.written, "when": each.written_when} for each in amount.highest_of],
        "plus": [{"vnd": each.written, "when": each.written_when} for each in amount.plus],
    }


def rule_lines(rules: Rules, policy: str, on: date) -> str:
    """The same for a person."""
    return "\n".join(_lines(rules, policy, on))


def _lines(rules: Rules, policy: str, on: date) -> Iterator[str]:
    benefit, period = rules.benefit(policy), rules.period(policy, on)
    yield f"Quy định {policy}: {benefit.title} ({WHOSE[benefit.entity]})"
    if period is None:
        spans = "; ".join(_span(each) for each in benefit.periods)
        yield f"Không có hiệu lực ngày {say_date(on)}. Có hiệu lực: {spans}."
        if benefit.replaced_by:
            yield f"Xem thay: {', '.join(benefit.replaced_by)}"
        return
    yield f"Có hiệu lực {_span(period)}. Có thể thuộc diện khi có một trong {len(period.cases)} trường hợp:"
    for case in period.cases:
        yield f"  - {case.written}  [{case.cites}]"
    amount = rules.amount_on(policy, on)
    if amount:
        yield f"Số tiền{_kind(amount)} ({amount.unit}), lấy mức cao nhất trong:"
        yield from (f"  - {_sum(each)}" for each in amount.highest_of)
        yield from (f"  + {_sum(each)}" for each in amount.plus)
        vnd = rules.amount(policy, {}, on)
        if vnd is not None:
            yield f"  = {number(Decimal(vnd))} {amount.unit}"
    for name, value in rules.numbers(policy, on).items():
        yield f"  {name} = {number(value)}"


def _kind(amount: Amount) -> str:
    said = AMOUNT_KINDS[amount.kind]
    return f" {said}" if said else ""


def _sum(each: Sum) -> str:
    return f"{each.written}, khi {each.written_when}" if each.written_when else each.written


def _span(period: Period) -> str:
    return f"từ {say_date(period.start)}" + (f" đến {say_date(period.end)}" if period.end else "")


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
