"""How well the simulated network works: faults by probability or by number, the same in every run of one seed."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType


class BehaviourError(ValueError):
    """The description cannot be read; the message quotes the part that is wrong."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Probabilities from 0 to 1, but for `delay` and `seed`. The first of the faults in sending that hits, counts."""

    delay: float = 0.5
    """Seconds from sending to arrival, on average; each text takes half to one and a half of it."""
    refuse: float = 0.0
    """The carrier refuses the number for good."""
    temporary: float = 0.0
    """The carrier is overloaded and takes nothing; another attempt may do better."""
    uncertain: float = 0.0
    """The carrier takes the text and hangs up without an answer."""
    undelivered: float = 0.0
    """The carrier takes the text, and reports later that it could not deliver it."""
    expire: float = 0.0
    """The same, after the phone was off for too long."""
    receipt_lost: float = 0.0
    """No receipt ever comes, whatever became of the text."""
    receipt_duplicated: float = 0.0
    """The last receipt comes twice."""
    receipt_early: float = 0.0
    """The last receipt comes at once: before the text is on the phone, perhaps before we know that it was taken."""
    seed: int = 0

    def happens(self, fault: str, *key: str) -> bool:
        """Whether this fault hits the text that `key` names. The same key has the same fate, in every process."""
        probability: float = getattr(self, fault)
        return self.chance(fault, *key) < probability

    def chance(self, what: str, *key: str) -> float:
        """A number from 0 up to 1, even over all keys."""
        digest = hashlib.sha256("\0".join((str(self.seed), what, *key)).encode()).digest()
        return int.from_bytes(digest[:7]) / (1 << 56)


_NAMES = tuple(option.name for option in fields(Behaviour))


@dataclass(frozen=True, slots=True)
class Behaviours:
    """The network's behaviour, and that of phones whose number ends in certain digits."""

    general: Behaviour = field(default_factory=Behaviour)
    by_ending: Mapping[str, Behaviour] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, phone: str) -> Behaviour:
        """The behaviour towards a number: that of the longest ending that fits."""
        endings = [ending for ending in self.by_ending if phone.endswith(ending)]
        return self.by_ending[max(endings, key=len)] if endings else self.general


def parse_behaviour(text: str) -> Behaviours:
    """Read "delay=0.5,undelivered=0.02; 001:refuse=1; 002:receipt_lost=1,delay=3".

    The part without an ending is the network's; one with an ending changes only what it names.

    Raises:
        BehaviourError: an unknown name, a figure out of range, an ending that is no digits, a part given twice.
    """
    general: Behaviour | None = None
    parts: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        ending, colon, options = part.rpartition(":")
        ending = ending.strip()
        if colon and not (ending.isascii() and ending.isdecimal()):
            raise BehaviourError(f"{part!r}: before the colon stand the last digits of phone numbers")
        if ending in parts or (not colon and general is not None):
            raise BehaviourError(f"{part!r}: given twice")
        if colon:
            parts[ending] = options
        else:
            general = _changed(Behaviour(), options)
    general = general or Behaviour()
    return Behaviours(general, {ending: _changed(general, options) for ending, options in parts.items()})


def _changed(behaviour: Behaviour, options: str) -> Behaviour:
    changes: dict[str, float | int] = {}
    for option in filter(None, (option.strip() for option in options.split(","))):
        name, _, figure = (piece.strip() for piece in option.partition("="))
        if name not in _NAMES:
            raise BehaviourError(f"{option!r}: the names are {', '.join(_NAMES)}")
        if name in changes:
            raise BehaviourError(f"{option!r}: given twice")
        changes[name] = _figure(option, name, figure)
    return replace(behaviour, **changes)  # type: ignore[arg-type]


def _figure(option: str, name: str, figure: str) -> float | int:
    try:
        value = int(figure) if name == "seed" else float(figure)
    except ValueError:
        raise BehaviourError(f"{option!r}: not a number") from None
    if name == "seed":
        return value
    if not math.isfinite(value) or value < 0:
        raise BehaviourError(f"{option!r}: must be 0 or more")
    if name != "delay" and value > 1:
        raise BehaviourError(f"{option!r}: a probability is from 0 to 1")
    return value
