"""Gateways reach phones: one file each, behind one Protocol. Start with `protocol.py`."""

from gateways.protocol import (
    Attached,
    AttachedKind,
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

__all__ = [
    "Attached",
    "AttachedKind",
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
