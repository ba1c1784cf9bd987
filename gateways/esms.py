"""eSMS.vn, customer care: texts by brandname to one phone a request, each in the form of a registered template.

A brandname cannot be answered. Who wants answers names our short code at eSMS in the text: what people send there comes
by this gateway, and its answer travels in our HTTP response. Source of the wire: see `esms_account`.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy.exc import SQLAlchemyError

from foundation.message_class import MessageClass
from foundation.phones import national
from foundation.text import Encoding, segment
from gateways.esms_account import SMSID, EsmsAccount, EsmsApi, lost, read_answer
from gateways.esms_short_code import ShortCode, client_response, read_text
from gateways.esms_status import ask, state_of
from gateways.esms_templates import fetch
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
    TemplateState,
    WebhookRefused,
    WebhookReply,
    WebhookRequest,
)
from gateways.template_store import TemplateStore
from gateways.templates import RegisteredTemplate, fitting
from gateways.webhooks import proof, require_proof, require_shape
from gateways.wire import NeverLeft, NoAnswer

_CARE = "2"
_DEDUPES_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class EsmsConfig:
    """Care texts of an account. `callback_base` is our address of this gateway as the Internet sees it
    ("https://loa.example.vn/gateways/esms"); `secret` at least 16 bytes. Raises ValueError that names the field."""

    account: EsmsAccount
    callback_base: str
    secret: bytes = field(repr=False)
    short_code: ShortCode | None = None
    segments_per_second: float = 20.0
    price_vnd_per_segment: int = 0
    max_segments: int = 4

    def __post_init__(self) -> None:
        parts = urlsplit(self.callback_base)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise ValueError("callback_base must be an http address without user name and query")
        if len(self.secret) < 16:
            raise ValueError("secret must have at least 16 bytes")

    def receipt_proof(self, reference: str) -> str:
        return proof(self.secret, "receipt", reference)

    def receipt_url(self, reference: str) -> str:
        """The `CallbackUrl` of one message: eSMS signs nothing, so our proof rides in it."""
        return f"{self.callback_base}/receipts?ref={reference}&sig={self.receipt_proof(reference)}"


class EsmsGateway:
    """Care texts. `templates` are the account's registered ones, read anew every few seconds."""

    name: ClassVar[str] = "esms"
    channel: ClassVar[Channel] = Channel.SMS

    def __init__(self, config: EsmsConfig, templates: TemplateStore) -> None:
        self.number: str | None = config.account.brandname
        self.segments_per_second = config.segments_per_second
        self.price_vnd_per_segment = config.price_vnd_per_segment
        self.capabilities = Capabilities(
            free_text=False,
            can_be_answered=False,
            reply_in_response=config.short_code is not None,
            registered_templates=True,
            max_segments=config.max_segments,
            concurrency=config.account.concurrency,
            classes=EVERY_CLASS - {MessageClass.ADVERTISING},
            dedupes_for=_DEDUPES_FOR,
            tells_status=True,
        )
        self._config = config
        self._templates = templates
        self._api = EsmsApi(config.account)

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        return list(await asyncio.gather(*(self._send(message) for message in batch)))

    async def _send(self, message: Outgoing) -> Outcome:
        try:
            reason = await asyncio.to_thread(self.cannot_carry, message)
        except SQLAlchemyError:
            return Outcome(message.reference, SendStatus.TEMPORARY, detail="the registered templates cannot be read")
        if reason:
            return Outcome(message.reference, SendStatus.REJECTED, detail=reason)
        try:
            answer = await self._api.send("SendMultipleMessage_V4_post_json/", submission(self._config, message))
        except (NeverLeft, NoAnswer) as error:
            return lost([message.reference], error)[0]
        return read_answer([message.reference], answer, one_by_one=True)[0]

    def cannot_carry(self, message: Outgoing) -> str | None:
        """Raises SQLAlchemyError if the templates cannot be read."""
        if reason := spoiled(message, self.capabilities):
            return reason
        segments = segment(message.text).segments
        if segments > self._config.max_segments:
            return f"the text takes {segments} segments of at most {self._config.max_segments}"
        if fitting(self._templates.of(self.name), message.text) is None:
            return "no approved template has the form of this text"
        return None

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        return await ask(self._api, _CARE, asked)

    def inbound(self, request: WebhookRequest) -> list[InboundText]:
        """Empty for what nobody can answer: carriers' notices from named senders."""
        require_shape(request, ("GET",))
        if (code := self._config.short_code) is None:
            raise WebhookRefused(403, "no short code is set up")
        return read_text(code, request)

    def receipts(self, request: WebhookRequest) -> list[Receipt]:
        """What a CallbackUrl is called with. Prices, networks and numbers in it are passed over."""
        require_shape(request, ("GET",))
        query = _with_what_follows(request)
        reference = query.get("ref")
        if not reference:
            raise WebhookRefused(400, "no reference")
        require_proof(query.get("sig"), self._config.receipt_proof(reference))
        state = state_of(query.get("SendStatus", ""), _counts(query, "SendSuccess"), _counts(query, "SendFailed"))
        if state is None:
            raise WebhookRefused(400, "no such SendStatus")
        smsid = query.get("SMSID", "")
        return [Receipt(reference, state, smsid if SMSID.fullmatch(smsid) else None)]

    def reply(self, events: Sequence[Event], answers: Sequence[str] = ()) -> WebhookReply:
        """The answer as ClientResponse, of which there is one: several answers become its paragraphs."""
        return client_response(events, answers)

    async def check(self) -> str | None:
        if said := await self._api.check():
            return said
        try:
            registered = await asyncio.to_thread(self._templates.of, self.name)
        except SQLAlchemyError:
            return "the registered templates cannot be read"
        if not any(template.state is TemplateState.APPROVED for template in registered):
            return "no approved template: see «loa templates add esms»"
        return None

    async def fetch_templates(self) -> list[RegisteredTemplate]:
        """What eSMS has registered for the brandname. Raises TemplatesUnavailable."""
        return await fetch(self._api, self._config.account.brandname, _CARE)

    async def close(self) -> None:
        await self._api.close()


def spoiled(message: Outgoing, capabilities: Capabilities) -> str | None:
    """Why neither of the account's gateways takes this message; None if one may."""
    if message.message_class not in capabilities.classes:
        return f"this gateway does not carry the class {message.message_class}"
    if not message.to.startswith("+84"):
        return "the number is not Vietnamese"
    if not message.text:
        return "the text is empty"
    if message.encoding == Encoding.GSM7 and segment(message.text).encoding != Encoding.GSM7:
        return "the text does not fit GSM-7"
    return None


def submission(config: EsmsConfig, message: Outgoing) -> dict[str, object]:
    """The fields of SendMultipleMessage_V4_post_json but for keys and brandname.

    RequestId is our reference, so that a repetition within 24 hours is refused (124); campaignid as well, by which
    GetSmsSentData_V2 finds what never got an SMSID.
    """
    return {
        "Phone": national(message.to),
        "Content": message.text,
        "SmsType": _CARE,
        "IsUnicode": is_unicode(message.text),
        "RequestId": message.reference,
        "campaignid": message.reference,
        "CallbackUrl": config.receipt_url(message.reference),
    }


def is_unicode(text: str) -> str:
    """IsUnicode: "0" is for texts without accents, and the GSM alphabet has some ("à", "è")."""
    return "0" if text.isascii() else "1"


def _with_what_follows(request: WebhookRequest) -> Mapping[str, str]:
    """The query, also when eSMS hangs its own on ours with a second "?": its documentation shows no CallbackUrl that
    has a query already."""
    query = urlsplit(request.url).query
    return dict(parse_qsl(query.replace("?", "&"), keep_blank_values=True)) if "?" in query else request.query


def _counts(query: Mapping[str, str], name: str) -> bool:
    return re.fullmatch(r"0*[1-9][0-9]*", query.get(name, ""), re.ASCII) is not None
