"""The gateways' calls: verify, store once, answer fast; the work is the worker's.

`/gateways/<name>/inbound` and `/gateways/<name>/receipts` are answered in front of Flask, which has no such routes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from prometheus_client import CollectorRegistry, Counter

from foundation.clock import utc_now
from gateways import Event, Gateway, WebhookRefused, WebhookReply, WebhookRequest
from loa.inbound.answers import MOST_CALLS, NOTHING, PATIENCE_S, Answers, AnswersAtOnce
from loa.inbound.calls import KINDS, PREFIX, read_rsgi, read_wsgi, target
from loa.inbound.events import Taken, store, take
from loa.inbound.group_commit import GroupCommit, NotStored
from loa.wiring import Loa

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = structlog.get_logger()

RETRY_AFTER_S = 5
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    503: "Service Unavailable",
}
STORED, NOT_STORED, FAULT = "stored", "not stored", "fault"


class Webhooks:
    """Takes carriers' calls; anything else is for `application`. Opens nothing and starts nothing before a call."""

    def __init__(
        self,
        loa: Loa,
        application: "WSGIApplication",
        registry: CollectorRegistry | None = None,
        answers_within_s: float = PATIENCE_S,
    ) -> None:
        self._loa = loa
        self._application = application
        self._commit: GroupCommit[Taken] = GroupCommit(self._write, loa.nudge_worker)
        self._answers = AnswersAtOnce(loa.database, lambda: loa.limits, utc_now, answers_within_s)
        self._waiters = ThreadPoolExecutor(MOST_CALLS + 1, thread_name_prefix="answers")
        self._calls = Counter(
            "loa_webhook_calls",
            "Calls of gateways by what came of them; of those refused, why",
            ["gateway", "kind", "outcome"],
            registry=registry,
        )

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        """As WSGI; a call keeps its thread while it waits."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return self._application(environ, start)

        async def read() -> WebhookRequest:
            return read_wsgi(environ)

        async def store(taken: Taken) -> None:
            self._commit.hand_in(taken)

        async def wait(gateway: str, provider_ids: Sequence[str]) -> Answers:
            return self._answers.wait(gateway, provider_ids)

        told = _at_once(self._told(path, read, store, wait))
        start(f"{told.status} {_REASONS.get(told.status, 'Refused')}", told.headers)
        return told

    async def serve(self, scope: Any, proto: Any) -> None:
        """As granian's RSGI, in the server's event loop: calls that wait cost nothing."""

        async def wait(gateway: str, provider_ids: Sequence[str]) -> Answers:
            return await asyncio.get_running_loop().run_in_executor(
                self._waiters, self._answers.wait, gateway, provider_ids
            )

        told = await self._told(scope.path, partial(read_rsgi, scope, proto), self._commit.hand_in_soon, wait)
        proto.response_bytes(told.status, told.headers, told.body)
        if told.said is not None:
            await asyncio.get_running_loop().run_in_executor(self._waiters, told.said)

    async def _told(
        self,
        path: str,
        read: Callable[[], Awaitable[WebhookRequest]],
        store: Callable[[Taken], Awaitable[None]],
        wait: Callable[[str, Sequence[str]], Awaitable[Answers]],
    ) -> "_Told":
        """What a call is told; however the server reads, stores and waits."""
        called = target(path)
        gateway = self._loa.gateways.get(called[0]) if called else None
        if called is None or gateway is None:
            return _Told(404, b"there is no such gateway\n")
        name, kind = called
        answers = NOTHING
        try:
            request = await read()
            events = gateway.inbound(request) if kind == KINDS[0] else gateway.receipts(request)
            taken = self._take(gateway, events)
            if taken:
                await store(taken)
            if taken.texts and gateway.capabilities.reply_in_response:
                answers = await wait(name, [text.provider_id for text in taken.texts])
            reply = gateway.reply(events, answers.texts)
        except WebhookRefused as refused:
            self._calls.labels(name, kind, refused.reason).inc()
            log.warning("a call was refused", gateway=name, status=refused.status, reason=refused.reason)
            return _Told(refused.status, f"{refused.reason}\n".encode())
        except NotStored as error:
            self._calls.labels(name, kind, NOT_STORED).inc()
            log.error("a call was not stored", gateway=name, reason=str(error))
            return _TRY_AGAIN
        except Exception as error:
            # A fault of ours: the carrier shall call again, when it may be mended. No message: it may quote the call.
            self._calls.labels(name, kind, FAULT).inc()
            if answers.claimed:
                self._answers.unsaid(answers)
            log.error("a call could not be read", gateway=name, kind=kind, error=type(error).__name__)
            return _TRY_AGAIN
        self._calls.labels(name, kind, STORED).inc()
        said = partial(self._answers.said, answers) if answers.claimed else None
        return _Told(reply.status, reply.body, reply.content_type, said=said)

    def _take(self, gateway: Gateway, events: Sequence[Event]) -> Taken:
        loa = self._loa
        return take(loa.database.engine.dialect, gateway, events, loa.service_keyword(gateway.name), utc_now())

    def _write(self, group: Sequence[Taken]) -> None:
        with self._loa.database.write() as session:
            store(session, group)


@dataclass(frozen=True, slots=True)
class _Told:
    """An answer; as the body of WSGI, `close` tells that it was written."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    retry_after_s: int | None = None
    said: Callable[[], None] | None = None

    @property
    def headers(self) -> list[tuple[str, str]]:
        told = [("content-type", self.content_type), ("content-length", str(len(self.body)))]
        return told + ([("retry-after", str(self.retry_after_s))] if self.retry_after_s else [])

    def __iter__(self) -> Iterator[bytes]:
        yield self.body

    def close(self) -> None:
        if self.said is not None:
            self.said()


_TRY_AGAIN = _Told(503, b"try again\n", retry_after_s=RETRY_AFTER_S)


def _at_once(told: Coroutine[Any, Any, _Told]) -> _Told:
    """The result of a coroutine that awaits nothing but what blocks."""
    try:
        told.send(None)
    except StopIteration as end:
        result: _Told = end.value
        return result
    raise RuntimeError("it waits for an event loop")


def receive(loa: Loa, gateway: Gateway, events: Sequence[Event]) -> WebhookReply:
    """The same for a page that plays the carrier, in a transaction of its own."""
    with loa.database.write() as session:
        store(
            session, [take(loa.database.engine.dialect, gateway, events, loa.service_keyword(gateway.name), utc_now())]
        )
    loa.nudge_worker()
    return gateway.reply(events)
