"""Several turns as one: one text may want, ask and tell several things."""

from collections.abc import Sequence
from dataclasses import replace

from bot.exchange import Event, Kind, TicketOpened, Turn

_WEIGHT = (Kind.OPT_OUT, Kind.DATA_REQUEST, Kind.OPT_IN, Kind.PLEDGE, Kind.STATUS, Kind.FEEDBACK)
"""Which kind a turn of several is, by the contract; of the others the one said first."""


def as_one(turns: Sequence[Turn]) -> Turn:
    """All of these turns, each going on from the one before, in one reply and in their order.

    Its kind is the weightiest. What each rests on first stands before what else it rests on. A question back that
    offers nothing is left out beside what has something to say.
    """
    if len(turns) == 1:
        return turns[0]
    said = [turn for turn in turns if turn.kind is not Kind.ASK_BACK or turn.facts] or turns
    first, all_facts = [turn.facts[0] for turn in turns if turn.facts], [fact for turn in turns for fact in turn.facts]
    return Turn(
        min((turn.kind for turn in turns), key=_weight),
        "\n".join(dict.fromkeys(turn.reply for turn in said)),
        turns[-1].state,
        _events(turns),
        facts=tuple(dict.fromkeys([*first, *all_facts])),
        citations=tuple(dict.fromkeys(citation for turn in turns for citation in turn.citations)),
        confidence=min((turn.confidence for turn in turns if turn.confidence is not None), default=None),
        version="+".join(dict.fromkeys(turn.version for turn in turns if turn.version)) or None,
        concerning=next((turn.concerning for turn in turns if turn.concerning), None),
    )


def _weight(kind: Kind) -> int:
    return _WEIGHT.index(kind) if kind in _WEIGHT else len(_WEIGHT)


def _events(turns: Sequence[Turn]) -> tuple[Event, ...]:
    """All that shall happen; what a person has to see to is one ticket, as confidential as any part of it."""
    tickets = [turn.ticket for turn in turns if turn.ticket is not None]
    confidential, urgent = any(ticket.confidential for ticket in tickets), any(ticket.urgent for ticket in tickets)
    one = [replace(ticket, confidential=confidential, urgent=urgent) for ticket in tickets[:1]]
    return (*(event for turn in turns for event in turn.events if not isinstance(event, TicketOpened)), *one)
