"""Registers every room's tables: whoever needs the whole schema imports this."""

import scheduler.outbox.models  # noqa: F401
