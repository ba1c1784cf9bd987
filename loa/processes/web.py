"""The web process: granian, one worker process, no scheduler in it."""

import os

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from foundation.logs import configure_logs
from foundation.settings import load_settings
from loa.app import create_app
from loa.processes.lifeline import die_with
from loa.wiring import Loa

THREADS = 8


def run_web(loa: Loa) -> None:
    """Serve until SIGTERM or SIGINT."""
    settings = loa.settings
    Granian(
        "loa.processes.web:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        log_access=False,  # addresses and query strings would be personal data
        log_level=LogLevels.error,
    ).serve()


def application() -> Flask:
    """Made inside granian's worker process, which ends with its parent."""
    die_with(os.getppid())
    settings = load_settings()
    configure_logs(settings.log_level, "web")
    return create_app(Loa(settings))
