"""What an examination finds."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `says` is what is so, or what is wrong and what to do."""

    what: str
    well: bool
    says: str


def say_span(span: timedelta) -> str:
    """About how long, in Vietnamese."""
    seconds = int(span.total_seconds())
    for size, name in ((86_400, "ngày"), (3_600, "giờ"), (60, "phút")):
        if seconds >= size:
            return f"{seconds // size} {name}"
    return f"{seconds} giây"
