"""Up to three questions as one text: numbered, their choices lettered, with an example of how to answer."""

from collections.abc import Sequence

from bot.interview.state import Button, Put
from bot.interview.values import LETTERS
from bot.words import say
from foundation.text import segment, unaccent
from policies.eligibility import Input, Kind

MOST_AT_ONCE = 3
MOST_SEGMENTS, MOST_SEGMENTS_BARE = 3, 2
"""What a text with questions may cost: a question more is dropped rather than a segment more paid."""

_EXAMPLES = {"tuổi": "45", "km": "4", "kWh": "40", "VND": "1tr2"}


def questions(inputs: Sequence[Input], lead: str) -> tuple[str, tuple[Put, ...]]:
    """The text that asks for as many of the inputs, from the first on, as it may cost, after its `lead`; and what it
    asks."""
    for count in range(min(len(inputs), MOST_AT_ONCE), 1, -1):
        text = "\n".join(part for part in (lead, _several(inputs[:count])) if part)
        if _is_cheap(text):
            return text, tuple(map(_put, inputs[:count]))
    return "\n".join(part for part in (lead, _lone(inputs[0])) if part), (_put(inputs[0]),)


def sentence(asked: Input) -> str:
    """The question with a mark at its end."""
    ask = asked.question.ask
    return ask if ask.endswith(("?", ".")) else f"{ask}."


def _is_cheap(text: str) -> bool:
    return segment(text).segments <= MOST_SEGMENTS and segment(unaccent(text)).segments <= MOST_SEGMENTS_BARE


def _lone(asked: Input) -> str:
    match asked.kind:
        case Kind.CHOICE:
            said = [choice.say for choice in asked.question.choices.values()]
            choices = "; ".join(f"{number}. {each}" for number, each in enumerate(said, start=1))
            return say("interview_choices", ask=sentence(asked), choices=choices)
        case Kind.YES_NO:
            return say("interview_yes_no", ask=sentence(asked))
        case _:
            return say("interview_number", ask=sentence(asked), example=_example(asked))


def _several(inputs: Sequence[Input]) -> str:
    lines = [f"{number}. {_numbered(each)}" for number, each in enumerate(inputs, start=1)]
    example = " ".join(_answer(number, each) for number, each in enumerate(inputs, start=1))
    return "\n".join([*lines, say("interview_how", example=example)])


def _numbered(asked: Input) -> str:
    match asked.kind:
        case Kind.CHOICE:
            return f"{sentence(asked)} {', '.join(f'{b.answer} {b.label}' for b in _put(asked).buttons)}"
        case Kind.YES_NO:
            return f"{sentence(asked)} (C/K)"
        case _:
            return sentence(asked)


def _answer(number: int, asked: Input) -> str:
    match asked.kind:
        case Kind.CHOICE:
            return f"{number}{LETTERS[1]}"
        case Kind.YES_NO:
            return f"{number}K"
        case _:
            return f"{number} {_example(asked)}"


def _example(asked: Input) -> str:
    return _EXAMPLES.get((asked.question.unit or "").partition("/")[0], "3")


def _put(asked: Input) -> Put:
    match asked.kind:
        case Kind.CHOICE:
            said = [choice.say for choice in asked.question.choices.values()]
            buttons = tuple(Button(letter, label) for letter, label in zip(LETTERS, said, strict=False))
        case Kind.YES_NO:
            buttons = (Button("C", say("interview_yes")), Button("K", say("interview_no")))
        case _:
            buttons = ()
    return Put(asked.name, asked.question.ask, buttons)
