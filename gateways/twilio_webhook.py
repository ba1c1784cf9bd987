"""Twilio's calls on us: signed forms, of which we read what we know and pass over the rest."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from foundation.phones import PhoneError, parse_phone
from gateways.protocol import Attached, AttachedKind, InboundText, Receipt, WebhookRefused, WebhookRequest
from gateways.twilio_codes import fate
from gateways.twilio_sdk import is_signed, read_form
from gateways.webhooks import require_shape

SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_SIGNATURE = "X-Twilio-Signature"
_SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
_MOST_MEDIA = 10
_KINDS = {"image": AttachedKind.IMAGE, "audio": AttachedKind.AUDIO, "video": AttachedKind.VIDEO}


@dataclass(frozen=True, slots=True)
class Signers:
    """The keys with which Twilio may sign: the account's token, and the shared keys that replace it, where there are.

    Several shared keys are good at a time, so that one can follow another with no call refused.
    """

    auth_token: str = field(repr=False)
    shared_keys: tuple[str, ...] = field(default=(), repr=False)


def verified(request: WebhookRequest, address: str, signers: Signers) -> Mapping[str, Sequence[str]]:
    """The fields of a call, each with its values in order. Raises WebhookRefused.

    What is signed is the address that Twilio called. Behind a proxy we are called by another, so `address` comes from
    settings, never from the Host that the caller gives; the query is taken as it came.
    """
    require_shape(request, ("POST",))
    query = urlsplit(request.url).query
    try:
        form = read_form(request.body)
    except ValueError:
        raise WebhookRefused(400, "the form cannot be read") from None
    signature, settings = request.header(_SIGNATURE) or "", request.header(_SETTINGS)
    url = f"{address}?{query}" if query else address
    if not is_signed(url, form, signature, settings, signers.auth_token, signers.shared_keys):
        raise WebhookRefused(403, "the call is not signed for this address")
    return form


def read_inbound(form: Mapping[str, Sequence[str]]) -> list[InboundText]:
    """The text; nothing for what nobody can answer: named senders, short codes, other channels.

    Twilio tells no time. Where its own opt-out machine answered as well (OptOutType) it is a text all the same.
    """
    sid = _first(form, "MessageSid")
    if not SID.fullmatch(sid):
        raise WebhookRefused(400, "no MessageSid")
    try:
        sender = parse_phone(_first(form, "From"))
    except PhoneError:
        return []
    return [InboundText(sid, sender, _first(form, "To"), _first(form, "Body"), None, _attached(form))]


def read_receipt(form: Mapping[str, Sequence[str]], reference: str) -> Receipt:
    """How far the message is. RawDlrDoneDate is passed over: it is a network's time, without its zone."""
    status = fate(_first(form, "MessageStatus"), _first(form, "ErrorCode"))
    if status is None:
        raise WebhookRefused(400, "no such MessageStatus")
    sid = _first(form, "MessageSid")
    return Receipt(reference, status[0], sid if SID.fullmatch(sid) else None, status[1])


def _attached(form: Mapping[str, Sequence[str]]) -> tuple[Attached, ...]:
    attached = []
    for number in range(_MOST_MEDIA):
        if url := _first(form, f"MediaUrl{number}"):
            main_type = _first(form, f"MediaContentType{number}").partition("/")[0]
            attached.append(Attached(_KINDS.get(main_type, AttachedKind.FILE), url))
    return tuple(attached)


def _first(form: Mapping[str, Sequence[str]], name: str) -> str:
    return form[name][0] if name in form else ""
