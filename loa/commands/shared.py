"""What several commands share: the installation, the acting official, whether a person looks on."""

import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from foundation.logs import configure_logs
from foundation.settings import load_settings
from loa.schema import is_current
from loa.wiring import Loa

P = ParamSpec("P")
R = TypeVar("R")

COMMAND_LINE = "command line"
"""Who did it, in the audit log, where no official can be named: before there are any, and when setting up."""


def by_official(function: Callable[P, R]) -> Callable[P, R]:
    """Who does it; written into the audit log."""
    return click.option("--as", "official", required=True, metavar="USER", help="The official who does this.")(function)


def installation(role: str = "command") -> Loa:
    """The installation that the settings describe, logs set up."""
    settings = load_settings()
    configure_logs(settings.log_level if role != "command" else "WARNING", role)
    return Loa(settings)


def is_set_up(loa: Loa) -> bool:
    """Whether `loa setup` has been run; leaves no keys and no database behind where it has not."""
    return (loa.settings.home / "keys").exists() and is_current(loa.database)


def ready_installation() -> Loa:
    """The same, with a database that is up to date. Exits 1 when it is not."""
    loa = installation()
    if not is_current(loa.database):
        raise click.ClickException("the database is not set up: run «loa setup»")
    return loa


def at_terminal() -> bool:
    """Whether a person looks on, so that progress is worth showing."""
    return sys.stderr.isatty()
