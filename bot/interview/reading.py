"""What a text tells: answers to the questions put last ("1C 2K 3 76"), and what is told without being asked."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import yaml

from bot.interview.values import (
    DOES_NOT_KNOW,
    NO,
    Impossible,
    Said,
    Unknown,
    asks,
    is_none,
    number_of,
    said_of,
    stands_in,
    unit_of,
)
from bot.sentences import clauses
from foundation.text import fold
from policies.eligibility import Input, Kind, Value

_FILE = Path(__file__).with_name("named.yaml")
_MARK = re.compile(r"(?<!\d)(?<!\d[.,])(?<!tr)(?:[Cc][âa]u )?([1-9])(?!\d)\s*[.):=-]?(?![.,]\d)\s*")
"""Before an answer, the number of its question; not the 2 of "1tr2" or "1,2"."""
_FEW_WORDS = 5
MOST_NUMBERED = 3
"""Answers that people number though only one question was put."""
_NOT_TOLD = re.compile(rf"(?<!\w)(?:{NO}|tu|phai|du|tren|duoi|may)(?: \w+)?$")
"""Before a number that the law names: "từ 75 tuổi"."""
_NOT_MEANT = re.compile(
    rf"(?<!\w)(?:{NO}|dau|phai|vao|xet|thanh|len|nhu|duoc|dc|muon|xin|vay|the|von|cho|doi voi)(?: \w+)?$"
)
"""Before words that say what is not so, what is asked for, or of whom the law speaks: "xét hộ nghèo"."""
_TOLD_UNITS = {
    "tuổi": r"tuoi|t(?=\W|$)",
    "km": "km|cay so",
    "kWh": "kwh|so dien|ky dien",
    "người": "nguoi|nhan khau|khau",
}
"""Units that name their input where nothing was asked: "2 con" may be two buffaloes."""
_OF_OTHERS = re.compile(r"(?<!\w)(?:hang xom|nguoi ta|ho khac|nha khac|ben canh)(?!\w)")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a text says of the questions asked: values, what the person does not know, and what cannot be, with why."""

    told: dict[str, Value] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    wrong: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.told or self.unknown or self.wrong)


def read_answers(text: str, asked: Sequence[Input], on: date) -> Answers:
    """What a text answers of the questions put in the last one; empty when it is none of it (a question, a wish).

    By number ("1C 2K 3 5"), in order ("có, không, 5"), or by the words of the questions ("hộ nghèo, 76 tuổi"): the
    way in which most of the text is an answer.
    """
    partly: list[dict[str, Said]] = [dict(volunteered(text, asked, on))]
    if partly[0] and len(asked) == 1 and asked[0].kind is Kind.YES_NO:
        return _sorted(partly[0])  # "chưa có nhà vệ sinh" is a yes to whether it is lacking
    for pieces in _ways(text, asked):
        said = {asked[i].name: value for i, piece in pieces if (value := said_of(piece, asked[i], on)) is not None}
        if len(said) == len(pieces) > 0:
            return _sorted(said)
        partly.append(said)
    return _sorted(max(partly, key=len))


def answers_several(text: str) -> bool:
    """Whether a text answers more than one question by number."""
    return len(_numbered(text, MOST_NUMBERED)) > 1


def about(text: str, asked: Input, others: Iterable[Input]) -> str:
    """What of a text may be the yes or no to a question: not the clauses that name something else alone, since "không
    phải hộ nghèo" is no answer to whether there is electricity."""
    if asked.kind is not Kind.YES_NO:
        return text
    others = tuple(others)
    kept = [each for each in clauses(text) if _names_it(each, asked) or not any(_names_it(each, o) for o in others)]
    return ", ".join(kept)


def _names_it(clause: str, entry: Input) -> bool:
    folded, (yes, no) = fold(clause), _names().get(entry.name, (None, None))
    ways = (words for choice in entry.question.choices.values() for words in (choice.say, *choice.heard))
    return any(pattern.search(folded) for pattern in (yes, no) if pattern) or any(
        stands_in(fold(words), folded) for words in ways if " " in words
    )


def volunteered(text: str, inputs: Iterable[Input], on: date, opening: bool = False) -> dict[str, Value]:
    """What a text tells by its own words: the certificate, a choice in two words or more, a number with its unit, and
    what `named.yaml` knows.

    In a clause that asks nothing is told, but at the `opening`, where people tell and ask in one breath, certificate,
    choices and numbers are.
    """
    found: dict[str, Value] = {}
    inputs = tuple(inputs)
    for clause in clauses(text):
        folded = fold(clause)
        if _OF_OTHERS.search(folded) or (asks(clause) and not opening):
            continue
        for each in inputs:
            value = _told(clause, folded, each, on, not opening or not _asks_or_may(clause))
            if value is not None:
                found[each.name] = value
    return found


def _asks_or_may(clause: str) -> bool:
    return asks(clause) or re.search(rf"(?<!\w){NO}[ ?.!]*$", fold(clause)) is not None


def _told(clause: str, folded: str, entry: Input, on: date, plain: bool) -> Value | None:
    """What a clause tells of one input; `plain` says that it asks nothing."""
    value: Said | None = None
    if entry.kind is Kind.CHOICE:
        value = _choice_told(folded, entry)
    elif entry.kind is not Kind.YES_NO:
        value = _number_told(clause, folded, entry, on)
    if value is None and plain:
        value = _named(clause, folded, entry, on)
    return None if isinstance(value, Unknown | Impossible) else value


def _choice_told(folded: str, entry: Input) -> str | None:
    """The choice told in two words or more; that there is nothing only in the very words of the choice."""
    found: list[tuple[int, str]] = []
    for value, choice in entry.question.choices.items():
        ways = (choice.say,) if is_none(entry, value) else (choice.say, *choice.heard)
        for words in map(fold, ways):
            place = stands_in(words, folded) if " " in words else None
            if place and (is_none(entry, value) or not _NOT_MEANT.search(folded[: place.start()].rstrip())):
                found.append((len(words), value))
    return max(found)[1] if found else None


def _number_told(clause: str, folded: str, entry: Input, on: date) -> Said | None:
    unit = _TOLD_UNITS.get(unit_of(entry))
    near = re.search(rf"((?:\w+ )?)\S*\d\S*\s*(?:{unit})(?!\w)", folded) if unit else None
    if near is None or _NOT_TOLD.search(f"{folded[: near.start()]}{near[1]}".rstrip()):
        return None
    return number_of(folded[near.start() : near.end()], entry, on)


def _named(clause: str, folded: str, entry: Input, on: date) -> Said | None:
    """What stands beside the words that name the input: yes, no, or how much money."""
    yes, no = _names().get(entry.name, (None, None))
    if no and no.search(folded):
        return False
    found = yes.search(folded) if yes else None
    if found is None:
        return None
    before, after = folded[: found.start()], folded[found.end() :]
    denied = re.search(rf"(?<!\w){NO}(?!\w)", before) or re.match(rf"\s*(?:thi )?{NO}(?!\w)", after)
    if entry.kind is Kind.YES_NO:
        return denied is None
    return entry.read(0) if denied else number_of(clause, entry, on)


_Names = tuple[re.Pattern[str], re.Pattern[str] | None]


@cache
def _names() -> Mapping[str, _Names]:
    """By what words each input is named, and by what words it is denied, where it has such."""
    loaded: dict[str, str | dict[bool, str]] = yaml.safe_load(_FILE.read_text("utf-8"))
    stated = {name: words if isinstance(words, dict) else {True: words} for name, words in loaded.items()}
    return {
        name: (_pattern(each[True]), _pattern(each[False]) if False in each else None) for name, each in stated.items()
    }


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{fold(words).replace('| ', '|')})(?!\w)")


def _sorted(said: Mapping[str, Said]) -> Answers:
    return Answers(
        {name: value for name, value in said.items() if not isinstance(value, Unknown | Impossible)},
        frozenset(name for name, value in said.items() if isinstance(value, Unknown)),
        {name: value.reason for name, value in said.items() if isinstance(value, Impossible)},
    )


_Pieces = list[tuple[int, str]]


def _ways(text: str, asked: Sequence[Input]) -> Iterator[_Pieces]:
    """The ways a text may fall into one piece a question, the likeliest first."""
    if len(asked) == 1:
        numbered = _numbered(text, MOST_NUMBERED)[:1] if asked[0].kind in (Kind.YES_NO, Kind.CHOICE) else []
        only = numbered and numbered[0][0] == 0
        yield numbered if only else [(0, re.sub(r"^\s*1\s*[.):]\s+(?=\S)", "", text))]
        return
    yield _numbered(text, len(asked))
    for separator in (r"[;/\n]+|,\s+|,(?!\d)", r"\s+"):
        pieces = [piece for piece in re.split(separator, text.strip()) if piece.strip()]
        if len(pieces) == len(asked):
            yield list(enumerate(pieces))
    if DOES_NOT_KNOW.search(fold(text)) and len(text.split()) <= _FEW_WORDS:
        yield [(i, text) for i in range(len(asked))]


def _numbered(text: str, count: int) -> _Pieces:
    """The pieces after "1", "2" … in rising order; each has something in it."""
    marks: list[tuple[int, int, int]] = []
    for match in _MARK.finditer(text):
        number, begun = int(match[1]), marks[-1] if marks else (0, 0, 0)
        follows = number > begun[0] and number <= count and text[match.end() :].strip(" .,;")
        if follows and (not marks or text[begun[2] : match.start()].strip(" ,;.")):
            marks.append((number, match.start(), match.end()))
    if not marks or text[: marks[0][1]].strip(" ,;.:"):
        return []
    ends = [following[1] for _, following in pairwise(marks)] + [len(text)]
    return [(mark[0] - 1, text[mark[2] : end].strip(" ,;.")) for mark, end in zip(marks, ends, strict=True)]
