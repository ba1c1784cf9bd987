"""The understanding process as its contract describes it, on a real Unix socket, understanding by a table.

POST /parse {"texts": [...]} → {"model", "results": [{"intent", "topics", "ranking", "entities"}, ...]}; GET /healthz.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.understanding import Understanding
from tests.bot.meaning import MODEL, meant

Answer = Callable[[list[str]], Awaitable[web.StreamResponse]]


class UnderstandingProcess:
    """Knows the texts of its table; anything else is out of scope. `answer` may be replaced to misbehave."""

    def __init__(self, table: Mapping[str, Understanding] | None = None) -> None:
        self.table = dict(table or {})
        self.asked: list[list[str]] = []
        self.answer: Answer = self.understand

    async def understand(self, texts: list[str]) -> web.StreamResponse:
        return web.json_response({"model": MODEL, "results": [self.result(text) for text in texts]})

    def result(self, text: str) -> dict[str, Any]:
        understood = self.table.get(text, meant("out_of_scope"))
        intent = {"name": understood.intent.name, "confidence": understood.intent.confidence}
        topics = [{"name": topic.name, "confidence": topic.confidence} for topic in understood.topics]
        return {"intent": intent, "ranking": [intent], "topics": topics, "entities": []}

    @asynccontextmanager
    async def listening(self, socket: Path) -> AsyncIterator[None]:
        app = web.Application()
        app.add_routes([web.post("/parse", self._parse), web.get("/healthz", self._health)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.UnixSite(runner, str(socket)).start()
        try:
            yield
        finally:
            await runner.cleanup()

    async def _parse(self, request: web.Request) -> web.StreamResponse:
        texts = (await request.json())["texts"]
        self.asked.append(texts)
        return await self.answer(texts)

    async def _health(self, _: web.Request) -> web.StreamResponse:
        return web.json_response({"model": MODEL})


def answering(body: bytes, status: int = 200, content_type: str = "application/json") -> Answer:
    """An answer that is always the same."""

    async def answer(_: list[str]) -> web.StreamResponse:
        return web.Response(body=body, status=status, content_type=content_type)

    return answer


async def too_slow(_: list[str]) -> web.StreamResponse:
    """An answer that nobody waits for."""
    await asyncio.sleep(30)
    return web.Response()
