"""The list of tickets: narrowed by a row of filters that stand in the address, so that a view can be kept."""

from collections.abc import Callable, Mapping

from flask import render_template, request
from flask_login import current_user

from bot.models import TicketStatus
from bot.tickets.inbox import Counts, Due, Wanted, count_inbox, list_inbox
from console import words
from console.access import me, needs
from console.blueprint import here, pages
from console.filters import count, subject
from foundation.clock import today
from people import Right

PAGE = 50
ALL = "all"
NONE = "none"
"""In the address: those without a place, topic or owner."""

Options = list[tuple[str, str]]


@pages.get("/tickets")
@needs(Right.ANSWER)
def tickets() -> str:
    """Those that wait, unless `?status=` says otherwise: urgent ones first, then the most overdue."""
    context = here()
    wanted, page = _wanted(request.args), max(1, request.args.get("page", 1, type=int))
    now, day = context.now(), today(context.now())
    with context.database.read() as session:
        found = list_inbox(session, me(), wanted, now, day, PAGE + 1, PAGE * (page - 1))
        counts = count_inbox(session, me(), wanted, now, day)
    chosen = _chosen(wanted)
    asked = {name: value for name, value in chosen.items() if value}
    return render_template(
        "console/tickets/list.html",
        tickets=found[:PAGE],
        more=len(found) > PAGE,
        page=page,
        chosen=chosen,
        asked=asked,
        narrowed=asked.keys() - {"status", "order"},
        tabs=_tabs(counts),
        filters=_filters(counts, chosen),
        counts=counts,
        today=day,
    )


def _wanted(args: Mapping[str, str]) -> Wanted:
    """What the address asks for; what it has wrong narrows nothing."""
    status, due, older = args.get("status", TicketStatus.OPEN), args.get("due"), args.get("older", "")
    return Wanted(
        status=TicketStatus(status) if status in set(TicketStatus) else None,
        place=_named(args.get("place")),
        topic=_named(args.get("topic")),
        owner={"mine": current_user.name, NONE: ""}.get(args.get("owner", "")),
        due=Due(due) if due in set(Due) else None,
        older=int(older) if older in words.AGES else None,
        oldest_first=args.get("order") == "age",
    )


def _named(value: str | None) -> str | None:
    return "" if value == NONE else value or None


def _chosen(wanted: Wanted) -> dict[str, str]:
    """The same as the address says it; "" where nothing is chosen."""

    def said(value: str | None) -> str:
        return NONE if value == "" else value or ""

    owner = "mine" if wanted.owner else said(wanted.owner)
    return {
        "status": wanted.status or ALL,
        "place": said(wanted.place),
        "topic": said(wanted.topic),
        "due": wanted.due or "",
        "older": str(wanted.older or ""),
        "owner": owner,
        "order": "age" if wanted.oldest_first else "",
    }


def _tabs(counts: Counts) -> list[tuple[str, str, int]]:
    statuses = [(code, name, counts.by_status.get(code, 0)) for code, name in words.TICKET_STATUSES.items()]
    return [*statuses, (ALL, "tất cả", sum(counts.by_status.values()))]


def _filters(counts: Counts, chosen: Mapping[str, str]) -> list[tuple[str, str, Options]]:
    """Each filter with its name in the address, its label and what it offers."""
    places = _counted(counts.by_place, chosen["place"], lambda place: place, "Chưa rõ nơi")
    topics = _counted(counts.by_topic, chosen["topic"], subject, "Chưa rõ việc")
    return [
        ("place", "Nơi", [("", "Mọi nơi"), *places]),
        ("topic", "Về việc", [("", "Mọi việc"), *topics]),
        ("due", "Hạn trả lời", [("", "Bất kỳ"), *words.DUES.items()]),
        ("older", "Đã chờ", [("", "Bất kỳ"), *words.AGES.items()]),
        ("owner", "Phụ trách", [("", "Ai cũng được"), ("mine", "Tôi"), (NONE, "Chưa giao ai")]),
        ("order", "Xếp theo", [("", "Hạn trả lời"), ("age", "Chờ lâu nhất")]),
    ]


def _counted(counts: Mapping[str, int], chosen: str, name: Callable[[str], str], unknown: str) -> Options:
    """What there is, by name, with how many; what is chosen stays on offer even where nothing is left of it."""
    kinds = {NONE if kind == "" else kind: number for kind, number in counts.items()}
    if chosen:
        kinds.setdefault(chosen, 0)
    named = ((kind, unknown if kind == NONE else name(kind), number) for kind, number in kinds.items())
    return [(kind, f"{text} ({count(number)})") for kind, text, number in sorted(named, key=_unknown_last)]


def _unknown_last(option: tuple[str, str, int]) -> tuple[bool, str]:
    return option[0] == NONE, option[1].casefold()
