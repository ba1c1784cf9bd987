"""The `loa` command: exit 0 done, 1 refused or failed with a message a person understands, 2 wrong usage."""

import click

from bot.tickets import TicketError
from bot.words import WordsError
from campaigns.broadcasts import BroadcastError
from foundation.clock import TimeError
from foundation.keys import VaultError
from foundation.phones import PhoneError
from foundation.settings import SettingsError
from loa.commands.asking import ask, segments
from loa.commands.broadcasting import broadcast
from loa.commands.donating import pledges
from loa.commands.gateways import gateway
from loa.commands.people import contacts, user
from loa.commands.policies import policies
from loa.commands.serving import clock, demo, doctor, serve, setup, web, worker
from loa.commands.understanding import nlu
from loa.nlu_process import NluError
from loa.processes.locks import AlreadyRunning
from loa.processes.supervisor import PortTaken
from people import OfficialError, SpreadsheetError
from policies import PolicyError

REFUSALS = (
    AlreadyRunning,
    BroadcastError,
    NluError,
    OfficialError,
    PhoneError,
    PolicyError,
    PortTaken,
    SettingsError,
    SpreadsheetError,
    TicketError,
    TimeError,
    VaultError,
    WordsError,
)


class Commands(click.Group):
    """Turns what our rooms refuse into one line on stderr and exit code 1; anything else is a fault of ours."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except REFUSALS as refusal:
            click.echo(f"loa: {refusal}", err=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="loa")
def main() -> None:
    """A province's poverty-support programmes by text message."""


for command in (
    ask,
    broadcast,
    clock,
    contacts,
    demo,
    doctor,
    gateway,
    nlu,
    pledges,
    policies,
    segments,
    serve,
    setup,
    user,
    web,
    worker,
):
    main.add_command(command)
