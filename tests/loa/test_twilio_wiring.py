"""The Twilio gateway as settings describe it."""

from pathlib import Path

import pytest

from foundation.settings import Settings, SettingsError
from gateways import Gateway
from loa.wiring import Loa

ACCOUNT = "AC" + "0123456789abcdef" * 2
SET = {
    "twilio_account_sid": ACCOUNT,
    "twilio_auth_token": "token-of-the-account",
    "twilio_sender": "SoNNMT",
    "twilio_price_vnd": 1_900,
}


def made(home: Path, **settings: object) -> Gateway:
    fields = {"home": home, "gateways": ("twilio",), "public_url": "https://loa.example.vn", **SET, **settings}
    return Loa(Settings(_env_file=None, **fields)).gateways["twilio"]  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"twilio_account_sid": ""}, "LOA_TWILIO_ACCOUNT_SID: needed for the gateway twilio"),
        ({"twilio_account_sid": "AC1"}, "LOA_TWILIO_ACCOUNT_SID: account_sid must be"),
        ({"twilio_auth_token": ""}, "LOA_TWILIO_AUTH_TOKEN: needed"),
        ({"twilio_sender": ""}, "LOA_TWILIO_SENDER: needed"),
        ({"twilio_sender": "So Nong nghiep"}, "LOA_TWILIO_SENDER: sender must be"),
        ({"twilio_price_vnd": None}, "LOA_TWILIO_PRICE_VND: needed"),
        ({"twilio_url": "http://api.twilio.com"}, "LOA_TWILIO_URL: url must be an https address"),
        ({"twilio_answerable": True}, "LOA_TWILIO_ANSWERABLE: answerable can be"),
        ({"public_url": "loa.example.vn"}, "LOA_PUBLIC_URL: callback_base must be"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        made(tmp_path, **changes)
    assert str(caught.value).startswith(says)
    assert "token-of-the-account" not in str(caught.value)


def test_settings_reach_the_gateway(tmp_path: Path) -> None:
    gateway = made(tmp_path, twilio_sender="+15005550006", twilio_answerable=True, twilio_segments_per_second=3)
    assert (gateway.number, gateway.price_vnd_per_segment, gateway.segments_per_second) == ("+15005550006", 1_900, 3)
    assert gateway.capabilities.can_be_answered
