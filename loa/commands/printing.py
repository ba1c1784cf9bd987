"""How results are printed: for a person, or as one JSON document."""

import json
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")


def as_json(function: Callable[P, R]) -> Callable[P, R]:
    """The option every command has: one JSON document on stdout and nothing else."""
    return click.option("--json", "json_", is_flag=True, help="Print one JSON document.")(function)


def print_result(document: Any, json_: bool, lines: str) -> None:
    """The document as JSON, or its lines for a person."""
    click.echo(json.dumps(document, ensure_ascii=False) if json_ else lines)
