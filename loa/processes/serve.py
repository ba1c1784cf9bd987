"""The embedded installation: which children it has, and when it is ready."""

import sys
import urllib.request
from collections.abc import Callable, Sequence

from foundation.settings import SettingsError
from foundation.sockets import socket_path
from loa.nlu_process import environment, server_command, understands
from loa.processes.locks import is_held
from loa.processes.supervisor import Child, Supervisor, check_port
from loa.wiring import UNDERSTANDING, WORKER, Loa


def serve_all(loa: Loa, say: Callable[[str], None], banner: Sequence[str] = ()) -> None:
    """Run web, worker and understanding until SIGTERM or Ctrl-C.

    Says the banner and then `ready`, on a line of its own, once all of it answers. Raises PortTaken, AlreadyRunning,
    SettingsError or NluError before anything is started.
    """
    if loa.engine is not None:
        raise SettingsError(
            "LOA_BROKER_URL: «loa serve» is one worker without a broker; beside a broker run «loa web», «loa worker», "
            "«loa clock» and «loa nlu serve» (docs/running.md)"
        )
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
        if not (_web_answers(loa) and understands(socket_file) and is_held(loa.settings.home, WORKER)):
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
