"""Texts with numbers of the law in them, and how those numbers are said in Vietnamese.

A placeholder is a product of parameters and plain numbers, on the day asked or on a day it names:
`{electricity.monthly_kwh}`, `{social_assistance.standard * 1.5}`, `{poverty.income_line_rural @ 2027-01-01}`.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from policies.errors import TemplateError
from policies.files import Parameter

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PLAIN_NUMBER = re.compile(r"\d+(\.\d+)?")
MILLION = 1_000_000


def render(template: str, parameters: Mapping[str, Parameter], on: date) -> str:
    """The text with each placeholder's value on that day. Raises TemplateError when there is none."""
    return PLACEHOLDER.sub(lambda found: _value(found[1], parameters, on), template)


def parameters_in(template: str) -> Iterator[str]:
    """The names of the parameters a text rests on."""
    for found in PLACEHOLDER.finditer(template):
        product = found[1].partition("@")[0]
        yield from (f.strip() for f in product.split("*") if not PLAIN_NUMBER.fullmatch(f.strip()))


def _value(expression: str, parameters: Mapping[str, Parameter], on: date) -> str:
    product, _, day = expression.partition("@")
    if day:
        try:
            on = date.fromisoformat(day.strip())
        except ValueError:
            raise TemplateError(f"{day.strip()!r} is not a date") from None
    value, units = Decimal(1), set()
    for factor in (f.strip() for f in product.split("*")):
        if PLAIN_NUMBER.fullmatch(factor):
            value *= Decimal(factor)
            continue
        if factor not in parameters:
            raise TemplateError(f"no parameter {factor!r}")
        amount = parameters[factor].on(on)
        if amount is None:
            raise TemplateError(f"parameter {factor!r} has no value on {on}")
        value *= amount
        units.add(parameters[factor].metadata.unit)
    return money(value) if "VND" in units else percent(value) if units == {"/1"} else number(value)


def money(amount: Decimal) -> str:
    """59.520 đồng; whole millions from ten up as people say them: 100 triệu đồng.

    The word stands apart, as an amount glued to "đ" is missed by whoever searches for it.
    """
    whole = int(amount.quantize(Decimal(1), ROUND_HALF_UP))
    for worth, word in ((1000 * MILLION, "tỷ "), (MILLION, "triệu ")):
        if whole >= 10 * MILLION and whole % worth == 0:
            return f"{number(Decimal(whole // worth))} {word}đồng"
    return f"{number(Decimal(whole))} đồng"


def percent(share: Decimal) -> str:
    """3,3% for 0.033."""
    return f"{number(share * 100)}%"


def number(value: Decimal) -> str:
    """1.250.000 and 6,6: dots part thousands, a comma the decimals; no empty decimals."""
    text = f"{value:,f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return text.rstrip("0").rstrip(",") if "," in text else text


def day_month_year(day: date) -> str:
    """15/9/2025, as people write it."""
    return f"{day.day}/{day.month}/{day.year}"
