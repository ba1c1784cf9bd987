import json
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from foundation.logs import configure_logs, redact
from foundation.text import Encoding
from gateways import Outgoing

SECRETS = ("0912345678", "84912345678", "0912 345 678", "0912.345.678", "02363822222", "xoa nha tam", "345678")


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Logging is global: put it back."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    for secret in SECRETS:
        assert secret not in captured.err, captured.err
    return [json.loads(line) for line in captured.err.splitlines()]


NUMBERS = [
    "0912345678",
    "+84912345678",
    "84912345678",
    "tel:+84912345678;ext",
    "from 0912345678.",
    "0912 345 678",
    "0912.345.678",
    "+84 912-345-678",
    "02363822222",
    "0236 3822222",
    "+61412345678",
    "sdt0912345678",
    "goi.0912345678",
    "0084912345678",
    "(84) 912345678",
    "(+84) 912 345 678",
    "+84 (0)912 345 678",
    "84 0912345678",
    "091 234 56 78",
    "0912 - 345 - 678",
    "0912\u00a0345\u00a0678",
    "%2B84912345678",
    "0912%20345%20678",
    "2468458835296197922",
    "zalo:246845883529619",
]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_is_masked_wherever_it_stands(number: str) -> None:
    event = redact(None, "info", {"event": f"sent to {number}", "address": number, "parts": [{"who": (number,)}]})
    digits = "".join(c for c in number if c.isdigit())[-8:]
    said = "".join(c for c in repr(event) if c.isdigit())
    assert digits not in said
    assert "****" in str(event["event"])


@pytest.mark.parametrize(
    "value",
    [
        *("2026-11-20T02:00:00.123456Z", "01kf8w2v9r3m5n7p1q0z", "10.0.0.12:8080", "200.000", "1.250.000 đồng"),
        *("PA1234567", 0.0912345678, 1_000_000_000, "0.0912345678", timedelta(seconds=84912345), True, None),
        *("http://127.0.0.1:8080/gateways/kannel/inbound", ["kannel", 3]),
    ],
)
def test_what_is_no_number_stays_legible(value: object) -> None:
    assert redact(None, "info", {"event": value})["event"] == value


def test_texts_and_secrets_are_dropped_at_any_depth() -> None:
    event = redact(None, "info", {"event": "turn", "text": "xoa nha tam", "row": {"reply": "xoa nha tam", "id": 7}})
    assert "xoa nha tam" not in repr(event)
    assert event["row"] == {"reply": "[redacted]", "id": 7}


@pytest.mark.parametrize("number", [84912345678, 84987654321])
def test_a_number_is_masked_as_a_number_too(number: int) -> None:
    assert str(number)[-8:] not in repr(redact(None, "info", {"event": "sent", "address_of": number, "all": [number]}))


@pytest.mark.parametrize("key", ["access_token", "api_key", "kannel_password", "app_secret", "address", "headers"])
def test_keys_that_name_a_secret_or_a_person_hold_nothing(key: str) -> None:
    event = redact(None, "info", {"event": "asked", key: "gia tri", "inside": {key: ["gia tri"]}})
    assert "gia tri" not in repr(event)


def test_of_what_is_neither_text_nor_number_only_the_type_is_told() -> None:
    """Or a message's repr would be logged, with number and text."""
    message = Outgoing("r1", "+84912345678", "xoa nha tam", Encoding.GSM7, "reply")
    event = redact(
        None, "info", {"event": "sending", "what": message, "raw": b"xoa nha tam", "why": ValueError("xoa nha")}
    )
    assert event == {"event": "sending", "what": "<Outgoing>", "raw": "<bytes>", "why": "<ValueError>"}
    assert redact(None, "info", {"event": Path("/tmp/x")}) == {"event": "/tmp/x"}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("amqp://loa:geheim@broker:5672/loa is away", "amqp://[redacted]@broker:5672/loa is away"),
        ("POST http://smsbox:13013/x?to=1&text=geheim failed", "POST http://smsbox:13013/x?[redacted] failed"),
        ("duplicate key\nDETAIL:  Key (name)=(geheim) exists.", "duplicate key\nDETAIL: [redacted]"),
    ],
)
def test_addresses_and_databases_give_nothing_away(said: str, kept: str) -> None:
    assert redact(None, "info", {"event": said})["event"] == kept


def test_every_thread_says_whose_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO", "web")
    thread = threading.Thread(target=lambda: structlog.get_logger().info("stored"))
    thread.start()
    thread.join()
    [line] = logged(capsys)
    assert line["role"] == "web"


def test_a_line_of_log_is_json_with_role_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO", "worker")
    structlog.get_logger().info("a broadcast goes out", broadcast=7, to="0912345678", note="goi 0912345678")
    structlog.get_logger().debug("too quiet to be heard")
    [line] = logged(capsys)
    assert line["event"] == "a broadcast goes out"
    assert (line["role"], line["level"], line["broadcast"]) == ("worker", "info", 7)
    assert str(line["timestamp"]).endswith("Z")
    assert line["note"] == "goi 091****678"


def test_the_text_of_an_exception_is_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO", "worker")
    try:
        raise RuntimeError("cannot reach +84912345678 or 02363822222")
    except RuntimeError:
        structlog.get_logger().exception("a job failed", job="turns")
    [line] = logged(capsys)
    assert "RuntimeError" in str(line["exception"])


def test_libraries_that_log_by_themselves_go_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO", "web")
    logging.getLogger("aiohttp.client").info("not worth a line")
    logging.getLogger("aiohttp.client").warning("cannot connect for %s", "0912345678")
    try:
        raise ValueError("0912345678")
    except ValueError:
        logging.getLogger("apscheduler").exception("job failed")
    first, second = logged(capsys)
    assert (first["event"], first["role"], first["level"]) == ("cannot connect for 091****678", "web", "warning")
    assert "ValueError" in str(second["exception"])


@pytest.mark.parametrize("number", ["049203001234", "049 203 001 234", "cccd 049203001234", "cmnd 233456789"])
def test_an_identity_number_is_masked_wherever_it_stands(number: str) -> None:
    event = redact(None, "info", {"event": f"read {number}", "parts": [{"who": (number,)}]})
    assert not any(character.isdigit() for character in repr(event))
