"""Who can take another gateway's place, and what a text becomes when it changes hands. Asks nobody."""

from dataclasses import replace

from foundation.message_class import MessageClass
from foundation.text import Encoding, segment
from gateways.protocol import Gateway, Outgoing
from scheduler.claimed import Claimed


def carries_for_others(gateway: Gateway) -> frozenset[MessageClass]:
    """The classes of other gateways' texts that this one may carry.

    An answer must be answerable again, and where a person may be answered only for so long after they wrote, that is
    known to the gateway that they wrote to and to no other. A carrier that takes texts by the thirty is no stand-in:
    the few that are left over would never leave.
    """
    can = gateway.capabilities
    if can.batch_min > 1:
        return frozenset()
    classes = {each for each in can.classes if each not in can.ladders or any(can.ladders[each].bare)}
    if not can.can_be_answered or can.reply_window is not None:
        classes.discard(MessageClass.REPLY)
    return frozenset(classes)


def may_stand_in(gateway: Gateway, absent: Gateway) -> bool:
    """Whether `gateway` may carry anything at all of what was meant for `absent`; each text is looked at again."""
    return (
        gateway.name != absent.name
        and gateway.channel == absent.channel
        and bool(carries_for_others(gateway) & absent.capabilities.classes)
    )


def as_own_of(gateway: Gateway, claimed: Claimed) -> Claimed | None:
    """Another gateway's text as this one carries it, counted and priced its way; None if it cannot."""
    if claimed.message_class not in carries_for_others(gateway):
        return None
    counted = segment(claimed.text)
    ladder = gateway.capabilities.ladders.get(claimed.message_class)
    segments = ladder.segments(counted) if ladder else counted.segments
    if segments is None or segments > gateway.capabilities.max_segments:
        return None
    encoding = Encoding(claimed.encoding)
    outgoing = Outgoing(claimed.reference, claimed.address, claimed.text, encoding, claimed.message_class)
    if gateway.cannot_carry(outgoing) is not None:
        return None
    price_vnd = segments * gateway.price_vnd_per_segment
    return replace(claimed, gateway=gateway.name, segments=segments, price_vnd=price_vnd)
