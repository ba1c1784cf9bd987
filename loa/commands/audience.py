"""`loa audience`: who fits a condition, saved as a group that communes may object to."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, ParamSpec, TypeVar

import click

from campaigns.audiences.models import Audience, AudienceCommune
from campaigns.audiences.objections import RULE, audience_named, communes_of, object_to, see_list
from campaigns.audiences.saving import keep, propose
from campaigns.audiences.selecting import Tally, tally
from foundation.clock import say_date, today, utc_now
from foundation.message_class import MessageClass
from loa.commands.printing import as_json, print_result
from loa.commands.shared import by_official, ready_installation
from people import official_named
from policies.eligibility.rules import Rules

P = ParamSpec("P")
R = TypeVar("R")

WHY_NOT = {
    "no_phone": "không có số điện thoại",
    "opted_out": "đã từ chối nhận tin",
    "no_consent": "chưa đồng ý nhận tin",
}


@click.group()
def audience() -> None:
    """Households for which a condition holds: may_qualify(electricity) and not told(electricity)."""


def on_day(function: Callable[P, R]) -> Callable[P, R]:
    """The day on which the law is asked."""
    kind = click.DateTime(["%Y-%m-%d"])
    return click.option("--on", "on", type=kind, metavar="DATE", help="The day the law is asked about; today.")(
        function
    )


@audience.command()
@click.argument("condition")
@on_day
@as_json
def count(condition: str, on: datetime | None, json_: bool) -> None:
    """How many households fit CONDITION, and how many of them may be told."""
    day, found = _tally(condition, on)
    print_result(_document(condition, day, found), json_, _lines(found))


@audience.command()
@click.argument("condition")
@on_day
@as_json
def preview(condition: str, on: datetime | None, json_: bool) -> None:
    """The same by commune, with three of the households."""
    day, found = _tally(condition, on)
    samples = [{"code": each.code, "village": each.village, "commune": each.commune} for each in found.samples]
    document = _document(condition, day, found) | {"communes": found.communes, "samples": samples}
    lines = [f"  {commune}: {households} hộ" for commune, households in found.communes.items()]
    lines += [f"  ví dụ: {each.code}, {each.village or 'không rõ thôn'}, {each.commune}" for each in found.samples]
    print_result(document, json_, "\n".join([_lines(found), *lines]))


@audience.command()
@click.argument("name")
@click.argument("condition")
@click.option("--tells", metavar="POLICY", help="What its broadcasts tell of, where the condition leaves it open.")
@on_day
@by_official
@as_json
def save(name: str, condition: str, tells: str | None, on: datetime | None, official: str, json_: bool) -> None:
    """Save those who may be told as the group NAME, and propose it to the communes concerned."""
    loa, now = ready_installation(), utc_now()
    rules = Rules.load()
    if tells is not None:
        rules.benefit(tells)
    day, channel = on.date() if on else today(now), loa.route_of(MessageClass.PUBLIC_INFORMATION).channel
    with loa.database.read() as session:
        who = official_named(session, official)
        proposal = propose(session, name, condition, who, rules, day, channel, tells)
    with loa.database.write() as session:
        saved = keep(session, proposal, who, loa.settings.objection_days, loa.days_off, now)
        concerned = communes_of(session, saved)
        document = {
            "group": name,
            "policy": saved.policy,
            "approval_from": saved.approval_from.isoformat(),
            "communes": {each.commune: each.households for each in concerned},
        }
    lines = [f"  {each.commune}: {each.households} hộ" for each in concerned]
    told = f"đã lưu nhóm «{name}»; các xã xem và phản đối trước ngày {say_date(saved.approval_from)}:"
    print_result(document, json_, "\n".join([told, *lines]))


@audience.command()
@click.argument("name")
@click.option("--commune", help="Show this commune's list; needs --as.")
@click.option("--as", "official", metavar="USER", help="The official who looks.")
@as_json
def objections(name: str, commune: str | None, official: str | None, json_: bool) -> None:
    """What the communes concerned said of the group NAME; with --commune the households on its list."""
    if (commune is None) != (official is None):
        raise click.UsageError("--commune goes with --as: looking at a list is on record")
    loa, now = ready_installation(), utc_now()
    with loa.database.write() as session:
        found = audience_named(session, name)
        concerned = communes_of(session, found)
        listed = (
            see_list(session, found, commune, official_named(session, official), now) if commune and official else []
        )
    households = [{"code": code, "village": village, "head": head} for code, village, head in listed]
    document = {"group": name, **origin(found, concerned), "households": households}
    lines = origin_lines(found, concerned)
    lines += [f"    {code} {head} {village}".rstrip() for code, village, head in listed]
    print_result(document, json_, "\n".join(lines))


def origin(found: Audience, concerned: Sequence[AudienceCommune]) -> dict[str, Any]:
    """How a group was worked out, and what the communes concerned say: what whoever approves has to know."""
    communes = [
        {
            "commune": each.commune,
            "households": each.households,
            "objected_by": each.objected_by,
            "because": each.because,
        }
        for each in concerned
    ]
    return {
        "condition": found.condition,
        "on": found.day.isoformat(),
        "policy": found.policy,
        "rule": RULE,
        "approval_from": found.approval_from.isoformat(),
        "communes": communes,
    }


def origin_lines(found: Audience, concerned: Sequence[AudienceCommune]) -> list[str]:
    """The same for a person to read."""
    lines = [
        f"điều kiện: {found.condition}",
        f"xét theo ngày {say_date(found.day)}, tin nói về {found.policy or 'việc chưa ghi'}",
        RULE,
        f"các xã xem và phản đối trước ngày {say_date(found.approval_from)}; từ ngày ấy mới duyệt được",
    ]
    for each in concerned:
        said = f"phản đối ({each.objected_by}): {each.because}" if each.objected_by else "chưa phản đối"
        lines.append(f"  {each.commune}: {each.households} hộ, {said}")
    return lines


@audience.command("object")
@click.argument("name")
@click.option("--commune", required=True, help="The commune that objects.")
@click.option("--reason", required=True)
@by_official
@as_json
def object_(name: str, commune: str, reason: str, official: str, json_: bool) -> None:
    """Object for a commune: nobody on its list is told."""
    loa = ready_installation()
    with loa.database.write() as session:
        who = official_named(session, official)
        objected = object_to(session, audience_named(session, name), commune, who, reason, utc_now())
    document = {"group": name, "commune": objected.commune, "households": objected.households}
    print_result(document, json_, f"{objected.commune} phản đối: {objected.households} hộ không được nhắn")


def _tally(condition: str, on: datetime | None) -> tuple[date, Tally]:
    loa = ready_installation()
    day = on.date() if on else today(utc_now())
    with loa.database.read() as session:
        return day, tally(session, condition, Rules.load(), day, loa.route_of(MessageClass.PUBLIC_INFORMATION).channel)


def _document(condition: str, day: date, found: Tally) -> dict[str, Any]:
    figures = {"households": found.households, "cannot_say": found.cannot_say, "may_be_told": found.may_be_told}
    return {"condition": condition, "on": day.isoformat(), **figures, "dropped": found.dropped}


def _lines(found: Tally) -> str:
    lines = [f"{found.households} hộ đúng điều kiện, {found.may_be_told} hộ được phép nhắn"]
    lines += [f"  {count} hộ {WHY_NOT[why]}" for why, count in found.dropped.items()]
    return "\n".join([*lines, f"  chưa đủ thông tin để nói: {found.cannot_say} hộ (không tính vào)"])
