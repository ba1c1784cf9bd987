"""Zalo's ZBS templates to telephone numbers (once called ZNS): texts registered with Zalo, with values in their places.

Who has the number as their Zalo account gets it, whether they follow us or not. Our reference travels as `tracking_id`
and comes back in the receipt, which Zalo sends to the account's one address, that of the gateway `zalo`.
"""

import asyncio
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from foundation.clock import utc_now
from foundation.database import Database
from foundation.message_class import MessageClass
from gateways.protocol import (
    EVERY_CLASS,
    Capabilities,
    Channel,
    Event,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptState,
    SendStatus,
    Sent,
    TemplateState,
    WebhookRefused,
    WebhookReply,
    WebhookRequest,
)
from gateways.template_store import TemplateStore
from gateways.templates import PLACE, Fit, RegisteredTemplate, TemplatesUnavailable, fitting
from gateways.zalo import MOST_SEGMENTS, ONE_MESSAGE
from gateways.zalo_oauth import ZaloAccount
from gateways.zalo_webhook import BY_PHONE, template_state
from gateways.zalo_wire import Json, ZaloSilent, ZaloWire, text_of

log = structlog.get_logger()

CLASSES = EVERY_CLASS - {MessageClass.REPLY}
"""Not answers: what is registered beforehand answers nobody's question."""

LONGEST_BY_TYPE: Mapping[str, int] = MappingProxyType(
    {
        "1": 30,  # a name
        "2": 15,  # a telephone number
        "3": 200,  # an address
        "4": 30,  # a code
        "5": 30,  # a label
        "6": 30,  # a status
        "7": 50,  # how to get in touch
        "8": 5,  # a title
        "9": 200,  # a product
        "10": 20,  # an amount
        "11": 20,  # a time
        "12": 10,  # a one-time code
        "13": 200,  # a link
        "14": 12,  # a currency
        "15": 90,  # the note of a bank transfer
    }
)
"""Characters that a value may have, by the type under which its place was registered, where Zalo tells no length."""
LONGEST_VALUE = max(LONGEST_BY_TYPE.values())
_PAGE = 100
_MOST_PAGES = 50
_ASKED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class ZbsConfig:
    """`development` sends tests, which reach the administrators of the app alone; `price_vnd` is one message's."""

    messages_per_second: float = 20.0
    price_vnd: int = 0
    development: bool = False
    name: str = "Zalo OA"


@dataclass(frozen=True, slots=True)
class CarrierTemplate:
    """A template as Zalo tells of it, which is all but its text: a person copies that from Zalo's console. `places` are
    the names of its places with the longest value each takes, in characters; `price_vnd` is one message's."""

    template_id: str
    state: TemplateState
    places: Mapping[str, int] = field(default_factory=dict)
    price_vnd: int | None = None
    detail: str | None = None


class ZbsGateway:
    """Templates by phone. `templates` are the registered ones, read anew every few seconds."""

    name: ClassVar[str] = BY_PHONE
    channel: ClassVar[Channel] = Channel.SMS

    def __init__(
        self,
        config: ZbsConfig,
        account: ZaloAccount,
        database: Database,
        templates: TemplateStore,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.number: str | None = config.name
        self.segments_per_second = config.messages_per_second
        self.price_vnd_per_segment = config.price_vnd
        self.capabilities = Capabilities(
            free_text=False,
            can_be_answered=False,
            reply_in_response=False,
            registered_templates=True,
            max_segments=MOST_SEGMENTS,
            concurrency=account.concurrency,
            classes=CLASSES,
            ladders=MappingProxyType(dict.fromkeys(CLASSES, ONE_MESSAGE)),
            tells_status=True,
        )
        self._config = config
        self._account = account
        self._templates = templates
        self._wire = ZaloWire(account, database, now)

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        return list(await asyncio.gather(*(self._send(message) for message in batch)))

    async def _send(self, message: Outgoing) -> Outcome:
        try:
            fit = await asyncio.to_thread(self._fit, message)
        except SQLAlchemyError:
            return Outcome(message.reference, SendStatus.TEMPORARY, detail="the registered templates cannot be read")
        if isinstance(fit, str):
            return Outcome(message.reference, SendStatus.REJECTED, detail=fit)
        url = f"{self._account.business_url}/message/template"
        document = template_message(message, fit, self._config.development)
        return await self._wire.submit(message.reference, url, document, "msg_id")

    def cannot_carry(self, message: Outgoing) -> str | None:
        """What Zalo would refuse, as far as it is known here. Raises SQLAlchemyError if the templates cannot be
        read."""
        fit = self._fit(message)
        return fit if isinstance(fit, str) else None

    def _fit(self, message: Outgoing) -> Fit | str:
        """The template that carries the message, or why none does."""
        if message.message_class not in CLASSES:
            return "no template answers anybody"
        if not message.to.startswith("+84"):
            return "not a number of Vietnam's"
        return fitting(self._templates.of(self.name), message.text) or "no approved template has the form of this text"

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        """What Zalo says of those that it gave an id; of one that was never answered it cannot be asked."""
        at_once = asyncio.Semaphore(_ASKED_AT_ONCE)

        async def ask(sent: Sent, provider_id: str) -> Receipt | None:
            async with at_once:
                return await self._status(sent, provider_id)

        found = await asyncio.gather(*(ask(sent, sent.provider_id) for sent in asked if sent.provider_id))
        return [receipt for receipt in found if receipt is not None]

    async def _status(self, sent: Sent, provider_id: str) -> Receipt | None:
        try:
            said = await self._wire.look_up(f"{self._account.business_url}/message/status", {"message_id": provider_id})
        except ZaloSilent:
            return None
        arrived = said.error == 0 and said.text("status") == "1"  # 0 is on its way, -1 unknown
        return Receipt(sent.reference, ReceiptState.DELIVERED, provider_id) if arrived else None

    async def fetch_templates(self) -> list[RegisteredTemplate]:
        """Those of the account whose text is known here, with Zalo's judgement of now and the longest value of each
        place. Raises TemplatesUnavailable."""
        try:
            told = await self.ask_for_templates()
            known = {each.template_id: each for each in await asyncio.to_thread(self._templates.of, self.name)}
        except (ZaloSilent, SQLAlchemyError) as error:
            raise TemplatesUnavailable(str(error) if isinstance(error, ZaloSilent) else type(error).__name__) from error
        for template in told:
            if template.template_id not in known:
                log.warning("a template of Zalo's has no text here", template=template.template_id)
        return [judged(known[each.template_id], each) for each in told if each.template_id in known]

    async def ask_for_templates(self) -> list[CarrierTemplate]:
        """All templates of the account. Raises ZaloSilent with an English line."""
        found: list[str] = []
        for page in range(_MOST_PAGES):
            rows = await self._asked("/template/all", {"offset": str(page * _PAGE), "limit": str(_PAGE)})
            listed = rows if isinstance(rows, list) else []
            found += [template_id for row in listed if (template_id := text_of(row, "templateId"))]
            if len(listed) < _PAGE:
                break
        at_once = asyncio.Semaphore(_ASKED_AT_ONCE)

        async def described(template_id: str) -> CarrierTemplate:
            async with at_once:
                return read_template(await self._asked("/template/info/v2", {"template_id": template_id}), template_id)

        return list(await asyncio.gather(*(described(template_id) for template_id in dict.fromkeys(found))))

    async def _asked(self, path: str, parameters: Mapping[str, str]) -> object:
        said = await self._wire.look_up(self._account.business_url + path, parameters)
        if said.error != 0:
            raise ZaloSilent(f"Zalo answers {said.status}, error {said.error}, to {path}")
        return said.data

    def inbound(self, request: WebhookRequest) -> list[Event]:
        """Nothing comes here: Zalo has one address for all, the gateway zalo's."""
        raise WebhookRefused(404, "Zalo calls the gateway zalo")

    def receipts(self, request: WebhookRequest) -> list[Event]:
        return self.inbound(request)

    def reply(self, events: Sequence[Event], answers: Sequence[str] = ()) -> WebhookReply:
        return WebhookReply()

    async def check(self) -> str | None:
        """Ask how many messages Zalo takes from us today, with the token of now."""
        try:
            said = await self._wire.check(f"{self._account.business_url}/message/quota")
        except ZaloSilent as silent:
            return str(silent)
        if said.error != 0:
            return f"Zalo at {self._account.business_url} answers {said.status}, error {said.error}"
        if said.text("remainingQuota") == "0":
            return "today's quota of templates is used up"
        known = await asyncio.to_thread(self._templates.of, self.name)
        if not any(template.state is TemplateState.APPROVED for template in known):
            return f"no template is approved: «loa templates add {self.name} …»"
        return None

    async def close(self) -> None:
        await self._wire.close()


def template_message(message: Outgoing, fit: Fit, development: bool) -> Json:
    """One message: the number as 84…, the template's id, and what stands in its places."""
    document: dict[str, object] = {
        "phone": message.to.removeprefix("+"),
        "template_id": fit.template.template_id,
        "template_data": fit.values,
        "tracking_id": message.reference,
    }
    return document | ({"mode": "development"} if development else {})


def read_template(data: object, template_id: str) -> CarrierTemplate:
    """What Zalo tells of one template; a state that we don't know counts as pending, which lets nothing through."""
    parameters = data.get("listParams") if isinstance(data, dict) else None
    places = {
        name: _longest(parameter)
        for parameter in (parameters if isinstance(parameters, list) else [])
        if (name := text_of(parameter, "name"))
    }
    price = text_of(data, "price_sdt") or text_of(data, "price") or ""
    return CarrierTemplate(
        template_id,
        template_state(text_of(data, "status")) or TemplateState.PENDING,
        places,
        math.ceil(float(price)) if re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,4})?", price) else None,
        text_of(data, "reason"),
    )


def judged(known: RegisteredTemplate, told: CarrierTemplate) -> RegisteredTemplate:
    """The text that is known here with what Zalo tells of it. With other places than Zalo's it lets nothing through."""
    names = {place[1] for place in PLACE.finditer(known.body)}
    if names != told.places.keys():
        detail = f"places here: {_list(names)}; at Zalo's: {_list(told.places)}"
        return replace(known, state=TemplateState.PENDING, detail=detail, price_vnd=told.price_vnd)
    body = PLACE.sub(lambda place: f"{{{place[1]},{told.places[place[1]]}}}", known.body)
    return replace(known, body=body, state=told.state, detail=told.detail, price_vnd=told.price_vnd)


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _longest(parameter: object) -> int:
    told = text_of(parameter, "maxLength") or ""
    if told.isdecimal() and 0 < int(told) <= LONGEST_VALUE:
        return int(told)
    return LONGEST_BY_TYPE.get(text_of(parameter, "type") or "", LONGEST_VALUE)
