"""One text, one turn: what is said to whom, and what shall happen because of it."""

from dataclasses import dataclass
from datetime import date
from itertools import product

import pytest

from bot.answering import Answerer
from bot.conversation import apologise, respond, to_understand
from bot.exchange import Event, Kind, KnownTicket, OptedIn, OptedOut, Pledged, Reason, State, TicketOpened, Turn
from bot.understanding import Understanding
from foundation.text import unaccent
from policies import Facet
from tests.bot.meaning import CODE, IN_FIVE_WORKING_DAYS, IN_TWO_WORKING_DAYS, TODAY, meant, said

MINE = KnownTicket("PA7654325", "open", date(2026, 11, 24))
ANSWERED = KnownTicket("PA0000013", "answered", date(2026, 11, 20))


FRESH = State()


@dataclass(frozen=True)
class Case:
    """A text as understood, and what comes of it. `says` must stand in the reply, `hides` must not."""

    text: str
    understood: Understanding | None
    kind: Kind
    says: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    facts: tuple[str, ...] = ()
    state: State = FRESH
    tickets: tuple[KnownTicket, ...] = ()


def ticket(
    kind: Kind, topic: str | None = None, due: date = IN_FIVE_WORKING_DAYS, reason: Reason = Reason.QUESTION
) -> tuple[Event, ...]:
    return (TicketOpened(CODE, kind, topic, due, reason),)


def talked_about(state: State) -> tuple[object, ...]:
    """What a state is about, whatever else is remembered."""
    return state.topic, state.facet, state.choices, state.bare


ELECTRICITY = meant("ask_amount", "electricity")

CASES: dict[str, Case] = {
    "a question is answered with its source": Case(
        "Hộ nghèo được hỗ trợ tiền điện bao nhiêu?", ELECTRICITY, Kind.ANSWER,
        says=("59.520 đồng", "\nNguồn: QĐ 28/2014"), facts=("electricity",), state=State("electricity", Facet.AMOUNT),
    ),
    "who writes bare is answered bare": Case(
        "ho ngheo dc ho tro tien dien bn", ELECTRICITY, Kind.ANSWER,
        says=("59.520 dong", "Nguon: QD 28/2014"), hides=("đồng", "Nguồn"), facts=("electricity",),
        state=State("electricity", Facet.AMOUNT, bare=True),
    ),
    "who may receive is never promised": Case(
        "bà tôi có được hưu trí xã hội không", meant("ask_eligibility", "social_pension"), Kind.ANSWER,
        says=("Có thể thuộc diện",), facts=("social_pension",), state=State("social_pension", Facet.WHO),
    ),
    "a subject alone is told what it is": Case(
        "tiền điện", meant("unclear", "electricity"), Kind.ANSWER,
        says=("30 kWh",), facts=("electricity",), state=State("electricity", Facet.WHAT),
    ),
    "a subject without an answer goes to a person": Case(
        "được cấp máy cày không", meant("ask_eligibility", "tractors"), Kind.HANDOVER,
        says=(CODE, "27/11/2026"), events=ticket(Kind.HANDOVER, "tractors"), state=State("tractors"),
    ),
    "a question without a subject is asked back": Case(
        "được bao nhiêu tiền", meant("ask_amount"), Kind.ASK_BACK, says=("khoản nào",), state=State(facet=Facet.AMOUNT),
    ),
    "an unclear text is asked back": Case(
        "tien", meant("unclear"), Kind.ASK_BACK, says=("khoan nao",), state=State(bare=True),
    ),
    "no idea is asked back": Case("không rõ nữa", meant("dont_know"), Kind.ASK_BACK, says=("khoản nào",)),
    "what is not ours is said so": Case(
        "giá cà phê hôm nay bao nhiêu", meant("out_of_scope"), Kind.OUT_OF_SCOPE, says=("hỏi nơi khác",),
    ),
    "a greeting": Case("chào ad", meant("greet"), Kind.GREETING, says=("Chào bà con", "HUY")),
    "thanks": Case("cảm ơn ạ", meant("thank"), Kind.GREETING, says=("không có gì",)),
    "a yes to nothing": Case("đúng rồi", meant("affirm"), Kind.GREETING, says=("cứ nhắn",)),
    "a no to nothing": Case("không có", meant("deny"), Kind.GREETING, says=("cứ nhắn",)),
    "circumstances out of nothing": Case(
        "nhà 5 người", meant("give_answer"), Kind.ASK_BACK, says=("khoản nào",), state=State(facet=Facet.WHO),
    ),
    "help": Case("TRO GIUP", None, Kind.GREETING, says=("gap can bo", "HUY", "DANG KY"), state=State(bare=True)),
    "a question mark alone is a cry for help": Case("?", None, Kind.GREETING, says=("gặp cán bộ",)),
    "a person is wanted": Case(
        "cho tôi gặp cán bộ", meant("ask_human"), Kind.HANDOVER,
        says=(CODE, "27/11/2026"), events=ticket(Kind.HANDOVER),
    ),
    "a complaint becomes a ticket with its subject": Case(
        "3 tháng rồi chưa thấy tiền điện", meant("report_problem", "electricity"), Kind.FEEDBACK,
        says=(CODE, "27/11/2026", "không thay cho đơn"),
        events=ticket(Kind.FEEDBACK, "electricity", reason=Reason.FEEDBACK),
    ),
    "a complaint whose subject is a guess gets none": Case(
        "xã làm ăn kỳ quá", meant("report_problem", ("electricity", 0.05)), Kind.FEEDBACK,
        says=(CODE,), events=ticket(Kind.FEEDBACK, reason=Reason.FEEDBACK),
    ),
    "no understanding: a ticket, and it is said": Case(
        "tiền điện được nhiêu", None, Kind.HANDOVER,
        says=("trục trặc", CODE, "27/11/2026"), events=ticket(Kind.HANDOVER),
    ),
    "stop": Case(
        "HUY", None, Kind.OPT_OUT, says=("09:00 20/11/2026", "DANG KY"), events=(OptedOut(),), state=State(bare=True),
    ),
    "stop in a sentence": Case(
        "thôi đừng nhắn nữa", None, Kind.OPT_OUT, says=("Đã nhận yêu cầu từ chối",), events=(OptedOut(),),
    ),
    "a wish to stop that is only guessed is told the word": Case(
        "phiền quá đi", meant("opt_out"), Kind.ASK_BACK, says=("đúng một chữ HUY",),
    ),
    "start again": Case(
        "DANG KY", None, Kind.OPT_IN, says=("09:00 20/11/2026", "HUY"), events=(OptedIn(),), state=State(bare=True),
    ),
    "start again in other words": Case(
        "cho nhận tin lại đi", meant("opt_in"), Kind.OPT_IN, says=("nhận lại",), events=(OptedIn(),),
    ),
    "an unsure wish to start again changes nothing": Case(
        "tin đâu rồi", meant("opt_in", sure=0.4), Kind.OUT_OF_SCOPE, says=("hỏi nơi khác",),
    ),
    "personal data, two working days": Case(
        "xem dữ liệu", None, Kind.DATA_REQUEST,
        says=(CODE, "24/11/2026", "UBND xã"),
        events=ticket(Kind.DATA_REQUEST, due=IN_TWO_WORKING_DAYS, reason=Reason.DATA),
    ),
    "to erase is asked for once more": Case("xóa dữ liệu", None, Kind.DATA_REQUEST, says=("XOA HET", "không lấy lại")),
    "personal data in other words": Case(
        "tổng đài lưu gì của tôi", meant("data_request"), Kind.DATA_REQUEST,
        says=(CODE,), events=ticket(Kind.DATA_REQUEST, due=IN_TWO_WORKING_DAYS, reason=Reason.DATA),
    ),
    "a pledge": Case(
        "UNG HO 200K", None, Kind.PLEDGE,
        says=("200.000 dong", "Chua can chuyen tien"), events=(Pledged(200_000),), state=State("fund_poor", bare=True),
    ),
    "a pledge in words": Case(
        "em góp 500 nghìn xây nhà", None, Kind.PLEDGE, says=("500.000 đồng",),
        events=(Pledged(500_000),), state=State("fund_poor"),
    ),
    "a pledge without a sum": Case(
        "ủng hộ", None, Kind.PLEDGE, says=("bao nhiêu", "UNG HO 200K"),
        events=(Pledged(None),), state=State("fund_poor"),
    ),
    "a sum that nobody can mean is not recorded": Case(
        "ủng hộ 9999 tỷ", None, Kind.PLEDGE, says=("bao nhiêu",), hides=("9.999", "ghi nhận"),
        events=(Pledged(None),), state=State("fund_poor"),
    ),
    "two sums: neither": Case(
        "ung ho 200k hay 300k", None, Kind.PLEDGE, says=("bao nhieu",),
        events=(Pledged(None),), state=State("fund_poor", bare=True),
    ),
    "a pledge only understanding hears": Case(
        "nhà chồng em xin được chung tay 2 triệu", meant("pledge"), Kind.PLEDGE,
        says=("2.000.000 đồng",), events=(Pledged(2_000_000),), state=State("fund_poor"),
    ),
    "a pledge that is a guess is not recorded": Case(
        "chung tay 2 triệu", meant("pledge", sure=0.4), Kind.ASK_BACK, says=("UNG HO 200K",), hides=("ghi nhận",),
    ),
    "the status of one's own ticket": Case(
        "PA7654325", None, Kind.STATUS,
        says=("PA7654325", "24/11/2026"), state=State(bare=True), tickets=(ANSWERED, MINE),
    ),
    "its code in a sentence, with blanks": Case(
        "phiếu pa 765 4325 tới đâu rồi", None, Kind.STATUS, says=("PA7654325: cán bộ đang xem",), tickets=(MINE,),
    ),
    "the status of a ticket that was answered": Case(
        "mã PA0000013 sao rồi", None, Kind.STATUS, says=("đã nhắn tin trả lời",), tickets=(MINE, ANSWERED),
    ),
    "somebody else's code tells nothing": Case(
        "mã PA7654325 sao rồi", None, Kind.STATUS, says=("không có mã PA7654325",), hides=("24/11", "cán bộ"),
    ),
    "a code mistyped tells nothing": Case(
        "mã PA7654326 sao rồi", None, Kind.STATUS, says=("không có mã PA7654326",), hides=("24/11",), tickets=(MINE,),
    ),
    "the status of what one asked": Case(
        "câu hỏi của tôi tới đâu rồi", meant("ask_status"), Kind.STATUS,
        says=("PA7654325", "PA0000013"), tickets=(MINE, ANSWERED),
    ),
    "the status of nothing": Case(
        "câu hỏi của tôi tới đâu rồi", meant("ask_status"), Kind.STATUS, says=("chưa có câu hỏi nào",),
    ),
    "an empty text": Case("", None, Kind.ASK_BACK, says=("không có chữ",)),
    "a text of emoji": Case("🙏🙏❤️", None, Kind.ASK_BACK, says=("không có chữ",)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_text_gets_its_turn(case: Case, answerer: Answerer) -> None:
    turn = respond(State(), said(case.text, case.understood, case.tickets), answerer)

    assert turn.kind is case.kind
    for words in case.says:
        assert words in turn.reply
    for words in case.hides:
        assert words not in turn.reply
    assert turn.events == case.events
    assert turn.facts == case.facts
    assert talked_about(turn.state) == talked_about(case.state)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_only_what_needs_it_is_sent_to_understanding(case: Case) -> None:
    if case.understood is not None:
        assert to_understand(case.text)
    elif case.kind is not Kind.HANDOVER:
        assert not to_understand(case.text)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_who_writes_without_diacritics_reads_none(case: Case, answerer: Answerer) -> None:
    turn = respond(State(), said(unaccent(case.text), case.understood, case.tickets), answerer)

    if any(character.isalpha() for character in case.text):
        assert turn.reply == unaccent(turn.reply)
        assert turn.state.bare


def test_the_answer_names_what_it_rests_on(answerer: Answerer) -> None:
    turn = respond(State(), said("tiền điện được nhiêu", ELECTRICITY), answerer)

    assert turn.citations[0].number == "28/2014/QĐ-TTg"
    assert turn.confidence == 0.95
    assert turn.version


@pytest.mark.parametrize(
    ("subject", "on", "amount"),
    [
        ("electricity", date(2024, 6, 1), "54.180"),
        ("electricity", TODAY, "59.520"),
        ("hi_nearpoor_benefit", date(2025, 12, 31), "95%"),
        ("hi_nearpoor_benefit", date(2026, 1, 1), "100%"),
        ("pov_line_2022_2026", date(2027, 1, 1), "2.200.000"),
    ],
)
def test_the_law_of_the_day_asked_about_is_told(subject: str, on: date, amount: str, answerer: Answerer) -> None:
    turn = respond(State(), said("được bao nhiêu", meant("ask_amount", subject), on=on), answerer)

    assert turn.kind is Kind.ANSWER
    assert amount in turn.reply


def test_of_a_day_before_there_was_law_a_person_must_tell(answerer: Answerer) -> None:
    turn = respond(State(), said("được nhiêu", meant("ask_amount", "social_pension"), on=date(2024, 1, 1)), answerer)

    assert turn.events == ticket(Kind.HANDOVER, "social_pension")


def test_when_we_fail_ourselves_a_person_takes_over() -> None:
    turn = apologise(said("tien dien"))

    assert turn.events == ticket(Kind.HANDOVER)
    assert CODE in turn.reply
    assert turn.reply == unaccent(turn.reply)


@pytest.mark.parametrize(
    ("first", "second"),
    list(product(["HUY", "xóa dữ liệu", "DANG KY", "UNG HO 200K", "PA7654325"], ["ask_amount", "report_problem"])),
)
def test_what_is_said_plainly_goes_before_what_is_understood(first: str, second: str, answerer: Answerer) -> None:
    def turn(understood: Understanding | None) -> Turn:
        return respond(State(), said(first, understood, (MINE,)), answerer)

    assert turn(meant(second, "electricity")) == turn(None)
