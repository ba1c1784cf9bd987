"""Zalo's error codes, as data: what each asks for, and which outcome of sending follows.

The codes are of Zalo's tables as of 2026 (OA v3.0 and ZBS); older lists give some of them other meanings. An error
comes with HTTP 200. It says that the message was refused, so nothing here is uncertain: only what cannot be read is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from foundation.clock import local, next_morning
from gateways.protocol import Outcome, SendStatus


class Remedy(StrEnum):
    """What an error asks for."""

    RENEW = "renew"
    """Another access token, and then the same once more."""
    PERSON = "person"
    LATER = "later"
    NEVER = "never"
    """The same gives the same: it lies with this person, this text or this template."""


class Wait(StrEnum):
    """How long, where an error asks to come back later."""

    A_LITTLE = "a_little"
    """The sender's own patience."""
    A_MINUTE = "a_minute"
    """Zalo counts requests by the minute."""
    MORNING = "morning"
    """Six o'clock in Vietnam: by night Zalo lets no such message through."""
    TOMORROW = "tomorrow"
    """A day's quota is used up; a day is Vietnam's."""


@dataclass(frozen=True, slots=True)
class ZaloError:
    """One code: what it asks for, and what it means in words that hold nothing of Zalo's answer."""

    remedy: Remedy
    means: str
    wait: Wait = Wait.A_LITTLE


def _all(remedy: Remedy, means: Mapping[int, str], wait: Wait = Wait.A_LITTLE) -> dict[int, ZaloError]:
    return {code: ZaloError(remedy, words, wait) for code, words in means.items()}


ERRORS: Mapping[int, ZaloError] = MappingProxyType(
    _all(
        Remedy.RENEW,
        {
            -124: "the access token is not valid",
            -216: "the access token is not valid",
            -220: "the access token has expired or was taken back",
        },
    )
    | _all(
        Remedy.PERSON,
        {
            -101: "the app is not valid",
            -102: "there is no such app",
            -103: "the app is not active",
            -104: "the app's secret is not valid",
            -105: "the app is not linked with the account",
            -115: "the account has no money left",
            -135: "the account may not send templates",
            -1351: "the account is blocked from sending templates",
            -136: "no Zalo Cloud account is linked",
            -137: "charging the Zalo Cloud account failed",
            -1381: "the app may not use the Zalo Cloud account",
            -209: "the app is not activated",
            -212: "the app has not registered for this interface",
            -219: "the app is disabled",
            -221: "the account must be verified",
            -223: "the account has not allowed the app this",
            -224: "the account needs a larger package",
            -242: "appsecret_proof is missing or wrong",
            -1241: "appsecret_proof is missing or wrong",
            -320: "the app is not linked with a Zalo Cloud account",
            -321: "the Zalo Cloud account is out of money",
        },
    )
    | _all(Remedy.LATER, {-32: "too many requests in a minute"}, Wait.A_MINUTE)
    | _all(Remedy.LATER, {-100: "an error at Zalo's", -200: "sending failed at Zalo's"})
    | _all(Remedy.LATER, {-133: "not by night", -234: "not by night"}, Wait.MORNING)
    | _all(
        Remedy.LATER,
        {
            -144: "today's quota is used up",
            -147: "the template's quota of today is used up",
            -1441: "the quota of promotions is used up",
            -1471: "this person has had as many as they may get for now",
            -1472: "this person has had as many as they may get for now",
            -211: "the account's quota is used up",
            -218: "the quota for this person is used up",
        },
        Wait.TOMORROW,
    )
    | _all(
        Remedy.NEVER,
        {
            -201: "a parameter is not valid",
            -210: "the text is too long",
            -213: "the person does not follow the account",
            -217: "the person has blocked invitations",
            -227: "the person's account is closed or asleep",
            -230: "the person has not written for seven days",
            -232: "the person has not written, or too long ago",
            -233: "no message of this type",
            -235: "not for this type of account",
            -240: "this interface is closed",
            -244: "the person does not want such messages",
            -248: "against Zalo's rules",
            -249: "the template cannot go to an account",
            -108: "the number is not valid",
            -109: "there is no such template",
            -111: "the template's values are not as registered",
            -112: "the template's values are not as registered",
            -1121: "a value is too long",
            -1122: "a value is missing",
            -1124: "a value has the wrong form",
            -114: "the person cannot get it",
            -117: "the account may not use this template",
            -118: "the number has no Zalo account",
            -119: "the person cannot get messages of accounts",
            -126: "the wallet for tests is empty",
            -127: "tests go to administrators only",
            -131: "the template is not approved",
            -139: "the person does not want such messages",
            -140: "the account may not send after-sale messages to this person",
            -141: "the person refuses messages of this account",
            -145: "the account may not send this kind of content",
            -146: "the template is disabled for its quality",
        },
    )
)

_STATUSES = {Remedy.RENEW: SendStatus.ACCOUNT, Remedy.PERSON: SendStatus.ACCOUNT, Remedy.NEVER: SendStatus.REJECTED}
_MORNING_HOUR = 6


def needs_renewal(code: int) -> bool:
    """Whether another access token may help."""
    known = ERRORS.get(code)
    return known is not None and known.remedy is Remedy.RENEW


def refused(reference: str, code: int, now: datetime) -> Outcome:
    """The outcome of a message that Zalo answered with this code, not 0.

    A code that no table knows is taken for a fault of the account: nobody's number is written off for it.
    """
    error = ERRORS.get(code, ZaloError(Remedy.PERSON, "a code that we do not know"))
    detail = f"Zalo says {code}: {error.means}"
    if error.remedy is not Remedy.LATER:
        return Outcome(reference, _STATUSES[error.remedy], detail=detail)
    status = SendStatus.RATE_LIMITED if error.wait is Wait.A_MINUTE else SendStatus.TEMPORARY
    return Outcome(reference, status, detail=detail, retry_after_s=seconds_of(error.wait, now))


def seconds_of(wait: Wait, now: datetime) -> float | None:
    """How long from now; None for the sender's own patience."""
    match wait:
        case Wait.A_LITTLE:
            return None
        case Wait.A_MINUTE:
            return 60.0
        case Wait.TOMORROW:
            return (next_morning(now, hour=0) - now).total_seconds()
        case Wait.MORNING:
            today = local(now).replace(hour=_MORNING_HOUR, minute=0, second=0, microsecond=0)
            next_one = today if today > now else today + timedelta(days=1)
            return (next_one - now).total_seconds()
