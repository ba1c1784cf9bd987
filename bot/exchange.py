"""What a turn depends on and what comes of it: plain values, which know neither the database nor the network."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.understanding import Understanding
from foundation.places import Place
from policies import Citation, Facet


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
    """What is being talked about: the topic, what is asked of it, and the subjects offered by number.

    `bare` remembers that the person writes without diacritics, for the answer to a text that has no letters; `told`
    that this conversation has heard that its answers are a demonstration; `place` where the person said they are.
    """

    topic: str | None = None
    facet: Facet | None = None
    choices: tuple[str, ...] = ()
    bare: bool = False
    told: bool = False
    place: Place | None = None


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
    gets if this turn opens one. `place` is where the person said they are, now or before.
    """

    text: str
    now: datetime
    on: date
    ticket_code: str
    understanding: Understanding | None = None
    tickets: tuple[KnownTicket, ...] = ()
    place: Place | None = None


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
