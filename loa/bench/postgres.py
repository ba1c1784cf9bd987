"""A PostgreSQL to measure on, as an installation has it: every commit on the disk. Gone at the end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from foundation.refusal import Refusal
from loa.processes.lifeline import die_with

_PROGRAMS = Path("/usr/lib/postgresql")
_START_S = 30.0


class NoPostgres(Refusal):
    """It is not installed, or does not start."""


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database. Raises NoPostgres."""
    versions = sorted(_PROGRAMS.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    if not versions:
        raise NoPostgres("PostgreSQL is not installed: apt-get install --no-install-recommends postgresql")
    # It refuses to run as root, whose folders are closed to others.
    user = _unprivileged() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="loa-postgres-"))
    try:
        if user:
            shutil.chown(folder, user)
        with _running(versions[-1], folder, user) as port:
            yield f"postgresql+psycopg://loa@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(programs: Path, folder: Path, user: str | None) -> Iterator[int]:
    data, parent = folder / "data", os.getpid()
    options = ["-U", "loa", "-A", "trust", "-E", "UTF8", "--locale=C"]
    made = subprocess.run(
        [programs / "initdb", "-D", data, *options], user=user, cwd="/", capture_output=True, check=False
    )
    if made.returncode:
        raise NoPostgres("PostgreSQL's initdb failed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, *(part for k, v in settings.items() for part in ("-c", f"{k}={v}"))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user,
        cwd="/",
        preexec_fn=lambda: die_with(parent),
    )
    try:
        _wait(server, port)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="loa", dbname="postgres").close()
        except psycopg.OperationalError as error:
            if server.poll() is not None or time.monotonic() > deadline:
                raise NoPostgres("PostgreSQL does not start") from error
            time.sleep(0.05)
        else:
            return


def _unprivileged() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
