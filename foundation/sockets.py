"""Unix sockets between our own processes: where they lie, and the nudge that says "look now"."""

import asyncio
import contextlib
import hashlib
import os
import socket
import tempfile
from pathlib import Path

_LONGEST = 100  # sun_path holds 108 bytes on Linux, 104 on macOS


def socket_path(home: Path, name: str) -> Path:
    """`home/run/NAME.sock`; under a deep home, a short path in a folder of this user's own in the temporary folder.

    Raises PermissionError when that folder is somebody else's: they would hear what we say.
    """
    path = home.absolute() / "run" / f"{name}.sock"
    if len(os.fsencode(path)) > _LONGEST:
        label = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"loa-{os.getuid()}-{label}" / f"{name}.sock"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.parent.stat().st_uid != os.getuid():
        raise PermissionError(f"{path.parent} belongs to another user")
    return path


def nudge(path: Path) -> None:
    """Tell whoever listens at `path` to look at the database now. Nobody there is no error: it polls anyway."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(b"1", str(path))


class Nudges(asyncio.DatagramProtocol):
    """The listening side: `event` is set by each nudge."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None
        self._path: Path | None = None

    async def listen(self, path: Path) -> None:
        """Take the place of whoever listened at `path` before."""
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.setblocking(False)
        listener.bind(str(path))
        self._path = path
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=listener)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.event.set()

    def close(self) -> None:
        if self._transport:
            self._transport.close()
        if self._path:
            self._path.unlink(missing_ok=True)
