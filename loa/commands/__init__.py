"""The `loa` command: exit 0 done, 1 refused or failed with a message a person understands, 2 wrong usage."""

from importlib import import_module

import click

from foundation.refusal import Refusal

COMMANDS = {
    "ask": "asking",
    "audience": "audience",
    "bench": "benching",
    "broadcast": "broadcasting",
    "clock": "serving",
    "contacts": "people",
    "demo": "serving",
    "do-not-call": "do_not_call",
    "doctor": "serving",
    "eligibility": "eligibility",
    "gateway": "gateways",
    "nlu": "understanding",
    "outbox": "outbox",
    "pledges": "donating",
    "policies": "policies",
    "register": "register",
    "segments": "measuring",
    "serve": "serving",
    "setup": "serving",
    "slips": "slips",
    "templates": "templates",
    "tickets": "tickets",
    "user": "people",
    "web": "serving",
    "worker": "serving",
    "zalo": "zalo",
}
"""Each command with its module, imported only when it is called: an answer at the terminal should not wait for all."""


class Commands(click.Group):
    """Loads commands when they are needed, and says what our rooms refuse in one line on stderr, exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"loa.commands.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            click.echo(f"loa: {refusal}", err=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="loa")
def main() -> None:
    """A province's poverty-support programmes by text message."""
