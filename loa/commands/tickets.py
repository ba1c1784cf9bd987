"""`loa tickets`: what waits for a person, from the command line."""

from collections.abc import Callable
from datetime import date
from typing import Any

import click
from sqlalchemy.orm import Session

from bot.models import Ticket, TicketAnswer, TicketStatus
from bot.tickets.attachments import attachments_to
from bot.tickets.handling import answer, answers_to, assign, close, may_see, ticket_by_code, unknown_ticket
from bot.tickets.inbox import Due, Wanted, list_inbox
from foundation.clock import say_date, say_time, today, utc_now
from foundation.phones import mask
from foundation.text import mask_identity_numbers
from loa.commands.printing import as_json, print_result
from loa.commands.shared import by_official, ready_installation
from people import Official, official_named, record


@click.group()
def tickets() -> None:
    """What only a person can answer."""


@tickets.command("list")
@click.option("--status", type=click.Choice([status.value for status in TicketStatus]))
@click.option("--owner", help="Of this official.")
@click.option("--overdue", is_flag=True, help="Only those that should have been answered.")
@click.option("--limit", default=200, type=click.IntRange(1, 10_000))
@by_official
@as_json
def list_(status: str | None, owner: str | None, overdue: bool, limit: int, official: str, json_: bool) -> None:
    """The tickets that this official may see, the most urgent first."""
    loa, now = ready_installation(), utc_now()
    wanted = Wanted(status=TicketStatus(status) if status else None, owner=owner, due=Due.OVERDUE if overdue else None)
    with loa.database.read() as session:
        listed = list_inbox(session, official_named(session, official), wanted, now, today(now), limit)
    lines = [_line(ticket, today(now)) for ticket in listed]
    print_result([_document(ticket, today(now)) for ticket in listed], json_, "\n".join(lines) or "không có phiếu nào")


@tickets.command()
@click.argument("code")
@by_official
@as_json
def show(code: str, official: str, json_: bool) -> None:
    """One ticket with its text and answers. Whose number it is, nobody reads here."""
    loa, now = ready_installation(), utc_now()
    with loa.database.write() as session:  # reading a confidential one is on record
        who = official_named(session, official)
        ticket = _seen(session, who, code)
        if ticket.confidential:
            record(session, now, who.name, "ticket.read", "ticket", ticket.code)
        given = answers_to(session, ticket)
        came_with = attachments_to(session, ticket)
    document = _document(ticket, today(now)) | {
        "from": None if ticket.confidential else mask(ticket.address),
        "text": mask_identity_numbers(ticket.text),
        "hour": ticket.hour,
        "language": ticket.language,
        "attachments": [{"kind": one.kind, "content": one.content} for one in came_with],
        "answers": [{"official": a.official, "text": a.text, "at": a.at.isoformat()} for a in given],
    }
    print_result(document, json_, "\n".join([_line(ticket, today(now)), str(document["text"]), *map(_given, given)]))


@tickets.command("answer")
@click.argument("code")
@click.argument("text")
@by_official
def answer_(code: str, text: str, official: str) -> None:
    """Answer a ticket; the text goes out the way the question came."""
    loa, now = ready_installation(), utc_now()
    with loa.database.write() as session:
        answer(session, ticket_by_code(session, code), official_named(session, official), text, loa.routes, now)
    loa.nudge_worker()
    click.echo(f"đã gửi trả lời phiếu {code.upper()}", err=True)


@tickets.command("assign")
@click.argument("code")
@click.argument("name")
@by_official
def assign_(code: str, name: str, official: str) -> None:
    """Give a ticket to another official, who is told."""

    def give(session: Session, ticket: Ticket, who: Official) -> None:
        assign(session, ticket, official_named(session, name), who, utc_now())

    _change(code, official, give)
    click.echo(f"đã giao phiếu {code.upper()} cho {name}", err=True)


@tickets.command("close")
@click.argument("code")
@by_official
def close_(code: str, official: str) -> None:
    """Close a ticket: nothing more is answered to it."""
    _change(code, official, lambda session, ticket, who: close(session, ticket, who, utc_now()))
    click.echo(f"đã đóng phiếu {code.upper()}", err=True)


def _change(code: str, official: str, change: Callable[[Session, Ticket, Official], None]) -> None:
    with ready_installation().database.write() as session:
        change(session, ticket_by_code(session, code), official_named(session, official))


def _seen(session: Session, official: Official, code: str) -> Ticket:
    ticket = ticket_by_code(session, code)
    if not may_see(session, official, ticket):
        raise unknown_ticket(code)
    return ticket


def _document(ticket: Ticket, on: date) -> dict[str, Any]:
    return {
        "code": ticket.code,
        "kind": ticket.kind,
        "reason": ticket.reason,
        "topic": ticket.topic,
        "place": ticket.place,
        "status": ticket.status,
        "owner": ticket.owner,
        "due_on": ticket.due_on.isoformat(),
        "overdue": _is_overdue(ticket, on),
        "confidential": ticket.confidential,
        "urgent": ticket.urgent,
        "escalations": ticket.escalations,
        "created_at": ticket.created_at.isoformat(),
    }


def _line(ticket: Ticket, on: date) -> str:
    marks = ("KHẨN" if ticket.urgent else "", "kín" if ticket.confidential else "")
    late = "quá hạn" if _is_overdue(ticket, on) else "hạn"
    parts = (ticket.code, *marks, ticket.status, f"{late} {say_date(ticket.due_on)}", ticket.owner or "chưa ai nhận")
    return "  ".join(part for part in (*parts, ticket.place, ticket.topic) if part)


def _given(given: TicketAnswer) -> str:
    return f"{say_time(given.at)} {given.official}: {given.text}"


def _is_overdue(ticket: Ticket, on: date) -> bool:
    return ticket.status == TicketStatus.OPEN and ticket.due_on < on
