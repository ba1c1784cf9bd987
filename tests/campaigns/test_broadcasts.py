import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from campaigns import broadcasts as life
from campaigns.broadcasts import EDITABLE, LATEST_APPROVAL, STATUS_NAMES, TRANSITIONS, BroadcastError
from campaigns.lists import list_broadcasts
from campaigns.models import Broadcast, Status
from campaigns.sending import finish, send_due
from foundation.database import Database
from foundation.message_class import MessageClass
from people import (
    Group,
    GroupMember,
    Official,
    OfficialError,
    Role,
    add_official,
    entries,
    official_named,
    upsert_contact,
)
from scheduler import outbox
from scheduler.outbox import OutboundMessage, Route, State

PUBLIC = MessageClass.PUBLIC_INFORMATION
PRICE = 500
ROUTE = Route("recording", "sms", PRICE, 3)
PEOPLE = 4
TEXT = "Xa chi tra tro cap ngay 25/11 tai nha van hoa."

Deed = Callable[[Session, Broadcast], object]


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture
def village(database: Database, now: datetime) -> Database:
    """Lan writes, Minh and Hoa approve, Tung answers; a group of four people."""
    with database.write() as session:
        for name, role in [
            ("lan", Role.EDITOR),
            ("minh", Role.APPROVER),
            ("hoa", Role.APPROVER),
            ("tung", Role.HANDLER),
        ]:
            add_official(session, name, role, None, now, "test")
        group = Group(name="xã", created_at=now)
        session.add(group)
        session.flush()
        for number in range(PEOPLE):
            contact = upsert_contact(session, f"+8491234567{number}", now)
            session.add(GroupMember(group_id=group.id, contact_id=contact))
    return database


def at_eight(now: datetime) -> datetime:
    """Tomorrow, 08:00 in Vietnam."""
    return now + timedelta(hours=23)


def write(village: Database, now: datetime, by: str = "lan", **changes: Any) -> int:
    """A draft; its id."""
    with village.write() as session:
        arguments: dict[str, Any] = {
            "text": TEXT,
            "group": session.scalars(select(Group)).one(),
            "message_class": PUBLIC,
            "scheduled_at": at_eight(now),
            "route": ROUTE,
            "now": now,
        }
        return life.create(session, official_named(session, by), **(arguments | changes)).id


def do(village: Database, broadcast_id: int, deed: Deed) -> None:
    with village.write() as session:
        deed(session, life.broadcast_by_id(session, broadcast_id))


def official(session: Session, name: str) -> Official:
    return official_named(session, name)


def submit(now: datetime, by: str = "lan") -> Deed:
    return lambda s, b: life.submit(s, b, official(s, by), ROUTE, now)


def approve(now: datetime, by: str = "minh", route: Route = ROUTE) -> Deed:
    return lambda s, b: life.approve(s, b, official(s, by), route, now)


def send_back(now: datetime, by: str = "minh", because: str = "sai ngày") -> Deed:
    return lambda s, b: life.send_back(s, b, official(s, by), because, now)


def edit(now: datetime, by: str = "lan", text: str = "Tin moi", scheduled_at: datetime | None = None) -> Deed:
    return lambda s, b: life.edit(s, b, official(s, by), text, scheduled_at or at_eight(now), None, ROUTE, now)


def pause(now: datetime, by: str = "lan") -> Deed:
    return lambda s, b: life.pause(s, b, official(s, by), now)


def resume(now: datetime, by: str = "minh") -> Deed:
    return lambda s, b: life.resume(s, b, official(s, by), now)


def cancel(now: datetime, by: str = "lan") -> Deed:
    return lambda s, b: life.cancel(s, b, official(s, by), now)


def approved(village: Database, now: datetime, **changes: Any) -> int:
    """A broadcast that waits for its hour."""
    broadcast_id = write(village, now, **changes)
    do(village, broadcast_id, submit(now))
    do(village, broadcast_id, approve(now))
    return broadcast_id


def sending(village: Database, now: datetime, **changes: Any) -> int:
    """A broadcast whose messages stand in the outbox."""
    broadcast_id = approved(village, now, **changes)
    assert send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now)) == 1
    return broadcast_id


def get(village: Database, broadcast_id: int) -> Broadcast:
    with village.read() as session:
        return life.broadcast_by_id(session, broadcast_id)


def shown(village: Database, broadcast_id: int) -> life.Progress:
    with village.read() as session:
        return life.progress(session, life.broadcast_by_id(session, broadcast_id))


def messages(village: Database) -> list[OutboundMessage]:
    with village.read() as session:
        return list(session.scalars(select(OutboundMessage).order_by(OutboundMessage.id)))


def settle_all(village: Database, state: State, now: datetime) -> None:
    with village.write() as session:
        session.execute(update(OutboundMessage).values(state=state, settled_at=now))


def test_a_broadcast_from_writing_to_done(village: Database, now: datetime) -> None:
    eight = at_eight(now)
    broadcast_id = write(village, now)
    draft = get(village, broadcast_id)
    assert (draft.status, draft.recipients, draft.segments, draft.cost_vnd) == (Status.DRAFT, 4, 4, 4 * PRICE)
    do(village, broadcast_id, submit(now))
    assert get(village, broadcast_id).status == Status.SUBMITTED
    do(village, broadcast_id, approve(now))
    scheduled = get(village, broadcast_id)
    assert (scheduled.status, scheduled.approved_by, scheduled.approved_at) == (Status.SCHEDULED, "minh", now)
    assert send_due(village, {ROUTE.gateway: ROUTE}, eight - timedelta(seconds=1)) == 0
    assert messages(village) == []
    assert send_due(village, {ROUTE.gateway: ROUTE}, eight) == 1
    assert shown(village, broadcast_id).status is Status.SENDING
    assert shown(village, broadcast_id).counts == {"queued": 4}
    assert finish(village, eight) == 0
    settle_all(village, State.ACCEPTED, eight)
    assert finish(village, eight) == 1
    assert finish(village, eight) == 0
    assert shown(village, broadcast_id).status is Status.DONE
    with village.read() as session:
        done = [(entry.actor, entry.action) for entry in entries(session) if entry.subject_kind == "broadcast"]
    assert done[::-1] == [
        ("lan", "broadcast.created"),
        ("lan", "broadcast.submitted"),
        ("minh", "broadcast.scheduled"),
        ("loa", "broadcast.sending"),
        ("loa", "broadcast.done"),
    ]


def test_each_message_remembers_what_it_is_of(village: Database, now: datetime) -> None:
    broadcast_id = sending(village, now, expires_at=at_eight(now) + timedelta(days=2))
    sent = messages(village)
    assert [each.address for each in sent] == [f"+8491234567{number}" for number in range(PEOPLE)]
    for each in sent:
        assert (each.text, each.message_class, each.gateway) == (TEXT, PUBLIC, "recording")
        assert (each.template, each.template_version) == (f"broadcast:{broadcast_id}", life.text_version(TEXT))
        assert (each.approver, each.price_vnd, each.segments) == ("minh", PRICE, 1)
        assert each.expires_at == at_eight(now) + timedelta(days=2)


def bring(village: Database, now: datetime, status: Status) -> int:
    """A broadcast in this status, whichever way."""
    begun = status in (Status.SENDING, Status.PAUSED, Status.DONE)
    broadcast_id = sending(village, now) if begun else approved(village, now)
    with village.write() as session:
        session.execute(update(Broadcast).values(status=status))
    return broadcast_id


DEEDS: dict[str, tuple[Callable[[datetime], Deed], Status]] = {
    "submit": (submit, Status.SUBMITTED),
    "approve": (approve, Status.SCHEDULED),
    "send back": (send_back, Status.RETURNED),
    "pause": (pause, Status.PAUSED),
    "resume": (resume, Status.SENDING),
    "cancel": (cancel, Status.CANCELLED),
    "edit": (edit, Status.DRAFT),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_is_done_where_the_table_allows_it_and_refused_with_a_reason_elsewhere(
    village: Database, now: datetime, name: str, status: Status
) -> None:
    broadcast_id = bring(village, now, status)
    deed, target = DEEDS[name]
    told = STATUS_NAMES[status]
    possible = status in EDITABLE if name == "edit" else target in TRANSITIONS[status]
    if (name, status) == ("resume", Status.SCHEDULED):  # what comes next is for the clock
        possible, told = False, "chưa bắt đầu gửi"
    if possible:
        do(village, broadcast_id, deed(now))
        assert get(village, broadcast_id).status == target
    else:
        with pytest.raises(BroadcastError, match=told):
            do(village, broadcast_id, deed(now))
        assert get(village, broadcast_id).status == status


def test_every_status_is_in_the_tables_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(STATUS_NAMES) == set(Status)
    reached, edge = {Status.DRAFT}, [Status.DRAFT]
    while edge:
        new = TRANSITIONS[edge.pop()] - reached
        reached |= new
        edge += new
    assert reached == set(Status)


RIGHTS = [
    ("tung", lambda now: submit(now, "tung")),
    ("tung", lambda now: approve(now, "tung")),
    ("lan", lambda now: approve(now, "lan")),
    ("lan", lambda now: send_back(now, "lan")),
    ("lan", lambda now: resume(now, "lan")),
    ("tung", lambda now: pause(now, "tung")),
    ("tung", lambda now: cancel(now, "tung")),
    ("tung", lambda now: edit(now, "tung")),
]


@pytest.mark.parametrize(("name", "deed"), RIGHTS)
def test_nobody_does_what_their_role_does_not_give(
    village: Database, now: datetime, name: str, deed: Callable[[datetime], Deed]
) -> None:
    broadcast_id = write(village, now)
    with pytest.raises(OfficialError, match=f"«{name}» không có quyền"):
        do(village, broadcast_id, deed(now))
    with pytest.raises(OfficialError):
        write(village, now, by="tung")


def test_who_wrote_it_does_not_approve_it(village: Database, now: datetime) -> None:
    broadcast_id = write(village, now, by="minh")
    do(village, broadcast_id, submit(now))
    with pytest.raises(BroadcastError, match="không được tự duyệt"):
        do(village, broadcast_id, approve(now, "minh"))
    do(village, broadcast_id, approve(now, "hoa"))


def test_who_changed_it_does_not_approve_it_either(village: Database, now: datetime) -> None:
    broadcast_id = write(village, now)
    do(village, broadcast_id, edit(now, "minh", "Loi cua Minh"))
    do(village, broadcast_id, submit(now, "lan"))
    with pytest.raises(BroadcastError, match="không được tự duyệt"):
        do(village, broadcast_id, approve(now, "minh"))
    do(village, broadcast_id, approve(now, "hoa"))
    assert get(village, broadcast_id).approved_by == "hoa"


def test_what_was_approved_and_then_changed_must_be_approved_anew(village: Database, now: datetime) -> None:
    broadcast_id = approved(village, now)
    do(village, broadcast_id, edit(now))
    changed = get(village, broadcast_id)
    assert (changed.status, changed.approved_by, changed.approved_at) == (Status.DRAFT, None, None)
    assert send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now) + timedelta(days=1)) == 0
    assert messages(village) == []


def test_what_was_sent_back_comes_again_without_its_old_reason(village: Database, now: datetime) -> None:
    broadcast_id = write(village, now)
    do(village, broadcast_id, submit(now))
    with pytest.raises(BroadcastError, match="lý do"):
        do(village, broadcast_id, send_back(now, because="  "))
    do(village, broadcast_id, send_back(now, because=" sai ngày " + "x" * 600))
    returned = get(village, broadcast_id)
    assert returned.status == Status.RETURNED
    assert returned.returned_because is not None
    assert returned.returned_because.startswith("sai ngày")
    assert len(returned.returned_because) == 500
    do(village, broadcast_id, submit(now))
    assert get(village, broadcast_id).returned_because is None


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"text": "  \n "}, "không có chữ nào"),
    ({"message_class": MessageClass.REPLY}, "chỉ dành cho tin trả lời"),
    ({"scheduled_at": datetime.fromisoformat("2026-11-20T09:00+07:00")}, "đã qua"),
    ({"scheduled_at": datetime.fromisoformat("2020-01-01T08:00+07:00")}, "08:00 01/01/2020 đã qua"),
    ({"expires_at": datetime.fromisoformat("2026-11-21T08:00+07:00")}, "phải sau giờ gửi"),
]


@pytest.mark.parametrize(("changes", "told"), WRONG, ids=[told for _, told in WRONG])
def test_what_cannot_be_sent_cannot_be_written(
    village: Database, now: datetime, changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(BroadcastError, match=told):
        write(village, now, **changes)
    with village.read() as session:
        assert not list_broadcasts(session)


def test_a_text_is_kept_in_one_form(village: Database, now: datetime) -> None:
    assert get(village, write(village, now, text="  Ba\u0309n tin ")).text == "B\u1ea3n tin"


def test_whose_hour_passed_before_it_was_approved_is_not_approved(village: Database, now: datetime) -> None:
    broadcast_id = write(village, now)
    do(village, broadcast_id, submit(now))
    with pytest.raises(BroadcastError, match="đã qua"):
        do(village, broadcast_id, approve(at_eight(now) + LATEST_APPROVAL))
    do(village, broadcast_id, approve(at_eight(now) + LATEST_APPROVAL - timedelta(seconds=1)))


def test_what_the_gateway_cannot_carry_is_not_approved(village: Database, now: datetime) -> None:
    broadcast_id = write(village, now, text="a" * 460)
    do(village, broadcast_id, submit(now))
    with pytest.raises(BroadcastError, match=r"4 đoạn.*3"):
        do(village, broadcast_id, approve(now))


def test_a_broadcast_to_nobody_is_not_submitted(village: Database, now: datetime) -> None:
    broadcast_id = write(village, now)
    with village.write() as session:
        session.execute(GroupMember.__table__.delete())  # type: ignore[attr-defined]
    with pytest.raises(BroadcastError, match="không có người nhận"):
        do(village, broadcast_id, submit(now))
    assert get(village, broadcast_id).status == Status.DRAFT


def test_an_unknown_broadcast_is_told(village: Database) -> None:
    with pytest.raises(BroadcastError, match="không có tin số 99"):
        get(village, 99)


def test_what_ran_late_is_sent_late_and_what_expired_is_missed(village: Database, now: datetime) -> None:
    late = approved(village, now)
    expired = approved(village, now, expires_at=at_eight(now) + timedelta(hours=2))
    assert send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now) + timedelta(hours=2)) == 2
    assert get(village, late).status == Status.SENDING
    assert get(village, expired).status == Status.MISSED
    assert len(messages(village)) == PEOPLE
    assert shown(village, expired).counts == {}


def test_the_audience_is_that_of_the_hour_of_sending(village: Database, now: datetime) -> None:
    broadcast_id = approved(village, now)
    with village.write() as session:
        group = session.scalars(select(Group)).one()
        session.add(GroupMember(group_id=group.id, contact_id=upsert_contact(session, "+84987654321", now)))
    send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now))
    assert len(messages(village)) == PEOPLE + 1
    with village.read() as session:
        batch = outbox.batch(session, get(village, broadcast_id).batch_id or 0)
    assert batch.budget_vnd == PEOPLE * PRICE, "the money is what was approved"


def test_it_is_expanded_once_however_often_the_clock_looks(village: Database, now: datetime) -> None:
    sending(village, now)
    assert send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now)) == 0
    assert send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now) + timedelta(days=1)) == 0
    assert len(messages(village)) == PEOPLE


def test_it_is_expanded_once_when_several_clocks_look_together(village: Database, now: datetime) -> None:
    for _ in range(5):
        approved(village, now)
    start = threading.Barrier(4)
    expanded: list[int] = []

    def look() -> None:
        start.wait()
        expanded.append(send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now)))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(expanded) == 5
    assert len(messages(village)) == 5 * PEOPLE


def test_a_crash_in_the_middle_of_an_expansion_leaves_nothing_and_the_next_look_does_it_whole(
    village: Database, now: datetime
) -> None:
    broadcast_id = approved(village, now)

    def crash(connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE broadcasts"):
            raise RuntimeError("the machine went down")

    event.listen(village.engine, "before_cursor_execute", crash)
    assert send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now)) == 0
    event.remove(village.engine, "before_cursor_execute", crash)
    assert messages(village) == []
    assert get(village, broadcast_id).status == Status.SCHEDULED
    assert send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now)) == 1
    assert len(messages(village)) == PEOPLE


def test_one_that_cannot_be_expanded_holds_up_no_other(village: Database, now: datetime) -> None:
    spoilt, good = approved(village, now), approved(village, now, scheduled_at=at_eight(now) + timedelta(minutes=1))
    with village.engine.begin() as connection:
        spoil = sql("UPDATE broadcasts SET text = :nonsense WHERE id = :id")
        connection.execute(spoil, {"nonsense": b"\x01\xff", "id": spoilt})
    assert send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now) + timedelta(hours=1)) == 1
    assert get(village, good).status == Status.SENDING


def test_a_pause_holds_everything_back_until_an_approver_resumes(village: Database, now: datetime) -> None:
    broadcast_id = sending(village, now)
    do(village, broadcast_id, pause(now))
    progress = shown(village, broadcast_id)
    assert (progress.status, progress.paused_because) == (Status.PAUSED, "tạm dừng bởi lan")
    with village.read() as session:
        assert outbox.batch(session, get(village, broadcast_id).batch_id or 0).paused_at == now
    assert finish(village, now) == 0
    do(village, broadcast_id, resume(now))
    assert shown(village, broadcast_id).status is Status.SENDING
    assert shown(village, broadcast_id).paused_because is None


def test_what_the_scheduler_stopped_is_shown_as_paused_and_can_be_resumed(village: Database, now: datetime) -> None:
    broadcast_id = sending(village, now)
    with village.write() as session:
        outbox.pause(session, get(village, broadcast_id).batch_id or 0, "gateway: wrong password", now)
    progress = shown(village, broadcast_id)
    assert (progress.status, progress.paused_because) == (Status.PAUSED, "gateway: wrong password")
    with pytest.raises(BroadcastError, match="tạm dừng"):
        do(village, broadcast_id, pause(now))
    do(village, broadcast_id, resume(now))
    assert shown(village, broadcast_id).status is Status.SENDING
    with pytest.raises(BroadcastError, match="đang gửi"):
        do(village, broadcast_id, resume(now))


def test_a_cancelled_broadcast_sends_no_more(village: Database, now: datetime) -> None:
    broadcast_id = sending(village, now)
    with village.write() as session:
        first = select(OutboundMessage.id).order_by(OutboundMessage.id).limit(1).scalar_subquery()
        session.execute(update(OutboundMessage).where(OutboundMessage.id == first).values(state=State.ACCEPTED))
    do(village, broadcast_id, cancel(now))
    assert shown(village, broadcast_id).status is Status.CANCELLED
    assert shown(village, broadcast_id).counts == {"accepted": 1, "cancelled": PEOPLE - 1}
    waiting = approved(village, now)
    do(village, waiting, cancel(now))
    assert send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now)) == 0


def test_progress_tells_counts_money_and_reasons(village: Database, now: datetime) -> None:
    broadcast_id = sending(village, now)
    with village.write() as session:
        ids = session.scalars(select(OutboundMessage.id).order_by(OutboundMessage.id)).all()
        for message_id, (state, detail) in zip(
            ids,
            [
                (State.DELIVERED, None),
                (State.SUPPRESSED, "opt_out"),
                (State.SUPPRESSED, "opt_out"),
                (State.QUEUED, None),
            ],
            strict=True,
        ):
            session.execute(
                update(OutboundMessage).where(OutboundMessage.id == message_id).values(state=state, detail=detail)
            )
        session.execute(update(outbox.Batch).values(spent_vnd=PRICE))
    progress = shown(village, broadcast_id)
    assert progress.counts == {"delivered": 1, "suppressed": 2, "queued": 1}
    assert progress.reasons == {("suppressed", "opt_out"): 2}
    assert progress.spent_vnd == PRICE
    draft = shown(village, write(village, now))
    assert (draft.status, draft.counts, draft.spent_vnd) == (Status.DRAFT, {}, 0)


@pytest.mark.parametrize("left", [State.QUEUED, State.SENDING])
def test_it_is_not_done_while_anything_is_to_be_sent(village: Database, now: datetime, left: State) -> None:
    sending(village, now)
    settle_all(village, State.DELIVERED, now)
    with village.write() as session:
        last = select(OutboundMessage.id).order_by(OutboundMessage.id.desc()).limit(1).scalar_subquery()
        session.execute(update(OutboundMessage).where(OutboundMessage.id == last).values(state=left))
    assert finish(village, now) == 0


def test_broadcasts_are_listed_newest_first_by_status_and_writer(village: Database, now: datetime) -> None:
    first, second, third = write(village, now), approved(village, now), write(village, now, by="minh")
    with village.read() as session:
        assert [each.id for each in list_broadcasts(session)] == [third, second, first]
        assert [each.id for each in list_broadcasts(session, statuses=[Status.DRAFT])] == [third, first]
        assert [each.id for each in list_broadcasts(session, written_by="minh")] == [third]
        assert [each.id for each in list_broadcasts(session, limit=1, before=third)] == [second]
