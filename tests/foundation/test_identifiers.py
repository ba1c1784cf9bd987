import random

import pytest

from foundation.identifiers import find_ticket_codes, new_reference, new_ticket_code

CODES = [new_ticket_code() for _ in range(50)]


def test_references_are_unique_and_in_order_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    start = 1_795_000_000_000_000_000
    references = []
    for millisecond in range(2_000):
        monkeypatch.setattr("time.time_ns", lambda at=start + millisecond * 1_000_000: at)
        references.append(new_reference())
    assert references == sorted(references)


def test_references_of_one_instant_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_795_000_000_000_000_000)
    references = {new_reference() for _ in range(20_000)}
    assert len(references) == 20_000
    assert {len(reference) for reference in references} == {20}
    assert all(reference.isalnum() and reference.islower() for reference in references)


def test_a_ticket_code_is_found_in_a_text_as_people_type_it() -> None:
    code = CODES[0]
    digits = code[2:]
    for written in (
        f"pa{digits}",
        f"pa {digits}",
        f"pa-{digits[:3]}.{digits[3:]}",
        f"hoi pa{digits[:3]} {digits[3:]}?",
    ):
        assert find_ticket_codes(written) == [(code, True)], written
    assert find_ticket_codes(f"pa{digits} va pa {CODES[1][2:]}") == [(code, True), (CODES[1], True)]


@pytest.mark.parametrize("text", ["", "pa123", "pa12345678", "spa1234567", "pa1234567x", "pá 1234567"])
def test_what_is_no_ticket_code_is_none(text: str) -> None:
    assert find_ticket_codes(text) == []


@pytest.mark.parametrize("code", CODES)
def test_every_single_wrong_digit_is_noticed(code: str) -> None:
    for position in range(2, 9):
        for digit in set("0123456789") - {code[position]}:
            wrong = code[:position] + digit + code[position + 1 :]
            assert find_ticket_codes(wrong.lower()) == [(wrong, False)]


@pytest.mark.parametrize("code", CODES)
def test_every_two_swapped_neighbours_are_noticed(code: str) -> None:
    for position in range(2, 8):
        first, second = code[position], code[position + 1]
        if first != second:
            wrong = code[:position] + second + first + code[position + 2 :]
            assert find_ticket_codes(wrong.lower()) == [(wrong, False)]


def test_a_random_code_is_right_once_in_ten() -> None:
    chance = random.Random(7)
    guesses = [f"pa{chance.randrange(10**7):07d}" for _ in range(5_000)]
    right = sum(found[0][1] for found in map(find_ticket_codes, guesses))
    assert 420 < right < 580
