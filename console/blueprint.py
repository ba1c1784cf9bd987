"""The blueprint that all pages hang on, and what every page can reach while it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, current_app

from foundation.database import Database
from foundation.holidays import DaysOff
from foundation.message_class import MessageClass
from policies import AnswerBook
from policies.eligibility import Rules
from scheduler.outbox import Route, way_out

EXTENSION = "loa_console"

pages = Blueprint("console", __name__, url_prefix="/console", template_folder="templates")


@dataclass(frozen=True, slots=True)
class ConsoleContext:
    """What the pages stand on; whoever puts the application together gives it.

    `routes` are the gateways in use by name, in the order in which broadcasts prefer them. `now` is aware. `nudge`
    wakes the worker after something was queued and never waits. `demo_login` (name, password) is shown on the log-in
    page, in a demo only. `book` holds what is said on each subject; `rules` gives who may be eligible for what, read
    when first asked for. Communes have `objection_days` working days, none of `days_off`, to look at an audience.
    Of a text that left, a carrier may tell for `uncertain_for` what became of it; then a person decides.
    """

    database: Database
    routes: Mapping[str, Route]
    now: Callable[[], datetime]
    nudge: Callable[[], None]
    demo: bool
    demo_login: tuple[str, str] | None
    book: AnswerBook
    rules: Callable[[], Rules]
    objection_days: int
    days_off: DaysOff
    uncertain_for: timedelta = timedelta(hours=24)

    def route_of(self, message_class: str) -> Route:
        """The route of a broadcast of this class. Raises RouteError."""
        return way_out(self.routes, MessageClass(message_class))

    @property
    def channel(self) -> str:
        """The channel that an audience is reached by. Raises RouteError."""
        return self.route_of(MessageClass.PUBLIC_INFORMATION).channel


def here() -> ConsoleContext:
    """The context of the application that is answering."""
    context: ConsoleContext = current_app.extensions[EXTENSION]
    return context
