import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.phones import PhoneError, mask, national, parse_phone

AS_PEOPLE_KEEP_THEM = [
    ("0912345678", "+84912345678"),
    ("84912345678", "+84912345678"),
    ("+84912345678", "+84912345678"),
    ("0084912345678", "+84912345678"),
    ("+84 (0) 912 345 678", "+84912345678"),
    ("912345678", "+84912345678"),
    ("912345678.0", "+84912345678"),
    ("84912345678.0", "+84912345678"),
    ("0912.345.678", "+84912345678"),
    ("0912 345 678", "+84912345678"),
    ("0912-345-678", "+84912345678"),
    ("(091) 234 5678", "+84912345678"),
    ("0912\u00a0345\u00a0678", "+84912345678"),
    ("  0912345678\t", "+84912345678"),
    ("\n0912345678\n", "+84912345678"),
    ("0352345678", "+84352345678"),
    ("0862345678", "+84862345678"),
    ("842345678", "+84842345678"),
    ("02363822222", "+842363822222"),
    ("2363822222", "+842363822222"),
    ("842363822222", "+842363822222"),
    ("+842363822222", "+842363822222"),
    ("+61412345678", "+61412345678"),
    ("+1 202-555-0143", "+12025550143"),
]

NO_NUMBERS = [
    ("", "thiếu số điện thoại"),
    ("   ", "thiếu số điện thoại"),
    ("-", "thiếu số điện thoại"),
    ("không có", "không phải số điện thoại"),
    ("O912345678", "không phải số điện thoại"),
    ("0912345678/0987654321", "không phải số điện thoại"),
    ("0912345678, 0987654321", "không phải số điện thoại"),
    ("9.12345678E+8", "không phải số điện thoại"),
    ("12345", "không phải số điện thoại"),
    ("=1+1", "không phải số điện thoại"),
    ("0" * 100_000, "không phải số điện thoại"),
    ("091234567", "số điện thoại không tồn tại"),
    ("09123456789", "số điện thoại không tồn tại"),
    ("0012345678", "số điện thoại không tồn tại"),
    ("01234567890", "số điện thoại không tồn tại"),
    ("999999999999", "số điện thoại không tồn tại"),
]


@pytest.mark.parametrize(("written", "phone"), AS_PEOPLE_KEEP_THEM)
def test_a_number_is_read_however_it_was_kept(written: str, phone: str) -> None:
    assert parse_phone(written) == phone


@pytest.mark.parametrize(("written", "reason"), NO_NUMBERS, ids=[written[:30] for written, _ in NO_NUMBERS])
def test_what_is_no_number_is_refused_with_a_reason_that_does_not_repeat_it(written: str, reason: str) -> None:
    with pytest.raises(PhoneError, match=f"^{re.escape(reason)}") as caught:
        parse_phone(written)
    assert not re.search(r"\d", str(caught.value))


@given(st.from_regex(r"(\+84|84|0|)[2-9][0-9]{8}", fullmatch=True))
def test_a_plain_vietnamese_number_is_what_the_phonenumbers_library_says(written: str) -> None:
    subscriber = re.sub(r"^(\+84|0)", "", written)
    # "84" in front is the country's code only where nine digits follow; else it is the network 084 without its zero.
    subscriber = subscriber[2:] if len(subscriber) == 11 else subscriber
    expected = phonenumbers.parse(subscriber, "VN")
    if phonenumbers.is_valid_number(expected):
        assert parse_phone(written) == phonenumbers.format_number(expected, phonenumbers.PhoneNumberFormat.E164)
    else:
        with pytest.raises(PhoneError):
            parse_phone(written)


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_a_phone_error(written: str) -> None:
    try:
        phone = parse_phone(written)
    except PhoneError:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", phone)
    assert parse_phone(phone) == phone


def test_numbers_are_shown_as_people_read_them_and_masked_for_logs() -> None:
    assert national("+84912345678") == "0912345678"
    assert national("+61412345678") == "+61412345678"
    assert mask("+84912345678") == "091****678"
    assert "12345" not in mask("+61412345678")


@given(st.from_regex(r"[35789][0-9]{8}", fullmatch=True))
def test_the_short_way_for_mobiles_says_what_the_library_says(digits: str) -> None:
    number = phonenumbers.parse(f"+84{digits}")
    try:
        read = parse_phone(f"0{digits}")
    except PhoneError:
        assert not phonenumbers.is_valid_number(number)
    else:
        assert phonenumbers.is_valid_number(number)
        assert read == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
