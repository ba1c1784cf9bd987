"""How messages and the outbox are shown at the terminal: documents for programs, lines for people."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from console import delivery_words, words
from foundation.clock import say_time
from foundation.text import format_vnd
from scheduler.outbox.lives import Life
from scheduler.outbox.overview import (
    queues,
    refusals,
    trusts,
    uncertain_by_age,
    waiting_for_a_person,
    without_receipt,
)
from scheduler.outbox.states import CircuitState


def document(life: Life) -> dict[str, Any]:
    """A message as JSON: moments in UTC, the number masked."""
    return {
        "state": life.state.value,
        "class": life.message_class.value,
        "to": life.to,
        **{name: _plain(value) for name, value in life.facts.items()},
        "receipts": [{name: _plain(value) for name, value in asdict(each).items()} for each in life.receipts],
        "decisions": [{name: _plain(value) for name, value in asdict(each).items()} for each in life.decisions],
    }


def line(life: Life) -> str:
    """A message in a line of a list."""
    facts = life.facts
    detail = words.reason(str(facts["detail"])) if facts["detail"] else None
    parts = (facts["reference"], words.STATES[life.state], facts["gateway"], life.to or "câu trả lời", detail)
    return "  ".join(str(part) for part in parts if part)


def lines(life: Life) -> Iterator[str]:
    """A message's life, the oldest first."""
    facts = life.facts
    yield line(life)
    price = format_vnd(int(str(facts["price_vnd"])))
    yield f"{life.message_class}: {facts['segments']} đoạn {facts['encoding']}, {price}, thử {facts['attempts']} lần"
    told = ("template", "template_version", "rules_version", "model_id", "approver", "batch_id", "inbound_id")
    yield from (f"{name}: {facts[name]}" for name in (*told, "claimed_by", "provider_id") if facts[name] is not None)
    if facts["failed_over_from"]:
        yield f"đi thay cổng {facts['failed_over_from']}"
    moments = (
        *(("created_at", "lập"), ("not_before", "không gửi trước"), ("expires_at", "không gửi sau")),
        *(("sent_at", "gửi đi"), ("status_asked_at", "hỏi nhà mạng"), ("settled_at", "kết thúc")),
    )
    yield from (f"{said} {_when(facts[name])}" for name, said in moments if facts[name] is not None)
    yield from (
        f"biên nhận {_when(each.received_at)}: {words.STATES[each.state]}{f' ({each.detail})' if each.detail else ''}"
        for each in life.receipts
    )
    for each in life.decisions:
        because = f": {each.because}" if each.because else ""
        yield f"{_when(each.at)} {each.official} {words.ACTIONS.get(each.action, each.action)}{because}"


def summary(session: Session, gateways: Sequence[str], now: datetime, deadline: datetime) -> dict[str, Any]:
    """The outbox as JSON: counts of messages, ages in seconds; `deadline` as in `reconcile`, as a moment."""
    return {
        "queues": [
            {
                "class": queue.message_class.value,
                "gateway": queue.gateway,
                "waiting": queue.waiting,
                "due": queue.due,
                "paused": queue.paused,
                "oldest_s": queue.oldest_s,
            }
            for queue in queues(session, now)
        ],
        "uncertain": uncertain_by_age(session, now),
        "waiting_for_a_person": waiting_for_a_person(session, deadline),
        "without_receipt": without_receipt(session, now),
        "refusals": refusals(session, now),
        "gateways": [{name: _plain(value) for name, value in asdict(t).items()} for t in trusts(session, gateways)],
    }


def summary_lines(found: dict[str, Any]) -> Iterator[str]:
    """The same for a person."""
    for queue in found["queues"]:
        paused = f", {queue['paused']} tạm dừng" if queue["paused"] else ""
        name = delivery_words.QUEUES[queue["class"]]
        yield f"{name} qua {queue['gateway']}: {queue['waiting']} tin chờ, {queue['due']} đã đến lượt{paused}"
    if not found["queues"]:
        yield "không có tin nào chờ gửi"
    yield f"chưa rõ số phận: {sum(found['uncertain'].values())} tin"
    for gateway, count in found["waiting_for_a_person"].items():
        yield f"  {count} tin qua {gateway} chờ người quyết định"
    for gateway, count in found["without_receipt"].items():
        yield f"quá ba ngày không có biên nhận qua {gateway}: {count} tin"
    for rule, count in found["refusals"].items():
        yield f"không gửi vì {words.reason(rule)}: {count} tin"
    for gateway in found["gateways"]:
        yield f"cổng {gateway['gateway']}: {_stands(gateway)}"


def _stands(gateway: dict[str, Any]) -> str:
    said = delivery_words.CIRCUITS[gateway["circuit"]]
    if gateway["circuit"] == CircuitState.CLOSED:
        return said
    retry = f", thử lại lúc {_when(datetime.fromisoformat(gateway['retry_at']))}" if gateway["retry_at"] else ""
    return f"{said}: {delivery_words.trouble(gateway['because'] or '')}{retry}"


def _when(moment: object) -> str:
    return say_time(moment) if isinstance(moment, datetime) else str(moment)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
