"""Who says stop in the middle of a broadcast gets no more of it: not by its gateway, nor by the one that stands in."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from gateways.models import Direction, SimulatedText
from scheduler.outbox import State
from tests.gateways.far_end import answers
from tests.loa.web_process import answers as call_all
from tests.loa.web_process import kannel_of, kannel_text
from tests.proofs.embedded import ACCEPTS, embedded, numbers, queue
from tests.scheduler.parts import phone, rows
from tests.services import until
from tests.sizes import size

PEOPLE = size(90, 2_000)
TAKEN = PEOPLE // 3
STOPS = [phone(number) for number in range(PEOPLE - 5, PEOPLE)]
WORDS = "Moi ba con hop thon luc 8 gio."
PATIENCE_S = 120.0 + PEOPLE / 5


@pytest.mark.timeout(int(2 * PATIENCE_S))
def test_who_says_stop_while_its_gateway_fails_gets_nothing_by_another_either(tmp_path: Path) -> None:
    """Kannel takes a third and then puts everything off; the simulator takes its place meanwhile."""
    moods = [*[ACCEPTS] * TAKEN, answers(503, "Temporal failure, try again later.")]
    with embedded(tmp_path, *moods, gateways="kannel,simulator", kannel_segments_per_second="30") as made:
        made.mend()
        queue(made, {phone(number): WORDS for number in range(PEOPLE)})
        until(lambda: len(made.smsbox.requests) >= TAKEN // 2, PATIENCE_S, "the broadcast is under way")
        config = kannel_of(made.installation)
        stops = [kannel_text(config, number, "HUY", f"stop-{number[1:]}") for number in STOPS]
        assert call_all(made.installation.port, stops) == [200] * len(stops)
        until(lambda: not made.unanswered(), PATIENCE_S, "they are heard")
        before = len(made.smsbox.requests)
        until(lambda: not made.open_messages(), PATIENCE_S, f"all is done ({tmp_path})")

        broadcast = {row.address: row for row in rows(made.database) if row.text == WORDS}
        assert {number for number, row in broadcast.items() if row.state == State.SUPPRESSED} == set(STOPS)
        words = WORDS.encode().hex("%").encode()
        later = [request for request in list(made.smsbox.requests)[before:] if words in request]
        assert not [number for number in STOPS if any(number.encode() in request for request in later)]
        with made.database.read() as session:
            texts = session.scalars(select(SimulatedText).where(SimulatedText.direction == Direction.TO_PHONE))
            simulated = Counter(each.phone for each in texts if each.text == WORDS)
        assert not simulated.keys() & set(STOPS), "nor by the gateway that stands in"
        taken = Counter(numbers(made)[:TAKEN])
        others = {phone(number) for number in range(PEOPLE)} - set(STOPS)
        assert simulated, "somebody did stand in"
        assert {number for number in taken + simulated if number in others} == others, "everybody else got it"
        assert max((taken + simulated).values()) == 1, "once"
