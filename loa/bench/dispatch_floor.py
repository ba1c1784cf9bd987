"""The floor of `loa bench dispatch`: aiohttp posting the same bodies to the same carrier, and nothing else."""

import asyncio
import time
from collections.abc import Sequence

import aiohttp
import uvloop
from yarl import URL

IN_FLIGHT = (16, 32, 64, 128)
LOOPS = {"asyncio": asyncio.run, "uvloop": uvloop.run}
TIMEOUTS = {"10 s": aiohttp.ClientTimeout(total=10, sock_connect=5), "none": aiohttp.ClientTimeout(total=None)}
HEADERS = {"Content-Type": "text/xml"}

Setting = tuple[str, int, str]
"""Event loop, requests in flight, time-out of each."""
SETTINGS: Sequence[Setting] = [(loop, many, timeout) for loop in LOOPS for many in IN_FLIGHT for timeout in TIMEOUTS]


def posted(url: str, bodies: Sequence[bytes], setting: Setting) -> float:
    """Seconds that it takes to post them all, connections open already."""
    loop, in_flight, timeout = setting
    return LOOPS[loop](_posted(URL(f"{url}/cgi-bin/sendsms"), bodies, in_flight, TIMEOUTS[timeout]))


async def _posted(url: URL, bodies: Sequence[bytes], in_flight: int, timeout: aiohttp.ClientTimeout) -> float:
    connector = aiohttp.TCPConnector(limit=0)
    cookies = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, cookie_jar=cookies, auto_decompress=False
    ) as session:

        async def post(left: "list[bytes]") -> None:
            while left:
                async with session.post(url, data=left.pop(), headers=HEADERS) as answer:
                    await answer.read()

        async def all_of(left: "list[bytes]") -> None:
            await asyncio.gather(*(post(left) for _ in range(in_flight)))

        await all_of(list(bodies[: 4 * in_flight]))
        left = list(bodies)
        began = time.perf_counter()
        await all_of(left)
        return time.perf_counter() - began
