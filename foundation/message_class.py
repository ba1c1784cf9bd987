"""The class of a message, from which every rule on the way out follows."""

from enum import StrEnum


class MessageClass(StrEnum):
    """Order is priority: what answers a person goes before what is told to many."""

    REPLY = "reply"
    OPERATIONAL = "operational"
    PUBLIC_INFORMATION = "public_information"
    FUNDRAISING = "fundraising"
    ADVERTISING = "advertising"

    @property
    def priority(self) -> int:
        """0 goes first."""
        return list(MessageClass).index(self)
