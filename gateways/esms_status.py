"""What eSMS knows of texts: by the SMSID of their request, or, where no answer ever gave one, by what was sent.

Asked of the last seven days only: eSMS keeps no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from foundation.clock import local
from foundation.phones import PhoneError, parse_phone
from gateways.esms_account import TAKEN, EsmsApi, code_of, read_fields
from gateways.protocol import Receipt, ReceiptState, Sent
from gateways.wire import NeverLeft, NoAnswer

_BEFORE, _AFTER = timedelta(minutes=10), timedelta(minutes=30)
"""How far eSMS's clock, and its making of a text, may be from our sending it."""
_PAGE = 200
_MOST_PAGES = 100


def state_of(status: str, succeeded: bool, failed: bool) -> ReceiptState | None:
    """How far a text is by eSMS's SendStatus; None for a number that means nothing.

    1 waits for approval, 2 waits to be sent, 4 refused, 5 finished (then what failed and succeeded counts), 7 sent and
    waiting for the network's report. A text of which a part failed did not arrive.
    """
    match status:
        case "0" | "1" | "2":
            return ReceiptState.ACCEPTED
        case "4":
            return ReceiptState.FAILED
        case "5" if failed:
            return ReceiptState.UNDELIVERED
        case "5" if succeeded:
            return ReceiptState.DELIVERED
        case "5" | "7":
            return ReceiptState.SENT
        case _:
            return None


async def ask(api: EsmsApi, sms_type: str, asked: Sequence[Sent]) -> list[Receipt]:
    """The receipts of these messages, where eSMS says something of them. Never raises for trouble on the network.

    `sms_type` is "2" for care texts and "1" for advertising.
    """
    receipts: list[Receipt] = []
    by_request: dict[str, list[Sent]] = {}
    nameless: list[Sent] = []
    for sent in asked:
        if sent.provider_id:
            by_request.setdefault(sent.provider_id, []).append(sent)
        else:
            nameless.append(sent)
    try:
        for smsid, together in by_request.items():
            receipts += await _by_request(api, smsid, together)
        for together in _windows(nameless):
            receipts += await _by_what_was_sent(api, sms_type, together)
    except (NeverLeft, NoAnswer):
        pass  # what is known by now is told; the rest is asked again
    return receipts


async def _by_request(api: EsmsApi, smsid: str, asked: Sequence[Sent]) -> list[Receipt]:
    """By GetSendStatus, which tells how far a request is and how many failed; where some did, which ones."""
    fields = read_fields(await api.look_up("GetSendStatus", {"RefId": smsid}))
    if code_of(fields) != TAKEN:
        return []
    state = state_of(str(fields.get("SendStatus")), _some(fields, "SendSuccess"), _some(fields, "SendFailed"))
    if state is ReceiptState.UNDELIVERED and fields.get("TotalReceiver") not in (1, "1"):
        return await _number_by_number(api, smsid, asked)
    return [Receipt(sent.reference, state, smsid) for sent in asked] if state else []


async def _number_by_number(api: EsmsApi, smsid: str, asked: Sequence[Sent]) -> list[Receipt]:
    """Only of a finished request: before that "not succeeded" may still mean "not reported"."""
    fields = read_fields(await api.look_up("GetSmsReceiverStatus_get", {"RefId": smsid}))
    fates = {_phone(row): row for row in _rows(fields, "ReceiverList")}
    receipts = []
    for sent in asked:
        if (row := fates.get(sent.to)) is not None and row.get("IsSent") is True:
            arrived = row.get("SentResult") is True
            state = ReceiptState.DELIVERED if arrived else ReceiptState.UNDELIVERED
            receipts.append(Receipt(sent.reference, state, smsid))
    return receipts


async def _by_what_was_sent(api: EsmsApi, sms_type: str, asked: Sequence[Sent]) -> list[Receipt]:
    """By GetSmsSentData_V2: the texts of a time, found by number and by the campaignid that we gave them.

    A care text's campaignid is its reference. Of advertising it is the request's, which nobody knows any more: there
    the number must have got one text alone in this time, else nothing is said.
    """
    rows = await _sent_between(api, sms_type, asked[0].at - _BEFORE, asked[-1].at + _AFTER)
    by_phone: dict[str | None, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_phone.setdefault(_phone(row), []).append(row)
    receipts = []
    for sent in asked:
        mine = by_phone.get(sent.to, [])
        if sms_type == "2":
            mine = [row for row in mine if row.get("Campaign") == sent.reference]
        if len(mine) != 1:
            continue
        result = str(mine[0].get("SendResult"))
        state = state_of(str(mine[0].get("SendStatus")), result == "1", result == "0")
        smsid = mine[0].get("ReferenceId")
        if state:
            receipts.append(Receipt(sent.reference, state, smsid if isinstance(smsid, str) else None))
    return receipts


async def _sent_between(api: EsmsApi, sms_type: str, start: datetime, end: datetime) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for page in range(1, _MOST_PAGES + 1):
        answer = await api.post(
            "GetSmsSentData_V2",
            {
                "SmsType": sms_type,
                "From": f"{local(start):%Y-%m-%d %H:%M:%S}",
                "To": f"{local(end):%Y-%m-%d %H:%M:%S}",
                "Page": page,
                "PageSize": _PAGE,
            },
        )
        fields = read_fields(answer)
        if code_of(fields) != TAKEN:
            return []
        found = _rows(fields, "SentData")
        rows += found
        if len(found) < _PAGE:
            return rows
    return []  # more than can be read through: nothing is said rather than taken for the only text of a number


def _windows(asked: Iterable[Sent]) -> list[list[Sent]]:
    """The messages, in order of time, those of one quarter of an hour together."""
    windows: list[list[Sent]] = []
    for sent in sorted(asked, key=lambda each: each.at):
        if windows and sent.at - windows[-1][0].at < timedelta(minutes=15):
            windows[-1].append(sent)
        else:
            windows.append([sent])
    return windows


def _rows(fields: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = fields.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _some(fields: Mapping[str, Any], name: str) -> bool:
    count = str(fields.get(name, "0"))
    return count.isascii() and count.isdecimal() and int(count[:9]) > 0


def _phone(row: Mapping[str, Any]) -> str | None:
    try:
        return parse_phone(str(row.get("Phone")))
    except PhoneError:
        return None
