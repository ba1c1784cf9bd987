"""Names of places as officials write them: with or without their kind, with or without diacritics."""

from collections.abc import Collection

from foundation.places import KINDS
from foundation.text import fold, nfc


def meant(said: str, names: Collection[str]) -> set[str]:
    """Those of the names that are meant: spelt so, else spelt so but for diacritics; none for an empty name.

    What follows in brackets, the province of a commune, may be left out.
    """
    for form in (str.lower, fold):
        same = {name for name in names if name and form(nfc(said)) in {form(each) for each in _short_forms(name)}}
        if same:
            return same
    return set()


def _short_forms(name: str) -> set[str]:
    bare = name.partition(" (")[0]
    return {name, bare, next((bare.removeprefix(kind) for kind in KINDS if bare.startswith(kind)), bare)}
