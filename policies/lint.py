"""What keeps a wrong answer from a resident: every wording is rendered on each day on which it could change.

All checks are hard: `AnswerBook.load` refuses what `lint` reports.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from foundation.text import Encoding, holds_link, nfc, segment, unaccent
from policies.book import UNDATED, Shelf, source_line, split_cite
from policies.errors import Problem, TemplateError
from policies.files import AnswerFile, Keys, Parameter, Variant, place, same_person
from policies.model import Confidence, Facet
from policies.templates import parameters_in, render

# What a plain answer may cost by SMS, its source line included, with diacritics and without.
ACCENTED_SEGMENTS = 3
BARE_SEGMENTS = 2
SOURCE_LEAD = "\nNguồn: "
TITLE_LIMIT = 50

# Districts ended on 2025-07-01; not even a "no longer" names their offices, as people skim.
DISTRICT_OFFICE = re.compile(r"(ubnd|ủy ban nhân dân|uỷ ban nhân dân) (cấp )?huyện|phòng (lđ|lao động)", re.IGNORECASE)
# Long runs of digits are account, card or telephone numbers; amounts have dots before groups of three.
LONG_NUMBER = re.compile(r"(?<![\d.])(?!\d{1,3}(?:\.\d{3})+(?![\d.]))\d[\d .]{6,}\d(?!\d)")
DECISION = re.compile(r"chắc chắn|đương nhiên (là|thuộc|được)", re.IGNORECASE)
MODEST = re.compile(r"có thể|mọi |ai cũng|bất kỳ", re.IGNORECASE)
UNVERIFIED = re.compile(r"chưa (có|thấy|được|rõ|xác|kiểm)", re.IGNORECASE)
NOT_IN_FORCE = re.compile(r"chưa bắt đầu|kết thúc|hết hiệu lực|không còn|trước đây", re.IGNORECASE)


def lint(root: Path) -> list[Problem]:
    """Every problem of the policy files under `root`, answers first, then questions and benefits."""
    from policies.eligibility.lint import lint as lint_rules  # numpy takes a while: only who lints waits for it

    return [*problems_of(Shelf.read(root)), *lint_rules(root)]


def problems_of(shelf: Shelf) -> list[Problem]:
    """The same for files already read."""
    found = [*shelf.problems, *_undated(shelf)]
    for name, parameter in shelf.parameters.items():
        path = shelf.parameter_paths[name]
        found += [Problem(path, place(path, keys), reason) for keys, reason in _parameter(parameter)]
    for subject, file in shelf.answers.items():
        path = shelf.answer_paths[subject]
        found += [Problem(path, place(path, keys), reason) for keys, reason in _answer_file(shelf, file)]
    return found


def _undated(shelf: Shelf) -> Iterator[Problem]:
    """Documents without a first day are those reviewed, so that their number can't grow unseen."""
    reviewed = set(shelf.undated.documents) if shelf.undated else set()
    without = {number for number, document in shelf.documents.items() if document.effective_from is None}
    register, review = shelf.root / "documents.yaml", shelf.root / UNDATED
    for number in sorted(without - reviewed):
        yield Problem(register, place(register, (number,)), f"no first day is known, and {UNDATED} does not name it")
    for number in sorted(reviewed - without):
        yield Problem(
            review, place(review, ("documents",)), f"{number!r} is not among the documents without a first day"
        )


Found = Iterator[tuple[Keys, str]]


def _parameter(parameter: Parameter) -> Found:
    for day, entry in parameter.values.items():
        if entry.value is not None and day not in parameter.metadata.reference:
            yield ("values", str(day)), "no reference for this date"
        if parameter.metadata.unit == "VND" and isinstance(entry.value, float):
            yield ("values", str(day)), "money is whole VND"
    for day in parameter.metadata.reference.keys() - parameter.values.keys():
        yield ("metadata", "reference", str(day)), "a reference for a date without a value"


def _answer_file(shelf: Shelf, file: AnswerFile) -> Found:
    if len(file.title) > TITLE_LIMIT:
        yield ("title",), f"longer than {TITLE_LIMIT} characters"
    if not file.cites and not file.source:
        yield ("cites",), "neither a document nor a source is named"
    if Facet.WHAT not in file.answers:
        yield ("answers",), "no `what`, on which the other facets fall back"
    if bool(file.signature.approved_by) != bool(file.signature.approved_on):
        yield ("signature",), "approved by whom and when go together"
    if not file.signature.written_by.strip():
        yield ("signature",), "nobody is named who wrote it"
    if file.signature.approved_by and same_person(file.signature.approved_by, file.signature.written_by):
        yield ("signature",), "approved by the person who wrote it"
    yield from ((("facts",), f"no subject {f!r}") for f in file.facts if f not in shelf.answers)
    unknown = [c for c in file.cites if split_cite(c)[0] not in shelf.documents]
    yield from ((("cites",), f"{c!r} is not in documents.yaml") for c in unknown)
    for facet in file.answers:
        yield from _periods(file, facet)
        for index, variant in enumerate(file.variants(facet)):
            keys = ("answers", facet.value, index)
            missing = [c for c in variant.cites or () if split_cite(c)[0] not in shelf.documents]
            yield from ((keys, f"{c!r} is not in documents.yaml") for c in missing)
            yield from ((keys, f"no subject {f!r}") for f in variant.facts or () if f not in shelf.answers)
            if not unknown and not missing:
                yield from ((keys, reason) for reason in _variant(shelf, file, facet, variant))


def _periods(file: AnswerFile, facet: Facet) -> Found:
    """Wordings of a facet follow each other; WHAT has no gap and no end, so that there is always something to say."""
    keys = ("answers", facet.value)
    variants = sorted(file.variants(facet), key=lambda v: v.start or file.since)
    for before, after in pairwise(variants):
        next_day = before.end + timedelta(days=1) if before.end else None
        if next_day is None or (after.start and after.start < next_day):
            yield keys, f"two wordings hold on {after.start}"
        elif facet is Facet.WHAT and next_day != after.start:
            yield keys, f"no wording from {next_day} to {after.start}"
    for variant in variants:
        if variant.start and (variant.start < file.since or (variant.end and variant.end < variant.start)):
            yield keys, f"the wording from {variant.start} begins before `since` or ends before it begins"
    if facet is Facet.WHAT and variants and (variants[-1].end or variants[0].start != file.since):
        yield keys, "must begin with `since` and not end"


def _variant(shelf: Shelf, file: AnswerFile, facet: Facet, variant: Variant) -> Iterator[str]:
    """Reasons against a wording; a rendered text is judged on every day on which it may differ."""
    reasons: set[str] = set()
    for day in _turning_days(shelf, file, variant):
        try:
            text = render(variant.text, shelf.parameters, day)
        except TemplateError as error:
            reasons.add(str(error))
            continue
        citations = shelf.citations(file, variant, day)
        if not citations and (variant.cites or (variant.cites is None and file.cites)):
            reasons.add(f"nothing it cites is in force on {day}, and it is not marked not_in_force")
        reasons.update(_too_costly(text + SOURCE_LEAD + source_line(file, citations), variant))
        reasons.update(reason for wrong, reason in TEXT_CHECKS if wrong(text, file))
        if facet is Facet.WHO and not variant.not_in_force and not MODEST.search(text):
            reasons.add('who may receive is never promised: say "có thể thuộc diện"')
        if variant.not_in_force and not NOT_IN_FORCE.search(text):
            reasons.add("marked not_in_force, but does not say so")
        if (variant.confidence or file.confidence) is Confidence.C and not (UNVERIFIED.search(text) and "xã" in text):
            reasons.add("confidence C is not stated: say what isn't verified and send to the commune")
    yield from sorted(reasons)


def _too_costly(whole: str, variant: Variant) -> Iterator[str]:
    bare, accented = segment(unaccent(whole)), segment(whole)
    if bare.encoding is not Encoding.GSM7:
        yield "holds a sign that no plain text message carries"
    elif bare.segments > BARE_SEGMENTS:
        yield f"{bare.segments} segments bare ({bare.units} units), not {BARE_SEGMENTS}"
    if accented.segments > ACCENTED_SEGMENTS and not variant.long:
        yield f"{accented.segments} segments with diacritics ({accented.units} units), not {ACCENTED_SEGMENTS}"


def _turning_days(shelf: Shelf, file: AnswerFile, variant: Variant) -> list[date]:
    """Days of the wording on which its numbers or its documents change, and its first and last."""
    days = {variant.start or file.since}
    days |= {variant.end} if variant.end else set()
    for name in parameters_in(variant.text):
        days |= shelf.parameters[name].values.keys() if name in shelf.parameters else set()
    for cite in variant.cites if variant.cites is not None else file.cites:
        document = shelf.documents[split_cite(cite)[0]]
        days |= {document.effective_from} if document.effective_from else set()
        days |= {document.effective_to, document.effective_to + timedelta(days=1)} if document.effective_to else set()
    first, last = variant.start or file.since, variant.end or date.max
    return sorted(day for day in days if first <= day <= last)


TEXT_CHECKS: tuple[tuple[Callable[[str, AnswerFile], bool], str], ...] = (
    (lambda text, _: text != " ".join(text.split()), "stray spaces or line breaks"),
    (lambda text, _: text != nfc(text), "not in NFC"),
    (lambda text, _: holds_link(text), "holds a link"),
    (lambda text, _: bool(DISTRICT_OFFICE.search(text)), "names a district office; there are none since 1/7/2025"),
    (lambda text, _: bool(DECISION.search(text)), "speaks as if it decided; only the commune does"),
    (
        lambda text, file: bool(set(LONG_NUMBER.findall(text)) - set(file.numbers)),
        "holds a long number that is not among the file's `numbers`",
    ),
)
