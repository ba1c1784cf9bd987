"""A real RabbitMQ of the test run's own: a node in a temporary folder, on free ports, gone at the end."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.services import free_ports, require, until

HOW = "apt-get install --no-install-recommends rabbitmq-server"
# Debian's /usr/sbin/rabbitmq-server insists on its own user; what it wraps runs as anybody.
FOLDERS = (Path("/usr/lib/rabbitmq/bin"),)
_START_S = 60.0
_STOP_S = 30.0
_COMMAND_S = 60.0
_GREETING = b"AMQP\x00\x00\x09\x01"  # AMQP 0-9-1, 4.2.2: a client's first bytes
_METHOD = 1  # the type of the frame that a server answers with: Connection.Start


class RabbitServer:
    """One node, in `folder`, whose files outlive `stop` and `kill`; `url` as `LOA_BROKER_URL` has it.

        with RabbitServer(folder) as rabbit:
            Celery(broker=rabbit.url)

    Node name, cookie, ports and epmd (Erlang's register of nodes) are its own: several run beside each other.
    """

    def __init__(self, folder: Path) -> None:
        self._program = require("rabbitmq-server", HOW, FOLDERS)
        self._control = require("rabbitmqctl", HOW, FOLDERS)
        self._epmd = require("epmd", HOW)
        self._folder = folder
        self.port, distribution_port, epmd_port = free_ports(3)
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self._running: list[subprocess.Popen[bytes]] = []
        self._environment = _environment(folder, f"loa-{self.port}@localhost", distribution_port, epmd_port)
        self._epmd_port = epmd_port
        _write_configuration(folder, self.port)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start, and wait until it speaks AMQP: 4 to 8 seconds."""
        # In the foreground, as a child of ours: one that the node starts by itself would stay behind as a daemon.
        self._run([self._epmd, "-address", "127.0.0.1", "-port", str(self._epmd_port)])
        until(lambda: _says(self._epmd_port, b""), _START_S, "epmd")
        self._run([self._program])
        until(self._answers, _START_S, f"RabbitMQ (log: {self._folder})")

    def stop(self) -> None:
        """Shut down tidily, as an update of the server's package does."""
        if self._running:
            node = self._running[-1]
            node.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                node.wait(_STOP_S)
        self.kill()

    def kill(self) -> None:
        """Kill −9 of the node and its register, in the middle of whatever they do."""
        for process in reversed(self._running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(_STOP_S)
        self._running.clear()

    def control(self, *command: str) -> str:
        """What `rabbitmqctl` says to a command; one takes a second or two."""
        done = subprocess.run(
            [self._control, "--quiet", *command],
            env=self._environment,
            capture_output=True,
            timeout=_COMMAND_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode()

    def _run(self, command: list[str | Path]) -> None:
        with (self._folder / "output.log").open("ab") as log:
            self._running.append(
                subprocess.Popen(command, stdout=log, stderr=log, env=self._environment, start_new_session=True)
            )

    def _answers(self) -> bool | None:
        assert self._running[-1].poll() is None, f"RabbitMQ ended while it started (log: {self._folder})"
        return _says(self.port, _GREETING)


def _environment(folder: Path, node: str, distribution_port: int, epmd_port: int) -> dict[str, str]:
    """Everything that /etc/rabbitmq, HOME or another node could otherwise decide."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": str(folder),  # the cookie stands there
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": node,
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_BASE": str(folder),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none.conf"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }


def _write_configuration(folder: Path, port: int) -> None:
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.local = 127.0.0.1:{port}\n")
    (folder / "plugins").write_text("[].\n")
    cookie = folder / ".erlang.cookie"
    cookie.write_text(secrets.token_hex(16))
    cookie.chmod(0o400)


def _says(port: int, greeting: bytes) -> bool | None:
    """Whether somebody listens on the port and, if greeted, answers as a broker."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as peer:
        if not greeting:
            return True
        peer.sendall(greeting)
        return True if peer.recv(1) == bytes((_METHOD,)) else None
    return None
