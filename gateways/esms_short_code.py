"""Our short code at eSMS.vn: texts from people, signed as far as eSMS signs, and the answer in our HTTP response.

Source: the page "Kết nối đầu số ngắn" of the documentation named in `esms_account`.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

from foundation.clock import VIETNAM
from foundation.phones import PhoneError, parse_phone
from gateways.esms_account import SMSID
from gateways.protocol import Event, InboundText, WebhookRefused, WebhookReply, WebhookRequest

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ShortCode:
    """Our number for texts from people, as eSMS forwards it: `cpid` and `private_key` come with the contract.

    Raises ValueError that names the field.
    """

    number: str
    cpid: str
    private_key: str = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("number", "cpid", "private_key"):
            if not getattr(self, name):  # an empty key would let anybody sign
                raise ValueError(f"{name} is missing")

    def signature(self, smsid: str, content: str, receiver_time: str) -> str:
        """`sign` as documented: Base64 of MD5 over the four values and the key, run together. It is all that eSMS
        offers: no HMAC, and neither the sender nor the number is signed, so ask for https and a list of addresses."""
        signed = f"{self.cpid}{smsid}{content}{receiver_time}{self.private_key}".encode("utf-8", "replace")
        return base64.b64encode(hashlib.md5(signed, usedforsecurity=False).digest()).decode()


def read_text(code: ShortCode, request: WebhookRequest) -> list[InboundText]:
    """The text in a call; nothing for what nobody can answer: carriers' notices from named senders.

    Raises WebhookRefused.
    """
    if request.query.get("cpid") != code.cpid:
        raise WebhookRefused(403, "the call is not for our short code")
    fields = _signed(code, request)
    smsid, received, handset = fields["smsid"], fields["receiverTime"], fields.get("sender", "")
    if not SMSID.fullmatch(smsid):
        raise WebhookRefused(400, "no smsid")
    if not re.fullmatch(r"[0-9]{14}", received):  # signed without a mark where the text ends and the time begins
        raise WebhookRefused(400, "receiverTime is not of fourteen digits")
    if not handset:
        raise WebhookRefused(400, "no sender")
    try:
        sender = parse_phone(handset)
    except PhoneError:
        return []
    recipient = fields.get("serviceNumber") or code.number
    return [InboundText(smsid, sender, recipient, fields["content"], _received_at(received))]


def client_response(events: Sequence[Event], answers: Sequence[str]) -> WebhookReply:
    """The answer as ClientResponse, of which there is one: several answers become its paragraphs. Without an answer an
    empty body."""
    asked = next((event for event in events if isinstance(event, InboundText)), None)
    if asked is None or not answers:
        return WebhookReply()
    xml = (
        f"<ClientResponse><Message>{_in_xml(chr(10).join(answers))}</Message>"
        f"<Smsid>{_in_xml(asked.provider_id)}</Smsid>"
        f"<Receiver>{asked.sender.removeprefix('+')}</Receiver></ClientResponse>"
    )
    return WebhookReply(body=xml.encode(), content_type="text/xml; charset=utf-8")


def _signed(code: ShortCode, request: WebhookRequest) -> Mapping[str, str]:
    """The fields of a call whose signature is right. Raises WebhookRefused(403).

    A "+" in a query is a blank to some senders and a plus to others, and eSMS does not say which it is: the reading
    that was signed is the right one.
    """
    as_plus = urlsplit(request.url).query.replace("+", "%2B")
    for fields in (request.query, dict(parse_qsl(as_plus, keep_blank_values=True))):
        try:
            expected = code.signature(fields["smsid"], fields["content"], fields["receiverTime"])
        except KeyError:
            break
        given = fields.get("sign", "").replace(" ", "+")  # Base64 has no blanks
        if hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
            return fields
    raise WebhookRefused(403, "the call is not signed with our key")


def _received_at(text: str) -> datetime | None:
    """receiverTime, yyyyMMddHHmmss on Vietnam's clocks. That there is no such day is no reason to lose a text."""
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=VIETNAM).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _in_xml(text: str) -> str:
    return escape(_NO_XML.sub("", text))
