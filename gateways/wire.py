"""HTTP to a gateway, where a request sent twice is a text sent twice.

aiohttp repeats GET and other idempotent requests by itself when a kept connection breaks (measured: a server that
took the request and hung up received it twice). So this posts, once, and tells apart what never left from what may
have arrived.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

_LARGEST_ANSWER = 65_536


class NeverLeft(Exception):
    """There was no connection: certainly nothing was sent."""


class NoAnswer(Exception):
    """The request left and no answer came: it may or may not have been taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a gateway said. `text` ends after `largest_answer` bytes, or is empty if the connection broke after the
    status."""

    status: int
    text: str
    retry_after_s: float | None


class Wire:
    """One gateway's connections: `concurrency` requests in flight, each over within `timeout_s` seconds.

    Belongs to one event loop between the first `post` and `close`.
    """

    def __init__(self, concurrency: int, timeout_s: float, largest_answer: int = _LARGEST_ANSWER) -> None:
        self._concurrency = concurrency
        self._timeout_s = timeout_s
        self._largest_answer = largest_answer
        # Requests wait here and not inside aiohttp, where their time-out would run before they leave.
        self._slots = asyncio.Semaphore(concurrency)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str | URL, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once, following no redirect. Raises NeverLeft or NoAnswer, both with the bare kind of the trouble."""
        return await self._request("POST", url, body, headers)

    async def look_up(self, url: str, headers: Mapping[str, str]) -> Answer:
        """GET what changes nothing at the far end: aiohttp may repeat it. Never for sending. Raises as `post`."""
        return await self._request("GET", url, None, headers)

    async def _request(self, method: str, url: str | URL, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        async with self._slots:
            try:
                response = await self._open().request(method, url, data=body, headers=headers, allow_redirects=False)
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                raise NeverLeft(type(error).__name__) from error
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                raise NoAnswer(type(error).__name__) from error
            async with response:
                try:
                    body = await self._beginning(response.content)
                except (aiohttp.ClientError, OSError, TimeoutError):
                    body = b""
                retry_after = response.headers.get("Retry-After")
                text = body.decode("utf-8", "replace")
                return Answer(response.status, text, _seconds(retry_after) if retry_after else None)

    async def _beginning(self, content: aiohttp.StreamReader) -> bytes:
        body = await content.read(self._largest_answer)
        # One `read` may give no more than the first packet of an answer.
        while not content.at_eof() and len(body) < self._largest_answer:
            body += await content.read(self._largest_answer - len(body))
        return body

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._concurrency),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=self._timeout_s / 2),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def close(self) -> None:
        """Let go of all connections; a later `post` opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _seconds(retry_after: str) -> float | None:
    return float(retry_after) if retry_after.isascii() and retry_after.isdecimal() else None
