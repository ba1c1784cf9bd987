"""Registers every room's tables: whoever needs the whole schema imports this."""

import bot.interview.models
import bot.models  # noqa: F401
import campaigns.audiences.models
import campaigns.models  # noqa: F401
import gateways.models  # noqa: F401
import people.models
import people.register.models  # noqa: F401
import scheduler.outbox.models  # noqa: F401
