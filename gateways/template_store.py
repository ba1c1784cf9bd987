"""The table of registered templates: read with a short memory by whoever sends, written by officials and carriers."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from threading import Lock

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.database import Database
from foundation.refusal import Refusal
from gateways.models import GatewayTemplate
from gateways.protocol import TemplateState
from gateways.templates import RegisteredTemplate, TemplateFormError

log = structlog.get_logger()

FRESH_S = 3.0
"""For so long what was read counts as true: a template that is stopped stops texts in seconds, in every process."""


class TemplateError(Refusal):
    """A template is there already, is not there, or cannot be read; the message is Vietnamese."""


class TemplateStore:
    """What is registered, by gateway, for those who send. Safe to share between threads."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._lock = Lock()
        self._known: dict[str, tuple[float, tuple[RegisteredTemplate, ...]]] = {}

    def of(self, gateway: str) -> tuple[RegisteredTemplate, ...]:
        """The templates of a gateway as they were at most FRESH_S seconds ago. Raises SQLAlchemyError."""
        with self._lock:  # whoever finds them old reads them; the others wait for that instead of reading too
            read_at, known = self._known.get(gateway, (None, ()))
            if read_at is None or self._monotonic() - read_at >= FRESH_S:
                read_at = self._monotonic()
                with self._database.read() as session:
                    known = tuple(_readable(listed(session, gateway)))
                self._known[gateway] = read_at, known
            return known


def listed(session: Session, gateway: str | None = None) -> list[GatewayTemplate]:
    """The rows of one gateway, or of all, in order of gateway and template."""
    rows = select(GatewayTemplate).order_by(GatewayTemplate.gateway, GatewayTemplate.template_id)
    return list(session.scalars(rows if gateway is None else rows.where(GatewayTemplate.gateway == gateway)))


def register(session: Session, gateway: str, template: RegisteredTemplate, now: datetime) -> None:
    """Add a template. Raises TemplateError if the gateway has one of this name."""
    if _row(session, gateway, template.template_id) is not None:
        raise TemplateError(f"mẫu «{template.template_id}» của cổng {gateway} đã có: dùng «loa templates state»")
    session.add(_new(gateway, template, now))


def judge(
    session: Session, gateway: str, template_id: str, state: TemplateState, now: datetime, detail: str | None = None
) -> bool:
    """Write what the carrier decided; whether the template is one of ours."""
    row = _row(session, gateway, template_id)
    if row is None:
        return False
    row.state, row.detail, row.checked_at = state, _cut(detail), now
    return True


def take_over(session: Session, gateway: str, templates: Iterable[RegisteredTemplate], now: datetime) -> list[str]:
    """Make the table say of these templates what the carrier says; the names of rows that it did not name.

    Those stay as they are: some were written here under names of ours, and a person decides about them.
    """
    told: set[str] = set()
    for template in templates:
        told.add(template.template_id)
        row = _row(session, gateway, template.template_id)
        if row is None:
            session.add(_new(gateway, template, now))
            continue
        row.body, row.state, row.detail = template.body, template.state, _cut(template.detail)
        row.price_vnd, row.checked_at = template.price_vnd, now
    session.flush()
    return [row.template_id for row in listed(session, gateway) if row.template_id not in told]


def _row(session: Session, gateway: str, template_id: str) -> GatewayTemplate | None:
    return session.scalars(
        select(GatewayTemplate)
        .where(GatewayTemplate.gateway == gateway, GatewayTemplate.template_id == template_id)
        .with_for_update()
    ).one_or_none()


def _new(gateway: str, template: RegisteredTemplate, now: datetime) -> GatewayTemplate:
    return GatewayTemplate(
        gateway=gateway,
        template_id=template.template_id,
        body=template.body,
        state=template.state,
        detail=_cut(template.detail),
        price_vnd=template.price_vnd,
        checked_at=now,
        created_at=now,
    )


def _cut(detail: str | None) -> str | None:
    return detail[:200] if detail else None


def _readable(rows: Iterable[GatewayTemplate]) -> Iterable[RegisteredTemplate]:
    for row in rows:
        try:
            yield RegisteredTemplate(row.template_id, row.body, TemplateState(row.state), row.detail, row.price_vnd)
        except (TemplateFormError, ValueError):
            log.warning("a registered template cannot be read", gateway=row.gateway, template=row.template_id)
