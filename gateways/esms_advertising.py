"""eSMS.vn, advertising: one text by brandname to 30 to 5,000 numbers a request. Nothing calls back: fates are asked.

Its label, hours and consent are the scheduler's rules. Source of the wire: see `esms_account`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from foundation.message_class import MessageClass
from foundation.phones import national
from foundation.text import segment
from gateways.esms import is_unicode, spoiled
from gateways.esms_account import EsmsAccount, EsmsApi, lost, read_answer
from gateways.esms_status import ask
from gateways.protocol import (
    Capabilities,
    Channel,
    Event,
    Ladder,
    Outcome,
    Outgoing,
    Receipt,
    SendStatus,
    Sent,
    WebhookRefused,
    WebhookReply,
    WebhookRequest,
)
from gateways.wire import NeverLeft, NoAnswer

_ADVERTISING = "1"
FEWEST, MOST = 30, 5_000
"""Different numbers in one request (codes 107 and 120)."""


@dataclass(frozen=True, slots=True)
class EsmsAdvertisingConfig:
    """Advertising of an account. `ladder` is how long texts of one segment, two, three … may be, as the contract
    counts them; without an accented one only texts without accents are taken."""

    account: EsmsAccount
    ladder: Ladder
    segments_per_second: float = 500.0
    price_vnd_per_segment: int = 0


class EsmsAdvertisingGateway:
    """A batch becomes one request for each different text in it."""

    name: ClassVar[str] = "esms_advertising"
    channel: ClassVar[Channel] = Channel.SMS

    def __init__(self, config: EsmsAdvertisingConfig) -> None:
        self.number: str | None = config.account.brandname
        self.segments_per_second = config.segments_per_second
        self.price_vnd_per_segment = config.price_vnd_per_segment
        self.capabilities = Capabilities(
            free_text=True,
            can_be_answered=False,
            reply_in_response=False,
            registered_templates=False,
            max_segments=max(len(config.ladder.bare), len(config.ladder.accented)),
            concurrency=config.account.concurrency,
            batch_min=FEWEST,
            batch_max=MOST,
            classes=frozenset({MessageClass.ADVERTISING}),
            ladders=MappingProxyType({MessageClass.ADVERTISING: config.ladder}),
            tells_status=True,
            tells_delivery=False,
        )
        self._ladder = config.ladder
        self._api = EsmsApi(config.account)

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        outcomes: dict[str, Outcome] = {}
        by_text: dict[str, dict[str, Outgoing]] = {}
        for message in batch:
            same_text = by_text.setdefault(message.text, {})
            if reason := self.cannot_carry(message):
                outcomes[message.reference] = Outcome(message.reference, SendStatus.REJECTED, detail=reason)
            elif message.to in same_text:
                twice = "this number gets the same text in this batch already"
                outcomes[message.reference] = Outcome(message.reference, SendStatus.REJECTED, detail=twice)
            else:
                same_text[message.to] = message
        for text, messages in by_text.items():
            for outcome in await self._send(text, list(messages.values())):
                outcomes[outcome.reference] = outcome
        return [outcomes[message.reference] for message in batch]

    async def _send(self, text: str, messages: Sequence[Outgoing]) -> list[Outcome]:
        references = [message.reference for message in messages]
        if len(messages) < FEWEST:
            few = f"eSMS takes {FEWEST} numbers of one text or more, and here are {len(messages)}"
            return [Outcome(reference, SendStatus.TEMPORARY, detail=few) for reference in references]
        try:
            answer = await self._api.send("SendMultipleSMSBrandname_json/", submission(text, messages))
        except (NeverLeft, NoAnswer) as error:
            return lost(references, error)
        return read_answer(references, answer, one_by_one=False)

    def cannot_carry(self, message: Outgoing) -> str | None:
        if reason := spoiled(message, self.capabilities):
            return reason
        steps = self._ladder.bare if message.text.isascii() else self._ladder.accented
        if not steps:
            return "advertising goes without accents here"
        counted = segment(message.text)
        if self._ladder.segments(counted) is None:
            return f"the text has {counted.units} characters of at most {steps[-1]}"
        return None

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        return await ask(self._api, _ADVERTISING, asked)

    def inbound(self, request: WebhookRequest) -> list[Event]:
        """Refuses every call: this product makes none. Texts from people come by the gateway `esms`."""
        raise WebhookRefused(403, "this gateway makes no calls")

    def receipts(self, request: WebhookRequest) -> list[Event]:
        """Refuses every call, as `inbound` does."""
        raise WebhookRefused(403, "this gateway makes no calls")

    def reply(self, events: Sequence[Event], answers: Sequence[str] = ()) -> WebhookReply:
        return WebhookReply()

    async def check(self) -> str | None:
        return await self._api.check()

    async def close(self) -> None:
        await self._api.close()


def submission(text: str, messages: Sequence[Outgoing]) -> Mapping[str, object]:
    """The fields of SendMultipleSMSBrandname_json but for keys and brandname.

    RequestId is a digest of all references: that it was taken before (124) is then true of exactly these messages. A
    request of other messages has another one, so an uncertain batch must not be sent again in other company.
    """
    request_id = hashlib.sha256("\n".join(sorted(message.reference for message in messages)).encode()).hexdigest()[:48]
    unicode = {"IsUnicode": "1"} if is_unicode(text) == "1" else {}
    return {
        "Phones": [national(message.to) for message in messages],
        "Content": text,
        "SmsType": _ADVERTISING,
        "RequestId": request_id,
        "campaignid": request_id,
        **unicode,
    }
