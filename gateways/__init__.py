"""Gateways reach phones: one file each, behind one Protocol. Start with `protocol.py`."""

from collections.abc import Callable, Mapping

from gateways.kannel import KannelGateway
from gateways.protocol import (
    Capabilities,
    Channel,
    Event,
    Gateway,
    InboundText,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptState,
    SendStatus,
    WebhookRefused,
    WebhookReply,
    WebhookRequest,
)
from gateways.simulator import SimulatorGateway

REGISTRY: Mapping[str, Callable[..., Gateway]] = {
    gateway.name: gateway for gateway in (KannelGateway, SimulatorGateway)
}
"""The gateways by the name that they have in settings and URLs. Each is made from its own configuration."""

__all__ = [
    "REGISTRY",
    "Capabilities",
    "Channel",
    "Event",
    "Gateway",
    "InboundText",
    "Outcome",
    "Outgoing",
    "Receipt",
    "ReceiptState",
    "SendStatus",
    "WebhookRefused",
    "WebhookReply",
    "WebhookRequest",
]
