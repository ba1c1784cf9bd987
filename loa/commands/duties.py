"""`loa user post`, `phone` and `duty`: where officials sit, how they are reached, what they answer for."""

from datetime import date

import click

from foundation.clock import today, utc_now
from foundation.phones import mask
from foundation.places import find_place
from foundation.refusal import Refusal
from gateways import Channel
from loa.commands.printing import as_json, print_result
from loa.commands.shared import COMMAND_LINE, ready_installation
from loa.wiring import Loa
from people import (
    Duty,
    Official,
    Post,
    add_duty,
    list_duties,
    official_named,
    register_phone,
    remove_duty,
    set_post,
)


class PlaceError(Refusal):
    """A place that is none, or two; the message is Vietnamese."""


@click.command()
@click.argument("name")
@click.option("--body", required=True, help='Whom they speak for, as residents read it: "UBND xã Măng Ri".')
@click.option("--commune", help="The commune that the body is of; none for a province's.")
@click.option("--chief", help="The official above them: what is late goes there.")
def post(name: str, body: str, commune: str | None, chief: str | None) -> None:
    """Say where an official sits."""
    loa, now = ready_installation(), utc_now()
    place = _place(commune, today(now), commune_only=True) if commune else None
    with loa.database.write() as session:
        above = official_named(session, chief) if chief else None
        set_post(session, official_named(session, name), body, place, above, now, COMMAND_LINE)
    click.echo(f"{name}: {body}" + (f", {place}" if place else "") + (f", cấp trên {chief}" if chief else ""), err=True)


@click.command()
@click.argument("name")
@click.argument("phone")
@click.option("--channel", default=Channel.SMS.value, type=click.Choice([channel.value for channel in Channel]))
def phone(name: str, phone: str, channel: str) -> None:
    """Register the telephone by which an official is told of tickets and may answer them (TL)."""
    loa = ready_installation()
    with loa.database.write() as session:
        register_phone(session, official_named(session, name), channel, phone, utc_now(), COMMAND_LINE)
    click.echo(f"đã ghi số của {name}", err=True)


@click.group()
def duty() -> None:
    """Who answers for which places and topics."""


@duty.command()
@click.argument("name")
@click.option("--place", help="A commune or a province; everywhere when left out.")
@click.option("--topic", help="A subject's id (loa policies list); all when left out.")
@click.option("--confidential", is_flag=True, help="For confidential complaints, and for nothing else.")
@as_json
def add(name: str, place: str | None, topic: str | None, confidential: bool, json_: bool) -> None:
    """Give an official something to answer for."""
    loa, now = ready_installation(), utc_now()
    named = _place(place, today(now)) if place else None
    known = loa.answerer.book.subjects()
    if topic is not None and topic not in known:
        raise click.UsageError(f"no topic «{topic}»; there are {', '.join(sorted(known))}")
    with loa.database.write() as session:
        who = official_named(session, name)
        made = add_duty(session, who, named, topic, confidential, now, COMMAND_LINE)
        reached = session.get(Post, who.id)
        document = _document(made, who)
    if reached is None or reached.address is None:
        click.echo(f"chưa có số máy của {name}: ghi bằng «loa user phone {name} SỐ»", err=True)
    print_result(document, json_, _line(loa, made, who))


@duty.command("list")
@as_json
def list_(json_: bool) -> None:
    """Every duty, and by which number its official is told."""
    loa = ready_installation()
    with loa.database.read() as session:
        duties = list_duties(session)
        posts = {official.id: session.get(Post, official.id) for _, official in duties}
    documents = [_document(one, official) | _reached(posts[official.id]) for one, official in duties]
    lines = [f"{_line(loa, one, official)}  {_reached(posts[official.id])['phone']}" for one, official in duties]
    print_result(documents, json_, "\n".join(lines) or "chưa phân công ai: phiếu về người quản trị đầu tiên")


@duty.command()
@click.argument("id_", metavar="ID", type=int)
def remove(id_: int) -> None:
    """Take a duty away; open tickets stay where they are."""
    loa = ready_installation()
    with loa.database.write() as session:
        remove_duty(session, id_, utc_now(), COMMAND_LINE)
    click.echo(f"đã bỏ phân công {id_}", err=True)


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


def _reached(post: Post | None) -> dict[str, str | None]:
    return {"phone": mask(post.address) if post and post.address else None}
