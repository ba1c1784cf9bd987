"""Whether a new model may take the place of the current one: no style of writing and no intent may get worse."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

MARGIN = 0.02
"""How much a group's share of right texts may fall, or one text where that is more: on few texts, one is chance."""

STYLES = {"diacritics": "có dấu", "no_diacritics": "không dấu", "teencode": "teencode", "typo": "gõ sai"}
FIGURES = {
    "intent_accuracy": "đúng ý hỏi",
    "topic_accuracy": "đúng chủ đề",
    "answer_accuracy": "trả lời đúng",
    "rightly_silent": "không trả lời bừa",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one group of texts, now and then: shares from 0 to 1, higher is better; `n` texts."""

    where: str
    what: str
    before: float
    after: float
    n: int

    @property
    def worse(self) -> bool:
        """Whether more texts went wrong than the margin forgives."""
        return (self.before - self.after) * self.n > max(1.0, MARGIN * self.n) + 0.01  # shares come rounded


def changes(current: Mapping[str, Any], candidate: Mapping[str, Any]) -> list[Change]:
    """Each figure that both reports of `judge` have, by style and by intent."""
    after = {(where, what): share for where, what, share, _ in _figures(candidate)}
    return [
        Change(where, what, share, after[where, what], n)
        for where, what, share, n in _figures(current)
        if (where, what) in after
    ]


def change_table(found: list[Change]) -> Table:
    """The comparison for a person: every figure by style, and the intents that changed."""
    table = Table(
        title="mô hình đang dùng và mô hình mới, phần trăm", caption=f"được kém đi {MARGIN:.0%} số câu, hoặc một câu"
    )
    for name in ("nhóm", "chỉ số"):
        table.add_column(name)
    for name in ("đang dùng", "mới", "số câu", ""):
        table.add_column(name, justify="right")
    for change in found:
        if change.where in STYLES or change.before != change.after:
            table.add_row(
                STYLES.get(change.where, change.where),
                FIGURES[change.what],
                percent(change.before),
                percent(change.after),
                str(change.n),
                "kém hơn" if change.worse else "",
            )
    return table


def report_table(report: Mapping[str, Any]) -> Table:
    """A report of `judge` for a person: a row for each style of writing, then one for all."""
    table = Table(title="bộ câu thử cố định, phần trăm")
    table.add_column("cách viết", no_wrap=True)
    for name in ("số câu", "đúng ý", "đúng việc", "thực thể", "trả lời đúng", "hỏi lại", "trả lời sai", "trả lời bừa"):
        table.add_column(name, justify="right")
    answers = report["answers"]
    parts = [(STYLES.get(name, name), found, answers["by_style"][name]) for name, found in report["by_style"].items()]
    for name, found, said in [*parts, ("tất cả", report, answers)]:
        table.add_row(
            name,
            str(found["n"]),
            *(percent(found[key]) for key in ("intent_accuracy", "topic_accuracy", "entity_f1")),
            *(percent(said[key]) for key in ("answer_accuracy", "offered", "wrong", "false_answer_rate")),
        )
    return table


def percent(share: float | None) -> str:
    """A share without its unit, which the table's title says."""
    return "–" if share is None else f"{share * 100:.1f}"


def _figures(report: Mapping[str, Any]) -> Iterator[tuple[str, str, float, int]]:
    """(where, what, share of right texts, texts) of each group that has any."""
    for style, found in report["by_style"].items():
        for what in ("intent_accuracy", "topic_accuracy"):
            if found[what] is not None:
                yield style, what, found[what], found["n"]
    for style, said in report["answers"]["by_style"].items():
        if said["answer_accuracy"] is not None:
            yield style, "answer_accuracy", said["answer_accuracy"], said["n"]
        if said["false_answer_rate"] is not None:
            yield style, "rightly_silent", round(1 - said["false_answer_rate"], 4), said["n_not_ours"]
    for intent, found in report["by_intent"].items():
        yield intent, "intent_accuracy", found["intent_accuracy"], found["n"]
