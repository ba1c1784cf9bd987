"""Whatever is called, by whomever: 4xx or 200 as documented, counted; nothing unproven is stored, nothing is told."""

import base64
import hashlib
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.models import Inbound
from foundation.clock import utc_now
from foundation.database import Database
from foundation.logs import configure_logs
from foundation.settings import Settings
from gateways.simulator import SIGNATURE
from gateways.webhooks import LARGEST_BODY, proof
from loa.app import create_app
from loa.webhooks import Webhooks
from loa.wiring import Loa, kannel_config
from scheduler.outbox.models import StoredReceipt
from scheduler.outbox.receipts import merge_waiting
from tests.loa.web_process import KANNEL
from tests.sizes import size

MARK = "Bà Nguyễn Thị Hoa ở thôn 5"
"""Of a text; whatever is logged holds nothing of it."""
SETTINGS: Mapping[str, object] = {
    **KANNEL,
    "gateways": ("simulator", "simulator_zalo", "kannel", "esms", "esms_advertising", "zalo", "zbs"),
    "esms_api_key": "key",
    "esms_secret_key": "secret",
    "esms_brandname": "SoNNMT",
    "esms_short_code": "8041",
    "esms_cpid": "C",
    "esms_private_key": "K",
    "zalo_app_id": "111",
    "zalo_app_secret": "s",
    "zalo_oa_id": "222",
    "zalo_oa_secret": "oa",
}
ALLOWED = {200, 400, 403, 404, 405, 413}
EXAMPLES = size(60, 2_000)
A_FEW = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

Call = Callable[..., int]


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: PostgreSQL takes less than SQLite."""
    return any_database


@pytest.fixture
def loa(tmp_path_factory: pytest.TempPathFactory, database: Database) -> Loa:
    loa = Loa(Settings(_env_file=None, home=tmp_path_factory.mktemp("home"), **SETTINGS))  # type: ignore[call-arg, arg-type]
    loa.__dict__["database"] = database  # in place of the one that it would open
    return loa


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr("sys.stderr", stream)
        configure_logs("DEBUG", "web")
    yield stream
    logging.root.handlers.clear()


@pytest.fixture
def call(loa: Loa) -> Call:
    """Make one call on the WSGI application, as bytes as they come; its status."""
    application = Webhooks(loa, create_app(loa).wsgi_app, answers_within_s=0)

    def make(
        method: str,
        path: str,
        query: str = "",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> int:
        statuses: list[int] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(body)) if body else "",
            "SERVER_NAME": "loa",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            **{
                name.upper().replace("-", "_")
                if name == "Content-Type"
                else "HTTP_" + name.upper().replace("-", "_"): v
                for name, v in (headers or {}).items()
            },
            **more,
        }

        def start(status: str, headers: object, error: object = None, /) -> Callable[[bytes], object]:
            statuses.append(int(status[:3]))
            return lambda written: None

        b"".join(application(environ, start))
        return statuses[-1]

    return make


def count(database: Database, table: type[Any]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


GATEWAYS = st.sampled_from((*SETTINGS["gateways"], "nobody", "..", "%00"))  # type: ignore[misc]
KINDS = st.sampled_from(("inbound", "receipts", "", "inbound/", "else"))
METHODS = st.sampled_from(("GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "X"))
NAMES = (
    "token",
    "sig",
    "id",
    "ref",
    "type",
    "cpid",
    "smsid",
    "content",
    "sign",
    "receiverTime",
    "sender",
    "mac",
    "proof",
)
QUERIES = st.one_of(
    st.text(st.characters(max_codepoint=255), max_size=200),
    st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30).filter(lambda t: t.isprintable())).map(urlencode),
    st.just("a=1&" * 100),
)
TYPES = ("application/json", "text/plain; charset=utf-16", "text/plain; charset=\0", "multipart/form-data", "x", "")
HEADERS = st.dictionaries(
    st.sampled_from(("X-Kannel-From", SIGNATURE, "X-ZEvent-Signature", "X-Twilio-Signature", "Content-Type")),
    st.one_of(st.sampled_from(TYPES), st.text(st.characters(max_codepoint=255), max_size=40)),
)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.just(("{" * 5_000).encode()),
    st.just(f'{{"event_name": "user_send_text", "timestamp": "1", "message": {{"text": "{MARK}"}}}}'.encode()),
    st.just(MARK.encode("utf-16")),
)


@A_FEW
@given(METHODS, GATEWAYS, KINDS, QUERIES, HEADERS, BODIES)
def test_what_is_not_proven_changes_nothing(
    call: Call,
    database: Database,
    logged: io.StringIO,
    method: str,
    gateway: str,
    kind: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
) -> None:
    status = call(method, f"/gateways/{gateway}/{kind}", query, body, headers)
    assert status in ALLOWED - {200} or (status == 200 and gateway in ("zalo", "zbs"))
    assert count(database, Inbound) == count(database, StoredReceipt) == 0
    assert MARK not in logged.getvalue()


VALUES = st.one_of(st.text(max_size=60), st.sampled_from(("", "0", "-1", "9" * 30, "\0", "+84912345678", "a" * 5_000)))


@A_FEW
@given(
    st.dictionaries(st.sampled_from(("type", "fid", "reply", "ts", "unknown", "id")), VALUES), VALUES, VALUES, BODIES
)
def test_a_proven_call_of_kannel_may_hold_anything(
    call: Call, loa: Loa, logged: io.StringIO, more: dict[str, str], reference: str, sender: str, body: bytes
) -> None:
    config = kannel_config(loa)
    text = urlencode({"id": "1", **more, "token": config.inbound_proof}, errors="replace")
    headers = {"X-Kannel-From": sender, "Content-Type": "text/plain"}
    assert call("POST", "/gateways/kannel/inbound", text, body, headers) in ALLOWED
    known = reference.encode("utf-8", "replace").decode()
    receipt = {"type": "1", **more, "ref": known, "sig": config.receipt_proof(known)}
    assert call("GET", "/gateways/kannel/receipts", urlencode(receipt, errors="replace")) in ALLOWED
    with loa.database.write() as session:
        merge_waiting(session, utc_now())
    assert sender == "" or len(sender) < 5 or sender not in logged.getvalue()


@A_FEW
@given(
    st.dictionaries(st.sampled_from(("id", "from", "to", "text", "at", "reference", "state", "x")), VALUES), st.binary()
)
def test_a_proven_call_of_the_simulator_may_hold_anything(
    call: Call, loa: Loa, fields: dict[str, str], raw: bytes
) -> None:
    well = {"id": "1", "from": "+84912345678", "to": "8099", "text": MARK, "at": utc_now().isoformat()}
    receipt = {"reference": "r", "state": "delivered", "id": "1", "at": utc_now().isoformat()}
    for kind, base in (("inbound", well), ("receipts", receipt)):
        for body in (urlencode({**base, **fields}, errors="replace").encode(), raw):
            signature = proof(loa.vault.derive("simulator"), kind, body)
            assert call("POST", f"/gateways/simulator/{kind}", "", body, {SIGNATURE: signature}) in ALLOWED


@A_FEW
@given(st.dictionaries(st.sampled_from(("smsid", "content", "receiverTime", "sender", "serviceNumber")), VALUES))
def test_a_proven_call_of_esms_may_hold_anything(call: Call, fields: dict[str, str]) -> None:
    clean = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    said = {"smsid": "S1", "content": "HM", "receiverTime": "20261120100500", "sender": "84912345678", **clean}
    signed = f"C{said['smsid']}{said['content']}{said['receiverTime']}K".encode()
    sign = base64.b64encode(hashlib.md5(signed).digest()).decode()
    status = call("GET", "/gateways/esms/inbound", urlencode({**said, "cpid": "C", "sign": sign}))
    assert status in ALLOWED


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
EVENTS = ("user_send_text", "user_send_image", "user_received_message", "user_seen_message", "follow", "unfollow",
          "user_submit_info", "change_template_status", "oa_send_text", "no_such_event")  # fmt: skip


@A_FEW
@given(
    st.sampled_from(EVENTS),
    st.dictionaries(st.sampled_from(("sender", "recipient", "message", "follower", "user_id_by_app", "info")), JSON),
)
def test_a_proven_call_of_zalo_may_hold_anything(call: Call, event: str, fields: dict[str, Any]) -> None:
    stamp = str(int(utc_now().timestamp() * 1000))
    document = {"app_id": "111", "timestamp": stamp, **fields, "event_name": event}
    body = json.dumps(document).encode()
    mac = hashlib.sha256(b"111" + body + stamp.encode() + b"oa").hexdigest()
    assert call("POST", "/gateways/zalo/inbound", "", body, {"X-ZEvent-Signature": f"mac={mac}"}) in ALLOWED


def test_the_proofs_of_these_tests_are_such(call: Call, database: Database) -> None:
    said = {"smsid": "S1", "content": "HM", "receiverTime": "20261120100500", "sender": "84912345678", "cpid": "C"}
    sign = base64.b64encode(hashlib.md5(b"CS1HM20261120100500K").digest()).decode()
    assert call("GET", "/gateways/esms/inbound", urlencode({**said, "sign": sign})) == 200
    stamp = str(int(utc_now().timestamp() * 1000))
    document: dict[str, object] = {"app_id": "111", "timestamp": stamp, "event_name": "user_send_text", "oa_id": "222"}
    document |= {"sender": {"id": "333"}, "recipient": {"id": "222"}, "message": {"text": MARK, "msg_id": "m1"}}
    body = json.dumps(document).encode()
    mac = hashlib.sha256(b"111" + body + stamp.encode() + b"oa").hexdigest()
    assert call("POST", "/gateways/zalo/inbound", "", body, {"X-ZEvent-Signature": f"mac={mac}"}) == 200
    assert count(database, Inbound) == 2


def test_a_body_that_is_cut_short_or_too_large_is_refused(call: Call, loa: Loa, database: Database) -> None:
    query = urlencode({"token": kannel_config(loa).inbound_proof, "id": "1", "ts": "1"})
    headers = {"X-Kannel-From": "+84912345678", "Content-Type": "text/plain"}
    path = "/gateways/kannel/inbound"

    def status(body: bytes, **more: object) -> int:
        return call("POST", path, query, body, headers, **more)

    assert status(b"half", CONTENT_LENGTH="9") == 400
    assert status(b"x" * (LARGEST_BODY + 1)) == 413
    assert status(b"x" * (LARGEST_BODY + 1), CONTENT_LENGTH="", **{"wsgi.input_terminated": True}) == 413
    for length in ("-1", "1e3", "x", "１", "9" * 40):
        assert status(b"x", CONTENT_LENGTH=length) in (400, 413)
    assert count(database, Inbound) == 0
    assert status(b"xin chao", CONTENT_LENGTH="", **{"wsgi.input_terminated": True}) == 200
    assert count(database, Inbound) == 1


def test_each_refusal_is_counted_by_gateway_and_reason(loa: Loa, database: Database) -> None:
    client = create_app(loa).test_client()
    token = kannel_config(loa).inbound_proof
    for number in range(3):
        assert client.post(f"/gateways/kannel/inbound?token={number}&id=1", data=MARK).status_code == 403
    good = f"/gateways/kannel/inbound?token={token}&id=1&ts=1"
    for _ in range(2):
        sent = client.post(good, data=quote(MARK), headers={"X-Kannel-From": "+84912345678"})
        assert sent.status_code == 200
    figures = client.get("/metrics").get_data(as_text=True)
    labels = 'gateway="kannel",kind="inbound",outcome'
    assert f'loa_webhook_calls_total{{{labels}="the call does not carry our proof"}} 3.0' in figures
    assert f'loa_webhook_calls_total{{{labels}="stored"}} 2.0' in figures
    assert count(database, Inbound) == 1
