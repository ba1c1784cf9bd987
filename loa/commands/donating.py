"""`loa pledges`."""

import click

from campaigns.donations import list_pledges
from foundation.clock import say_time
from foundation.phones import mask
from foundation.text import format_vnd
from loa.commands.printing import as_json, print_result
from loa.commands.shared import ready_installation


@click.group()
def pledges() -> None:
    """What donors promised."""


@pledges.command("list")
@as_json
def list_(json_: bool) -> None:
    """The newest pledges first; numbers masked."""
    loa = ready_installation()
    with loa.database.read() as session:
        rows = [
            {
                "id": pledge.id,
                "at": pledge.created_at.isoformat(),
                "from": mask(pledge.address),
                "amount_vnd": pledge.amount_vnd,
            }
            for pledge in list_pledges(session)
        ]
        lines = [
            f"{pledge.id}  {say_time(pledge.created_at)}  {mask(pledge.address)}  "
            + (format_vnd(pledge.amount_vnd) if pledge.amount_vnd else "chưa nói số tiền")
            for pledge in list_pledges(session)
        ]
    print_result(rows, json_, "\n".join(lines) or "chưa có ai đăng ký ủng hộ")
