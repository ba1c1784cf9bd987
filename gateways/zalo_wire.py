"""Requests to Zalo with the account's token, and what its answers mean: the envelope around everything it says."""

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlencode

from foundation.clock import utc_now
from foundation.database import Database
from gateways.protocol import Outcome, SendStatus
from gateways.wire import Answer, NeverLeft, NoAnswer, Wire
from gateways.zalo_errors import needs_renewal, refused
from gateways.zalo_oauth import ZaloAccount
from gateways.zalo_tokens import TokenKeeper, TokenTrouble

Json = Mapping[str, object]


class ZaloSilent(Exception):
    """Nothing was learnt: no token, no connection, or no answer; the message is one English line."""


@dataclass(frozen=True, slots=True)
class Said:
    """What Zalo answered. `error` is 0 for success, and None where the answer cannot be read as Zalo's."""

    status: int
    error: int | None
    data: object = None
    retry_after_s: float | None = None

    def text(self, name: str) -> str | None:
        """A field of `data`; numbers as text, as Zalo writes some of them either way."""
        return text_of(self.data, name)


class ZaloWire:
    """One gateway's way to Zalo, with the account's tokens, which all gateways of the account share."""

    def __init__(self, account: ZaloAccount, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self.account = account
        self.tokens = TokenKeeper(database, account, now)
        self._now = now
        self._wire = Wire(account.concurrency, account.timeout_s)

    async def submit(self, reference: str, url: str, document: Json, its_id: str) -> Outcome:
        """Send one message; `its_id` names the field in which Zalo tells its id. Never raises.

        Where Zalo refuses the token it has certainly sent nothing: then, and only then, the same goes out once more,
        with another token.
        """
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        try:
            said = await self._with_token(lambda token: self._wire.post(url, body, self._headers(token)))
        except TokenTrouble as trouble:
            status = SendStatus.TEMPORARY if trouble.passing else SendStatus.ACCOUNT
            return Outcome(reference, status, detail=trouble.reason[:200])
        except NeverLeft as error:
            return Outcome(reference, SendStatus.TEMPORARY, detail=f"no connection to Zalo: {error}")
        except NoAnswer as error:
            return Outcome(reference, SendStatus.UNCERTAIN, detail=f"no answer from Zalo: {error}")
        return self._outcome(reference, said, its_id)

    async def look_up(self, url: str, parameters: Mapping[str, str] = MappingProxyType({})) -> Said:
        """Ask what changes nothing. Raises ZaloSilent."""
        full = f"{url}?{urlencode(parameters)}" if parameters else url
        try:
            return await self._with_token(lambda token: self._wire.look_up(full, self._headers(token)))
        except TokenTrouble as trouble:
            raise ZaloSilent(trouble.reason) from trouble
        except (NeverLeft, NoAnswer) as error:
            raise ZaloSilent(f"no answer from Zalo: {error}") from error

    async def check(self, url: str) -> Said:
        """The same with the token of now, which is not renewed for it. Raises ZaloSilent."""
        try:
            token = await self.tokens.peek()
            return read_envelope(await self._wire.look_up(url, self._headers(token)))
        except TokenTrouble as trouble:
            raise ZaloSilent(trouble.reason) from trouble
        except (NeverLeft, NoAnswer) as error:
            raise ZaloSilent(f"no answer from {url}: {error}") from error

    async def close(self) -> None:
        await self.tokens.close()
        await self._wire.close()

    async def _with_token(self, ask: Callable[[str], Awaitable[Answer]]) -> Said:
        token = await self.tokens.token()
        said = read_envelope(await ask(token))
        if said.error is not None and needs_renewal(said.error):
            said = read_envelope(await ask(await self.tokens.another(token)))
        return said

    def _headers(self, token: str) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "access_token": token}
        if self.account.proves_secret:
            secret = self.account.app_secret.encode()
            headers["appsecret_proof"] = hmac.digest(secret, token.encode(), "sha256").hex()
        return headers

    def _outcome(self, reference: str, said: Said, its_id: str) -> Outcome:
        if said.error == 0:
            return Outcome(reference, SendStatus.ACCEPTED, said.text(its_id))
        if said.error is not None:
            return refused(reference, said.error, self._now())
        detail = f"an answer that is not Zalo's ({said.status})"
        if said.status == 429:
            return Outcome(reference, SendStatus.RATE_LIMITED, detail=detail, retry_after_s=said.retry_after_s)
        if 300 <= said.status < 500 and said.status != 408:  # refused by what stands before Zalo, or by another server
            return Outcome(reference, SendStatus.ACCOUNT, detail=detail)
        return Outcome(reference, SendStatus.UNCERTAIN, detail=detail)


def read_envelope(answer: Answer) -> Said:
    """Zalo's envelope: {"error": 0, "message": …, "data": …}. A code other than 0 comes with HTTP 200 too."""
    try:
        document = json.loads(answer.text)
    except (ValueError, RecursionError):
        document = None
    code = document.get("error") if isinstance(document, dict) else None
    if isinstance(code, str) and code.removeprefix("-").isdecimal() and len(code) < 8:
        code = int(code)
    if not isinstance(document, dict) or not isinstance(code, int) or isinstance(code, bool):
        return Said(answer.status, None, retry_after_s=answer.retry_after_s)
    return Said(answer.status, code, document.get("data"), answer.retry_after_s)


def text_of(document: object, *path: str) -> str | None:
    """The text or number at the end of a path of names; None where there is none, or something else."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    if isinstance(document, bool) or not isinstance(document, str | int):
        return None
    return str(document) or None
