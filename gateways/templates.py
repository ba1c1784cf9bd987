"""Templates registered with a carrier: texts that it lets through, with named places for what differs.

Our own text stays what is written, approved and shown. A registered template is a sieve: the text either has the form
of one of them, and then the carrier gets the template's number and the values of its places, or it is not sent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from foundation.text import nfc
from gateways.protocol import TemplateState

_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]{0,39})\}")


class TemplateFormError(ValueError):
    """The body of a template cannot be read; the message quotes what is wrong."""


@dataclass(frozen=True)
class RegisteredTemplate:
    """One template as the carrier has it. `body` holds places as {ten}; `template_id` is the carrier's number, or a
    name of ours where the carrier knows templates by their text alone. Raises TemplateFormError."""

    template_id: str
    body: str
    state: TemplateState

    def __post_init__(self) -> None:
        _ = self._form

    @cached_property
    def _form(self) -> re.Pattern[str]:
        names: set[str] = set()
        parts = []
        end = 0
        body = nfc(self.body)
        for place in _PLACE.finditer(body):
            if place[1] in names:
                raise TemplateFormError(f"{{{place[1]}}} stands twice")
            if names and place.start() == end:
                raise TemplateFormError(f"nothing stands between {{{place[1]}}} and the place before it")
            names.add(place[1])
            parts += [re.escape(body[end : place.start()]), f"(?P<{place[1]}>.+?)"]
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
    for template in sorted(usable, key=lambda each: len(_PLACE.findall(each.body))):
        if (values := template.values(text)) is not None:
            return Fit(template, values)
    return None
