"""The life of a broadcast in officials' hands: written by one, approved by another, paused, resumed, cancelled.

Each deed holds the broadcast first: nobody approves what another is rewriting.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from campaigns.audiences.objections import policy_told_to, why_not_yet
from campaigns.estimates import estimate, last_leaves, why_not_carried
from campaigns.models import Broadcast, Status
from foundation.clock import say_time, today
from foundation.database import hold
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from foundation.text import holds_link, nfc, segment
from people import Group, Official, Right, actors, group_size, record, require
from scheduler import outbox
from scheduler.outbox import Route

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.DRAFT: frozenset({Status.SUBMITTED, Status.CANCELLED}),
    Status.SUBMITTED: frozenset({Status.SCHEDULED, Status.RETURNED, Status.DRAFT, Status.CANCELLED}),
    Status.RETURNED: frozenset({Status.DRAFT, Status.SUBMITTED, Status.CANCELLED}),
    Status.SCHEDULED: frozenset({Status.SENDING, Status.MISSED, Status.DRAFT, Status.CANCELLED}),
    Status.SENDING: frozenset({Status.PAUSED, Status.DONE, Status.CANCELLED}),
    Status.PAUSED: frozenset({Status.SENDING, Status.CANCELLED}),
    Status.DONE: frozenset(),
    Status.MISSED: frozenset(),
    Status.CANCELLED: frozenset(),
}
_WRITING = ("broadcast.created", "broadcast.edited")
EDITABLE = frozenset({Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.SCHEDULED})

LATEST_APPROVAL = timedelta(minutes=15)
"""How long after its time a broadcast may still be approved; it then leaves at once, as everyone meant it to."""

AT_ONCE = timedelta()
LONGEST_SPREAD = timedelta(hours=72)
"""Of hours in which the class may be sent: most of a week. What is spread longer is several broadcasts."""

STATUS_NAMES: dict[Status, str] = {
    Status.DRAFT: "bản nháp",
    Status.SUBMITTED: "chờ duyệt",
    Status.RETURNED: "bị trả lại",
    Status.SCHEDULED: "đã duyệt, chờ giờ gửi",
    Status.SENDING: "đang gửi",
    Status.PAUSED: "tạm dừng",
    Status.DONE: "đã gửi xong",
    Status.MISSED: "lỡ giờ, quá hạn",
    Status.CANCELLED: "đã hủy",
}


class BroadcastError(Refusal):
    """Something that may not be done with a broadcast; the message is Vietnamese and says what to do."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a broadcast is: counts by outbox state, VND spent, why it is paused, reasons by state."""

    status: Status
    counts: dict[str, int]
    spent_vnd: int
    paused_because: str | None
    reasons: dict[tuple[str, str], int]


def create(
    session: Session,
    official: Official,
    text: str,
    group: Group,
    message_class: MessageClass,
    scheduled_at: datetime,
    route: Route,
    now: datetime,
    expires_at: datetime | None = None,
    programme_id: int | None = None,
    spread: timedelta = AT_ONCE,
) -> Broadcast:
    """A new draft; `spread` is over how much time its texts leave. Raises BroadcastError or OfficialError."""
    require(official, Right.WRITE)
    broadcast = Broadcast(
        group_id=group.id,
        programme_id=programme_id,
        status=Status.DRAFT,
        policy=policy_told_to(session, group.id),
        created_by=official.name,
        created_at=now,
    )
    _write(session, broadcast, text, message_class, scheduled_at, expires_at, spread, route, now)
    session.add(broadcast)
    session.flush()
    record(session, now, official.name, "broadcast.created", "broadcast", broadcast.id)
    return broadcast


def edit(
    session: Session,
    broadcast: Broadcast,
    official: Official,
    text: str,
    scheduled_at: datetime,
    expires_at: datetime | None,
    route: Route,
    now: datetime,
    spread: timedelta = AT_ONCE,
) -> None:
    """Change a broadcast that is not sent yet; whatever was approved goes back to draft.

    Who changed it counts as one of its writers: they cannot approve it.
    """
    require(official, Right.WRITE)
    hold(session, broadcast)
    if broadcast.status not in EDITABLE:
        raise BroadcastError(f"tin {broadcast.id} {STATUS_NAMES[broadcast.status]}: không sửa được nữa")
    message_class = MessageClass(broadcast.message_class)
    _write(session, broadcast, text, message_class, scheduled_at, expires_at, spread, route, now)
    broadcast.status = Status.DRAFT
    broadcast.approved_by = broadcast.approved_at = None
    record(session, now, official.name, "broadcast.edited", "broadcast", broadcast.id)


def submit(session: Session, broadcast: Broadcast, official: Official, route: Route, now: datetime) -> None:
    """Hand a draft to whoever approves; people and cost are counted anew."""
    require(official, Right.WRITE)
    hold(session, broadcast)
    _move(session, broadcast, Status.SUBMITTED, official, now)
    _count(session, broadcast, route)
    broadcast.returned_because = None
    if not broadcast.recipients:
        raise BroadcastError(f"tin {broadcast.id} không có người nhận nào")
    _check_time(broadcast, route, now)


def approve(session: Session, broadcast: Broadcast, official: Official, route: Route, now: datetime) -> None:
    """Approve what others wrote. From here on the clock sends it."""
    require(official, Right.APPROVE)
    hold(session, broadcast)
    if official.name in writers(session, broadcast):
        raise BroadcastError("người viết tin không được tự duyệt: cần một người khác có quyền duyệt")
    if broadcast.scheduled_at <= now - LATEST_APPROVAL:
        raise BroadcastError(f"giờ gửi {say_time(broadcast.scheduled_at)} đã qua: trả lại để đặt giờ khác")
    if because := why_not_carried(segment(broadcast.text), MessageClass(broadcast.message_class), route):
        raise BroadcastError(because)
    _check_time(broadcast, route, now)
    if group_size(session, broadcast.group_id, route.channel) != broadcast.recipients:
        raise BroadcastError("nhóm người nhận đã đổi từ khi gửi duyệt: trả lại để người viết gửi duyệt lại")
    if because := why_not_yet(session, broadcast.group_id, MessageClass(broadcast.message_class), today(now)):
        raise BroadcastError(because)
    _move(session, broadcast, Status.SCHEDULED, official, now)
    broadcast.approved_by, broadcast.approved_at = official.name, now


def send_back(session: Session, broadcast: Broadcast, official: Official, because: str, now: datetime) -> None:
    """Return a submitted broadcast to its writer, with a reason."""
    require(official, Right.APPROVE)
    hold(session, broadcast)
    if not because.strip():
        raise BroadcastError("trả lại thì phải ghi lý do")
    _move(session, broadcast, Status.RETURNED, official, now)
    broadcast.returned_because = because.strip()[:500]


def pause(session: Session, broadcast: Broadcast, official: Official, now: datetime) -> None:
    """Hold back what is not on the wire yet."""
    require(official, Right.WRITE)
    hold(session, broadcast)
    _move(session, broadcast, Status.PAUSED, official, now)
    outbox.pause(session, batch_of(broadcast), f"tạm dừng bởi {official.name}", now)


def resume(session: Session, broadcast: Broadcast, official: Official, now: datetime) -> None:
    """Send on: what an official paused, or what the scheduler stopped and a person has mended."""
    require(official, Right.APPROVE)
    hold(session, broadcast)
    _move(session, broadcast, Status.SENDING, official, now)
    outbox.resume(session, batch_of(broadcast))


def cancel(session: Session, broadcast: Broadcast, official: Official, now: datetime) -> None:
    """Stop for good; what was already handed to the gateway cannot be called back."""
    require(official, Right.WRITE)
    hold(session, broadcast)
    _move(session, broadcast, Status.CANCELLED, official, now)
    if broadcast.batch_id is not None:
        outbox.cancel(session, broadcast.batch_id, now)


def writers(session: Session, broadcast: Broadcast) -> frozenset[str]:
    """Everybody who wrote any of it; none of them may approve it."""
    return actors(session, "broadcast", broadcast.id, _WRITING)


def current_status(session: Session, broadcast: Broadcast) -> Status:
    """The status; a batch that the scheduler stopped (budget, account) is paused, whoever paused it."""
    if broadcast.status == Status.SENDING and outbox.batch(session, batch_of(broadcast)).paused_at:
        return Status.PAUSED
    return Status(broadcast.status)


def progress(session: Session, broadcast: Broadcast) -> Progress:
    """Where the broadcast is now."""
    if broadcast.batch_id is None:
        return Progress(Status(broadcast.status), {}, 0, None, {})
    batch = outbox.batch(session, broadcast.batch_id)
    return Progress(
        current_status(session, broadcast),
        outbox.counts(session, batch.id),
        batch.spent_vnd,
        batch.paused_because,
        outbox.reasons(session, batch.id),
    )


def broadcast_by_id(session: Session, broadcast_id: int) -> Broadcast:
    """Raises BroadcastError when there is none."""
    broadcast = session.get(Broadcast, broadcast_id)
    if broadcast is None:
        raise BroadcastError(f"không có tin số {broadcast_id}")
    return broadcast


def text_version(text: str) -> str:
    """The version of a text that its messages remember."""
    return sha256(text.encode()).hexdigest()[:12]


def _check_time(broadcast: Broadcast, route: Route, now: datetime) -> None:
    """Raises BroadcastError where not all would have left before it expires."""
    last = last_leaves(broadcast, route, now)
    if broadcast.expires_at is not None and last >= broadcast.expires_at:
        raise BroadcastError(
            f"tin cuối cùng sẽ đi lúc {say_time(last)}, khi tin đã hết hạn ({say_time(broadcast.expires_at)}): "
            "gửi sớm hơn, rải trong ít giờ hơn, hoặc lùi hạn"
        )


def _write(
    session: Session,
    broadcast: Broadcast,
    text: str,
    message_class: MessageClass,
    scheduled_at: datetime,
    expires_at: datetime | None,
    spread: timedelta,
    route: Route,
    now: datetime,
) -> None:
    text = nfc(text).strip()
    if not text:
        raise BroadcastError("tin không có chữ nào")
    if holds_link(text):
        raise BroadcastError("tin có liên kết: không tin nào gửi cho bà con được kèm liên kết")
    if message_class is MessageClass.REPLY:
        raise BroadcastError("loại «reply» chỉ dành cho tin trả lời")
    if scheduled_at <= now:
        raise BroadcastError(f"giờ gửi {say_time(scheduled_at)} đã qua")
    if expires_at is not None and expires_at <= scheduled_at:
        raise BroadcastError(f"hạn {say_time(expires_at)} phải sau giờ gửi {say_time(scheduled_at)}")
    if not AT_ONCE <= spread <= LONGEST_SPREAD:
        raise BroadcastError(f"gửi rải nhiều nhất trong {LONGEST_SPREAD // timedelta(hours=1)} giờ")
    broadcast.text = text
    broadcast.message_class = message_class
    broadcast.scheduled_at = scheduled_at
    broadcast.expires_at = expires_at
    broadcast.spread_s = int(spread.total_seconds())
    _count(session, broadcast, route)


def _count(session: Session, broadcast: Broadcast, route: Route) -> None:
    counted = estimate(session, broadcast.text, broadcast.group_id, MessageClass(broadcast.message_class), route)
    broadcast.recipients = counted.recipients
    broadcast.segments = counted.segments
    broadcast.cost_vnd = counted.cost_vnd


def _move(session: Session, broadcast: Broadcast, target: Status, official: Official, now: datetime) -> None:
    status = current_status(session, broadcast)
    if target not in TRANSITIONS[status]:
        raise BroadcastError(
            f"tin {broadcast.id} đang ở trạng thái «{STATUS_NAMES[status]}», "
            f"không chuyển sang «{STATUS_NAMES[target]}» được"
        )
    record(session, now, official.name, f"broadcast.{target}", "broadcast", broadcast.id, before=status)
    broadcast.status = target


def batch_of(broadcast: Broadcast) -> int:
    """The batch in which it leaves. Raises BroadcastError before it has one."""
    if broadcast.batch_id is None:
        raise BroadcastError(f"tin {broadcast.id} chưa bắt đầu gửi")
    return broadcast.batch_id
