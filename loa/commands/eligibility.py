"""`loa eligibility`: what the law of a day says of households of which some things are known."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from foundation.clock import today, utc_now
from foundation.refusal import Refusal
from loa.commands.explaining import AMOUNT_KINDS
from loa.commands.printing import as_json
from loa.commands.shared import at_terminal
from policies import PACKAGE, Citation
from policies.eligibility import Decision, Input, Kind, Result, Rules, Value, decide, otherwise, read_facts
from policies.templates import day_month_year, number

SAID = {
    Decision.ELIGIBLE: "có thể thuộc diện",
    Decision.UNKNOWN: "chưa đủ thông tin",
    Decision.INELIGIBLE: "chưa thấy thuộc diện",
    Decision.NOT_IN_FORCE: "không có hiệu lực",
}
"""Each decision for people, in the order in which they are shown. No word here decides: the commune does."""

YES_NO: dict[Value, str] = {True: "có", False: "không"}
CAUTION = "Đây không phải quyết định: UBND xã xét. Bà con vẫn có quyền đề nghị xã xét."


@click.command()
@click.option(
    "--facts",
    "file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    required=True,
    help="A JSON object of inputs, or JSON lines; - is the standard input.",
)
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day that the law is asked about.")
@click.option("--policy", "policies", metavar="ID", multiple=True, help="Ask about this benefit alone; repeatable.")
@as_json
def eligibility(file: Path, on: datetime | None, policies: tuple[str, ...], json_: bool) -> None:
    """Who may be eligible for what: one household, or many.

    One household is an object of inputs. Many are lines of {"id", "on", "policies": [ID, …], "facts": {…}}; a bad line
    yields {"id", "error"} and the rest goes on. What is left out, or null, is unknown.
    """
    rules = Rules.load(PACKAGE)
    usual = Household({}, on.date() if on else today(utc_now()), policies or tuple(rules.benefits))
    for policy in policies:
        rules.benefit(policy)
    text = _text(file)
    household = _one(text)
    if household is not None:
        results = Household(household, usual.on, usual.policies).results(rules)
        if json_:
            click.echo(json.dumps([as_document(rules, result) for result in results], ensure_ascii=False))
        else:
            _show(rules, results, f"Ngày {day_month_year(usual.on)}")
        return
    lines = [line for line in text.split("\n") if line.strip()]
    progress = Console(stderr=True)
    for line in track(lines, "eligibility", console=progress, transient=True, disable=not at_terminal()):
        _line(rules, line, usual, json_)


@dataclass(frozen=True, slots=True)
class Household:
    """What is told of a household, and what is asked about it."""

    facts: dict[str, Any]
    on: date
    policies: tuple[str, ...]

    @classmethod
    def of(cls, document: dict[str, Any], usual: Self) -> Self:
        """From a line; what it leaves out is as usual. Raises Refusal, naming the field."""
        facts = document.get("facts")
        if not isinstance(facts, dict):
            raise Refusal("facts: phải là một đối tượng JSON")
        policies = document.get("policies") or usual.policies
        if not isinstance(policies, list | tuple) or not all(isinstance(policy, str) for policy in policies):
            raise Refusal("policies: phải là danh sách tên quy định")
        return cls(facts, _day(document.get("on"), usual.on), tuple(policies))

    def results(self, rules: Rules) -> list[Result]:
        """One for each benefit asked about, in that order. Raises Refusal."""
        facts = read_facts(self.facts, rules.inputs)
        return [decide(rules, policy, facts, self.on) for policy in self.policies]


def _day(told: Any, usual: date) -> date:
    if told is None:
        return usual
    try:
        return date.fromisoformat(told)
    except (TypeError, ValueError):
        raise Refusal(f"on: «{told}» không phải ngày; viết như 2026-11-20") from None


def _text(file: Path) -> str:
    try:
        with click.open_file(str(file), encoding="utf-8-sig") as opened:
            return str(opened.read())
    except UnicodeDecodeError:
        raise Refusal(f"{file}: không phải văn bản UTF-8") from None


def _one(text: str) -> dict[str, Any] | None:
    """The one household that a text is, or None when it is lines. Raises Refusal when it is neither."""
    try:
        document = json.loads(text)
    except ValueError as error:
        if any(_is_line(line) for line in text.split("\n")):
            return None
        raise Refusal(f"facts: không đọc được JSON ({error})") from None
    if not isinstance(document, dict):
        raise Refusal("facts: phải là một đối tượng JSON, hay mỗi dòng một đối tượng")
    return None if "facts" in document else document


def _is_line(line: str) -> bool:
    try:
        document = json.loads(line)
    except ValueError:
        return False
    return isinstance(document, dict) and "facts" in document


def _line(rules: Rules, line: str, usual: Household, json_: bool) -> None:
    """Answers one line; what is wrong with it is said in its place."""
    name: Any = None
    try:
        document = json.loads(line)
        if not isinstance(document, dict):
            raise Refusal("dòng phải là một đối tượng JSON")
        name = document.get("id")
        household = Household.of(document, usual)
        results = household.results(rules)
    except (ValueError, Refusal) as error:
        wrong = str(error) if isinstance(error, Refusal) else f"không đọc được JSON ({error})"
        click.echo(json.dumps({"id": name, "error": wrong}, ensure_ascii=False) if json_ else f"{name}: {wrong}")
        return
    if json_:
        found = {"id": name, "results": [as_document(rules, result) for result in results]}
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(rules, results, f"{name}, ngày {day_month_year(household.on)}")


def as_document(rules: Rules, result: Result) -> dict[str, Any]:
    """The result as the command prints it."""
    return {
        "policy": result.policy,
        "decision": result.decision.value,
        "amount_vnd": result.amount_vnd,
        "amount_kind": result.amount_kind.value if result.amount_kind else None,
        "amount_unit": result.amount_unit,
        "amount_missing": list(result.amount_missing),
        "because": [
            {"input": each.input, "value": each.value, "met": each.met, "reference": each.reference}
            for each in result.because
        ],
        "presumed": list(result.presumed),
        "missing": list(result.missing),
        "next_question": _question(rules, result.next_input) if result.next_input else None,
        "citations": [_citation(each) for each in result.citations],
        "replaced_by": list(result.replaced_by),
    }


def _question(rules: Rules, name: str) -> dict[str, Any]:
    entry = rules.inputs[name]
    choices: list[tuple[Value, str]] = [(value, choice.say) for value, choice in entry.question.choices.items()]
    if entry.kind is Kind.YES_NO:
        choices = list(YES_NO.items())
    said = [{"value": value, "text": text} for value, text in choices]
    return {"input": name, "text": entry.question.ask, "choices": said}


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "article": citation.article,
        "effective_from": citation.effective_from.isoformat() if citation.effective_from else None,
        "effective_to": citation.effective_to.isoformat() if citation.effective_to else None,
    }


def _show(rules: Rules, results: Sequence[Result], title: str) -> None:
    """The results for a person, the best news first."""
    table = Table(title=title, box=None, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for decision, said in SAID.items():
        of_kind = [result for result in results if result.decision is decision]
        if of_kind:
            table.add_row(Text(said.upper(), style="bold"))
        for result in of_kind:
            table.add_row(Text(f"  {result.policy}"), Text("\n".join(_lines(rules, result))))
    console = Console(highlight=False)
    console.print(table)
    console.print(CAUTION)


def _lines(rules: Rules, result: Result) -> Iterator[str]:
    amount = _amount(result)
    yield rules.benefits[result.policy].title + (f": {amount}" if amount else "")
    for each in result.because:
        yield f"«{rules.inputs[each.input].question.ask}» {_said(rules.inputs[each.input], each.value)}"
    if result.presumed:
        yield f"trừ khi {'; hoặc '.join(otherwise(rules.inputs[name]) for name in result.presumed)}"
    if result.next_input:
        yield f"cần biết: «{rules.inputs[result.next_input].question.ask}»"
    if result.replaced_by:
        yield f"xem: {', '.join(result.replaced_by)}"
    if result.citations:
        yield f"căn cứ: {'; '.join(citation.short() for citation in result.citations)}"


def _amount(result: Result) -> str:
    if result.amount_kind is None:
        return ""
    if result.amount_vnd is None:
        return f"số tiền còn tùy {', '.join(result.amount_missing)}"
    return f"{AMOUNT_KINDS[result.amount_kind]} {number(Decimal(result.amount_vnd))} {result.amount_unit}".strip()


def _said(entry: Input, value: Value) -> str:
    if isinstance(value, bool):
        return YES_NO[value]
    return entry.question.choices[value].say if isinstance(value, str) else number(Decimal(str(value)))
