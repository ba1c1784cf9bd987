"""What waits: to be sent, to be decided, to be looked at, to be answered."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from foundation.message_class import MessageClass
from loa.doctor.finding import Finding, say_span
from loa.metrics.standing import BUDGET, GATEWAY, paused_batches
from loa.metrics.waiting import in_hand, inbound_waiting, receipts_waiting
from loa.wiring import Loa
from scheduler.outbox.overview import Queue, queues, waiting_for_a_person

LATE = timedelta(minutes=5)
UNANSWERED = timedelta(minutes=2)
_URGENT = frozenset({MessageClass.REPLY, MessageClass.OPERATIONAL})


def delivery(loa: Loa, session: Session, now: datetime) -> Iterator[Finding]:
    """Queues, uncertain texts, paused broadcasts, receipts, and people's texts."""
    waits = queues(session, now)
    yield _queue(waits, in_hand(session).keys())
    yield _uncertain(session, now - timedelta(hours=loa.settings.uncertain_hours))
    yield _paused(session)
    yield _receipts(session, now)
    yield _inbound(session, now)


def _queue(waits: list[Queue], active: Collection[str]) -> Finding:
    """A large broadcast takes its time; but what is urgent overtakes it, and a gateway with work has some in hand."""
    what = "tin chờ gửi"
    late = [queue for queue in waits if queue.due and queue.oldest_s > LATE.total_seconds()]
    stuck = [queue for queue in late if queue.message_class in _URGENT or queue.gateway not in active]
    if stuck:
        oldest = max(stuck, key=lambda queue: queue.oldest_s)
        says = (
            f"có tin của cổng {oldest.gateway} đến giờ gửi đã {say_span(timedelta(seconds=oldest.oldest_s))} "
            "mà chưa đi: xem worker và tình trạng cổng dưới đây"
        )
        return Finding(what, False, says)
    due, all_ = sum(queue.due for queue in waits), sum(queue.waiting for queue in waits)
    return Finding(what, True, f"{all_} tin, trong đó {due} đã đến giờ gửi")


def _uncertain(session: Session, sent_before: datetime) -> Finding:
    waiting = waiting_for_a_person(session, sent_before)
    if not waiting:
        return Finding("tin chưa rõ số phận", True, "không có tin nào chờ người quyết định")
    says = ", ".join(f"{count} tin của cổng {gateway}" for gateway, count in sorted(waiting.items()))
    says += " chờ người quyết định: trang Gửi tin (/console/delivery), hoặc «loa outbox reconcile»"
    return Finding("tin chưa rõ số phận", False, says)


def _paused(session: Session) -> Finding:
    paused = paused_batches(session)
    wrong = []
    if count := paused[BUDGET]:
        wrong.append(f"{count} đợt gửi hết số tiền được duyệt: hủy phần còn lại, soạn và duyệt đợt mới cho phần ấy")
    if count := paused[GATEWAY]:
        wrong.append(f"{count} đợt gửi dừng vì tài khoản ở cổng: sửa tài khoản, rồi «loa broadcast resume»")
    by_person = paused.total() - paused[BUDGET] - paused[GATEWAY]
    return Finding("đợt gửi tạm dừng", not wrong, "; ".join(wrong) or f"{by_person} do người cho dừng")


def _receipts(session: Session, now: datetime) -> Finding:
    count, since = receipts_waiting(session)
    if since is None or now - since <= LATE:
        return Finding("biên nhận", True, f"{count} biên nhận chờ xem")
    says = f"{count} biên nhận chưa được xem, cũ nhất đã {say_span(now - since)}: worker có chạy không?"
    return Finding("biên nhận", False, says)


def _inbound(session: Session, now: datetime) -> Finding:
    counts, since = inbound_waiting(session)
    count = sum(counts.values())
    if since is None or now - since <= UNANSWERED:
        return Finding("tin đến", True, f"{count} tin chờ trả lời")
    says = f"{count} tin chưa trả lời, cũ nhất đã {say_span(now - since)}: xem worker và «hiểu câu hỏi»"
    return Finding("tin đến", False, says)
