"""`loa outbox`: what waits, what is uncertain, and what a person decides about it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from console import words
from foundation.clock import utc_now
from loa.commands import outbox_printing as printing
from loa.commands.printing import as_json, print_result
from loa.commands.shared import by_official, ready_installation
from loa.wiring import Loa
from people import official_named
from scheduler.outbox import State
from scheduler.outbox.decisions import RESENDABLE, Decided, Decision, resend, resendable, settle_by_hand, try_now
from scheduler.outbox.lives import life_of, lives, read_text
from scheduler.outbox.overview import uncertain_by_age
from scheduler.reconcile import Reconciled, reconcile

MOST_LISTED = 1000


@click.group(help="Hàng tin gửi: tin chờ, tin chưa rõ số phận, và việc người quyết định.")
def outbox() -> None:
    """What goes out."""


@outbox.command(help="Đời một tin (REF), hoặc các tin của một đợt gửi, ở một trạng thái. Số máy được che.")
@click.argument("reference", metavar="[REF]", required=False)
@click.option("--batch", type=int, metavar="N", help="Các tin của đợt gửi này.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Các tin ở trạng thái này.")
@click.option("--limit", default=100, type=click.IntRange(1, MOST_LISTED), help="Nhiều nhất bấy nhiêu; mặc định 100.")
@click.option("--text", "with_text", is_flag=True, help="Kèm lời tin, cho người được duyệt tin (--as); được ghi lại.")
@click.option("--as", "official", metavar="USER", help="Người xem lời tin.")
@as_json
def inspect(
    reference: str | None,
    batch: int | None,
    state: str | None,
    limit: int,
    with_text: bool,
    official: str | None,
    json_: bool,
) -> None:
    """One message's life, or a list."""
    one = reference is not None
    if one == (batch is not None or state is not None):
        raise click.UsageError("cần REF, hoặc --batch và --state")
    if with_text and (not one or official is None):
        raise click.UsageError("--text cần REF và --as USER")
    loa, now = ready_installation(), utc_now()
    if reference is None:
        with loa.database.read() as session:
            listed = lives(session, batch, State(state) if state else None, limit)
        lines = "\n".join(map(printing.line, listed)) or "không có tin nào"
        print_result([printing.document(each) for each in listed], json_, lines)
        return
    with loa.database.write() if with_text else loa.database.read() as session:
        life = life_of(session, reference)
        text = read_text(session, reference, official_named(session, official or ""), now) if with_text else None
    document = printing.document(life) | ({"text": text} if with_text else {})
    print_result(document, json_, "\n".join([*printing.lines(life), *([text] if text else [])]))


@outbox.command("reconcile", help="Dò lại ngay các tin chưa rõ số phận; hoặc (REF…) ghi điều người biết về các tin ấy.")
@click.argument("references", metavar="[REF]...", nargs=-1)
@click.option("--ask-now", is_flag=True, help="Hỏi nhà mạng cả những tin vừa hỏi.")
@click.option("--arrived", "decision", flag_value=Decision.ARRIVED.value, help="Các tin này đã đến.")
@click.option("--lost", "decision", flag_value=Decision.LOST.value, help="Các tin này không đến.")
@click.option("--as", "official", metavar="USER", help="Người quyết định.")
@as_json
def reconcile_(
    references: tuple[str, ...], ask_now: bool, decision: str | None, official: str | None, json_: bool
) -> None:
    """Do now what the worker does every half-minute, or settle by hand."""
    if bool(references) != bool(decision) or bool(references) != bool(official) or (references and ask_now):
        raise click.UsageError("REF cần --as USER và --arrived hoặc --lost; không có REF thì không cần gì trong đó")
    loa, now = ready_installation(), utc_now()
    if references:
        with loa.database.write() as session:
            who = official_named(session, official or "")
            decided = settle_by_hand(session, references, Decision(decision or ""), who, now)
        print_result(_decided(decided), json_, "\n".join(f"{d.reference}: {words.STATES[d.state]}" for d in decided))
        return
    done = asyncio.run(_reconcile(loa, now, ask_now))
    with loa.database.read() as session:
        ages = uncertain_by_age(session, now)
    loa.nudge_worker()
    document = {
        "repeated": done.repeated,
        "asked": done.asked,
        "told": done.told,
        "waiting": done.waiting,
        "uncertain": ages,
    }
    line = (
        f"gửi lại cùng mã {done.repeated} tin, hỏi nhà mạng về {done.asked} tin, biết thêm {done.told} tin; "
        f"còn {sum(ages.values())} tin chưa rõ, trong đó {done.waiting} tin chờ người quyết định"
    )
    print_result(document, json_, line)


@outbox.command("resend", help="Gửi lại tin hỏng, không tới hoặc thất lạc: mỗi tin một lần, hỏi lại mọi quy tắc.")
@click.argument("references", metavar="[REF]...", nargs=-1)
@click.option("--batch", type=int, metavar="N", help="Mọi tin của đợt gửi này ở trạng thái --state.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(sorted(state.value for state in RESENDABLE)),
    help="Với --batch; ghi được nhiều lần.",
)
@click.option(
    "--force", "because", metavar="REASON", help="Gửi lại cả tin mà nhà mạng còn có thể báo về, vì lý do này."
)
@by_official
@as_json
def resend_(
    references: tuple[str, ...],
    batch: int | None,
    states: tuple[str, ...],
    because: str | None,
    official: str,
    json_: bool,
) -> None:
    """Send again what did not arrive."""
    if bool(references) == (batch is not None) or bool(states) != (batch is not None):
        raise click.UsageError("cần REF…, hoặc --batch N --state STATE")
    loa, now = ready_installation(), utc_now()
    resent: list[Decided] = []
    chosen: Sequence[str] = references
    while True:
        with loa.database.write() as session:
            if batch is not None:
                chosen = resendable(session, batch, [State(state) for state in states], now)
            if chosen or references:
                who = official_named(session, official)
                resent += resend(session, chosen, who, loa.routes, now, may_tell_for(loa), because)
        if references or not chosen:
            break
    loa.nudge_worker()
    lines = [f"{d.reference} gửi lại là {d.resent_as}" for d in resent] if references else []
    print_result(_decided(resent), json_, "\n".join([*lines, f"gửi lại {len(resent)} tin"]))


@outbox.command(help="Hàng tin nhìn chung: chờ bao nhiêu, bao lâu, chưa rõ bao nhiêu, cổng nào đang nghỉ.")
@as_json
def summary(json_: bool) -> None:
    """The outbox at a glance."""
    loa, now = ready_installation(), utc_now()
    with loa.database.read() as session:
        found = printing.summary(session, list(loa.gateways), now, now - may_tell_for(loa))
    print_result(found, json_, "\n".join(printing.summary_lines(found)))


@outbox.command("try", help="Thử lại ngay một cổng đang nghỉ vì lỗi, ví dụ khi đã nạp tiền.")
@click.argument("gateway")
@by_official
@as_json
def try_(gateway: str, official: str, json_: bool) -> None:
    """End a gateway's rest."""
    loa, now = ready_installation(), utc_now()
    with loa.database.write() as session:
        try_now(session, gateway, official_named(session, official), now)
    loa.nudge_worker()
    print_result({"gateway": gateway, "retry_at": now.isoformat()}, json_, f"đang thử lại cổng {gateway} bằng vài tin")


def may_tell_for(loa: Loa) -> timedelta:
    """How long after a text left its fate may still be told."""
    return timedelta(hours=loa.settings.uncertain_hours)


async def _reconcile(loa: Loa, now: datetime, ask_now: bool) -> Reconciled:
    try:
        return await reconcile(loa.database, loa.gateways, now, may_tell_for(loa), at_once=ask_now)
    finally:
        for gateway in loa.gateways.values():
            await gateway.close()


def _decided(decided: Sequence[Decided]) -> list[dict[str, Any]]:
    return [{"reference": each.reference, "state": each.state.value, "resent_as": each.resent_as} for each in decided]
