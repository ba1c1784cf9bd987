"""The web process: granian, one worker process, no scheduler in it."""

import os

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from foundation.logs import configure_logs
from foundation.settings import load_settings
from loa.app import LARGEST_UPLOAD, create_app
from loa.processes.lifeline import die_with
from loa.processes.rsgi import Application
from loa.webhooks import Webhooks
from loa.wiring import Loa

THREADS = 16
"""Pages that are made at a time. Carriers' calls need no thread."""
BACKLOG = 1024
"""Connections that may wait to be taken: Kannel opens a hundred at a time."""


def run_web(loa: Loa) -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = loa.settings
    Granian(
        "loa.processes.web:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        workers=1,
        backlog=BACKLOG,
        websockets=False,
        log_access=False,  # addresses and query strings would be personal data
        log_level=LogLevels.error,
    ).serve()


def application() -> Application:
    """Made inside granian's worker process, which ends with its parent."""
    die_with(os.getppid())
    settings = load_settings()
    configure_logs(settings.log_level, "web")
    app = create_app(Loa(settings))
    webhooks = app.wsgi_app
    assert isinstance(webhooks, Webhooks)
    return Application(webhooks, app, THREADS, LARGEST_UPLOAD)
