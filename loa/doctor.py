"""Looks at an installation and says what is wrong and what to do."""

from dataclasses import dataclass
from datetime import timedelta

from bot.understanding import UnderstandingClient, UnderstandingUnavailable
from foundation.clock import VIETNAM, say_time, today, utc_now
from foundation.holidays import SHIPPED
from foundation.settings import SettingsError
from foundation.sockets import socket_path
from loa.processes.locks import is_held
from loa.schema import is_current
from loa.wiring import UNDERSTANDING, WORKER, Loa
from policies import PACKAGE, lint
from scheduler.outbox import oldest_wait

LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `says` is what is so, or what to do."""

    what: str
    well: bool
    says: str


async def examine(loa: Loa) -> list[Finding]:
    """All findings, in the order in which things depend on each other. Changes nothing and sends nothing."""
    findings = [_settings(loa), _clock(), _holidays(loa), _database(loa), _policies()]
    findings.append(await _understanding(loa))
    findings.append(_worker(loa))
    findings += await _gateways(loa)
    return findings


def _settings(loa: Loa) -> Finding:
    settings = loa.settings
    if settings.env == "production" and not settings.public_url:
        return Finding("cấu hình", False, "đặt LOA_PUBLIC_URL: địa chỉ mà cổng nhắn tin gọi về")
    try:
        _ = loa.hours
    except SettingsError as error:
        return Finding("cấu hình", False, str(error))
    return Finding("cấu hình", True, f"{settings.env}, dữ liệu ở {settings.home}, cổng {settings.port}")


def _clock() -> Finding:
    offset = utc_now().astimezone(VIETNAM).utcoffset()
    well = offset == timedelta(hours=7)
    return Finding("giờ", well, f"bây giờ {say_time(utc_now())}" if well else "thiếu dữ liệu múi giờ Asia/Ho_Chi_Minh")


def _holidays(loa: Loa) -> Finding:
    """Whether Tết is known that the due dates of the next two months may pass over."""
    soon = today(utc_now() + timedelta(days=60)).year
    try:
        days = loa.days_off.single
    except SettingsError as error:
        return Finding("ngày nghỉ", False, str(error))
    known = soon <= SHIPPED.known_until or any(day.year == soon for day in days)
    says = f"biết đến năm {soon}" if known else f"chưa có ngày nghỉ Tết năm {soon}: đặt LOA_HOLIDAYS"
    return Finding("ngày nghỉ", known, says)


def _database(loa: Loa) -> Finding:
    try:
        if not is_current(loa.database):
            return Finding("cơ sở dữ liệu", False, "chưa cập nhật: chạy «loa setup»")
        with loa.database.read() as session:
            wait = oldest_wait(session, utc_now())
    except Exception as error:  # whatever a driver raises, a person must read it
        return Finding("cơ sở dữ liệu", False, f"không mở được: {type(error).__name__}: {error}")
    if wait > LATE:
        return Finding("cơ sở dữ liệu", False, f"có tin chờ gửi đã {wait}: worker có chạy không?")
    return Finding("cơ sở dữ liệu", True, loa.database.engine.dialect.name)


def _policies() -> Finding:
    problems = lint(PACKAGE)
    return Finding("chính sách", not problems, str(problems[0]) if problems else "không có lỗi")


async def _understanding(loa: Loa) -> Finding:
    if not loa.nlu_python.exists():
        return Finding("hiểu câu hỏi", False, "chưa cài môi trường của nlu/: chạy «make setup»")
    if not (loa.models / "current").exists():
        return Finding("hiểu câu hỏi", False, "chưa có mô hình: chạy «loa nlu train»")
    async with UnderstandingClient(socket_path(loa.settings.home, UNDERSTANDING)) as client:
        try:
            return Finding("hiểu câu hỏi", True, f"mô hình {await client.model()} đang trả lời")
        except UnderstandingUnavailable:
            return Finding("hiểu câu hỏi", False, "chưa chạy: «loa serve» hoặc «loa nlu serve»")


def _worker(loa: Loa) -> Finding:
    running = is_held(loa.settings.home, WORKER)
    return Finding("worker", running, "đang chạy" if running else "chưa chạy: «loa serve» hoặc «loa worker»")


async def _gateways(loa: Loa) -> list[Finding]:
    try:
        gateways = loa.gateways
    except SettingsError as error:
        return [Finding("cổng nhắn tin", False, str(error))]
    findings = []
    for name, gateway in gateways.items():
        wrong = await gateway.check()
        await gateway.close()
        findings.append(Finding(f"cổng {name}", wrong is None, wrong or f"sẵn sàng, số {gateway.number}"))
    return findings
