"""A page that tells what it was asked, on granian as ours are: `python -m tests.loa.echo_server PORT`."""

import json
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from granian import Granian
from granian.constants import Interfaces

from loa.processes.rsgi import Application
from loa.webhooks import Webhooks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGEST = 200_000


def echo(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
    """The environment's texts, and how long the body was."""
    body = environ["wsgi.input"].read()
    told = {key: value for key, value in environ.items() if isinstance(value, str)} | {"read": len(body)}
    start("200 OK", [("Content-Type", "application/json"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [json.dumps(told).encode()]


def application() -> Application:
    """No carrier calls here."""
    return Application(cast(Webhooks, None), echo, threads=2, largest=LARGEST)


if __name__ == "__main__":
    Granian(
        "tests.loa.echo_server:application",
        factory=True,
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.RSGI,
    ).serve()
