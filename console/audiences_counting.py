"""Whom a condition finds, shown while it is written; and the words that it may be written with."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from campaigns.audiences.columns import register_columns
from campaigns.audiences.conditions import PLACES
from campaigns.audiences.saving import LONGEST_CONDITION
from campaigns.audiences.selecting import Tally, tally
from console import benefit_words
from console.blueprint import here
from console.filters import sentence
from foundation.refusal import Refusal
from people.register import Kind
from policies.eligibility import Rules


@dataclass(frozen=True, slots=True)
class Counted:
    """What a condition comes to: a tally, or what is wrong with the condition; neither while none is written."""

    tally: Tally | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """What a condition may ask about households: how it is written, and what it means."""

    written: str
    said: str


def count_households(condition: str, on: date | None) -> Counted:
    """Counted over the whole register. Raises nothing: what is wrong is told."""
    context = here()
    if not condition or on is None:
        return Counted()
    if len(condition) > LONGEST_CONDITION:
        return Counted(error=f"Điều kiện dài quá {LONGEST_CONDITION} ký tự.")
    try:
        with context.database.read() as session:
            return Counted(tally(session, condition, context.rules(), on, context.channel))
    except Refusal as error:
        return Counted(error=sentence(str(error)))


def names(rules: Rules) -> Iterator[Name]:
    """Everything, places first."""
    for place in PLACES:
        yield Name(f'{place} = "…"', benefit_words.PLACES[place])
    for column in register_columns(rules.inputs):
        question = rules.inputs[column.name].question
        match column.kind:
            case Kind.YES_NO:
                yield Name(column.name, question.ask)
            case Kind.CHOICE:
                values = "; ".join(f"{value}: {choice.say}" for value, choice in question.choices.items())
                yield Name(f"{column.name} = {column.values[0]}", f"{question.ask} {values}")
            case _:
                unit = f" ({question.unit})" if question.unit else ""
                yield Name(f"{column.name} >= …", f"{question.ask}{unit}")
