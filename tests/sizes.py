"""How much of a thing a test does: little in `make test`, all of it in `make test-long`."""

import os

LONG = os.environ.get("LOA_TEST_LONG", "0") not in ("", "0")


def size(small: int, full: int) -> int:
    """`full` where LOA_TEST_LONG is set."""
    return full if LONG else small
