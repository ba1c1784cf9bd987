"""The embedded installation: which children it has, and when it is ready."""

import socket
import sys
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from pathlib import Path

from foundation.sockets import socket_path
from loa.nlu_process import environment, server_command
from loa.processes.locks import is_held
from loa.processes.supervisor import Child, Supervisor, check_port
from loa.wiring import UNDERSTANDING, WORKER, Loa


def serve_all(loa: Loa, say: Callable[[str], None], banner: Sequence[str] = ()) -> None:
    """Run web, worker and understanding until SIGTERM or Ctrl-C.

    Says the banner and then `ready`, on a line of its own, once all of it answers. Raises PortTaken, AlreadyRunning,
    SettingsError or NluError before anything is started.
    """
    check_port(loa.settings.host, loa.settings.port)
    socket_file = socket_path(loa.settings.home, UNDERSTANDING)
    command = [sys.executable, "-m", "loa"]
    children = [
        Child("understanding", server_command(loa, socket_file), environment()),
        Child("worker", [*command, "worker", "--with-clock"]),
        Child("web", [*command, "web"]),
    ]
    _ = (
        loa.gateways,
        loa.hours,
        loa.days_off,
        loa.answerer,
    )  # what is wrong there is said here, not by dying children

    def ready() -> bool:
        if not (_web_answers(loa) and _understands(socket_file) and is_held(loa.settings.home, WORKER)):
            return False
        for line in [*banner, "ready"]:
            say(line)
        return True

    Supervisor(loa.settings.home, children, ready).run()


def _web_answers(loa: Loa) -> bool:
    try:
        with urllib.request.urlopen(f"{loa.settings.local_url}/readyz", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _understands(path: Path) -> bool:
    connection = HTTPConnection("understanding", timeout=1)
    try:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(1)
        connection.sock.connect(str(path))
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
