"""An account at eSMS.vn: its keys, its calls, and what its codes mean. Two gateways stand on it, `esms` (customer care)
and `esms_advertising`.

Source, unless said otherwise: eSMS's own documentation, github.com/devesms/gitbook_esms_for_develop_v2 at commit
bcddef0b of 2026-04-07. The keys travel in the body, in look-ups in the query: so nothing but this file makes requests,
and no answer, address or error of theirs is ever passed on.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateways.protocol import Outcome, SendStatus
from gateways.wire import Answer, NeverLeft, NoAnswer, Wire

_SERVICE = "/MainService.svc/json/"
_LARGEST_ANSWER = 2_097_152
"""Bytes: the fates of 5,000 numbers take 500,000."""
SMSID = re.compile(r"[!-~]{1,120}")
"""What eSMS calls a request, or a text from a person; as long as our tables keep."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

TAKEN = "100"
_TAKEN_BEFORE = "124"
_BAD_NUMBER = "108"
_NOT_TAKEN = "99"

_CODES: Mapping[str, tuple[SendStatus, str | None]] = {
    TAKEN: (SendStatus.ACCEPTED, None),
    # The RequestId is made of our references: these messages were taken before, and are not taken a second time.
    _TAKEN_BEFORE: (SendStatus.ACCEPTED, "eSMS had this request already"),
    # The table says "number blocked", the page on sending "invalid request". Either way nothing was taken, and attempts
    # are bounded.
    _NOT_TAKEN: (SendStatus.TEMPORARY, "eSMS does not take this request or number"),
    "160": (SendStatus.RATE_LIMITED, "eSMS finds us too fast"),
    "107": (SendStatus.TEMPORARY, "eSMS wants 30 different numbers a request"),
    _BAD_NUMBER: (SendStatus.REJECTED, "eSMS finds the number wrong"),
    "201": (SendStatus.REJECTED, "eSMS blocks a word of this text"),
    "101": (SendStatus.ACCOUNT, "eSMS refuses our keys"),
    "102": (SendStatus.ACCOUNT, "eSMS has no prices for this account"),
    "103": (SendStatus.ACCOUNT, "the balance at eSMS is used up"),
    "104": (SendStatus.ACCOUNT, "eSMS does not know our brandname"),
    "118": (SendStatus.ACCOUNT, "eSMS does not offer this type of text"),
    "120": (SendStatus.ACCOUNT, "too many numbers in one request to eSMS"),
    "140": (SendStatus.ACCOUNT, "our address is not on eSMS's list"),
    "143": (SendStatus.ACCOUNT, "the account at eSMS is inactive or locked"),
    # Our table of templates let the text through, so it is wrong for all texts of this form: a person must look.
    "146": (SendStatus.ACCOUNT, "eSMS has no template of this form"),
    "177": (SendStatus.ACCOUNT, "the brandname is not registered with this network"),
    "300": (SendStatus.ACCOUNT, "eSMS misses the type of text"),
}


@dataclass(frozen=True, slots=True)
class EsmsAccount:
    """The account and its sender name.

    `url` is eSMS's server without path, https unless on this machine. With `sandbox` eSMS checks texts and neither
    sends nor charges them. `low_balance_vnd` is where `check` begins to warn. Raises ValueError that names the field.
    """

    api_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    brandname: str
    url: str = "https://rest.esms.vn"
    sandbox: bool = False
    low_balance_vnd: int = 500_000
    concurrency: int = 16
    timeout_s: float = 15.0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not secure or not parts.hostname or parts.username or parts.path.strip("/") or parts.query:
            raise ValueError("url must be an https address without user name and path: the keys travel to it")
        for name in ("api_key", "secret_key", "brandname"):
            if not getattr(self, name):
                raise ValueError(f"{name} is missing")


class EsmsApi:
    """The account's calls. Each raises NeverLeft or NoAnswer, as `Wire` does."""

    def __init__(self, account: EsmsAccount) -> None:
        self._account = account
        self._wire = Wire(account.concurrency, account.timeout_s, _LARGEST_ANSWER)
        self._base = account.url.rstrip("/") + _SERVICE
        self._keys = {"ApiKey": account.api_key, "SecretKey": account.secret_key}

    async def post(self, call: str, fields: Mapping[str, object]) -> Answer:
        """Post once, with the keys."""
        body = json.dumps({**self._keys, **fields}).encode()
        return await self._wire.post(self._base + call, body, {"Content-Type": "application/json"})

    async def send(self, call: str, fields: Mapping[str, object]) -> Answer:
        """Post what is to be sent, by the brandname."""
        sandbox = {"Sandbox": "1"} if self._account.sandbox else {}
        return await self.post(call, {**fields, "Brandname": self._account.brandname, **sandbox})

    async def look_up(self, call: str, query: Mapping[str, str]) -> Answer:
        """Ask what changes nothing."""
        return await self._wire.look_up(f"{self._base}{call}?{urlencode({**self._keys, **query})}", {})

    async def close(self) -> None:
        await self._wire.close()

    async def check(self) -> str | None:
        """Why texts would not leave, asked by the balance: None when well, else one line."""
        try:
            answer = await self.post("GetBalance_json", {})
        except NeverLeft:
            return f"nobody answers at {self._account.url}"
        except NoAnswer as error:
            return f"what listens at {self._account.url} gives no answer ({error})"
        fields = read_fields(answer)
        code, balance = code_of(fields), fields.get("Balance")
        if code != TAKEN:
            return meaning_of(fields) or f"what listens at {self._account.url} answers {answer.status}, unlike eSMS"
        if isinstance(balance, int | float) and balance < self._account.low_balance_vnd:
            return f"the balance at eSMS is low: {balance:.0f} VND"
        return None


def read_fields(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; nothing for anything else, however odd."""
    try:
        fields = json.loads(answer.text)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def code_of(fields: Mapping[str, Any]) -> str | None:
    """The code of an answer; calls that look up name it otherwise, and one error comes without (the tab "99")."""
    code = fields.get("CodeResult", fields.get("CodeResponse"))
    if isinstance(code, str | int) and not isinstance(code, bool):
        return str(code)
    return _NOT_TAKEN if fields.get("error") == "Invalid request" else None


def meaning_of(fields: Mapping[str, Any]) -> str | None:
    """What the code of an answer says, where it is one that we know."""
    return _CODES.get(code_of(fields) or "", (None, None))[1]


def read_answer(references: Sequence[str], answer: Answer, one_by_one: bool) -> list[Outcome]:
    """What eSMS's answer to one request means for each of its messages.

    `one_by_one`: the request held one message and its own reference as RequestId, so that after a 503 it may be
    repeated without harm. An answer that says nothing known is UNCERTAIN.
    """
    fields = read_fields(answer) if 200 <= answer.status < 500 else {}
    code = code_of(fields)
    status, detail = _CODES.get(code or "") or _by_http(answer.status, one_by_one, code)
    if code == _BAD_NUMBER and not one_by_one:
        # One number of thousands is wrong and eSMS does not say which: nobody's is written off for it.
        status, detail = SendStatus.ACCOUNT, "eSMS finds a number of this request wrong"
    provider_id = _smsid(fields) if status is SendStatus.ACCEPTED else None
    wish = answer.retry_after_s if status in (SendStatus.RATE_LIMITED, SendStatus.TEMPORARY) else None
    return [Outcome(reference, status, provider_id, detail, wish) for reference in references]


def _by_http(status: int, one_by_one: bool, code: str | None) -> tuple[SendStatus, str]:
    detail = f"eSMS answered {status}"
    match status:
        case 429:
            return SendStatus.RATE_LIMITED, detail
        case 503 if one_by_one:
            return SendStatus.TEMPORARY, detail
        case _ if 300 <= status < 500 and status != 408:
            return SendStatus.ACCOUNT, detail
        case _:
            known = code if code and code.isdecimal() and len(code) <= 4 else None
            return SendStatus.UNCERTAIN, f"{detail}, code {known}" if known else detail


def _smsid(fields: Mapping[str, Any]) -> str | None:
    given = fields.get("SMSID")
    return given if isinstance(given, str) and SMSID.fullmatch(given) else None


def lost(references: Sequence[str], error: NeverLeft | NoAnswer) -> list[Outcome]:
    """What became of messages whose request had no answer."""
    if isinstance(error, NeverLeft):
        status, detail = SendStatus.TEMPORARY, f"no connection to eSMS: {error}"
    else:
        status, detail = SendStatus.UNCERTAIN, f"no answer from eSMS: {error}"
    return [Outcome(reference, status, detail=detail) for reference in references]
