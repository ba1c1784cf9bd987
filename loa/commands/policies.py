"""`loa policies`: the law as answers, who signs for them, and what they say."""

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from foundation.clock import say_date, today, utc_now
from loa.commands.explaining import rule_document, rule_lines
from loa.commands.printing import as_json, print_result
from loa.commands.shared import by_official, ready_installation
from people import Right, official_named, record, require
from policies import PACKAGE, Answer, AnswerBook, DayError, Facet, SigningError, Waiting
from policies import approve as approve_policies
from policies import lint as lint_policies
from policies import pending as pending_policies
from policies import undated as undated_policies
from policies.eligibility import Rules

STANDINGS = {"unapproved": "chưa duyệt", "changed": "sửa sau khi duyệt", "overdue": "quá hạn xem lại"}


@click.group()
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=PACKAGE,
    help="The files of the law, if not those that are spoken from.",
)
@click.pass_context
def policies(context: click.Context, folder: Path) -> None:
    """The law as answers."""
    context.obj = folder


@policies.command()
@as_json
@click.pass_obj
def lint(folder: Path, json_: bool) -> None:
    """Check every answer and parameter; exits 1 when something is wrong."""
    problems = lint_policies(folder)
    lines = "\n".join(str(problem) for problem in problems) or "không có lỗi"
    print_result([{name: str(value) for name, value in asdict(problem).items()} for problem in problems], json_, lines)
    if problems:
        raise SystemExit(1)


@policies.command()
@as_json
@click.pass_obj
def pending(folder: Path, json_: bool) -> None:
    """Answers that nobody stands for today, and documents cited without a known first day."""
    book = AnswerBook.load(folder)
    waiting = pending_policies(book, today(utc_now()))
    without_day = [{"number": number, "cited_by": list(subjects)} for number, subjects in undated_policies(book)]
    document = {
        "answers": [{**asdict(one), "review_by": one.review_by.isoformat()} for one in waiting],
        "undated": without_day,
    }
    if json_:
        print_result(document, True, "")
        return
    console = Console(highlight=False)
    console.print(_waiting(waiting))
    console.print(f"{len(waiting)} câu trả lời chờ duyệt.\n")
    console.print(_without_day(without_day))


@policies.command()
@click.argument("subject", metavar="ID")
@click.option("--review-by", type=click.DateTime(["%Y-%m-%d"]), help="When it has to be looked at again.")
@by_official
@as_json
@click.pass_obj
def approve(folder: Path, subject: str, review_by: datetime | None, official: str, json_: bool) -> None:
    """Sign for an answer that another wrote, as it stands; the signature is written into its file."""
    loa, now = ready_installation(), utc_now()
    with loa.database.write() as session:
        who = official_named(session, official)
        require(who, Right.APPROVE)
        signed = approve_policies(subject, who.name, today(now), review_by.date() if review_by else None, folder)
        details = {"version": signed.approved_version, "review_by": signed.review_by.isoformat()}
        record(session, now, who.name, "answer.approved", "answer", subject, **details)
    document = {"id": subject, **msgspec.to_builtins(signed)}
    lines = f"{subject}: {signed.approved_by} đã duyệt, xem lại trước {say_date(signed.review_by)}"
    print_result(document, json_, lines)


@policies.command()
@click.argument("subject", metavar="ID")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day that the law is asked about.")
@as_json
@click.pass_obj
def explain(folder: Path, subject: str, on: datetime | None, json_: bool) -> None:
    """What is said on a subject, facet by facet, with amounts resolved and sources; of a benefit, also its rule."""
    book, rules = AnswerBook.load(folder), Rules.load(folder)
    now = today(utc_now())
    day = on.date() if on else now
    title = book.title(subject)
    if title is None and subject not in rules.benefits:
        raise SigningError(
            f"không có câu trả lời «{subject}», cũng không có quy định tên ấy; xem «loa policies pending»"
        )
    document: dict[str, Any] = {"id": subject, "on": day.isoformat()}
    parts = []
    if title is not None:
        said, lines = _said(book, subject, title, day, now)
        document |= said
        parts.append(lines)
    if subject in rules.benefits:
        document["rule"] = rule_document(rules, subject, day)
        parts.append(rule_lines(rules, subject, day))
    print_result(document, json_, "\n\n".join(parts))


def _said(book: AnswerBook, subject: str, title: str, day: date, now: date) -> tuple[dict[str, Any], str]:
    """What the answers say of a subject, as a document and for a person. Raises DayError."""
    book.require_day(day, now)
    answers = [answer for facet in Facet if (answer := book.answer(subject, facet, day)) and answer.facet is facet]
    if not answers:
        raise DayError(f"ngày {say_date(day)} chưa có gì để nói về «{subject}»")
    file = book.shelf.answers[subject]
    document = {
        "title": title,
        "summary": file.summary,
        "standing": book.standing(subject, now).value,
        "signature": msgspec.to_builtins(file.signature),
        "answers": {answer.facet.value: _answer_json(answer) for answer in answers},
    }
    standing = STANDINGS.get(book.standing(subject, now).value, "đã duyệt")
    said = "\n".join(f"\n{answer.facet.value}: {answer.text}\n  {_sources(answer)}" for answer in answers)
    return document, f"{subject}: {title}, ngày {say_date(day)} ({standing})\n{file.summary}\n{said}"


def _answer_json(answer: Answer) -> dict[str, Any]:
    return {
        "text": answer.text,
        "source": answer.source,
        "confidence": str(answer.confidence),
        "facts": list(answer.facts),
        "citations": [
            {
                "number": citation.number,
                "article": citation.article,
                "effective_from": _iso(citation.effective_from),
                "effective_to": _iso(citation.effective_to),
            }
            for citation in answer.citations
        ],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _sources(answer: Answer) -> str:
    named = "; ".join(citation.short() for citation in answer.citations) or answer.source
    return f"[{answer.confidence}] {named}"


def _waiting(waiting: list[Waiting]) -> Table:
    table = Table(title="Chờ duyệt")
    table.add_column("id", no_wrap=True)
    for name in ("tình trạng", "người soạn", "cơ quan duyệt", "xem lại trước", "tin cậy"):
        table.add_column(name)
    for one in waiting:
        row = (one.subject, STANDINGS[one.standing.value], one.written_by, one.authority)
        table.add_row(*row, say_date(one.review_by), one.confidence)
    return table


def _without_day(documents: list[dict[str, Any]]) -> Table:
    table = Table(title="Văn bản chưa rõ ngày có hiệu lực")
    table.add_column("văn bản", no_wrap=True)
    table.add_column("dùng trong")
    for document in documents:
        table.add_row(document["number"], ", ".join(document["cited_by"]))
    return table
