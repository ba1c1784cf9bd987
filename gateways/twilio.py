"""Twilio: one-way texts to Vietnam, and a number abroad for those who try Loa out.

What Twilio says of Vietnam (twilio.com/en/guidelines/vn/sms, read 2026-11): no answers, no promotional texts, a sender
name and the forms of its texts to be registered beforehand, numbers as senders overwritten, and delivery reports that
are the network's acknowledgement and no telephone's: DELIVERED means no more here.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from foundation.message_class import MessageClass
from foundation.text import Encoding, nfc, segment
from gateways.protocol import (
    EVERY_CLASS,
    Capabilities,
    Channel,
    Event,
    InboundText,
    Outcome,
    Outgoing,
    Receipt,
    SendStatus,
    Sent,
    WebhookRefused,
    WebhookReply,
    WebhookRequest,
)
from gateways.twilio_codes import GIVEN_UP, STATES, fate, of_refusal
from gateways.twilio_sdk import TwilioApi, TwilioMessage, TwilioRefused, TwilioUnreadable, empty_twiml
from gateways.twilio_webhook import SID, Signers, read_inbound, read_receipt, verified
from gateways.webhooks import proof, require_proof
from gateways.wire import NeverLeft, NoAnswer

MAX_SEGMENTS = 10
"""1,530 characters, or 670 with accents: Twilio takes 1,600 in a Body."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}")

_BEFORE, _AFTER = timedelta(seconds=10), timedelta(seconds=90)
"""Where Twilio's making of a message may lie from our taking it in hand: the clocks differ, and it may wait half a
minute for its turn before it leaves (scheduler), and as long as a request lasts on the way."""
_SILENT = (NeverLeft, NoAnswer, TwilioRefused, TwilioUnreadable)


@dataclass(frozen=True, slots=True)
class TwilioConfig:
    """An account, and what people see as the sender: a number (E.164), a registered name of at most 11 characters, or
    the sid of a Messaging Service ("MG…"), which chooses.

    `callback_base` is our address of this gateway as Twilio calls it ("https://loa.example.vn/gateways/twilio"); `url`
    is Twilio's server ("https://api.dublin.ie1.twilio.com" for another region), https unless on this machine;
    `secret` at least 16 bytes. `answerable`: people were seen to reach that number. Raises ValueError that names the
    field.
    """

    account_sid: str = field(repr=False)
    auth_token: str = field(repr=False)
    sender: str
    callback_base: str
    secret: bytes = field(repr=False)
    shared_keys: tuple[str, ...] = field(default=(), repr=False)
    url: str = "https://api.twilio.com"
    answerable: bool = False
    segments_per_second: float = 10.0
    price_vnd_per_segment: int = 0
    concurrency: int = 16
    timeout_s: float = 15.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not secure or not parts.hostname or parts.username or parts.path.strip("/") or parts.query:
            raise ValueError("url must be an https address without user name and path: the token travels to it")
        called = urlsplit(self.callback_base)
        if called.scheme not in ("http", "https") or not called.hostname or called.username or called.query:
            raise ValueError("callback_base must be an http address without user name and query")
        if "_" in called.hostname:
            raise ValueError("callback_base must have no '_' in its host: Twilio takes no such StatusCallback")
        if not _ACCOUNT.fullmatch(self.account_sid):
            raise ValueError("account_sid must be AC and 32 hexadecimal digits")
        if not self.auth_token:
            raise ValueError("auth_token is missing")
        if not any(form.fullmatch(self.sender) for form in (_SERVICE, _NUMBER, _NAME)):
            raise ValueError("sender must be a number (+…), a name of at most 11 characters, or a service (MG…)")
        if self.answerable and (not _NUMBER.fullmatch(self.sender) or self.sender.startswith("+84")):
            raise ValueError(
                "answerable can be a number outside Vietnam alone: Twilio has none inside that is answered"
            )
        if len(self.secret) < 16:
            raise ValueError("secret must have at least 16 bytes")

    def receipt_proof(self, reference: str) -> str:
        return proof(self.secret, "receipt", reference)

    def receipt_url(self, reference: str) -> str:
        """The `StatusCallback` of one message. The signature covers it; the proof says that it was we who made it."""
        return f"{self.callback_base}/receipts?ref={reference}&sig={self.receipt_proof(reference)}"


class TwilioGateway:
    """One sender of an account."""

    name: ClassVar[str] = "twilio"
    channel: ClassVar[Channel] = Channel.SMS

    def __init__(self, config: TwilioConfig) -> None:
        self.number: str | None = None if _SERVICE.fullmatch(config.sender) else config.sender
        self.segments_per_second = config.segments_per_second
        self.price_vnd_per_segment = config.price_vnd_per_segment
        self.capabilities = Capabilities(
            free_text=True,
            can_be_answered=config.answerable,
            reply_in_response=False,
            registered_templates=False,
            max_segments=MAX_SEGMENTS,
            concurrency=config.concurrency,
            classes=EVERY_CLASS - {MessageClass.ADVERTISING, MessageClass.FUNDRAISING},
            tells_status=True,
        )
        self._config = config
        self._signers = Signers(config.auth_token, config.shared_keys)
        self._api = TwilioApi(config.account_sid, config.auth_token, config.url, config.concurrency, config.timeout_s)

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        return list(await asyncio.gather(*(self._send(message) for message in batch)))

    async def _send(self, message: Outgoing) -> Outcome:
        reference = message.reference
        if reason := self.cannot_carry(message):
            return Outcome(reference, SendStatus.REJECTED, detail=reason)
        try:
            made = await self._api.create(**submission(self._config, message))
        except NeverLeft as error:
            return Outcome(reference, SendStatus.TEMPORARY, detail=f"no connection to Twilio: {error}")
        except NoAnswer as error:
            return Outcome(reference, SendStatus.UNCERTAIN, detail=f"no answer from Twilio: {error}")
        except TwilioRefused as refused:
            return of_refusal(reference, refused)
        except TwilioUnreadable:
            return Outcome(reference, SendStatus.UNCERTAIN, detail="an answer that is not Twilio's")
        sid = made.sid if SID.fullmatch(made.sid) else None
        if STATES.get(made.status) in GIVEN_UP:
            # Of the status that a message begins with no call ever tells: so it is asked for, and the reason with it.
            return Outcome(reference, SendStatus.UNCERTAIN, sid, "Twilio took it and gave it up")
        return Outcome(reference, SendStatus.ACCEPTED, sid)

    def cannot_carry(self, message: Outgoing) -> str | None:
        if message.message_class not in self.capabilities.classes:
            return f"this gateway does not carry the class {message.message_class}"
        if not message.text:
            return "the text is empty"
        counted = segment(message.text)
        if message.encoding == Encoding.GSM7 and counted.encoding != Encoding.GSM7:
            return "the text does not fit GSM-7"
        if counted.segments > MAX_SEGMENTS:
            return f"the text takes {counted.segments} segments of at most {MAX_SEGMENTS}"
        return None

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        """By the message's sid; without one, by its number and time, where that can be one message alone."""
        known = {sent.provider_id for sent in asked if sent.provider_id}
        nameless = [sent for sent in asked if not sent.provider_id]
        found = await asyncio.gather(*(self._status(sent, known, nameless) for sent in asked))
        return [receipt for receipt in found if receipt]

    async def _status(self, sent: Sent, known: set[str], nameless: Sequence[Sent]) -> Receipt | None:
        try:
            if sent.provider_id:
                message: TwilioMessage | None = await self._api.message(sent.provider_id)
            else:
                message = await self._only_one(sent, known, nameless)
        except _SILENT:
            return None  # it is asked again
        told = fate(message.status, message.error_code) if message else None
        return Receipt(sent.reference, told[0], message.sid, told[1]) if message and told else None

    async def _only_one(self, sent: Sent, known: set[str], nameless: Sequence[Sent]) -> TwilioMessage | None:
        """Twilio keeps no reference of ours that can be asked for: of two equal texts to one person in a minute and a
        half nothing is said."""
        if any(other is not sent and _could_be_confused(other, sent) for other in nameless):
            return None
        messages = await self._api.messages_to(sent.to, sent.at - _BEFORE)
        mine = [
            message
            for message in messages
            if message.created_at is not None
            and sent.at - _BEFORE <= message.created_at <= sent.at + _AFTER
            and message.body is not None
            and nfc(message.body) == sent.text
        ]
        return mine[0] if len(mine) == 1 and mine[0].sid not in known else None

    def inbound(self, request: WebhookRequest) -> list[InboundText]:
        form = verified(request, f"{self._config.callback_base}/inbound", self._signers)
        return read_inbound(form)

    def receipts(self, request: WebhookRequest) -> list[Receipt]:
        form = verified(request, f"{self._config.callback_base}/receipts", self._signers)
        reference = request.query.get("ref")
        if not reference:
            raise WebhookRefused(400, "no reference")
        require_proof(request.query.get("sig"), self._config.receipt_proof(reference))
        return [read_receipt(form, reference)]

    def reply(self, events: Sequence[Event], answers: Sequence[str] = ()) -> WebhookReply:
        return WebhookReply(body=empty_twiml(), content_type="text/xml; charset=utf-8")

    async def check(self) -> str | None:
        if urlsplit(self._config.callback_base).hostname in _LOOPBACK:
            return "Twilio cannot call us on this machine: set LOA_PUBLIC_URL"
        try:
            status = await self._api.account_status()
        except NeverLeft:
            return f"nobody answers at {self._config.url}"
        except NoAnswer as error:
            return f"what listens at {self._config.url} gives no answer ({error})"
        except TwilioRefused as refused:
            return of_refusal("", refused).detail
        except TwilioUnreadable:
            return f"what listens at {self._config.url} answers unlike Twilio"
        return None if status == "active" else "the account at Twilio is not active"

    async def close(self) -> None:
        await self._api.close()


def submission(config: TwilioConfig, message: Outgoing) -> dict[str, str]:
    """The fields of one message, as the SDK names them."""
    sender = "messaging_service_sid" if _SERVICE.fullmatch(config.sender) else "from_"
    return {
        "to": message.to,
        sender: config.sender,
        "body": message.text,
        "status_callback": config.receipt_url(message.reference),
    }


def _could_be_confused(one: Sent, other: Sent) -> bool:
    return one.to == other.to and one.text == other.text and abs(one.at - other.at) <= _BEFORE + _AFTER
