"""The floor of `loa bench inbound`: granian, as Loa runs it, with an application that reads the call and says 200.

`python -m loa.bench.inbound_floor bare|flask PORT THREADS`. `bare` is a WSGI function, `flask` a route of Flask.
"""

import sys
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

PATH = "/gateways/kannel/inbound"


def bare(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """A WSGI function that reads the call and does nothing."""
    environ["wsgi.input"].read()
    start("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "0")])
    return [b""]


def flask() -> Flask:
    """An application whose one route does the same."""
    application = Flask("floor")

    @application.post(PATH)
    def nothing() -> Response:
        request.get_data()
        return Response(b"", 200, content_type="text/plain")

    return application


if __name__ == "__main__":
    Granian(
        f"loa.bench.inbound_floor:{sys.argv[1]}",
        factory=sys.argv[1] == "flask",
        address="127.0.0.1",
        port=int(sys.argv[2]),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=int(sys.argv[3]),
        websockets=False,
        log_access=False,
        log_level=LogLevels.error,
    ).serve()
