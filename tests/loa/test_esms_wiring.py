"""The eSMS gateways as settings describe them."""

from pathlib import Path

import pytest

from foundation.message_class import MessageClass
from foundation.settings import Settings, SettingsError
from gateways import Gateway
from loa.wiring import Loa

SET = {"esms_api_key": "key", "esms_secret_key": "secret", "esms_brandname": "SoNNMT"}


def made(home: Path, name: str, **settings: object) -> Gateway:
    fields = {"home": home, "gateways": (name,), **SET, **settings}
    return Loa(Settings(_env_file=None, **fields)).gateways[name]  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize(
    ("gateway", "changes", "says"),
    [
        ("esms", {"esms_api_key": ""}, "LOA_ESMS_API_KEY: needed for the gateway esms"),
        ("esms", {"esms_secret_key": ""}, "LOA_ESMS_SECRET_KEY: needed"),
        ("esms_advertising", {"esms_brandname": ""}, "LOA_ESMS_BRANDNAME: needed for the gateway esms_advertising"),
        ("esms", {"esms_url": "http://rest.esms.vn"}, "LOA_ESMS_URL: url must be an https address"),
        ("esms", {"esms_short_code": "8041"}, "LOA_ESMS_CPID: needed for the short code"),
        ("esms", {"esms_short_code": "8041", "esms_cpid": "C"}, "LOA_ESMS_PRIVATE_KEY: needed for the short code"),
        ("esms_advertising", {"esms_advertising_ladder": "122,122"}, "LOA_ESMS_ADVERTISING_LADDER: each step"),
        ("esms_advertising", {"esms_advertising_ladder": "0"}, "LOA_ESMS_ADVERTISING_LADDER: each step"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, gateway: str, changes: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError) as caught:
        made(tmp_path, gateway, **changes)
    assert str(caught.value).startswith(says)


def test_settings_reach_the_gateways(tmp_path: Path) -> None:
    care = made(tmp_path, "esms", esms_short_code="8041", esms_cpid="C", esms_private_key="K", esms_max_segments=3)
    assert (care.number, care.capabilities.max_segments, care.capabilities.reply_in_response) == ("SoNNMT", 3, True)
    ads = made(tmp_path, "esms_advertising", esms_advertising_ladder="100, 200", esms_advertising_price_vnd=300)
    ladder = ads.capabilities.ladders[MessageClass.ADVERTISING]
    assert (ladder.bare, ladder.accented, ads.price_vnd_per_segment) == ((100, 200), (), 300)
    assert Loa(Settings(_env_file=None, home=tmp_path, esms_keyword="KT")).service_keyword("esms") == "KT"  # type: ignore[call-arg]
