"""A person signs for an answer: what waits for a signature, and the signature written into the file itself.

The file's comments and form stay as their writer left them: only the values of the signature are replaced.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
import yaml

from foundation.refusal import Refusal
from foundation.text import nfc, squeeze
from policies.book import PACKAGE, AnswerBook
from policies.files import AnswerFile, Signature, read, same_person
from policies.model import Standing


class SigningError(Refusal):
    """An answer can't be signed so; the message is Vietnamese."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An answer for which nobody stands that day, with who wrote it and whose signature it needs."""

    subject: str
    title: str
    standing: Standing
    written_by: str
    approved_by: str | None
    authority: str
    review_by: date
    confidence: str


def pending(book: AnswerBook, day: date) -> list[Waiting]:
    """Every answer that is unapproved, changed since, or overdue that day, by authority."""
    waiting = [
        Waiting(
            subject=subject,
            title=file.title,
            standing=book.standing(subject, day),
            written_by=file.signature.written_by,
            approved_by=file.signature.approved_by,
            authority=file.signature.authority,
            review_by=file.signature.review_by,
            confidence=file.confidence.value,
        )
        for subject, file in book.shelf.answers.items()
        if book.standing(subject, day) is not Standing.APPROVED
    ]
    return sorted(waiting, key=lambda one: (one.authority, one.subject))


def undated(book: AnswerBook) -> list[tuple[str, tuple[str, ...]]]:
    """The documents cited without a known first day, with the subjects that cite them."""
    listed = book.shelf.undated.documents if book.shelf.undated else ()
    return [(number, book.shelf.citing(number)) for number in listed]


def approve(subject: str, name: str, day: date, review_by: date | None = None, root: Path = PACKAGE) -> Signature:
    """Sign the answer as it stands, in its file, as a whole or not at all; the signature that stands there now.

    Without `review_by` the day of the file is kept.

    Raises:
        SigningError: no such answer, no name, the writer's own name, or a review that is not after today.
        PolicyError: something in the folder is wrong; what can't be spoken can't be signed.
    """
    book = AnswerBook.load(root)
    file = book.shelf.answers.get(subject)
    if file is None:
        raise SigningError(f"không có câu trả lời «{subject}»; xem «loa policies pending»")
    name = squeeze(nfc(name))
    if not name or not name.isprintable():
        raise SigningError("chưa ghi tên người duyệt")
    if same_person(name, file.signature.written_by):
        raise SigningError(f"«{subject}» do {file.signature.written_by} soạn: người khác phải duyệt")
    review_by = review_by or file.signature.review_by
    if review_by <= day:
        raise SigningError(f"hạn xem lại {review_by} không sau hôm nay: ghi thêm --review-by NGÀY")
    signed = msgspec.structs.replace(
        file.signature,
        approved_by=name,
        approved_on=day,
        approved_version=book.versions[subject],
        review_by=review_by,
    )
    _write(book.shelf.answer_paths[subject], file, signed)
    return signed


def _write(path: Path, file: AnswerFile, signed: Signature) -> None:
    text = path.read_bytes().decode("utf-8")
    values = {
        "approved_by": signed.approved_by,
        "approved_on": signed.approved_on,
        "approved_version": signed.approved_version,
        "review_by": signed.review_by,
    }
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_bytes(with_signature(text, values).encode("utf-8"))
        if read(beside, AnswerFile) != msgspec.structs.replace(file, signature=signed):
            raise SigningError(f"{path.name}: không ghi được chữ ký vào tệp này, tệp giữ nguyên")
        beside.chmod(path.stat().st_mode & 0o777)
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        beside.replace(path)
    except OSError as error:
        raise SigningError(f"{path}: không ghi được ({error.strerror})") from error
    finally:
        beside.unlink(missing_ok=True)


def with_signature(text: str, values: Mapping[str, object]) -> str:
    """A file's text with these values in its signature; keys that are not there yet come before the first of its keys.

    Raises SigningError when the file has no signature to fill.
    """
    root = yaml.compose(text, yaml.SafeLoader)
    blocks = root.value if isinstance(root, yaml.MappingNode) else []
    signature = next((value for key, value in blocks if key.value == "signature"), None)
    if not isinstance(signature, yaml.MappingNode):
        raise SigningError("tệp không có phần signature")
    standing = {key.value: value for key, value in signature.value}
    edits = [
        (standing[key].start_mark.index, standing[key].end_mark.index, _scalar(value))
        for key, value in values.items()
        if key in standing
    ]
    first = signature.value[0][0].start_mark
    for key, value in values.items():
        if key not in standing:
            follows = ", " if signature.flow_style else "\n" + " " * first.column
            edits.append((first.index, first.index, f"{key}: {_scalar(value)}{follows}"))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _scalar(value: object) -> str:
    """A value as it stands on one line of YAML, quoted where it must be: a version may look like a number."""
    if isinstance(value, str):
        written: str = yaml.safe_dump(value, allow_unicode=True, width=1000, default_flow_style=True)
        return written.removesuffix("\n").removesuffix("\n...")
    return str(value)
