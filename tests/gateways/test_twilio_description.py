"""Our requests, and the answers of our own Twilio, held against Twilio's API description, where it lies beside us.

github.com/twilio/twilio-oai, spec/json/twilio_api_v2010.json at d50069b4 (2026-04-14); not ours to carry along.
"""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from gateways.protocol import SendStatus, Sent
from tests.gateways.far_end import answers, far_end
from tests.gateways.runner import message, send_once
from tests.gateways.test_twilio_wire import ACCENTED, BARE, made
from tests.gateways.twilio_parts import ACCOUNT_SID, NOW, gateway
from tests.gateways.twilio_server import TwilioServer, twilio_server

DESCRIPTION = Path(__file__).resolve().parents[3] / "shared" / "spec" / "twilio_api_v2010.json"
MESSAGES = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
MESSAGE = "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json"
ACCOUNT = "/2010-04-01/Accounts/{Sid}.json"
KINDS = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list, "object": dict}

pytestmark = pytest.mark.skipif(not DESCRIPTION.exists(), reason="Twilio's API description is not here")


@pytest.fixture(scope="module")
def api() -> Any:
    return json.loads(DESCRIPTION.read_text("utf-8"))


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with twilio_server(calls_back=False, clock=NOW) as server:
        yield server


def wrong(api: Any, schema: Mapping[str, Any], value: Any, where: str = "$") -> list[str]:
    """What in a value does not fit its schema: as much of JSON Schema as the description uses for messages."""
    if "$ref" in schema:
        schema = api["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if value is None:
        return [] if schema.get("nullable") else [f"{where} is null"]
    if not isinstance(value, KINDS[schema["type"]]) or (isinstance(value, bool) and schema["type"] != "boolean"):
        return [f"{where} is no {schema['type']}"]
    found = []
    if isinstance(value, str):
        found += [f"{where} is too short"] if len(value) < schema.get("minLength", 0) else []
        found += [f"{where} is too long"] if len(value) > schema.get("maxLength", len(value)) else []
        found += [f"{where} has another form"] if not re.search(schema.get("pattern", ""), value) else []
        found += [f"{where} is none of the enum"] if value not in schema.get("enum", [value]) else []
        if schema.get("format") == "uri" and not (urlsplit(value).scheme and urlsplit(value).hostname):
            found.append(f"{where} is no address")
        if schema.get("format") == "date-time-rfc-2822" and not parsedate_to_datetime(value).tzinfo:
            found.append(f"{where} is no time")
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        found += [f"{where} lacks {name}" for name in schema.get("required", []) if name not in value]
        found += [f"{where} has {name}" for name in value if name not in properties]
        for name in value.keys() & properties.keys():
            found += wrong(api, properties[name], value[name], f"{where}.{name}")
    if isinstance(value, list):
        for number, each in enumerate(value):
            found += wrong(api, schema.get("items", {"type": "object"}), each, f"{where}[{number}]")
    return found


def read(request: bytes) -> tuple[str, str, dict[str, str], dict[str, str]]:
    """Method, path, query and form; no name stands in them twice."""
    head, _, body = request.partition(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
    query = parse_qsl(urlsplit(target).query, keep_blank_values=True, strict_parsing="?" in target)
    form = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=bool(body))
    assert len(dict(query)) == len(query) and len(dict(form)) == len(form)
    return method, urlsplit(target).path, dict(query), dict(form)


@pytest.mark.parametrize("text", [BARE, ACCENTED])
@pytest.mark.parametrize("sender", ["SoNNMT", "+15005550006", "MG" + "a" * 32])
def test_what_we_post_is_described(api: Any, sender: str, text: str) -> None:
    with far_end(made()) as end:
        [result] = asyncio.run(send_once(gateway(end.url, sender=sender), [message(text)]))
    assert result.status is SendStatus.ACCEPTED
    [request] = end.requests
    method, path, query, form = read(request)
    assert (method, path, query) == ("POST", MESSAGES.format(AccountSid=ACCOUNT_SID), {})
    operation = api["paths"][MESSAGES]["post"]
    assert operation["operationId"] == "CreateMessage"
    [(content_type, media)] = operation["requestBody"]["content"].items()
    assert f"Content-Type: {content_type}\r\n".encode() in request
    assert wrong(api, media["schema"], form) == []
    assert form["Body"] == text
    assert ("From" in form) is not ("MessagingServiceSid" in form)
    [security] = (list(each) for each in operation["security"])
    assert api["components"]["securitySchemes"][security[0]]["scheme"] == "basic"
    assert b"Authorization: Basic " in request
    assert api["paths"][MESSAGES]["servers"] == [{"url": "https://api.twilio.com"}]


def test_what_we_ask_is_described(api: Any) -> None:
    async def asks(url: str) -> None:
        made = gateway(url)
        try:
            await made.status([Sent("ref-1", "+84912345678", "SM" + "5" * 32, NOW, "Chào")])
            await made.status([Sent("ref-1", "+84912345678", None, NOW, "Chào")])
            await made.check()
        finally:
            await made.close()

    with far_end(answers(404)) as end:
        asyncio.run(asks(end.url))
    known = {"AccountSid": ACCOUNT_SID, "Sid": "SM" + "5" * 32}
    described = (MESSAGE.format(**known), MESSAGES.format(**known), ACCOUNT.format(Sid=ACCOUNT_SID))
    for request, path, name in zip(end.requests, described, (MESSAGE, MESSAGES, ACCOUNT), strict=True):
        method, called, query, form = read(request)
        assert (method, called, form) == ("GET", path, {})
        parameters = {each["name"]: each["schema"] for each in api["paths"][name]["get"]["parameters"]}
        for field, value in query.items():
            typed = int(value) if parameters[field]["type"] == "integer" else value
            assert wrong(api, parameters[field], typed, field) == []
            assert field != "PageSize" or 1 <= int(value) <= parameters[field]["maximum"]


def test_our_own_twilio_answers_as_described(api: Any, twilio: TwilioServer) -> None:
    asyncio.run(send_once(gateway(twilio.url), [message(BARE)]))
    [mine] = twilio.messages.values()
    mine.update(status="undelivered", error_code=30003)
    twilio.make("+84912345678", ACCENTED, NOW + timedelta(minutes=5))
    schema = {"$ref": "#/components/schemas/api.v2010.account.message"}
    answer = api["paths"][MESSAGES]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    assert answer == schema
    for each in twilio.messages.values():
        assert wrong(api, schema, each) == []
        assert set(each) == set(api["components"]["schemas"]["api.v2010.account.message"]["properties"])


def test_the_small_validator_sees_what_is_wrong(api: Any, twilio: TwilioServer) -> None:
    good = twilio.make("+84912345678", BARE)
    schema = {"$ref": "#/components/schemas/api.v2010.account.message"}
    for change in (
        {"sid": "SM1"},
        {"status": "dreamt"},
        {"error_code": "30003"},
        {"num_segments": 1},
        {"new": 1},
        {"error_code": True},
    ):
        assert len(wrong(api, schema, {**good, **change})) >= 1, change
    form = api["paths"][MESSAGES]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert wrong(api, form, {"Body": "a"}) == ["$ lacks To"]
    assert wrong(api, form, {"To": "+84912345678", "StatusCallback": "loa"}) == ["$.StatusCallback is no address"]
