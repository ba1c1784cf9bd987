"""`loa slips`: what residents told in an interview and kept for the commune."""

import click

from bot.interview.slips import Opened, open_slip
from foundation.clock import say_date, say_time, today, utc_now
from loa.commands.printing import as_json, print_result
from loa.commands.shared import by_official, ready_installation
from people import official_named
from policies.eligibility import Rules


@click.group(help="Phiếu kể: điều bà con đã kể qua tin nhắn và giữ lại cho xã xem.")
def slips() -> None:
    """What was told and kept."""


@slips.command(help="Mở một phiếu kể theo mã bà con đưa. Ai mở lúc nào đều được ghi lại.")
@click.argument("code")
@by_official
@as_json
def show(code: str, official: str, json_: bool) -> None:
    """One slip by its code; that it was read is on record."""
    loa, now = ready_installation(), utc_now()
    with loa.database.write() as session:
        opened = open_slip(session, code, official_named(session, official), Rules.load(), now)
    document = {
        "code": opened.code,
        "about": opened.content.about,
        "place": opened.content.place,
        "policies": list(opened.content.policies),
        "facts": opened.content.facts,
        "created_at": opened.created_at.isoformat(),
        "expires_at": opened.expires_at.isoformat(),
    }
    print_result(document, json_, "\n".join(_lines(opened)))


def _lines(opened: Opened) -> list[str]:
    about = opened.content.about or "người nhắn tin"
    told = f"{opened.code}  kể lúc {say_time(opened.created_at)}, giữ đến {say_date(today(opened.expires_at))}"
    asked = f"về {about}; hỏi: {', '.join(opened.benefits) or 'mọi chế độ'}"
    place = [f"nơi ở: {opened.content.place}"] if opened.content.place else []
    return [told, asked, *place, *(f"- {question} {answer}" for question, answer in opened.answers)]
