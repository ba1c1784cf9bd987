import pytest

from gateways.behaviour import Behaviour, BehaviourError, parse_behaviour


def test_the_network_and_single_phones_are_described_apart() -> None:
    read = parse_behaviour("delay=3, undelivered=0.02; 001: refuse=1; 9001: receipt_lost=1, delay=0; ")
    assert read.general == Behaviour(delay=3, undelivered=0.02)
    assert read.of("+84912345678") is read.general
    assert read.of("+84912345001") == Behaviour(delay=3, undelivered=0.02, refuse=1)
    assert read.of("+84912349001") == Behaviour(delay=0, undelivered=0.02, receipt_lost=1)


def test_nothing_said_is_a_network_without_faults() -> None:
    assert parse_behaviour("").of("+84912345678") == Behaviour()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("slowly", "'slowly': the names are delay, refuse"),
        ("happens=1", "the names are"),
        ("refuse", "'refuse': not a number"),
        ("refuse=often", "'refuse=often': not a number"),
        ("refuse=1.5", "from 0 to 1"),
        ("delay=-1", "0 or more"),
        ("delay=inf", "0 or more"),
        ("delay=nan", "0 or more"),
        ("seed=1.5", "not a number"),
        ("refuse=1,refuse=0", "given twice"),
        ("refuse=1;delay=1", "given twice"),
        ("01:refuse=1;01:delay=1", "given twice"),
        ("abc:refuse=1", "last digits"),
        (":refuse=1", "last digits"),
    ],
)
def test_a_wrong_description_is_quoted(text: str, says: str) -> None:
    with pytest.raises(BehaviourError, match=says):
        parse_behaviour(text)


def test_a_seed_gives_the_same_faults_again_and_another_seed_others() -> None:
    def hit(seed: int) -> list[int]:
        behaviour = Behaviour(uncertain=0.2, seed=seed)
        return [n for n in range(1_000) if behaviour.happens("uncertain", f"ref-{n}")]

    assert hit(1) == hit(1) != hit(2)
    assert 150 < len(hit(1)) < 250


def test_certain_and_impossible_faults_are_just_that() -> None:
    behaviour = Behaviour(refuse=1, expire=0)
    assert all(behaviour.happens("refuse", str(n)) for n in range(1_000))
    assert not any(behaviour.happens("expire", str(n)) for n in range(1_000))
