import pytest

from foundation.text import AmountError, format_vnd, parse_vnd

AMOUNTS = [
    ("UNG HO 200K", 200_000),
    ("ủng hộ 200.000đ", 200_000),
    ("ung ho 200000", 200_000),
    ("em góp 500 nghìn xây nhà", 500_000),
    ("gop 500 ngan", 500_000),
    ("2tr5", 2_500_000),
    ("2tr", 2_000_000),
    ("1,5 triệu", 1_500_000),
    ("1.200.000", 1_200_000),
    ("1tr250", 1_250_000),
    ("1 triệu rưỡi", 1_500_000),
    ("triệu rưỡi", 1_500_000),
    ("triệu hai", 1_200_000),
    ("một triệu hai trăm nghìn", 1_200_000),
    ("năm trăm nghìn", 500_000),
    ("hai trăm năm mươi nghìn đồng", 250_000),
    ("mười hai triệu", 12_000_000),
    ("nửa triệu", 500_000),
    ("2 tỷ", 2_000_000_000),
    ("góp 500k, tức là 500.000 đồng", 500_000),
    ("nhà em có 5 người", None),
    ("năm 2025", None),
    ("gọi 0912345678", None),
    ("nhà có 2 ti vi", None),
    ("hai con nhỏ", None),
    ("ủng hộ", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "amount"), AMOUNTS)
def test_an_amount_is_read_in_any_spelling(text: str, amount: int | None) -> None:
    assert parse_vnd(text) == amount


@pytest.mark.parametrize("text", ["ung ho 200k hay 300k", "ung ho 5000 ti", "ung ho 0k"])
def test_an_amount_nobody_can_mean_is_refused(text: str) -> None:
    with pytest.raises(AmountError):
        parse_vnd(text)


def test_amounts_are_written_as_in_vietnam() -> None:
    assert format_vnd(59_520) == "59.520 đồng"
    assert format_vnd(1_250_000) == "1.250.000 đồng"
