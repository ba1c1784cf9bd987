"""What every gateway promises, and the few values that cross its border.

A gateway turns outgoing messages into requests and a carrier's calls into events. It knows nothing of the outbox,
of queues or of people: it returns what happened, and others decide what follows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol, Self
from urllib.parse import parse_qsl, urlsplit

from foundation.text import Encoding

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
    `to` is E.164 ("+84912345678"), `text` is NFC.
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
    """A text from a person, empty when only something else came. `sender` is E.164; `text` is as received: whoever
    stores it cleans it."""

    provider_id: str
    """The same for every repetition of the same text by the carrier."""
    sender: str
    recipient: str
    text: str
    sent_at: datetime | None
    """UTC."""
    attached: tuple[Attached, ...] = ()


class ReceiptState(StrEnum):
    """How far a message got, as the carrier tells it. Receipts come late, twice, and in any order."""

    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Receipt:
    """News of the message with our `reference`. `detail` obeys the rule of Outcome; `at` is the carrier's time, UTC."""

    reference: str
    state: ReceiptState
    provider_id: str | None = None
    detail: str | None = None
    at: datetime | None = None


Event = InboundText | Receipt


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What to answer a carrier that we believe."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


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
    batch_max: int = 1


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

    def inbound(self, request: WebhookRequest) -> list[InboundText]:
        """Verify the call, then read the texts in it. Raises WebhookRefused."""
        ...

    def receipts(self, request: WebhookRequest) -> list[Receipt]:
        """Verify the call, then read the receipts in it. Raises WebhookRefused."""
        ...

    def reply(self, events: Sequence[Event]) -> WebhookReply:
        """What this carrier wants to hear once the events are stored."""
        ...

    async def check(self) -> str | None:
        """Ask the far end whether it would serve us, sending nothing. None when well, else one English line."""
        ...

    async def close(self) -> None:
        """Let go of connections. A later `send` opens new ones."""
        ...
