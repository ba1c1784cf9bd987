"""`loa broadcast`: the life of a broadcast from the command line."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from campaigns import broadcasts
from campaigns.audiences.objections import audience_of, communes_of, tell_of
from campaigns.broadcasts import BroadcastError, Progress, broadcast_by_id
from campaigns.estimates import last_leaves, why_not_carried
from campaigns.models import Broadcast, Status
from foundation.clock import parse_time, say_time, utc_now
from foundation.message_class import MessageClass
from foundation.spans import parse_span
from foundation.text import format_vnd, segment, unaccent
from loa.commands.audience import origin, origin_lines
from loa.commands.people import rejected_lines
from loa.commands.printing import as_json, print_result
from loa.commands.shared import by_official, ready_installation
from people import Group, ImportReport, Official, group_named, import_contacts, official_named
from policies.eligibility.rules import Rules
from scheduler.outbox import Route

CLASSES = [message_class.value for message_class in MessageClass if message_class is not MessageClass.REPLY]


@click.group()
def broadcast() -> None:
    """One text to many, approved by a second person."""


@broadcast.command()
@click.option("--text", required=True)
@click.option("--to", required=True, metavar="FILE|GROUP", help="A .csv or .xlsx of contacts, or a group's name.")
@click.option("--at", required=True, metavar="TIME", help='Vietnam\'s time: "2026-11-21 08:00".')
@click.option("--class", "class_", required=True, type=click.Choice(CLASSES))
@click.option("--expires", metavar="TIME", help="Not after.")
@click.option("--spread", metavar="SPAN", default="0", help="Leave over so much time (4h, 90m), not all at once.")
@click.option("--about", metavar="POLICY", help="The benefit it tells of, so that told(POLICY) knows its recipients.")
@by_official
@as_json
def create(
    text: str,
    to: str,
    at: str,
    class_: str,
    expires: str | None,
    spread: str,
    about: str | None,
    official: str,
    json_: bool,
) -> None:
    """Write a draft."""
    loa, now = ready_installation(), utc_now()
    if about is not None:
        Rules.load().benefit(about)
    with loa.database.write() as session:
        who, message_class = official_named(session, official), MessageClass(class_)
        group, report = _audience(session, to, now)
        made = broadcasts.create(
            session,
            who,
            text,
            group,
            message_class,
            parse_time(at),
            loa.route_of(message_class),
            now,
            expires_at=parse_time(expires) if expires else None,
            spread=parse_span(spread),
        )
        if about is not None:
            tell_of(session, made, about)
        document = _document(made) | {"rejected": [asdict(rejection) for rejection in report.rejected]}
        lines = "\n".join([*rejected_lines(report), _line(made)])
    print_result(document, json_, lines)


@broadcast.command()
@click.argument("id_", metavar="ID", type=int)
@as_json
def preview(id_: int, json_: bool) -> None:
    """What it says, to how many, at what cost; of a group worked out by a condition also how, and who objected."""
    loa = ready_installation()
    with loa.database.read() as session:
        found = broadcast_by_id(session, id_)
        audience = audience_of(session, found.group_id)
        concerned = communes_of(session, audience) if audience else []
        message_class = MessageClass(found.message_class)
        route = loa.route_of(message_class)
        counted, bare = segment(found.text), segment(unaccent(found.text))
        objection = why_not_carried(counted, message_class, route)
        last = last_leaves(found, route, utc_now())
        document = _document(found) | {
            "text": found.text,
            "encoding": counted.encoding.value,
            "segments_each": route.segments(counted, message_class) or counted.segments,
            "segments_each_unaccented": route.segments(bare, message_class) or bare.segments,
            "not_carried": objection,
            "last_leaves_at": last.isoformat(),
            "audience": origin(audience, concerned) if audience else None,
        }
        lines = [found.text, "", _line(found), f"tin cuối cùng đi khoảng {say_time(last)}"]
        if objection:
            lines.append(objection)
        if audience:
            lines += ["", "nhóm này lập từ điều kiện:", *origin_lines(audience, concerned)]
        print_result(document, json_, "\n".join(lines))


Step = Callable[[Session, Broadcast, Official, Route], None]


def _step(name: str, help_: str, take: Step) -> None:
    """Add the command that takes one step in a broadcast's life."""

    @broadcast.command(name, help=help_)
    @click.argument("id_", metavar="ID", type=int)
    @by_official
    @as_json
    def command(id_: int, official: str, json_: bool) -> None:
        loa = ready_installation()
        with loa.database.write() as session:
            found = broadcast_by_id(session, id_)
            take(session, found, official_named(session, official), loa.route_of(MessageClass(found.message_class)))
            document, line = _document(found), _line(found)
        loa.nudge_worker()
        print_result(document, json_, line)


_step("submit", "Hand it to whoever approves.", lambda s, b, o, route: broadcasts.submit(s, b, o, route, utc_now()))
_step("approve", "Approve what another wrote.", lambda s, b, o, route: broadcasts.approve(s, b, o, route, utc_now()))
_step("pause", "Stop sending for now.", lambda s, b, o, _: broadcasts.pause(s, b, o, utc_now()))
_step("resume", "Go on sending.", lambda s, b, o, _: broadcasts.resume(s, b, o, utc_now()))
_step("cancel", "Stop for good.", lambda s, b, o, _: broadcasts.cancel(s, b, o, utc_now()))


@broadcast.command("return")
@click.argument("id_", metavar="ID", type=int)
@click.option("--because", required=True, help="What has to change.")
@by_official
@as_json
def return_(id_: int, because: str, official: str, json_: bool) -> None:
    """Give it back to its writer, with the reason."""
    loa = ready_installation()
    with loa.database.write() as session:
        found = broadcast_by_id(session, id_)
        broadcasts.send_back(session, found, official_named(session, official), because, utc_now())
        print_result(_document(found), json_, _line(found))


@broadcast.command()
@click.argument("id_", metavar="ID", type=int)
@as_json
def status(id_: int, json_: bool) -> None:
    """How far it is."""
    loa = ready_installation()
    with loa.database.read() as session:
        progress = broadcasts.progress(session, broadcast_by_id(session, id_))
    document = {
        "id": id_,
        "status": progress.status.value,
        "counts": progress.counts,
        "spent_vnd": progress.spent_vnd,
        "paused_because": progress.paused_because,
        "reasons": [
            {"state": state, "reason": reason, "count": count} for (state, reason), count in progress.reasons.items()
        ],
    }
    print_result(document, json_, _progress_line(id_, progress))


def _audience(session: Session, to: str, now: datetime) -> tuple[Group, ImportReport]:
    """The group that `--to` names: an existing one, or one made of a file's good rows."""
    group = group_named(session, to)
    if group is not None:
        return group, ImportReport()
    path = Path(to)
    if not path.suffix:
        raise BroadcastError(f"không có nhóm «{to}», cũng không có tệp nào tên như vậy")
    group = Group(name=f"{path.name} {say_time(now)} {now:%S%f}", created_at=now)
    session.add(group)
    session.flush()
    return group, import_contacts(session, path, now, group)


def _document(found: Broadcast) -> dict[str, Any]:
    return {
        "id": found.id,
        "status": str(found.status),
        "recipients": found.recipients,
        "segments": found.segments,
        "cost_vnd": found.cost_vnd,
        "scheduled_at": found.scheduled_at.isoformat(),
        "spread_s": found.spread_s,
        "policy": found.policy,
    }


def _line(found: Broadcast) -> str:
    name = broadcasts.STATUS_NAMES[Status(found.status)]
    about = f", nói về {found.policy}" if found.policy else ""
    return (
        f"tin {found.id}: {name} — {found.recipients} người, {found.segments} đoạn, "
        f"{format_vnd(found.cost_vnd)}, gửi lúc {say_time(found.scheduled_at)}{about}"
    )


def _progress_line(id_: int, progress: Progress) -> str:
    counts = ", ".join(f"{state} {count}" for state, count in sorted(progress.counts.items())) or "chưa gửi"
    paused = f" — {progress.paused_because}" if progress.paused_because else ""
    return (
        f"tin {id_}: {broadcasts.STATUS_NAMES[progress.status]}{paused} — {counts} — {format_vnd(progress.spent_vnd)}"
    )
