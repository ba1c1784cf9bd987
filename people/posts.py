"""Where officials sit, how they are reached, who is above them, and what they answer for."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.phones import parse_phone
from people.audit import record
from people.duties import Duties
from people.models import Duty, Official, Post
from people.officials import OfficialError, Right, require


def set_post(
    session: Session,
    official: Official,
    body: str,
    commune: str | None,
    chief: Official | None,
    now: datetime,
    actor: str,
) -> Post:
    """Say where an official sits: the body they speak for, the commune it is of, who is above them.

    Raises:
        OfficialError: no body, too long a name, or a chief who is in the end below this official.
    """
    body = body.strip()
    if not body or len(body) > 120:
        raise OfficialError("tên cơ quan phải có, nhiều nhất 120 ký tự, ví dụ «UBND xã Măng Ri»")
    if chief is not None:
        higher = {chief.name, *(holder.name for holder in Duties.load(session).above(chief.name))}
        if official.name in higher:
            raise OfficialError(
                f"«{chief.name}» không thể là cấp trên của «{official.name}»: hai người thành vòng tròn"
            )
    post = session.get(Post, official.id)
    if post is None:
        post = Post(official_id=official.id, body=body)
        session.add(post)
    post.body, post.commune, post.chief_id = body, commune, chief.id if chief else None
    session.flush()
    details = {"body": body, "commune": commune, "chief": chief.name if chief else None}
    record(session, now, actor, "official.posted", "official", official.id, **details)
    return post


def register_phone(session: Session, official: Official, channel: str, phone: str, now: datetime, actor: str) -> None:
    """Register the telephone by which an official is told of tickets and may answer them.

    Raises:
        OfficialError: no post yet, or the number is another official's.
        PhoneError: not a number.
    """
    number = parse_phone(phone)
    post = session.get(Post, official.id)
    if post is None:
        raise _not_posted(official)
    other = posted_at(session, channel, number)
    if other is not None and other.id != official.id:
        raise OfficialError(f"số này đã là của «{other.name}»")
    post.channel, post.address, post.address_hash = channel, number, number  # type: ignore[assignment]
    session.flush()
    record(session, now, actor, "official.phone_registered", "official", official.id, channel=channel)


def _not_posted(official: Official) -> OfficialError:
    name = official.name
    return OfficialError(f"chưa biết «{name}» ở cơ quan nào: ghi trước bằng «loa user post {name} --body TÊN»")


def posted_at(session: Session, channel: str, address: str) -> Official | None:
    """The active official whose telephone this is."""
    return session.scalar(
        select(Official)
        .join(Post, Post.official_id == Official.id)
        .where(Post.address_hash == address, Post.channel == channel, Official.active)
    )


def add_duty(
    session: Session,
    official: Official,
    place: str | None,
    topic: str | None,
    confidential: bool,
    now: datetime,
    actor: str,
) -> Duty:
    """Give an official something to answer for. Raises OfficialError.

    A confidential duty needs a post: without one nobody knows which commune's complaints must not reach them.
    """
    require(official, Right.ANSWER)
    if confidential and session.get(Post, official.id) is None:
        raise _not_posted(official)
    same = select(Duty.id).where(
        Duty.official_id == official.id,
        Duty.place.is_not_distinct_from(place),
        Duty.topic.is_not_distinct_from(topic),
        Duty.confidential == confidential,
    )
    if session.scalar(same):
        raise OfficialError(f"«{official.name}» đã được giao việc này")
    duty = Duty(official_id=official.id, place=place, topic=topic, confidential=confidential)
    session.add(duty)
    session.flush()
    details = {"duty": duty.id, "place": place, "topic": topic, "confidential": confidential}
    record(session, now, actor, "duty.added", "official", official.id, **details)
    return duty


def remove_duty(session: Session, duty_id: int, now: datetime, actor: str) -> None:
    """Take a duty away; open tickets stay with their owner until somebody assigns them. Raises OfficialError."""
    duty = session.get(Duty, duty_id)
    if duty is None:
        raise OfficialError(f"không có phân công số {duty_id}")
    session.delete(duty)
    session.flush()
    record(session, now, actor, "duty.removed", "official", duty.official_id, duty=duty_id)


def list_duties(session: Session) -> Sequence[tuple[Duty, Official]]:
    """Every duty with whose it is, the oldest first."""
    query = select(Duty, Official).join(Official, Official.id == Duty.official_id).order_by(Duty.id)
    return [(duty, official) for duty, official in session.execute(query)]
