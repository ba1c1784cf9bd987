"""In production only what a person signed is spoken; a demonstration speaks all, and says what it is, once."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.answering import Answerer, ReplyForm
from bot.conversation import apologise, respond
from bot.exchange import Kind, State
from bot.words import say
from foundation.text import segment, unaccent
from policies import AnswerBook, Facet
from tests.bot.meaning import CODE, TODAY, meant, said
from tests.bot.test_answers import marked_long
from tests.policies.signed import signed_book

BOOK = AnswerBook.load()
ELECTRICITY = meant("ask_amount", "electricity")
QUESTION = "tiền điện được nhiêu"


def production(book: AnswerBook) -> Answerer:
    return Answerer(book, signed_only=True)


def test_in_production_what_nobody_signed_becomes_a_ticket() -> None:
    turn = respond(State(), said(QUESTION, ELECTRICITY), production(BOOK))

    assert turn.kind is Kind.HANDOVER
    assert turn.ticket is not None
    assert turn.ticket.topic == "electricity"
    assert CODE in turn.reply
    assert "59.520" not in turn.reply


def test_in_production_what_is_signed_is_spoken_without_a_mark() -> None:
    turn = respond(State(), said(QUESTION, ELECTRICITY), production(signed_book()))

    assert turn.kind is Kind.ANSWER
    assert turn.reply.startswith("Mỗi tháng 59.520")


def test_a_signature_is_of_today_and_not_of_the_day_asked_about() -> None:
    answerer = production(signed_book())
    past = respond(State(), said(QUESTION, ELECTRICITY, on=date(2024, 6, 1)), answerer)
    late = replace(said(QUESTION, ELECTRICITY), now=datetime(2099, 6, 1, tzinfo=UTC))

    assert "54.180" in past.reply
    assert respond(State(), late, answerer).kind is Kind.HANDOVER


def test_a_demonstration_says_so_with_its_first_answer_only() -> None:
    answerer = Answerer(BOOK)
    greeted = respond(State(), said("chào ad", meant("greet")), answerer)
    first = respond(greeted.state, said(QUESTION, ELECTRICITY), answerer)
    between = respond(first.state, said("HUY"), answerer)
    second = respond(between.state, said(QUESTION, ELECTRICITY), answerer)

    assert not greeted.reply.startswith(say("demonstration"))
    assert first.reply.startswith(f"{say('demonstration')} Mỗi tháng")
    assert second.reply.startswith("Mỗi tháng")


@pytest.mark.parametrize("subject", sorted(BOOK.subjects()))
def test_the_mark_costs_no_answer_a_segment_too_many(subject: str) -> None:
    for facet in Facet:
        answer = BOOK.answer(subject, facet, TODAY)
        assert answer is not None
        if answer.facet is Facet.LEGAL or marked_long(subject, answer.text):
            continue
        reply = f"{say('demonstration')} {answer.text}\n{say('source', source=answer.source)}"
        assert segment(reply).segments <= 3, (facet, reply)
        assert segment(unaccent(reply)).segments <= 2, (facet, reply)


@pytest.mark.parametrize(
    ("form", "text", "bare"),
    [
        (ReplyForm.AS_WRITTEN, QUESTION, False),
        (ReplyForm.AS_WRITTEN, unaccent(QUESTION), True),
        (ReplyForm.ACCENTED, unaccent(QUESTION), False),
        (ReplyForm.BARE, QUESTION, True),
    ],
)
def test_the_setting_decides_in_which_form_is_replied(form: ReplyForm, text: str, bare: bool) -> None:
    answerer = Answerer(signed_book(), form=form)
    for reply in (
        respond(State(), said(text, ELECTRICITY), answerer).reply,
        apologise(said(text, ELECTRICITY), form).reply,
    ):
        assert (reply == unaccent(reply)) is bare


WHERE = meant("ask_where", "electricity")
PLACES = {
    "tui o xa Mang Ri nop o dau": "UBND xa Mang Ri (Quang Ngai) lap danh sach",
    "Tôi ở xã Ngọk Lây huyện Tu Mơ Rông, nộp ở đâu?": "Xã Ngọk Lây nay thuộc xã Măng Ri (Quảng Ngãi). UBND xã Măng Ri",
    "Huyện Tu Mơ Rông thì nộp ở đâu?": "Huyện Tu Mơ Rông nay thuộc tỉnh Quảng Ngãi. UBND xã nơi ở",
    "Ở Phú Yên nộp đâu?": "Tỉnh Phú Yên nay thuộc tỉnh Đắk Lắk. UBND xã nơi ở",
    "Ở phường Tuy Hòa nộp đâu?": "UBND phường Tuy Hòa (Đắk Lắk) lập danh sách",
    "Xã Đăk Hà nộp ở đâu?": "UBND xã nơi ở lập danh sách",
    "Nộp ở đâu vậy?": "UBND xã nơi ở lập danh sách",
}


@pytest.mark.parametrize(("text", "begins"), PLACES.items())
def test_where_is_told_for_the_persons_place(text: str, begins: str, answerer: Answerer) -> None:
    assert respond(State(), said(text, WHERE), answerer).reply.startswith(begins)


def test_the_place_is_remembered_and_told_where_it_is_asked(answerer: Answerer) -> None:
    amount = respond(State(), said("tôi ở xã Măng Ri, tiền điện nhiêu", ELECTRICITY), answerer)
    where = respond(amount.state, said("vậy nộp ở đâu", meant("ask_where")), answerer)

    assert "Măng Ri" not in amount.reply
    assert where.reply.startswith("UBND xã Măng Ri (Quảng Ngãi)")


@pytest.mark.parametrize("subject", sorted(BOOK.subjects()))
def test_a_place_makes_no_answer_dearer_than_it_may_be_nor_names_a_district(subject: str, answerer: Answerer) -> None:
    for text in ("Ở xã Trà Hiệp huyện Trà Bồng thì ở đâu", "xã Sơn Tây Thượng ở đâu", "huyện Tu Mơ Rông ở đâu"):
        turn = respond(State(), said(text, meant("ask_where", subject)), answerer)
        plain = respond(State(), said("thì ở đâu", meant("ask_where", subject)), answerer)
        assert segment(turn.reply).segments <= max(3, segment(plain.reply).segments)
        assert "UBND huyện" not in turn.reply
        assert "nào trong tỉnh" in turn.reply or "nào trong tỉnh" not in plain.reply
