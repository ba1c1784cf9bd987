"""Turns by which a person takes over: the ticket, by when, and what the acknowledgement may say on a shared phone."""

from collections.abc import Mapping
from dataclasses import replace

from bot.exchange import Awaited, Incoming, Kind, Reason, State, TicketOpened, Turn
from bot.grievance import Grievance, grievance_of
from bot.hours import hour_of
from bot.languages import spoken_by
from bot.words import say
from foundation.clock import add_working_days, say_date, today

WORKING_DAYS: Mapping[Reason, int] = {
    Reason.QUESTION: 5,
    Reason.FEEDBACK: 5,
    Reason.LIST_OBJECTION: 5,
    Reason.CORRUPTION: 5,
    Reason.DANGER: 0,
    Reason.CALL_BACK: 1,
    Reason.DATA: 2,
    Reason.DOUBT: 1,
}
"""Working days to answer. Data: Law 91/2025/QH15 with Decree 356/2025/NĐ-CP gives two; the others are our promise."""

ACCUSATIONS: Mapping[Grievance, tuple[Reason, str]] = {
    Grievance.LIST_OBJECTION: (Reason.LIST_OBJECTION, "confidential"),
    Grievance.CORRUPTION: (Reason.CORRUPTION, "corruption"),
}
CALLS = ("call_back", "call_back_at")
"""What who wishes to be called is told, and what who says when."""


def hand_over(sentence: str, topic: str | None, state: State, incoming: Incoming) -> Turn:
    """A person answers what the bot cannot."""
    return raise_ticket(sentence, Kind.HANDOVER, Reason.QUESTION, state, incoming, topic=topic)


def complain(topic: str | None, state: State, incoming: Incoming) -> Turn:
    """A complaint or report is recorded."""
    return raise_ticket("feedback", Kind.FEEDBACK, Reason.FEEDBACK, state, incoming, topic=topic)


def call_back(state: State, incoming: Incoming, language: str | None = None) -> Turn:
    """Somebody calls, at the hour and in the language that the person named."""
    hour, language = hour_of(incoming.text), language or spoken_by(incoming.text)
    sentence = CALLS[hour is not None]
    turn = raise_ticket(sentence, Kind.HANDOVER, Reason.CALL_BACK, state, incoming, hour=hour, language=language)
    awaits = Awaited.CALL_DETAILS if hour is None or language is None else None
    return replace(turn, state=replace(turn.state, caller=incoming.ticket_code, awaits=awaits))


def raise_ticket(
    sentence: str,
    kind: Kind,
    reason: Reason,
    state: State,
    incoming: Incoming,
    *,
    topic: str | None = None,
    hour: str | None = None,
    language: str | None = None,
) -> Turn:
    """The turn that opens a ticket and tells its code, its day and who answers it.

    What accuses somebody stays confidential whatever the ticket is opened for: the reply tells nothing of it.
    """
    grievance = grievance_of(incoming.text)
    if grievance is not None and grievance.confidential:
        reason, sentence = ACCUSATIONS[grievance]
        opened = open_for(kind, reason, incoming, confidential=True, hour=hour, language=language)
        said = say(sentence, code=opened.code, due=say_date(opened.due_on))
    else:
        opened = open_for(kind, reason, incoming, topic=topic, hour=hour, language=language)
        told = {"hour": hour} if hour else {}
        body = incoming.body_of(opened.place, opened.topic)
        said = say(sentence, code=opened.code, due=say_date(opened.due_on), body=body, **told)
    return Turn(kind, said, replace(state, choices=()), (opened,))


def open_for(
    kind: Kind,
    reason: Reason,
    incoming: Incoming,
    *,
    topic: str | None = None,
    confidential: bool = False,
    urgent: bool = False,
    hour: str | None = None,
    language: str | None = None,
) -> TicketOpened:
    """A ticket for this text, due by its reason, from where the person is."""
    due = add_working_days(today(incoming.now), WORKING_DAYS[reason], incoming.days_off)
    place = str(incoming.place) if incoming.place else None
    return TicketOpened(incoming.ticket_code, kind, topic, due, reason, confidential, urgent, place, hour, language)
