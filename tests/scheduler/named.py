"""Gateways of any name, price and abilities."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gateways import Channel, Outgoing, Receipt, Sent
from tests.scheduler.parts import RecordingGateway

Tells = Callable[[Sent], Receipt | None]


class NamedGateway(RecordingGateway):
    """A gateway of any name, price and abilities."""

    def __init__(self, name: str, price: int = 500, channel: Channel = Channel.SMS, **can: Any) -> None:
        super().__init__()
        self.name = name  # type: ignore[misc]
        self.channel = channel  # type: ignore[misc]
        self.price_vnd_per_segment = price
        self.capabilities = replace(self.capabilities, **can)
        self.refuses: str | None = None

    def cannot_carry(self, message: Outgoing) -> str | None:
        return "no registered template" if self.refuses and self.refuses in message.text else None


class TellingGateway(NamedGateway):
    """Says what became of messages, and remembers what it was asked."""

    def __init__(self, name: str = "recording", tells: Tells = lambda sent: None, **can: Any) -> None:
        super().__init__(name, **{"tells_status": True, **can})
        self.tells = tells
        self.asked: list[Sent] = []

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        self.asked.extend(asked)
        return [receipt for sent in asked if (receipt := self.tells(sent)) is not None]
