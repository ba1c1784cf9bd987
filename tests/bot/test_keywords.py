import json
from pathlib import Path

import pytest

from bot.keywords import Keyword, find_keyword

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
    ("DANG KY NHAN TIN LAI", Keyword.OPT_IN),
    ("tro giup", Keyword.HELP),
    ("XOA DU LIEU", Keyword.MY_DATA),
    # One word folded, three meanings; names; abbreviations; people who stop asking.
    ("dung", None),
    ("DUNG", None),
    ("đúng rồi", None),
    ("TC", None),
    ("anh Huy ơi cho hỏi tiền điện", None),
    ("thôi không hỏi nữa", None),
    ("nhà em không nhận tiền nữa à", None),
    ("em không nhận được tin nhắn gì cả", None),
    ("ko nhan duoc tien ho tro", None),
    ("em không tin tưởng lắm", None),
    ("tôi muốn gọi điện chứ không nhắn", None),
    ("làm sao để hủy nhận tin nhắn?", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "keyword"), SAID)
def test_a_keyword_is_heard_only_where_it_is_meant(text: str, keyword: Keyword | None) -> None:
    assert find_keyword(text) == keyword


def _example_texts() -> list[str]:
    texts = []
    if (QUESTIONS / "examples.jsonl").exists():
        texts = [json.loads(line)["text"] for line in (QUESTIONS / "examples.jsonl").read_text("utf-8").splitlines()]
    return texts


@pytest.mark.parametrize("text", _example_texts())
def test_no_question_opts_anyone_out(text: str) -> None:
    assert find_keyword(text) is None
