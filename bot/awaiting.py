"""The turns of a text that is what we asked for: one handler for each kind of thing that we wait for.

A handler gets the text before anything is made of it and says None where the text is something else: then it is
understood like any other, and we no longer wait. What works without understanding goes before (`bot.acts`).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.acts import FRAUD, amount_in, erase, pledge
from bot.answering import Answerer
from bot.carrying import asks, corrects
from bot.exchange import Awaited, Incoming, Kind, Pledged, Reason, State, Turn
from bot.hours import hour_of
from bot.interview.talking import heard, kept
from bot.languages import spoken_by
from bot.raising import raise_ticket
from bot.words import say

TAKEN_BY_YES = frozenset({Awaited.ERASE_YES, Awaited.LOOK_AT_DOUBT})
"""What a mere "yes" brings about: waited for only where nothing else was said after we asked."""
_MOST_WORDS = 6
"""Words that an amount may stand among when it is told after the pledge: "à nhầm, 3tr mới đúng"."""


def awaited(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The turn of a text that is what we asked for; None for any other."""
    return _HANDLERS[state.awaits](state, incoming, answerer) if state.awaits else None


def _amount(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The amount of the pledge before, told after it."""
    amount = amount_in(incoming.text)
    if amount is None or len(incoming.text.split()) > _MOST_WORDS:
        return None
    return replace(pledge(amount, state), events=(Pledged(amount, again=True),))


def _other_amount(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The amount of the pledge before, told otherwise."""
    return _amount(state, incoming, answerer) if corrects(incoming.text) else None


def _yes_to_erasing(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    return erase(incoming, state) if _said(incoming) == "affirm" else None


def _yes_to_a_look(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """A person shall look at the text that was doubted."""
    if _said(incoming) not in ("affirm", "ask_human"):
        return None
    state = replace(state, awaits=None)
    return raise_ticket("ask_human", Kind.HANDOVER, Reason.DOUBT, state, incoming, topic=FRAUD)


def _call_details(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """When and in what language to call, which may come in two texts; whoever calls reads it below the ticket."""
    tells = hour_of(incoming.text) or spoken_by(incoming.text)
    if state.caller is None or not tells or asks(incoming.text):
        return None
    return Turn(Kind.HANDOVER, say("call_noted", code=state.caller), state, concerning=state.caller)


def _said(incoming: Incoming) -> str | None:
    return incoming.understanding.intent.name if incoming.understanding else None


_HANDLERS: Mapping[Awaited, Callable[[State, Incoming, Answerer], Turn | None]] = {
    Awaited.PLEDGE_AMOUNT: _amount,
    Awaited.PLEDGE_CHANGE: _other_amount,
    Awaited.ERASE_YES: _yes_to_erasing,
    Awaited.LOOK_AT_DOUBT: _yes_to_a_look,
    Awaited.CALL_DETAILS: _call_details,
    Awaited.INTERVIEW: heard,
    Awaited.SLIP: kept,
}
