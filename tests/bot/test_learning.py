"""The learning queue: which texts wait, what is hidden in them, what may be said of them, what training gets."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.exchange import Kind
from bot.learning import (
    ASKS,
    HIDDEN,
    INTENTS,
    LabelError,
    Learned,
    as_source,
    how_many_wait,
    label_of,
    learned,
    masked,
    save_label,
    waiting,
)
from bot.models import Inbound, InboundState
from foundation.database import Database
from foundation.text import mask_identity_numbers
from people import AuditEntry, Official, Role, add_official

DATA = Path(__file__).parents[2] / "nlu" / "data"
TOPICS = frozenset({"electricity", "credit"})


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session


@pytest.fixture
def hoa(session: Session, now: datetime) -> Official:
    return add_official(session, "hoa", Role.HANDLER, None, now, "set-up")


def came(session: Session, now: datetime, text: str = "cái đó sao", **row: Any) -> int:
    count = session.query(Inbound).count()
    asked = Inbound(
        **{
            "gateway": "simulator",
            "provider_id": str(count),
            "channel": "sms",
            "address": "+84912345678",
            "address_hash": "+84912345678",
            "text": text,
            "received_at": now,
            "state": InboundState.DONE,
            "kind": Kind.ASK_BACK,
            "facts": ["electricity"],
            "confidence": 0.3,
            "model_id": "m",
            **row,
        }
    )
    session.add(asked)
    session.flush()
    return asked.id


@pytest.mark.parametrize(
    ("row", "waits"),
    [
        ({}, True),
        ({"kind": Kind.HANDOVER, "confidence": None, "facts": []}, True),
        ({"kind": Kind.OUT_OF_SCOPE, "confidence": 0.99}, True),
        ({"kind": Kind.ANSWER, "confidence": 0.69}, True),
        ({"kind": Kind.ANSWER, "confidence": 0.7}, False),
        ({"kind": Kind.GREETING, "confidence": 0.3}, False),
        ({"kind": Kind.HANDOVER, "model_id": None}, False),
        ({"state": InboundState.WORKING, "kind": None}, False),
    ],
)
def test_what_was_not_understood_or_answered_unsurely_waits(
    session: Session, now: datetime, row: dict[str, Any], waits: bool
) -> None:
    number = came(session, now, **row)
    assert [text.id for text in waiting(session)] == ([number] if waits else [])
    assert how_many_wait(session) == waits


def test_what_waits_tells_the_models_guess_where_one_is_recorded(session: Session, now: datetime) -> None:
    came(session, now)
    came(session, now, intent="ask_where", topic=None)
    came(session, now, intent="ask_when", topic="credit", facts=["electricity"])
    guesses = [(text.guessed_intent, text.guessed_topic) for text in waiting(session)]
    assert guesses == [("ask_when", "credit"), ("ask_where", None), (None, None)]


def test_the_newest_come_first_page_by_page(session: Session, now: datetime) -> None:
    numbers = [came(session, now) for _ in range(5)]
    assert [text.id for text in waiting(session, 2)] == [numbers[4], numbers[3]]
    assert [text.id for text in waiting(session, 2, after=numbers[3])] == [numbers[2], numbers[1]]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("goi 0912345678 nhe", f"goi {HIDDEN} nhe"),
        ("sđt: +84 912 345 678.", f"sđt: {HIDDEN}."),
        ("cccd 062-099-001-234", f"cccd {HIDDEN}"),
        ("thẻ DN4797012345678", f"thẻ DN{HIDDEN}"),
        ("stk ٠٩١٢٣٤٥٦٧٨", f"stk {HIDDEN}"),
        ("vay 50.000.000 đồng, nhà 5 người, năm 2027", "vay 50.000.000 đồng, nhà 5 người, năm 2027"),
        ("ngày 20/11/2026 và 20.11.2026", "ngày 20/11/2026 và 20.11.2026"),
    ],
)
def test_long_numbers_are_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown


@given(st.text(), st.integers(10**8, 10**15), st.sampled_from(["", " ", ".", "-"]))
def test_no_long_number_is_shown_whatever_stands_around(around: str, number: int, between: str) -> None:
    digits = between.join(str(number))
    assert digits not in masked(f"{around}{digits}{around}")


@given(
    st.from_regex(r"(cccd |84|vay )?(\d{3}([ .-]?)\d{3}\3\d{3}(\3\d{3})?|\d{4} \d{4} \d{4})( đồng|k)?", fullmatch=True)
)
def test_what_is_masked_before_storage_is_hidden_in_older_rows_too(text: str) -> None:
    assert mask_identity_numbers(masked(text)) == masked(text)


def test_a_label_is_said_replaced_and_audited(session: Session, now: datetime, hoa: Official) -> None:
    number = came(session, now)
    save_label(session, number, "ask_where", None, hoa, TOPICS, now)
    save_label(session, number, "ask_amount", "credit", hoa, TOPICS, now)
    session.flush()
    label = label_of(session, number)
    assert label is not None
    assert (label.intent, label.topic, label.official) == ("ask_amount", "credit", "hoa")
    assert waiting(session) == []
    told = [entry.details for entry in session.query(AuditEntry).filter_by(action="label.saved")]
    assert told == [{"intent": "ask_where"}, {"intent": "ask_amount", "topic": "credit"}]


@pytest.mark.parametrize(
    ("intent", "topic"), [("?", None), ("ask_amount", "?"), ("greet", "credit"), (None, "credit"), ("", None)]
)
def test_a_label_that_cannot_be_is_refused(
    session: Session, now: datetime, hoa: Official, intent: str | None, topic: str | None
) -> None:
    number = came(session, now)
    with pytest.raises(LabelError):
        save_label(session, number, intent, topic, hoa, TOPICS, now)
    assert label_of(session, number) is None


def test_only_texts_that_a_model_read_are_labelled(session: Session, now: datetime, hoa: Official) -> None:
    for number in (999, came(session, now, model_id=None)):
        with pytest.raises(LabelError):
            save_label(session, number, "greet", None, hoa, TOPICS, now)


def test_training_gets_what_was_labelled_but_not_what_was_passed_over(
    session: Session, now: datetime, hoa: Official
) -> None:
    said = [("vay  bao nhiêu\n0912345678", "ask_amount", "credit"), ("hê lô", "greet", None), ("xxx", None, None)]
    for text, intent, topic in said:
        save_label(session, came(session, now, text), intent, topic, hoa, TOPICS, now)
    came(session, now, "chưa ai ghi")
    texts = list(learned(session))
    assert texts == [Learned(f"vay bao nhiêu {HIDDEN}", "ask_amount", "credit"), Learned("hê lô", "greet", None)]
    assert as_source(texts) == {"credit": {"ask_amount": [texts[0].text]}, "none": {"greet": ["hê lô"]}}


def test_the_intents_are_those_of_the_training_data() -> None:
    files = ("common.yml", "facets.yml", "situations/own_case.yml")
    common, facets, own = (yaml.safe_load((DATA / name).read_text("utf-8")) for name in files)
    assert set(INTENTS) == set(common) | set(facets) | set(own["none"])
    assert set(ASKS) == set(facets)
