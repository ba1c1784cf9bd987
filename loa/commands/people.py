"""`loa contacts` and `loa user`."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from foundation.clock import utc_now
from loa.commands.duties import duty, phone, post
from loa.commands.printing import as_json, print_result
from loa.commands.register import counting
from loa.commands.shared import COMMAND_LINE, ready_installation
from people import (
    Group,
    ImportReport,
    Role,
    add_official,
    group_named,
    official_named,
    set_password,
)
from people.contacts import import_contacts_in_batches


@click.group()
def contacts() -> None:
    """Whom we may write to."""


@contacts.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--group", "group_name", help="Put them into this group too, made if absent.")
@as_json
def import_(file: Path, group_name: str | None, json_: bool) -> None:
    """Import a .csv or .xlsx; bad rows are told, good ones kept."""
    loa, now = ready_installation(), utc_now()
    group = None
    if group_name:
        with loa.database.write() as session:
            group = group_named(session, group_name) or Group(name=group_name, created_at=now)
            session.add(group)
    with counting() as said:
        report = import_contacts_in_batches(loa.database, file, now, group, lambda rows: said("dòng", rows))
    summary = (
        f"{report.rows} dòng: {report.imported} mới, {report.updated} đã có, {len(report.rejected)} không dùng được"
    )
    print_result(asdict(report), json_, "\n".join([*rejected_lines(report), summary]))


def rejected_lines(report: ImportReport) -> list[str]:
    """Each bad row for a person to read."""
    return [f"dòng {r.row}, cột «{r.column}»: {r.reason} («{r.value}»)" for r in report.rejected]


@click.group()
def user() -> None:
    """Officials."""


@user.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--password", help="Asked for at a terminal when left out.")
@as_json
def add(name: str, role: str, password: str | None, json_: bool) -> None:
    """Add an official. Without a password they act on the command line only."""
    if password is None and sys.stdin.isatty():
        password = _asked_password()
    loa = ready_installation()
    with loa.database.write() as session:
        added = add_official(session, name, Role(role), password, utc_now(), COMMAND_LINE)
        document = {"id": added.id, "name": added.name, "role": added.role}
    if password is None:
        click.echo(f"chưa có mật khẩu để vào trang cán bộ: đặt bằng «loa user password {name}»", err=True)
    print_result(document, json_, f"đã thêm {name} ({role})")


@user.command()
@click.argument("name")
@click.option("--password", help="Asked for at a terminal when left out.")
def password(name: str, password: str | None) -> None:
    """Give an official another password."""
    if password is None and not sys.stdin.isatty():
        raise click.UsageError("give --password, since nobody is at a terminal to be asked")
    chosen = password or _asked_password()
    loa = ready_installation()
    with loa.database.write() as session:
        set_password(session, official_named(session, name), chosen, utc_now(), COMMAND_LINE)
    click.echo(f"đã đặt mật khẩu của {name}", err=True)


for command in (post, phone, duty):
    user.add_command(command)


def _asked_password() -> str:
    return str(click.prompt("Mật khẩu", hide_input=True, confirmation_prompt="Nhập lại"))
