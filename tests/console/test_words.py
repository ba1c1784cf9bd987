"""Whatever a page can name by a code has its words."""

import re
from pathlib import Path

from bot.exchange import Kind, Reason
from bot.limits import RATE_LIMITED, REPEATED
from console import delivery_words, words
from foundation.message_class import MessageClass
from gateways import AttachedKind
from policies import Facet
from scheduler.outbox import State
from scheduler.outbox.states import CircuitState

ROOT = Path(__file__).resolve().parents[2]


def test_every_code_has_its_words() -> None:
    assert set(words.TICKET_REASONS) == set(Reason)
    assert set(words.ATTACHMENTS) == set(AttachedKind)
    assert set(words.FACETS) == set(Facet)
    assert set(words.STATES) == set(State)
    assert set(delivery_words.QUEUES) == set(MessageClass)
    assert set(delivery_words.CIRCUITS) == set(delivery_words.CIRCUIT_TONES) == set(CircuitState)
    assert set(words.DEEDS) == set(words.TURN_KINDS) == {*Kind, RATE_LIMITED, REPEATED}


def test_every_deed_in_the_audit_log_has_its_words() -> None:
    rooms = ("people", "scheduler", "campaigns", "bot", "console", "loa")
    code = "\n".join(path.read_text("utf-8") for room in rooms for path in (ROOT / room).rglob("*.py"))
    deeds = set(
        re.findall(
            r'"((?:broadcast|contacts|conversation|duty|label|message|model|official|ticket)\.(?!id")[a-z_]+)"', code
        )
    )
    assert "ticket.answered" in deeds
    assert deeds <= set(words.ACTIONS)


def test_why_a_gateway_rests_is_said_in_vietnamese() -> None:
    assert delivery_words.trouble("errors: 62% of 45") == "nhiều tin gửi hỏng (62% trong 45 tin)"
    assert delivery_words.trouble("slow: 7.2 s") == "trả lời quá chậm (7,2 giây)"
    assert delivery_words.trouble("account: 103 no balance").endswith("cần người sửa (103 no balance)")


def test_what_a_person_decided_is_said_in_vietnamese() -> None:
    assert words.reason("arrived: minh") == "minh cho biết tin đã đến"
    assert words.reason("resent as 01abc") == "đã gửi lại là tin 01abc"
