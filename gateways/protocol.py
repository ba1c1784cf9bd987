"""What every gateway promises, and the few values that cross its border.

A gateway turns outgoing messages into requests and a carrier's calls into events. It knows nothing of the outbox,
of queues or of people: it returns what happened, and others decide what follows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar, Protocol, Self
from urllib.parse import parse_qsl, urlsplit

from foundation.message_class import MessageClass
from foundation.text import Encoding, Segmentation

_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,48}")
_MOST_PARAMETERS = 64


class Channel(StrEnum):
    """How a message reaches a person."""

    SMS = "sms"
    ZALO = "zalo"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one person.

    `reference` is ours and comes back in every receipt. It travels in callback URLs and in carriers' tracking ids, so
    it is 1 to 48 characters of A-Z, a-z, 0-9, `.`, `_` and `-` (Zalo's tracking_id ends at 48), else ValueError.
    `to` is E.164 ("+84912345678"), or on Zalo the id by which our account knows the person, digits as well but no
    number; `text` is NFC.
    """

    reference: str
    to: str
    text: str
    encoding: Encoding
    message_class: str

    def __post_init__(self) -> None:
        if not _REFERENCE.fullmatch(self.reference):
            raise ValueError("a reference is 1 to 48 characters of A-Z, a-z, 0-9, '.', '_', '-'")


class SendStatus(StrEnum):
    """What became of one attempt to send."""

    ACCEPTED = "accepted"
    """The gateway has it. That is not yet delivered: a receipt tells."""
    REJECTED = "rejected"
    """Permanent for this recipient or this text: trying again gives the same."""
    ACCOUNT = "account"
    """Permanent for the account or the set-up: nothing gets through until a person mends it."""
    TEMPORARY = "temporary"
    """Certainly not sent; may be tried again later."""
    RATE_LIMITED = "rate_limited"
    """Certainly not sent, because we were too fast."""
    UNCERTAIN = "uncertain"
    """The request left and no usable answer came back. It may have been sent: never repeat it blindly."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for the message with this reference.

    `detail` is a short English phrase for logs and officials; it never holds a number, a text or a secret.
    `retry_after_s` is the gateway's own wish, in seconds.
    """

    reference: str
    status: SendStatus
    provider_id: str | None = None
    detail: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that a gateway has, or may have: what its carrier can be asked by. `at` is when it left, UTC; `text` as
    in Outgoing, by which two to one person are told apart."""

    reference: str
    to: str
    provider_id: str | None
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """A carrier's call on us. `url` is path and query as called; names in `headers` are kept in lower case."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", {name.lower(): value for name, value in self.headers.items()})

    def header(self, name: str) -> str | None:
        """The header of that name, in any case of letters."""
        return self.headers.get(name.lower())

    @classmethod
    def called(cls, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Self:
        """Build the request from what came over the wire, reading the query from the URL.

        Raises WebhookRefused(400) for more than 64 parameters.
        """
        try:
            query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS))
        except ValueError as error:
            raise WebhookRefused(400, "the query cannot be read") from error
        return cls(method.upper(), url, query, headers, body)


class WebhookRefused(Exception):
    """The call is unsigned, malformed or oversized. Nothing may change because of it.

    `status` is the 4xx to answer with; `reason` is English for the log and holds nothing that the caller sent.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class AttachedKind(StrEnum):
    """What may come with a text, or alone."""

    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    FILE = "file"
    LOCATION = "location"


@dataclass(frozen=True, slots=True)
class Attached:
    """Something that came and is no text. `content` is where the carrier keeps it, or a location's "15.12,108.80"."""

    kind: AttachedKind
    content: str


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text from a person, empty when only something else came. `sender` is as `Outgoing.to`; `text` is as received:
    whoever stores it cleans it."""

    provider_id: str
    """The same for every repetition of the same text by the carrier."""
    sender: str
    recipient: str
    text: str
    sent_at: datetime | None
    """UTC."""
    attached: tuple[Attached, ...] = ()


class TemplateState(StrEnum):
    """Whether a carrier lets texts of a registered template through."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    DISABLED = "disabled"


class ReceiptState(StrEnum):
    """How far a message got, as the carrier tells it. Receipts come late, twice, and in any order."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    SEEN = "seen"
    """Read by the person; only Zalo tells."""
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Receipt:
    """News of the message with our `reference`. `detail` obeys the rule of Outcome; `at` is the carrier's time, UTC.

    Where a carrier names a message by its own id alone, as Zalo does in chats, `reference` is "" and `provider_id` is
    what the Outcome of sending held: the message is the one of that gateway with that id.
    """

    reference: str
    state: ReceiptState
    provider_id: str | None = None
    detail: str | None = None
    at: datetime | None = None
    gateway: str | None = None
    """The gateway of ours that it is about, where a carrier has one address for several; None: the one it called."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A person follows our account: they may be answered, which is no consent to anything."""

    provider_id: str
    sender: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unfollowed:
    """A person has left our account: nothing but an answer may go there any more."""

    provider_id: str
    sender: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactShared:
    """A person has told their telephone number (E.164) on another channel, by a form that they filled in there."""

    provider_id: str
    sender: str
    phone: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TemplateJudged:
    """The carrier has judged one of our registered templates."""

    template_id: str
    state: TemplateState
    detail: str | None = None
    gateway: str | None = None
    """As in Receipt."""


Event = InboundText | Receipt | Followed | Unfollowed | ContactShared | TemplateJudged


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What to answer a carrier that we believe."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Ladder:
    """How a carrier counts the texts of one class where it does not count as 3GPP does.

    `bare` and `accented` are the longest texts, in characters, of one segment, two, three …: (122, 268, 421). A text
    longer than the last cannot be sent; an empty ladder says that no such text can.
    """

    bare: tuple[int, ...]
    accented: tuple[int, ...]

    def segments(self, counted: Segmentation) -> int | None:
        """What the carrier charges; None for a text that it does not take."""
        steps = self.bare if counted.encoding is Encoding.GSM7 else self.accented
        return next((number for number, longest in enumerate(steps, start=1) if counted.units <= longest), None)


EVERY_CLASS = frozenset(MessageClass)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a gateway can carry. Nothing is approved that it cannot deliver, or that people could not answer."""

    free_text: bool
    can_be_answered: bool
    reply_in_response: bool
    """The answer to an inbound text may travel in our HTTP answer."""
    registered_templates: bool
    """Only texts that match a template registered with the carrier are let through."""
    max_segments: int
    concurrency: int
    """Requests in flight at the same time."""
    batch_min: int = 1
    """Fewer messages of one text than this the carrier does not take."""
    batch_max: int = 1
    classes: frozenset[MessageClass] = EVERY_CLASS
    """The classes that this gateway may carry at all."""
    ladders: Mapping[MessageClass, Ladder] = field(default_factory=lambda: MappingProxyType({}))
    """Classes whose segments this carrier counts in its own way."""
    reply_window: timedelta | None = None
    """A person may be answered for so long after they last wrote; None for ever."""
    dedupes_for: timedelta | None = None
    """A repeated request with the same reference is refused by the carrier for so long: what is uncertain may be
    sent once more meanwhile."""
    tells_status: bool = False
    """`status` asks the carrier what became of a message."""
    tells_delivery: bool = True
    """Receipts come by themselves; a gateway without them leaves messages at `accepted`."""


class Gateway(Protocol):
    """One way to reach phones. An instance belongs to one event loop between its first `send` and `close`."""

    name: ClassVar[str]
    channel: ClassVar[Channel]
    capabilities: Capabilities
    segments_per_second: float
    price_vnd_per_segment: int
    number: str | None
    """The short code or sender name that people see."""

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        """Try each message once and return one outcome for each, in the same order.

        Never repeats a request and never raises for trouble on the network or at the far end.
        """
        ...

    def cannot_carry(self, message: Outgoing) -> str | None:
        """Why this gateway would refuse or spoil the message, as `Outcome.detail`; None if it can carry it. Asks
        nobody: what is known here and now."""
        ...

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        """What the carrier knows of messages that it may have; nothing for those it says nothing final about. Never
        raises for trouble on the network. Where `tells_status` is false: nothing."""
        ...

    def inbound(self, request: WebhookRequest) -> Sequence[Event]:
        """Verify the call, then read the events in it: a carrier with one address for all mixes them.

        Raises WebhookRefused.
        """
        ...

    def receipts(self, request: WebhookRequest) -> Sequence[Event]:
        """The same, for calls on the address of receipts. Raises WebhookRefused."""
        ...

    def reply(self, events: Sequence[Event], answers: Sequence[str] = ()) -> WebhookReply:
        """What this carrier wants to hear once the events are stored. `answers` are texts for the person who wrote,
        where `reply_in_response` lets them travel here."""
        ...

    async def check(self) -> str | None:
        """Ask the far end whether it would serve us, sending nothing. None when well, else one English line."""
        ...

    async def close(self) -> None:
        """Let go of connections. A later `send` opens new ones."""
        ...
