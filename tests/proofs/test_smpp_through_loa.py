"""A broadcast through Loa's own processes, Debian's Kannel and a carrier's SMPP, and what the carrier says of it."""

from collections import Counter
from pathlib import Path

import pytest

from scheduler.outbox import OutboundMessage, State
from tests.loa.kannel_site import kannel_of
from tests.loa.outgrown import Site
from tests.proofs.embedded import AT_ONCE, embedded, queue
from tests.proofs.smpp import Status, Submitted
from tests.proofs.smsc import Fate, Smsc, smsc
from tests.scheduler.parts import phone, rows
from tests.services import until
from tests.sizes import size

PEOPLE = size(60, 2_000)
PATIENCE_S = 90.0 + PEOPLE / 10
LONG = "Hộ nghèo, hộ cận nghèo được hỗ trợ tiền điện, mời bà con đến nhà văn hoá thôn lúc 8 giờ. "
WINDOW = 10
"""max-pending-submits: so many submissions Kannel makes before the first is answered."""
FATES = {
    0: (Fate(), State.DELIVERED),
    1: (Fate(reports=("EXPIRED",)), State.EXPIRED),
    2: (Fate(reports=("ENROUTE", "UNDELIV")), State.UNDELIVERED),
    3: (Fate(Status.INVALID_DESTINATION), State.FAILED),
    4: (Fate(reports=("ACCEPTD", "DELIVRD")), State.DELIVERED),
}

pytestmark = pytest.mark.timeout(int(3 * PATIENCE_S))


def by_number(message: Submitted) -> Fate:
    return FATES[int(message.destination) % len(FATES)][0]


def expected(message: OutboundMessage) -> State:
    return FATES[int(message.address) % len(FATES)][1]


def everybody() -> dict[str, str]:
    return {phone(number): f"Bà con số {number}: {LONG}" for number in range(PEOPLE)}


def on_telephones(carrier: Smsc) -> Counter[tuple[str, str]]:
    """How often each text arrived at each telephone."""
    return Counter((f"+{each.to}", each.text) for each in carrier.arrived())


def settled(made: Site) -> bool:
    states = made.states()
    return not any(states[state] for state in (State.QUEUED, State.SENDING, State.ACCEPTED, State.SENT))


@pytest.mark.parametrize("states_apart", [False, True])
def test_each_text_of_a_broadcast_ends_as_its_carrier_says(tmp_path: Path, states_apart: bool) -> None:
    with (
        smsc(by_number, states_apart=states_apart) as carrier,
        embedded(tmp_path) as made,
        kannel_of(made.installation, tmp_path / "kannel", carrier.carrier),
    ):
        carrier.wait_until_bound()
        made.mend()
        queue(made, everybody())
        until(lambda: settled(made), PATIENCE_S, f"all is settled ({tmp_path})")
        messages = rows(made.database)
        assert {each.address: State(each.state) for each in messages} == {
            each.address: expected(each) for each in messages
        }
        taken = {(to, text) for to, text in everybody().items() if FATES[int(to) % len(FATES)][1] is not State.FAILED}
        until(lambda: on_telephones(carrier).keys() == taken, PATIENCE_S, "all parts arrive")
        assert set(on_telephones(carrier).values()) == {1}
        details = {State(each.state): each.detail for each in messages if each.state != State.DELIVERED}
        told = {State.EXPIRED: "EXPIRED 027", State.UNDELIVERED: "UNDELIV 027"}
        # Of a text in parts that the carrier refuses Kannel brings no reason.
        assert details == (dict.fromkeys(told) if states_apart else told) | {State.FAILED: None}


def test_kannel_killed_in_the_middle_of_a_broadcast_loses_nothing(tmp_path: Path) -> None:
    """Loa gives each text to Kannel once. What Kannel had given to the carrier without an answer it gives again, by
    what SMPP is; what Loa had given to Kannel without an answer is uncertain until the receipt comes."""
    with (
        smsc() as carrier,
        embedded(tmp_path) as made,
        kannel_of(made.installation, tmp_path / "kannel", carrier.carrier) as kannel,
    ):
        carrier.wait_until_bound()
        made.mend()
        queue(made, everybody())
        until(lambda: len(carrier.submitted) >= PEOPLE // 4, PATIENCE_S, "a quarter is on its way")
        kannel.stop()
        states = made.states()
        assert states[State.QUEUED] + states[State.SENDING] > 0, "it was over too soon for this test"
        kannel.start()
        carrier.wait_until_bound()
        until(lambda: made.states()[State.DELIVERED] + made.states()[State.UNKNOWN] == PEOPLE, PATIENCE_S, "the end")
        arrived = on_telephones(carrier)
        messages = {each.address: State(each.state) for each in rows(made.database)}
        for to, text in everybody().items():
            assert (arrived[to, text] > 0) == (messages[to] is State.DELIVERED)
        assert sum(times - 1 for times in arrived.values()) <= WINDOW
        assert made.states()[State.UNKNOWN] <= AT_ONCE
