"""Zalo Official Account: answers to people who wrote to it, on API v3.0, and everything that Zalo calls us for.

Free text reaches only who wrote within seven days; what goes out unasked are registered templates, to telephone numbers
(`zalo_templates`). An app has one address for all its calls, so that receipts of templates come here as well.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar

import structlog

from foundation.clock import utc_now
from foundation.database import Database
from foundation.message_class import MessageClass
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
    WebhookReply,
    WebhookRequest,
)
from gateways.zalo_oauth import ZaloAccount
from gateways.zalo_webhook import is_id, read_events, verify
from gateways.zalo_wire import Json, ZaloSilent, ZaloWire

log = structlog.get_logger()

LONGEST_TEXT = 2_000
"""Characters."""
MOST_SEGMENTS = 13
"""Where texts are cut as SMS are: 13 × 153 characters stay below the longest text, and 13 × 67 far below."""
WINDOW = timedelta(days=7)
"""After the person's last word; free for the first 48 hours."""
REQUESTS_PER_SECOND = 60.0
"""Zalo takes 4,000 a minute from an app."""
ONE_MESSAGE = Ladder(bare=(LONGEST_TEXT,), accented=(LONGEST_TEXT,))
"""Zalo counts messages and not segments."""


@dataclass(frozen=True, slots=True)
class ZaloConfig:
    """How fast we answer, what a message costs after the free hours are over, and what people see us as."""

    messages_per_second: float = REQUESTS_PER_SECOND
    price_vnd: int = 0
    name: str = "Zalo OA"


class ZaloGateway:
    """An Official Account. A person's address is the id by which it knows them."""

    name: ClassVar[str] = "zalo"
    channel: ClassVar[Channel] = Channel.ZALO

    def __init__(
        self,
        config: ZaloConfig,
        account: ZaloAccount,
        database: Database,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.number: str | None = config.name
        self.segments_per_second = config.messages_per_second
        self.price_vnd_per_segment = config.price_vnd
        self.capabilities = Capabilities(
            free_text=True,
            can_be_answered=True,
            reply_in_response=False,
            registered_templates=False,
            max_segments=MOST_SEGMENTS,
            concurrency=account.concurrency,
            classes=frozenset({MessageClass.REPLY}),
            ladders=MappingProxyType({MessageClass.REPLY: ONE_MESSAGE}),
            reply_window=WINDOW,
        )
        self.signed_with: Counter[str] = Counter()
        """Which of the two documented signatures the calls carried, by the name of its first term."""
        self._account = account
        self._now = now
        self._wire = ZaloWire(account, database, now)

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        return list(await asyncio.gather(*(self._send(message) for message in batch)))

    async def _send(self, message: Outgoing) -> Outcome:
        if reason := self.cannot_carry(message):
            return Outcome(message.reference, SendStatus.REJECTED, detail=reason)
        url = f"{self._account.api_url}/v3.0/oa/message/cs"
        return await self._wire.submit(message.reference, url, consultation(message), "message_id")

    def cannot_carry(self, message: Outgoing) -> str | None:
        """What Zalo would refuse: nothing, too much, another class, or what is no id of Zalo's."""
        if message.message_class != MessageClass.REPLY:
            return "Zalo takes free text only as an answer"
        if not message.text:
            return "the text is empty"
        if (length := len(message.text.encode("utf-16-le")) // 2) > LONGEST_TEXT:
            return f"the text takes {length} characters of at most {LONGEST_TEXT}"
        if not is_id(message.to):
            return "not an id of Zalo's"
        return None

    def inbound(self, request: WebhookRequest) -> list[Event]:
        """Whatever Zalo has to tell: there is one address for all."""
        call = verify(request, self._account, self._now())
        if call.signed_with not in self.signed_with:
            log.info("Zalo's calls are signed", first_term=call.signed_with)
        self.signed_with[call.signed_with] += 1
        return read_events(call)

    def receipts(self, request: WebhookRequest) -> list[Event]:
        """The same, should this address be entered in Zalo's console instead."""
        return self.inbound(request)

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        return []

    def reply(self, events: Sequence[Event], answers: Sequence[str] = ()) -> WebhookReply:
        return WebhookReply()

    async def check(self) -> str | None:
        """Ask for the account's own page, with the token of now."""
        url = f"{self._account.api_url}/v2.0/oa/getoa"
        try:
            said = await self._wire.check(url)
        except ZaloSilent as silent:
            return str(silent)
        if said.error != 0:
            return f"Zalo at {self._account.api_url} answers {said.status}, error {said.error}"
        if (oa_id := said.text("oa_id")) not in (None, self._account.oa_id):
            return f"the tokens are those of the account {oa_id}, not of LOA_ZALO_OA_ID"
        return None

    async def close(self) -> None:
        await self._wire.close()


def consultation(message: Outgoing) -> Json:
    """A consultation message ("tin tư vấn") of API v3.0."""
    return {"recipient": {"user_id": message.to}, "message": {"text": message.text}}
