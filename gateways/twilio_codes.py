"""What Twilio's statuses and codes mean for us.

Source: twilio.com/docs/api/errors, a page a code, read 2026-11; Twilio adds codes and splits old ones. So an unknown
code never writes off a number: as the answer to a request it is an ACCOUNT matter, and in a receipt only a number.
"""

import re
from collections.abc import Mapping

from gateways.protocol import Outcome, ReceiptState, SendStatus
from gateways.twilio_sdk import TwilioRefused

# No order is promised, and the first of them ("queued", or "accepted" for a Messaging Service) is never told by itself
# (twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks). Inbound statuses have no place here.
STATES: Mapping[str, ReceiptState] = {
    "accepted": ReceiptState.ACCEPTED,
    "scheduled": ReceiptState.ACCEPTED,
    "queued": ReceiptState.ACCEPTED,
    "sending": ReceiptState.ACCEPTED,
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.SEEN,
    "partially_delivered": ReceiptState.UNDELIVERED,
    "undelivered": ReceiptState.UNDELIVERED,
    "failed": ReceiptState.FAILED,
    "canceled": ReceiptState.FAILED,
}
GIVEN_UP = frozenset({ReceiptState.UNDELIVERED, ReceiptState.FAILED})

_REFUSALS: Mapping[int, tuple[SendStatus, str]] = {
    21211: (SendStatus.REJECTED, "Twilio finds the number wrong"),
    21610: (SendStatus.REJECTED, "the person has opted out at Twilio"),
    21614: (SendStatus.REJECTED, "Twilio finds the number to be no mobile one"),
    21617: (SendStatus.REJECTED, "Twilio finds the text too long"),
    21635: (SendStatus.REJECTED, "Twilio finds the number to be a landline"),
    14107: (SendStatus.RATE_LIMITED, "Twilio finds us too fast"),
    20429: (SendStatus.RATE_LIMITED, "Twilio finds us too fast"),
    21611: (SendStatus.RATE_LIMITED, "our sender's queue at Twilio is full"),
    20003: (SendStatus.ACCOUNT, "Twilio refuses our account or token"),
    20005: (SendStatus.ACCOUNT, "the account at Twilio is not active"),
    21212: (SendStatus.ACCOUNT, "Twilio finds our sender wrong"),
    21408: (SendStatus.ACCOUNT, "texts to this country are not enabled at Twilio"),
    21606: (SendStatus.ACCOUNT, "our sender cannot send there"),
    21608: (SendStatus.ACCOUNT, "a trial account at Twilio reaches verified numbers only"),
    21609: (SendStatus.ACCOUNT, "Twilio cannot call our address: see LOA_PUBLIC_URL"),
    # To and From don't go together. As we have one sender it may well be so for everybody.
    21612: (SendStatus.ACCOUNT, "Twilio does not reach this number from our sender"),
    21659: (SendStatus.ACCOUNT, "our sender is not Twilio's"),
    21660: (SendStatus.ACCOUNT, "our sender belongs to another account at Twilio"),
    21703: (SendStatus.ACCOUNT, "our Messaging Service has no sender"),
    21704: (SendStatus.ACCOUNT, "our Messaging Service has no sender"),
    63038: (SendStatus.ACCOUNT, "the account's texts of today are used up at Twilio"),
}

_REASONS: Mapping[int, str] = {
    21610: "the person has opted out at Twilio",
    30001: "our queue at Twilio is full",
    30002: "the account at Twilio is suspended",
    30003: "the phone cannot be reached",
    30004: "the phone or its network blocks the text",
    30005: "the number is unknown or out of service",
    30006: "a landline, or a network that Twilio does not reach",
    30007: "the network filtered the text",
    30008: "no reason is known",
    30017: "the network is congested",
    30018: "the network wants the sender registered first",
    30022: "too many texts for the network",
    30024: "the sender is not registered with the network",
    30034: "the sender is not registered",
    30036: "not handed on in time",
}
_EXPIRED = 30036


def of_refusal(reference: str, refused: TwilioRefused) -> Outcome:
    """What it means for a message that Twilio did not answer with success.

    After a 5xx nobody knows: creating is not idempotent, 503 among others is said of single parts of Twilio (20503),
    and what stands between us may give up on a request that arrived. So it is UNCERTAIN, and asked after. A 429 was
    "never processed and is always safe to retry" (20429).
    """
    status, code, wish = refused.status, refused.code, refused.retry_after_s
    if status >= 500 or status == 408:
        return Outcome(reference, SendStatus.UNCERTAIN, detail=_numbers(status, code))
    if code is not None and code in _REFUSALS:
        meaning, words = _REFUSALS[code]
        wish = wish if meaning is SendStatus.RATE_LIMITED else None
        return Outcome(reference, meaning, detail=f"{words} ({code})", retry_after_s=wish)
    if status == 429:
        return Outcome(reference, SendStatus.RATE_LIMITED, detail=_numbers(status, code), retry_after_s=wish)
    return Outcome(reference, SendStatus.ACCOUNT, detail=_numbers(status, code))


def fate(status: str, error_code: str) -> tuple[ReceiptState, str | None] | None:
    """How far a message is, and why it did not arrive; None for a status that says nothing of a message of ours.

    Twilio advises programs against relying on codes, so all but one of them are words for people.
    """
    state = STATES.get(status)
    if state is None:
        return None
    code = int(error_code) if re.fullmatch(r"[1-9][0-9]{4,5}", error_code, re.ASCII) else None
    if state not in GIVEN_UP:
        return state, None
    if code == _EXPIRED:
        state = ReceiptState.EXPIRED
    if code is None:
        return state, "called back before it left" if status == "canceled" else None
    return state, f"{_REASONS[code]} ({code})" if code in _REASONS else f"Twilio's code {code}"


def _numbers(status: int, code: int | None) -> str:
    return f"Twilio answered {status}, code {code}" if code else f"Twilio answered {status}"
