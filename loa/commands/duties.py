"""`loa user post`, `phone` and `duty`: where officials sit, how they are reached, what they answer for."""

from datetime import date

import click

from console.words import not_told_because
from foundation.clock import today, utc_now
from foundation.phones import mask
from foundation.places import find_place
from foundation.refusal import Refusal
from gateways import Channel
from loa.commands.printing import as_json, print_result
from loa.commands.shared import COMMAND_LINE, ready_installation
from loa.wiring import Loa
from people import (
    Duties,
    Duty,
    Official,
    add_duty,
    list_duties,
    official_named,
    register_phone,
    remove_duty,
    set_post,
)


class PlaceError(Refusal):
    """A place that is none, or two; the message is Vietnamese."""


@click.command(help="Ghi nơi làm việc của một người: cơ quan, xã, cấp trên.")
@click.argument("name")
@click.option("--body", required=True, help='Cơ quan, như người dân sẽ đọc: "UBND xã Măng Ri".')
@click.option("--commune", help="Xã của cơ quan đó; cấp tỉnh thì bỏ.")
@click.option("--chief", metavar="USER", help="Cấp trên: phiếu trễ hạn chuyển tới người này.")
@as_json
def post(name: str, body: str, commune: str | None, chief: str | None, json_: bool) -> None:
    """Say where an official sits."""
    loa, now = ready_installation(), utc_now()
    place = _place(commune, today(now), commune_only=True) if commune else None
    with loa.database.write() as session:
        above = official_named(session, chief) if chief else None
        made = set_post(session, official_named(session, name), body, place, above, now, COMMAND_LINE)
    document = {"official": name, "body": made.body, "commune": made.commune, "chief": chief}
    line = f"{name}: {made.body}" + (f", {place}" if place else "") + (f", cấp trên {chief}" if chief else "")
    print_result(document, json_, line)


@click.command(help="Ghi điện thoại mà một người được báo phiếu và trả lời bằng TL.")
@click.argument("name")
@click.argument("phone")
@click.option(
    "--channel",
    default=Channel.SMS.value,
    type=click.Choice([channel.value for channel in Channel]),
    help="Kênh của số đó; mặc định sms.",
)
@as_json
def phone(name: str, phone: str, channel: str, json_: bool) -> None:
    """Register the telephone by which an official is told of tickets and may answer them (TL)."""
    loa = ready_installation()
    with loa.database.write() as session:
        register_phone(session, official_named(session, name), channel, phone, utc_now(), COMMAND_LINE)
        document = _reached(Duties.load(session), name)
    _warn(name, document)
    print_result({"official": name, "channel": channel} | document, json_, f"đã ghi số của {name}")


@click.group(help="Phân công: ai trả lời nơi nào, việc gì.")
def duty() -> None:
    """Who answers for which places and topics."""


@duty.command(help="Giao cho một người trả lời một nơi, một việc.")
@click.argument("name")
@click.option("--place", help="Một xã hoặc một tỉnh; bỏ thì mọi nơi.")
@click.option("--topic", help="Mã việc («loa policies list»); bỏ thì mọi việc.")
@click.option("--confidential", is_flag=True, help="Chỉ phiếu kín, không gồm phiếu thường.")
@as_json
def add(name: str, place: str | None, topic: str | None, confidential: bool, json_: bool) -> None:
    """Give an official something to answer for."""
    loa, now = ready_installation(), utc_now()
    named = _place(place, today(now)) if place else None
    known = loa.answerer.book.subjects()
    if topic is not None and topic not in known:
        raise click.UsageError(f"không có việc «{topic}»; các việc: {', '.join(sorted(known))}")
    with loa.database.write() as session:
        who = official_named(session, name)
        made = add_duty(session, who, named, topic, confidential, now, COMMAND_LINE)
        reached = _reached(Duties.load(session), name)
    _warn(name, reached)
    print_result(_document(made, who) | reached, json_, _line(loa, made, who))


@duty.command("list", help="Mọi phân công, và người đó được báo bằng số nào.")
@as_json
def list_(json_: bool) -> None:
    """Every duty, and by which number its official is told."""
    loa = ready_installation()
    with loa.database.read() as session:
        duties, listed = Duties.load(session), list_duties(session)
    documents = [_document(one, official) | _reached(duties, official.name) for one, official in listed]
    lines = [f"{_line(loa, one, official)}  {_told(_reached(duties, official.name))}" for one, official in listed]
    print_result(documents, json_, "\n".join(lines) or "chưa phân công ai: phiếu về người quản trị đầu tiên")


@duty.command(help="Bỏ một phân công (ID ở «loa user duty list»); phiếu đang chờ vẫn của người cũ.")
@click.argument("id_", metavar="ID", type=int)
@as_json
def remove(id_: int, json_: bool) -> None:
    """Take a duty away; open tickets stay where they are."""
    loa = ready_installation()
    with loa.database.write() as session:
        remove_duty(session, id_, utc_now(), COMMAND_LINE)
    print_result({"id": id_}, json_, f"đã bỏ phân công {id_}")


def _place(text: str, on: date, commune_only: bool = False) -> str:
    """The place as tickets name it. Raises PlaceError for one unknown, or that is in two communes."""
    found = find_place(text, on)
    if found is None:
        raise PlaceError(
            f"không rõ «{text}» là nơi nào, hoặc nơi này nay thuộc nhiều xã: ghi tên xã hiện nay kèm tỉnh, "
            "ví dụ «xã Măng Ri, tỉnh Quảng Ngãi»"
        )
    if commune_only and found.commune is None:
        raise PlaceError(f"«{text}» không phải một xã, phường: cán bộ cấp tỉnh thì bỏ --commune")
    return str(found)


def _document(duty: Duty, official: Official) -> dict[str, object]:
    return {
        "id": duty.id,
        "official": official.name,
        "place": duty.place,
        "topic": duty.topic,
        "confidential": duty.confidential,
    }


def _line(loa: Loa, duty: Duty, official: Official) -> str:
    topic = loa.answerer.title(duty.topic) if duty.topic else "mọi chủ đề"
    kind = "phiếu kín" if duty.confidential else "phiếu thường"
    return f"{duty.id}  {official.name}  {duty.place or 'mọi nơi'}  {topic}  {kind}"


def _reached(duties: Duties, name: str) -> dict[str, str | None]:
    """The number by which an official is told of tickets, and why no text tells them, if so."""
    holder = duties.holders.get(name)
    if holder is None:
        return {"phone": None, "not_told_because": "không còn trả lời phiếu"}
    return {"phone": mask(holder.address) if holder.address else None, "not_told_because": not_told_because(holder)}


def _told(reached: dict[str, str | None]) -> str:
    return ", ".join(part for part in (reached["phone"], reached["not_told_because"]) if part)


def _warn(name: str, reached: dict[str, str | None]) -> None:
    because = reached["not_told_because"]
    if because:
        register = "" if reached["phone"] else f"; ghi số bằng «loa user phone {name} SỐ»"
        click.echo(f"không báo được cho {name} bằng tin nhắn: {because}{register}", err=True)
