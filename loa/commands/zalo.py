"""`loa zalo`: the tokens of the Official Account, which renew themselves once a person has given the first."""

import asyncio
from datetime import datetime
from typing import Any

import click

from foundation.clock import say_time, utc_now
from foundation.refusal import Refusal
from gateways.zalo_tokens import Standing, TokenKeeper, TokenTrouble, standing, store_refresh_token
from loa.commands.printing import as_json, print_result
from loa.commands.shared import COMMAND_LINE, ready_installation
from loa.wiring import Loa
from loa.zalo_wiring import zalo_account
from people import record


class ZaloTokenError(Refusal):
    """There is no pair of tokens, or Zalo does not renew it; the message is Vietnamese."""


@click.group(help="Tài khoản Zalo OA.")
def zalo() -> None:
    """The Official Account."""


@zalo.command(help="Cho biết mã truy cập còn dùng được đến khi nào; không bao giờ hiện mã.")
@click.option("--store", is_flag=True, help="Nhập refresh token mới (gõ ẩn, hoặc qua stdin) và đổi ngay ra cặp mã mới.")
@as_json
def token(store: bool, json_: bool) -> None:
    """Store a refresh token that a person got by consenting, or show how the pair stands; never the tokens."""
    loa = ready_installation()
    if store:
        _store(loa, click.prompt("Refresh token", hide_input=True, err=True).strip())
    found = standing(loa.database)
    if found is None:
        raise ZaloTokenError("chưa có mã của Zalo OA: chạy «loa zalo token --store»")
    print_result(_json(found), json_, _line(found, utc_now()))


def _store(loa: Loa, refresh_token: str) -> None:
    account = zalo_account(loa.settings, "loa zalo token")
    if not 16 <= len(refresh_token) <= 4_000 or not refresh_token.isascii() or " " in refresh_token:
        raise ZaloTokenError("đây không phải refresh token của Zalo")
    store_refresh_token(loa.database, refresh_token, utc_now())
    with loa.database.write() as session:
        record(session, utc_now(), COMMAND_LINE, "zalo.token_stored", "gateway", "zalo")

    async def renew() -> None:
        keeper = TokenKeeper(loa.database, account)
        try:
            await keeper.renew()
        finally:
            await keeper.close()

    try:
        asyncio.run(renew())
    except TokenTrouble as trouble:
        raise ZaloTokenError(f"đã ghi nhưng Zalo chưa đổi mã: {trouble.reason}") from trouble


def _json(found: Standing) -> dict[str, Any]:
    again = found.renew_again_at
    return {
        "renewed_at": found.renewed_at.isoformat(),
        "expires_at": found.expires_at.isoformat(),
        "renew_again_at": again.isoformat() if again else None,
        "failed_because": found.failed_because,
    }


def _line(found: Standing, now: datetime) -> str:
    until = f"đổi lúc {say_time(found.renewed_at)}, dùng đến {say_time(found.expires_at)}"
    if found.failed_because:
        return f"LỖI: {found.failed_because}; {until}. Cấp quyền lại rồi chạy «loa zalo token --store»"
    return until if now < found.expires_at else f"đã hết hạn, sẽ đổi khi cần; {until}"
