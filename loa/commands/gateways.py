"""`loa gateway`: what a carrier's side needs from us."""

import secrets
from pathlib import Path

import click

from foundation.settings import SettingsError
from gateways.kannel_configuration import KannelSite, create_receipt_store, kannel_configuration
from loa.commands.shared import installation
from loa.wiring import kannel_config


@click.group()
def gateway() -> None:
    """Gateways to phones."""


@gateway.command("kannel-conf")
@click.option(
    "--carrier",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the carrier's «group = smsc».",
)
@click.option(
    "--state", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder that Kannel may write to."
)
def kannel_conf(carrier: Path, state: Path) -> None:
    """Print kannel.conf for the settings in use."""
    config = kannel_config(installation())
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_receipt_store(state)
    try:
        site = KannelSite(carrier.read_text("utf-8"), state.absolute(), admin_password=secrets.token_urlsafe(16))
        click.echo(kannel_configuration(config, site), nl=False)
    except ValueError as error:
        raise SettingsError(str(error)) from error
