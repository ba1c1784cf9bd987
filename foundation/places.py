"""Places of the merger: what a text names, as it was or as it is, and what it is called from 2025-07-01 on.

Provinces merged and districts ended that day. `places.yaml` holds the data with their sources; the provinces served
are those whose communes it lists. A place that could be two is none: a wrong office is worse than an unnamed one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import yaml

from foundation.text import fold, nfc

FILE = Path(__file__).with_name("places.yaml")

LONGEST_NAME = 5
"""Words in the longest name, its kind apart."""
_APOSTROPHES = re.compile(r"['’‘`]")
_PROVINCE_BEHIND = re.compile(r"\((.+)\)$")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_SPELT = (  # folded, people write these names in many ways
    (re.compile(r"\b(?:dac|dak) ?l[ae][ck]\b"), "dak lak"),
    (re.compile(r"\bdac (?!khu\b)"), "dak "),
    (re.compile(r"\bkontum\b"), "kon tum"),
    (re.compile(r"\bngok\b"), "ngoc"),
)
_BEFORE = "o tai thuoc ve den toi tren duoi ben vung que nguoi dan"
_BEFORE_A_PLACE = frozenset(_BEFORE.split())
_COMMON_BEGINNINGS = frozenset({"ba"})  # "ba năm", "bà xã": such a name counts only with its kind before it


class Level(Enum):
    """How large a place is, with the words (folded) that people put before its name."""

    COMMUNE = ("xa", "x", "phuong", "p", "thi tran", "tt", "dac khu")
    DISTRICT = ("huyen", "h", "thi xa", "tx", "thanh pho", "tp", "quan")
    PROVINCE = ("tinh", "thanh pho", "tp")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text says somebody is, by today's names.

    `commune` has its kind ("xã Măng Ri") and is None where only the province is sure. `former` is what the text named
    where that is no more: "huyện Tu Mơ Rông", "tỉnh Kon Tum".
    """

    province: str
    commune: str | None = None
    former: str | None = None

    def __str__(self) -> str:
        return f"{self.commune} ({self.province})" if self.commune else f"tỉnh {self.province}"


def wider(place: str) -> str | None:
    """The province of a commune, both as a `Place` is written: "xã Măng Ri (Quảng Ngãi)" → "tỉnh Quảng Ngãi"; None for
    a province."""
    province = _PROVINCE_BEHIND.search(place)
    return str(Place(province[1])) if province else None


@dataclass(frozen=True, slots=True)
class _Meaning:
    """One thing that a name may stand for. A whole commune of before has one place; one that was divided, several."""

    level: Level
    name: str
    present: Place
    district: str | None = None
    old: bool = False


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name in a text, from its kind's first word to its last word."""

    start: int
    end: int
    meanings: tuple[_Meaning, ...]
    with_kind: bool
    after_preposition: bool


@dataclass(frozen=True, slots=True)
class Places:
    """All places by their folded names. Immutable; safe to share between threads."""

    since: date
    served: frozenset[str]
    meanings: Mapping[str, tuple[_Meaning, ...]]

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Reads the file. Raises OSError, KeyError or ValueError when it is not of its shape: it is shipped with us."""
        content = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        meanings: dict[str, list[_Meaning]] = {}
        for meaning in (*_provinces(content), *_communes(content)):
            known = meanings.setdefault(_normal(meaning.name.removeprefix(_kind(meaning.name))), [])
            if meaning not in known:
                known.append(meaning)
        served = frozenset(content["communes"])
        return cls(content["from"], served, {name: tuple(listed) for name, listed in meanings.items()})

    def find(self, text: str, on: date) -> Place | None:
        """The place that a text names, as it is called that day; None when it names none, or more than one.

        Before the day of the merger nothing is known of the present, and so nothing is said.
        """
        if on < self.since:
            return None
        mentions = self._believable(list(self._mentions(_normal(text).split())))
        wider = [m for mention in mentions for m in mention.meanings if m.level is not Level.COMMUNE]
        communes = [mention for mention in mentions if mention.meanings[0].level is Level.COMMUNE]
        if communes:
            found = {_commune(_as_spelt(mention.meanings, text), wider) for mention in communes}
            return found.pop() if len(found) == 1 else None
        districts = [m for m in wider if m.level is Level.DISTRICT]
        return _wider(districts) or _wider([m for m in wider if m.level is Level.PROVINCE])

    def _mentions(self, words: list[str]) -> Iterator[_Mention]:
        end = 0
        for start in range(len(words)):
            if start < end:
                continue
            for length in range(min(LONGEST_NAME, len(words) - start), 0, -1):
                meanings = self.meanings.get(" ".join(words[start : start + length]))
                mention = _mention(words, start, length, meanings) if meanings else None
                if mention:
                    end = mention.end
                    yield mention
                    break

    def _believable(self, mentions: list[_Mention]) -> list[_Mention]:
        """Those that are no other words by chance: a name that stands without its kind needs a preposition or another
        place beside it; a province we serve needs nothing."""
        beside = {id(m) for before, after in pairwise(mentions) if before.end == after.start for m in (before, after)}
        return [m for m in mentions if m.with_kind or m.after_preposition or id(m) in beside or self._serves(m)]

    def _serves(self, mention: _Mention) -> bool:
        return any(m.level is Level.PROVINCE and m.present.province in self.served for m in mention.meanings)


@cache
def places() -> Places:
    """The places as shipped, read once."""
    return Places.load()


def find_place(text: str, on: date) -> Place | None:
    """`Places.find` of the places as shipped."""
    return places().find(text, on)


def _provinces(content: Mapping[str, Any]) -> Iterator[_Meaning]:
    served = set(content["communes"])
    for present, merged in content["provinces"].items():
        for name in (present, *merged):
            former = f"tỉnh {name}" if name != present else None
            yield _Meaning(Level.PROVINCE, f"tỉnh {name}", Place(present, None, former), old=name != present)
    for province in served - set(content["provinces"]):
        yield _Meaning(Level.PROVINCE, f"tỉnh {province}", Place(province))


def _communes(content: Mapping[str, Any]) -> Iterator[_Meaning]:
    for province, communes in content["communes"].items():
        for commune, made_of in communes.items():
            for whence, old_ones in made_of.items():
                district = whence.partition(" / ")[2]
                yield _Meaning(Level.COMMUNE, commune, Place(province, commune), district)
                yield _Meaning(Level.DISTRICT, district, Place(province, None, district), district, old=True)
                for old in (name.removeprefix("~") for name in old_ones):
                    former = None if old == commune else old
                    yield _Meaning(Level.COMMUNE, old, Place(province, commune, former), district, old=True)


def _kind(name: str) -> str:
    """The kind before a name as we write it, with its blank."""
    return next(kind for kind in KINDS if name.startswith(kind))


KINDS = ("xã ", "phường ", "thị trấn ", "đặc khu ", "huyện ", "thị xã ", "thành phố ", "tỉnh ")


def _normal(text: str) -> str:
    """The form in which names are compared: folded, no apostrophes, words alone, one spelling."""
    words = _NO_WORD.sub(" ", _APOSTROPHES.sub("", fold(text))).strip()
    for spelling, ours in _SPELT:
        words = spelling.sub(ours, words)
    return words


def _mention(words: list[str], start: int, length: int, meanings: tuple[_Meaning, ...]) -> _Mention | None:
    """The name with the kind before it, its meanings those of that kind; None where the words are no place."""
    for size in (2, 1):
        kind = " ".join(words[max(start - size, 0) : start])
        fitting = tuple(m for m in meanings if kind in m.level.value)
        if fitting:
            return _Mention(start - size, start + length, fitting, True, True)
    if length < 2 or words[start] in _COMMON_BEGINNINGS:
        return None
    # A bare name is the largest that it can be: who says "ở Tu Mơ Rông" may well mean the district that was.
    largest = max(meanings, key=lambda m: list(Level).index(m.level)).level
    fitting = tuple(m for m in meanings if m.level is largest)
    said_where = start > 0 and words[start - 1] in _BEFORE_A_PLACE
    return _Mention(start, start + length, fitting, False, said_where)


def _as_spelt(meanings: tuple[_Meaning, ...], text: str) -> tuple[_Meaning, ...]:
    """Who writes diacritics tells Ba Tơ from Ba Tô; where nothing is spelt as a meaning, all stay."""
    said = nfc(text).lower()
    return tuple(m for m in meanings if m.name.removeprefix(_kind(m.name)).lower() in said) or meanings


def _commune(meanings: tuple[_Meaning, ...], wider: list[_Meaning]) -> Place | None:
    """The one commune of today that is meant, if the district or province named beside it leaves one."""
    districts = {m.district for m in wider if m.level is Level.DISTRICT}
    provinces = {m.present.province for m in wider}
    left = [
        m
        for m in meanings
        if (not districts or m.district in districts) and (not provinces or m.present.province in provinces)
    ]
    today = {m.present.commune for m in left}
    if len(today) != 1:
        return None
    return next((m.present for m in left if m.present.former is None), left[0].present)


def _wider(meanings: list[_Meaning]) -> Place | None:
    found = {m.present for m in meanings}
    return found.pop() if len(found) == 1 else None
