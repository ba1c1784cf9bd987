"""Danger by its words: what happens now, in any spelling; never rules, what is over or not so, or a way of speaking."""

from collections.abc import Callable

import pytest

from bot.danger import Danger, facts_of, find_danger
from foundation.text import unaccent
from policies import AnswerBook, Facet
from tests.bot.meaning import TODAY

IN_DANGER = [
    ("cháy nhà rồi cứu với", Danger.FIRE),
    ("nhà em đang cháy, có ai không", Danger.FIRE),
    ("Cháy lớn quá, lửa lan qua nhà bên rồi", Danger.FIRE),
    ("chay nha o thon 3 goi so may", Danger.FIRE),
    ("bếp bốc cháy rồi làm sao bây giờ", Danger.FIRE),
    ("dang chay rung sau lang", Danger.FIRE),
    ("nổ bình ga rồi kêu ai cứu", Danger.FIRE),
    ("nước lũ lên tới nóc nhà rồi, 4 người kẹt trên gác", Danger.FLOOD),
    ("nuoc len nhanh qua cuu voi", Danger.FLOOD),
    ("lũ cuốn em trai tôi rồi", Danger.FLOOD),
    ("sạt lở đè sập nhà hàng xóm có người bên trong", Danger.FLOOD),
    ("mẹ con tui ngồi trên mái, nước ngập hết, nhà hộ nghèo, cứu với, được hỗ trợ gì không", Danger.FLOOD),
    ("cả làng bị cô lập vì lũ, gọi ai", Danger.FLOOD),
    ("hai đứa đi rừng lạc từ hôm qua, kêu cứu ở đâu", Danger.FLOOD),
    ("tui muốn chết", Danger.SUICIDE),
    ("mệt mỏi quá chắc tui uống thuốc rầy chết cho xong", Danger.SUICIDE),
    ("em ko muon song nua", Danger.SUICIDE),
    ("khổ quá muốn tự tử", Danger.SUICIDE),
    ("chồng uống thuốc cỏ rồi", Danger.SUICIDE),
    ("tôi chết đi cho rồi", Danger.SUICIDE),
    ("ba em đau ngực khó thở, giờ làm sao", Danger.ACCIDENT),
    ("con bị điện giật tím tái, cứu với", Danger.ACCIDENT),
    ("vo chuyen da giua dem goi ai", Danger.ACCIDENT),
    ("tai nạn xe trên đèo, hai người bất tỉnh, gọi xe cấp cứu số mấy", Danger.ACCIDENT),
    ("cháu bé nhà bên bị cha dượng đánh bầm tím suốt, có khi bỏ đói", Danger.CHILD),
    ("em 13t bi chu so mo", Danger.CHILD),
    ("có đứa nhỏ bị nhốt trong nhà kêu khóc cả ngày", Danger.CHILD),
    ("be gai hang xom bi xam hai", Danger.CHILD),
    ("chồng em đang say rượu cầm dao đòi chém em", Danger.VIOLENCE),
    ("ck e danh e bam mat", Danger.VIOLENCE),
    ("bị chồng đánh, giúp em", Danger.VIOLENCE),
    ("ông hàng xóm dọa giết cả nhà tôi", Danger.VIOLENCE),
    ("chong toi uong ruou vao la danh me con toi", Danger.VIOLENCE),
    ("con trai đánh mẹ gãy tay", Danger.VIOLENCE),
    ("có trộm đang cạy cửa", Danger.VIOLENCE),
    ("Bố nhậu về đánh mẹ em hoài", Danger.VIOLENCE),
    # Told, and nothing asked.
    ("chập điện cháy bếp rồi, khói mù mịt", Danger.FIRE),
    ("khói bốc lên từ nhà bà Y Hoa, cháy to lắm", Danger.FIRE),
    ("cháy rẫy lan tới nhà rồi", Danger.FIRE),
    ("cả thôn bị cô lập 2 ngày không có gì ăn", Danger.FLOOD),
    ("nước ngập mênh mông, hai bà cháu ngồi trên nóc", Danger.FLOOD),
    ("anh tôi lội suối bị cuốn trôi chưa tìm thấy", Danger.FLOOD),
    ("con em đi chăn bò lạc trong rừng từ sáng chưa về", Danger.FLOOD),
    ("bị lũ cô lập trên đồi, có 2 con nhỏ, hết gạo rồi", Danger.FLOOD),
    ("vợ em vừa uống thuốc diệt cỏ", Danger.SUICIDE),
    ("em muốn kết liễu đời mình", Danger.SUICIDE),
    ("nợ nần chồng chất muốn tự tử cho xong", Danger.SUICIDE),
    ("không còn lý do gì để sống", Danger.SUICIDE),
    ("chồng em bị cây đè bất tỉnh", Danger.ACCIDENT),
    ("be nha em len con co giat tim tai", Danger.ACCIDENT),
    ("vợ em chảy máu khi mang thai 7 tháng", Danger.ACCIDENT),
    ("tông xe trên đèo, hai người bất tỉnh, gọi 113 hay 115", Danger.ACCIDENT),
    ("con em bi bat coc roi", Danger.CHILD),
    ("ba dượng sờ mó con gái em", Danger.CHILD),
    ("họ bắt con nít đi làm trong quán karaoke không cho về", Danger.CHILD),
    ("con tôi bị thầy giáo đánh bầm người, giờ làm gì", Danger.CHILD),
    ("ck danh ca nha em", Danger.VIOLENCE),
    ("e bi danh dap moi ngay, e phai lam sao", Danger.VIOLENCE),
    ("thằng con nghiện đánh ba mẹ già", Danger.VIOLENCE),
    ("nó dọa đốt nhà em", Danger.VIOLENCE),
    # Whoever asks whom to tell is beaten, and so is who asks for a lawyer.
    ("chồng đánh thì báo ai", Danger.VIOLENCE),
    ("bị chồng đánh thì báo ai", Danger.VIOLENCE),
    ("hàng xóm đánh vợ, báo ở đâu", Danger.VIOLENCE),
    ("chồng em đánh em gãy tay, em muốn ly hôn mà không có tiền thuê luật sư", Danger.VIOLENCE),
]
NOT_IN_DANGER = [
    # What the rules say.
    "nhà cháy được hỗ trợ bao nhiêu",
    "bão số 13 hỗ trợ nhiêu",
    "nhà bị lũ cuốn trôi thì được bao nhiêu tiền làm lại",
    "trẻ em bị bỏ rơi được trợ cấp mấy trăm",
    "bị tai nạn giao thông nằm viện có được hỗ trợ không",
    "đánh vợ bị phạt bao nhiêu",
    "chồng đánh vợ thì báo ai",
    "bạo lực gia đình là gì",
    "báo chồng đánh có cần đơn không",
    "gọi 114 chữa cháy có mất tiền không",
    "nếu nhà cháy thì gọi số nào",
    "bị chồng đánh thì trung tâm nào cho ở nhờ",
    "sạt lở phải dời nhà được mấy triệu",
    "mai táng người chết đuối được bao nhiêu",
    "chính sách cho vùng sạt lở, lũ quét",
    "thuốc sâu có được hỗ trợ không",
    # What is over, or is not so.
    "lửa tắt rồi mà nhà cháy rụi, hộ nghèo không còn chỗ ở thì được hỗ trợ làm lại nhà bao nhiêu",
    "qua lũ rồi, xã bắt di dời khẩn cấp thì được mấy triệu",
    "năm ngoái nhà tôi đang cháy mà không ai tới",
    "hôm qua cháy nhà ở thôn 2, giờ làm sao",
    "nước lũ rút hết rồi, nhà còn bùn, làm sao",
    "chồng em không đánh em, chỉ giữ hết tiền",
    "nhà em không bị cháy",
    "năm ngoái chồng cũ đánh em, giờ hết rồi",
    # Other words, and ways of speaking.
    "nhà đang chạy giấy tờ vay vốn",
    "nước đang chảy vào bồn nhà tôi",
    "nha em dang chay nuoc may",
    "nóng muốn chết",
    "bò muốn chết đói rồi",
    "lúa chết hết rồi",
    "không muốn sống ở nhà tạm nữa",
    "dang ky danh sach ho ngheo cho chau",
    "cháu có tên trong danh sách không",
    "quà dành cho trẻ em nghèo",
    "danh cho tre em 5 tuoi",
    "ba em đánh cá ở hồ",
    "xã đánh giá nhà em sai",
    "cán bộ đánh rớt hồ sơ của em",
    "muốn tư vấn vay vốn",
    "giúp em với, em muốn hỏi tiền điện",
    "tu tu roi tra no duoc khong",
    "dự án liên kết trong mùa nước lên",
    "gạo cứu đói phát khi nào",
    "xin cứu trợ khẩn cấp thì làm sao",
    "nước sinh hoạt lên chậm lắm",
    "nước về yếu quá không đủ dùng",
    "đang chạy ăn từng bữa",
    "chồng em đi đánh bắt cá",
    "ba em đánh chiêng giỏi",
    "con em bị đánh rớt học bổng",
    "cầm dao phát rẫy",
    "bà con treo cờ mừng lễ",
    "cán bộ thật có hỏi mã số không",
    "con em bị co giật từ nhỏ",
    "chồng em bị tai nạn lao động mất sức",
    "mẹ em bị đột quỵ nằm liệt hai năm nay",
    "lũ năm ngoái hư nhà, được hỗ trợ gì",
    "lũ cuốn nhà cả tháng rồi chưa có tiền dựng lại, khi nào mới có",
    "tức muốn chết",
    "giảm nghèo bền vững",
    "",
]


@pytest.mark.parametrize(("text", "danger"), IN_DANGER)
@pytest.mark.parametrize("spelling", [str, unaccent, str.upper])
def test_danger_is_seen_in_every_spelling(text: str, danger: Danger, spelling: Callable[[str], str]) -> None:
    assert find_danger(spelling(text)) is danger


@pytest.mark.parametrize("text", NOT_IN_DANGER)
@pytest.mark.parametrize("spelling", [str, unaccent])
def test_rules_and_what_is_over_are_no_danger(text: str, spelling: Callable[[str], str]) -> None:
    assert find_danger(spelling(text)) is None


@pytest.mark.parametrize("danger", Danger)
def test_the_number_to_call_is_told_by_an_answer(danger: Danger) -> None:
    book = AnswerBook.load()
    answers = [book.answer(fact, Facet.WHAT, TODAY) for fact in facts_of(danger)]
    assert answers
    assert all(answer is not None and answer.confidence == "A" for answer in answers)
    first = answers[0].text if answers[0] else ""
    assert any(number in first for number in ("111", "112", "113", "114", "115"))
