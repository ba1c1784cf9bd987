"""What the tests of the Twilio gateway are built of: an account, and Twilio's signature, reckoned by our own hand."""

import base64
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from gateways.protocol import WebhookRequest
from gateways.twilio import TwilioConfig, TwilioGateway

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "token-of-the-account"
SHARED_KEY = "secret-of-a-shared-key"
SECRET = b"sixteen bytes or more"
SECRETS = (ACCOUNT_SID, AUTH_TOKEN, SHARED_KEY, SECRET.decode())
SID = "SM" + "5" * 32
PUBLIC = "https://loa.example.vn/gateways/twilio"
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)

Fields = Iterable[tuple[str, str]]


def config(url: str = "http://127.0.0.1:9", callback_base: str = PUBLIC, **changes: object) -> TwilioConfig:
    """The account that `twilio_server` keeps."""
    fields = {
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "sender": "SoNNMT",
        "callback_base": callback_base,
        "secret": SECRET,
        "url": url,
        "timeout_s": 0.5,
    }
    return TwilioConfig(**{**fields, **changes})  # type: ignore[arg-type]


def gateway(url: str = "http://127.0.0.1:9", **changes: object) -> TwilioGateway:
    return TwilioGateway(config(url, **changes))  # type: ignore[arg-type]


def signature(key: str, url: str, fields: Fields, digest: str = "sha1") -> str:
    """Twilio's: base64 of the HMAC of the address and of all names and values, sorted, each pair once."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(key.encode(), signed.encode(), digest)).decode()


def call(
    url: str, fields: Fields, key: str = AUTH_TOKEN, settings: str | None = None, digest: str = "sha1"
) -> WebhookRequest:
    """Twilio's call on this public address, as it arrives behind our proxy."""
    posted = list(fields)
    headers = {
        "Host": "127.0.0.1:8080",
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "I-Twilio-Idempotency-Token": "d0e1",
        "X-Twilio-Signature": signature(key, url, posted, digest),
    }
    if settings is not None:
        headers["X-Twilio-Webhooks-Signature-Settings"] = settings
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return WebhookRequest.called("POST", path, headers, urlencode(posted).encode())
