"""Kannel 1.4.5: the open-source SMS gateway that speaks SMPP to carriers and HTTP to us.

Facts marked "measured" were tried on Debian's Kannel 1.4.5; the tests repeat them against the real one.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from yarl import URL

from foundation.phones import PhoneError, parse_phone
from foundation.text import Encoding, segment
from gateways.protocol import (
    Capabilities,
    Channel,
    Event,
    InboundText,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptState,
    SendStatus,
    Sent,
    WebhookRefused,
    WebhookReply,
    WebhookRequest,
)
from gateways.webhooks import proof, read_text, require_proof, require_shape
from gateways.wire import Answer, NeverLeft, NoAnswer, Wire

# 1 delivered, 2 not delivered, 4 queued at the carrier, 8 accepted and 16 refused by the carrier (user guide, 1.4.5).
# A carrier that took the message over has it "sent", whether it hands it on now or later. Where an SMPP receipt tells
# its state in a parameter of its own, 32 is added for expired and 64 for unknown (measured; not in the guide).
_RECEIPT_STATES = {
    "1": ReceiptState.DELIVERED,
    "2": ReceiptState.UNDELIVERED,
    "4": ReceiptState.SENT,
    "8": ReceiptState.SENT,
    "16": ReceiptState.FAILED,
    "34": ReceiptState.EXPIRED,
    "66": ReceiptState.UNDELIVERED,
}
_EVERY_RECEIPT = 31
_XML = {"Content-Type": "text/xml"}

# The refusals that concern one message. Any other is taken for a fault of the set-up, which pauses sending: better
# than to write off the numbers of people who did nothing wrong.
_REFUSES_THIS_MESSAGE = (
    "Number(s) has/have been denied",
    "Empty receiver number",
    "Missing receiver",
    "Charset or body misformed",
)


@dataclass(frozen=True, slots=True)
class KannelConfig:
    """How to reach one Kannel and how it reaches us.

    `url` is smsbox without path ("http://127.0.0.1:13013"); `sender` a short code or a brandname; `callback_base` our
    own address of this gateway as Kannel sees it ("http://127.0.0.1:8080/gateways/kannel"); `secret` at least 16
    bytes. Raises ValueError that names the field.
    """

    url: str
    username: str
    password: str = field(repr=False)
    sender: str
    callback_base: str
    secret: bytes = field(repr=False)
    smsc: str | None = None
    """The smsc-id to leave by; None lets Kannel route."""
    segments_per_second: float = 10.0
    price_vnd_per_segment: int = 0
    max_segments: int = 10
    concurrency: int = 64
    timeout_s: float = 10.0
    envelope: str = field(init=False, repr=False)
    """The end of each submission: whom it is from, and who may send it."""

    def __post_init__(self) -> None:
        smsc = f"<smsc>{escape(self.smsc)}</smsc>" if self.smsc else ""
        envelope = (
            f"<oa><number>{escape(self.sender)}</number></oa>{smsc}"
            f"<from><user>{escape(self.username)}</user><pass>{escape(self.password)}</pass></from>"
            "</submit></message>"
        )
        object.__setattr__(self, "envelope", envelope)
        for name, url in (("url", self.url), ("callback_base", self.callback_base)):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
                raise ValueError(f"{name} must be an http address without user name and query")
            if "%" in url:
                raise ValueError(f"{name} must hold no '%': Kannel would take it for an escape code")
        if len(self.secret) < 16:
            raise ValueError("secret must have at least 16 bytes")

    @property
    def inbound_proof(self) -> str:
        return proof(self.secret, "inbound")

    def receipt_proof(self, reference: str) -> str:
        return proof(self.secret, "receipt", reference)

    @property
    def inbound_url(self) -> str:
        """What Kannel's `post-url` must be.

        Kannel signs nothing and names no message id in its headers (measured), so the proof and the id ride in the
        query; sender and text stay out of it, and so out of access logs.
        """
        return f"{self.callback_base}/inbound?token={self.inbound_proof}&id=%I&ts=%T"

    def receipt_url(self, reference: str) -> str:
        """The `dlr-url` of one message."""
        return (
            f"{self.callback_base}/receipts?ref={reference}&sig={self.receipt_proof(reference)}"
            "&type=%d&fid=%F&reply=%A&ts=%T"
        )


class KannelGateway:
    """Sends by POST of XML: aiohttp repeats a GET by itself when the connection breaks, and would send twice."""

    name: ClassVar[str] = "kannel"
    channel: ClassVar[Channel] = Channel.SMS

    def __init__(self, config: KannelConfig) -> None:
        self.number: str | None = config.sender
        self.segments_per_second = config.segments_per_second
        self.price_vnd_per_segment = config.price_vnd_per_segment
        self.capabilities = Capabilities(
            free_text=True,
            can_be_answered=config.sender.removeprefix("+").isdecimal(),
            reply_in_response=False,
            registered_templates=False,
            max_segments=config.max_segments,
            concurrency=config.concurrency,
        )
        self._config = config
        self._surely_fit = config.max_segments * (Encoding.UCS2.part // 2 - 1)  # if every character cost two units
        self._sendsms = URL(config.url.rstrip("/") + "/cgi-bin/sendsms")
        self._wire = Wire(config.concurrency, config.timeout_s)

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        if len(batch) == 1:  # as the dispatcher has it: one request takes one message
            return [await self._send(batch[0])]
        return list(await asyncio.gather(*(self._send(message) for message in batch)))

    async def _send(self, message: Outgoing) -> Outcome:
        if reason := self.cannot_carry(message):
            return Outcome(message.reference, SendStatus.REJECTED, detail=reason)
        try:
            answer = await self._wire.post(self._sendsms, submission(self._config, message), _XML)
        except NeverLeft as error:
            return Outcome(message.reference, SendStatus.TEMPORARY, detail=f"no connection to Kannel: {error}")
        except NoAnswer as error:
            return Outcome(message.reference, SendStatus.UNCERTAIN, detail=f"no answer from Kannel: {error}")
        return read_answer(message.reference, answer)

    def cannot_carry(self, message: Outgoing) -> str | None:
        """Why Kannel would accept this text and spoil it (measured): it sends nothing, `?`, or only the beginning."""
        if not message.text:
            return "the text is empty"
        if message.encoding is Encoding.UCS2 and len(message.text) <= self._surely_fit:
            return None
        counted = segment(message.text)
        if message.encoding == Encoding.GSM7 and counted.encoding != Encoding.GSM7:
            return "the text does not fit GSM-7"
        if counted.segments > self._config.max_segments:
            return f"the text takes {counted.segments} segments of at most {self._config.max_segments}"
        return None

    def inbound(self, request: WebhookRequest) -> list[InboundText]:
        """Empty for what nobody can answer: carriers' notices from named senders, and binary messages."""
        require_shape(request, ("POST",))
        require_proof(request.query.get("token"), self._config.inbound_proof)
        provider_id = request.query.get("id", "")
        if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", provider_id):
            raise WebhookRefused(400, "no message id: post-url is not as recommended")
        handset = request.header("X-Kannel-From")
        if handset is None:
            raise WebhookRefused(400, "no sender: sms-service needs send-sender = true")
        text = read_text(request)
        try:
            sender = parse_phone(handset)
        except PhoneError:
            return []
        if text is None:
            return []
        recipient = request.header("X-Kannel-To") or ""
        return [InboundText(provider_id, sender, recipient, text, _time(request.query))]

    def receipts(self, request: WebhookRequest) -> list[Receipt]:
        require_shape(request, ("GET",))
        reference = request.query.get("ref")
        if not reference:
            raise WebhookRefused(400, "no reference")
        require_proof(request.query.get("sig"), self._config.receipt_proof(reference))
        state = _RECEIPT_STATES.get(request.query.get("type", ""))
        if state is None:
            raise WebhookRefused(400, "no such type of receipt")
        reply = _substituted(request.query.get("reply")) or ""
        if state is ReceiptState.UNDELIVERED and "stat:EXPIRED" in reply:
            state = ReceiptState.EXPIRED
        provider_id = _substituted(request.query.get("fid"))
        return [Receipt(reference, state, provider_id, _carrier_reason(reply), _time(request.query))]

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        return []

    def reply(self, events: Sequence[Event], answers: Sequence[str] = ()) -> WebhookReply:
        return WebhookReply()

    async def check(self) -> str | None:
        """A submission without recipient: Kannel looks at the password first, then refuses it (measured)."""
        try:
            answer = await self._wire.post(self._sendsms, submission(self._config, None), _XML)
        except NeverLeft:
            return f"no smsbox answers at {self._config.url}: is Kannel running?"
        except NoAnswer as error:
            return f"what listens at {self._config.url} gives no answer ({error})"
        if answer.status == 403:
            return f"Kannel at {self._config.url} refuses our user name, password or address"
        if answer.status == 400 and answer.text.startswith("Missing receiver"):
            return None
        return f"what listens at {self._config.url} answers {answer.status}, unlike Kannel's smsbox"

    async def close(self) -> None:
        await self._wire.close()


def submission(config: KannelConfig, message: Outgoing | None) -> bytes:
    """The XML that smsbox takes; None makes one without recipient, that Kannel must refuse.

    The text is percent-encoded inside the XML: Kannel decodes it once more (a bare "+" became a blank) and strips
    blanks at both ends before that (measured). Every byte is, letters too: twenty times as fast as to choose.
    """
    if message is None:
        return f"{_BEGIN}<ud>-</ud>{config.envelope}".encode()
    coding = 2 if message.encoding is Encoding.UCS2 else 0
    return (
        f"{_BEGIN}<da><number>{escape(message.to)}</number></da>"
        f"<ud>%{message.text.encode().hex('%')}</ud><dcs><coding>{coding}</coding></dcs>"
        f"<statusrequest><dlr-mask>{_EVERY_RECEIPT}</dlr-mask>"
        f"<dlr-url>{config.receipt_url(message.reference).replace('&', '&amp;')}</dlr-url></statusrequest>"
        f"{config.envelope}"
    ).encode()


_BEGIN = '<?xml version="1.0" encoding="UTF-8"?><message><submit>'


def read_answer(reference: str, answer: Answer) -> Outcome:
    """What smsbox's answer to one submission means.

    The answer itself is not passed on, since Kannel lists the denied numbers in it.
    """
    if answer.status == 202:  # "0: Accepted for delivery", or "3: Queued for later delivery" without a carrier
        queued = "queued until a carrier is connected" if answer.text.startswith("3:") else None
        return Outcome(reference, SendStatus.ACCEPTED, None, queued)
    detail = f"Kannel answered {answer.status}"
    match answer.status:
        case 400 if answer.text.startswith(_REFUSES_THIS_MESSAGE):
            return Outcome(reference, SendStatus.REJECTED, detail="Kannel refuses this number or text")
        case 429:
            return Outcome(reference, SendStatus.RATE_LIMITED, detail=detail, retry_after_s=answer.retry_after_s)
        case 503:
            return Outcome(reference, SendStatus.TEMPORARY, detail=detail, retry_after_s=answer.retry_after_s)
        case status if 300 <= status < 500:
            return Outcome(reference, SendStatus.ACCOUNT, detail=detail)
        case _:  # not from Kannel: something stands between us, and nobody knows what it passed on
            return Outcome(reference, SendStatus.UNCERTAIN, detail=detail)


def _substituted(value: str | None) -> str | None:
    """The value of an escape code; None if it is absent, empty, or was left standing as "%F"."""
    return None if not value or re.fullmatch(r"%[A-Za-z]", value) else value


def _time(query: Mapping[str, str]) -> datetime | None:
    """%T, seconds since 1970. Absent or odd, it is no reason to lose a text."""
    seconds = query.get("ts", "")
    return datetime.fromtimestamp(int(seconds), UTC) if re.fullmatch(r"[0-9]{1,10}", seconds) else None


def _carrier_reason(reply: str) -> str | None:
    """The carrier's state and error code out of %A. The rest is dropped: an SMPP receipt quotes the message."""
    if found := re.search(r"\bstat:([A-Z]{1,10})(?:\s+err:([0-9A-Za-z]{1,6}))?", reply):
        return f"{found[1]} {found[2]}" if found[2] else found[1]
    if found := re.match(r"NACK/((?:0x)?[0-9A-Fa-f]{1,8})\b", reply):
        return f"NACK {found[1]}"
    return None
