"""`loa bench`."""

from importlib import import_module

import click

from loa.commands.printing import as_json, print_result
from loa.commands.shared import installation

BENCHES = ("audience", "dispatch", "inbound", "interview", "nlu", "rate", "segments", "turn")


@click.command()
@click.argument("name", type=click.Choice(BENCHES))
@as_json
def bench(name: str, json_: bool) -> None:
    """Measure NAME against its targets; exits 1 when one is missed."""
    report = import_module(f"loa.bench.{name}").measure(installation())
    document = report.as_json()
    lines = [f"{name}: " + ", ".join(f"{key} {value}" for key, value in document["conditions"].items())]
    lines += [
        f"  {'ok  ' if t.holds else 'MISS'} {t.what}: {t.figure} {t.unit} ({t.sense.replace('_', ' ')} {t.target})"
        for t in report.targets
    ]
    print_result(document, json_, "\n".join(lines))
    if not all(target.holds for target in report.targets):
        raise SystemExit(1)
