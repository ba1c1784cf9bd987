"""A Zalo of our own, since Zalo has no sandbox: OAuth, consultation messages, templates by phone, and signed calls.

Written from the documented wire, not from our gateway: errors come with HTTP 200, refresh tokens work once, who has not
written for seven days is refused, and calls carry the SHA-256 that Zalo describes.
"""

import asyncio
import hashlib
import json
import threading
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from gateways.protocol import WebhookRequest
from gateways.zalo_oauth import ZaloAccount

APP_ID, OA_ID = "4310000000000000001", "579745863508352884"
APP_SECRET, OA_SECRET = "khoa-bi-mat-cua-ung-dung", "khoa-bi-mat-cua-oa"
FOLLOWER = "2468458835296197922"
PHONE = "84912345678"
FIRST_REFRESH = "refresh-token-0000"
WINDOW = timedelta(days=7)


@dataclass
class FakeTemplate:
    """A template as its owner registered it; `status` and `quality` are Zalo's words."""

    template_id: str
    places: dict[str, int]
    status: str = "ENABLE"
    price: str = "300"


@dataclass
class FakeZalo:
    """What Zalo remembers. Change it to make it misbehave; read it to see what arrived."""

    now: Callable[[], datetime]
    url: str = ""
    webhook: str = ""
    first_term: str = APP_ID
    life_s: int = 90_000
    kills_old: bool = True
    refresh_tokens: set[str] = field(default_factory=lambda: {FIRST_REFRESH})
    access_tokens: dict[str, datetime] = field(default_factory=dict)
    refreshes: int = 0
    dead_token_uses: int = 0
    hold_refresh: threading.Event | None = None
    asked_refresh: threading.Event = field(default_factory=threading.Event)
    took_refresh: threading.Event = field(default_factory=threading.Event)
    drop_refresh_answer: bool = False
    refresh_answers: list[dict[str, Any]] = field(default_factory=list)
    last_interaction: dict[str, datetime] = field(default_factory=dict)
    errors: list[int] = field(default_factory=list)
    quota: int = 500
    templates: dict[str, FakeTemplate] = field(default_factory=dict)
    messages: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    made: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def account(self) -> ZaloAccount:
        return account(self.url)

    def writes(self, text: str, uid: str = FOLLOWER) -> WebhookRequest:
        """A person writes to the account: the call that Zalo makes of it."""
        self.last_interaction[uid] = self.now()
        message = {"msg_id": self._new("in"), "text": text}
        return self.event("user_send_text", sender={"id": uid}, recipient={"id": OA_ID}, message=message)

    def received(self, message_id: str, uid: str = FOLLOWER) -> WebhookRequest:
        """A message of a chat is on the phone."""
        return self.event(
            "user_received_message", sender={"id": OA_ID}, recipient={"id": uid}, message={"msg_id": message_id}
        )

    def seen(self, *message_ids: str, uid: str = FOLLOWER) -> WebhookRequest:
        """Messages of a chat were read."""
        message = {"msg_ids": list(message_ids)}
        return self.event("user_seen_message", sender={"id": OA_ID}, recipient={"id": uid}, message=message)

    def delivered(self, message: dict[str, Any]) -> WebhookRequest:
        """A template reached a phone."""
        told = {
            "msg_id": message["msg_id"],
            "delivery_time": str(_ms(self.now())),
            "tracking_id": message["tracking_id"],
        }
        to = {"id": message["phone"]}
        return self.event("user_received_message", sender={"id": OA_ID}, recipient=to, message=told)

    def event(self, name: str, **fields: Any) -> WebhookRequest:
        """Any event, signed."""
        document = {"app_id": APP_ID, "event_name": name, "timestamp": str(_ms(self.now())), **fields}
        return signed(json.dumps(document, ensure_ascii=False).encode(), self.first_term)

    def call(self, request: WebhookRequest) -> int:
        """Call Loa as Zalo does; the status."""
        made = urllib.request.Request(self.webhook, request.body, dict(request.headers), method="POST")
        with urllib.request.urlopen(made, timeout=10) as answer:
            return int(answer.status)

    def _new(self, kind: str) -> str:
        self.made += 1
        return f"{kind}{self.made:06x}"

    async def refresh(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        self.asked_refresh.set()
        hold, drop_answer = self.hold_refresh, self.drop_refresh_answer  # as they were when it came
        if hold is not None and not drop_answer:
            await asyncio.to_thread(hold.wait, 30)
        with self.lock:
            if self.refresh_answers:
                return web.json_response(self.refresh_answers.pop(0))
            right = request.headers.get("secret_key") == APP_SECRET and form.get("app_id") == APP_ID
            token = str(form.get("refresh_token"))
            if not right or form.get("grant_type") != "refresh_token" or token not in self.refresh_tokens:
                return web.json_response({"error": -14014, "error_name": "Invalid refresh token."})
            self.refreshes += 1
            self.refresh_tokens = {f"refresh-token-{self.refreshes:04d}"}
            access = f"access-token-{self.refreshes:04d}"
            if self.kills_old:
                self.access_tokens.clear()
            self.access_tokens[access] = self.now() + timedelta(seconds=self.life_s)
            answer = {
                "access_token": access,
                "refresh_token": next(iter(self.refresh_tokens)),
                "expires_in": str(self.life_s),
            }
        self.took_refresh.set()
        if hold is not None and drop_answer:
            await asyncio.to_thread(hold.wait, 30)
        return web.json_response(answer)

    def refuse(self, request: web.Request, invalid: int) -> int | None:
        """The error that this request gets before anything else is looked at."""
        expires = self.access_tokens.get(request.headers.get("access_token", ""))
        if expires is None or expires <= self.now():
            self.dead_token_uses += 1
            return invalid
        return self.errors.pop(0) if self.errors else None

    async def consultation(self, request: web.Request) -> web.StreamResponse:
        document = await request.json()
        with self.lock:
            if error := self.refuse(request, -216):
                return _says(error)
            uid, text = document["recipient"]["user_id"], document["message"]["text"]
            if len(text) > 2000:
                return _says(-210)
            if uid not in self.last_interaction:
                return _says(-213)
            if self.now() - self.last_interaction[uid] > WINDOW:
                return _says(-230)
            message = {"message_id": self._new("out"), "user_id": uid, "text": text}
            self.messages.append(message)
        quota = {"quota_type": "reply", "remain": 7, "total": 8}
        return _says(0, {"message_id": message["message_id"], "user_id": uid, "quota": quota})

    async def template(self, request: web.Request) -> web.StreamResponse:
        document = await request.json()
        with self.lock:
            if error := self.refuse(request, -124):
                return _says(error)
            known = self.templates.get(document["template_id"])
            values = document["template_data"]
            if known is None or known.status != "ENABLE":
                return _says(-109 if known is None else -131)
            if values.keys() != known.places.keys():
                return _says(-1122)
            if any(len(value) > known.places[name] for name, value in values.items()):
                return _says(-1121)
            if len(document["tracking_id"]) > 48 or not document["phone"].startswith("84"):
                return _says(-108)
            if self.quota <= 0:
                return _says(-144)
            self.quota -= 1
            message = {"msg_id": self._new("zbs"), **document}
            self.messages.append(message)
            self.statuses[message["msg_id"]] = 0
        quota = {"dailyQuota": "500", "remainingQuota": str(self.quota)}
        return _says(0, {"msg_id": message["msg_id"], "sent_time": str(_ms(self.now())), "quota": quota})

    async def look_up(self, request: web.Request) -> web.StreamResponse:
        with self.lock:
            if error := self.refuse(request, -216):
                return _says(error)
            match request.path:
                case "/v2.0/oa/getoa":
                    return _says(0, {"oa_id": OA_ID, "name": "Xã Trà Bồng", "is_verified": True})
                case "/message/status":
                    status = self.statuses.get(request.query["message_id"], -1)
                    return _says(0, {"delivery_time": str(_ms(self.now())), "status": status, "message": ""})
                case "/message/quota":
                    return _says(0, {"dailyQuota": "500", "remainingQuota": str(self.quota)})
                case "/template/all":
                    offset, limit = int(request.query["offset"]), int(request.query["limit"])
                    rows = [{"templateId": int(t.template_id), "status": t.status} for t in self.templates.values()]
                    return _says(0, rows[offset : offset + limit])
                case _:
                    return self._info(self.templates[request.query["template_id"]])

    def _info(self, template: FakeTemplate) -> web.Response:
        places = [{"name": n, "maxLength": longest, "type": "STRING"} for n, longest in template.places.items()]
        return _says(
            0,
            {
                "templateId": int(template.template_id),
                "templateName": "Báo hồ sơ",
                "status": template.status,
                "reason": "Sai chính tả" if template.status == "REJECT" else "",
                "listParams": places,
                "price_sdt": template.price,
            },
        )

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v4/oa/access_token", self.refresh)
        app.router.add_post("/v3.0/oa/message/cs", self.consultation)
        app.router.add_post("/message/template", self.template)
        for path in ("/v2.0/oa/getoa", "/message/status", "/message/quota", "/template/all", "/template/info/v2"):
            app.router.add_get(path, self.look_up)
        return app


def account(url: str, timeout_s: float = 10.0) -> ZaloAccount:
    """Our account at a Zalo that lives at this address."""
    return ZaloAccount(
        APP_ID, OA_ID, APP_SECRET, OA_SECRET, api_url=url, business_url=url, oauth_url=url, timeout_s=timeout_s
    )


def signed(body: bytes, first_term: str = APP_ID, secret: str = OA_SECRET) -> WebhookRequest:
    """A call with this body, signed as Zalo describes it."""
    mac = hashlib.sha256()
    for part in (first_term.encode(), body, str(json.loads(body)["timestamp"]).encode(), secret.encode()):
        mac.update(part)
    headers = {"Content-Type": "application/json", "X-ZEvent-Signature": f"mac={mac.hexdigest()}"}
    return WebhookRequest.called("POST", "/gateways/zalo/inbound", headers, body)


@contextmanager
def fake_zalo(now: Callable[[], datetime]) -> Iterator[FakeZalo]:
    """Zalo on a free port of the loopback while the block runs."""
    zalo = FakeZalo(now)
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        runner = web.AppRunner(zalo.application(), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=512)
        await site.start()
        zalo.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        ready.set()
        await stop.wait()
        await runner.cleanup()
        await loop.shutdown_default_executor()

    thread = threading.Thread(target=_run, args=(loop, serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield zalo
    finally:
        if zalo.hold_refresh is not None:
            zalo.hold_refresh.set()
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        assert not thread.is_alive()
        loop.close()


def _run(loop: asyncio.AbstractEventLoop, serving: Awaitable[None]) -> None:
    loop.run_until_complete(serving)


def _says(error: int, data: Any = None) -> web.Response:
    message = "Success" if error == 0 else f"refused {PHONE} {FOLLOWER}"
    return web.json_response({"data": data, "error": error, "message": message})


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
