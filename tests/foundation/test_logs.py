import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from foundation.logs import configure_logs, redact

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
    ["2026-11-20T02:00:00.123456Z", "01kf8w2v9r3m5n7p1q0z", "10.0.0.12:8080", "200.000", "1.250.000 đồng", "PA1234567"],
)
def test_what_is_no_number_stays_legible(value: str) -> None:
    assert redact(None, "info", {"event": value})["event"] == value


def test_texts_and_secrets_are_dropped_at_any_depth() -> None:
    event = redact(None, "info", {"event": "turn", "text": "xoa nha tam", "row": {"reply": "xoa nha tam", "id": 7}})
    assert "xoa nha tam" not in repr(event)
    assert event["row"] == {"reply": "[redacted]", "id": 7}


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
