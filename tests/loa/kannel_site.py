"""An installation whose only gateway is a real Kannel."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kannel import KannelStack
from tests.loa.serving import Installation

RATE = "60"
"""Slow enough that the worker is surely in the middle of a broadcast when it is killed."""


@contextmanager
def kannel_of(installation: Installation, folder: Path, carrier: str | None = None) -> Iterator[KannelStack]:
    """`carrier` as in KannelStack. For processes that are started while the block runs."""
    folder.mkdir()
    secret = installation.loa.vault.derive("kannel")
    with KannelStack(folder, f"{installation.url}/gateways/kannel", secret, carrier=carrier) as kannel:
        config = kannel.config
        installation.environment |= {
            "LOA_KANNEL_URL": config.url,
            "LOA_KANNEL_USERNAME": config.username,
            "LOA_KANNEL_PASSWORD": config.password,
            "LOA_KANNEL_SENDER": config.sender,
            "LOA_KANNEL_SEGMENTS_PER_SECOND": RATE,
        }
        yield kannel
