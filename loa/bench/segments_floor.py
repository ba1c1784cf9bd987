"""The floor of `loa bench segments`: `str.format` or `%`, `len`, a division.

It is wrong for emoji, €, brackets and NFD, cleans no value, and leaves the values of a bare message accented.
"""

from collections.abc import Callable, Mapping

Counter = Callable[[Mapping[str, str]], int]


def formatting(text: str) -> Counter:
    """Segments of the text with values put in by `str.format_map`."""
    pattern = text.replace("{{", "{").replace("}}", "}")
    return lambda values: _segments(pattern.format_map(values))


def percent(text: str) -> Counter:
    """The same by `%`."""
    pattern = text.replace("%", "%%").replace("{{", "%(").replace("}}", ")s")
    return lambda values: _segments(pattern % values)


def _segments(text: str) -> int:
    single, part = (160, 153) if text.isascii() else (70, 67)
    return 1 if len(text) <= single else -(-len(text) // part)


SETTINGS: Mapping[str, Callable[[str], Counter]] = {"str.format_map": formatting, "%": percent}
