"""Who may be eligible, looked up at the desk: asked adaptively, said with care, and stored nowhere."""

import json
import random
import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from playwright.sync_api import expect
from sqlalchemy import MetaData, func, select
from werkzeug.test import TestResponse

from bot.answering import shipped_rules
from console import benefit_words
from foundation.clock import today
from policies.eligibility import AmountKind, Decision, Input, Kind, decide, read_facts
from tests.console.chromium import Desk, look
from tests.console.village import BOOK, NOW, Hand, Village, hidden_fields, words_of

DAY = "2026-11-20"


class Talk:
    """An official at the desk with one household, without JavaScript: presses a button of the page before."""

    def __init__(self, home: Village, policy: str = "", on: str = DAY) -> None:
        self.hand: Hand = home.signed_in("hoa")
        self.about = {"policy": policy, "on": on}
        self.page = self.hand.open(f"/eligibility?policy={policy}").text
        if on != DAY:
            self.press(look="1")

    def press(self, **values: str) -> TestResponse:
        fields = {name: value for name, value in hidden_fields(self.page).items() if name != "skipped"}
        skipped = re.findall(r'name="skipped" value="([^"]*)"', self.page)
        data = {**fields, **self.about, "skipped": skipped, **values}
        answer = self.hand.client.post("/console/eligibility", data=data)
        self.page = answer.text
        return answer

    @property
    def asked(self) -> str | None:
        return hidden_fields(self.page).get("asked")

    @property
    def facts(self) -> dict[str, object]:
        facts: dict[str, object] = json.loads(hidden_fields(self.page)["facts"])
        return facts

    @property
    def said(self) -> str:
        return words_of(self.page.partition('id="results">')[2].partition("</form>")[0])


def finish(talk: Talk, answer: Callable[[Input], dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Answer until nothing is asked any more; each question's name, with the page that asked it."""
    for _ in range(100):
        if talk.asked is None:
            return
        yield talk.asked, words_of(talk.page)
        assert talk.press(**answer(shipped_rules().questions[talk.asked])).status_code in (200, 422)
    raise AssertionError("it asks for ever")


def usual(question: Input) -> dict[str, str]:
    """No, none, two."""
    if question.kind is Kind.WHOLE:
        return {"number": "2"}
    return {"answer": "none" if question.values else "false"}


def test_a_question_is_asked_and_its_answer_decides(home: Village) -> None:
    talk = Talk(home, "electricity")
    assert talk.asked == "poverty_status"
    assert "Nhà mình đang có giấy chứng nhận nào của xã?" in words_of(talk.page)
    assert "chưa đủ thông tin hỗ trợ tiền điện Còn cần biết:" in talk.said
    talk.press(answer="poor")
    assert talk.said.startswith("Kết quả Đây không phải quyết định: UBND xã xét.")
    assert "có thể thuộc diện hỗ trợ tiền điện Mức 59.520 đồng/hộ/tháng Vì: là hộ nghèo (28/2014/QĐ-TTg)" in talk.said
    assert "Không còn gì phải hỏi." in words_of(talk.page)
    assert talk.asked is None


def test_a_question_about_two_things_tells_of_both(home: Village) -> None:
    talk = Talk(home, "electricity")
    talk.press(answer="none")
    assert talk.asked == "allowance_or_no_grid"
    talk.press(answer="neither")
    assert talk.facts == {"poverty_status": "none", "member_on_social_allowance": False, "grid_power": True}
    assert "chưa thấy thuộc diện" in talk.said


def test_what_nobody_knows_stays_open_and_may_be_asked_again(home: Village) -> None:
    talk = Talk(home, "social_pension")
    talk.press(unknown="1")
    assert "Người cần hỗ trợ năm nay bao nhiêu tuổi? chưa rõ" in words_of(talk.page)
    assert "chưa đủ thông tin" in talk.said
    assert talk.asked != "age"
    talk.press(forget="age")
    assert talk.asked == "age"
    assert "chưa rõ" not in words_of(talk.page).replace("Chưa rõ", "")


def test_an_answer_is_taken_back(home: Village) -> None:
    talk = Talk(home, "social_pension")
    talk.press(number="81")
    assert talk.facts == {"age": 81}
    talk.press(forget="age")
    assert talk.facts == {}
    assert talk.asked == "age"


@pytest.mark.parametrize("typed", ["200", "-1", "bảy sáu", "75.5"])
def test_a_number_that_cannot_be_is_refused_at_its_question_and_stays(home: Village, typed: str) -> None:
    talk = Talk(home, "social_pension")
    answer = talk.press(answer="", number=typed)
    assert answer.status_code == 422
    error = re.search(r'<p class="error" id="error" role="alert">([^<]*)<', talk.page)
    assert error and unescape(error[1]).startswith(("«", "Phải là số"))
    assert f'value="{typed}"' in talk.page
    assert talk.asked == "age"
    assert talk.facts == {}


def test_a_law_of_another_day_says_what_took_its_place(home: Village) -> None:
    talk = Talk(home, "house_campaign_2025")
    assert "không có hiệu lực" in talk.said
    assert f"Xem thay: {BOOK.title('house_disaster')}" in talk.said
    earlier = Talk(home, "house_campaign_2025", on="2025-03-01")
    assert "chưa đủ thông tin" in earlier.said
    assert earlier.asked


def test_how_much_is_asked_about_after_who(home: Village) -> None:
    """What a single poor parent gets depends on how many children there are, which decides nothing else."""
    talk = Talk(home, "sa_monthly")
    talk.press(facts=json.dumps({"poverty_status": "poor", "single_poor_parent": True, "age": 30}))
    assert "có thể thuộc diện" in talk.said
    assert "Số tiền chưa rõ" in talk.said
    asked = [name for name, _ in finish(talk, usual)]
    assert "children_under_16" in asked
    assert "Mức 1.000.000 đồng/tháng" in talk.said


def test_over_everything_the_best_news_comes_first(home: Village) -> None:
    talk = Talk(home)
    assert talk.asked == "poverty_status"
    talk.press(answer="poor")
    order = [talk.said.index(f"{said} ") for said in benefit_words.DECISIONS.values()]
    assert order == sorted(order)
    assert talk.said.index("Mức 59.520 đồng/hộ/tháng") < talk.said.index("chưa đủ thông tin")
    for benefit in shipped_rules().benefits.values():
        assert benefit.title in talk.said


def test_what_is_private_is_asked_with_care(home: Village) -> None:
    talk = Talk(home, "social_pension")
    assert (talk.asked, "Câu này riêng tư" in words_of(talk.page)) == ("age", False)
    talk.press(number="76")
    assert (talk.asked, "Câu này riêng tư" in words_of(talk.page)) == ("monthly_pension_vnd", True)


def test_what_is_presumed_is_said(home: Village) -> None:
    talk = Talk(home, "funeral")
    list(finish(talk, usual))
    assert "chưa thấy thuộc diện" in talk.said
    assert "Trừ khi là con của người đơn thân" in talk.said


@pytest.mark.parametrize("seed", range(3))
def test_any_answers_come_to_what_the_rules_say(home: Village, seed: int) -> None:
    rules, draw = shipped_rules(), random.Random(seed)

    def any_answer(question: Input) -> dict[str, str]:
        if draw.random() < 0.2:
            return {"unknown": "1"}
        if question.kind in (Kind.WHOLE, Kind.DECIMAL):
            return {"number": str(draw.choice([0, 3, 5, 16, 30, 60, 75, 80]))}
        return {"answer": draw.choice(question.values or ("true", "false"))}

    for policy in draw.sample(sorted(rules.benefits), 6):
        talk = Talk(home, policy)
        list(finish(talk, any_answer))
        result = decide(rules, policy, read_facts(talk.facts, rules.inputs), today(NOW))
        assert benefit_words.DECISIONS[result.decision] in talk.said


def test_nothing_is_stored_and_nothing_told_stands_in_an_address(home: Village) -> None:
    def rows() -> dict[str, int | None]:
        with home.database.read() as session:
            tables = MetaData()
            tables.reflect(session.connection())
            return {n: session.scalar(select(func.count()).select_from(t)) for n, t in tables.tables.items()}

    talk = Talk(home, "electricity")
    before = rows()
    talk.press(answer="poor")
    assert rows() == before
    assert '<form id="desk" method="post"' in talk.page
    assert "poor" not in "".join(re.findall(r'(?:href|action|hx-post)="([^"]*)"', talk.page))
    assert talk.hand.open("/eligibility").text.count("là hộ nghèo") == 0


@pytest.mark.parametrize(
    "values",
    [{"facts": "{"}, {"facts": "[]"}, {"facts": '{"age": 900}'}, {"facts": '{"x": 1}'}, {"policy": "dragons"}],
    ids=str,
)
def test_what_no_page_of_ours_sends_is_refused(home: Village, values: dict[str, str]) -> None:
    assert Talk(home, "electricity").press(**values).status_code == 400


def test_an_unreadable_day_is_told_at_its_field(home: Village) -> None:
    talk = Talk(home, "electricity")
    talk.press(on="mai", answer="poor")
    assert "«mai» không phải ngày" in words_of(talk.page)
    assert talk.facts == {"poverty_status": "poor"}


def test_only_who_is_logged_in_looks_up(home: Village) -> None:
    assert "/login" in home.hand().open("/eligibility").location
    assert home.signed_in("hoa").client.post("/console/eligibility", data={}).status_code == 400


def test_every_code_has_its_words_and_no_word_decides() -> None:
    assert set(benefit_words.DECISIONS) == set(benefit_words.DECISION_TONES) == set(Decision)
    assert set(benefit_words.AMOUNT_KINDS) == set(AmountKind)
    assert not {"được", "không được", "đủ điều kiện", "đúng diện"} & set(benefit_words.DECISIONS.values())


@pytest.mark.timeout(180)
def test_the_desk_goes_on_without_a_reload(desk: Desk) -> None:
    desk.log_in("hoa")
    page = desk.page
    page.get_by_role("link", name="Tra cứu diện").click()
    look(page)
    page.evaluate("window.same = true")
    page.get_by_role("button", name="hộ nghèo", exact=True).click()
    expect(page.locator(".results")).to_contain_text("59.520 đồng/hộ/tháng")
    expect(page.locator("fieldset button").first).to_be_focused()
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    look(page)
    page.get_by_label("Tra cứu", exact=True).select_option("social_pension")
    number = page.locator("#number")
    expect(page.get_by_role("group", name="Người cần hỗ trợ năm nay bao nhiêu tuổi?")).to_be_visible()
    look(page)
    number.fill("76")
    number.press("Enter")
    expect(page.get_by_role("button", name="Sửa: 76 tuổi")).to_be_visible()
    expect(number).to_be_focused()
    page.get_by_role("button", name="Chưa rõ").click()
    expect(page.locator(".results")).to_contain_text("chưa đủ thông tin")
    look(page)
    page.get_by_label("Theo quy định của ngày").fill("2020-01-01")
    expect(page.locator(".results")).to_contain_text("không có hiệu lực")
    page.get_by_role("button", name="Sửa: là hộ nghèo").click()
    expect(page.get_by_role("button", name="Sửa: là hộ nghèo")).to_have_count(0)
    assert page.evaluate("window.same")
    page.get_by_role("link", name="Hộ khác").click()
    expect(page.get_by_role("button", name="Sửa: 76 tuổi")).to_have_count(0)
