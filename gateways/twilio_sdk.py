"""Twilio's own library for Python, as far as we use it: it has no types, so nothing else of ours touches it.

It makes requests and reads answers; what carries them is our Wire (docs/decisions/0008). Its exceptions hold URLs with
the account and what Twilio says, which quotes numbers: they end here.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped]
from twilio.request_validator import (  # type: ignore[import-untyped]
    HMAC_SHA1,
    HMAC_SHA256,
    RequestValidator,
    get_signature_algorithm,
)
from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped]

from gateways.wire import Answer, Wire

_LARGEST_ANSWER = 1_048_576
"""Bytes: a page of messages takes some 2,000 each with a text of 1,600 characters."""
_PAGE = 100
_MOST_FIELDS = 256


class TwilioRefused(Exception):
    """Twilio, or what stands before it, answered with no success. `code` is Twilio's own."""

    def __init__(self, status: int, code: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(f"{status}, code {code}")
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


class TwilioUnreadable(Exception):
    """An answer of success that cannot be read as Twilio's."""


@dataclass(frozen=True, slots=True)
class TwilioMessage:
    """A message as Twilio has it; `created_at` in UTC. `error_code` is "" where nothing went wrong."""

    sid: str
    status: str
    error_code: str = ""
    created_at: datetime | None = None
    body: str | None = field(default=None, repr=False)


class TwilioApi:
    """An account's calls. Each raises NeverLeft or NoAnswer as `Wire` does, TwilioRefused, or TwilioUnreadable.

    `url` is scheme and host; belongs to one event loop between its first call and `close`.
    """

    def __init__(self, account_sid: str, auth_token: str, url: str, concurrency: int, timeout_s: float) -> None:
        # 0.4 s and 14 MB (requests among them, which never runs): not for those who have no account at Twilio.
        from twilio.http.response import Response  # type: ignore[import-untyped]
        from twilio.rest import Client  # type: ignore[import-untyped]

        self._wire = Wire(concurrency, timeout_s, _LARGEST_ANSWER)
        self._client = Client(account_sid, auth_token, http_client=_Carrier(self._wire, url, Response))

    async def create(self, **fields: str) -> TwilioMessage:
        """Post one message, once; `fields` are named as the SDK names them."""
        with _reading():
            return _message(await self._client.messages.create_async(**fields))

    async def message(self, sid: str) -> TwilioMessage:
        """Ask what became of a message."""
        with _reading():
            return _message(await self._client.messages(sid).fetch_async())

    async def messages_to(self, phone: str, since: datetime) -> list[TwilioMessage]:
        """What was sent to a number since the beginning of that day, UTC; nothing if it is more than one page."""
        day = since.replace(hour=0, minute=0, second=0, microsecond=0)  # the filter is documented for whole days
        with _reading():
            page = await self._client.messages.page_async(to=phone, date_sent_after=day, page_size=_PAGE)
            messages = [_message(each) for each in page]
            return [] if page.next_page_url else messages

    async def account_status(self) -> str:
        """ "active", "suspended" or "closed"."""
        with _reading():
            account = await self._client.api.v2010.accounts(self._client.account_sid).fetch_async()
            return str(account.status)

    async def close(self) -> None:
        await self._wire.close()


class _Carrier:
    """What the SDK calls an HTTP client: here goes over our wire, once, whatever it wants sent.

    Only the path is the SDK's: it would choose the server by TWILIO_EDGE and TWILIO_REGION, and takes no other.
    """

    is_async = True

    def __init__(self, wire: Wire, url: str, response: Callable[[int, str], object]) -> None:
        self._wire = wire
        self._url = url.rstrip("/")
        self._response = response

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None,
        data: Mapping[str, object] | None,
        headers: Mapping[str, str],
        auth: tuple[str, str],
        timeout: float | None,
        allow_redirects: bool,
    ) -> object:
        url = self._url + urlsplit(uri).path
        headers = {**headers, "Authorization": aiohttp.encode_basic_auth(*auth)}
        if method == "POST":
            body = urlencode(data or {}, errors="replace").encode()
            answer = await self._wire.post(url, body, headers)
        else:
            query = f"?{urlencode(params)}" if params else ""
            answer = await self._wire.look_up(url + query, headers)
        if not 200 <= answer.status < 300:
            raise TwilioRefused(answer.status, _code(answer), answer.retry_after_s)
        return self._response(answer.status, answer.text)


class _Form(dict[str, list[str]]):
    """A form as posted, names that come twice included, in the shape that the SDK knows from Django."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def read_form(body: bytes) -> _Form:
    """Every field as posted, empty ones too. Raises ValueError for more than 256."""
    text = body.decode("ascii", "replace")
    return _Form(parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))


def is_signed(
    url: str, form: _Form, signature: str, settings: str | None, auth_token: str, shared_keys: Sequence[str]
) -> bool:
    """Whether Twilio signed this call: with the account's token, or, where the header of `settings` came along, by the
    algorithm named there with one of our shared keys (twilio.com/docs/usage/webhooks/webhook-shared-keys)."""
    algorithm = get_signature_algorithm(settings).upper()
    if algorithm not in (HMAC_SHA1, HMAC_SHA256):  # the SDK would log what the caller wrote there
        return False
    keys = (auth_token,) if settings is None else shared_keys
    return any(RequestValidator(key).validate(url, form, signature, algorithm) for key in keys)


def empty_twiml() -> bytes:
    """The answer to a text that says nothing to the person: what we have to say goes through the outbox."""
    return str(MessagingResponse()).encode()


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (TwilioException, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise TwilioUnreadable from None


def _message(instance: Any) -> TwilioMessage:
    """Raises TypeError for a message without sid or status."""
    sid, status, code = instance.sid, instance.status, instance.error_code
    if not isinstance(sid, str) or not isinstance(status, str):
        raise TypeError("no sid or no status")
    return TwilioMessage(sid, status, "" if code is None else str(code), instance.date_created, instance.body)


def _code(answer: Answer) -> int | None:
    """Of {"code": 21211, "message": …, "more_info": …, "status": 400}, which the newer problem documents have too."""
    try:
        document = json.loads(answer.text)
    except (ValueError, RecursionError):
        return None
    code = document.get("code") if isinstance(document, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) and 0 < code < 1_000_000 else None
