"""An eSMS of our own on the loopback: takes our calls and calls us, as documented, and can be troubled."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import web

from tests.gateways.esms_there import HANOI, EsmsAccountThere, Order

T = TypeVar("T")
Trouble = Literal["takes and hangs up", "500 after taking", "500", "garbage", "429", "503"]


@dataclass
class EsmsServer(EsmsAccountThere):
    """An account that is reached by HTTP, and what went to and fro. Times are real."""

    url: str = ""
    trouble: list[Trouble] = field(default_factory=list)
    """What goes wrong with the next requests to send, one each."""
    calls_back: bool = True
    arrivals: list[dict[str, Any]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """The names of all calls, in order."""
    told: list[int] = field(default_factory=list)
    """What we answered to each of its callbacks."""
    inbound_url: str = ""
    """Where texts from people are brought."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop, repr=False)
    _http: aiohttp.ClientSession | None = field(default=None, repr=False)
    _calling: set["asyncio.Task[None]"] = field(default_factory=set, repr=False)

    def text_from(self, phone: str, content: str, at: str, smsid: str, timeout: float = 20) -> tuple[int, str]:
        """A person texts the short code: eSMS calls `inbound_url`; our status and body."""
        query = self.signed(phone, content, at, smsid)
        return self._run(self._get(f"{self.inbound_url}?{urlencode(query, quote_via=quote)}"), timeout)

    def _run(self, coroutine: Coroutine[Any, Any, T], timeout: float = 20) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout)

    async def _get(self, url: str) -> tuple[int, str]:
        assert self._http is not None
        async with self._http.get(url) as answer:
            return answer.status, await answer.text()

    async def _call_back(self, order: Order) -> None:
        for url in self.callbacks_of(order):
            for _ in range(5):
                try:
                    status, _ = await self._get(url)
                except (aiohttp.ClientError, TimeoutError):
                    continue
                self.told.append(status)
                if status != 503:  # documented for time-outs; a 503 is taken for one, which is our guess
                    break
                await asyncio.sleep(1)  # its own pace

    async def _sent(self, request: web.Request, advertising: bool) -> web.StreamResponse:
        fields = await _body(request)
        self.arrivals.append(fields)
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble in ("500", "garbage", "429", "503"):
            status = {"500": 500, "garbage": 200, "429": 429, "503": 503}[trouble]
            headers = {"Retry-After": "7"} if trouble == "429" else {}
            return web.Response(status=status, text="<html>Request Error</html>", headers=headers)
        known = len(self.orders)
        answer = self.take(fields, datetime.now(HANOI), advertising)
        if len(self.orders) > known and self.calls_back:
            task = self._loop.create_task(self._call_back(list(self.orders.values())[-1]))
            self._calling.add(task)
            task.add_done_callback(self._calling.discard)
        if trouble == "takes and hangs up":
            assert request.transport is not None
            request.transport.close()
        return web.json_response(answer, status=500 if trouble else 200)

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=2**22)
        base = "/MainService.svc/json/"

        def asked(name: str, answer: Callable[[dict[str, Any]], dict[str, Any]], method: str) -> web.RouteDef:
            async def handle(request: web.Request) -> web.StreamResponse:
                self.requests.append(name)
                return web.json_response(answer(dict(request.query) if method == "GET" else await _body(request)))

            return web.route(method, base + name, handle)

        def sending(name: str, advertising: bool) -> web.RouteDef:
            async def handle(request: web.Request) -> web.StreamResponse:
                self.requests.append(name)
                return await self._sent(request, advertising)

            return web.post(base + name, handle)

        application.add_routes(
            [
                sending("SendMultipleMessage_V4_post_json/", advertising=False),
                sending("SendMultipleSMSBrandname_json/", advertising=True),
                asked("GetBalance_json", self.balance_of, "POST"),
                asked("GetTemplate/", self.list_templates, "POST"),
                asked("GetSmsSentData_V2", self.sent_data, "POST"),
                asked("GetSendStatus", self.send_status, "GET"),
                asked("GetSmsReceiverStatus_get", self.number_by_number, "GET"),
            ]
        )
        return application

    async def _start(self) -> web.AppRunner:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        runner = web.AppRunner(self._application(), shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _stop(self, runner: web.AppRunner) -> None:
        for task in list(self._calling):
            task.cancel()
        assert self._http is not None
        await self._http.close()
        await runner.cleanup()


@contextmanager
def esms_server(**account: Any) -> Iterator[EsmsServer]:
    """An eSMS on the loopback while the block runs; keywords change its account."""
    server = EsmsServer(**account)
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


async def _body(request: web.Request) -> dict[str, Any]:
    fields = json.loads(await request.read())
    assert isinstance(fields, dict)
    return fields
