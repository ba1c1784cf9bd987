"""What a worker has in hand: claimed messages, most urgent first, and the senders that carry them to the gateway.

A fixed number of senders takes from one heap; nothing is made for a message but the request itself. A sender takes its
turn first and a permit of the pace last, so that a permit is used the moment it is given.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from heapq import heapify, heappop, heappush
from types import TracebackType
from typing import Self

import structlog

from foundation.text import Encoding
from gateways.protocol import Gateway, Outcome, Outgoing, SendStatus
from scheduler.claimed import Claimed
from scheduler.journal import Journal, JournalError
from scheduler.pace import Pace
from scheduler.standing import Standing

log = structlog.get_logger()

TOO_FAST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
TOGETHER_S = 0.05
"""So much of the rate goes in one call where a gateway takes several messages at once without needing to."""
SHORTEST_SLEEP_S = 0.001
"""What an event loop can tell apart; who wakes up late for some catches up."""

_Turn = tuple[int, datetime, int, float, Claimed]
"""Priority, due from, id; then since when it is in hand, and the message."""
_ENCODINGS = {encoding.value: encoding for encoding in Encoding}


class Sending:
    """Sends what is added until closed; `look` is called whenever its owner should look at it.

    Belongs to one event loop. Use it in an `async with`: its end waits for what is on the wire, and leaves the rest
    in hand.
    """

    def __init__(
        self,
        gateway: Gateway,
        journal: Journal,
        pace: Pace,
        monotonic: Callable[[], float],
        look: Callable[[], None],
        standing: Standing | None = None,
    ) -> None:
        self.on_the_wire = 0
        self.results: list[tuple[Claimed, Outcome]] = []
        self.trouble: JournalError | None = None
        """Why nothing leaves any more: the journal. Set to None to try again."""
        self.in_doubt = False
        """Nothing leaves any more, since what came back speaks against the gateway. Set to False to go on."""
        self.allowed_until = math.inf
        """Nothing leaves after that moment of the monotonic clock."""
        self.look_at_results = 1
        """How many results are worth looking at; the last one always is."""
        self.look_below = 0
        """How many messages in hand are so few that more should be brought."""
        self._gateway = gateway
        self._journal = journal
        self._pace = pace
        self._monotonic = monotonic
        self._look = look
        self._standing = standing
        self._heap: list[_Turn] = []
        self._free: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        can = gateway.capabilities
        self._alone = can.batch_max == 1
        # A carrier that wants many in one request gets what there is of one text; others take a little at a time.
        self._one_text = can.batch_min > 1
        together = can.batch_max if self._one_text else max(1, int(gateway.segments_per_second * TOGETHER_S))
        self._together = min(can.batch_max, together)
        self._senders: list[asyncio.Task[None]] = []
        pace.on_ready(self._serve)

    async def __aenter__(self) -> Self:
        count = self._gateway.capabilities.concurrency
        self._senders = [asyncio.create_task(self._send_on()) for _ in range(count)]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if self._timer is not None:
            self._timer.cancel()
        for sender in self._free:
            if not sender.done():
                sender.set_result(None)
        await asyncio.gather(*self._senders)

    def close(self) -> None:
        """Nothing more leaves, from this moment on."""
        self._closed = True

    @property
    def in_hand(self) -> int:
        """How many messages have not left yet."""
        return len(self._heap)

    def add(self, claimed: Iterable[Claimed]) -> None:
        """Send these, each when its turn comes."""
        now, heap = self._monotonic(), self._heap
        for each in claimed:
            heappush(heap, (each.priority, each.not_before, each.id, now, each))
        self._serve()

    def take_back(self) -> list[Claimed]:
        """Let go of everything in hand: it is sent no more."""
        heap, self._heap = self._heap, []
        return [turn[-1] for turn in heap]

    def drop(self, in_hand_before: float, now: datetime) -> list[Claimed]:
        """Let go of what is in hand since before that moment of the monotonic clock, and of what has expired `now`."""
        kept: list[_Turn] = []
        dropped: list[Claimed] = []
        for turn in self._heap:
            expires_at = turn[-1].expires_at
            if turn[3] < in_hand_before or (expires_at is not None and expires_at <= now):
                dropped.append(turn[-1])
            else:
                kept.append(turn)
        if dropped:
            heapify(kept)
            self._heap = kept
        return dropped

    def take_results(self) -> list[tuple[Claimed, Outcome]]:
        """What came back since this was asked last."""
        results, self.results = self.results, []
        return results

    async def _send_on(self) -> None:
        # The permit is taken by who sends, in the same breath: between a permit given and a sender woken the
        # interpreter may be elsewhere for milliseconds, and what should leave evenly would leave in a heap.
        while not self._closed:
            if (batch := self._next()) is None:
                await self._turn_comes()
            else:
                if self._free and self._timer is None:
                    self._serve()
                await self._send(batch)

    async def _turn_comes(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._free.append(future)
        await future

    def _serve(self) -> None:
        """Have the next free sender look whether something may leave; it wakes the next one if so."""
        while self._free:
            sender = self._free.popleft()
            if not sender.done():
                sender.set_result(None)
                return

    def _woken(self) -> None:
        self._timer = None
        self._serve()

    def _next(self) -> list[Claimed] | None:
        """The next messages, if they may leave: their intent is in the journal from then on."""
        if not self._heap or self._closed or self.in_doubt or self.trouble is not None:
            return None
        if self._monotonic() > self.allowed_until:
            return None
        batch = [self._heap[0][-1]] if self._alone else self._first_of_heap()
        total = most = batch[0].segments
        if len(batch) > 1:
            total = sum(each.segments for each in batch)
            most = total if self._one_text else max(each.segments for each in batch)
        if wait := self._pace.take(total, most):
            if self._timer is None and wait < math.inf:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(max(wait, SHORTEST_SLEEP_S), self._woken)
            return None
        try:
            self._journal.intend([each.reference for each in batch])
        except JournalError as error:
            self.trouble = error
            self._look()
            return None
        before = len(self._heap)
        for _ in batch:
            heappop(self._heap)
        self.on_the_wire += len(batch)
        if len(self._heap) <= self.look_below < before:
            self._look()
        return batch

    def _first_of_heap(self) -> list[Claimed]:
        """As many as go in one call, in order; they stay in the heap."""
        turns: list[_Turn] = []
        while self._heap and len(turns) < self._together:
            if turns and self._one_text and not _is_same_text(turns[0][-1], self._heap[0][-1]):
                break
            turns.append(heappop(self._heap))
        for turn in turns:
            heappush(self._heap, turn)
        return [turn[-1] for turn in turns]

    async def _send(self, batch: list[Claimed]) -> None:
        began = self._monotonic()
        outcomes = await self._try(batch)
        if self._standing is not None:
            # Asked at once: of a gateway that has fallen silent, each text more would be one more that is uncertain.
            self.in_doubt |= self._standing.note(outcomes, self._monotonic() - began)
        self._journal.note(outcomes)
        for message, outcome in zip(batch, outcomes, strict=True):
            self.results.append((message, outcome))
            if outcome.status is SendStatus.RATE_LIMITED:
                self._pace.hold(min(outcome.retry_after_s or TOO_FAST_PAUSE_S, LONGEST_PAUSE_S))
        self.on_the_wire -= len(batch)
        if len(self.results) >= self.look_at_results or self.in_doubt or not (self._heap or self.on_the_wire):
            self._look()

    async def _try(self, batch: list[Claimed]) -> list[Outcome]:
        try:
            outcomes = await self._gateway.send([_outgoing(message) for message in batch])
            if [outcome.reference for outcome in outcomes] != [message.reference for message in batch]:
                raise ValueError("not one outcome for each message, in order")
            return outcomes
        except Exception:
            # A gateway promises not to raise. One that does may have sent: uncertain, and never repeated.
            log.exception("a gateway raised", gateway=self._gateway.name)
            return [Outcome(message.reference, SendStatus.UNCERTAIN, detail="gateway raised") for message in batch]


def _is_same_text(one: Claimed, other: Claimed) -> bool:
    return one.text == other.text and one.message_class is other.message_class


def _outgoing(claimed: Claimed) -> Outgoing:
    encoding = _ENCODINGS[claimed.encoding]
    return Outgoing(claimed.reference, claimed.address, claimed.text, encoding, claimed.message_class)
