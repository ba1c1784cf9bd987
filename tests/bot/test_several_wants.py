"""One text that wants several things: the weightiest names the turn, and all of it is done and answered."""

from dataclasses import replace

import pytest

from bot.answering import Answerer
from bot.conversation import respond, to_understand
from bot.exchange import Awaited, Kind, KnownTicket, OptedOut, Pledged, Reason, State, TicketOpened
from bot.keywords import Keyword
from bot.reading import read
from bot.understanding import Understanding
from tests.bot.meaning import CODE, TODAY, meant, said

ELECTRICITY = meant("ask_amount", "electricity")
MINE = KnownTicket("PA7654325", "open", TODAY)


@pytest.mark.parametrize(
    ("text", "keywords", "rest"),
    [
        ("HUY", (Keyword.OPT_OUT,), ""),
        ("HUY, cảm ơn", (Keyword.OPT_OUT,), ""),
        ("đừng gửi tin nữa. Mà tiền điện bao nhiêu?", (Keyword.OPT_OUT,), "Mà tiền điện bao nhiêu?"),
        ("dung nhan tin nua ma cho hoi tien dien bao nhieu", (Keyword.OPT_OUT,), "cho hoi tien dien bao nhieu"),
        ("xóa hết thông tin của tôi và đừng nhắn tin nữa", (Keyword.OPT_OUT, Keyword.ERASE_DATA), ""),
        ("đừng nhắn tin nữa, tiền điện bao nhiêu", (Keyword.OPT_OUT,), "tiền điện bao nhiêu"),
        ("gọi lại cho tôi. Tôi không biết chữ", (Keyword.CALL_BACK,), "Tôi không biết chữ"),
        ("em chỉ muốn ngừng nhận tin này, được không", (), "em chỉ muốn ngừng nhận tin này, được không"),
        ("mấy tin hồi nãy tui kể, xóa hết nha", (), "mấy tin hồi nãy tui kể, xóa hết nha"),
        ("HUY. Hộ nghèo được gì", (), "HUY. Hộ nghèo được gì"),
        ("Huy đây ạ, cho hỏi vay vốn sinh viên", (), "Huy đây ạ, cho hỏi vay vốn sinh viên"),
        ("em tên Huy, dang ky, vay vốn", (), "em tên Huy, dang ky, vay vốn"),
    ],
)  # fmt: skip
def test_what_works_by_itself_is_told_from_the_rest(text: str, keywords: tuple[Keyword, ...], rest: str) -> None:
    assert (read(text).keywords, read(text).rest) == (keywords, rest)
    assert to_understand(text) == (rest or None)


def test_a_stop_beside_a_question_stops_and_answers(answerer: Answerer) -> None:
    turn = respond(State(), said("đừng nhắn tin nữa. Hộ nghèo được tiền điện bao nhiêu?", ELECTRICITY), answerer)

    assert (turn.kind, turn.events) == (Kind.OPT_OUT, (OptedOut(),))
    assert turn.facts[0] == "electricity"
    assert turn.reply.index("từ chối") < turn.reply.index("59.520")
    assert turn.state.topic == "electricity"


def test_the_weightiest_names_the_turn(answerer: Answerer) -> None:
    turn = respond(State(), said("Xem dữ liệu của tôi. Tôi ủng hộ 200k"), answerer)

    assert turn.kind is Kind.DATA_REQUEST
    assert {type(event) for event in turn.events} == {TicketOpened, Pledged}
    assert "200.000" in turn.reply


def test_a_status_beside_a_question_is_told_with_its_answer(answerer: Answerer) -> None:
    text = "mã PA7654325 tới đâu rồi, với lại tiền điện được bao nhiêu"
    turn = respond(State(), said(text, ELECTRICITY, (MINE,)), answerer)

    assert turn.kind is Kind.STATUS
    assert turn.facts[0] == "electricity"
    assert "cán bộ đang xem" in turn.reply
    assert "59.520" in turn.reply


@pytest.mark.parametrize("rest", [meant("out_of_scope"), meant("give_answer"), meant("unclear"), meant("thank"), None])
def test_the_manner_of_a_wish_is_no_question(rest: Understanding | None, answerer: Answerer) -> None:
    turn = respond(State(), said("gọi lại cho tôi. Tôi không biết chữ", rest), answerer)

    assert turn.kind is Kind.HANDOVER
    assert len(turn.events) == 1
    assert "\n" not in turn.reply


def test_two_wishes_for_a_person_are_one_ticket(answerer: Answerer) -> None:
    turn = respond(State(), said("xem dữ liệu của tôi. Gọi lại cho tôi nhé"), answerer)

    assert turn.kind is Kind.DATA_REQUEST
    assert [event.reason for event in turn.events if isinstance(event, TicketOpened)] == [Reason.DATA]


def test_a_complaint_with_a_question_inside_is_recorded_and_answered(answerer: Answerer) -> None:
    whole = meant("report_problem", "electricity")
    text = "3 tháng rồi nhà tôi chưa nhận được tiền điện. Hộ nghèo được bao nhiêu một tháng?"
    turn = respond(State(), said(text, replace(whole, pieces=(whole, ELECTRICITY))), answerer)

    assert turn.kind is Kind.FEEDBACK
    assert turn.ticket is not None
    assert (turn.ticket.reason, turn.ticket.topic) == (Reason.FEEDBACK, "electricity")
    assert CODE in turn.reply
    assert "59.520" in turn.reply


def test_erasing_takes_two_texts(answerer: Answerer) -> None:
    asked = respond(State(), said("xóa dữ liệu của tôi"), answerer)
    assert (asked.kind, asked.events, asked.state.awaits) == (Kind.DATA_REQUEST, (), Awaited.ERASE_YES)

    done = respond(asked.state, said("XOA HET"), answerer)
    assert done.ticket is not None
    assert done.ticket.reason is Reason.DATA
    assert respond(asked.state, said("ừ", meant("affirm")), answerer).ticket is not None
    assert respond(State(), said("XOA HET"), answerer).ticket is None


def test_the_word_that_erases_counts_only_right_after_it_was_asked_for(answerer: Answerer) -> None:
    asked = respond(State(), said("xóa dữ liệu của tôi"), answerer)
    between = respond(asked.state, said("tiền điện bao nhiêu", ELECTRICITY), answerer)

    assert between.state.awaits is None
    assert respond(between.state, said("XOA HET"), answerer).ticket is None


def test_an_amount_completes_a_pledge_and_a_slip_changes_it(answerer: Answerer) -> None:
    promised = respond(State(), said("ủng hộ"), answerer)
    told = respond(promised.state, said("200k", meant("out_of_scope")), answerer)
    assert (told.kind, told.events) == (Kind.PLEDGE, (Pledged(200_000, again=True),))

    changed = respond(told.state, said("à nhầm, 3tr mới đúng", meant("deny")), answerer)
    assert changed.events == (Pledged(3_000_000, again=True),)
    for text in ("vay 3tr lãi bao nhiêu", "3tr"):
        assert respond(told.state, said(text, meant("ask_amount", "loan_poor")), answerer).kind is not Kind.PLEDGE


def test_a_text_after_a_pledge_asks_about_the_giving(answerer: Answerer) -> None:
    promised = respond(State(), said("ung ho 200k"), answerer)

    turn = respond(promised.state, said("chuyen khoan vao dau", meant("out_of_scope", sure=0.6)), answerer)
    assert (turn.kind, turn.facts[0]) == (Kind.ANSWER, "fund_poor")
    assert respond(promised.state, said("gia ca phe nhieu", meant("out_of_scope")), answerer).kind is Kind.OUT_OF_SCOPE


def test_who_wishes_to_be_called_tells_the_hour_and_the_language_now_or_then(answerer: Answerer) -> None:
    now = respond(State(), said("gọi lại cho tôi sau 5 giờ chiều, tôi chỉ nói tiếng Ê Đê"), answerer)
    assert now.ticket is not None
    assert (now.ticket.hour, now.ticket.language) == ("sau 5 giờ chiều", "Ê Đê")
    assert "sau 5 giờ chiều" in now.reply

    later = respond(State(), said("GOI"), answerer)
    noted = respond(later.state, said("sang mai nhe", meant("give_answer")), answerer)
    assert (noted.kind, noted.events, noted.concerning) == (Kind.HANDOVER, (), CODE)


@pytest.mark.parametrize("typed", ["PA7654352", "PA76543255", "PA765432", "pa 765 4326"])
def test_a_code_mistyped_is_offered_right_from_ones_own_alone(typed: str, answerer: Answerer) -> None:
    own = respond(State(), said(f"{typed} tới đâu rồi", tickets=(MINE,)), answerer)
    assert own.kind is Kind.STATUS
    assert "Có phải mã PA7654325" in own.reply

    assert "Có phải" not in respond(State(), said(f"{typed} tới đâu rồi"), answerer).reply
