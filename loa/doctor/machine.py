"""What can be seen without database, network or other processes."""

import shutil
import stat
from datetime import timedelta

from foundation.clock import VIETNAM, say_time, today, utc_now
from foundation.holidays import SHIPPED
from foundation.keys import VaultError
from foundation.settings import SettingsError
from loa.doctor.finding import Finding
from loa.wiring import Loa
from policies import PACKAGE, lint

LEAST_FREE = 1 << 30
"""Bytes. A journal takes little, a million messages in SQLite 600 MB (measured)."""
LEAST_SHARE = 0.05


def settings(loa: Loa) -> Finding:
    """Whether the settings hold together; single ones are read before anybody is examined."""
    given = loa.settings
    if given.env == "production" and not given.public_url:
        return Finding("cấu hình", False, "đặt LOA_PUBLIC_URL: địa chỉ mà cổng nhắn tin gọi về")
    try:
        _ = loa.limits
    except SettingsError as error:
        return Finding("cấu hình", False, str(error))
    return Finding("cấu hình", True, f"{given.env}, dữ liệu ở {given.home}, cổng {given.port}")


def clock() -> Finding:
    """Whether Vietnam's time is known."""
    well = utc_now().astimezone(VIETNAM).utcoffset() == timedelta(hours=7)
    return Finding("giờ", well, f"bây giờ {say_time(utc_now())}" if well else "thiếu dữ liệu múi giờ Asia/Ho_Chi_Minh")


def holidays(loa: Loa) -> Finding:
    """Whether Tết is known that the due dates of the next two months may pass over."""
    soon = today(utc_now() + timedelta(days=60)).year
    try:
        days = loa.days_off.single
    except SettingsError as error:
        return Finding("ngày nghỉ", False, str(error))
    known = soon <= SHIPPED.known_until or any(day.year == soon for day in days)
    says = f"biết đến năm {soon}" if known else f"chưa có ngày nghỉ Tết năm {soon}: đặt LOA_HOLIDAYS"
    return Finding("ngày nghỉ", known, says)


def policies() -> Finding:
    """Whether the book of answers is sound."""
    problems = lint(PACKAGE)
    return Finding("chính sách", not problems, str(problems[0]) if problems else "không có lỗi")


def disk(loa: Loa) -> Finding:
    """Whether journals, and on SQLite the database, have room to grow: without a journal nothing is sent."""
    folder = loa.settings.home.absolute()
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    says = f"còn trống {usage.free / (1 << 30):.1f} GB ({usage.free / usage.total:.0%})"
    if usage.free < LEAST_FREE or usage.free < LEAST_SHARE * usage.total:
        says = f"chỉ {says}: dọn bớt hoặc thêm đĩa; hết chỗ ghi nhật ký thì Loa ngừng gửi"
        return Finding("đĩa", False, says)
    return Finding("đĩa", True, says)


def keys(loa: Loa) -> Finding:
    """Whether the keys are there and nobody else's: without them nothing in the database can be read."""
    folder = loa.settings.home / "keys"
    if not any(folder.glob("*.key")):
        says = (
            "chưa có khóa: lần đầu chạy «loa setup»; đã có dữ liệu thì chép LOA_HOME/keys từ bản sao lưu, đừng tạo mới"
        )
        return Finding("khóa", False, says)
    try:
        _ = loa.vault
    except VaultError as error:
        return Finding("khóa", False, f"không đọc được, chép lại từ bản sao lưu: {error}")
    open_to_others = [
        path.name for path in (folder, *folder.iterdir()) if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_to_others:
        return Finding("khóa", False, f"người khác trên máy đọc được khóa: chạy «chmod -R go= {folder}»")
    return Finding("khóa", True, "có đủ, chỉ Loa đọc được; nhớ sao lưu cùng cơ sở dữ liệu")
