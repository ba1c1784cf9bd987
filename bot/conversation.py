"""One turn of a conversation, as a pure function: (state, text, what is known) → (reply, events, new state).

No database, no network, no clock: everything comes in as values, and what shall happen goes out as events.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from bot.answering import Answerer, Nothing, OutOfScope, Several, Subject, TooShort
from bot.keywords import Keyword, find_keyword
from bot.understanding import NO_TOPIC, Understanding
from bot.words import say
from campaigns.donations import read_pledge
from foundation.clock import add_working_days, say_date, say_time, today
from foundation.identifiers import find_ticket_codes
from foundation.text import AmountError, fold, format_vnd, parse_vnd, unaccent
from policies import Citation, Facet

WORKING_DAYS_TO_ANSWER = 5
WORKING_DAYS_FOR_DATA = 2
"""Law 91/2025/QH15 with Decree 356/2025/NĐ-CP: a subject's request is answered in two working days."""


class Kind(StrEnum):
    """What a turn came to; the names of the contract."""

    ANSWER = "answer"
    ASK_BACK = "ask_back"
    HANDOVER = "handover"
    FEEDBACK = "feedback"
    STATUS = "status"
    PLEDGE = "pledge"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    DATA_REQUEST = "data_request"
    OUT_OF_SCOPE = "out_of_scope"
    GREETING = "greeting"


@dataclass(frozen=True, slots=True)
class State:
    """What is being talked about: the topic, and the subjects offered by number."""

    topic: str | None = None
    facet: Facet | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """A ticket of this person."""

    code: str
    status: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Incoming:
    """Everything a turn depends on. `understanding` is None when the understanding process gave no answer.

    `on` is the day that the law is asked about, today unless said otherwise; `ticket_code` is the code that a ticket
    gets if this turn opens one.
    """

    text: str
    now: datetime
    on: date
    ticket_code: str
    understanding: Understanding | None = None
    tickets: tuple[KnownTicket, ...] = ()


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The person gets nothing but replies from now on."""


@dataclass(frozen=True, slots=True)
class OptedIn:
    """The person takes an opt-out back."""


@dataclass(frozen=True, slots=True)
class Pledged:
    """The person promises to give."""

    amount_vnd: int | None


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """A person has to answer, by `due_on`."""

    code: str
    kind: Kind
    topic: str | None
    due_on: date


Event = OptedOut | OptedIn | Pledged | TicketOpened


@dataclass(frozen=True, slots=True)
class Turn:
    """What is said and what shall happen."""

    kind: Kind
    reply: str
    state: State = field(default_factory=State)
    events: tuple[Event, ...] = ()
    facts: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    confidence: float | None = None
    version: str | None = None

    @property
    def ticket(self) -> TicketOpened | None:
        return next((event for event in self.events if isinstance(event, TicketOpened)), None)

    @property
    def pledge_vnd(self) -> int | None:
        return next((event.amount_vnd for event in self.events if isinstance(event, Pledged)), None)


def needs_understanding(text: str) -> bool:
    """Whether a text has to go to the understanding process; stop words, pledges and codes never do."""
    return _without_understanding(Incoming(text, _NEVER, _NEVER.date(), ""), State()) is None


def respond(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The turn that follows. Always says something; never raises for any text."""
    turn = _without_understanding(incoming, state) or _chosen(state, incoming, answerer)
    if turn is None:
        turn = _understood(state, incoming, answerer)
    return replace(turn, reply=in_the_form_of(incoming.text, turn.reply))


def apologise(incoming: Incoming) -> Turn:
    """The turn for a text at which we failed ourselves: a person takes over."""
    turn = _ticket("not_understood_now", Kind.HANDOVER, None, State(), incoming)
    return replace(turn, reply=in_the_form_of(incoming.text, turn.reply))


def in_the_form_of(text: str, reply: str) -> str:
    """The reply without diacritics to who writes without: many cheap phones show nothing else."""
    writes_bare = any(c.isalpha() for c in text) and text == unaccent(text)
    return unaccent(reply) if writes_bare else reply


_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _without_understanding(incoming: Incoming, state: State) -> Turn | None:
    text = incoming.text
    if not any(c.isalnum() for c in text) and text != "?":
        return Turn(Kind.ASK_BACK, say("empty"), state)
    match find_keyword(text):
        case Keyword.OPT_OUT:
            return Turn(Kind.OPT_OUT, say("opt_out", time=say_time(incoming.now)), State(), (OptedOut(),))
        case Keyword.OPT_IN:
            return _opted_in(incoming)
        case Keyword.MY_DATA:
            return _data_request(incoming, state)
        case Keyword.HELP:
            return Turn(Kind.GREETING, say("help"), State())
    if (pledge := read_pledge(text)) is not None:
        return _pledge(pledge.amount_vnd, state)
    return _ticket_status(incoming, state)


def _chosen(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    number = fold(incoming.text).strip(" .)")
    if not number.isdecimal() or not 1 <= int(number) <= len(state.choices):
        return None
    return _answer(state.choices[int(number) - 1], state.facet or Facet.WHAT, 1.0, incoming, answerer)


def _understood(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    meant = incoming.understanding
    if meant is None:
        return _ticket("not_understood_now", Kind.HANDOVER, state.topic, state, incoming)
    match meant.intent.name:
        case "greet":
            return Turn(Kind.GREETING, say("greeting"), state, confidence=meant.intent.confidence)
        case "thank":
            return Turn(Kind.GREETING, say("thanks"), state, confidence=meant.intent.confidence)
        case "ask_human":
            return _ticket("ask_human", Kind.HANDOVER, state.topic, state, incoming)
        case "report_problem":
            return _ticket("feedback", Kind.FEEDBACK, _topic(meant, answerer), state, incoming)
        case "data_request":
            return _data_request(incoming, state)
        case "opt_in" if meant.intent.confidence >= answerer.sure:
            return _opted_in(incoming)
        case "opt_out":
            return Turn(Kind.ASK_BACK, say("opt_out_how"), state, confidence=meant.intent.confidence)
        case "pledge":
            return _pledge(_amount(incoming.text), state)
        case "ask_status":
            return _own_tickets(incoming, state)
    return _question(state, incoming, meant, answerer)


def _question(state: State, incoming: Incoming, meant: Understanding, answerer: Answerer) -> Turn:
    found = answerer.find(meant, state.topic)
    facet = answerer.facet(meant)
    match found:
        case Subject(subject, confidence):
            return _answer(subject, facet or Facet.WHAT, confidence, incoming, answerer)
        case Several(subjects, confidence):
            choices = [
                say("choice", number=str(number), title=answerer.title(subject))
                for number, subject in enumerate(subjects, start=1)
            ]
            reply = say("which", choices="; ".join(choices))
            asked = State(state.topic, facet, subjects)
            return Turn(Kind.ASK_BACK, reply, asked, facts=subjects, confidence=confidence)
        case TooShort():
            return Turn(Kind.ASK_BACK, say("unclear"), State(facet=facet), confidence=meant.intent.confidence)
        case OutOfScope(confidence):
            return Turn(Kind.OUT_OF_SCOPE, say("out_of_scope"), state, confidence=confidence)
        case Nothing(topic):
            return _ticket("handover", Kind.HANDOVER, topic, state, incoming)


def _answer(subject: str, facet: Facet, confidence: float, incoming: Incoming, answerer: Answerer) -> Turn:
    answer = answerer.answer(subject, facet, incoming.on)
    if answer is None:
        return _ticket("handover", Kind.HANDOVER, subject, State(topic=subject), incoming)
    reply = answer.text
    if answer.source:
        reply = f"{reply}\n{say('source', source=answer.source)}"
    return Turn(
        Kind.ANSWER,
        reply,
        State(topic=subject, facet=answer.facet),
        facts=answer.facts,
        citations=answer.citations,
        confidence=confidence,
        version=answer.version,
    )


def _ticket(sentence: str, kind: Kind, topic: str | None, state: State, incoming: Incoming) -> Turn:
    days = WORKING_DAYS_FOR_DATA if kind is Kind.DATA_REQUEST else WORKING_DAYS_TO_ANSWER
    due = add_working_days(today(incoming.now), days)
    opened = TicketOpened(incoming.ticket_code, kind, topic, due)
    return Turn(kind, say(sentence, code=opened.code, due=say_date(due)), replace(state, choices=()), (opened,))


def _ticket_status(incoming: Incoming, state: State) -> Turn | None:
    codes = find_ticket_codes(fold(incoming.text))
    if not codes:
        return None
    code, _ = codes[0]
    known = next((ticket for ticket in incoming.tickets if ticket.code == code), None)
    reply = _status(known) if known else say("status_unknown", code=code)
    return Turn(Kind.STATUS, reply, replace(state, choices=()))


def _own_tickets(incoming: Incoming, state: State) -> Turn:
    if not incoming.tickets:
        return Turn(Kind.STATUS, say("status_none"), state)
    return Turn(Kind.STATUS, " ".join(_status(ticket) for ticket in incoming.tickets[-3:]), state)


def _status(ticket: KnownTicket) -> str:
    if ticket.status == "open":
        return say("status_open", code=ticket.code, due=say_date(ticket.due_on))
    return say(f"status_{ticket.status}", code=ticket.code)


def _opted_in(incoming: Incoming) -> Turn:
    return Turn(Kind.OPT_IN, say("opt_in", time=say_time(incoming.now)), State(), (OptedIn(),))


def _data_request(incoming: Incoming, state: State) -> Turn:
    return _ticket("data_request", Kind.DATA_REQUEST, None, state, incoming)


def _pledge(amount_vnd: int | None, state: State) -> Turn:
    if amount_vnd is None:
        return Turn(Kind.PLEDGE, say("pledge_without_amount"), state, (Pledged(None),))
    return Turn(Kind.PLEDGE, say("pledge", amount=format_vnd(amount_vnd)), state, (Pledged(amount_vnd),))


def _topic(meant: Understanding, answerer: Answerer) -> str | None:
    likely = meant.topic.name != NO_TOPIC and meant.topic.confidence >= answerer.likely
    return meant.topic.name if likely else None


def _amount(text: str) -> int | None:
    try:
        return parse_vnd(text)
    except AmountError:
        return None
