"""`loa ask`: conversation turns through the same code as the webhooks, without sending."""

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from bot.ask import Line, converse, converse_as
from bot.keywords import without_service_keyword
from foundation.clock import today, utc_now
from foundation.phones import parse_phone
from foundation.refusal import Refusal
from gateways import Channel
from loa.commands.printing import as_json, print_result
from loa.commands.shared import at_terminal, installation, ready_installation
from loa.nlu_process import an_understanding
from loa.wiring import Loa


@click.command()
@click.argument("text", required=False)
@click.option("--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON lines.")
@click.option("--channel", type=click.Choice([c.value for c in Channel]), default="sms", show_default=True)
@click.option("--from", "phone", metavar="PHONE", help="Keep the conversation of this number.")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day that the law is asked about.")
@as_json
def ask(text: str | None, file: Path | None, channel: str, phone: str | None, on: datetime | None, json_: bool) -> None:
    """One turn for TEXT, or a line of turns for each line of --file. Nothing is sent.

    A line of --file is {"id", "text"} or {"id", "turns": [text or {"user": text}, …]}, with "on" if wanted.
    """
    if (text is None) == (file is None):
        raise click.UsageError("give either TEXT or --file")
    if file is not None and phone is not None:
        raise click.UsageError("--from goes with TEXT: each line of a file is a fresh person")
    now = utc_now()
    day = on.date() if on else today(now)
    loa = installation() if phone is None else ready_installation()
    loa.answerer.book.require_day(day, today(now))
    if file is not None:
        _ask_file(loa, file, day, now)
    else:
        turn = asyncio.run(_ask_one(loa, _to_us(loa, text or ""), channel, phone, day, now))
        print_result(turn, json_, _for_people(turn))


async def _ask_one(loa: Loa, text: str, channel: str, phone: str | None, on: date, now: datetime) -> dict[str, Any]:
    async with an_understanding(loa) as understanding:
        if phone is not None:
            person = parse_phone(phone)
            return await converse_as(
                loa.database, channel, person, text, understanding, loa.answerer, now, on, loa.days_off
            )
        line = Line([text], on)
        await converse([line], understanding, loa.answerer, now, days_off=loa.days_off)
        return line.turns[0]


def _ask_file(loa: Loa, file: Path, on: date, now: datetime) -> None:
    parsed = list(_read(file, on, lambda day: loa.answerer.book.require_day(day, today(now))))
    lines = [line for _, line in parsed if isinstance(line, Line)]
    for asked in lines:
        asked.texts = [_to_us(loa, text) for text in asked.texts]

    async def run() -> None:
        async with an_understanding(loa) as understanding:
            with Progress(disable=not at_terminal(), transient=True) as bar:
                task = bar.add_task("asking", total=sum(len(line.texts) for line in lines))
                await converse(
                    lines, understanding, loa.answerer, now, lambda count: bar.advance(task, count), loa.days_off
                )

    asyncio.run(run())
    for line_id, line in parsed:
        done = {"id": line_id, "turns": line.turns} if isinstance(line, Line) else {"id": line_id, "error": line}
        click.echo(json.dumps(done, ensure_ascii=False))


def _to_us(loa: Loa, text: str) -> str:
    """The text without the word that brings it to us, where a gateway in use has one."""
    for gateway in loa.settings.gateways:
        text = without_service_keyword(text, loa.service_keyword(gateway)) or text
    return text


def _read(file: Path, on: date, require_day: Callable[[date], None]) -> Iterator[tuple[Any, Line | str]]:
    """The id of each line with what it asks, or with what is wrong with it."""
    for raw in file.read_bytes().splitlines():
        if not raw.strip():
            continue
        line_id = None
        try:
            document = json.loads(raw)
            if not isinstance(document, dict):
                raise ValueError("a line must be a JSON object")
            line_id = document.get("id")
            texts = _texts(document)
            day = date.fromisoformat(document["on"]) if document.get("on") else on
            require_day(day)
            yield line_id, Line(texts, day)
        except KeyError:
            yield line_id, "a line needs text or turns"
        except (ValueError, TypeError, Refusal) as error:
            yield line_id, str(error)


def _texts(document: dict[str, Any]) -> list[str]:
    """What is said, also where each turn is an object with what is expected: a test case, as the simulator saves it."""
    turns = document["turns"] if "turns" in document else [document["text"]]
    if not isinstance(turns, list):
        raise ValueError("turns must be a list")
    said = [turn.get("user") if isinstance(turn, dict) else turn for turn in turns]
    texts = [text for text in said if isinstance(text, str)]
    if len(texts) < len(said):
        raise ValueError("text must be a string, turns a list of strings or of objects with user")
    return texts


def _for_people(turn: dict[str, Any]) -> str:
    parts = ", ".join(f"{part['encoding']} × {part['segments']}" for part in turn["parts"])
    facts = f" [{', '.join(turn['facts'])}]" if turn["facts"] else ""
    return f"{turn['reply']}\n\n{turn['kind']}{facts}  ({parts}; {turn['elapsed_ms']} ms)"
