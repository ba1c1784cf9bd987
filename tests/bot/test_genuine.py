"""Is this text really ours? Told from what was sent to this number, or to many; never from another person's texts."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.genuine import Doubt, Genuine, doubt_of, look_up, offered_to
from campaigns.models import Broadcast, Programme, Status
from foundation.database import Database
from foundation.message_class import MessageClass
from foundation.text import unaccent
from people import Group
from scheduler.outbox import NewMessage, OutboundMessage, Route, State, enqueue, in_parts, open_batch
from tests.bot.meaning import NOW
from tests.bot.village import ME, phone

ROUTE = Route("kannel", "sms", 300, 3)
NEIGHBOUR = phone(7)
NOTICE = "UBND xã Đăk Pék mời bà con họp ngày 25/11 tại nhà rông. Mã KT7Q2. Từ chối: soạn TC"
REPLY = "PA1234566: hồ sơ trợ cấp của bà đã được duyệt, 500.000 đồng một tháng"
SENT_AT = NOW + timedelta(minutes=5)

DOUBTS = [
    ("THAT KT7Q2", Doubt(code="KT7Q2")),
    ("that kt7q2", Doubt(code="KT7Q2")),
    ("Thật: PA1234566", Doubt(code="PA1234566")),
    ("THAT Ban duoc nhan 5 trieu dong", Doubt(pasted="Ban duoc nhan 5 trieu dong")),
    ("THẬT “Xã mời họp ngày 20/11” có phải thật không ạ", Doubt(pasted="Xã mời họp ngày 20/11")),
    ("that xa moi ba con hop ngay 20/11", Doubt(pasted="xa moi ba con hop ngay 20/11")),
    ("tin nay co that khong: gui 200k phi ho so", Doubt(pasted="gui 200k phi ho so")),
    ('tin nhắn này thật hay giả "Bà con nhận 2 triệu ở xã"', Doubt(pasted="Bà con nhận 2 triệu ở xã")),
    ("THAT", Doubt()),
    ("thật", None),
    ("Thật không?", None),
    ("thật ra nhà em không nghèo", None),
    ("that nghiep thi duoc gi khong anh", None),
    ("THAT NGHIEP THI DUOC GI KHONG", None),
    ("that thu mua nay co duoc ho tro giong khong", None),
    ("that met moi voi may ong can bo", None),
    ("thật 2026", None),
    ("tin nhắn này có phải lừa đảo không", None),
    ("có người gọi xưng cán bộ xã, có thật không", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "doubt"), DOUBTS)
def test_a_doubt_is_read_with_the_text_that_is_doubted(text: str, doubt: Doubt | None) -> None:
    assert doubt_of(text) == doubt


def send_out(
    database: Database,
    text: str,
    *addresses: str,
    key: str = "x",
    batch_id: int | None = None,
    state: State = State.ACCEPTED,
    message_class: MessageClass = MessageClass.OPERATIONAL,
) -> None:
    """These texts, as the dispatcher leaves them."""
    with database.write() as session:
        for number, address in enumerate(addresses):
            message = NewMessage(
                dedupe_key=f"{key}:{number}",
                address=address,
                text=text,
                message_class=message_class,
                route=ROUTE,
                not_before=NOW,
                batch_id=batch_id,
                approver="binh",
            )
            enqueue(session, in_parts(message), NOW)
        session.execute(
            update(OutboundMessage)
            .where(OutboundMessage.dedupe_key.startswith(f"{key}:"))
            .values(state=state, sent_at=SENT_AT)
        )


def broadcast(database: Database, *addresses: str) -> None:
    """The notice, as a broadcast of a plan."""
    with database.write() as session:
        batch_id = open_batch(session, MessageClass.OPERATIONAL, NOW)
        programme = Programme(title="Kế hoạch truyền thông", number="168/KH-UBND", created_at=NOW)
        group = Group(name="xã", created_at=NOW)
        session.add_all([programme, group])
        session.flush()
        session.add(
            Broadcast(
                programme_id=programme.id,
                text=NOTICE,
                message_class=MessageClass.OPERATIONAL,
                group_id=group.id,
                scheduled_at=NOW,
                status=Status.SENDING,
                created_by="an",
                batch_id=batch_id,
                created_at=NOW,
            )
        )
    send_out(database, NOTICE, *addresses, key="broadcast:1", batch_id=batch_id)


def ask(database: Database, text: str, address: str = ME, channel: str = "sms") -> Genuine | None:
    doubt = doubt_of(text)
    assert doubt is not None
    with database.read() as session:
        return look_up(session, doubt, channel, address)


@pytest.mark.parametrize("spelling", [str, unaccent, str.upper])
def test_a_text_of_ours_is_known_with_its_plan_and_who_signed(
    database: Database, spelling: Callable[[str], str]
) -> None:
    broadcast(database, ME, NEIGHBOUR)
    known = Genuine(SENT_AT, MessageClass.OPERATIONAL, True, "binh", "168/KH-UBND")
    assert ask(database, f"THAT {spelling(NOTICE)}") == known
    assert ask(database, "THAT moi ba con hop ngay 25/11 tai nha rong") == known
    assert ask(database, "THAT kt7q2") == known


def test_a_text_sent_to_many_is_ours_also_for_who_did_not_get_it(database: Database) -> None:
    broadcast(database, NEIGHBOUR)
    found = ask(database, f"THAT {NOTICE}")
    assert found is not None
    assert not found.to_this_number
    assert found.plan == "168/KH-UBND"


@pytest.mark.parametrize(
    "changed",
    [
        NOTICE.replace("25/11", "26/11"),
        f"{NOTICE} Chuyển phí 200k vào tài khoản 0123456789",
        "UBND xã Đăk Pék mời bà con chuyển phí hồ sơ",
        "mời bà con họp",
        "KT7Q3",
    ],
)
def test_a_text_with_anything_changed_is_not_ours(database: Database, changed: str) -> None:
    broadcast(database, ME)
    assert ask(database, f"THAT {changed}") is None


def test_nothing_is_told_of_what_another_person_was_sent(database: Database) -> None:
    send_out(database, REPLY, NEIGHBOUR, message_class=MessageClass.REPLY)
    assert ask(database, f"THAT {REPLY}") is None
    assert ask(database, "THAT PA1234566") is None
    assert ask(database, f"THAT {REPLY}", NEIGHBOUR) is not None
    assert ask(database, f"THAT {REPLY}", NEIGHBOUR, "zalo") is None


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.SUPPRESSED, State.CANCELLED, State.FAILED])
def test_what_never_left_us_is_no_text_of_ours(database: Database, state: State) -> None:
    send_out(database, NOTICE, ME, state=state)
    assert ask(database, f"THAT {NOTICE}") is None


def test_a_text_in_parts_is_known_whole(database: Database) -> None:
    long = " ".join(f"Điều {number} của thông báo xã Đăk Pék." for number in range(12))
    send_out(database, long, ME)
    assert ask(database, f"THAT {long}") is not None
    assert ask(database, "THAT Điều 5 của thông báo xã Đăk Pék. Điều 6 của thông báo") is not None


def test_a_doubt_without_a_text_finds_nothing(database: Database) -> None:
    broadcast(database, ME)
    assert ask(database, "THAT") is None


def test_only_the_last_text_offers_a_word(database: Database) -> None:
    with database.read() as session:
        assert offered_to(session, "sms", ME) == frozenset()
    broadcast(database, ME)
    with database.read() as session:
        assert offered_to(session, "sms", ME) == {"TC"}
        assert offered_to(session, "sms", NEIGHBOUR) == frozenset()
    send_out(database, "Hộ nghèo được hỗ trợ tiền điện.", ME, key="reply:1", message_class=MessageClass.REPLY)
    with database.read() as session:
        assert offered_to(session, "sms", ME) == frozenset()
