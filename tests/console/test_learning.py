"""The learning queue as officials see it, without JavaScript."""

import pytest

from bot.learning import INTENTS, label_of
from bot.models import Label
from console import words
from tests.console.village import Village, unlearned, words_of

TEXT = "cai tien gi do cho nguoi gia, CCCD 062 099 001 234 goi 0912.345.678"


def test_the_queue_shows_what_the_machine_made_of_a_text_with_long_numbers_hidden(home: Village) -> None:
    unlearned(home, TEXT, facts=["electricity"])
    page = home.signed_in("hoa").open("/learning").text
    assert "Học thêm 1" in words_of(page)
    assert "CCCD ********* goi *********" in words_of(page)
    assert "345.678" not in page
    assert "hỏi lại cho rõ (" in words_of(page)
    assert "chắc 31%" in words_of(page)


def test_the_queue_names_the_models_guess_in_words(home: Village) -> None:
    unlearned(home, TEXT, 1)
    hoa = home.signed_in("hoa")
    assert "Máy đoán" not in hoa.open("/learning").text
    unlearned(home, TEXT, 2, intent="ask_amount", topic="electricity")
    assert "Máy đoán: hỏi mức tiền, mức hỗ trợ, về hỗ trợ tiền điện · chắc 31% · Kết quả" in words_of(
        hoa.open("/learning").text
    )
    unlearned(home, TEXT, 3, intent="ask_where")
    assert "Máy đoán: hỏi nơi làm, nơi nộp · chắc 31% · Kết quả" in words_of(hoa.open("/learning").text)


def test_a_label_is_saved_and_its_text_leaves_the_queue(home: Village) -> None:
    number = unlearned(home, TEXT)
    hoa = home.signed_in("hoa")
    answer = hoa.send(f"/learning/{number}", page="/learning", intent="ask_amount", topic="electricity")
    assert answer.status_code == 302
    page = words_of(hoa.open("/learning").text)
    assert "Đã ghi: hỏi mức tiền, mức hỗ trợ." in page
    assert "Không còn tin nào chờ." in page
    label = stored(home, number)
    assert label is not None
    assert (label.intent, label.topic, label.official, label.at) == ("ask_amount", "electricity", "hoa", home.now)
    audit = words_of(home.signed_in("quan").open("/audit").text)
    assert f"hoa Ghi nhãn cho máy học tin đến {number} ý hỏi: hỏi mức tiền, mức hỗ trợ, về việc: electricity" in audit


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "Chọn ý hỏi, hoặc bỏ qua tin này."),
        ({"intent": "ask_nothing"}, "Không có ý hỏi «ask_nothing»"),
        ({"intent": "ask_amount", "topic": "moon"}, "Không có chủ đề «moon»"),
        ({"intent": "greet", "topic": "electricity"}, "Ý «greet» không đi với chủ đề"),
    ],
)
def test_a_wrong_label_is_refused_and_what_was_chosen_stays(home: Village, values: dict[str, str], says: str) -> None:
    number = unlearned(home, TEXT)
    answer = home.signed_in("hoa").send(f"/learning/{number}", page="/learning", **values)
    assert answer.status_code == 422
    assert says in words_of(answer.text)
    if values.get("intent") in INTENTS:
        assert f'<option value="{values["intent"]}" selected>' in answer.text
    assert stored(home, number) is None


def test_a_text_that_is_not_there_is_refused(home: Village) -> None:
    unlearned(home, TEXT)
    answer = home.signed_in("hoa").send("/learning/999", page="/learning", intent="greet")
    assert answer.status_code == 422


def test_a_long_queue_comes_in_pages_and_stays_on_its_page(home: Village) -> None:
    numbers = [unlearned(home, f"tin thu {number}", number) for number in range(1, 23)]
    hoa = home.signed_in("hoa")
    first = hoa.open("/learning").text
    assert f'href="/console/learning?after={numbers[2]}"' in first
    older = hoa.open(f"/learning?after={numbers[2]}").text
    assert "tin thu 2" in words_of(older)
    assert "tin thu 3" not in words_of(older)
    done = hoa.send(f"/learning/{numbers[0]}", page="/learning", skip="1", after=str(numbers[2]))
    assert done.location.endswith(f"/learning?after={numbers[2]}")


def test_only_who_is_logged_in_sees_the_queue(home: Village) -> None:
    assert "/login" in home.hand().open("/learning").location


def test_every_intent_has_its_word(home: Village) -> None:
    assert set(words.INTENTS) == set(INTENTS)


def stored(home: Village, number: int) -> Label | None:
    with home.database.read() as session:
        return label_of(session, number)
