import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.keywords import Keyword, find_keyword
from foundation.text import unaccent

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
    ("", None),
]


@pytest.mark.parametrize(("text", "keyword"), SAID)
def test_a_keyword_is_heard_only_where_it_is_meant(text: str, keyword: Keyword | None) -> None:
    assert find_keyword(text) == keyword


def _example_texts() -> list[str]:
    if not QUESTIONS.exists():
        return []
    texts = [json.loads(line)["text"] for line in (QUESTIONS / "examples.jsonl").read_text("utf-8").splitlines()]
    for line in (QUESTIONS / "dialogues.jsonl").read_text("utf-8").splitlines():
        texts += [turn["user"] for turn in json.loads(line)["turns"] if turn["kinds"] != ["opt_out"]]
    return texts


@pytest.mark.parametrize("text", _example_texts())
def test_no_question_opts_anyone_out(text: str) -> None:
    assert find_keyword(text) is not Keyword.OPT_OUT
    assert find_keyword(unaccent(text)) is not Keyword.OPT_OUT


def _training_texts(part: Any) -> Iterator[str]:
    """Every text to learn from but those that wish to stop."""
    if isinstance(part, dict):
        for intent, inner in part.items():
            yield from _training_texts(inner) if intent != "opt_out" else ()
    elif isinstance(part, list):
        yield from map(str, part)


def test_no_training_text_opts_anyone_out_but_those_that_say_so() -> None:
    files = [TRAINING / "common.yml", *sorted((TRAINING / "subjects").glob("*.yml"))]
    texts = [text for file in files for text in _training_texts(yaml.safe_load(file.read_text("utf-8")))]
    wrong = [text for text in texts if Keyword.OPT_OUT in (find_keyword(text), find_keyword(unaccent(text)))]

    assert len(texts) > 2000
    assert wrong == []
