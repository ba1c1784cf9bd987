"""Words and phrases that work without understanding; above all that nobody is opted out who did not say so."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.keywords import Keyword, find_keyword, without_service_keyword, words_offered
from bot.reading import read
from foundation.text import fold, unaccent

TRAINING = Path(__file__).parents[2] / "nlu" / "data"
QUESTIONS = Path(__file__).parents[2].parent / "shared" / "questions"

SAID = [
    ("HUY", Keyword.OPT_OUT),
    ("Hủy", Keyword.OPT_OUT),
    ("stop ạ", Keyword.OPT_OUT),
    ("TU CHOI", Keyword.OPT_OUT),
    ("đừng nhắn nữa", Keyword.OPT_OUT),
    ("ko nhan tin nua", Keyword.OPT_OUT),
    ("từ chối nhận tin", Keyword.OPT_OUT),
    ("tôi không muốn nhận tin nhắn này nữa", Keyword.OPT_OUT),
    ("đừng gửi tin nhắn cho tôi", Keyword.OPT_OUT),
    ("thôi đừng nhắn", Keyword.OPT_OUT),
    ("ngưng nhắn tin", Keyword.OPT_OUT),
    ("dung nhan tin cho toi nua", Keyword.OPT_OUT),
    ("spam quá, đừng gửi nữa", Keyword.OPT_OUT),
    ("ngừng gửi tin cho số này", Keyword.OPT_OUT),
    ("đừng gửi tin rác nữa", Keyword.OPT_OUT),
    ("không cần nhận thông báo nữa", Keyword.OPT_OUT),
    ("dung nhan cho em nua nhe", Keyword.OPT_OUT),
    ("toi khong can tin nhan nay", Keyword.OPT_OUT),
    ("đừng nhắn tao nữa", Keyword.OPT_OUT),
    ("DANG KY NHAN TIN LAI", Keyword.OPT_IN),
    ("tro giup", Keyword.HELP),
    ("STOP STOP", Keyword.OPT_OUT),
    ("rút đồng ý", Keyword.OPT_OUT),
    ("đừng nt nữa", Keyword.OPT_OUT),
    ("phiền quá đừng nhắn", Keyword.OPT_OUT),
    ("đừng nhắn lại nữa", Keyword.OPT_OUT),
    ("đừng spam nữa", Keyword.OPT_OUT),
    ("xóa số tôi khỏi danh sách gửi tin", Keyword.OPT_OUT),
    ("Đừng gửi tin cho tôi nữa. Mà hộ nghèo được tiền điện bao nhiêu?", Keyword.OPT_OUT),
    ("đừng nhắn nữa cho hỏi tiền điện bao nhiêu", Keyword.OPT_OUT),
    ("xóa hết thông tin của tôi và đừng nhắn tin nữa", Keyword.OPT_OUT),
    ("nhầm số rồi, đừng nhắn nữa", Keyword.OPT_OUT),
    ("đừng nhắn tin nữa, hứa hoài mà không nhận được đồng nào", Keyword.OPT_OUT),
    ("hủy tin nhắn", Keyword.OPT_OUT),
    ("Hủy đăng ký nhận tin", Keyword.OPT_OUT),
    ("em ơi stop nhé", Keyword.OPT_OUT),
    ("XOA DU LIEU", Keyword.ERASE_DATA),
    ("xoá hết dữ liệu của tôi đi", Keyword.ERASE_DATA),
    ("xóa số của em khỏi hệ thống", Keyword.ERASE_DATA),
    ("XOA HET", Keyword.ERASE_YES),
    ("đồng ý xoá ạ", Keyword.ERASE_YES),
    ("XEM DU LIEU", Keyword.SEE_DATA),
    ("mấy anh đang lưu thông tin gì của tôi vậy?", Keyword.SEE_DATA),
    ("cho toi xem du lieu ca nhan cua toi", Keyword.SEE_DATA),
    ("GOI", Keyword.CALL_BACK),
    ("gọi lại cho tôi", Keyword.CALL_BACK),
    ("goi lai cho tui sau 5 gio chieu nha, tui khong ranh chu", Keyword.CALL_BACK),
    ("nhờ ai biết tiếng Ê Đê gọi cho má em", Keyword.CALL_BACK),
    ("có ai gọi lại cho tôi được không", Keyword.CALL_BACK),
    ("alo gọi lại giúp", Keyword.CALL_BACK),
    ("em muốn được gọi lại", Keyword.CALL_BACK),
    ("nhầm số rồi", Keyword.WRONG_NUMBER),
    ("Lộn số em ơi", Keyword.WRONG_NUMBER),
    ("nhầm người rồi em ơi", Keyword.WRONG_NUMBER),
    ("đây không phải số của ông Ba", Keyword.WRONG_NUMBER),
    ("số này đổi chủ rồi", Keyword.WRONG_NUMBER),
    ("tui mới mua cái sim này", Keyword.WRONG_NUMBER),
    # One word folded, three meanings; names; abbreviations; people who stop asking.
    ("dung", None),
    ("DUNG", None),
    ("đúng rồi", None),
    ("TC", None),
    ("anh Huy ơi cho hỏi tiền điện", None),
    ("Huy ơi", None),
    ("nhầm người nhận tiền thì sao", None),
    ("thôi không hỏi nữa", None),
    ("nhà em không nhận tiền nữa à", None),
    ("em không nhận được tin nhắn gì cả", None),
    ("ko nhan duoc tien ho tro", None),
    ("em không tin tưởng lắm", None),
    ("tôi muốn gọi điện chứ không nhắn", None),
    ("làm sao để hủy nhận tin nhắn?", None),
    # "tin" is a text message and to believe; "nhận" is to receive, anything, and folds like "nhắn".
    ("em không tin", None),
    ("tôi không tin cán bộ xã", None),
    ("đừng tin người lạ", None),
    ("toi khong tin nhan vien xa", None),
    ("không có tin gì", None),
    ("khong co tin nhan bao ho ngheo", None),
    ("tôi bị từ chối tín dụng", None),
    ("ho ngheo bi tu choi tin vay", None),
    ("em khong muon nhan tin dung", None),
    ("em dung tin nhan de hoi", None),
    ("tui đang dùng tin nhắn để hỏi tiền điện", None),
    ("con tui dặn đừng gửi tin nhắn cho người lạ", None),
    ("dừng nhận tiền trợ cấp cho tôi", None),
    ("xã ngừng nhận hồ sơ luôn", None),
    ("đừng nhận tiền nữa", None),
    ("em ko nhận tin nhắn nào", None),
    ("em ko nhan tin dc", None),
    ("có phải không nhận tin nữa là mất trợ cấp không", None),
    ("dùng nhận nữa", None),
    ("muon ngung nhan tin thi lam the nao", None),
    # Nothing refused: asked about, denied, taken back, or stopped by us.
    ("nếu từ chối nhận tin thì mất gì", None),
    ("tôi không từ chối nhận tin", None),
    ("đừng ngừng nhắn tin cho tôi", None),
    ("hôm trước lỡ từ chối nhận tin, giờ muốn nhận lại", None),
    ("lâu rồi không nhắn tin nữa", None),
    ("xã không gửi tin nữa", None),
    # Whose data, whose number, who called.
    ("quyền xóa dữ liệu thực hiện thế nào", None),
    ("bị xóa tên khỏi danh sách hộ nghèo", None),
    ("xóa nhà tạm cho tôi", None),
    ("xóa hết nợ cho tôi", None),
    ("thông tin của tôi sao bị lộ", None),
    ("yêu cầu xóa dữ liệu thì mấy ngày xóa xong", None),
    ("xem thông tin của tôi có trong danh sách hộ nghèo không", None),
    ("chuyển nhầm số tài khoản rồi", None),
    ("ghi nhầm số căn cước", None),
    ("nhầm số điện tháng này", None),
    ("đây không phải số tiền tôi được", None),
    ("số lạ gọi cho tôi đòi mã OTP", None),
    ("anh chị hứa gọi lại mà sao chưa gọi", None),
    ("có người gọi cho tôi", None),
    ("đừng gọi cho tôi", None),
    ("tôi muốn hỏi người lạ gọi cho tôi đòi mã OTP", None),
    ("tôi chuyển tiền ủng hộ, sai số rồi", None),
    ("xã có quyền xóa thông tin của tôi không", None),
    ("tôi có quyền xem thông tin của tôi không", None),
    ("gọi xe cấp cứu cho mẹ tôi", None),
    ("", None),
]
SPELLINGS: list[Callable[[str], str]] = [str, unaccent, str.upper, fold]


@pytest.mark.parametrize(("text", "keyword"), SAID)
@pytest.mark.parametrize("spelling", [str, str.upper])
def test_a_keyword_is_heard_only_where_it_is_meant(
    text: str, keyword: Keyword | None, spelling: Callable[[str], str]
) -> None:
    assert find_keyword(spelling(text)) == keyword


@pytest.mark.parametrize(("text", "keyword"), [(text, keyword) for text, keyword in SAID if keyword is not None])
def test_a_keyword_is_heard_without_diacritics(text: str, keyword: Keyword) -> None:
    assert find_keyword(unaccent(text)) is keyword


def test_tc_refuses_only_where_it_was_offered() -> None:
    offered = words_offered("Quà Tết phát ngày 20/1. Từ chối nhận tin: soạn TC gửi 8079")
    assert offered == {"TC"}
    assert find_keyword("tc ạ", offered) is Keyword.OPT_OUT
    assert find_keyword("TC") is None
    assert find_keyword("TC người già bao nhiêu", offered) is None
    assert find_keyword("DUNG", words_offered("Từ chối: soạn DUNG")) is None


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("KT ho ngheo duoc gi", "ho ngheo duoc gi"),
        ("kt: HUY", "HUY"),
        ("  Kt  tiền điện?", "tiền điện?"),
        ("KT", ""),
        ("KTX sinh viên", "KTX sinh viên"),
        ("hộ nghèo KT", "hộ nghèo KT"),
    ],
)
def test_the_word_that_brings_a_text_to_us_is_taken_off(text: str, rest: str) -> None:
    assert without_service_keyword(text, "KT") == rest
    assert without_service_keyword(text, "") == text


def _example_texts() -> list[str]:
    if not QUESTIONS.exists():
        return []
    texts = [json.loads(line)["text"] for line in (QUESTIONS / "examples.jsonl").read_text("utf-8").splitlines()]
    for line in (QUESTIONS / "dialogues.jsonl").read_text("utf-8").splitlines():
        texts += [turn["user"] for turn in json.loads(line)["turns"] if turn["kinds"] != ["opt_out"]]
    return texts


@pytest.mark.parametrize("text", _example_texts())
def test_no_question_opts_anyone_out(text: str) -> None:
    assert not any(Keyword.OPT_OUT in read(spelling(text)).keywords for spelling in SPELLINGS)


def _training_texts(part: Any) -> Iterator[str]:
    """Every text to learn from but those that wish to stop."""
    if isinstance(part, dict):
        for intent, inner in part.items():
            yield from _training_texts(inner) if intent != "opt_out" else ()
    elif isinstance(part, list):
        yield from map(str, part)


def test_no_training_text_opts_anyone_out_but_those_that_say_so() -> None:
    files = [TRAINING / "common.yml", *sorted(TRAINING.glob("s*/**/*.yml"))]
    texts = [text for file in files for text in _training_texts(yaml.safe_load(file.read_text("utf-8")))]
    some = random.Random(20261120).sample(texts, 2000)
    wrong = [text for text in some for spelling in SPELLINGS if Keyword.OPT_OUT in read(spelling(text)).keywords]

    assert wrong == []
