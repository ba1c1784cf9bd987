"""Templates registered with a carrier: texts that it lets through, with named places for what differs.

Our own text stays what is written, approved and shown. A registered template is a sieve: the text either has the form
of one of them, and then the carrier gets the template's number and the values of its places, or it is not sent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from foundation.refusal import Refusal
from foundation.text import nfc
from gateways.protocol import TemplateState

PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,39})(?:,([1-9][0-9]{0,3}))?\}")
"""A place, {ten}, and with its longest value in characters where the carrier limits it, {ten,20}."""


class TemplateFormError(ValueError):
    """The body of a template cannot be read; the message quotes what is wrong."""


@dataclass(frozen=True)
class RegisteredTemplate:
    """One template as the carrier has it. `body` holds places as {ten} or {ten,20}; `template_id` is the carrier's
    number, or a name of ours where the carrier knows templates by their text alone. `detail` is why the carrier refused
    or stopped it, in its words; `price_vnd` what a text of it costs, where that differs. Raises TemplateFormError."""

    template_id: str
    body: str
    state: TemplateState
    detail: str | None = None
    price_vnd: int | None = None

    def __post_init__(self) -> None:
        _ = self._form

    @cached_property
    def places(self) -> int:
        """How many places the body has."""
        return len(PLACE.findall(self.body))

    @cached_property
    def _form(self) -> re.Pattern[str]:
        names: set[str] = set()
        parts = []
        end = 0
        body = nfc(self.body)
        for place in PLACE.finditer(body):
            name, longest = place.groups()
            if name in names:
                raise TemplateFormError(f"{{{name}}} stands twice")
            if names and place.start() == end:
                raise TemplateFormError(f"nothing stands between {{{name}}} and the place before it")
            names.add(name)
            value = f".{{1,{longest}}}?" if longest else ".+?"
            parts += [re.escape(body[end : place.start()]), f"(?P<{name}>{value})"]
            end = place.end()
        if not body.strip():
            raise TemplateFormError("the body is empty")
        return re.compile("".join([*parts, re.escape(body[end:])]), re.DOTALL)

    def values(self, text: str) -> dict[str, str] | None:
        """What stands in the template's places in a text of its form; None for a text of another form."""
        found = self._form.fullmatch(nfc(text))
        return None if found is None else found.groupdict()


@dataclass(frozen=True, slots=True)
class Fit:
    """The template that a text has the form of, and what stands in its places."""

    template: RegisteredTemplate
    values: dict[str, str]


def fitting(templates: Sequence[RegisteredTemplate], text: str) -> Fit | None:
    """The first approved template that the text has the form of; those with the fewest places first."""
    usable = [template for template in templates if template.state is TemplateState.APPROVED]
    for template in sorted(usable, key=lambda each: each.places):
        if (values := template.values(text)) is not None:
            return Fit(template, values)
    return None


class TemplatesUnavailable(Refusal):
    """The carrier did not tell its templates; the message says why, in English."""


@runtime_checkable
class ListsTemplates(Protocol):
    """A gateway whose carrier can be asked for the templates registered with it."""

    async def fetch_templates(self) -> Sequence[RegisteredTemplate]:
        """All of them, as they are now. Raises TemplatesUnavailable."""
        ...
