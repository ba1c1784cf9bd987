"""Vietnamese text: normal form, folding, segments, amounts. Standard library only, Python 3.10 syntax.

The `nlu` room runs on Python 3.10 and imports nothing else of ours, so nothing here may need more.
"""

from foundation.text.amounts import AmountError, format_vnd, parse_vnd
from foundation.text.links import holds_link
from foundation.text.normal import MAX_INCOMING, clean_incoming, fold, nfc, squeeze, unaccent
from foundation.text.segments import Encoding, Segmentation, segment, split

__all__ = [
    "MAX_INCOMING",
    "AmountError",
    "Encoding",
    "Segmentation",
    "clean_incoming",
    "fold",
    "format_vnd",
    "holds_link",
    "nfc",
    "parse_vnd",
    "segment",
    "split",
    "squeeze",
    "unaccent",
]
