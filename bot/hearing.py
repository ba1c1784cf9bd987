"""Asks the understanding process about many texts at once: each with its sentences, and on top of what was said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import structlog

from bot.carrying import asked_again, without_correction
from bot.exchange import State
from bot.pieces import pieces
from bot.reading import Reading, read
from bot.understanding import Understanding, UnderstandingClient, UnderstandingRefused, UnderstandingUnavailable
from foundation.text import was_cut, without_links

log = structlog.get_logger()

OPENING = 200
"""Characters read of a text that was longer than we take in: its question, before its story drowns it."""
MOST_TEXTS = 128
"""Texts in one request: the process takes twice as many."""
MOST_REFUSED = 3
"""Texts refused by themselves before the process is given up: its fault, then, and not the texts'."""


@dataclass(frozen=True, slots=True)
class _Put:
    """One text as it is put to the process: itself, its sentences, and the question before as it changes it."""

    whole: str
    pieces: tuple[str, ...]
    again: str | None

    @property
    def texts(self) -> list[str]:
        return [self.whole, *self.pieces, *([self.again] if self.again else [])]

    def told(self, found: Sequence[Understanding]) -> Understanding:
        """What the process said of all these, as one."""
        pieces = tuple(found[1 : 1 + len(self.pieces)])
        return replace(found[0], pieces=pieces, again=found[-1] if self.again else None)


async def hear(
    readings: Sequence[Reading], understanding: UnderstandingClient, states: Sequence[State]
) -> list[Understanding | None]:
    """What each text means where its talk stands; None where it need not or could not be asked."""
    meant: list[Understanding | None] = [None] * len(readings)
    put = {
        index: _put(reading.rest, state)
        for index, (reading, state) in enumerate(zip(readings, states, strict=True))
        if reading.rest
    }
    try:
        for indexes in _in_requests(put):
            found = await _ask([put[index] for index in indexes], understanding)
            for index, understood in zip(indexes, found, strict=True):
                meant[index] = understood
    except UnderstandingUnavailable as error:
        log.warning("understanding unavailable", reason=str(error), texts_waiting=len(put))
    return meant


async def understand_all(texts: Sequence[str], understanding: UnderstandingClient) -> list[Understanding | None]:
    """What each text means as the first one of somebody; None where it need not or could not be asked."""
    return await hear([read(text) for text in texts], understanding, [State()] * len(texts))


def _put(text: str, state: State) -> _Put:
    """A link says nothing, and of a letter its opening says what it is about."""
    text = without_links(text[:OPENING] if was_cut(text) else text)
    said = without_correction(text)
    return _Put(said, pieces(said), asked_again(text, state))


def _in_requests(put: dict[int, _Put]) -> Iterator[list[int]]:
    """The texts that go together into one request."""
    together: list[int] = []
    size = 0
    for index, each in put.items():
        if together and size + len(each.texts) > MOST_TEXTS:
            yield together
            together, size = [], 0
        together.append(index)
        size += len(each.texts)
    if together:
        yield together


async def _ask(put: Sequence[_Put], understanding: UnderstandingClient) -> list[Understanding | None]:
    """One request for all; where it is refused, each by itself: one text shall not silence the others.

    Raises UnderstandingUnavailable when the process does not answer, or refuses whatever it is asked.
    """
    try:
        return await _told(put, understanding)
    except UnderstandingRefused as error:
        if len(put) == 1:
            log.warning("a text was refused", reason=str(error))
            return [None]
    found: list[Understanding | None] = []
    for each in put:
        found += await _ask([each], understanding)
        if len(found) == MOST_REFUSED and not any(found):
            raise UnderstandingUnavailable(f"refuses {MOST_REFUSED} texts one by one")
    return found


async def _told(put: Sequence[_Put], understanding: UnderstandingClient) -> list[Understanding | None]:
    found = await understanding.understand([text for each in put for text in each.texts])
    told: list[Understanding | None] = []
    start = 0
    for each in put:
        told.append(each.told(found[start : start + len(each.texts)]))
        start += len(each.texts)
    return told
