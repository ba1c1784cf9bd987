"""Messages with fields: `Kính gửi {{Tên}}, hộ ông bà được {{số tiền}} đồng`.

A field is a name between double braces. Blanks around it, case, diacritics and `_` for a blank make no difference:
{{ Họ tên }}, {{ho_ten}} and {{HO TEN}} are one. Double braces mean nothing else; single ones are text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from foundation.text.normal import clean, fold, nfc, unaccent
from foundation.text.segments import Encoding, Segmentation, encoding_of, pairs_in, segment, segments_in

LONGEST_NAME = 60
"""Characters in a field's name: more than any heading of a column has."""

_FIELD = re.compile(r"\{\{([^{}]*)\}\}")
_STRAY = re.compile(r"\{\{|\}\}")
_QUOTED = 30


class TemplateError(ValueError):
    """A text that is no template, or a message that cannot be made of one; Vietnamese, and quotes what is wrong."""


class MissingValue(TemplateError):
    """A message lacks the value of a field, whose name is `field`."""

    def __init__(self, field: str) -> None:
        super().__init__(f"thiếu giá trị của trường «{field}»")
        self.field = field


def field_name(text: str) -> str:
    """The name that a field, or a heading of a column, goes by: "Họ_tên " → "ho ten"."""
    return fold(clean(text).replace("_", " "))


@dataclass(frozen=True)
class Template:
    """A text with fields; `parse` makes one.

    `literals` is what stands before, between and after the fields; `names` the field in each gap, again where the text
    has it again; `is_bare` says that values lose their diacritics too.

    Values are a mapping from the names in `fields`; others in it are passed over. They are cleaned as all texts from
    outside are, never cut, and read as text: braces in them are no fields. An empty value is a value.
    """

    literals: tuple[str, ...]
    names: tuple[str, ...]
    is_bare: bool = False

    @classmethod
    def parse(cls, text: str) -> "Template":
        """The template written so.

        Raises:
            TemplateError: braces without their counterpart, a field without a name or with one beyond `LONGEST_NAME`.
        """
        pieces = _FIELD.split(nfc(text))
        for literal in pieces[::2]:
            if stray := _STRAY.search(literal):
                raise TemplateError(_unpaired(literal, stray))
        return cls(tuple(pieces[::2]), tuple(_checked(written) for written in pieces[1::2]))

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields, each once, in the order of the text."""
        return tuple(dict.fromkeys(self.names))

    def bare(self) -> "Template":
        """The template whose messages are this one's without diacritics."""
        return Template(tuple(map(unaccent, self.literals)), self.names, is_bare=True)

    def render(self, values: Mapping[str, str]) -> str:
        """The message to one person, in NFC.

        Raises:
            MissingValue: a field has no value.
        """
        return nfc(self._joined(self._fillings(values)))

    def message(self, values: Mapping[str, str]) -> Segmentation:
        """What `segment` says of the rendered message, the literals being counted once for all messages.

        Raises:
            MissingValue: a field has no value.
        """
        fillings = self._fillings(values)
        joined = self._joined(fillings)
        text = nfc(joined)
        if text != joined:  # a value was not in NFC, or makes one character with what stands beside it
            return segment(text)
        filled = "".join(fillings)
        if self._pairs_gsm7 is None or encoding_of(filled) is Encoding.UCS2:
            encoding, pairs = Encoding.UCS2, self._pairs_ucs2
        else:
            encoding, pairs = Encoding.GSM7, self._pairs_gsm7
        units = len(text) + pairs + pairs_in(filled, encoding)
        return Segmentation(text, encoding, units, segments_in(text, encoding, units))

    def _fillings(self, values: Mapping[str, str]) -> list[str]:
        """The values in the order of the gaps, clean but for NFC, which the whole message is put into.

        Looked at together, since nearly all are clean already and a call for each would cost more than all the rest.
        """
        try:
            found = [values[name] for name in self.names]
        except KeyError:
            raise MissingValue(next(name for name in self.names if name not in values)) from None
        words = " ".join(filter(None, found))
        if not words.isprintable() or "  " in words or words != words.strip():
            found = [clean(value) for value in found]
        if self.is_bare and not words.isascii():
            found = unaccent("\n".join(found)).split("\n")
        return found

    def _joined(self, fillings: list[str]) -> str:
        pieces = [""] * (2 * len(fillings) + 1)
        pieces[::2] = self.literals
        pieces[1::2] = fillings
        return "".join(pieces)

    @cached_property
    def _pairs_gsm7(self) -> int | None:
        """Characters of the literals that cost two septets; None where GSM-7 cannot carry the literals."""
        literals = "".join(self.literals)
        return None if encoding_of(literals) is Encoding.UCS2 else pairs_in(literals, Encoding.GSM7)

    @cached_property
    def _pairs_ucs2(self) -> int:
        return pairs_in("".join(self.literals), Encoding.UCS2)


def _checked(written: str) -> str:
    name = field_name(written)
    if not name:
        raise TemplateError(f"trường «{{{{{written}}}}}» không có tên")
    if len(name) > LONGEST_NAME:
        raise TemplateError(f"tên trường «{written[:_QUOTED]}…» dài hơn {LONGEST_NAME} ký tự")
    return name


def _unpaired(literal: str, stray: "re.Match[str]") -> str:
    if stray[0] == "{{":
        return f"«{literal[stray.start() :][:_QUOTED]}» mở «{{{{» mà không đóng bằng «}}}}»"
    return f"«{literal[: stray.end()][-_QUOTED:]}» có «}}}}» mà không có «{{{{» mở trước"
