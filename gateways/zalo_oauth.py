"""A Zalo account and the renewal of its tokens, as bytes: what is asked, and what the answer means."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from gateways.wire import Answer
from gateways.zalo_errors import ERRORS, Remedy

SHORTEST_LIFE = timedelta(hours=1)
"""Taken where Zalo does not say: the shortest that was ever documented."""


@dataclass(frozen=True, slots=True)
class ZaloAccount:
    """An Official Account, and the app that acts for it. `app_secret` is the app's; `oa_secret` the account's key for
    webhooks, another one. `proves_secret` adds `appsecret_proof` to each request, which some apps demand."""

    app_id: str
    oa_id: str
    app_secret: str = field(repr=False)
    oa_secret: str = field(repr=False)
    proves_secret: bool = False
    api_url: str = "https://openapi.zalo.me"
    business_url: str = "https://business.openapi.zalo.me"
    oauth_url: str = "https://oauth.zaloapp.com"
    concurrency: int = 32
    timeout_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Pair:
    """What Zalo gives for a refresh token."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    lives: timedelta


@dataclass(frozen=True, slots=True)
class NotRenewed:
    """Why there is no new pair. `final`: Zalo refused, and only a person can help."""

    reason: str
    final: bool


@dataclass(frozen=True, slots=True)
class Renewal:
    """One request to Zalo."""

    url: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)


def renewal(account: ZaloAccount, refresh_token: str) -> Renewal:
    """Ask for a new pair. The app's secret is a header, as OAuth v4 of Zalo has it."""
    form = {"app_id": account.app_id, "refresh_token": refresh_token, "grant_type": "refresh_token"}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "secret_key": account.app_secret}
    return Renewal(f"{account.oauth_url}/v4/oa/access_token", urlencode(form).encode(), headers)


def read_pair(answer: Answer) -> Pair | NotRenewed:
    """What Zalo's answer to a renewal means. `expires_in` counts seconds, in a string."""
    try:
        said = json.loads(answer.text)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return NotRenewed(f"an answer to renewing that cannot be read ({answer.status})", final=False)
    access_token, refresh_token = said.get("access_token"), said.get("refresh_token")
    if isinstance(access_token, str) and isinstance(refresh_token, str) and access_token and refresh_token:
        return Pair(access_token, refresh_token, _lives(said.get("expires_in")))
    code = said.get("error")
    if not isinstance(code, int) or code == 0:
        return NotRenewed(f"an answer to renewing that cannot be read ({answer.status})", final=False)
    known = ERRORS.get(code)
    return NotRenewed(f"Zalo refuses to renew ({code})", final=known is None or known.remedy is not Remedy.LATER)


def _lives(seconds: object) -> timedelta:
    text = str(seconds)
    if text.isascii() and text.isdecimal() and 0 < len(text) < 10 and int(text):
        return timedelta(seconds=int(text))
    return SHORTEST_LIFE
