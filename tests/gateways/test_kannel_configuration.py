"""The recommended kannel.conf; that Kannel runs with it is shown in test_kannel_real."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateways.kannel_configuration import KannelSite, create_receipt_store, kannel_configuration
from tests.gateways.test_kannel import CONFIG

SITE = KannelSite("group = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = 10000", Path("/var/lib/kannel"), "quan-tri")


def lines(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, equals, value = line.partition(" = ")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_kannel_and_loa_agree_on_addresses_and_secrets() -> None:
    settings = lines(kannel_configuration(CONFIG, SITE))
    assert settings["sendsms-port"] == ["13013"]
    assert settings["post-url"] == [f'"{CONFIG.inbound_url}"']
    assert settings["password"] == [f'"{CONFIG.password}"']
    assert settings["max-messages"] == ["10", "0"]


def test_nothing_of_kannel_is_open_to_the_network_and_nothing_private_is_logged() -> None:
    settings = lines(kannel_configuration(CONFIG, SITE))
    assert settings["sendsms-interface"] == ['"127.0.0.1"']
    for door in ("admin", "box", "user"):
        assert settings[f"{door}-deny-ip"] == ['"*.*.*.*"']
        assert settings[f"{door}-allow-ip"] == ['"127.0.0.1"']
    assert settings["log-level"] == ["2", "2"]
    assert "access-log" not in settings


@pytest.mark.parametrize("password", ['a"b', "a\\b", "a\ngroup = core"])
def test_a_password_that_would_break_out_of_its_line_is_refused(password: str) -> None:
    with pytest.raises(ValueError, match="quotation mark"):
        kannel_configuration(replace(CONFIG, password=password), SITE)


def test_a_carrier_without_id_is_refused_since_no_receipts_would_come() -> None:
    with pytest.raises(ValueError, match="smsc-id"):
        replace(SITE, carrier="group = smsc\nsmsc = smpp")


def test_the_receipt_store_can_be_made_twice(tmp_path: Path) -> None:
    create_receipt_store(tmp_path)
    create_receipt_store(tmp_path)
    assert (tmp_path / "receipts.db").exists()
