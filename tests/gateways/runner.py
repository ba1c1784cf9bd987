"""One runner for all gateways: a table of cases goes in, and what every gateway owes is checked beside each case.

Beside the expected result: a call without its proof is refused, a call read twice gives the same events, a request
arrives exactly as often as said, and neither logs nor details nor reasons hold a number, a text or a secret.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pytest

from foundation.text import segment
from gateways.protocol import (
    Event,
    Gateway,
    InboundText,
    Outcome,
    Outgoing,
    Receipt,
    WebhookRefused,
    WebhookRequest,
)
from tests.gateways.far_end import Act, FarEnd, far_end


@dataclass(frozen=True, slots=True)
class Refused:
    """Expected instead of events."""

    status: int


@dataclass(frozen=True, slots=True)
class CallCase:
    """A carrier's call and what it must become."""

    label: str
    method: Literal["inbound", "receipts"]
    request: WebhookRequest
    expected: Sequence[Event] | Refused


@dataclass(frozen=True, slots=True)
class SendCase:
    """A message, how the far end behaves, and what must come of it.

    `sends` are byte strings that the request must hold; `arrivals` how many requests the far end must see.
    """

    label: str
    message: Outgoing
    far_end: Act
    expected: Outcome
    sends: Sequence[bytes] = ()
    arrivals: int = 1


def message(text: str, reference: str = "ref-1", to: str = "+84912345678") -> Outgoing:
    """A reply to somebody, in the encoding that fits."""
    return Outgoing(reference, to, text, segment(text).encoding, "reply")


def run_call(
    gateway: Gateway,
    case: CallCase,
    without_proof: Callable[[WebhookRequest], WebhookRequest],
    secrets: Sequence[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Run one CallCase. `without_proof` takes from a request what makes this gateway believe it."""
    caplog.set_level("DEBUG")
    read: Callable[[WebhookRequest], Sequence[Event]] = (
        gateway.inbound if case.method == "inbound" else gateway.receipts
    )
    if isinstance(case.expected, Refused):
        with pytest.raises(WebhookRefused) as refusal:
            read(case.request)
        assert refusal.value.status == case.expected.status
        # "0" and "5" stand in statuses of their own right.
        _keeps_quiet(str(refusal.value), [*secrets, *(v for v in case.request.query.values() if len(v) > 2)])
    else:
        events = read(case.request)
        assert events == list(case.expected)
        assert read(case.request) == events
        assert gateway.reply(events).status == 200
        with pytest.raises(WebhookRefused) as forged:
            read(without_proof(case.request))
        assert forged.value.status == 403
        private = [event.sender for event in events if isinstance(event, InboundText)]
        private += [event.text for event in events if isinstance(event, InboundText) and event.text]
        details = [event.detail or "" for event in events if isinstance(event, Receipt)]
        _keeps_quiet(caplog.text + "".join(details), [*secrets, *private])


def run_send(
    make: Callable[[str], Gateway], case: SendCase, secrets: Sequence[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Run one SendCase. `make` builds the gateway for the far end's URL."""
    caplog.set_level("DEBUG")
    with far_end(case.far_end) as end:
        outcomes = asyncio.run(send_once(make(end.url), [case.message]))
    assert outcomes == [case.expected]
    _arrived(end, case)
    _keeps_quiet(caplog.text + repr(outcomes), [*secrets, case.message.to, case.message.text])


async def send_once(gateway: Gateway, batch: Sequence[Outgoing]) -> list[Outcome]:
    """Send one batch and close."""
    try:
        return await gateway.send(batch)
    finally:
        await gateway.close()


def with_query(request: WebhookRequest, **changes: str | None) -> WebhookRequest:
    """The request with other query parameters; None takes one away."""
    query = {name: value for name, value in {**request.query, **changes}.items() if value is not None}
    return replace(request, query=query)


def _arrived(end: FarEnd, case: SendCase) -> None:
    assert len(end.requests) == case.arrivals
    for request in end.requests:
        for part in case.sends:
            assert part in request, part


def _keeps_quiet(said: str, private: Sequence[str]) -> None:
    for value in private:
        assert not value or value not in said, "a secret, a number or a text was said"
