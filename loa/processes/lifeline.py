"""Nothing is orphaned: a child ends when its parent dies, however that came about."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_S = 0.5


def die_with(parent: int) -> None:
    """Have this process killed when the process `parent` dies; ends at once if it is dead already.

    The kernel does it on Linux; elsewhere a thread watches the parent's id. Threads do not survive exec, the kernel's
    promise does: so a program that is not ours is started through `die_with` before its exec.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True, name="lifeline").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    os._exit(1)
