"""Which jobs there are, how often each is looked at, and with which others it shares its workers. Data, no wires."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds have queues of their own, and may have workers of their own: many of one never keep another waiting."""

    DISPATCH = "dispatch"
    TURNS = "turns"
    HOUSEKEEPING = "housekeeping"


@dataclass(frozen=True, slots=True)
class Times:
    """`every_s` is for what no nudge tells; `nudged` is looked at as soon as one comes, too."""

    every_s: float
    kind: Kind
    nudged: bool = False


_ALWAYS = {
    "inbound_turns": Times(1, Kind.TURNS, nudged=True),
    "receipts": Times(1, Kind.HOUSEKEEPING, nudged=True),
    "due_broadcasts": Times(1, Kind.HOUSEKEEPING),
    "finished_broadcasts": Times(2, Kind.HOUSEKEEPING),
    "tickets": Times(3, Kind.HOUSEKEEPING),
    "uncertain": Times(30, Kind.HOUSEKEEPING),
    "missing_receipts": Times(600, Kind.HOUSEKEEPING),
    "forgetting": Times(600, Kind.HOUSEKEEPING),
}


def dispatch_of(gateway: str) -> str:
    """The job that sends through this gateway."""
    return f"dispatch_{gateway}"


def receipts_of(gateway: str) -> str:
    """The job that plays the web client of this simulated carrier."""
    return f"receipts_of_{gateway}"


def timetable(gateways: Collection[str], simulated: Collection[str]) -> dict[str, Times]:
    """All jobs of an installation with these gateways, of which some are simulated."""
    sending = {dispatch_of(name): Times(1, Kind.DISPATCH, nudged=True) for name in gateways}
    carriers = {receipts_of(name): Times(0.25, Kind.HOUSEKEEPING) for name in gateways if name in simulated}
    return _ALWAYS | sending | carriers
