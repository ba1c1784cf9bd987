"""What in a text works without understanding, and what of it is left to be understood. Each text is read once."""

import re
from dataclasses import dataclass

from bot.danger import Danger, find_danger
from bot.genuine import Doubt, doubt_of
from bot.guards import guard
from bot.keywords import PHRASES, Keyword, find_keyword
from bot.languages import written_in
from bot.phrases import refuses_messages, wishes_to_erase_data
from bot.sentences import clauses, sentences
from campaigns.donations import PledgeText, read_pledge
from foundation.text import fold

_CODE = re.compile(r"(?<!\w)pa[\s.-]?(?:\d[\s.-]?){4,8}\d(?!\w)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, what it wants, and the `rest` of it, empty where nothing is left to be understood.

    `codes` are what looks like codes of tickets, right or not. `language` is another than Vietnamese that it is written
    in; `retort` is what is said to a text that is no question by its looks.
    """

    text: str
    danger: Danger | None = None
    doubt: Doubt | None = None
    keywords: tuple[Keyword, ...] = ()
    pledge: PledgeText | None = None
    codes: tuple[str, ...] = ()
    rest: str = ""
    language: str | None = None
    retort: str | None = None

    @property
    def wants(self) -> bool:
        """Whether anything works without understanding."""
        return bool(self.danger or self.doubt or self.keywords or self.pledge or self.codes)

    @property
    def is_never_limited(self) -> bool:
        """Stopping, one's own data and danger are heard however much somebody writes."""
        return self.danger is not None or not _RIGHTS.isdisjoint(self.keywords)

    @property
    def is_readable(self) -> bool:
        """Whether it has a letter or a digit; a question mark alone is a cry for help."""
        return any(c.isalnum() for c in self.text) or self.text == "?"


_RIGHTS = frozenset({Keyword.OPT_OUT, Keyword.SEE_DATA, Keyword.ERASE_DATA, Keyword.ERASE_YES})


def read(text: str, offered: frozenset[str] = frozenset()) -> Reading:
    """What stands in a text. `offered` are the words that our last text to this number asked for."""
    if doubt := doubt_of(text):
        return Reading(text, doubt=doubt)  # what follows are somebody else's words
    parts, danger = _parts(text, offered), find_danger(text)
    language, retort = written_in(text), guard(text)
    whole = Reading(
        text,
        danger,
        keywords=tuple(dict.fromkeys(keyword for part in parts for keyword in part.keywords)),
        pledge=next((part.pledge for part in parts if part.pledge), None),
        codes=tuple(dict.fromkeys(code for part in parts for code in part.codes)),
        rest="" if danger or language or retort else ", ".join(part.rest for part in parts if part.rest),
        language=language,
        retort=retort,
    )
    return whole if whole.is_readable else Reading(text)


def codes_in(text: str) -> tuple[str, ...]:
    """What looks like the code of a ticket, in capitals and without blanks."""
    return tuple("PA" + re.sub(r"\D", "", code) for code in _CODE.findall(fold(text)))


def _parts(text: str, offered: frozenset[str]) -> list[Reading]:
    """The text in the smallest parts of which one wants something: sentences, else clauses, else all of it."""
    several = sentences(text)
    by_sentences = [_part(sentence) for sentence in several] if len(several) > 1 else []
    if any(part.wants for part in by_sentences):
        return by_sentences
    by_clauses = [_among_others(clause) for clause in clauses(text)]
    if any(part.wants for part in by_clauses):
        return by_clauses
    whole = Reading(text, keywords=_whole(text, offered), pledge=read_pledge(text))
    return [whole if whole.wants else Reading(text, rest=text)]


def _whole(text: str, offered: frozenset[str]) -> tuple[Keyword, ...]:
    found = find_keyword(text, offered)
    if found is Keyword.OPT_OUT and wishes_to_erase_data(text):
        return (found, Keyword.ERASE_DATA)
    return (found,) if found else ()


def _part(sentence: str) -> Reading:
    """What one sentence wants, told by its phrases alone."""
    if codes := codes_in(sentence):
        return Reading(sentence, codes=codes)
    keywords = tuple(keyword for keyword, holds in PHRASES if holds(sentence))
    pledge = read_pledge(sentence)
    return Reading(sentence, keywords=keywords, pledge=pledge, rest="" if keywords or pledge else sentence)


def _among_others(clause: str) -> Reading:
    """What a clause wants: only what can be nothing else, whatever the commas around it make of it."""
    if codes := codes_in(clause):
        return Reading(clause, codes=codes)
    if refuses_messages(clause) and _BEGINS_BY_REFUSING.match(fold(clause)):
        return Reading(clause, keywords=(Keyword.OPT_OUT,))
    return Reading(clause, rest=clause)


_BEGINS_BY_REFUSING = re.compile(r"(?:\w+ ){0,2}(?:dung|ngung|khoi|cham dut|tu choi|khong|ko|k)(?!\w)")
