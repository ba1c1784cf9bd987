"""An installation that is scraped, and what it sends."""

from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from foundation.clock import utc_now
from foundation.database import Database
from foundation.message_class import MessageClass
from foundation.settings import Settings
from gateways import Channel, SendStatus
from loa.wiring import Loa
from scheduler.outbox import Route
from tests.scheduler.parts import PRICE, Clock, RecordingGateway, accepts, dispatch, message, phone, put, says

PUBLIC = MessageClass.PUBLIC_INFORMATION
ROUTE = Route("simulator", Channel.SMS, PRICE, 10)

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


class Simulated(RecordingGateway):
    """Under the name of a gateway in use."""

    name = "simulator"


def installation(home: Path, database: Database, **settings: object) -> Loa:
    given = {"gateways": ("simulator",), "database_url": database.engine.url.render_as_string(hide_password=False)}
    loa = Loa(Settings(_env_file=None, home=home, **{**given, **settings}))  # type: ignore[call-arg, arg-type]
    loa.__dict__["database"] = database  # in place of the one that it would open
    loa.__dict__["vault"] = database.vault
    return loa


def scraped(client: FlaskClient) -> Samples:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.get_data(as_text=True))
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def figure(samples: Samples, name: str, **labels: str) -> float | None:
    named = {key.rstrip("_"): value for key, value in labels.items()}
    return samples.get((f"loa_{name}", frozenset(named.items())))


def queue(database: Database, count: int, first: int = 0, **about: object) -> None:
    now = utc_now()
    parts = [message(f"m{n}", now, address=phone(n), route=ROUTE, **about) for n in range(first, first + count)]  # type: ignore[arg-type]
    put(database, now, *parts)


def sends(database: Database, folder: Path, status: SendStatus = SendStatus.ACCEPTED) -> None:
    """At nine in the morning: what was queued is due, and no class rests."""
    answer = accepts if status is SendStatus.ACCEPTED else says(status)
    at = (utc_now() + timedelta(days=1)).replace(hour=2)
    dispatch(database, Simulated(answer), folder, Clock(at))
