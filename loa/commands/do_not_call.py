"""`loa do-not-call`: the national list of numbers that get no advertising."""

from dataclasses import asdict
from pathlib import Path

import click

from foundation.clock import utc_now
from loa.commands.printing import as_json, print_result
from loa.commands.register import counting
from loa.commands.shared import COMMAND_LINE, ready_installation
from people.do_not_call import import_do_not_call, versions


@click.group()
def do_not_call() -> None:
    """The national Do-Not-Call list: advertising never goes to its numbers."""


@do_not_call.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--version", required=True, metavar="NAME", help='What this list is called, e.g. "2026-11".')
@as_json
def import_(file: Path, version: str, json_: bool) -> None:
    """Take in a .txt, .csv or .xlsx with one number a row, in place of the list before; bad rows are told."""
    loa = ready_installation()
    with counting() as said:
        report = import_do_not_call(
            loa.database, file, version, COMMAND_LINE, utc_now(), lambda rows: said("dòng", rows)
        )
    document = asdict(report) | {"rejected": [bad._asdict() for bad in report.rejected]}
    lines = [f"dòng {bad.row}: {bad.reason}" for bad in report.rejected]
    lines.append(
        f"danh sách không quảng cáo «{version}»: {report.numbers} số, bỏ {report.gone} số cũ, "
        f"{len(report.rejected)} dòng không đọc được"
    )
    print_result(document, json_, "\n".join(lines))


@do_not_call.command()
@as_json
def status(json_: bool) -> None:
    """Which list is in use, and how many numbers it holds."""
    loa = ready_installation()
    with loa.database.read() as session:
        found = versions(session)
    document = {"versions": [each._asdict() for each in found], "complete": len(found) == 1}
    lines = [f"«{each.version}»: {each.numbers} số" for each in found]
    if len(found) > 1:
        lines.append("lần nhập sau cùng bị cắt giữa chừng: nhập lại tệp đó")
    print_result(document, json_, "\n".join(lines) or "chưa có danh sách không quảng cáo nào")
