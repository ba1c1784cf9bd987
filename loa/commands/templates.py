"""`loa templates`: the templates registered with carriers, without which their gateways send nothing."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from foundation.clock import say_time, utc_now
from foundation.refusal import Refusal
from gateways.models import GatewayTemplate
from gateways.protocol import Gateway, TemplateState
from gateways.template_store import TemplateError, judge, listed, register, take_over
from gateways.templates import ListsTemplates, RegisteredTemplate, TemplateFormError
from loa.commands.printing import as_json, print_result
from loa.commands.shared import COMMAND_LINE, ready_installation
from loa.wiring import Loa
from people import record

STATES = {
    TemplateState.PENDING: "chờ duyệt",
    TemplateState.APPROVED: "đã duyệt",
    TemplateState.REJECTED: "bị từ chối",
    TemplateState.DISABLED: "đã khóa",
}
_STATE = click.Choice([state.value for state in TemplateState])
LONGEST_NAME = 80


@click.group(help="Mẫu tin đã đăng ký với nhà mạng: tin đúng mẫu mới được gửi qua cổng cần mẫu.")
def templates() -> None:
    """Templates registered with carriers."""


@templates.command(help="Ghi một mẫu. Chỗ thay đổi viết {ten}, hoặc {ten,20} nếu dài nhất 20 ký tự.")
@click.argument("gateway")
@click.argument("name")
@click.option("--body", required=True, metavar="FILE|TEXT", help="Nội dung mẫu, hoặc tệp chứa nội dung.")
@click.option("--state", default=TemplateState.PENDING.value, type=_STATE, help="Tình trạng; mặc định pending.")
@as_json
def add(gateway: str, name: str, body: str, state: str, json_: bool) -> None:
    """Write down a template that was registered with the carrier by hand."""
    loa, now = ready_installation(), utc_now()
    _in_use(loa, gateway)
    if not 1 <= len(name.strip()) <= LONGEST_NAME:
        raise TemplateError(f"tên mẫu dài từ 1 đến {LONGEST_NAME} ký tự")
    try:
        template = RegisteredTemplate(name.strip(), _text_of(body), TemplateState(state))
    except TemplateFormError as error:
        raise TemplateError(f"không đọc được nội dung mẫu: {error}") from error
    with loa.database.write() as session:
        register(session, gateway, template, now)
        record(session, now, COMMAND_LINE, "template.added", "template", f"{gateway}/{name}")
    document = {"gateway": gateway, "template": template.template_id, "state": state, "body": template.body}
    print_result(document, json_, f"đã ghi mẫu «{template.template_id}» của cổng {gateway}: {STATES[template.state]}")


@templates.command("list", help="Các mẫu của một cổng, hoặc của mọi cổng.")
@click.argument("gateway", required=False)
@as_json
def list_(gateway: str | None, json_: bool) -> None:
    """The templates of one gateway, or of all."""
    loa = ready_installation()
    with loa.database.read() as session:
        rows = listed(session, gateway)
    print_result([_document(row) for row in rows], json_, "\n".join(map(_line, rows)) or "chưa có mẫu nào")


@templates.command(help="Ghi tình trạng mới của một mẫu: pending, approved, rejected, disabled.")
@click.argument("gateway")
@click.argument("name")
@click.argument("state", type=_STATE)
@click.option("--because", help="Lý do nhà mạng nêu.")
@as_json
def state(gateway: str, name: str, state: str, because: str | None, json_: bool) -> None:
    """Write down what the carrier decided; senders know it within seconds."""
    loa, now, new = ready_installation(), utc_now(), TemplateState(state)
    with loa.database.write() as session:
        if not judge(session, gateway, name, new, now, because):
            raise TemplateError(f"cổng {gateway} không có mẫu «{name}»: xem «loa templates list {gateway}»")
        record(session, now, COMMAND_LINE, f"template.{new}", "template", f"{gateway}/{name}")
    document = {"gateway": gateway, "template": name, "state": state, "detail": because}
    print_result(document, json_, f"mẫu «{name}» của cổng {gateway}: {STATES[new]}")


@templates.command(help="Hỏi nhà mạng các mẫu đã đăng ký và ghi lại.")
@click.argument("gateway")
@as_json
def sync(gateway: str, json_: bool) -> None:
    """Take over what the carrier says of its templates."""
    loa, now = ready_installation(), utc_now()
    told = asyncio.run(_fetched(_in_use(loa, gateway)))
    with loa.database.write() as session:
        not_told = take_over(session, gateway, told, now)
        record(session, now, COMMAND_LINE, "template.synced", "gateway", gateway)
    for name in not_told:
        click.echo(f"nhà mạng không nêu mẫu «{name}»: xem lại tình trạng của mẫu này", err=True)
    document = {"gateway": gateway, "templates": len(told), "not_told": not_told}
    print_result(document, json_, f"cổng {gateway}: {len(told)} mẫu")


async def _fetched(gateway: Gateway) -> Sequence[RegisteredTemplate]:
    if not isinstance(gateway, ListsTemplates):
        raise TemplateError(f"không hỏi được nhà mạng của cổng {gateway.name}: ghi tay bằng «loa templates add»")
    try:
        return await gateway.fetch_templates()
    finally:
        await gateway.close()


def _in_use(loa: Loa, name: str) -> Gateway:
    gateway = loa.gateways.get(name)
    if gateway is None or not gateway.capabilities.registered_templates:
        needing = [name for name, one in loa.gateways.items() if one.capabilities.registered_templates]
        raise Refusal(f"cổng {name} không dùng mẫu đăng ký; các cổng cần mẫu: {', '.join(needing) or 'không có'}")
    return gateway


def _text_of(body: str) -> str:
    """The file of that name if there is one, else the text itself."""
    try:
        is_file = Path(body).is_file()
    except (OSError, ValueError):  # too long for a name, or of letters that no name has
        is_file = False
    return Path(body).read_text("utf-8").strip() if is_file else body.strip()


def _document(row: GatewayTemplate) -> dict[str, Any]:
    return {
        "gateway": row.gateway,
        "template": row.template_id,
        "state": row.state,
        "body": row.body,
        "detail": row.detail,
        "price_vnd": row.price_vnd,
        "checked_at": row.checked_at.isoformat() if row.checked_at else None,
    }


def _line(row: GatewayTemplate) -> str:
    checked = f" ({say_time(row.checked_at)})" if row.checked_at else ""
    because = f": {row.detail}" if row.detail else ""
    return f"{row.gateway}  {row.template_id}  {STATES[TemplateState(row.state)]}{checked}{because}\n    {row.body}"
