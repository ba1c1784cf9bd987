"""Asks the rules about claimed messages, and does what they say."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from foundation.message_class import MessageClass
from scheduler.claimed import Claimed
from scheduler.facts import Facts
from scheduler.limits import Limits
from scheduler.outbox.models import OutboundMessage
from scheduler.outbox.states import State
from scheduler.outbox.store import pause
from scheduler.outbox.tallies import Key, What, tally_each
from scheduler.rules import Case, Refuse, Stop, Verdict, Wait, judge


def check(session: Session, claimed: Sequence[Claimed], limits: Limits, now: datetime) -> list[Claimed]:
    """The claimed messages that may leave now, in order, in the transaction that claimed them.

    The others are refused, put back, or their batch is paused; they are claimed no more.
    """
    if not claimed:
        return []
    facts = Facts(session, claimed, limits, now)
    plain: dict[tuple[MessageClass, datetime | None], Verdict] = {}
    objections: defaultdict[Refuse | Wait | Stop, list[Claimed]] = defaultdict(list)
    passed = []
    for message in claimed:
        if facts.nothing_is_known(message):  # most of a broadcast: judged once for all
            alike = message.message_class, message.expires_at
            if alike not in plain:
                plain[alike] = judge(Case(*alike), limits, now)
            verdict = plain[alike]
        else:
            verdict = judge(facts.case(message), limits, now)
            facts.count(message, verdict, now)
        if verdict is None:
            passed.append(message)
        else:
            objections[verdict].append(message)
    for objection, messages in objections.items():
        _obey(session, objection, messages, now)
    tally_each(session, _refused(objections))
    return passed


def _refused(objections: Mapping[Refuse | Wait | Stop, Sequence[Claimed]]) -> Counter[Key]:
    """Those given up for good: the others are asked about again."""
    return Counter(
        Key(What.REFUSED, message.gateway, message.message_class, objection.rule)
        for objection, messages in objections.items()
        if isinstance(objection, Refuse)
        for message in messages
    )


def _obey(session: Session, objection: Refuse | Wait | Stop, messages: Sequence[Claimed], now: datetime) -> None:
    values: dict[str, object] = {"claimed_by": None, "sent_at": None, "detail": objection.rule}
    match objection:
        case Refuse(state):
            values |= {"state": state, "settled_at": now}
        case Wait(until):
            values |= {"state": State.QUEUED, "not_before": until}
        case Stop(rule):
            values |= {"state": State.QUEUED}
            for batch_id in {message.batch_id for message in messages if message.batch_id is not None}:
                pause(session, batch_id, rule, now)
    session.execute(
        update(OutboundMessage)
        .where(OutboundMessage.id.in_([message.id for message in messages]))
        .values(values)
        .execution_options(synchronize_session=False)
    )
