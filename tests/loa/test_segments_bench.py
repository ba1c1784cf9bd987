"""`loa bench segments`, small: what it measures is right, whatever it takes."""

import unicodedata

from loa.bench.segments import measure_messages
from loa.bench.segments_messages import messages

MESSAGES = 2_000


def test_the_messages_are_counted_as_by_hand() -> None:
    report = measure_messages(MESSAGES).as_json()
    figures = {target["what"]: target["figure"] for target in report["targets"]}
    assert figures.keys() == {"per_s", "vs_floor", "differ"}
    assert figures["differ"] == 0
    conditions = report["conditions"]
    assert conditions["gsm7"] + conditions["ucs2"] == conditions["messages"] == MESSAGES
    assert 0.4 * MESSAGES < conditions["gsm7"] < 0.5 * MESSAGES  # the bare ones but for those with emoji
    assert conditions["segments"] > 2 * conditions["ucs2"]


def test_the_messages_are_the_same_in_every_run_and_hold_what_is_hard_to_count() -> None:
    drawn = messages(MESSAGES)
    assert drawn == messages(MESSAGES)
    values = ["".join(message.values.values()) for message in drawn]
    assert sum(message.is_bare for message in drawn) == MESSAGES / 2
    assert sum("€" in text or "[" in text for text in values) > 20
    assert sum(max(text) > "\uffff" for text in values) > 20
    assert sum(not unicodedata.is_normalized("NFC", text) for text in values) > 100
