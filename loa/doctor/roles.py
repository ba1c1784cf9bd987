"""The processes: workers with their leases and journals, the clock, understanding, the broker."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.understanding import UnderstandingClient, UnderstandingUnavailable
from foundation.sockets import socket_path
from loa.doctor.finding import Finding, say_span
from loa.metrics.standing import clock_leads
from loa.processes.locks import is_held
from loa.wiring import UNDERSTANDING, WORKER, Loa
from scheduler.journal import abandoned
from scheduler.leases import LEASE, Lease, all_leases

LATELY = timedelta(days=1)
"""A machine that was silent for longer has been taken out of service, as far as anybody can tell."""
FULL = 500
"""Offers in a queue that holds a thousand and whose offers last ten seconds: nobody takes them."""


def roles(loa: Loa, session: Session, now: datetime) -> Iterator[Finding]:
    """Workers, what dead ones left, and the clock."""
    leases = all_leases(session, now)
    works = _works(loa, leases)
    yield works
    yield from _silent(leases)
    yield _journals(loa, works.well)
    leads = clock_leads(loa, session)
    command = "«loa serve»" if loa.engine is None else "«loa clock»"
    yield Finding("đồng hồ", leads, "đang chạy" if leads else f"chưa chạy, tin hẹn giờ không được gửi: {command}")


async def understanding(loa: Loa) -> Finding:
    """Whether texts are understood here; outgrown, each machine with workers that answer has its own."""
    what = "hiểu câu hỏi"
    if not loa.nlu_python.exists():
        return Finding(what, False, "chưa cài môi trường của nlu/: chạy «make setup»")
    if not (loa.models / "current").exists():
        return Finding(what, False, "chưa có mô hình: chạy «loa nlu train»")
    async with UnderstandingClient(socket_path(loa.settings.home, UNDERSTANDING)) as client:
        try:
            return Finding(what, True, f"mô hình {await client.model()} đang trả lời")
        except UnderstandingUnavailable:
            return Finding(what, False, "chưa chạy: «loa serve» hoặc «loa nlu serve»")


def broker(loa: Loa) -> Iterator[Finding]:
    """Whether RabbitMQ answers, and whether somebody takes what is offered; nothing where there is none."""
    if loa.engine is None:
        return
    from scheduler.broker import BrokerAway  # with Celery, as `Loa.engine` does

    try:
        depths = loa.engine.depths()
    except BrokerAway as error:
        says = f"không trả lời ({error}): kiểm tra RabbitMQ và LOA_BROKER_URL; trong lúc đó tin vẫn đi, chậm hơn"
        yield Finding("RabbitMQ", False, says)
        return
    full = [kind for kind, depth in depths.items() if depth >= FULL]
    if full:
        says = f"hàng {', '.join(full)} không ai lấy việc: chạy thêm «loa worker» (xem LOA_WORKER_KINDS)"
        yield Finding("RabbitMQ", False, says)
        return
    yield Finding("RabbitMQ", True, ", ".join(f"{kind} {depth}" for kind, depth in depths.items()) + " việc chờ")


def _works(loa: Loa, leases: list[Lease]) -> Finding:
    """Embedded, the worker of this machine; outgrown, one for each gateway, wherever."""
    if loa.engine is None:
        running = is_held(loa.settings.home, WORKER)
        return Finding("worker", running, "đang chạy" if running else "chưa chạy: «loa serve» hoặc «loa worker»")
    alive = {lease.gateway for lease in leases if lease.is_alive}
    missing = [name for name in loa.settings.gateways if name not in alive]
    if missing:
        return Finding("worker", False, f"không worker nào gửi cho cổng {', '.join(missing)}: chạy «loa worker»")
    count = len({(lease.host, lease.name.rsplit("-", 2)[0]) for lease in leases if lease.is_alive})
    return Finding("worker", True, f"{count} worker đang gửi")


def _silent(leases: list[Lease]) -> Iterator[Finding]:
    silent = {lease.host.partition("/")[0]: lease.age for lease in leases if LEASE < lease.age < LATELY}
    for host, age in sorted(silent.items()):
        says = (
            f"worker ở máy {host} im lặng đã {say_span(age)}, tin nó đang giữ thành «chưa rõ»: chạy lại máy ấy thì tin "
            "chưa đi được gửi tiếp; nếu máy mất hẳn, quyết định ở trang Gửi tin (/console/delivery)"
        )
        yield Finding(f"máy {host}", False, says)


def _journals(loa: Loa, worker_works: bool) -> Finding:
    """A worker takes up what another one left, within seconds."""
    left = abandoned(loa.settings.home / "journals")
    if not left:
        return Finding("nhật ký gửi", True, "không có sổ nào của worker đã chết")
    if worker_works:
        says = f"{len(left)} sổ của worker đã chết chưa được nhận: nếu một phút nữa vẫn còn, xem nhật ký của worker"
    else:
        says = f"{len(left)} sổ của worker đã chết: chạy worker, nó tự nhận và gửi tiếp. Đừng xóa thư mục journals"
    return Finding("nhật ký gửi", False, says)
