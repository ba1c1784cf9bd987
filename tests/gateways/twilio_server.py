"""A Twilio of our own on the loopback: takes messages, calls us back with its signature, and can be troubled.

Written from its API description (twilio_api_v2010.json) and its pages on callbacks and errors.
"""

import asyncio
import base64
import random
import re
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Literal, TypeVar

import aiohttp
from aiohttp import web

from tests.gateways.twilio_parts import ACCOUNT_SID, AUTH_TOKEN, signature

T = TypeVar("T")
Trouble = Literal["429", "500", "500 after taking", "503", "takes and hangs up", "half of an answer"]
Fate = tuple[str, int | None]

_ERRORS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too many requests"),
    20500: (500, "An internal server error has occurred"),
    20503: (503, "Service unavailable"),
    21211: (400, "The 'To' number {to} is not a valid phone number."),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21610: (400, "Attempt to send to unsubscribed recipient {to}"),
    21614: (400, "'To' number {to} is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
}


@dataclass
class TwilioServer:
    """One account. `fates` by number: the last status and its code, else delivered."""

    url: str = ""
    trouble: list[Trouble] = field(default_factory=list)
    """What goes wrong with the next messages to be made, one each."""
    refuses: dict[str, int] = field(default_factory=dict)
    """Codes with which numbers are refused."""
    fates: dict[str, Fate] = field(default_factory=dict)
    calls_back: bool = True
    disorder: random.Random | None = None
    """With it, calls come in any order, and some of them twice."""
    arrivals: list[dict[str, str]] = field(default_factory=list)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    told: list[tuple[str, int]] = field(default_factory=list)
    """The statuses told to us and what we answered."""
    replies: list[tuple[int, str, str]] = field(default_factory=list)
    account_status: str = "active"
    clock: datetime | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop, repr=False)
    _http: aiohttp.ClientSession | None = field(default=None, repr=False)
    _calling: set["asyncio.Task[None]"] = field(default_factory=set, repr=False)

    def text_from(self, url: str, phone: str, body: str, sid: str, **more: str) -> tuple[int, str, str]:
        """A person's text, brought to `url`: our status, type and body."""
        fields = {
            **dict.fromkeys(("MessageSid", "SmsSid", "SmsMessageSid"), sid),
            "AccountSid": ACCOUNT_SID,
            "From": phone,
            "To": "+15005550006",
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            **more,
        }
        return self._run(self._post(url, fields))

    def quiet(self) -> None:
        """Wait until every call under way is over."""
        self._run(self._called())

    def make(self, to: str, body: str, created: datetime | None = None, **changes: Any) -> dict[str, Any]:
        """A message as the account has it."""
        sid = f"SM{len(self.messages) + 1:032x}"
        at = format_datetime(created or self.clock or datetime.now(UTC))
        self.messages[sid] = {
            "body": body,
            "num_segments": "1",
            "direction": "outbound-api",
            "from": "SoNNMT",
            "to": to,
            "date_updated": at,
            "price": None,
            "error_message": None,
            "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid}.json",
            "account_sid": ACCOUNT_SID,
            "num_media": "0",
            "status": "queued",
            "messaging_service_sid": None,
            "sid": sid,
            "date_sent": at,
            "date_created": at,
            "error_code": None,
            "price_unit": None,
            "api_version": "2010-04-01",
            "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{sid}/Media.json"},
            **changes,
        }
        return self.messages[sid]

    def _run(self, coroutine: Coroutine[Any, Any, T], timeout: float = 20) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    async def _called(self) -> None:
        while self._calling:
            await asyncio.wait(self._calling)

    async def _post(self, url: str, fields: dict[str, str]) -> tuple[int, str, str]:
        assert self._http is not None
        headers = {"X-Twilio-Signature": signature(AUTH_TOKEN, url, fields.items())}
        async with self._http.post(url, data=fields, headers=headers) as answer:
            self.replies.append((answer.status, answer.content_type, await answer.text()))
            return self.replies[-1]

    async def _call_back(self, url: str, message: dict[str, Any]) -> None:
        last, code = self.fates.get(message["to"], ("delivered", None))
        steps: list[Fate] = [("sending", None), ("sent", None), (last, code)]
        message.update(status=last, error_code=code)
        if self.disorder:
            steps += self.disorder.sample(steps, self.disorder.randrange(len(steps)))
            self.disorder.shuffle(steps)
        for status, error_code in steps:
            fields = {
                "SmsSid": message["sid"],
                "SmsStatus": status,
                "MessageStatus": status,
                "To": message["to"],
                "MessageSid": message["sid"],
                "AccountSid": ACCOUNT_SID,
                "From": message["from"],
                "ApiVersion": "2010-04-01",
                **({"ErrorCode": str(error_code)} if error_code else {}),
                **({"RawDlrDoneDate": "2611201005"} if status == last else {}),
            }
            self.told.append((status, (await self._post(url, fields))[0]))

    async def _create(self, request: web.Request) -> web.StreamResponse:
        posted = await request.post()
        fields = {name: str(value) for name, value in posted.items()}
        assert len(fields) == len(posted)
        self.arrivals.append(fields)
        to, trouble = fields.get("To", ""), self.trouble.pop(0) if self.trouble else None
        if trouble == "429":
            return _error(20429, {"Retry-After": "7"})
        if trouble == "500":
            return _error(20500)
        if trouble == "503":
            return _error(20503)
        if code := self._refusal(fields):
            return _error(code, to=to)
        message = self.make(to, fields["Body"])
        message["from"] = fields["From"]
        if self.calls_back and "StatusCallback" in fields:
            task = self._loop.create_task(self._call_back(fields["StatusCallback"], dict(message)))
            self._calling.add(task)
            task.add_done_callback(self._calling.discard)
        if trouble == "500 after taking":
            return _error(20500)
        if trouble == "takes and hangs up":
            assert request.transport is not None
            request.transport.close()
        if trouble == "half of an answer":
            return web.Response(status=201, text='{"sid": "SM', content_type="application/json")
        return web.json_response(message, status=201)

    def _refusal(self, fields: dict[str, str]) -> int | None:
        to = fields.get("To", "")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", to):
            return 21211
        if not fields.get("From"):
            return 21603
        if not fields.get("Body"):
            return 21602
        return 21617 if len(fields["Body"]) > 1_600 else self.refuses.get(to)

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        message = self.messages.get(request.match_info["sid"])
        return web.json_response(message) if message else _error(20404)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """By number and day, newest first; a message that has not left has no day."""
        self.asked.append(request.path_qs)
        since = datetime.fromisoformat(request.query["DateSent>"])
        size = int(request.query.get("PageSize", "50"))
        found = [
            message
            for message in reversed(self.messages.values())
            if message["to"] == request.query["To"] and _when(message["date_sent"]).date() >= since.date()
        ]
        uri = request.path_qs
        page = {
            "messages": found[:size],
            "first_page_uri": uri,
            "next_page_uri": f"{uri}&Page=1&PageToken=PA{found[size - 1]['sid']}" if len(found) > size else None,
            "previous_page_uri": None,
            "uri": uri,
            "page": 0,
            "page_size": size,
            "start": 0,
            "end": len(found[:size]),
        }
        return web.json_response(page)

    async def _account(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"sid": ACCOUNT_SID, "status": self.account_status, "type": "Full"})

    def _application(self) -> web.Application:
        @web.middleware
        async def authenticated(request: web.Request, handler: Any) -> web.StreamResponse:
            credentials = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
            if request.headers.get("Authorization") != f"Basic {credentials}":
                return _error(20003)
            answer = await handler(request)
            assert isinstance(answer, web.StreamResponse)
            return answer

        application = web.Application(middlewares=[authenticated])
        account = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
        application.add_routes(
            [
                web.post(f"{account}/Messages.json", self._create),
                web.get(f"{account}/Messages.json", self._list),
                web.get(account + "/Messages/{sid}.json", self._fetch),
                web.get(f"{account}.json", self._account),
            ]
        )
        return application

    async def _start(self) -> web.AppRunner:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        runner = web.AppRunner(self._application(), shutdown_timeout=1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _stop(self, runner: web.AppRunner) -> None:
        for task in list(self._calling):
            task.cancel()
        assert self._http is not None
        await self._http.close()
        await runner.cleanup()

    @property
    def arrived(self) -> Counter[str]:
        """How often each number was written to."""
        return Counter(fields["To"] for fields in self.arrivals)


@contextmanager
def twilio_server(**account: Any) -> Iterator[TwilioServer]:
    """A Twilio on the loopback while the block runs; keywords change its account."""
    server = TwilioServer(**account)
    thread = threading.Thread(target=server._loop.run_forever)
    thread.start()
    try:
        runner = server._run(server._start())
        try:
            yield server
        finally:
            server._run(server._stop(runner))
    finally:
        server._loop.call_soon_threadsafe(server._loop.stop)
        thread.join(10)
        server._loop.close()


def _error(code: int, headers: dict[str, str] | None = None, to: str = "") -> web.Response:
    status, message = _ERRORS.get(code, (400, "Refused: {to}"))
    document = {
        "code": code,
        "message": message.format(to=to),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(document, status=status, headers=headers)


def _when(date: str) -> datetime:
    return datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %z")
