"""A whole installation in a temporary home: the command line, and `loa serve` with its children."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from foundation.settings import Settings
from loa.wiring import ROOT, Loa
from tests.services import free_ports, until

T = TypeVar("T")
START_S = 90.0


class Installation:
    """A home of its own, on a port of its own; `settings` are LOA_ variables without the prefix."""

    def __init__(self, home: Path, models: Path, **settings: str) -> None:
        (self.port,) = free_ports(1)
        self.home = home
        home.mkdir(mode=0o700)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LOA_")},
            "LOA_HOME": str(home),
            "LOA_PORT": str(self.port),
            **{f"LOA_{name.upper()}": value for name, value in settings.items()},
        }
        (home / "models").symlink_to(models)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def loa(self) -> Loa:
        """The same installation, from inside this process."""
        ours = {name: value for name, value in self.environment.items() if name.startswith("LOA_")}
        fields = {name.removeprefix("LOA_").lower(): value for name, value in ours.items()}
        return Loa(Settings(_env_file=None, **fields))  # type: ignore[call-arg, arg-type]

    def run(self, *arguments: str, expect: int = 0) -> str:
        """Run `loa ARGUMENTS`; its stdout. Fails when it ends otherwise than expected."""
        done = subprocess.run(
            [sys.executable, "-m", "loa", *arguments],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == expect, f"loa {arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout if expect == 0 else done.stderr

    def json(self, *arguments: str) -> Any:
        """The one JSON document that `loa ARGUMENTS --json` prints."""
        return json.loads(self.run(*arguments, "--json"))

    def serve(self) -> "Serving":
        return Serving(self)


class Serving:
    """`loa serve`, from ready to its end; killed with all that is left of it in any case."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.log = installation.home / "serve.log"

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "loa", "serve"],
                env=self.installation.environment,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill_all()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=30)
        finally:
            self.kill_all()

    def pids(self) -> dict[str, int]:
        """The running children by role, as the system tells it."""
        return {role: pid for pid, role in processes(self.installation.home).items() if role != "serve"}

    def kill_all(self) -> None:
        """Leave nothing running, whatever happened."""
        for pid in processes(self.installation.home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process.wait(timeout=10)

    def _wait_until_ready(self) -> None:
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        said = b""

        def ready() -> bool:
            nonlocal said
            assert self.process.stdout is not None
            said += self.process.stdout.read() or b""
            assert self.process.poll() is None, f"loa serve ended:\n{self.log.read_text()}"
            return b"ready\n" in said

        until(ready, START_S, f"loa serve is ready\n{self.log}")


def processes(home: Path) -> dict[int, str]:
    """Every process of the installation at `home`, with its role; found by its environment, whoever its parent is."""
    mark = f"LOA_HOME={home}".encode()
    found: dict[int, str] = {}
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if mark not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            command = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if command != [b""]:
            found[int(folder.name)], parents[int(folder.name)] = _role(command), parent
    # granian's own worker process is forked, so it looks like its parent.
    return {pid: "web server" if found.get(parents[pid]) == role == "web" else role for pid, role in found.items()}


def _role(command: list[bytes]) -> str:
    words = [word.decode() for word in command]
    if "nlu.server" in words:
        return "understanding"
    return words[words.index("loa") + 1]


def call(url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> int:
    """The status of a GET, or of a POST with data; 0 when nobody answers."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, dict(headers or {})), timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
