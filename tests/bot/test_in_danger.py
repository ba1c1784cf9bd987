"""People in danger, and people who accuse: the number first, nothing that a shared phone may tell."""

import pytest

from bot.answering import Answerer
from bot.conversation import respond
from bot.danger import Danger
from bot.exchange import Kind, KnownTicket, Reason, State
from foundation.text import segment
from policies import AnswerBook
from tests.bot.meaning import CODE, TODAY, meant, said

LOST = meant("out_of_scope")
FIRE = "cháy nhà cứu với"
TOLD = (KnownTicket(CODE, "open", TODAY, confidential=True),)


@pytest.mark.parametrize(
    ("text", "danger", "number"),
    [
        (FIRE, Danger.FIRE, "114"),
        ("nước lũ lên tới mái nhà rồi, kêu cứu ở đâu", Danger.FLOOD, "112"),
        ("chồng em đang say rượu cầm dao đòi chém em", Danger.VIOLENCE, "113"),
        ("bé gái nhà bên bị cha dượng đánh bầm tím suốt", Danger.CHILD, "111"),
        ("tui muốn uống thuốc rầy chết cho xong", Danger.SUICIDE, "115"),
    ],
)
def test_the_number_comes_first_and_a_person_is_told_at_once(
    text: str, danger: Danger, number: str, answerer: Answerer
) -> None:
    turn = respond(State(), said(text), answerer)

    assert (turn.kind, turn.state.danger) == (Kind.ANSWER, danger)
    assert number in turn.reply.partition("\n")[0]
    assert turn.citations or "Nguồn" in turn.reply
    assert turn.ticket is not None
    assert (turn.ticket.reason, turn.ticket.urgent, turn.ticket.confidential) == (Reason.DANGER, True, True)
    assert turn.ticket.due_on == TODAY
    assert segment(turn.reply).segments <= 5


def test_the_number_is_said_even_if_nobody_has_signed_it() -> None:
    turn = respond(State(), said(FIRE), Answerer(AnswerBook.load(), signed_only=True))

    assert "114" in turn.reply
    assert "Thử nghiệm" not in turn.reply


def test_whoever_is_lost_in_danger_hears_the_number_again_and_no_second_ticket(answerer: Answerer) -> None:
    told = respond(State(), said(FIRE), answerer)
    for text in ("em chạy qua hàng xóm rồi", "ở thôn 2", "trời ơi"):
        again = respond(told.state, said(text, LOST, TOLD), answerer)
        assert "114" in again.reply
        assert (again.events, again.concerning) == ((), CODE)
    other = respond(told.state, said("chồng em đang đánh em", LOST, TOLD), answerer)
    assert other.ticket is not None


def test_danger_is_over_when_one_asks_of_something_else(answerer: Answerer) -> None:
    told = respond(State(), said(FIRE), answerer)
    asked = respond(told.state, said("nhà cháy được hỗ trợ bao nhiêu", meant("ask_amount", "house_disaster")), answerer)

    assert asked.facts[0] == "house_disaster"
    assert respond(asked.state, said("xem phim ở đâu", LOST), answerer).kind is Kind.OUT_OF_SCOPE


def test_a_stop_in_danger_is_heard_too(answerer: Answerer) -> None:
    turn = respond(State(), said("cháy nhà cứu với. Đừng nhắn tin nữa"), answerer)

    assert turn.kind is Kind.OPT_OUT
    assert turn.reply.index("114") < turn.reply.index("từ chối")


ACCUSATIONS = {
    "cán bộ thôn đòi 500k mới cho nhà em vô danh sách hộ nghèo": Reason.CORRUPTION,
    "nhà em bị gạch tên khỏi danh sách hộ nghèo": Reason.LIST_OBJECTION,
}


@pytest.mark.parametrize(("text", "reason"), ACCUSATIONS.items())
@pytest.mark.parametrize("intent", ["report_problem", "ask_eligibility", "out_of_scope", None])
def test_what_accuses_is_kept_secret_however_it_is_understood(
    text: str, reason: Reason, intent: str | None, answerer: Answerer
) -> None:
    understood = None if intent is None else meant(intent, "list_posting")
    turn = respond(State(), said(text + ", ở xã Măng Ri", understood), answerer)

    assert turn.kind is Kind.FEEDBACK
    assert turn.ticket is not None
    assert (turn.ticket.reason, turn.ticket.confidential, turn.ticket.topic) == (reason, True, None)
    assert turn.ticket.place is not None
    for word in ("500", "danh sách", "hộ nghèo", "Măng Ri", "UBND xã", "cán bộ thôn"):
        assert word not in turn.reply
    assert "chưa phải đơn" in turn.reply


def test_who_accuses_and_wishes_a_call_is_not_called_by_the_accused(answerer: Answerer) -> None:
    turn = respond(State(), said("gọi lại cho tôi. Trưởng thôn đòi 500k mới ký giấy"), answerer)

    assert turn.ticket is not None
    assert (turn.ticket.reason, turn.ticket.confidential) == (Reason.CORRUPTION, True)
    assert "UBND xã" not in turn.reply


@pytest.mark.parametrize(
    "text",
    [
        "cán bộ đòi tiền thì tố cáo ở đâu",
        "bị gạch tên khỏi danh sách thì khiếu nại ở đâu",
        "người tố cáo có được giữ bí mật không",
    ],
)
def test_who_asks_how_to_accuse_is_told(text: str, answerer: Answerer) -> None:
    turn = respond(State(), said(text, meant("ask_where", "tc_procedure")), answerer)

    assert (turn.kind, turn.facts[0]) == (Kind.ANSWER, "tc_procedure")
