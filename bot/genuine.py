"""Whether a text is really ours: asked by who doubts one, answered from what was sent.

Of another person's texts nothing is ever told: only what went to this number, and what went to many as one batch.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.keywords import words_offered
from campaigns.lists import programme_of_batch
from foundation.message_class import MessageClass
from foundation.text import fold, nfc
from scheduler.outbox import Batch, OutboundMessage, State

LEAST_WORDS = 5
"""A text of ours is known again by so many words in a row; fewer stand in any text."""
LOOKED_THROUGH = 200
"""Texts to the number, and batches, looked through from the newest on."""
_LEFT_US = frozenset({State.ACCEPTED, State.SENT, State.DELIVERED, State.SEEN, State.UNDELIVERED, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Doubt:
    """A text that somebody doubts: by its code, or pasted. Neither where they only say that they doubt one."""

    code: str | None = None
    pasted: str | None = None


@dataclass(frozen=True, slots=True)
class Genuine:
    """A text that is ours: when it was sent, as what, who signed for it, and under which plan or decision.

    `to_this_number` is False where it was sent to many others, but not to who asks.
    """

    sent_at: datetime
    message_class: MessageClass
    to_this_number: bool
    approver: str | None = None
    plan: str | None = None


_WORD = re.compile(r"[^\W_]+")
_CODE = re.compile(r"(?=[a-z0-9-]*\d)(?=[a-z0-9-]*[a-z])[a-z0-9][a-z0-9-]{3,19}", re.IGNORECASE)
_KEYWORD = re.compile(r"^\s*(?:THAT|THẬT|that|thật|That|Thật)\b[\s:.,-]*(?P<rest>.*)$", re.DOTALL)
# Words that go on with "thật" or "thất", so that it is no keyword: "thật ra", "thất nghiệp", "thất thu", "thật không".
_GOES_ON = (
    "ra su la nghiep tinh long te lac vong bai thoat hoc the ha a khong ko k hong hok vay sao gia cha kho buon day do "
    "nhu co duoc hay luon cam thuong bao mat nghia hen chua roi nhi chu thu mua met dang "
    "xau vui tiec"
)
_NO_KEYWORD = frozenset(_GOES_ON.split())
_ASKED = re.compile(
    r"^[^:\n\"“«]{0,40}?\b(?:tin|tin nhắn|tin nhan|sms)\b[^:\n\"“«]{0,30}?\b(?:thật|that|thiệt|thiet|giả|gia|lừa|lua)\b"
    r"[^:\n\"“«]{0,25}[:\n\"“«]\s*(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_TAIL = re.compile(
    r"[\"”».,\s]*\b(?:tin (?:này|nay) )?(?:có |co )?(?:phải |phai |đúng |dung )?"
    r"(?:thật|that|thiệt|thiet|giả|gia|đúng|dung)? ?(?:không|khong|ko|k|hông|hong)(?: (?:vậy|vay|ạ|a|ad|em))?\W*$",
    re.IGNORECASE,
)


def doubt_of(text: str) -> Doubt | None:
    """What a text doubts: "THAT KT7Q2", "THAT Ban duoc nhan…", "tin này có thật không: Ban duoc nhan…".

    None for any other text, also for one that asks about fraud but shows no text: that is a question.
    """
    text = nfc(text).strip()
    if keyword := _KEYWORD.match(text):
        return _after_keyword(text, keyword["rest"])
    asked = _ASKED.match(text)
    return _doubt(asked["rest"]) if asked and len(_words(asked["rest"])) >= LEAST_WORDS else None


def look_up(session: Session, doubt: Doubt, channel: str, address: str) -> Genuine | None:
    """The text of ours that is doubted; None where there is none, which is a warning.

    A pasted text counts when all of it stands in ours, word for word, diacritics aside: whoever changes a number or
    adds a link sends another text.
    """
    own = _sent_to(session, channel, address)
    message = next((part for text, part in _as_read(own) if _is_meant(doubt, text)), None)
    if message is not None:
        return _genuine(session, message, to_this_number=True)
    message = next((sample for sample in _one_of_each_batch(session) if _is_meant(doubt, sample.text)), None)
    return _genuine(session, message, to_this_number=False) if message else None


def offered_to(session: Session, channel: str, address: str) -> frozenset[str]:
    """The bare words that our last text to this number named as an answer."""
    last = next(iter(_as_read(_sent_to(session, channel, address))), None)
    return words_offered(last[0]) if last else frozenset()


def _after_keyword(text: str, rest: str) -> Doubt | None:
    words = _words(rest)
    if not words:
        return Doubt() if text.split()[0].isupper() else None
    if words[0] in _NO_KEYWORD:
        return None
    doubt = _doubt(rest)
    return doubt if doubt.code or text.split()[0].isupper() or len(words) >= LEAST_WORDS else None


def _doubt(said: str) -> Doubt:
    said = said.strip().strip("\"“”«»'").strip()
    if code := _CODE.fullmatch(said.strip(" .?!")):
        return Doubt(code=code[0].upper())
    return Doubt(pasted=_TAIL.sub("", said) or said)


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


def _is_meant(doubt: Doubt, text: str) -> bool:
    if doubt.code is not None:
        return fold(doubt.code) in re.findall(r"[a-z0-9-]+", fold(text))
    words = _words(doubt.pasted or "")
    return len(words) >= LEAST_WORDS and f" {' '.join(words)} " in f" {' '.join(_words(text))} "


def _sent_to(session: Session, channel: str, address: str) -> list[OutboundMessage]:
    """What left us for this number, the newest first."""
    query = select(OutboundMessage).where(
        OutboundMessage.address_hash == address,
        OutboundMessage.channel == channel,
        OutboundMessage.state.in_(_LEFT_US),
    )
    return list(session.scalars(query.order_by(OutboundMessage.id.desc()).limit(LOOKED_THROUGH)))


def _as_read(messages: list[OutboundMessage]) -> Iterator[tuple[str, OutboundMessage]]:
    """Each text as the person reads it: the parts of a long one together, with its first part."""
    whole: dict[str, list[OutboundMessage]] = {}
    for message in messages:
        whole.setdefault(message.dedupe_key.rpartition(":")[0], []).append(message)
    for parts in whole.values():
        parts.sort(key=lambda part: part.id)
        yield " ".join(part.text for part in parts), parts[0]


def _one_of_each_batch(session: Session) -> Iterator[OutboundMessage]:
    """One text of every batch that left us, the newest batch first: all of a batch say the same."""
    for batch_id in session.scalars(select(Batch.id).order_by(Batch.id.desc()).limit(LOOKED_THROUGH)).all():
        left = select(OutboundMessage).where(OutboundMessage.batch_id == batch_id, OutboundMessage.state.in_(_LEFT_US))
        sample = session.scalars(left.limit(1)).first()
        if sample is not None:
            yield sample


def _genuine(session: Session, message: OutboundMessage, to_this_number: bool) -> Genuine:
    programme = programme_of_batch(session, message.batch_id) if message.batch_id is not None else None
    return Genuine(
        sent_at=message.sent_at or message.created_at,
        message_class=MessageClass(message.message_class),
        to_this_number=to_this_number,
        approver=message.approver,
        plan=(programme.number or programme.title) if programme else None,
    )
