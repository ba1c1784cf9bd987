"""An interview as it stands between two texts, and a question as it is put: values, nothing else."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Self

from policies.eligibility import Value


@dataclass(frozen=True, slots=True)
class Interview:
    """What was told so far of one person or household, and what is still asked.

    `policies` are the benefits it is about; `everything` that it is about all of them, `one_of` that who gets one of
    them gets none of the others. `about` is the person as they were named, None who texts; facts of two persons never
    mix. `skipped` are inputs that nobody knows or may ask for, `asked` the questions put last, in their order, `again`
    those of them put once more already, `before` those put and answered before them. `count` is how many questions
    were put since it began or went on. `hidden` are facts told a day ago or more: they decide, but are not shown, since
    another person may hold the phone now.
    """

    policies: tuple[str, ...]
    everything: bool = False
    one_of: bool = False
    about: str | None = None
    facts: dict[str, Value] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    count: int = 0
    hidden: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether questions wait for an answer."""
        return bool(self.asked)

    def without(self, names: AbstractSet[str]) -> Self:
        """The same with these facts forgotten."""
        if names.isdisjoint(self.facts):
            return self
        return replace(self, facts={name: value for name, value in self.facts.items() if name not in names})

    def hiding(self) -> Self:
        """The same for whoever holds the phone a day later."""
        return replace(self, hidden=tuple(self.facts))


@dataclass(frozen=True, slots=True)
class Button:
    """A choice where it can be touched: what is sent, and what stands on it."""

    answer: str
    label: str


@dataclass(frozen=True, slots=True)
class Put:
    """A question as it is put. `buttons` are its answers where the channel has buttons; () where it is a number."""

    input: str
    text: str
    buttons: tuple[Button, ...] = ()
