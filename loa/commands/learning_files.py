"""Files that labels go out and come back in: JSON lines, or a table for a spreadsheet (UTF-8 CSV with commas)."""

import csv
import io
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.learning import LabelError, Unlearned

SKIP = "skip"
"""In place of an intent: this text is not to be learned from."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One line that came back: `problem` says what is wrong with it, and then nothing else counts.

    `intent` is empty where nothing was filled in.
    """

    line: int
    inbound_id: int = 0
    intent: str = ""
    topic: str | None = None
    problem: str | None = None


def write_queue(file: Path, texts: Sequence[Unlearned]) -> None:
    """Write texts with empty `intent` and `topic` to be filled in; readable by the owner only.

    Raises LabelError for another kind of file, or when it cannot be written.
    """
    rows = [
        {
            **asdict(text),
            "facts": list(text.facts),
            "received_at": text.received_at.isoformat(),
            "intent": "",
            "topic": "",
        }
        for text in texts
    ]
    content = _csv(rows) if _is_csv(file) else "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(content)
    except OSError as error:
        raise LabelError(f"không ghi được tệp {file}: {error.strerror}") from error


def read_labels(file: Path) -> Iterator[Row]:
    """The lines of a file that was written by `write_queue` and filled in. Raises LabelError if it cannot be read."""
    reader = _csv_documents if _is_csv(file) else _json_documents
    try:
        raw = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise LabelError(f"không có tệp {file}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise LabelError(f"không đọc được tệp {file}: phải là văn bản UTF-8") from error
    for line, document in reader(raw):
        yield _row(line, document)


def _row(line: int, document: Any) -> Row:
    if not isinstance(document, dict):
        return Row(line, problem="không phải một dòng nhãn")
    inbound_id, intent, topic = document.get("id"), document.get("intent") or "", document.get("topic") or None
    number = str(inbound_id).strip()
    if isinstance(inbound_id, bool) or not (number.isascii() and number.isdigit() and len(number) < 19):
        return Row(line, problem="thiếu mã tin (cột id)")
    if not isinstance(intent, str) or not isinstance(topic, str | None):
        return Row(line, problem="intent và topic phải là chữ")
    return Row(line, int(number), intent.strip(), topic.strip() or None if topic else None)


def _is_csv(file: Path) -> bool:
    if file.suffix.lower() not in (".csv", ".jsonl"):
        raise LabelError(f"tệp {file.name}: chỉ dùng được .jsonl hoặc .csv")
    return file.suffix.lower() == ".csv"


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    out.write("\ufeff")  # spreadsheets take the file for another encoding without it
    made_of_it = ["kind", "guessed_intent", "guessed_topic", "facts", "confidence", "model"]
    names = ["id", "text", "received_at", *made_of_it, "intent", "topic"]
    table = csv.DictWriter(out, names, lineterminator="\r\n")
    table.writeheader()
    for row in rows:
        table.writerow(row | {"text": _harmless(row["text"]), "facts": " ".join(row["facts"])})
    return out.getvalue()


def _harmless(text: str) -> str:
    """A spreadsheet takes a resident's "=…" for a formula, and would run it."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_documents(raw: str) -> Iterator[tuple[int, Any]]:
    table = csv.DictReader(io.StringIO(raw), strict=True)
    if not {"id", "intent", "topic"} <= set(table.fieldnames or ()):
        raise LabelError("tệp thiếu cột id, intent hoặc topic ở dòng đầu (cột cách nhau bằng dấu phẩy)")
    try:
        for row in table:
            yield table.line_num, row
    except csv.Error as error:
        raise LabelError(f"dòng {table.line_num}: không đọc được bảng") from error


def _json_documents(raw: str) -> Iterator[tuple[int, Any]]:
    for line, text in enumerate(raw.split("\n"), start=1):
        if text.strip():
            try:
                yield line, json.loads(text)
            except (ValueError, RecursionError):
                yield line, None
