"""What is kept of a text from outside: no number of an identity paper, no more than can be read."""

import pytest

from foundation.text import MAX_INCOMING, holds_identity_number, mask_identity_numbers, take_in, was_cut

MASKED = {
    "049203001234": "************",
    "cccd 049203001234": "cccd ************",
    "cccd049203001234": "cccd************",
    "CCCD:049203001234.": "CCCD:************.",
    "cmnd 233456789 nhe": "cmnd ********* nhe",
    "233456789": "*********",
    "049 203 001 234": "*** *** *** ***",
    "0492 0300 1234": "**** **** ****",
    "049.203.001.234": "***.***.***.***",
    "số định danh 049-203-001234": "số định danh ***-***-******",
    "049 203001234": "*** *********",
    "0 4 9 2 0 3 0 0 1 2 3 4": "* * * * * * * * * * * *",
    "so can cuoc cua toi la 233.456.789": "so can cuoc cua toi la ***.***.***",
    "căn cước 200000000": "căn cước *********",
    "049203001234 0912345678": "************ 0912345678",
    "０４９２０３００１２３４": "************",
    "049203001234 và 049203005678": "************ và ************",
}
KEPT = [
    "ung ho 200000000",
    "ủng hộ 123456789đ",
    "ung ho 123456789 dong",
    "200.000.000",
    "100.000.000.000 đồng",
    "+84912345678",
    "+84 912345678",
    "84 912 345 678",
    "0912345678",
    "0912 345 678",
    "02363822222",
    "PA7654325",
    "20/11/2026",
    "năm 2026",
    "12345678",
    "1234567890123",
]


@pytest.mark.parametrize(("text", "masked"), MASKED.items())
def test_an_identity_number_is_masked_in_any_form(text: str, masked: str) -> None:
    assert mask_identity_numbers(text) == masked
    assert take_in(text) == masked
    assert holds_identity_number(masked)


@pytest.mark.parametrize("text", KEPT)
def test_money_telephones_and_codes_are_no_identity_numbers(text: str) -> None:
    assert mask_identity_numbers(text) == text
    assert not holds_identity_number(text)


@pytest.mark.parametrize(("length", "cut"), [(0, False), (999, False), (1000, False), (1001, True), (100_000, True)])
def test_a_text_longer_than_a_thousand_characters_says_that_it_was_cut(length: int, cut: bool) -> None:
    taken = take_in("ă" * length)
    assert (len(taken), was_cut(taken)) == (min(length, MAX_INCOMING), cut)
    assert take_in(taken) == taken


def test_an_ellipsis_of_the_persons_own_is_no_cut() -> None:
    assert not was_cut(take_in("chờ hoài…"))


def test_no_number_is_stored_in_half_where_a_text_is_cut() -> None:
    for before in range(980, 1000):
        assert "049" not in take_in("a" * before + " 049203001234" + " b" * 50)
