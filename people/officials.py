"""Officials: who they are, what each role may do, and how they prove it."""

from datetime import datetime
from enum import StrEnum
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.refusal import Refusal
from people.audit import record
from people.models import Official

SHORTEST_PASSWORD = 10

_HASHER = PasswordHasher()


class OfficialError(Refusal):
    """An official is unknown, or may not do this; the message is Vietnamese."""


class Right(StrEnum):
    """Something an official may do."""

    WRITE = "write"
    APPROVE = "approve"
    ANSWER = "answer"
    MANAGE = "manage"


class Role(StrEnum):
    """What an official is; each role's rights are in `RIGHTS`."""

    EDITOR = "editor"
    APPROVER = "approver"
    HANDLER = "handler"
    ADMIN = "admin"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.HANDLER: frozenset({Right.ANSWER}),
    Role.EDITOR: frozenset({Right.WRITE, Right.ANSWER}),
    Role.APPROVER: frozenset({Right.WRITE, Right.APPROVE, Right.ANSWER}),
    Role.ADMIN: frozenset(Right),
}


def add_official(session: Session, name: str, role: Role, password: str | None, now: datetime, actor: str) -> Official:
    """Add an official. Without a password they can act on the command line but not log in.

    Raises:
        OfficialError: the name is taken or malformed, or the password too short.
    """
    if not name.isidentifier() or len(name) > 64:
        raise OfficialError(f"tên «{name}» không dùng được: chỉ chữ, số và gạch dưới, bắt đầu bằng chữ")
    if session.scalar(select(Official.id).where(Official.name == name)):
        raise OfficialError(f"đã có người dùng «{name}»")
    hashed = None if password is None else _hashed(password)
    official = Official(name=name, role=role, password_hash=hashed, active=True, created_at=now)
    session.add(official)
    session.flush()
    record(session, now, actor, "official.added", "official", official.id, role=role)
    return official


def set_password(session: Session, official: Official, password: str, now: datetime, actor: str) -> None:
    """Give an official another password; sessions under the old one end. Raises OfficialError when too short."""
    official.password_hash = _hashed(password)
    record(session, now, actor, "official.password_set", "official", official.id)


def official_named(session: Session, name: str) -> Official:
    """The active official of that name. Raises OfficialError."""
    official = session.scalar(select(Official).where(Official.name == name, Official.active))
    if official is None:
        raise OfficialError(f"không có người dùng «{name}»: thêm bằng loa user add")
    return official


def authenticate(session: Session, name: str, password: str) -> Official | None:
    """The official whose name and password these are, or None; takes as long either way."""
    official = session.scalar(select(Official).where(Official.name == name, Official.active))
    try:
        _HASHER.verify(official.password_hash if official and official.password_hash else _nobody(), password)
    except Argon2Error:
        return None
    return official if official and official.password_hash else None


def _hashed(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise OfficialError(f"mật khẩu phải dài ít nhất {SHORTEST_PASSWORD} ký tự")
    return _HASHER.hash(password)


@cache
def _nobody() -> str:
    """Verified when the name is unknown, so that the answer takes as long as for a known one."""
    return _HASHER.hash("nobody has this password")


def has_right(official: Official, right: Right) -> bool:
    return right in RIGHTS[Role(official.role)]


def require(official: Official, right: Right) -> None:
    """Raises OfficialError unless the official's role gives the right."""
    if not has_right(official, right):
        raise OfficialError(f"«{official.name}» không có quyền làm việc này ({right})")
