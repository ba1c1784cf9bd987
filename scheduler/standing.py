"""How a gateway stands, over all workers, and who takes its place while it is not trusted.

One `Standing` a dispatcher. It remembers what this worker saw of its gateway; what all workers conclude from it is one
row of `gateway_states`, read and written inside the transaction that claims.
"""

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from foundation.message_class import MessageClass
from gateways.protocol import Gateway, Outcome
from scheduler.circuit import TOLERANCE, Circuit, Tolerance, Window, advance, is_bad, trouble
from scheduler.claimed import Claimed
from scheduler.outbox.models import GatewayState, OutboundMessage
from scheduler.outbox.states import CircuitState, State
from scheduler.repeats import asked_after, too_late_to_repeat
from scheduler.standing_in import as_own_of, carries_for_others, may_stand_in

log = structlog.get_logger()

STAND_IN_AFTER_S = 10.0
"""A gateway may come back before anybody needs to take its place."""
DEARER_AFTER_S = 30.0
"""Each dearer stand-in waits so much longer: it is for what the cheaper one cannot carry, or cannot carry in time."""
LEFT_ALONE_S = 15.0
"""A text that its stand-in cannot carry is offered again after about so long."""
LONGEST_PAUSE_S = 60.0


@dataclass(frozen=True, slots=True)
class Leave:
    """What a gateway may claim now."""

    most: int | None
    """So many rows; None for as many as it likes, 0 for none: its circuit is open."""
    gateways: tuple[str, ...]
    """Whose rows it takes: its own, and those of gateways that it stands in for."""
    classes: frozenset[MessageClass]
    """The classes that it may carry for others. Leaving others out of the claim saves giving them back."""


class Standing:
    """What one worker knows of its gateway; `others` are the gateways in use by name, with or without this one.

    `now` is UTC, `monotonic` in seconds. `note` may be called from another thread than the rest.
    """

    def __init__(
        self,
        gateway: Gateway,
        others: Mapping[str, Gateway],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        tolerance: Tolerance = TOLERANCE,
        random: Random | None = None,
    ) -> None:
        self._gateway = gateway
        self._now = now
        self._monotonic = monotonic
        self._tolerance = tolerance
        self._random = random or Random()
        self._peers = {
            name: other for name, other in others.items() if name != gateway.name and other.channel == gateway.channel
        }
        self._window = Window(tolerance)
        self._lock = threading.Lock()
        self._circuit: Circuit | None = None
        self._since = -math.inf
        self._probed_at: float | None = None
        self._pauses: dict[str, tuple[float, float]] = {}

    @property
    def is_open(self) -> bool:
        """Whether the circuit was open when it was last looked at: nothing should leave."""
        return self._circuit is not None and self._circuit.state is CircuitState.OPEN

    def note(self, outcomes: Sequence[Outcome], seconds: float) -> bool:
        """One `send` of this gateway took `seconds` and came to these outcomes.

        True if the circuit should move because of them: nothing more should leave before the next `refresh`.
        """
        moment = self._monotonic()
        with self._lock:
            self._window.note(outcomes, seconds, moment)
            # What succeeds quickly raises no doubt, and is not worth looking at the others for.
            if self._circuit is None or self.is_open or not is_bad(outcomes, seconds, self._tolerance):
                return False
            seen = self._window.seen(moment, self._since)
        return trouble(self._circuit.state, seen, self._tolerance) is not None

    def refresh(self, session: Session, now: datetime) -> Leave:
        """Let what this worker saw move the shared circuit, and say what may be claimed in this transaction."""
        circuits = self._read(session, now)
        before = circuits[self._gateway.name]
        self._see(before)
        with self._lock:
            seen = self._window.seen(self._monotonic(), self._since)
        circuit = advance(before, seen, now, self._random.random, self._tolerance)
        if circuit is not before and self._write(session, before, circuit):
            self._say(before, circuit)
            self._see(circuit)
        if circuit.state is CircuitState.OPEN:
            return Leave(0, (self._gateway.name,), frozenset())
        if circuit.state is CircuitState.HALF_OPEN:
            return Leave(self._probes(), (self._gateway.name,), frozenset())
        return Leave(None, (self._gateway.name, *self._stands_in_for(circuits, now)), carries_for_others(self._gateway))

    def take_over(self, session: Session, claimed: Sequence[Claimed]) -> list[Claimed]:
        """What this gateway sends of the rows just claimed, in the same order.

        Of rows meant for another gateway, those that this one cannot carry go back to it; the others become this one's,
        counted and priced its way, and remember whose they were. A row that was uncertain before is sent by nobody but
        the gateway that knows its reference, and by that one only while the carrier surely knows it too.
        """
        if claimed and self._circuit is not None and self._circuit.state is CircuitState.HALF_OPEN:
            self._probed_at = self._monotonic()
        mine = {c.id: c for c in claimed if c.gateway == self._gateway.name}
        late = too_late_to_repeat(session, list(mine), self._gateway.capabilities.dedupes_for, self._now())
        foreign = [c for c in claimed if c.id not in mine]
        if foreign:
            uncertain = asked_after(session, [c.id for c in foreign])
            taken = {c.id: as_own for c in foreign if c.id not in uncertain and (as_own := as_own_of(self._gateway, c))}
            self._take(session, foreign, taken)
            self._give_back(session, [c for c in foreign if c.id not in taken])
            self._learn(foreign, taken)
            mine |= taken
        return [mine[c.id] for c in claimed if c.id in mine and c.id not in late]

    def _read(self, session: Session, now: datetime) -> dict[str, Circuit]:
        """The circuits of this gateway and of its peers; who has no row yet is trusted."""
        names = [self._gateway.name, *self._peers]
        rows = session.execute(
            select(
                GatewayState.gateway,
                GatewayState.circuit,
                GatewayState.since,
                GatewayState.retry_at,
                GatewayState.because,
            ).where(GatewayState.gateway.in_(names))
        )
        known = {r.gateway: Circuit(CircuitState(r.circuit), r.since, r.retry_at, r.because) for r in rows}
        return {name: known.get(name) or Circuit(CircuitState.CLOSED, now) for name in names}

    def _see(self, circuit: Circuit) -> None:
        """When the circuit has moved, by whomever, only what leaves from then on counts."""
        last, self._circuit = self._circuit, circuit
        if last is None or (last.state is circuit.state and (last.since == circuit.since or _trusted(circuit))):
            return
        self._since = self._monotonic()
        self._probed_at = None

    def _probes(self) -> int:
        """A few, and no more until these have had time to come back."""
        waited = self._probed_at is None or self._monotonic() - self._probed_at >= self._tolerance.probe_every_s
        return self._tolerance.probes if waited else 0

    def _stands_in_for(self, circuits: Mapping[str, Circuit], now: datetime) -> tuple[str, ...]:
        moment = self._monotonic()
        return tuple(
            name
            for name, peer in self._peers.items()
            if circuits[name].state is CircuitState.OPEN
            and may_stand_in(self._gateway, peer)
            and now - circuits[name].since >= self._patience(name, circuits)
            and self._pauses.get(name, (0.0, 0.0))[0] <= moment
        )

    def _patience(self, absent: str, circuits: Mapping[str, Circuit]) -> timedelta:
        """How long this gateway waits before it takes another's place: the cheapest that is trusted goes first."""
        here = (self._gateway.price_vnd_per_segment, self._gateway.name)
        cheaper = sum(
            (peer.price_vnd_per_segment, name) < here
            for name, peer in self._peers.items()
            if name != absent and _trusted(circuits[name]) and may_stand_in(peer, self._peers[absent])
        )
        return timedelta(seconds=STAND_IN_AFTER_S + DEARER_AFTER_S * cheaper)

    def _take(self, session: Session, foreign: Sequence[Claimed], taken: Mapping[int, Claimed]) -> None:
        """One statement for each count of segments: the texts of a broadcast have few."""
        by_count: dict[tuple[int, int], list[int]] = {}
        for own in taken.values():
            by_count.setdefault((own.segments, own.price_vnd), []).append(own.id)
        for (segments, price_vnd), ids in by_count.items():
            session.execute(
                update(OutboundMessage)
                .where(OutboundMessage.id.in_(ids))
                .values(
                    # Whom it was meant for first, also when it changes hands again.
                    failed_over_from=func.coalesce(OutboundMessage.failed_over_from, OutboundMessage.gateway),
                    gateway=self._gateway.name,
                    segments=segments,
                    price_vnd=price_vnd,
                )
                .execution_options(synchronize_session=False)
            )
        for name in sorted({c.gateway for c in foreign if c.id in taken}):
            count = sum(c.gateway == name and c.id in taken for c in foreign)
            log.info("a gateway stands in", gateway=self._gateway.name, for_=name, messages=count)

    def _give_back(self, session: Session, refused: Sequence[Claimed]) -> None:
        """Not at once again, or the same rows would be claimed again and again before those behind them."""
        if not refused:
            return
        session.execute(
            update(OutboundMessage)
            .where(OutboundMessage.id.in_([c.id for c in refused]))
            .values(
                state=State.QUEUED,
                claimed_by=None,
                sent_at=None,
                not_before=self._now() + timedelta(seconds=LEFT_ALONE_S * self._random.uniform(0.7, 1.3)),
            )
            .execution_options(synchronize_session=False)
        )

    def _learn(self, foreign: Sequence[Claimed], taken: Mapping[int, Claimed]) -> None:
        """Whose texts this gateway mostly cannot carry, it leaves alone for longer and longer."""
        for name in {c.gateway for c in foreign}:
            theirs = [c.id in taken for c in foreign if c.gateway == name]
            if 2 * sum(theirs) >= len(theirs):
                self._pauses.pop(name, None)
                continue
            pause = min(LONGEST_PAUSE_S, 2 * self._pauses.get(name, (0.0, 2.5))[1])
            self._pauses[name] = (self._monotonic() + pause, pause)

    def _write(self, session: Session, before: Circuit, after: Circuit) -> bool:
        """Move the shared circuit, unless another worker has moved it since it was read."""
        values: dict[str, Any] = {
            "circuit": after.state,
            "since": after.since,
            "retry_at": after.retry_at,
            "because": after.because,
        }
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        unmoved = (GatewayState.circuit == before.state) & (
            (GatewayState.since == before.since) | (GatewayState.circuit == CircuitState.CLOSED)
        )
        statement = insert(GatewayState).values(gateway=self._gateway.name, free_at=0.0, **values)
        moved = session.execute(
            statement.on_conflict_do_update(index_elements=["gateway"], set_=values, where=unmoved).returning(
                GatewayState.gateway
            )
        )
        return moved.first() is not None

    def _say(self, before: Circuit, after: Circuit) -> None:
        level = log.warning if after.state is CircuitState.OPEN else log.info
        level(
            "a circuit moved",
            gateway=self._gateway.name,
            before=before.state.value,
            after=after.state.value,
            because=after.because,
            retry_at=after.retry_at.isoformat() if after.retry_at else None,
        )


def _trusted(circuit: Circuit) -> bool:
    return circuit.state is CircuitState.CLOSED
