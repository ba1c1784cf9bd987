"""Groups by condition: written with a live count, saved, looked at by the communes concerned and objected to."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from bot.answering import shipped_rules
from campaigns import broadcasts
from campaigns.audiences.columns import register_columns
from campaigns.audiences.conditions import CALLS, PLACES
from campaigns.audiences.reach import Standing
from campaigns.sending import send_due
from console import benefit_words, words
from foundation.message_class import MessageClass
from people import SuppressionReason, group_named, set_post, suppress
from people.register import Basis, Source, import_register
from tests.console.chromium import Desk, look
from tests.console.village import ROUTE, Village, official, words_of
from tests.people.sheets import write_csv

HOUSEHOLDS = (
    "Mã hộ,Chủ hộ,Thôn,Xã,SĐT,Loại hộ,Thiệt hại thiên tai\n"
    "M1,Y Hlim,Long Láy,Măng Ri,0912000001,hộ nghèo,\n"
    "M2,A Brô,Long Láy,Măng Ri,0912000002,hộ cận nghèo,phải di dời gấp\n"
    "M3,A Tới,Pu Tá,Măng Ri,,hộ nghèo,\n"
    "P1,An,Đăk Đoát,Đăk Pék,0912000004,hộ nghèo,\n"
    "P2,Bình,Đăk Đoát,Đăk Pék,0912000005,,\n"
    "P3,Chi,Đăk Đoát,Đăk Pék,0912000006,hộ nghèo,\n"
)
MANG_RI, DAK_PEK = "xã Măng Ri (Quảng Ngãi)", "xã Đăk Pék (Quảng Ngãi)"
CONDITION = "poverty_status = poor or may_qualify(house_disaster)"
FORM = {"do": "save", "condition": CONDITION, "on": "2026-11-20", "name": "nhà ở", "policy": ""}


@pytest.fixture
def home(home: Village, tmp_path: Path) -> Village:
    """The village with a register of two communes, whose Hoa answers at xã Măng Ri. Somebody opted out."""
    with home.database.write() as session:
        lan, hoa = official(session, "lan"), official(session, "hoa")
        source = Source("huyện cũ", Basis.STATE_TASK, "12/QĐ-UBND")
        file = write_csv(tmp_path / "h.csv", HOUSEHOLDS)
        columns = register_columns(shipped_rules().inputs)
        assert not import_register(session, file, None, source, columns, lan, home.now).rejected
        set_post(session, hoa, "UBND xã Măng Ri", MANG_RI, None, home.now, "test")
        suppress(session, "sms", "+84912000006", SuppressionReason.OPT_OUT, home.now)
    return home


def saved(home: Village, name: str = "nhà ở") -> str:
    """A saved audience; the path of its page."""
    answer = home.signed_in("lan").send("/audiences/new", **{**FORM, "name": name})
    assert answer.status_code == 302, words_of(answer.text)
    return str(answer.location).removeprefix("/console")


def objects(home: Village, by: str, commune: str, because: str) -> tuple[int, str]:
    path, hand = f"/audiences/2/communes/{commune}", home.signed_in(by)
    answer = hand.send(path, because=because)
    return answer.status_code, words_of(answer.text if answer.status_code != 302 else hand.open(path).text)


def test_a_condition_is_counted_with_communes_with_who_is_not_told_and_with_samples(home: Village) -> None:
    answer = home.signed_in("lan").send("/audiences/new", **{**FORM, "do": "count"})
    page = words_of(answer.text)
    assert answer.status_code == 200
    assert "5 hộ đúng điều kiện, 3 hộ được phép nhắn." in page
    assert f"Theo xã Xã Số hộ {MANG_RI} 3 {DAK_PEK} 2" in page
    assert "Không có số điện thoại 1 Đã từ chối nhận tin 1 Sổ hộ chưa đủ thông tin để nói" in page
    assert f"M1, Long Láy, {MANG_RI}" in page
    assert "0912" not in answer.text
    assert CONDITION in page


def test_the_law_is_asked_about_the_chosen_day(home: Village) -> None:
    lan = home.signed_in("lan")
    asked = {**FORM, "do": "count", "condition": "may_qualify(house_campaign_2025)"}
    assert "không có hiệu lực ngày" in words_of(lan.send("/audiences/new", **asked).text)
    assert "0 hộ đúng điều kiện" in words_of(lan.send("/audiences/new", **{**asked, "on": "2025-03-01"}).text)


WRONG = {
    "poverty_status = rich": "rich",
    "colour = blue": "colour",
    "poverty_status = poor and": "không đọc được",
    'commune = "Xã Không Có"': "Không Có",
    "may_qualify(house_campaign_2025)": "không có hiệu lực",
    "not " * 300 + "grid_power": "dài quá",
    "": "Viết điều kiện.",
}


@pytest.mark.parametrize(("condition", "told"), WRONG.items(), ids=[each[:20] for each in WRONG])
def test_what_is_wrong_with_a_condition_is_told_at_it_and_nothing_is_saved(
    home: Village, condition: str, told: str
) -> None:
    answer = home.signed_in("lan").send("/audiences/new", **{**FORM, "condition": condition})
    assert answer.status_code == 422
    at_field = answer.text.partition('id="condition-error"')[2].partition("</div>")[0]
    assert told in words_of(at_field)
    assert answer.text.count("notice bad") == answer.text.count("Chưa lưu được") == 1  # not told twice
    assert 'value="nhà ở"' in answer.text
    with home.database.read() as session:
        assert group_named(session, "nhà ở") is None


def test_the_live_count_brings_the_error_to_the_field(home: Village) -> None:
    lan = home.signed_in("lan")
    wrong = lan.send("/audiences/count", page="/audiences/new", condition="age", on="2026-11-20").text
    assert '<div id="condition-error" role="alert" hx-swap-oob="true">' in wrong
    assert "age" in words_of(wrong)
    right = lan.send("/audiences/count", page="/audiences/new", condition="age > 80", on="2026-11-20").text
    assert 'class="error"' not in right  # what was wrong before goes away


def test_a_saved_group_waits_for_the_communes_and_can_be_written_to(home: Village) -> None:
    path = saved(home)
    lan = home.signed_in("lan")
    page = words_of(lan.open(path).text)
    assert f"Điều kiện {CONDITION} Xét theo ngày 20/11/2026 Tin nói về hỗ trợ nhà ở do thiên tai, cháy" in page
    assert "3 người của 3 hộ" in page
    assert "từ ngày 25/11/2026 ; đến trước ngày ấy các xã xem và phản đối" in page  # three days over a week-end
    assert f"{MANG_RI} 2 đang chờ – {DAK_PEK} 1 đang chờ –" in page
    assert "nhà ở" in words_of(lan.open("/audiences").text)
    written = lan.open("/broadcasts/new?group=2").text
    assert '<option selected value="2">nhà ở (3 người)</option>' in written
    home.now += timedelta(days=5)
    assert "được, các xã đã có đủ ngày để xem" in words_of(lan.open(path).text)
    audit = words_of(home.signed_in("quan").open("/audit").text)
    assert f"lan Lưu nhóm theo điều kiện nhóm 2 điều kiện: {CONDITION}, xét ngày: 2026-11-20" in audit


def test_a_refused_group_keeps_what_was_typed(home: Village) -> None:
    saved(home)
    answer = home.signed_in("lan").send("/audiences/new", **FORM)
    assert answer.status_code == 422
    page = words_of(answer.text)
    assert "Đã có nhóm «nhà ở»" in page
    assert "5 hộ đúng điều kiện" in page
    assert CONDITION in page


def test_the_policy_told_of_may_be_chosen(home: Village) -> None:
    chosen = {**FORM, "condition": "poverty_status = poor", "policy": "electricity"}
    lan = home.signed_in("lan")
    page = words_of(lan.open(str(lan.send("/audiences/new", **chosen).location).removeprefix("/console")).text)
    assert "Tin nói về hỗ trợ tiền điện" in page
    assert lan.send("/audiences/new", **{**chosen, "name": "x", "policy": "dragons"}).status_code == 422


def test_a_commune_sees_its_own_list_without_numbers_and_looking_is_on_record(home: Village) -> None:
    path = saved(home)
    hoa = home.signed_in("hoa")
    assert "nhà ở 2 25/11/2026 đang chờ xã xem chưa phản đối" in words_of(hoa.open("/audiences").text)
    listed = hoa.open(f"{path}/communes/{MANG_RI}")
    page = words_of(listed.text)
    assert "Danh sách 2 hộ Mã hộ Chủ hộ Thôn M1 Y Hlim Long Láy M2 A Brô Long Láy" in page
    assert "trước ngày 25/11/2026" in page
    assert "912000" not in listed.text
    for elsewhere in (f"{path}/communes/{DAK_PEK}", f"{path}/communes/xã Không Có", "/audiences/99/communes/x"):
        assert hoa.open(elsewhere).status_code == 404
    assert hoa.open(path).status_code == 403
    audit = words_of(home.signed_in("quan").open("/audit").text)
    assert f"hoa Xem danh sách hộ của xã nhóm 2 xã: {MANG_RI}" in audit
    assert "Đăk Pék" not in audit.partition("Lưu nhóm")[0]  # a list that was not shown was not seen


def test_who_writes_sees_any_list_but_objects_for_none(home: Village) -> None:
    path = f"{saved(home)}/communes/{DAK_PEK}"
    page = words_of(home.signed_in("lan").open(path).text)
    assert "P1 An Đăk Đoát" in page
    assert "Chỉ cán bộ của xã mới phản đối được." in page
    assert objects(home, "lan", DAK_PEK, "sai")[0] == 403


def test_a_commune_objects_with_a_reason_and_nobody_on_its_list_is_told(home: Village) -> None:
    path = saved(home)
    status, page = objects(home, "hoa", MANG_RI, " ")
    assert (status, "Phản đối thì phải ghi lý do." in page) == (422, True)
    status, page = objects(home, "hoa", MANG_RI, "Đã chi trả xong.")
    assert status == 302
    assert "hoa đã phản đối 09:00 20/11/2026 : Đã chi trả xong." in page
    assert "Lý do phản đối" not in page
    told = words_of(home.signed_in("lan").open(path).text)
    assert "1 trên 2 xã phản đối" in told
    assert f"{MANG_RI} 2 phản đối hoa, 09:00 20/11/2026 Đã chi trả xong. {DAK_PEK} 1 đang chờ" in told
    assert "1 người của 3 hộ, đã bỏ 2 hộ của xã phản đối" in told
    assert "1 xã phản đối" in words_of(home.signed_in("lan").open("/audiences").text)
    assert "đã phản đối" in words_of(home.signed_in("hoa").open("/audiences").text)
    audit = words_of(home.signed_in("quan").open("/audit").text)
    assert f"hoa Phản đối danh sách của xã nhóm 2 xã: {MANG_RI}, số hộ: 2" in audit


def test_after_the_text_was_sent_an_objection_is_refused_with_what_was_typed(home: Village) -> None:
    saved(home)
    home.now += timedelta(days=6)
    with home.database.write() as session:
        lan, group = official(session, "lan"), group_named(session, "nhà ở")
        assert group is not None
        at = home.now + timedelta(hours=1)
        text = broadcasts.create(session, lan, "Mời họp.", group, MessageClass.PUBLIC_INFORMATION, at, ROUTE, home.now)
        broadcasts.submit(session, text, lan, ROUTE, home.now)
        broadcasts.approve(session, text, official(session, "minh"), ROUTE, home.now)
    assert "Tin chưa gửi thì vẫn phản đối được." in objects(home, "hoa", MANG_RI, "")[1]
    home.now += timedelta(hours=2)
    assert send_due(home.database, {ROUTE.gateway: ROUTE}, home.now) == 1
    status, page = objects(home, "hoa", MANG_RI, "Quá muộn rồi")
    assert status == 422
    assert "Tin đã gửi cho nhóm này" in page
    assert "Quá muộn rồi" in page


def test_who_is_of_no_commune_is_told_why_there_is_nothing(home: Village) -> None:
    with home.database.write() as session:
        set_post(session, official(session, "hoa"), "Sở", None, None, home.now, "test")
    page = words_of(home.signed_in("hoa").open("/audiences").text)
    assert "chưa được ghi là của xã nào" in page
    assert "Lập nhóm mới" not in page


@pytest.mark.parametrize("path", ["/audiences/new", "/audiences/count"])
def test_who_may_not_write_forms_no_groups(home: Village, path: str) -> None:
    hoa = home.signed_in("hoa")
    assert hoa.send(path, page="/", **FORM).status_code == 403
    assert hoa.client.post(f"/console{path}", data=FORM).status_code == 400  # nor anybody without the page's token


def test_a_reason_that_is_markup_is_shown_as_text(home: Village) -> None:
    path = saved(home, "<b>nhóm</b>")
    objects(home, "hoa", MANG_RI, "<script>alert(1)</script>")
    for shown in (path, f"{path}/communes/{MANG_RI}"):
        page = home.signed_in("lan").open(shown).text
        assert "&lt;script&gt;" in page
        assert "<script>alert" not in page
        assert "<b>nhóm" not in page


def test_the_help_names_every_column_place_function_and_benefit(home: Village) -> None:
    page = home.signed_in("lan").open("/audiences/new").text
    rules = shipped_rules()
    named = [*PLACES, *(column.name for column in register_columns(rules.inputs)), *rules.benefits, *CALLS]
    assert [name for name in named if name not in page] == []


def test_every_code_has_its_words() -> None:
    assert set(benefit_words.CALLS) == set(CALLS)
    assert set(benefit_words.PLACES) == set(PLACES)
    assert set(benefit_words.NOT_TOLD) == {each.name.lower() for each in Standing} - {"may_be_told"}
    assert set(words.BASES) == set(Basis)


# --- in Chromium


@pytest.mark.timeout(180)
def test_the_count_follows_what_is_typed(desk: Desk) -> None:
    desk.log_in("lan")
    desk.open("/audiences/new")
    page, condition = desk.page, desk.page.get_by_label("Điều kiện", exact=True)
    count, error = page.locator("#tally"), page.locator("#condition-error")
    look(page)
    page.evaluate("window.same = true")
    condition.press_sequentially("poverty_status = rich")
    expect(error).to_contain_text("rich")
    expect(count).to_contain_text("Chưa đếm được")
    look(page)
    condition.fill(CONDITION)
    expect(count).to_contain_text("5 hộ đúng điều kiện, 3 hộ được phép nhắn.")
    expect(error).to_be_empty()
    condition.fill("may_qualify(house_campaign_2025)")
    expect(error).to_contain_text("không có hiệu lực")
    page.get_by_label("Xét theo quy định của ngày").fill("2025-03-01")
    expect(count).to_contain_text("0 hộ đúng điều kiện")
    condition.fill(CONDITION)
    expect(count).to_contain_text("5 hộ")
    assert page.evaluate("window.same")
    page.get_by_text("Cách viết điều kiện").click()
    look(page)
    page.get_by_label("Tên nhóm").fill("nhà ở")
    page.get_by_role("button", name="Lưu nhóm").click()
    expect(page.get_by_role("status")).to_contain_text("Đã lưu nhóm «nhà ở».")
    look(page)


@pytest.mark.timeout(180)
def test_a_commune_looks_and_objects(desk: Desk) -> None:
    saved(desk.home)
    desk.log_in("hoa")
    page = desk.page
    page.get_by_role("link", name="Nhóm theo điều kiện").click()
    look(page)
    page.get_by_role("link", name="nhà ở").click()
    expect(page.get_by_role("cell", name="Y Hlim")).to_be_visible()
    look(page)
    page.get_by_label("Lý do phản đối").fill("Đã chi trả xong.")
    page.get_by_role("button", name="Phản đối").click()
    expect(page.get_by_role("status")).to_contain_text("Đã ghi ý kiến phản đối.")
    look(page)
