"""Numbers of people, years and kilometres as people write them."""

from decimal import Decimal

import pytest

from foundation.text.counts import parse_counts

CASES: dict[str, list[str]] = {
    "5": ["5"],
    "5 người": ["5"],
    "5ng": ["5"],
    "76t": ["76"],
    "năm": ["5"],
    "nam nguoi": ["5"],
    "bảy mươi sáu": ["76"],
    "bảy sáu": ["76"],
    "bay lam": ["75"],
    "mười": ["10"],
    "mười lăm": ["15"],
    "hai mươi": ["20"],
    "hai mươi mốt": ["21"],
    "sáu chục": ["60"],
    "một trăm": ["100"],
    "một trăm linh hai": ["102"],
    "3,5": ["3.5"],
    "3.5 km": ["3.5"],
    "4 cây rưỡi": ["4.5"],
    "hơn 4": ["4"],
    "2 vợ chồng với 3 con": ["2", "3"],
    "không": ["0"],
    "xa lắm": [],
    "nhà": [],
    "": [],
    "1.200.000": [],
}


@pytest.mark.parametrize(("text", "numbers"), CASES.items())
def test_numbers_are_read_as_they_are_written(text: str, numbers: list[str]) -> None:
    assert parse_counts(text) == [Decimal(number) for number in numbers]
