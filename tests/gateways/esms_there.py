"""What eSMS answers, as its documentation says (see gateways/esms_account.py): one account, its orders and their fates.

Written from the documentation alone: it shares no code with the gateway, signs and matches templates by itself.
"""

import base64
import hashlib
import itertools
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any, Literal
from urllib.parse import urlencode

Fate = Literal["delivered", "failed", "pending"]

HANOI = timezone(timedelta(hours=7))
PRICE = 850
DAY = timedelta(hours=24)


@dataclass
class Order:
    """One request that was taken."""

    smsid: str
    sms_type: str
    phones: list[str]
    content: str
    request_id: str
    campaign: str
    callback: str | None
    at: datetime


@dataclass
class EsmsAccountThere:
    """One account as eSMS keeps it. Change what a test needs."""

    api_key: str = "KEY-of-the-account"
    secret_key: str = "SECRET-of-the-account"
    brandname: str = "SoNNMT"
    cpid: str = "CP1"
    private_key: str = "khoa-rieng-cua-dau-so"
    balance: float = 10_000_000
    templates: list[str] = field(default_factory=list)
    blocked_numbers: set[str] = field(default_factory=set)
    blocked_words: set[str] = field(default_factory=set)
    fates: dict[str, Fate] = field(default_factory=dict)
    """By number as it came; whoever is not named gets delivered."""
    joins_with: str = "&"
    """What eSMS puts between a CallbackUrl with a query and its own."""
    orders: dict[str, Order] = field(default_factory=dict)
    chance: Random = field(default_factory=lambda: Random(6))

    def sent_to(self, phone: str) -> list[str]:
        """The texts that this number was sent."""
        return [order.content for order in self.orders.values() if phone in order.phones]

    def signed(self, phone: str, content: str, at: str, smsid: str) -> dict[str, str]:
        """The parameters of that call."""
        raw = (self.cpid + smsid + content + at + self.private_key).encode("utf-8")
        return {
            "sender": "84" + phone.removeprefix("0"),
            "content": content,
            "serviceNumber": "8041",
            "keyword": content.partition(" ")[0],
            "sign": base64.b64encode(hashlib.md5(raw).digest()).decode(),
            "cpid": self.cpid,
            "smsid": smsid,
            "receiverTime": at,
        }

    def balance_of(self, fields: dict[str, Any]) -> dict[str, Any]:
        if refused := self._refuse_keys(fields):
            return {"Balance": 0, "CodeResponse": refused, "ErrorMessage": "Authorize Failed"}
        return {"Balance": self.balance, "CodeResponse": "100", "UserID": 9999}

    def list_templates(self, fields: dict[str, Any]) -> dict[str, Any]:
        if refused := self._refuse(fields):
            return _refusal(refused)
        rows = [
            {"NetworkID": network, "TempContent": body, "TempId": 400 + 10 * number + network}
            for number, body in enumerate(self.templates)
            for network in (1, 3)
        ]
        return {"BrandnameTemplates": rows, "CodeResult": "100", "ErrorMessage": "success"}

    def take(self, fields: dict[str, Any], now: datetime, advertising: bool) -> dict[str, Any]:
        """What is said to a request to send; an order is made of it if it is taken."""
        phones = fields.get("Phones") if advertising else [fields.get("Phone")]
        if refused := self._refuse(fields) or self._refuse_text(fields, phones, now, advertising):
            return _refusal(refused)
        assert isinstance(phones, list)
        smsid = f"{self.chance.getrandbits(128):032x}{len(self.orders)}"
        if fields.get("Sandbox") == "1":
            return {"CodeResult": "100", "CountRegenerate": 0, "SMSID": smsid}
        self.balance -= PRICE * len(phones)
        self.orders[smsid] = Order(
            smsid,
            str(fields["SmsType"]),
            phones,
            fields["Content"],
            fields.get("RequestId", ""),
            fields.get("campaignid", ""),
            fields.get("CallbackUrl"),
            now,
        )
        return {"CodeResult": "100", "CountRegenerate": 0, "SMSID": smsid}

    def send_status(self, query: dict[str, Any]) -> dict[str, Any]:
        smsid = query.get("RefId", "")
        if refused := self._refuse_keys(query):
            return {"CodeResponse": refused, "SMSID": smsid}
        if (order := self.orders.get(smsid)) is None:
            return {"CodeResponse": "105", "SMSID": smsid}
        return {"CodeResponse": "100", "SMSID": smsid, **self._counts(order), "TotalPrice": PRICE * len(order.phones)}

    def number_by_number(self, query: dict[str, Any]) -> dict[str, Any]:
        if refused := self._refuse_keys(query):
            return _refusal(refused)
        if (order := self.orders.get(query.get("RefId", ""))) is None:
            return _refusal("105")
        rows = [
            {
                "IsSent": True,
                "NetworkName": "Viettel",
                "Phone": phone,
                "Retry": 0,
                "SentResult": self._fate(phone) == "delivered",
            }
            for phone in order.phones
        ]
        return {"CodeResult": "100", "ReceiverList": rows}

    def sent_data(self, fields: dict[str, Any]) -> dict[str, Any]:
        if refused := self._refuse_keys(fields):
            return _refusal(refused)
        start, end = (
            datetime.strptime(fields[name], "%Y-%m-%d %H:%M:%S").replace(tzinfo=HANOI) for name in ("From", "To")
        )
        result = {"delivered": 1, "failed": 0, "pending": 2}
        rows = [
            {
                "Campaign": order.campaign,
                "Content": order.content,
                "Phone": phone,
                "ReferenceId": order.smsid,
                "SellPrice": PRICE,
                "SendResult": result[self._fate(phone)],
                "SendStatus": 7 if self._fate(phone) == "pending" else 5,
                "SentTime": "/Date(1795186219000+0700)/",
                "SmsId": 29028845,
                "SmsType": int(order.sms_type),
            }
            for order in self.orders.values()
            if start <= order.at <= end and order.sms_type == fields["SmsType"]
            for phone in order.phones
        ]
        size, page = int(fields["PageSize"]), int(fields["Page"])
        assert size <= 500, "the documentation allows no more"
        return {"CodeResult": "100", "CountTotal": len(rows), "SentData": rows[size * (page - 1) : size * page]}

    def callbacks_of(self, order: Order) -> list[str]:
        """The addresses that eSMS calls for an order, in the order of its calls: sometimes one twice, or late."""
        if order.callback is None:
            return []
        join = self.joins_with if "?" in order.callback else "?"
        waiting = {"SendFailed": 0, "SendStatus": 7, "SendSuccess": 0, "TotalReceiver": 1, "TotalSent": 1}
        told = [waiting] if self._fate(order.phones[0]) == "pending" else [waiting, self._counts(order)]
        calls = [
            order.callback
            + join
            + urlencode(
                {
                    "SMSID": order.smsid,
                    **counts,
                    "TotalPrice": f"{PRICE:.4f}",
                    "RequestId": order.request_id,
                    "TypeId": order.sms_type,
                    "telcoid": 1,
                    "phonenumber": order.phones[0],
                    "switchsmsid": "",
                }
            )
            for counts in told
        ]
        calls += self.chance.choices(calls, k=self.chance.randint(0, 2))
        self.chance.shuffle(calls)
        return calls

    def _counts(self, order: Order) -> dict[str, int]:
        fates = [self._fate(phone) for phone in order.phones]
        return {
            "SendFailed": fates.count("failed"),
            "SendStatus": 7 if "pending" in fates else 5,
            "SendSuccess": fates.count("delivered"),
            "TotalReceiver": len(fates),
            "TotalSent": len(fates),
        }

    def _fate(self, phone: str) -> Fate:
        return self.fates.get(phone, "delivered")

    def _refuse_keys(self, fields: dict[str, Any]) -> str | None:
        given = fields.get("ApiKey"), fields.get("SecretKey")
        return None if given == (self.api_key, self.secret_key) else "101"

    def _refuse(self, fields: dict[str, Any]) -> str | None:
        if refused := self._refuse_keys(fields):
            return refused
        if fields.get("Brandname") != self.brandname:
            return "104"
        return None if fields.get("SmsType") else "300"

    def _refuse_text(self, fields: dict[str, Any], phones: Any, now: datetime, advertising: bool) -> str | None:
        content, request_id = str(fields.get("Content", "")), str(fields.get("RequestId", ""))
        if fields["SmsType"] != ("1" if advertising else "2"):
            return "118"
        if not isinstance(phones, list) or not all(re.fullmatch(r"0[35789]\d{8}", str(phone)) for phone in phones):
            return "108"
        if advertising and len(set(phones)) < 30:
            return "107"
        if len(phones) > 5000:
            return "120"
        if len(request_id) > 50:
            return "99"
        before = [order for order in self.orders.values() if order.request_id == request_id and now - order.at < DAY]
        if request_id and before:
            return "124"
        if self.blocked_numbers & set(phones):
            return "99"
        if any(word in content for word in self.blocked_words):
            return "201"
        if not advertising and not any(_matches(body, content) for body in self.templates):
            return "146"
        if fields.get("IsUnicode") != "1" and not content.isascii():
            return "146"
        return "103" if self.balance < PRICE * len(phones) else None


def _matches(body: str, content: str) -> bool:
    """Whether a text is of the template's form, "{P1,20} la ma …"."""
    parts = re.split(r"\{[^{},]+,(\d+)\}", body)
    limits = itertools.chain(parts[1::2], [""])
    form = "".join(
        re.escape(fixed) + (f".{{1,{limit}}}" if limit else "") for fixed, limit in zip(parts[::2], limits, strict=True)
    )
    return re.fullmatch(form, content, re.DOTALL) is not None


_MESSAGES = {
    "99": "Invalid request",
    "101": "Authorize Failed",
    "104": "Brand name code is not exist",
    "107": "Each request has at least 30 numbers to be approved",
    "124": "Request exist 1",
    "146": "Sai template Brandname CSKH",
}


def _refusal(code: str) -> dict[str, Any]:
    if code == "99":
        return {"error": "Invalid request"}
    refusal: dict[str, Any] = {"CodeResult": code, "CountRegenerate": 0, "ErrorMessage": _MESSAGES.get(code, "failed")}
    if code == "146":
        refusal["SMSID"] = "3f5ec8c71c4a4ccea311f731dfeaa133156"
    return refusal
