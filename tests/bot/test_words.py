"""The bot's own sentences: all used, all short, none with a link or a promise."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
import yaml

import bot.words
from bot.danger import Danger
from bot.raising import ACCUSATIONS, CALLS
from bot.words import WordsError, say
from foundation.text import Encoding, holds_link, nfc, segment, unaccent
from policies.eligibility import AmountKind

ROOM = Path(bot.words.__file__).parent
SENTENCES: dict[str, str] = yaml.safe_load((ROOM / "words.yaml").read_text("utf-8"))
LONGEST_TITLE = "a" * 40
FILLED = {
    "code": "PA1234566",
    "due": "27/11/2026",
    "time": "09:00 20/11/2026",
    "amount": "200.000.000 đồng",
    "title": LONGEST_TITLE,
    "choices": "; ".join(f"{number}. {LONGEST_TITLE}" for number in (1, 2, 3)),
    "number": "1",
    "former": "Huyện Tu Mơ Rông",
    "now": "xã Sơn Tây Thượng (Quảng Ngãi)",
    "source": "NĐ 07/2021, Điều 3",
    "body": "UBND xã Sơn Tây Thượng",
    "hour": "sau 5 giờ chiều ngày mai",
    "plan": "Kế hoạch 168/KH-UBND",
    "nearest": "PA1234566",
    "who": "bà ngoại em",
    "ask": "Nhà mình cần xây mới hay sửa lại?",
    "example": "1B 2K 3 1tr2",
    "reason": "ghi rõ nghìn hay triệu, ví dụ 800 nghìn, 1tr2",
    "because": " (76 tuổi, là hộ cận nghèo)",
    "missing": "Người cần hỗ trợ năm nay bao nhiêu tuổi?",
    "benefits": f"1. {LONGEST_TITLE}",
    "told": "76 tuổi, là hộ cận nghèo",
    "otherwise": "bị Nhà nước thu hồi đất làm ăn",
    "held": "là hộ có mức sống trung bình",
    "step": "Nộp tờ đơn Mẫu số 01 ở UBND xã nơi ở.",
}


def names_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def keys_said() -> Iterator[str]:
    """Every sentence that the code can say: by its key, by a ticket's status, by what threatens, by what is accused."""
    for path in ROOM.rglob("*.py"):
        yield from re.findall(r"""(?:say|hand_over|raise_ticket)\(\s*["'](\w+)["']""", path.read_text("utf-8"))
    yield from (f"status_{status}" for status in ("open", "answered", "closed"))
    yield from (f"danger_{danger}" for danger in Danger)
    yield from (sentence for _, sentence in ACCUSATIONS.values())
    yield from CALLS
    yield from (f"interview_{kind}" for kind in AmountKind)


def test_every_sentence_is_said_and_every_said_one_is_there() -> None:
    assert set(keys_said()) == SENTENCES.keys()


@pytest.mark.parametrize("key", SENTENCES)
def test_a_sentence_costs_little_and_promises_nothing(key: str) -> None:
    sentence = say(key, **{name: FILLED[name] for name in names_in(SENTENCES[key])})

    assert sentence == nfc(sentence).strip()
    assert not holds_link(sentence)
    assert not re.search(r"chắc chắn|đảm bảo|cam kết", sentence, re.IGNORECASE)
    bare = segment(unaccent(sentence))
    assert bare.encoding is Encoding.GSM7
    assert bare.segments <= 2
    assert segment(sentence).segments <= 3


def test_an_unknown_sentence_or_wrong_names_are_refused() -> None:
    for key, values in (("no_such", {}), ("handover", {}), ("thanks", {"code": "PA"}), ("handover", {"code": "PA"})):
        with pytest.raises(WordsError, match=key):
            say(key, **values)
    assert say("opt_in", time="{due}").count("{due}") == 1
