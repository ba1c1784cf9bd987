"""Vietnamese text: normal form, folding, segments, templates, amounts. Standard library only, Python 3.10 syntax.

The `nlu` room runs on Python 3.10 and imports nothing else of ours, so nothing here may need more.
"""

from foundation.text.amounts import AmountError, format_vnd, parse_vnd
from foundation.text.incoming import holds_identity_number, mask_identity_numbers, take_in, was_cut
from foundation.text.links import holds_link, without_links
from foundation.text.normal import MAX_INCOMING, clean, clean_incoming, fold, nfc, squeeze, unaccent
from foundation.text.segments import Encoding, Segmentation, segment, split
from foundation.text.templates import MissingValue, Template, TemplateError, field_name

__all__ = [
    "MAX_INCOMING",
    "AmountError",
    "Encoding",
    "MissingValue",
    "Segmentation",
    "Template",
    "TemplateError",
    "clean",
    "clean_incoming",
    "field_name",
    "fold",
    "format_vnd",
    "holds_identity_number",
    "holds_link",
    "mask_identity_numbers",
    "nfc",
    "parse_vnd",
    "segment",
    "split",
    "squeeze",
    "take_in",
    "unaccent",
    "was_cut",
    "without_links",
]
