"""`loa nlu label`: what was not understood goes out, what it means comes back."""

from pathlib import Path

import click
from sqlalchemy.orm import Session

from bot.learning import LabelError, save_label, waiting
from foundation.clock import utc_now
from loa.commands.learning_files import SKIP, Row, read_labels, write_queue
from loa.commands.printing import as_json, print_result
from loa.commands.shared import by_official, ready_installation
from people import Official, Right, official_named, require

MOST = 5000


@click.group()
def label() -> None:
    """Texts that were not understood, to be labelled for the next training."""


@label.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--limit", type=click.IntRange(1, MOST), default=1000, show_default=True, help="The newest so many.")
@as_json
def export(file: Path, limit: int, json_: bool) -> None:
    """Write the queue to FILE (.jsonl or .csv), long numbers hidden, for `intent` and `topic` to be filled in."""
    with ready_installation().database.read() as session:
        texts = waiting(session, limit)
    write_queue(file, texts)
    print_result({"exported": len(texts)}, json_, f"{len(texts)} tin vào {file}")


@label.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@by_official
@as_json
def import_(file: Path, official: str, json_: bool) -> None:
    """Take labels from FILE; rows left empty are passed over, bad rows told, good ones kept.

    An intent of `skip` keeps a text out of training.
    """
    loa = ready_installation()
    topics = loa.answerer.book.subjects()
    rejected: list[Row] = []
    labelled = empty = 0
    with loa.database.write() as session:
        who = official_named(session, official)
        require(who, Right.ANSWER)
        for row in read_labels(file):
            problem = row.problem or (_take(session, row, who, topics) if row.intent else None)
            if problem:
                rejected.append(Row(row.line, problem=problem))
            elif row.intent:
                labelled += 1
            else:
                empty += 1
    document = {
        "labelled": labelled,
        "empty": empty,
        "rejected": [{"line": row.line, "reason": row.problem} for row in rejected],
    }
    lines = [f"dòng {row.line}: {row.problem}" for row in rejected]
    summary = f"{labelled} tin đã ghi nhãn, {empty} còn trống, {len(rejected)} dòng không dùng được"
    print_result(document, json_, "\n".join([*lines, summary]))


def _take(session: Session, row: Row, who: Official, topics: frozenset[str]) -> str | None:
    """Save the label of a row; what is wrong with it, if anything."""
    intent = None if row.intent == SKIP else row.intent
    try:
        save_label(session, row.inbound_id, intent, row.topic, who, topics, utc_now())
    except LabelError as error:
        return str(error)
    return None
