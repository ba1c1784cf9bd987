"""`loa register`: lists of households and their members, as communes send them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from campaigns.audiences.columns import register_columns
from foundation.clock import say_time, utc_now
from loa.commands.printing import as_json, print_result
from loa.commands.shared import at_terminal, by_official, ready_installation
from people import Rejection, official_named
from people.register import Basis, Source, describe, import_register_in_batches, remove_list
from policies.eligibility.rules import Rules


@click.group()
def register() -> None:
    """Households and their members, from lists; what audiences are worked out from."""


@register.command("import")
@click.argument("households", type=click.Path(path_type=Path))
@click.argument("persons", type=click.Path(path_type=Path), required=False)
@click.option("--persons-sheet", metavar="SHEET", help="The sheet that lists persons: of PERSONS, else of HOUSEHOLDS.")
@click.option("--list", "name", required=True, help="The list's name; one that is there already is replaced.")
@click.option("--place", default="", help="The commune of all households whose rows name none.")
@click.option("--decision", metavar="NUMBER", help="The decision that the list rests on, as a state task.")
@click.option("--consent", metavar="HOW", help="How and when those listed consented to be told.")
@by_official
@as_json
def import_(
    households: Path,
    persons: Path | None,
    persons_sheet: str | None,
    name: str,
    place: str,
    decision: str | None,
    consent: str | None,
    official: str,
    json_: bool,
) -> None:
    """Import a .csv or .xlsx of HOUSEHOLDS, and one of PERSONS by household code; bad rows are told, good ones kept.

    Both may be sheets of one .xlsx: the first one households, --persons-sheet the other.
    """
    if (decision is None) == (consent is None):
        raise click.UsageError("give --decision or --consent: what the list rests on")
    basis = Basis.STATE_TASK if decision is not None else Basis.CONSENT
    source = Source(name, basis, decision or consent or "", place)
    if persons_sheet is not None:
        persons = persons or households
    loa = ready_installation()
    columns = register_columns(Rules.load().inputs)
    with loa.database.read() as session:
        who = official_named(session, official)
    with counting() as said:
        report = import_register_in_batches(
            loa.database, households, persons, source, columns, who, utc_now(), persons_sheet, said
        )
    lines = _rejected(households.name, report.rejected)
    if persons is not None:
        where = f"{persons.name}, trang «{persons_sheet}»," if persons_sheet else persons.name
        lines += _rejected(where, report.rejected_persons)
    if report.ignored:
        lines.append("không đọc các cột: " + ", ".join(f"«{title}»" for title in report.ignored))
    lines.append(
        f"«{name}»{' (thay danh sách cũ)' if report.replaced else ''}: {report.households} hộ, {report.persons} người, "
        f"{report.contacts} số điện thoại; {len(report.rejected)} hộ và {len(report.rejected_persons)} người "
        "không đọc được"
    )
    print_result(asdict(report), json_, "\n".join(lines))


@register.command()
@as_json
def lists(json_: bool) -> None:
    """What is in the register, list by list."""
    loa = ready_installation()
    with loa.database.read() as session:
        found = describe(session)
    document = [
        {
            "list": each.source.name,
            "households": each.households,
            "persons": each.persons,
            "basis": str(each.source.basis),
            "evidence": each.source.evidence,
            "imported_by": each.source.imported_by,
            "imported_at": each.source.imported_at.isoformat(),
        }
        for each in found
    ]
    lines = [
        f"{each.source.name}: {each.households} hộ, {each.persons} người; {each.source.evidence}; "
        f"{each.source.imported_by}, {say_time(each.source.imported_at)}"
        for each in found
    ]
    print_result(document, json_, "\n".join(lines) or "chưa có danh sách hộ nào")


@register.command()
@click.argument("name")
@by_official
@as_json
def remove(name: str, official: str, json_: bool) -> None:
    """Take the list NAME out of the register; contacts stay."""
    loa = ready_installation()
    with loa.database.write() as session:
        remove_list(session, name, official_named(session, official), utc_now())
    print_result({"list": name}, json_, f"đã bỏ danh sách «{name}»")


@register.command()
@as_json
def columns(json_: bool) -> None:
    """What a list may tell, and the titles under which it is read."""
    found = register_columns(Rules.load().inputs)
    document = [
        {"name": column.name, "of": str(column.entity), "titles": list(column.headers), "values": list(column.words)}
        for column in found
    ]
    lines = [f"{column.name} ({column.entity}): {', '.join(column.headers)}" for column in found]
    print_result(document, json_, "\n".join(lines))


@contextmanager
def counting() -> Iterator[Callable[[str, int], None]]:
    """Shows at a terminal what is being done, and how many of it are done."""
    columns = SpinnerColumn(), TextColumn("{task.completed} {task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not at_terminal()) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done: bar.update(task, description=what, completed=done)


def _rejected(where: str, rejected: list[Rejection]) -> list[str]:
    return [f"{where} dòng {r.row}, cột «{r.column}»: {r.reason} («{r.value}»)" for r in rejected]
