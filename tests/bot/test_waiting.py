"""What we asked for is waited for until our next reply, and asking back is counted for what was not understood."""

from dataclasses import replace

import pytest

from bot.answering import Answerer
from bot.carrying import asked_again
from bot.conversation import MOST_ASKED_BACK, respond
from bot.exchange import Incoming, Kind, KnownTicket, OptedOut, Reason, State, Turn
from bot.genuine import Genuine
from foundation.message_class import MessageClass
from tests.bot.meaning import CODE, NOW, TODAY, meant, said

MINE = KnownTicket("PA7654325", "open", TODAY)
YES = meant("affirm")
VAGUE = said("tiền hỗ trợ gì đó", meant("unclear"))
DOUBTED = said("THAT Ban trung thuong 50 trieu goi ngay so nay")


def about_to_erase(answerer: Answerer) -> State:
    return respond(State(), said("xóa dữ liệu của tôi"), answerer).state


@pytest.mark.parametrize("text", ["cháy nhà cứu với", "PA7654325", "xem dữ liệu của tôi", "THAT tin hôm qua có thật"])
def test_a_yes_to_something_else_erases_nothing(text: str, answerer: Answerer) -> None:
    genuine = Genuine(NOW, MessageClass.OPERATIONAL, to_this_number=True)
    incoming = replace(said(text, tickets=(MINE,)), genuine=genuine)
    between = respond(about_to_erase(answerer), incoming, answerer)
    turn = respond(between.state, said("dạ", YES), answerer)

    assert turn.kind is not Kind.DATA_REQUEST
    assert turn.ticket is None


def test_a_yes_after_a_voice_message_erases_nothing(answerer: Answerer) -> None:
    between = respond(about_to_erase(answerer), replace(said(""), attached=True), answerer)

    assert between.ticket is not None
    assert respond(between.state, said("dạ", YES), answerer).ticket is None


def test_a_text_without_letters_neither_answers_nor_ends_the_waiting(answerer: Answerer) -> None:
    between = respond(about_to_erase(answerer), said("🙏"), answerer)
    turn = respond(between.state, said("XOA HET"), answerer)

    assert turn.ticket is not None
    assert turn.ticket.reason is Reason.DATA


def test_the_hour_of_a_call_is_noted_also_when_a_question_was_answered_beside_it(answerer: Answerer) -> None:
    asked = said("gọi lại cho tôi. Tiền điện được bao nhiêu?", meant("ask_amount", "electricity"))
    turn = respond(State(), asked, answerer)
    assert turn.facts[0] == "electricity"

    noted = respond(turn.state, said("sáng mai nhé", meant("give_answer")), answerer)
    assert (noted.kind, noted.concerning) == (Kind.HANDOVER, CODE)


def test_a_yes_after_a_question_that_was_answered_beside_erasing_erases_nothing(answerer: Answerer) -> None:
    asked = said("xóa dữ liệu của tôi. Tiền điện được bao nhiêu?", meant("ask_amount", "electricity"))
    turn = respond(State(), asked, answerer)
    assert turn.facts[0] == "electricity"

    assert respond(turn.state, said("dạ", YES), answerer).ticket is None


def test_a_pledge_beside_danger_does_not_make_the_danger_forgotten(answerer: Answerer) -> None:
    told = respond(State(), said("cháy nhà cứu với. Ủng hộ 200k"), answerer)
    again = respond(told.state, said("ơ ơ", meant("unclear"), (KnownTicket(CODE, "open", TODAY),)), answerer)

    assert "114" in again.reply
    assert (again.events, again.concerning) == ((), CODE)


def test_a_danger_told_again_beside_a_stop_is_still_about_its_ticket(answerer: Answerer) -> None:
    told = respond(State(), said("cháy nhà cứu với"), answerer)
    mine = (KnownTicket(CODE, "open", TODAY),)
    again = respond(told.state, said("cháy nhà cứu với. Đừng nhắn tin nữa", tickets=mine), answerer)

    assert (again.kind, again.events, again.concerning) == (Kind.OPT_OUT, (OptedOut(),), CODE)


def talked(incoming: list[Incoming], answerer: Answerer) -> Turn:
    state = State()
    for each in incoming:
        turn = respond(state, each, answerer)
        state = turn.state
    return turn


def test_every_doubted_text_is_warned_about_however_many_there_are(answerer: Answerer) -> None:
    turn = talked([DOUBTED] * (MOST_ASKED_BACK + 2), answerer)

    assert (turn.kind, turn.events) == (Kind.ASK_BACK, ())
    assert "khong gui tin nay" in turn.reply


def test_a_person_takes_over_also_when_emoji_come_between(answerer: Answerer) -> None:
    turn = talked([VAGUE, said("🙏")] * MOST_ASKED_BACK + [VAGUE], answerer)

    assert (turn.kind, turn.ticket is not None) == (Kind.HANDOVER, True)


def test_two_codes_in_one_text_are_both_told(answerer: Answerer) -> None:
    other = KnownTicket("PA0000013", "answered", TODAY)
    turn = respond(State(), said("mã PA7654325 với PA0000013 sao rồi", tickets=(MINE, other)), answerer)

    assert turn.kind is Kind.STATUS
    assert "PA7654325: cán bộ đang xem" in turn.reply
    assert "PA0000013: cán bộ đã nhắn tin trả lời" in turn.reply


def test_what_was_chosen_by_number_can_be_asked_for_others(answerer: Answerer) -> None:
    unsure = meant("ask_amount", ("loan_poor", 0.4), ("social_pension", 0.3))
    turn = talked([said("được mấy đồng vậy", unsure), said("1", meant("out_of_scope"))], answerer)

    assert turn.facts[0] == "loan_poor"
    title = answerer.title("loan_poor")
    assert "hộ nghèo" in title
    assert asked_again("thế cận nghèo thì sao", turn.state) == title.replace("hộ nghèo", "cận nghèo")


def test_a_question_mark_counts_also_where_no_blank_follows(answerer: Answerer) -> None:
    for text in ("đừng gửi tin nữa hả? em còn cần mà", "đừng gửi tin nữa hả?em còn cần mà"):
        assert respond(State(), said(text, meant("unclear")), answerer).events == ()


def test_who_writes_another_language_is_called_again_once_the_first_call_is_done(answerer: Answerer) -> None:
    text = "hello please call me I need help with money"
    first = respond(State(), said(text), answerer)
    assert first.ticket is not None
    assert first.ticket.reason is Reason.CALL_BACK

    waiting = respond(first.state, said(text, tickets=(KnownTicket(CODE, "open", TODAY),)), answerer)
    assert (waiting.kind, waiting.ticket) == (Kind.OUT_OF_SCOPE, None)
    done = respond(first.state, said(text, tickets=(KnownTicket(CODE, "closed", TODAY),)), answerer)
    assert done.ticket is not None
