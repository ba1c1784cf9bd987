"""Whatever a page can name by a code has its words."""

import re
from pathlib import Path

from bot.exchange import Kind, Reason
from bot.limits import RATE_LIMITED, REPEATED
from console import words
from gateways import AttachedKind
from policies import Facet

ROOT = Path(__file__).resolve().parents[2]


def test_every_code_has_its_words() -> None:
    assert set(words.TICKET_REASONS) == set(Reason)
    assert set(words.ATTACHMENTS) == set(AttachedKind)
    assert set(words.FACETS) == set(Facet)
    assert set(words.DEEDS) == set(words.TURN_KINDS) == {*Kind, RATE_LIMITED, REPEATED}


def test_every_deed_in_the_audit_log_has_its_words() -> None:
    rooms = ("people", "campaigns", "bot", "console", "loa")
    code = "\n".join(path.read_text("utf-8") for room in rooms for path in (ROOT / room).rglob("*.py"))
    deeds = set(
        re.findall(r'"((?:broadcast|contacts|conversation|duty|label|model|official|ticket)\.(?!id")[a-z_]+)"', code)
    )
    assert "ticket.answered" in deeds
    assert deeds <= set(words.ACTIONS)
