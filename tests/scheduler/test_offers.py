"""Offers: nobody waits for the broker, each job once at a time, nothing piles up, and nothing is forgotten."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import structlog
from structlog.testing import capture_logs

from scheduler import offers as module
from scheduler.offers import COMPLAIN_EVERY_S, Offers
from tests.services import until


class Broker:
    """Takes names, unless it is `away`; while it is `held` it answers nothing."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.asked = 0
        self.away = False
        self.answers = threading.Event()
        self.answers.set()

    def __call__(self, name: str) -> None:
        self.asked += 1
        self.answers.wait(10)
        if self.away:
            raise ConnectionRefusedError("amqp://user:secret@broker")
        self.taken.append(name)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def make(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Offers]]:
    monkeypatch.setattr(module, "RETRY_S", 0.001)
    structlog.reset_defaults()
    made: list[Offers] = []

    def offers(pause_s: float = 0.0, monotonic: Callable[[], float] = lambda: 0.0) -> Offers:
        made.append(Offers(broker, pause_s, monotonic))
        return made[-1]

    yield offers
    broker.away = False
    broker.answers.set()
    for each in made:
        each.close(10)


def test_an_offer_goes_out_at_once(broker: Broker, make: Callable[..., Offers]) -> None:
    make(pause_s=60).offer(["turns", "dispatch"])
    until(lambda: broker.taken == ["turns", "dispatch"], 5, "both are taken")


def test_many_offers_of_a_job_become_one(broker: Broker, make: Callable[..., Offers]) -> None:
    offers = make()
    broker.answers.clear()
    offers.offer(["first"])
    until(lambda: broker.asked, 5, "the broker is asked")
    for _ in range(1_000):  # while the broker takes its time, and nobody waits for it
        offers.offer(["turns", "first"])
    broker.answers.set()
    offers.close(10)
    assert Counter(broker.taken) == {"first": 2, "turns": 1}


def test_between_two_rounds_there_is_a_pause(broker: Broker, make: Callable[..., Offers]) -> None:
    offers = make(pause_s=60)
    offers.offer(["turns"])
    until(lambda: broker.taken, 5, "the first is taken")
    offers.offer(["turns"])
    assert broker.taken == ["turns"]
    offers.close(10)  # breaks the pause off
    assert broker.taken == ["turns", "turns"]


def test_what_a_broker_does_not_take_is_kept_and_told_once_a_minute(
    broker: Broker, make: Callable[..., Offers]
) -> None:
    clock = [0.0]
    broker.away = True
    with capture_logs() as logs:
        offers = make(monotonic=lambda: clock[0])
        offers.offer(["turns", "dispatch"])
        offers.offer(["dispatch"])
        until(lambda: broker.asked > 20, 5, "it is tried again and again")
        assert len(logs) == 1
        clock[0] = COMPLAIN_EVERY_S
        until(lambda: len(logs) > 1, 5, "it is told again")
        broker.away = False
        until(lambda: len(broker.taken) > 1, 5, "all is taken")
        offers.close(10)
    assert sorted(broker.taken) == ["dispatch", "turns"]
    assert [line["event"] for line in logs] == ["the broker takes no offers"] * 2 + ["the broker takes offers again"]
    assert "secret" not in str(logs)


def test_closing_waits_no_longer_than_it_is_told(broker: Broker, make: Callable[..., Offers]) -> None:
    offers = make()
    broker.answers.clear()
    offers.offer(["turns"])
    offers.close(0.01)
    offers.offer(["dispatch"])
    broker.answers.set()
    offers.close(10)
    assert broker.taken == ["turns"]


def test_closing_while_the_broker_is_away_gives_up(broker: Broker, make: Callable[..., Offers]) -> None:
    broker.away = True
    offers = make()
    offers.offer(["turns"])
    offers.close(10)
    assert not [thread for thread in threading.enumerate() if thread.name == "offers"]
