"""A spreadsheet from a browser becomes a group of contacts; the file itself is gone when the page is shown."""

import re
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from foundation.clock import local
from foundation.database import Database
from foundation.refusal import Refusal
from foundation.text import nfc
from people import (
    Group,
    ImportReport,
    Official,
    Right,
    group_named,
    import_contacts,
    record,
    require,
)

LARGEST_FILE = 20 * 1024 * 1024


class UploadError(Refusal):
    """A file from which no group came; the message is Vietnamese. `report` tells the rows that were refused, if any."""

    def __init__(self, message: str, report: ImportReport | None = None) -> None:
        super().__init__(message)
        self.report = report


def import_upload(
    database: Database, file: FileStorage, official: Official, now: datetime
) -> tuple[int, str, ImportReport]:
    """Import a file into a new group named after it and the time: the group's id and name, and what became of the rows.

    All or nothing but for rows that are bad on their own. Raises UploadError, SpreadsheetError or OfficialError.
    """
    require(official, Right.WRITE)
    with TemporaryDirectory(prefix="loa-upload-") as folder:
        path = Path(folder) / safe_name(file.filename or "")
        file.save(path)
        if path.stat().st_size > LARGEST_FILE:
            raise UploadError(f"{path.name} lớn hơn {LARGEST_FILE // 1024**2} MB: chia thành nhiều tệp rồi tải lại")
        with database.write() as session:
            return _import(session, path, official, now)


def safe_name(name: str) -> str:
    """A file's own name without folders and without anything that a file system or a page could take amiss."""
    last = re.split(r"[/\\]", nfc(name))[-1]
    cleaned = re.sub(r"[^\w.() -]", "_", last).strip(". ")
    return cleaned[-80:] or "danh-sach"


def _import(session: Session, path: Path, official: Official, now: datetime) -> tuple[int, str, ImportReport]:
    group = Group(name=_group_name(session, path, now), created_at=now)
    session.add(group)
    session.flush()
    report = import_contacts(session, path, now, group)
    if not report.imported + report.updated:
        raise UploadError(f"{path.name}: không có dòng nào dùng được", report)
    record(
        session,
        now,
        official.name,
        "contacts.imported",
        "group",
        group.id,
        rows=report.rows,
        imported=report.imported,
        updated=report.updated,
        rejected=len(report.rejected),
    )
    return group.id, group.name, report


def _group_name(session: Session, path: Path, now: datetime) -> str:
    name = f"{path.stem}, {local(now):%H:%M:%S %d/%m/%Y}"
    copies = 1
    while group_named(session, name if copies == 1 else f"{name} ({copies})"):
        copies += 1
    return name if copies == 1 else f"{name} ({copies})"
