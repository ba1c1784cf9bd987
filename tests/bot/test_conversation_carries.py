"""Several texts in a row: the topic carries, choices wait for their number, the form of writing is remembered."""

import pytest

from bot.answering import Answerer
from bot.conversation import respond
from bot.exchange import Kind, KnownTicket, State, Turn
from bot.understanding import Understanding
from foundation.text import unaccent
from policies import Facet
from tests.bot.meaning import TODAY, meant, said

Texts = list[tuple[str, Understanding | None]]

ELECTRICITY = ("tiền điện được nhiêu", meant("ask_amount", "electricity"))
LOANS = ("vay vốn được mấy", meant("ask_amount", ("loan_poor", 0.4), ("loan_nearpoor", 0.3), ("loan_escaped", 0.2)))
ONE_GUESS = ("vay vốn được mấy", meant("ask_amount", ("loan_poor", 0.4), ("loan_nearpoor", 0.05)))
OFFERED = ("loan_poor", "loan_nearpoor", "loan_escaped")
PAPERS = ("còn giấy tờ thì sao", meant("ask_documents"))
NO_IDEA = meant("out_of_scope")


def talk(texts: Texts, answerer: Answerer, state: State | None = None) -> list[Turn]:
    """The turns of one person who says these texts one after another."""
    state, turns = state or State(), []
    for text, understood in texts:
        turns.append(respond(state, said(text, understood), answerer))
        state = turns[-1].state
    return turns


def text_of(answerer: Answerer, subject: str, facet: Facet) -> str:
    answer = answerer.answer(subject, facet, TODAY, TODAY)
    assert answer is not None
    return answer.text


@pytest.mark.parametrize(
    ("text", "intent", "facet"),
    [
        ("còn giấy tờ thì sao", "ask_documents", Facet.DOCUMENTS),
        ("rứa bao giờ mới phát", "ask_when", Facet.WHEN),
        ("nộp ở đâu", "ask_where", Facet.WHERE),
        ("theo quyết định nào", "ask_legal_basis", Facet.LEGAL),
        ("nhà em 5 người, cận nghèo", "give_answer", Facet.WHO),
    ],
)
def test_a_follow_up_keeps_the_topic(text: str, intent: str, facet: Facet, answerer: Answerer) -> None:
    turn = talk([ELECTRICITY, (text, meant(intent))], answerer)[-1]

    assert turn.reply.startswith(text_of(answerer, "electricity", facet))
    assert turn.facts[0] == "electricity"


def test_courtesies_in_between_do_not_lose_the_topic(answerer: Answerer) -> None:
    courtesies: Texts = [("cảm ơn", meant("thank")), ("chào ad", meant("greet")), ("dạ", meant("affirm"))]

    assert talk([ELECTRICITY, *courtesies, PAPERS], answerer)[-1].facts[0] == "electricity"


def test_a_new_topic_takes_over(answerer: Answerer) -> None:
    pension = ("hưu trí xã hội là gì", meant("ask_definition", "social_pension"))

    assert talk([ELECTRICITY, pension, PAPERS], answerer)[-1].facts[0] == "social_pension"


def test_a_follow_up_on_what_nobody_could_answer_is_not_answered_from_the_topic_before(answerer: Answerer) -> None:
    tractors = ("máy cày được nhiêu", meant("ask_amount", "tractors"))

    _, _, turn = talk([ELECTRICITY, tractors, PAPERS], answerer)

    assert turn.kind is Kind.HANDOVER
    assert turn.ticket is not None
    assert turn.ticket.topic == "tractors"


def test_help_or_stop_ends_the_topic(answerer: Answerer) -> None:
    for word in ("HUY", "TRO GIUP", "DANG KY"):
        assert talk([ELECTRICITY, (word, None), PAPERS], answerer)[-1].kind is Kind.ASK_BACK


def test_what_was_asked_before_we_asked_back_is_answered(answerer: Answerer) -> None:
    asked, turn = talk(
        [("hồ sơ gồm gì", meant("ask_documents")), ("tiền điện", meant("unclear", "electricity"))], answerer
    )

    assert asked.kind is Kind.ASK_BACK
    assert turn.reply.startswith(text_of(answerer, "electricity", Facet.DOCUMENTS))


def test_an_unsure_topic_is_chosen_by_number(answerer: Answerer) -> None:
    (asked,) = talk([LOANS], answerer)

    assert asked.kind is Kind.ASK_BACK
    assert asked.facts == OFFERED
    for number, subject in enumerate(OFFERED, start=1):
        assert f"{number}. {answerer.title(subject)}" in asked.reply


@pytest.mark.parametrize("number", ["2", "2.", "(2)", "so 2", "số 2 ạ", "chọn số 2 nhé", "2 ad", "cái thứ 2", "２"])
def test_a_number_answers_what_was_asked_at_first(number: str, answerer: Answerer) -> None:
    turn = talk([LOANS, (number, NO_IDEA)], answerer)[-1]

    assert turn.kind is Kind.ANSWER
    assert turn.facts[0] == "loan_nearpoor"
    assert unaccent(turn.reply).startswith(unaccent(text_of(answerer, "loan_nearpoor", Facet.AMOUNT)))
    assert turn.state.choices == ()


def test_a_number_works_while_understanding_is_down(answerer: Answerer) -> None:
    assert talk([LOANS, ("2", None)], answerer)[-1].facts[0] == "loan_nearpoor"


@pytest.mark.parametrize("number", ["0", "4", "99"])
@pytest.mark.parametrize("understood", [NO_IDEA, None])
def test_a_number_that_was_not_offered_is_asked_again(
    number: str, understood: Understanding | None, answerer: Answerer
) -> None:
    _, again, chosen = talk([LOANS, (number, understood), ("3", None)], answerer)

    assert again.kind is Kind.ASK_BACK
    assert "3. " in again.reply
    assert again.events == ()
    assert chosen.facts[0] == "loan_escaped"


@pytest.mark.parametrize("text", ["5", "500000", "5 người", "2 con bò"])
def test_a_number_chooses_nothing_where_nothing_was_offered(text: str, answerer: Answerer) -> None:
    assert talk([(text, NO_IDEA)], answerer)[-1].kind is Kind.OUT_OF_SCOPE


def test_quantities_are_no_choice(answerer: Answerer) -> None:
    assert talk([LOANS, ("2 con bò", NO_IDEA)], answerer)[-1].kind is Kind.OUT_OF_SCOPE


def test_while_choices_wait_a_question_without_topic_is_about_them(answerer: Answerer) -> None:
    _, _, again, chosen = talk([ELECTRICITY, LOANS, PAPERS, ("1", NO_IDEA)], answerer)

    assert again.facts == OFFERED
    assert unaccent(chosen.reply).startswith(unaccent(text_of(answerer, "loan_poor", Facet.DOCUMENTS)))


def test_a_named_topic_overrides_the_choices(answerer: Answerer) -> None:
    turn = talk([LOANS, ELECTRICITY], answerer)[-1]

    assert turn.facts[0] == "electricity"
    assert turn.state.choices == ()


def test_a_single_guess_is_confirmed_by_yes_or_one(answerer: Answerer) -> None:
    for yes in ("đúng rồi", "1"):
        asked, turn = talk([ONE_GUESS, (yes, meant("affirm"))], answerer)
        assert asked.reply.startswith(f"Có phải bà con hỏi về {answerer.title('loan_poor')} không?")
        assert turn.facts[0] == "loan_poor"


def test_a_no_to_a_guess_opens_the_question_again(answerer: Answerer) -> None:
    _, open_again, turn = talk(
        [ONE_GUESS, ("không phải", meant("deny")), ("tiền điện", meant("unclear", "electricity"))], answerer
    )

    assert "khoản nào" in open_again.reply
    assert turn.reply.startswith(text_of(answerer, "electricity", Facet.AMOUNT))


def test_a_yes_to_several_choices_is_asked_again(answerer: Answerer) -> None:
    for text, intent in (("ừ", "affirm"), ("không biết", "dont_know")):
        assert talk([LOANS, (text, meant(intent))], answerer)[-1].facts == OFFERED


def test_topics_that_are_hardly_likely_are_not_offered(answerer: Answerer) -> None:
    nothing = ("cái đó được mấy", meant("ask_amount", ("loan_poor", 0.07), ("electricity", 0.06)))
    unknown = ("cái đó được mấy", meant("ask_amount", ("tractors", 0.4), ("electricity", 0.3), ("none", 0.2)))

    assert talk([nothing], answerer)[-1].kind is Kind.HANDOVER
    assert talk([unknown], answerer)[-1].facts == ("electricity",)


def test_an_unsure_answer_names_what_else_was_meant_one_number_away(answerer: Answerer) -> None:
    unsure = meant("ask_amount", ("loan_poor", 0.6), ("loan_nearpoor", 0.2), ("none", 0.02), ("loan_escaped", 0.04))

    answered, other = talk([("vay vốn được mấy", unsure), ("1", NO_IDEA)], answerer)
    assert answered.reply.startswith(text_of(answerer, "loan_poor", Facet.AMOUNT))
    assert f"1. {answerer.title('loan_nearpoor')}" in answered.reply.splitlines()[-1]
    assert answered.facts[0] == "loan_poor"
    assert "loan_nearpoor" in answered.facts
    assert "loan_escaped" not in answered.facts
    assert other.reply.startswith(text_of(answerer, "loan_nearpoor", Facet.AMOUNT))


def test_what_may_be_about_nothing_we_know_is_asked_about(answerer: Answerer) -> None:
    near_miss = meant("ask_amount", ("loan_poor", 0.8), ("none", 0.06))

    assert talk([("vay nóng trả góp mấy phần", near_miss)], answerer)[-1].kind is Kind.ASK_BACK
    in_talk = talk([("vay vốn được mấy", meant("ask_amount", "loan_poor")), ("mấy phần", near_miss)], answerer)[-1]
    assert in_talk.kind is Kind.ANSWER


def test_a_certain_answer_names_nothing_else(answerer: Answerer) -> None:
    certain = meant("ask_amount", ("loan_poor", 0.9), ("loan_nearpoor", 0.1))

    turn = talk([("vay vốn được mấy", certain)], answerer)[-1]
    assert (turn.state.choices, "nhắn số" in turn.reply) == ((), False)


@pytest.mark.parametrize(
    ("reaction", "kind"), [("affirm", Kind.GREETING), ("deny", Kind.ASK_BACK), ("dont_know", Kind.ASK_BACK)]
)
def test_a_yes_after_an_unsure_answer_is_to_the_answer_and_a_no_to_its_topic(
    reaction: str, kind: Kind, answerer: Answerer
) -> None:
    unsure = meant("ask_amount", ("loan_poor", 0.6), ("loan_nearpoor", 0.2))

    turn = talk([("vay vốn được mấy", unsure), ("dạ", meant(reaction))], answerer)[-1]
    assert turn.kind is kind
    assert turn.facts == (() if kind is Kind.GREETING else ("loan_nearpoor",))


def test_a_story_that_may_be_about_something_is_asked_about_before_it_is_sent_away(answerer: Answerer) -> None:
    story = meant("out_of_scope", ("none", 0.6), ("loan_poor", 0.2), ("electricity", 0.05))
    chatter = meant("out_of_scope", ("none", 0.92), ("loan_poor", 0.08))

    assert talk([("chuyện dài lắm ad ơi", story)], answerer)[-1].facts == ("loan_poor",)
    assert talk([("chuyện dài lắm ad ơi", chatter)], answerer)[-1].kind is Kind.OUT_OF_SCOPE
    in_talk = talk([ELECTRICITY, ("chuyện dài lắm ad ơi", story)], answerer)[-1]
    assert in_talk.kind is Kind.OUT_OF_SCOPE


def test_no_more_than_three_are_offered(answerer: Answerer) -> None:
    four = meant("ask_amount", *((topic, 0.2) for topic in (*OFFERED, "electricity")))

    assert talk([("vay vốn được mấy", four)], answerer)[-1].facts == OFFERED


def test_a_sure_topic_begins_at_the_threshold(answerer: Answerer) -> None:
    for sure, kind in ((0.5, Kind.ANSWER), (0.49, Kind.ASK_BACK)):
        asked = ("mỗi tháng được tiền điện nhiêu", meant("ask_amount", ("electricity", sure)))
        assert talk([asked], answerer)[-1].kind is kind


def test_a_bare_writer_who_answers_by_number_reads_bare(answerer: Answerer) -> None:
    bare_loans = (unaccent(LOANS[0]), LOANS[1])

    turns = talk([bare_loans, ("🙏", None), ("9", NO_IDEA), ("2", NO_IDEA)], answerer)
    assert [turn.reply for turn in turns] == [unaccent(turn.reply) for turn in turns]
    back_to_accents = talk([bare_loans, LOANS, ("2", NO_IDEA)], answerer)[-1]
    assert back_to_accents.reply != unaccent(back_to_accents.reply)


def test_the_status_of_many_tickets_shows_the_last_three(answerer: Answerer) -> None:
    tickets = tuple(KnownTicket(f"PA000000{n}", "open", said("").on) for n in range(5))
    turn = respond(State(), said("tới đâu rồi", meant("ask_status"), tickets), answerer)

    assert [n for n in range(5) if f"PA000000{n}" in turn.reply] == [2, 3, 4]


def test_two_words_name_no_subject_unless_it_is_very_sure(answerer: Answerer) -> None:
    for sure, kind in ((0.9, Kind.ANSWER), (0.89, Kind.ASK_BACK)):
        few = meant("ask_definition", ("electricity", sure), words=3)
        assert talk([("tien ho tro", few)], answerer)[-1].kind is kind


def test_in_a_talk_a_question_stays_with_its_topic_unless_it_clearly_names_another(answerer: Answerer) -> None:
    first = ("tiền điện nhiêu", meant("ask_amount", ("electricity", 0.95)))
    vague = meant("ask_documents", ("loan_nearpoor", 0.8), ("none", 0.1))
    clear = meant("ask_documents", ("loan_nearpoor", 0.97), ("none", 0.02))
    assert talk([first, ("ừ vậy cần giấy gì", vague)], answerer)[-1].facts[0] == "electricity"
    assert talk([first, ("vay cận nghèo cần giấy gì", clear)], answerer)[-1].facts[0] == "loan_nearpoor"
    assert talk([("vậy cần giấy gì vậy ta", vague)], answerer)[-1].facts[0] == "loan_nearpoor"
