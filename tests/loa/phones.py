"""Phones of the simulated network, for tests of a served installation."""

from urllib.parse import urlencode

from foundation.clock import utc_now
from foundation.phones import parse_phone
from gateways.simulator import SimulatorGateway
from tests.loa.serving import Installation, call


def ask_from(installation: Installation, phone: str, text: str) -> None:
    """Send a text as the page of the phone does."""
    data = urlencode({"phone": phone, "text": text}).encode()
    assert call(f"{installation.url}/simulator/texts", data, {"HX-Request": "true"}) == 200


def texts_on(installation: Installation, phone: str) -> list[str]:
    """The texts that reached a phone, oldest first; what arrives twice is there twice."""
    gateway = installation.loa.gateways["simulator"]
    assert isinstance(gateway, SimulatorGateway)
    shown = gateway.network.conversation(parse_phone(phone), utc_now())
    return [text.text for text in shown if text.direction == "to_phone"]
