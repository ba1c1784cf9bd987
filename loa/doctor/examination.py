"""The whole examination, in the order in which things depend on each other."""

from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from foundation.clock import utc_now
from foundation.keys import VaultError
from foundation.settings import SettingsError
from loa.doctor.database import database
from loa.doctor.delivery import delivery
from loa.doctor.finding import Finding
from loa.doctor.gateways import gateways
from loa.doctor.machine import clock, disk, holidays, keys, policies, settings
from loa.doctor.roles import broker, roles, understanding
from loa.wiring import Loa


async def examine(loa: Loa) -> list[Finding]:
    """All findings. Changes nothing, makes nothing and sends nothing."""
    now = utc_now()
    findings = [settings(loa), clock(), holidays(loa), policies(), disk(loa)]
    with_keys = keys(loa)
    findings.append(with_keys)
    is_open = False
    if with_keys.well:
        opened = _database(loa)
        findings += opened
        is_open = all(finding.well for finding in opened[:1])
    findings.append(await understanding(loa))
    findings += broker(loa)
    if is_open:
        findings += _of_rows(loa, now)
    if with_keys.well:
        findings += await gateways(loa, now if is_open else None)
    return findings


def _database(loa: Loa) -> list[Finding]:
    try:
        return database(loa)
    except (SQLAlchemyError, OSError, VaultError) as error:
        # No message of the driver's: it may quote the address, with its password.
        says = f"không mở được ({type(error).__name__}): kiểm tra LOA_DATABASE_URL, và cơ sở dữ liệu có đang chạy không"
        return [Finding("cơ sở dữ liệu", False, says)]


def _of_rows(loa: Loa, now: datetime) -> list[Finding]:
    try:
        with loa.database.read() as session:
            return [*roles(loa, session, now), *delivery(loa, session, now)]
    except SettingsError as error:
        return [Finding("cấu hình", False, str(error))]
