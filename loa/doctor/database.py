"""The database: opened, up to date, and on PostgreSQL with the same time and room for all processes."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from foundation.clock import utc_now
from loa.doctor.finding import Finding
from loa.schema import is_current
from loa.wiring import Loa

OLDEST = 140_000
"""PostgreSQL 14, the oldest that still gets fixes in 2026 (postgresql.org/support/versioning); tests use what Debian
has, 15. Older than 12 cannot work: MATERIALIZED and tcp_user_timeout."""
MOST_SKEW = timedelta(seconds=2)
"""Leases and circuits of several machines bear more; what people see of times should not."""
LEAST_LEFT = 10
"""What one process may take (foundation/database.py: a pool of five, and as many for a moment)."""

_LEFT = text(
    "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
    " - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
)


def database(loa: Loa) -> list[Finding]:
    """The first finding says whether it can be read at all. Raises what opening it raises."""
    if not is_current(loa.database):
        return [
            Finding("cơ sở dữ liệu", False, "chưa cập nhật: dừng worker và clock, chạy «loa setup», rồi khởi động lại")
        ]
    name = loa.database.engine.dialect.name
    found = [Finding("cơ sở dữ liệu", True, f"{name}, đã cập nhật")]
    if name == "postgresql":
        with loa.database.read() as session:
            found += [_version(session), _skew(session), _connections(session)]
    return found


def _version(session: Session) -> Finding:
    number = int(session.execute(text("SHOW server_version_num")).scalar_one())
    says = f"bản {number // 10_000}.{number % 10_000}"
    well = number >= OLDEST
    return Finding("PostgreSQL", well, says if well else f"{says} quá cũ: cần từ bản {OLDEST // 10_000} trở lên")


def _skew(session: Session) -> Finding:
    before = utc_now()
    theirs = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    after = utc_now()
    skew = abs(theirs - (before + (after - before) / 2))
    if skew <= MOST_SKEW + (after - before) / 2:
        return Finding("giờ của cơ sở dữ liệu", True, f"lệch {skew.total_seconds():.1f} giây")
    says = f"lệch {skew.total_seconds():.0f} giây so với máy này: bật đồng bộ giờ (NTP, «timedatectl») trên cả hai máy"
    return Finding("giờ của cơ sở dữ liệu", False, says)


def _connections(session: Session) -> Finding:
    left = int(session.execute(_LEFT).scalar_one())
    if left >= LEAST_LEFT:
        return Finding("kết nối PostgreSQL", True, f"còn {left} kết nối")
    says = f"chỉ còn {left} kết nối: tăng max_connections (mỗi tiến trình lấy đến {LEAST_LEFT}) hoặc bớt tiến trình"
    return Finding("kết nối PostgreSQL", False, says)
