"""`loa serve` and the separate roles; `loa setup`, `loa demo`, `loa doctor`."""

import asyncio

import click

from foundation.logs import configure_logs
from loa import schema
from loa.commands.printing import as_json, print_result
from loa.commands.shared import installation
from loa.demo import prepare
from loa.doctor import examine
from loa.processes.serve import serve_all
from loa.processes.timekeeper import run_clock
from loa.processes.web import run_web
from loa.processes.worker import run_worker


@click.command()
def setup() -> None:
    """Make keys and bring the database up to date."""
    loa = installation()
    schema.upgrade(loa.database)


@click.command()
def serve() -> None:
    """Everything, in one process tree: web, worker, clock and understanding."""
    loa = installation("serve")
    schema.upgrade(loa.database)
    serve_all(loa, say=lambda line: click.echo(line))


@click.command()
def demo() -> None:
    """`loa serve` with sample officials, contacts and a programme."""
    loa = installation("serve")
    configure_logs("WARNING", "serve")
    schema.upgrade(loa.database)
    lines = prepare(loa)
    serve_all(loa, say=lambda line: click.echo(line), banner=lines)


@click.command()
def web() -> None:
    """The web process alone."""
    run_web(installation("web"))


@click.command()
@click.option("--with-clock", is_flag=True, help="Also act on time, as the embedded worker does.")
def worker(with_clock: bool) -> None:
    """The worker alone: sends, answers. With LOA_BROKER_URL as many as wanted."""
    if code := run_worker(installation("worker"), with_clock):
        raise SystemExit(code)


@click.command()
def clock() -> None:
    """The clock alone: what happens because its time has come. On PostgreSQL several may run; one ticks."""
    run_clock(installation("clock"))


@click.command()
@as_json
def doctor(json_: bool) -> None:
    """Check everything and say what to do; exits 1 when something is wrong."""
    findings = asyncio.run(examine(installation()))
    lines = "\n".join(f"{'ok  ' if f.well else 'LỖI '} {f.what}: {f.says}" for f in findings)
    print_result([{"what": f.what, "well": f.well, "says": f.says} for f in findings], json_, lines)
    if not all(finding.well for finding in findings):
        raise SystemExit(1)
