"""`loa policies`."""

from dataclasses import asdict

import click

from loa.commands.printing import as_json, print_result
from policies import PACKAGE
from policies import lint as lint_policies


@click.group()
def policies() -> None:
    """The law as answers."""


@policies.command()
@as_json
def lint(json_: bool) -> None:
    """Check every answer and parameter; exits 1 when something is wrong."""
    problems = lint_policies(PACKAGE)
    lines = "\n".join(str(problem) for problem in problems) or "không có lỗi"
    print_result([{name: str(value) for name, value in asdict(problem).items()} for problem in problems], json_, lines)
    if problems:
        raise SystemExit(1)
