"""`loa tickets`: what waits for a person, from the command line."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import click
from sqlalchemy.orm import Session

from bot.models import Attachment, Ticket, TicketAnswer, TicketStatus
from bot.tickets.attachments import attachments_to
from bot.tickets.handling import answer, answers_to, as_sent, assign, close, may_see, ticket_by_code, unknown_ticket
from bot.tickets.inbox import Due, Wanted, list_inbox
from console import words
from foundation.clock import say_date, say_time, today, utc_now
from foundation.phones import mask
from foundation.text import mask_identity_numbers, segment
from loa.commands.printing import as_json, print_result
from loa.commands.shared import by_official, ready_installation
from loa.wiring import Loa
from people import Duties, Official, official_named, record


@click.group(help="Phiếu: việc chỉ người mới trả lời được.")
def tickets() -> None:
    """What only a person can answer."""


@tickets.command("list", help="Các phiếu mà người này được xem, việc gấp nhất đứng trước.")
@click.option("--status", type=click.Choice([status.value for status in TicketStatus]), help="Chỉ tình trạng này.")
@click.option("--owner", metavar="USER", help="Chỉ phiếu của người này.")
@click.option("--overdue", is_flag=True, help="Chỉ phiếu đang chờ mà đã quá hạn trả lời.")
@click.option("--limit", default=200, type=click.IntRange(1, 10_000), help="Nhiều nhất bấy nhiêu phiếu; mặc định 200.")
@by_official
@as_json
def list_(status: str | None, owner: str | None, overdue: bool, limit: int, official: str, json_: bool) -> None:
    """The tickets that this official may see, the most urgent first."""
    loa, now = ready_installation(), utc_now()
    wanted = Wanted(status=TicketStatus(status) if status else None, owner=owner, due=Due.OVERDUE if overdue else None)
    with loa.database.read() as session:
        found = list_inbox(session, official_named(session, official), wanted, now, today(now), limit + 1)
    listed = found[:limit]
    lines = [_line(loa, ticket, today(now)) for ticket in listed]
    print_result([_document(ticket, today(now)) for ticket in listed], json_, "\n".join(lines) or "không có phiếu nào")
    if len(found) > limit:
        click.echo(f"còn nữa: đây chỉ là {limit} phiếu đầu (--limit)", err=True)


@tickets.command(help="Một phiếu: lời người hỏi và các câu trả lời. Không hiện số máy; mở phiếu kín được ghi lại.")
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
        not_told = _not_told(session, ticket.owner)
    document = _document(ticket, today(now)) | {
        "from": None if ticket.confidential else mask(ticket.address),
        "text": mask_identity_numbers(ticket.text),
        "hour": ticket.hour,
        "language": ticket.language,
        "owner_not_told_because": not_told,
        "attachments": [{"kind": one.kind, "content": one.content} for one in came_with],
        "answers": [{"official": a.official, "text": a.text, "at": a.at.isoformat()} for a in given],
    }
    lines = [_line(loa, ticket, today(now)), *_about(loa, ticket, not_told), "", str(document["text"])]
    print_result(document, json_, "\n".join([*lines, *map(_attached, came_with), *_given(given)]))


@tickets.command("answer", help="Trả lời phiếu: tin đi ngay, theo đúng đường người dân đã hỏi.")
@click.argument("code")
@click.argument("text")
@by_official
@as_json
def answer_(code: str, text: str, official: str, json_: bool) -> None:
    """Answer a ticket; the text goes out the way the question came."""
    loa, now = ready_installation(), utc_now()
    with loa.database.write() as session:
        ticket = ticket_by_code(session, code)
        given = answer(session, ticket, official_named(session, official), text, loa.routes, now)
    loa.nudge_worker()
    segments = segment(as_sent(ticket, given.text)).segments
    document = _document(ticket, today(now)) | {"segments": segments}
    print_result(document, json_, f"đã gửi trả lời phiếu {ticket.code}: {segments} đoạn tin")


@tickets.command("assign", help="Giao phiếu cho người khác (NAME); người đó được báo.")
@click.argument("code")
@click.argument("name")
@by_official
@as_json
def assign_(code: str, name: str, official: str, json_: bool) -> None:
    """Give a ticket to another official, who is told."""
    loa, now = ready_installation(), utc_now()
    with loa.database.write() as session:
        ticket, to = ticket_by_code(session, code), official_named(session, name)
        assign(session, ticket, to, official_named(session, official), now)
        not_told = _not_told(session, to.name)
    loa.nudge_worker()
    if not_told:
        click.echo(f"không báo được cho {name} bằng tin nhắn: {not_told}", err=True)
    print_result(_document(ticket, today(now)), json_, f"đã giao phiếu {ticket.code} cho {name}")


@tickets.command("close", help="Đóng phiếu: việc đã xong, không trả lời thêm được nữa. Người dân không nhận tin nào.")
@click.argument("code")
@by_official
@as_json
def close_(code: str, official: str, json_: bool) -> None:
    """Close a ticket: nothing more is answered to it."""
    loa, now = ready_installation(), utc_now()
    with loa.database.write() as session:
        ticket = ticket_by_code(session, code)
        close(session, ticket, official_named(session, official), now)
    print_result(_document(ticket, today(now)), json_, f"đã đóng phiếu {ticket.code}")


def _seen(session: Session, official: Official, code: str) -> Ticket:
    ticket = ticket_by_code(session, code)
    if not may_see(session, official, ticket):
        raise unknown_ticket(code)
    return ticket


def _not_told(session: Session, owner: str | None) -> str | None:
    holder = Duties.load(session).holders.get(owner or "")
    return words.not_told_because(holder) if holder else None


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


def _line(loa: Loa, ticket: Ticket, on: date) -> str:
    marks = ("KHẨN" if ticket.urgent else "", "kín" if ticket.confidential else "")
    due = f"{'quá hạn' if _is_overdue(ticket, on) else 'hạn'} {say_date(ticket.due_on)}"
    status, owner = words.TICKET_STATUSES[ticket.status], ticket.owner or "chưa giao ai"
    # Of a confidential one a screen that others pass by does not say what it is about.
    reason = None if ticket.confidential else words.TICKET_REASONS[ticket.reason].lower()
    topic = loa.answerer.title(ticket.topic) if ticket.topic and not ticket.confidential else None
    return "  ".join(part for part in (ticket.code, *marks, status, due, owner, reason, topic, ticket.place) if part)


def _about(loa: Loa, ticket: Ticket, not_told: str | None) -> Iterator[str]:
    whose = "số được giấu" if ticket.confidential else mask(ticket.address)
    channel = words.CHANNELS.get(ticket.channel, ticket.channel)
    topic = f", về {loa.answerer.title(ticket.topic)}" if ticket.topic else ""
    yield f"{words.TICKET_REASONS[ticket.reason]}{topic}, nhận {say_time(ticket.created_at)} từ {whose} ({channel})"
    if ticket.hour:
        yield f"gọi lúc: {ticket.hour}"
    if ticket.language:
        yield f"tiếng: {ticket.language}"
    if not_told:
        yield f"không báo được cho {ticket.owner} bằng tin nhắn: {not_told}"


def _attached(attachment: Attachment) -> str:
    return f"{words.ATTACHMENTS.get(attachment.kind, attachment.kind)}: {attachment.content}"


def _given(given: Sequence[TicketAnswer]) -> list[str]:
    return ["", *(f"{say_time(one.at)} {one.official}: {one.text}" for one in given)] if given else []


def _is_overdue(ticket: Ticket, on: date) -> bool:
    return ticket.status == TicketStatus.OPEN and ticket.due_on < on
