"""The turns of what works without understanding: stopping, data, pledges, tickets' status, doubt, danger, a call."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from bot.answering import Answerer
from bot.carrying import spoken_of
from bot.danger import Danger, facts_of
from bot.exchange import (
    Awaited,
    Incoming,
    Kind,
    KnownTicket,
    NumberChanged,
    OptedIn,
    OptedOut,
    Pledged,
    Reason,
    State,
    Turn,
)
from bot.genuine import Doubt, Genuine
from bot.keywords import Keyword
from bot.questions import GIVING
from bot.raising import call_back, open_for, raise_ticket
from bot.words import say
from foundation.clock import say_date, say_time, today
from foundation.identifiers import nearest_ticket_code
from foundation.text import AmountError, format_vnd, parse_vnd
from policies import Answer, Facet

OUTBOX = "outbox"
"""The fact that an answer about a text of ours rests on: what we sent."""
FRAUD = "scam_support"
"""The subject that questions about a doubtful text are about."""
MOST_SHOWN = 3

_ORDER = (
    Keyword.OPT_OUT,
    Keyword.ERASE_YES,
    Keyword.ERASE_DATA,
    Keyword.SEE_DATA,
    Keyword.OPT_IN,
    Keyword.CALL_BACK,
    Keyword.WRONG_NUMBER,
    Keyword.HELP,
)


def acts(state: State, incoming: Incoming, answerer: Answerer) -> list[Turn]:
    """The turns of all that a text wants by itself, the weightiest first; each goes on from the state before it.

    What we asked for before is no longer waited for: a "yes" that follows is to these turns. Only the word that erases
    is itself such a text.
    """
    reading, confirms = incoming.reading, state.awaits is Awaited.ERASE_YES
    steps: list[Callable[[State], Turn]] = []
    if reading.danger is not None:
        steps.append(partial(in_danger, reading.danger, incoming=incoming, answerer=answerer))
    for keyword in sorted(reading.keywords, key=_ORDER.index):
        steps.append(partial(_keyword, keyword, incoming=incoming, confirms=confirms))
    if reading.pledge is not None:
        steps.append(partial(pledge, reading.pledge.amount_vnd))
    for code in reading.codes[:MOST_SHOWN]:
        steps.append(partial(_status, code, tickets=incoming.tickets))
    if reading.doubt is not None:
        steps.append(partial(_doubted, reading.doubt, incoming=incoming, answerer=answerer))
    turns: list[Turn] = []
    state = replace(state, awaits=None)
    for step in steps:
        turns.append(step(state))
        state = turns[-1].state
    return turns


def in_danger(danger: Danger, state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The number to call, and an urgent ticket unless one about it is open; later texts are heard as part of it."""
    told = [answer for fact in facts_of(danger) if (answer := _of_the_law(fact, Facet.WHAT, incoming, answerer))]
    known = incoming.open_ticket(state.helper) if state.danger is danger else None
    code = known.code if known else incoming.ticket_code
    opened = open_for(Kind.HANDOVER, Reason.DANGER, incoming, confidential=True, urgent=True)
    return Turn(
        Kind.ANSWER if told else Kind.HANDOVER,
        "\n".join([*(_with_source(answer) for answer in told[:1]), say(f"danger_{danger}", code=code)]),
        replace(state, topic=facts_of(danger)[0], facet=None, choices=(), danger=danger, helper=code),
        () if known else (opened,),
        facts=tuple(dict.fromkeys(fact for answer in told for fact in answer.facts)),
        citations=told[0].citations if told else (),
        version=told[0].version if told else None,
        concerning=code,
    )


def opted_in(incoming: Incoming, state: State) -> Turn:
    return Turn(Kind.OPT_IN, say("opt_in", time=say_time(incoming.now)), _fresh(state), (OptedIn(),))


def see_data(incoming: Incoming, state: State) -> Turn:
    return raise_ticket("see_data", Kind.DATA_REQUEST, Reason.DATA, state, incoming)


def ask_to_erase(state: State) -> Turn:
    """Erasing is asked for once more: what is gone is gone, and phones are shared."""
    return Turn(Kind.DATA_REQUEST, say("erase_ask"), replace(state, choices=(), awaits=Awaited.ERASE_YES))


def erase(incoming: Incoming, state: State) -> Turn:
    return raise_ticket("erase_done", Kind.DATA_REQUEST, Reason.DATA, _fresh(state), incoming)


def pledge(amount_vnd: int | None, state: State) -> Turn:
    """A promise to give. What follows may name its amount, take it back, or ask where the money goes."""
    state = replace(
        state, topic=GIVING, facet=None, choices=(), spoken=spoken_of(state, GIVING, None), awaits=Awaited.PLEDGE_CHANGE
    )
    if amount_vnd is None:
        state = replace(state, awaits=Awaited.PLEDGE_AMOUNT)
        return Turn(Kind.PLEDGE, say("pledge_without_amount"), state, (Pledged(None),))
    return Turn(Kind.PLEDGE, say("pledge", amount=format_vnd(amount_vnd)), state, (Pledged(amount_vnd),))


def own_tickets(incoming: Incoming, state: State) -> Turn:
    if not incoming.tickets:
        return Turn(Kind.STATUS, say("status_none"), state)
    return Turn(Kind.STATUS, " ".join(where_it_is(ticket) for ticket in incoming.tickets[-MOST_SHOWN:]), state)


def amount_in(text: str) -> int | None:
    try:
        return parse_vnd(text)
    except AmountError:
        return None


def _keyword(keyword: Keyword, state: State, incoming: Incoming, confirms: bool) -> Turn:
    """The turn of a keyword; `confirms` says that the word that erases is what we asked for."""
    match keyword:
        case Keyword.OPT_OUT:
            return Turn(Kind.OPT_OUT, say("opt_out", time=say_time(incoming.now)), _fresh(state), (OptedOut(),))
        case Keyword.OPT_IN:
            return opted_in(incoming, state)
        case Keyword.SEE_DATA:
            return see_data(incoming, state)
        case Keyword.ERASE_DATA:
            return ask_to_erase(state)
        case Keyword.ERASE_YES:
            return erase(incoming, state) if confirms else ask_to_erase(state)
        case Keyword.CALL_BACK:
            return call_back(state, incoming)
        case Keyword.WRONG_NUMBER:
            return Turn(Kind.GREETING, say("wrong_number"), State(bare=state.bare), (NumberChanged(),))
        case Keyword.HELP:
            return Turn(Kind.GREETING, say("help"), _fresh(state))


def _status(code: str, state: State, tickets: Sequence[KnownTicket]) -> Turn:
    """Where a ticket is. A slip of the thumb is only ever offered from the person's own."""
    state = replace(state, choices=())
    known = next((ticket for ticket in tickets if ticket.code == code), None)
    if known is not None:
        return Turn(Kind.STATUS, where_it_is(known), state)
    nearest = nearest_ticket_code(code, (ticket.code for ticket in tickets))
    said = say("status_nearest", code=code, nearest=nearest) if nearest else say("status_unknown", code=code)
    return Turn(Kind.STATUS, said, state)


def where_it_is(ticket: KnownTicket) -> str:
    """How far a ticket is, in a sentence that tells nothing of what it is about."""
    if ticket.is_open:
        return say("status_open", code=ticket.code, due=say_date(ticket.due_on))
    return say(f"status_{ticket.status}", code=ticket.code)


def _fresh(state: State) -> State:
    """Nothing is talked about any more; who the person is stays."""
    return State(bare=state.bare, told=state.told, place=state.place)


def _of_the_law(subject: str, facet: Facet, incoming: Incoming, answerer: Answerer) -> Answer | None:
    """An answer whether or not somebody has signed it: a life, or a theft, does not wait for that."""
    return answerer.book.answer(subject, facet, incoming.on) or answerer.book.answer(
        subject, facet, today(incoming.now)
    )


def _with_source(answer: Answer) -> str:
    return f"{answer.text}\n{say('source', source=answer.source)}" if answer.source else answer.text


def _doubted(doubt: Doubt, state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """Whether a text is ours. One that is not found is a warning, and a person may look at it."""
    after = replace(state, topic=FRAUD, facet=None, choices=(), spoken=spoken_of(state, FRAUD, incoming.text))
    if incoming.genuine is not None:
        return Turn(Kind.ANSWER, _is_ours(incoming.genuine), after, facts=(OUTBOX,), version=OUTBOX)
    if doubt.code is None and doubt.pasted is None:
        return Turn(Kind.ASK_BACK, say("doubt_without_text"), after)
    warned = _of_the_law(FRAUD, Facet.WHAT, incoming, answerer)
    return Turn(
        Kind.ASK_BACK,
        say("doubt_not_found"),
        replace(after, awaits=Awaited.LOOK_AT_DOUBT),
        facts=warned.facts if warned else (),
        citations=warned.citations if warned else (),
    )


def _is_ours(genuine: Genuine) -> str:
    time = say_time(genuine.sent_at)
    if not genuine.to_this_number:
        return say("doubt_found_elsewhere", time=time)
    return say("doubt_found_under", time=time, plan=genuine.plan) if genuine.plan else say("doubt_found", time=time)
