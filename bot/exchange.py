"""What a turn depends on and what comes of it: values that know neither the database nor the network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.danger import Danger
from bot.genuine import Genuine
from bot.interview.state import Interview, Put
from bot.reading import Reading
from bot.understanding import Understanding
from foundation.holidays import SHIPPED, DaysOff
from foundation.places import Place
from policies import Citation, Facet
from policies.eligibility import Value


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


class Reason(StrEnum):
    """Why a person has to see to it: decides who, how soon, and what may be said of it."""

    QUESTION = "question"
    FEEDBACK = "feedback"
    LIST_OBJECTION = "list_objection"
    CORRUPTION = "corruption"
    DANGER = "danger"
    CALL_BACK = "call_back"
    DATA = "data"
    DOUBT = "doubt"


DEFAULT_BODY = "UBND xã"


class Awaited(StrEnum):
    """What may come next that is no question: the amount of a pledge, a slip in it, the word that erases, a yes to
    having a doubtful text looked at, when and in what language to be called, answers to the questions of an interview,
    the word that keeps them. `bot.awaiting` has a handler for each."""

    PLEDGE_AMOUNT = "pledge_amount"
    PLEDGE_CHANGE = "pledge_change"
    ERASE_YES = "erase_yes"
    LOOK_AT_DOUBT = "look_at_doubt"
    CALL_DETAILS = "call_details"
    INTERVIEW = "interview"
    SLIP = "slip"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A topic that was talked about, with the question that named it: what a correction corrects."""

    topic: str
    asked: str


MOST_SPOKEN = 3


@dataclass(frozen=True, slots=True)
class State:
    """What is being talked about: the topic, what is asked of it, and the subjects offered by number.

    `bare` remembers that the person writes without diacritics, for the answer to a text that has no letters; `told`
    that this conversation has heard that its answers are a demonstration; `place` where the person said they are.
    `spoken` are the last topics, the newest first; `awaits` is what our last reply asked for. `danger` and `helper` are
    the danger that was told and the ticket about it, `caller` the ticket of who shall be called. `asked_back` counts
    how often in a row we asked back, and `passed_on` is the ticket that ended it. `interview` outlives the rest by two
    days, and its result as long as the rest.
    """

    topic: str | None = None
    facet: Facet | None = None
    choices: tuple[str, ...] = ()
    bare: bool = False
    told: bool = False
    place: Place | None = None
    spoken: tuple[Spoken, ...] = ()
    awaits: Awaited | None = None
    danger: Danger | None = None
    helper: str | None = None
    caller: str | None = None
    asked_back: int = 0
    passed_on: str | None = None
    interview: Interview | None = None


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """A ticket of this person."""

    code: str
    status: str
    due_on: date
    confidential: bool = False

    @property
    def is_open(self) -> bool:
        return self.status == "open"


def any_body(place: str | None, topic: str | None) -> str:
    """Who answers where nobody has said who."""
    return DEFAULT_BODY


@dataclass(frozen=True, slots=True)
class Incoming:
    """Everything a turn depends on. `understanding` is None when the understanding process gave no answer.

    `on` is the day that the law is asked about, today unless said otherwise; `ticket_code` is the code that a ticket
    gets if this turn opens one, and `body_of` tells who answers a ticket of a place and a topic: asked only then.
    `place` is where the person said they are, now or before. `genuine` is what we know of the text they doubt.
    `late_from` is when a text was sent that took hours; `attached` says that something came with it that is no text.
    """

    reading: Reading
    now: datetime
    on: date
    ticket_code: str
    understanding: Understanding | None = None
    tickets: tuple[KnownTicket, ...] = ()
    place: Place | None = None
    body_of: Callable[[str | None, str | None], str] = any_body
    days_off: DaysOff = SHIPPED
    genuine: Genuine | None = None
    late_from: datetime | None = None
    attached: bool = False

    @property
    def text(self) -> str:
        return self.reading.text

    def open_ticket(self, code: str | None) -> KnownTicket | None:
        """The person's ticket of that code while nobody has answered it."""
        return next((ticket for ticket in self.tickets if ticket.code == code and ticket.is_open), None)


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The person gets nothing but replies from now on."""


@dataclass(frozen=True, slots=True)
class OptedIn:
    """The person takes an opt-out back."""


@dataclass(frozen=True, slots=True)
class Pledged:
    """The person promises to give; `again` says that this is their last pledge with another amount."""

    amount_vnd: int | None
    again: bool = False


@dataclass(frozen=True, slots=True)
class NumberChanged:
    """The number is another person's than we thought: what is from before is not theirs."""


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """A person has to answer, by `due_on`.

    Of a `confidential` one no text to the phone tells what it is about, and nobody of the commune accused sees it.
    `place` is where it happened or where the person is, as today's names say it; `hour` and `language` are the
    person's own words for when and in what to be called.
    """

    code: str
    kind: Kind
    topic: str | None
    due_on: date
    reason: Reason = Reason.QUESTION
    confidential: bool = False
    urgent: bool = False
    place: str | None = None
    hour: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class SlipKept:
    """What was told in an interview shall be kept for the commune, of whom `about` names (None: of who texts)."""

    code: str
    about: str | None
    policies: tuple[str, ...]
    facts: Mapping[str, Value]
    place: str | None = None


Event = OptedOut | OptedIn | Pledged | NumberChanged | TicketOpened | SlipKept


@dataclass(frozen=True, slots=True)
class Turn:
    """What is said and what shall happen. `concerning` is the ticket of before that it goes on about; `questions` are
    those of an interview, for channels on which answers can be touched."""

    kind: Kind
    reply: str
    state: State = field(default_factory=State)
    events: tuple[Event, ...] = ()
    facts: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    confidence: float | None = None
    version: str | None = None
    concerning: str | None = None
    questions: tuple[Put, ...] = ()

    @property
    def ticket(self) -> TicketOpened | None:
        return next((event for event in self.events if isinstance(event, TicketOpened)), None)

    @property
    def pledge_vnd(self) -> int | None:
        return next((event.amount_vnd for event in self.events if isinstance(event, Pledged)), None)
