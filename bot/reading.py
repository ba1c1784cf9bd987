"""What in a text works without understanding, and what of it is left to be understood."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.danger import Danger, find_danger
from bot.genuine import Doubt, doubt_of
from bot.keywords import Keyword, find_keyword
from bot.phrases import is_not_theirs, refuses_messages, wishes_a_call, wishes_to_erase_data, wishes_to_see_data
from bot.pieces import clauses, sentences
from campaigns.donations import PledgeText, read_pledge
from foundation.text import fold

_CODE = re.compile(r"(?<!\w)pa[\s.-]?(?:\d[\s.-]?){4,8}\d(?!\w)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text wants, and the `rest` of it, empty where nothing is left to be understood.

    `codes` are what looks like codes of tickets, right or not.
    """

    danger: Danger | None = None
    doubt: Doubt | None = None
    keywords: tuple[Keyword, ...] = ()
    pledge: PledgeText | None = None
    codes: tuple[str, ...] = ()
    rest: str = ""

    @property
    def wants(self) -> bool:
        """Whether anything works without understanding."""
        return bool(self.danger or self.doubt or self.keywords or self.pledge or self.codes)

    @property
    def is_never_limited(self) -> bool:
        """Stopping, one's own data and danger are heard however much somebody writes."""
        return self.danger is not None or not _RIGHTS.isdisjoint(self.keywords)


_RIGHTS = frozenset({Keyword.OPT_OUT, Keyword.SEE_DATA, Keyword.ERASE_DATA, Keyword.ERASE_YES})


def read(text: str, offered: frozenset[str] = frozenset()) -> Reading:
    """What stands in a text. `offered` are the words that our last text to this number asked for."""
    if doubt := doubt_of(text):
        return Reading(doubt=doubt)  # what follows are somebody else's words
    danger, parts = find_danger(text), sentences(text)
    found = [_part(part) for part in parts] if len(parts) > 1 else []
    if not any(each.wants for each in found):
        found = [_part(clause, among_others=True) for clause in clauses(text)]
    if not any(each.wants for each in found):
        found = [Reading(keywords=_whole(text, offered), pledge=read_pledge(text))]
        found = found if found[0].wants else [Reading(rest=text)]
    keywords = tuple(dict.fromkeys(keyword for each in found for keyword in each.keywords))
    pledge = next((each.pledge for each in found if each.pledge), None)
    codes = tuple(code for each in found for code in each.codes)
    rest = "" if danger else ", ".join(each.rest for each in found if each.rest)
    return Reading(danger, None, keywords, pledge, codes, rest)


def codes_in(text: str) -> tuple[str, ...]:
    """What looks like the code of a ticket, in capitals and without blanks."""
    return tuple("PA" + re.sub(r"\D", "", code) for code in _CODE.findall(fold(text)))


def _whole(text: str, offered: frozenset[str]) -> tuple[Keyword, ...]:
    found = find_keyword(text, offered)
    if found is Keyword.OPT_OUT and wishes_to_erase_data(text):
        return (found, Keyword.ERASE_DATA)
    return (found,) if found else ()


def _part(part: str, among_others: bool = False) -> Reading:
    """What one sentence wants, told by its phrases alone; of what stands between commas, `among_others`, only what
    can be nothing else."""
    if codes := codes_in(part):
        return Reading(codes=codes)
    if among_others:
        refuses = refuses_messages(part) and _BEGINS_BY_REFUSING.match(fold(part))
        return Reading(keywords=(Keyword.OPT_OUT,)) if refuses else Reading(rest=part)
    keywords = tuple(keyword for keyword, holds in _PHRASES if holds(part))
    pledge = read_pledge(part)
    return Reading(keywords=keywords, pledge=pledge, rest="" if keywords or pledge else part)


_PHRASES: tuple[tuple[Keyword, Callable[[str], bool]], ...] = (
    (Keyword.OPT_OUT, refuses_messages),
    (Keyword.ERASE_DATA, wishes_to_erase_data),
    (Keyword.SEE_DATA, wishes_to_see_data),
    (Keyword.WRONG_NUMBER, is_not_theirs),
    (Keyword.CALL_BACK, wishes_a_call),
)
_BEGINS_BY_REFUSING = re.compile(r"(?:\w+ ){0,2}(?:dung|ngung|khoi|cham dut|tu choi|khong|ko|k)(?!\w)")
