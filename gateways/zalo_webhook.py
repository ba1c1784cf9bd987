"""Zalo's calls on us: what proves them, and what they tell.

A call says one thing and is repeated until it is answered 200: after 30 seconds, and then for an hour or, by older
texts, for half a day. What it is about can be told apart by ids, so that a repetition changes nothing.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from foundation.phones import PhoneError, parse_phone
from gateways.protocol import (
    Attached,
    AttachedKind,
    ContactShared,
    Event,
    Followed,
    InboundText,
    Receipt,
    ReceiptState,
    TemplateJudged,
    TemplateState,
    Unfollowed,
    WebhookRefused,
    WebhookRequest,
)
from gateways.webhooks import require_shape
from gateways.zalo_oauth import ZaloAccount
from gateways.zalo_wire import text_of

BY_PHONE = "zbs"
"""The gateway of ours whose templates go to telephone numbers."""
OLDEST = timedelta(days=3)
"""Far beyond Zalo's last repetition: what is older is replayed by somebody else."""

_ID = re.compile(r"[A-Za-z0-9._:-]{1,120}")
_REFERENCE = re.compile(r"[A-Za-z0-9._-]{1,48}")
_MILLISECONDS = re.compile(r"[0-9]{1,14}")
_MOST_RECEIPTS = 200
_MOST_ATTACHED = 20
_LONGEST_ADDRESS = 2_000


@dataclass(frozen=True, slots=True)
class Call:
    """A call that Zalo signed. `oa_id` is our account's; `document` what it tells, `at` when."""

    oa_id: str
    document: Mapping[str, object]
    at: datetime
    signed_with: str
    digest: str

    def text(self, *path: str) -> str | None:
        """The text at the end of a path, without half surrogates, which no database takes."""
        found = text_of(self.document, *path)
        return None if found is None else found.encode("utf-8", "replace").decode()

    def id(self, *path: str) -> str | None:
        """An id at the end of a path, if it has the form of one."""
        found = self.text(*path)
        return found if found is not None and is_id(found) else None


def is_id(text: str) -> bool:
    """Whether it has the form of Zalo's ids of people, messages and templates. A number in E.164 has not."""
    return bool(_ID.fullmatch(text))


def verify(request: WebhookRequest, account: ZaloAccount, now: datetime) -> Call:
    """The call, if it carries `X-ZEvent-Signature: mac=<hex>`, the SHA-256 (no HMAC) of a first term, the body as it
    came, the timestamp in it, and the account's key for webhooks. The first term is the app's id by the documents, and
    the account's by working code: either counts.

    Raises WebhookRefused: 400 for what is no JSON object with a timestamp, 403 for what Zalo did not sign or is older
    than OLDEST.
    """
    require_shape(request, ("POST",))
    given = (request.header("X-ZEvent-Signature") or "").strip().lower().removeprefix("mac=").strip()
    try:
        document = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise WebhookRefused(400, "the body is not JSON") from error
    timestamp = text_of(document, "timestamp")
    if not isinstance(document, dict) or timestamp is None or not _MILLISECONDS.fullmatch(timestamp):
        raise WebhookRefused(400, "the body is not an event of Zalo's")
    terms = {"app_id": account.app_id, "oa_id": account.oa_id}
    matching = [
        name
        for name, term in terms.items()
        if hmac.compare_digest(given.encode("utf-8", "replace"), _mac(term, request.body, timestamp, account.oa_secret))
    ]
    if not matching:
        raise WebhookRefused(403, "the call does not carry Zalo's signature")
    at = _moment(timestamp)
    if at is None or at < now - OLDEST:
        raise WebhookRefused(403, "the call is too old")
    return Call(account.oa_id, document, at, matching[0], hashlib.sha256(request.body).hexdigest())


def read_events(call: Call) -> list[Event]:
    """What it tells us; nothing for our own messages, other accounts' calls, groups, and events that we don't know."""
    if call.text("oa_id") not in (None, call.oa_id):
        return []
    event = call.text("event_name") or ""
    if event.startswith("user_send_") and "group" not in event:
        return _text(call)
    reader = _READERS.get(event)
    return reader(call) if reader is not None else []


def _text(call: Call) -> list[Event]:
    sender, recipient = call.id("sender", "id"), call.id("recipient", "id")
    if sender is None or sender == call.oa_id or recipient not in (None, call.oa_id):
        return []
    attached, links = _attachments(call)
    said = call.text("message", "text") or ""
    text = "\n".join([said, *(link for link in links if link not in said)]).strip("\n")
    provider_id = call.id("message", "msg_id") or f"body:{call.digest}"
    return [InboundText(provider_id, sender, call.oa_id, text, call.at, attached)]


def _attachments(call: Call) -> tuple[tuple[Attached, ...], list[str]]:
    """What came beside the text, and the links among it, which are text."""
    message = call.document.get("message")
    parts = message.get("attachments") if isinstance(message, dict) else None
    attached, links = [], []
    for part in parts[:_MOST_ATTACHED] if isinstance(parts, list) else []:
        kind = text_of(part, "type") or ""
        url = (text_of(part, "payload", "url") or "").encode("utf-8", "replace").decode()[:_LONGEST_ADDRESS]
        if kind == "location":
            attached += [Attached(AttachedKind.LOCATION, place)] if (place := _place(part)) else []
        elif kind == "link":
            links += [url] if url else []
        elif kind in _KINDS and url:
            attached.append(Attached(_KINDS[kind], url))
    return tuple(attached), links


_KINDS = {
    "image": AttachedKind.IMAGE,
    "gif": AttachedKind.IMAGE,
    "sticker": AttachedKind.IMAGE,
    "audio": AttachedKind.AUDIO,
    "voice": AttachedKind.AUDIO,
    "video": AttachedKind.VIDEO,
    "file": AttachedKind.FILE,
}


def _place(part: object) -> str | None:
    """ "15.12,108.80"; some payloads say `long` for `longitude`, and all say numbers as texts."""
    names = (("latitude", "lat"), ("longitude", "long"))
    found = [
        next((value for name in pair if (value := _number(part, name, limit)) is not None), None)
        for pair, limit in zip(names, (90, 180), strict=True)
    ]
    return f"{found[0]},{found[1]}" if None not in found else None


def _number(part: object, name: str, limit: int) -> str | None:
    payload = part.get("payload") if isinstance(part, dict) else None
    coordinates = payload.get("coordinates") if isinstance(payload, dict) else None
    value = coordinates.get(name) if isinstance(coordinates, dict) else None
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return text if re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,12})?", text) and abs(float(text)) <= limit else None


def _reached(call: Call) -> list[Event]:
    """`user_received_message` means two things: a template reached a telephone, told by our reference and with the
    moment of it; or a message of a chat was received, told by Zalo's id alone."""
    reference = call.text("message", "tracking_id") or ""
    delivered = _moment(call.text("message", "delivery_time") or "")
    if delivered is None and not reference:
        return _of_chat(call, ReceiptState.DELIVERED)
    if not _REFERENCE.fullmatch(reference):
        return []
    return [
        Receipt(reference, ReceiptState.DELIVERED, call.id("message", "msg_id"), None, delivered or call.at, BY_PHONE)
    ]


def _seen(call: Call) -> list[Event]:
    return _of_chat(call, ReceiptState.SEEN)


def _of_chat(call: Call, state: ReceiptState) -> list[Event]:
    # Who stands as sender and who as recipient differs between accounts; one of them must be ours.
    if call.oa_id not in (call.text("sender", "id"), call.text("recipient", "id")):
        return []
    message = call.document.get("message")
    several = message.get("msg_ids") if isinstance(message, dict) else None
    ids = [text_of(each) for each in several[:_MOST_RECEIPTS]] if isinstance(several, list) else []
    ids.append(call.text("message", "msg_id"))
    return [Receipt("", state, each, None, call.at) for each in dict.fromkeys(ids) if each and is_id(each)]


def _followed(call: Call) -> list[Event]:
    follower = call.id("follower", "id")
    return [Followed(f"follow:{follower}:{_stamp(call)}", follower, call.at)] if follower else []


def _unfollowed(call: Call) -> list[Event]:
    follower = call.id("follower", "id")
    return [Unfollowed(f"unfollow:{follower}:{_stamp(call)}", follower, call.at)] if follower else []


def _shared(call: Call) -> list[Event]:
    """The form that a person filled in. Its places differ between payloads of before and now; its number does not."""
    sender = call.id("sender", "id")
    if sender is None or sender == call.oa_id:
        return []
    try:
        phone = parse_phone(call.text("info", "phone") or "")
    except PhoneError:
        return []
    return [ContactShared(f"shared:{sender}:{_stamp(call)}", sender, phone, call.at)]


_TEMPLATE_STATES = {
    "DRAFT": TemplateState.PENDING,
    "PENDING_REVIEW": TemplateState.PENDING,
    "ENABLE": TemplateState.APPROVED,
    "REJECT": TemplateState.REJECTED,
    "DISABLE": TemplateState.DISABLED,
    "DELETE": TemplateState.DISABLED,
}


def template_state(word: str | None) -> TemplateState | None:
    """Zalo's word for the state of a template; None for one that we don't know."""
    return _TEMPLATE_STATES.get((word or "").upper())


def _judged(call: Call) -> list[Event]:
    state = template_state(call.text("status", "new_status") or call.text("status"))
    template = call.id("template_id")
    if state is None or template is None or len(template) > 80:
        return []
    reason = "".join(filter(str.isprintable, call.text("reason") or ""))[:200] or None
    return [TemplateJudged(template, state, reason, BY_PHONE)]


_READERS: Mapping[str, Callable[[Call], list[Event]]] = {
    "user_received_message": _reached,
    "user_seen_message": _seen,
    "follow": _followed,
    "unfollow": _unfollowed,
    "user_submit_info": _shared,
    "change_template_status": _judged,
}


def _mac(first_term: str, body: bytes, timestamp: str, secret: str) -> bytes:
    return hashlib.sha256(first_term.encode() + body + timestamp.encode() + secret.encode()).hexdigest().encode()


def _moment(milliseconds: str) -> datetime | None:
    if not _MILLISECONDS.fullmatch(milliseconds):
        return None
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)


def _stamp(call: Call) -> str:
    return call.text("timestamp") or ""
