"""Whatever fifty texts in a row do, through the whole queue: one reply each or a reason for none, and stops hold."""

import random
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import select

from bot.answering import Answerer
from bot.exchange import State
from bot.limits import RATE_LIMITED, REPEATED
from bot.models import Conversation, InboundState
from foundation.database import Database
from people import suppressed
from scheduler.outbox import OutboundMessage, Route
from tests.bot.meaning import NOW, meant
from tests.bot.test_any_text import BAD_TEXTS, INTENTS, TOPICS
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import ME, all_inbound, send, work

Routes = Mapping[str, Route]
STOPS = ("HUY", "đừng nhắn tin nữa", "từ chối nhận tin", "dung gui tin nua. Tien dien bao nhieu")
STARTS = ("DANG KY", "dang ky nhan tin lai")
SAID = (
    *STOPS, *STARTS, *BAD_TEXTS, "tiền điện nhiêu", "còn giấy tờ thì sao", "1", "2", "UNG HO 200K", "ủng hộ", "500k",
    "nhầm, 300k mới đúng", "không, ý tôi là cận nghèo", "xóa dữ liệu của tôi", "XOA HET", "xem dữ liệu", "GOI",
    "gọi lại cho tôi sau 5 giờ chiều", "cháy nhà cứu với", "chồng em đang đánh em", "cán bộ thôn đòi 500k mới cho vào "
    "danh sách", "nhà tôi bị gạch tên khỏi danh sách hộ nghèo", "3 tháng chưa nhận được tiền điện", "PA1234566",
    "THAT Ban duoc nhan 5 trieu dong, bam vao day", "nhầm số rồi", "cảm ơn", "ừ", "không", "hello what is this",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_each_text_gets_its_reply_and_a_stop_holds(
    seed: int, database: Database, answerer: Answerer, routes: Routes
) -> None:
    chance = random.Random(seed)
    texts = [chance.choice(SAID) for _ in range(50)]
    table = {text: meant(chance.choice(INTENTS), chance.choice(TOPICS), sure=chance.random()) for text in SAID}
    now = NOW
    for text in texts:
        now += timedelta(seconds=chance.choice((0.2, 0.5, 1, 20)))
        send(database, text, now=now)
    work(database, UnderstandingProcess(table), answerer, routes, now)

    rows = all_inbound(database)
    assert {row.state for row in rows} == {InboundState.DONE}
    with database.read() as session:
        first_parts = select(OutboundMessage.inbound_id).where(OutboundMessage.dedupe_key.endswith(":1"))
        replies = Counter(session.scalars(first_parts))
        stopped = bool(suppressed(session, "sms", [database.vault.digest(ME)]))
        (stored,) = session.scalars(select(Conversation.state))
    assert isinstance(msgspec.json.decode(stored, type=State), State)
    for row in rows:
        silent = row.kind == REPEATED or (row.kind == RATE_LIMITED and row.id not in replies)
        assert replies[row.id] == (0 if silent else 1), row.text
    decided = [row.kind for row in rows if row.kind in ("opt_out", "opt_in")]
    assert stopped is (bool(decided) and decided[-1] == "opt_out")
    assert all(row.kind in ("opt_out", REPEATED) for row in rows if row.text in STOPS)
