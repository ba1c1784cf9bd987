"""Serves the current model on a Unix socket or on loopback.

    python -m nlu.server --models DIR --socket PATH
    python -m nlu.server --models DIR --port 5005

POST /parse {"texts": ["…", …]} → {"model": id, "results": [{"intent": {"name", "confidence"}, "ranking": [≤ 3],
"topics": [≤ 3], "entities": [{"entity", "value", "start", "end"}]}, …]}; positions count the characters of the text
after cleaning (`nlu.parser.readable`). 400 says what is wrong with the request, 503 that no model is open yet or too
much is waiting. GET /healthz → 200 {"model": id}, or 503 until the first model is open.

Ends on SIGTERM, and when the process that started it dies.
"""

import argparse
import asyncio
import ipaddress
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web

from nlu.live import LiveModel, NotReady, Overloaded
from nlu.models import ModelStore
from nlu.parser import readable

log = logging.getLogger("loa.nlu")

MOST_TEXTS = 256
"""Texts in one request. More belong in several, so that others get a turn in between."""

MOST_BYTES = 8 * 1024 * 1024

_GRACE = 1.0
_LOOK_FOR_PARENT_EVERY = 0.5


class BadRequest(Exception):
    """The request is not {"texts": [string, …]}; the message says why."""


def texts_of(body: bytes) -> list[str]:
    """The cleaned texts of a request, or BadRequest."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("the body is not JSON in UTF-8") from error
    texts = document.get("texts") if isinstance(document, dict) else None
    if not isinstance(texts, list):
        raise BadRequest('the body must be {"texts": ["…", …]}')
    if len(texts) > MOST_TEXTS:
        raise BadRequest(f"at most {MOST_TEXTS} texts in one request")
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise BadRequest(f"texts[{number}] is not a string")
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise BadRequest(f"texts[{number}] holds half a surrogate pair, which is no Unicode text")
    return [readable(text) for text in texts]


def application(live: LiveModel) -> web.Application:
    """The two routes over a live model."""

    async def parse(request: web.Request) -> web.Response:
        body = await request.read()  # beyond MOST_BYTES this raises 413
        try:
            understood = await live.understand(texts_of(body))
        except BadRequest as error:
            return web.json_response({"error": str(error)}, status=400)
        except NotReady:
            return web.json_response({"error": "no model is open yet"}, status=503)
        except Overloaded:
            return web.json_response({"error": "too many texts are waiting"}, status=503, headers={"Retry-After": "1"})
        except Exception as error:
            # By its type alone: the message could hold a resident's words.
            log.error("a text was not understood: %s", type(error).__name__)
            return web.json_response({"error": "the model failed over this request"}, status=500)
        return web.json_response({"model": understood.model, "results": understood.results})

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"model": live.model_id}, status=200 if live.model_id else 503)

    app = web.Application(client_max_size=MOST_BYTES)
    app.add_routes([web.post("/parse", parse), web.get("/healthz", health)])
    return app


async def serve(store: ModelStore, address: Path | tuple[str, int]) -> None:
    """Serves until SIGTERM or SIGINT, or until the parent process is gone."""
    live = LiveModel(store)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    runner = web.AppRunner(application(live), access_log=None, handle_signals=False)
    await runner.setup()
    site: web.BaseSite
    if isinstance(address, Path):
        site = web.UnixSite(runner, str(address), shutdown_timeout=_GRACE)
    else:
        site = web.TCPSite(runner, *address, shutdown_timeout=_GRACE)
    await site.start()
    endless = [asyncio.ensure_future(work) for work in (live.follow(), live.work(), _orphaned())]
    stopped = asyncio.ensure_future(stopping.wait())
    # None of the endless ones ends but by the parent's death or a fault of ours; both end the server.
    done, _ = await asyncio.wait([*endless, stopped], return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        if task.exception():
            log.error("the server failed: %s", type(task.exception()).__name__)
    await runner.cleanup()


async def _orphaned() -> None:
    """Returns when the process that started this one is gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(_LOOK_FOR_PARENT_EVERY)


def refusal(address: Path | tuple[str, int]) -> str | None:
    """Why this address must not be served on, or None."""
    if not isinstance(address, Path):
        try:
            local = ipaddress.ip_address(address[0]).is_loopback
        except ValueError:
            local = False
        return None if local else f"{address[0]}: residents' texts are served on loopback only"
    if address.exists():
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(address))
            except ConnectionRefusedError:
                return None  # left behind by a server that was killed; bind replaces it
            except OSError as error:
                return f"{address}: {error.strerror or error}"
        return f"{address}: another server answers there"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True, help="the folder of models (see nlu.models)")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--socket", type=Path, help="the Unix socket to make, readable by its owner only")
    where.add_argument("--port", type=int)
    parser.add_argument("--host", default="127.0.0.1", help="with --port; loopback only")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    address = arguments.socket or (arguments.host, arguments.port)
    reason = refusal(address)
    if reason:
        print(f"loa nlu serve: {reason}", file=sys.stderr)
        return 1
    os.umask(0o077)
    try:
        asyncio.run(_until_stopped(ModelStore(arguments.models), address))
    except OSError as error:
        print(f"loa nlu serve: {address}: {error}", file=sys.stderr)
    return 1


async def _until_stopped(store: ModelStore, address: Path | tuple[str, int]) -> None:
    await serve(store, address)
    if isinstance(address, Path):
        address.unlink(missing_ok=True)
    # A thread may be importing Rasa or opening a model, which takes seconds and cannot be told to stop.
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
