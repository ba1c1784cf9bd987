"""What is complained of: who is accused must not read it, so a list or money wrongly taken is told from the rest."""

from collections.abc import Callable

import pytest

from bot.grievance import Grievance, grievance_of
from foundation.text import unaccent

ABOUT = [
    ("cán bộ thôn đòi 500k mới cho nhà em vô danh sách hộ nghèo", Grievance.CORRUPTION),
    ("truong thon an chan tien ho tro lam nha cua ba con", Grievance.CORRUPTION),
    ("trưởng buôn thu mỗi nhà 50 ngàn không nói lý do", Grievance.CORRUPTION),
    ("ký nhận 500 mà chỉ được đưa 300", Grievance.CORRUPTION),
    ("cb xã xin tiền cà phê mới chịu ký", Grievance.CORRUPTION),
    ("tiền của tui bị người khác lãnh mất rồi", Grievance.CORRUPTION),
    ("Nhà em bị gạch tên khỏi danh sách hộ nghèo, phải đưa phong bì mới được vô lại", Grievance.CORRUPTION),
    ("cán bộ thôn đòi 500k mới cho vào hộ nghèo, tố cáo ở đâu", Grievance.CORRUPTION),
    ("xã phát 1 triệu mà trưởng buôn chỉ đưa em 700 ngàn", Grievance.CORRUPTION),
    ("quà Tết có 10 phần mà nhà trưởng thôn giữ 3 phần", Grievance.CORRUPTION),
    ("ctv vay von doi 5% tien hoa hong", Grievance.CORRUPTION),
    ("gạo cứu đói trưởng thôn để nhà bán", Grievance.CORRUPTION),
    ("con bò giống bị cán bộ đổi lấy con gầy", Grievance.CORRUPTION),
    ("mẹ em chết rồi mà vẫn có người ký nhận tiền trợ cấp", Grievance.CORRUPTION),
    ("keu dan ky ten vao giay trang roi lanh tien", Grievance.CORRUPTION),
    ("họ bảo đưa ít tiền uống nước thì làm giấy nhanh", Grievance.CORRUPTION),
    ("năm nay bị gạch tên khỏi danh sách hộ nghèo, em không đồng ý", Grievance.LIST_OBJECTION),
    ("nha ong hang xom co xe oto ma van trong ds ho ngheo, ko cong bang", Grievance.LIST_OBJECTION),
    ("nhà em khổ vậy mà không được xét", Grievance.LIST_OBJECTION),
    ("bình xét thiên vị, toàn người nhà cán bộ", Grievance.LIST_OBJECTION),
    ("họ ép nhà tui ký giấy thoát nghèo", Grievance.LIST_OBJECTION),
    ("danh sách dán ở nhà rông không có tên mẹ tôi", Grievance.LIST_OBJECTION),
    ("trưởng thôn cho người nhà vào hộ nghèo", Grievance.LIST_OBJECTION),
    ("trưởng thôn toàn cho bà con mình vô danh sách", Grievance.LIST_OBJECTION),
    ("em ruot bi thu duoc ho ngheo", Grievance.LIST_OBJECTION),
    ("ưu tiên người nhà cán bộ thôi, dân thường không có suất", Grievance.LIST_OBJECTION),
    ("nhà 2 tầng mà được hộ nghèo, nhà tôi nhà tranh không được", Grievance.LIST_OBJECTION),
    ("nha toi kho hon nha no ma nha no duoc con toi khong", Grievance.LIST_OBJECTION),
    ("xet ho ngheo ko cong bang, nha xe lau van co ten", Grievance.LIST_OBJECTION),
    ("ai thân cán bộ thì được nuôi dê, người đau ốm thì không", Grievance.LIST_OBJECTION),
    ("tự nhiên bị đưa ra khỏi hộ nghèo", Grievance.LIST_OBJECTION),
    ("xã hứa cấp bồn nước mà tới giờ chưa thấy", Grievance.COMPLAINT),
    ("ba tháng rồi nhà em chưa nhận được tiền", Grievance.COMPLAINT),
    ("cán bộ một cửa hách dịch, quát mẹ tôi", Grievance.COMPLAINT),
    ("tui muốn phản ánh con đường vào buôn hư", Grievance.COMPLAINT),
]
NOTHING = [
    "hộ nghèo được hỗ trợ tiền điện bao nhiêu",
    "nhà có xe máy thì có được hộ nghèo không",
    "dự án chăn nuôi cần giấy gì",
    "thu nhập mấy triệu thì là hộ nghèo",
    "hộ nghèo vay có cần chồng ký không",
    "tôi xin ủng hộ 500 nghìn",
    "có người mạo danh cán bộ gọi đòi 500k phí hồ sơ",
    "xóa số tôi khỏi danh sách nhận tin",
    "đi làm hồ sơ nộp ở xã hay thôn",
    "ủy quyền cho người khác lãnh trợ cấp cần giấy gì",
    "xã thu tiền rác bao nhiêu",
    "phong bì đựng hồ sơ mua ở đâu",
    "bà con mình cũng được nhận gạo",
    "người nhà em được nhận thẻ rồi",
    "thôn có 40 hộ nghèo mà chỉ có 5 suất nhà",
    "chấm điểm hộ nghèo dựa vào cái gì",
    "",
]


@pytest.mark.parametrize(("text", "grievance"), ABOUT)
@pytest.mark.parametrize("spelling", [str, unaccent, str.upper])
def test_a_grievance_is_told_by_what_it_is_about(
    text: str, grievance: Grievance, spelling: Callable[[str], str]
) -> None:
    assert grievance_of(spelling(text)) is grievance


def test_signing_falsely_is_not_signing_or_not() -> None:
    assert grievance_of("danh sách học nghề toàn ký khống") is Grievance.CORRUPTION
    assert grievance_of("hộ nghèo vay vợ có phải cùng ký không") is None


@pytest.mark.parametrize("text", NOTHING)
@pytest.mark.parametrize("spelling", [str, unaccent])
def test_no_grievance_is_made_of_anything_else(text: str, spelling: Callable[[str], str]) -> None:
    assert grievance_of(spelling(text)) is None


def test_only_a_plain_complaint_may_be_spoken_of() -> None:
    assert {grievance for grievance in Grievance if not grievance.confidential} == {Grievance.COMPLAINT}
