"""What the communes concerned see of an audience, and their objections; a broadcast waits for them."""

import json
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, defer

from campaigns.audiences.models import Audience, AudienceCommune
from campaigns.audiences.names import meant
from campaigns.models import Broadcast
from foundation.clock import say_date
from foundation.database import hold
from foundation.iteration import chunked
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from people import GroupMember, Official, Post, Right, group_named, has_right, record

MESSAGE_CLASS = MessageClass.PUBLIC_INFORMATION
"""The class of what is told to a computed audience: lists kept for a state task allow no other."""

RULE = "Tin gửi cho nhóm này không được nói, cũng không được để lộ, vì sao chọn người nhận."

ROWS = 5_000


class ObjectionError(Refusal):
    """An audience that is not there, or something that may not be done with it; the message is Vietnamese."""


def audience_named(session: Session, name: str) -> Audience:
    """Raises ObjectionError when no such group was worked out."""
    group = group_named(session, name)
    audience = audience_of(session, group.id) if group else None
    if audience is None:
        raise ObjectionError(f"không có nhóm nào lập từ điều kiện mang tên «{name}»")
    return audience


def audience_of(session: Session, group_id: int) -> Audience | None:
    """How a group was worked out; None for groups that nobody worked out."""
    return session.get(Audience, group_id)


def communes_of(session: Session, audience: Audience) -> Sequence[AudienceCommune]:
    """The communes concerned, by name; their lists, encrypted and maybe long, are read when asked for."""
    query = select(AudienceCommune).where(AudienceCommune.group_id == audience.group_id)
    return session.scalars(query.options(defer(AudienceCommune.listed)).order_by(AudienceCommune.commune)).all()


def see_list(
    session: Session, audience: Audience, name: str, official: Official, now: datetime
) -> list[tuple[str, str, str]]:
    """The households of a commune that would be told, as (code, village, head of household); looking is on record.

    Raises ObjectionError when the commune is not concerned, or the official neither of it nor one who writes.
    """
    commune = _commune(session, audience, name)
    if not _speaks_for(session, official, commune) and not has_right(official, Right.WRITE):
        raise ObjectionError(f"«{official.name}» không thuộc {commune.commune}: không xem được danh sách của xã")
    details = {"commune": commune.commune}
    record(session, now, official.name, "audience.list_seen", "audience", audience.group_id, **details)
    return [(code, village, head) for code, village, head, _ in json.loads(commune.listed)]


def object_to(
    session: Session, audience: Audience, name: str, official: Official, because: str, now: datetime
) -> AudienceCommune:
    """A commune objects: nobody of it is told, unless they are on another commune's list too.

    It may as long as nothing has been sent. Raises ObjectionError.
    """
    commune = _commune(session, audience, name)
    if not _speaks_for(session, official, commune) and not has_right(official, Right.MANAGE):
        raise ObjectionError(f"«{official.name}» không thuộc {commune.commune}: xã nào xã ấy phản đối")
    if not because.strip():
        raise ObjectionError("phản đối thì phải ghi lý do")
    # Two communes that object at once shall see each other; and a broadcast is expanded before or after, not meanwhile.
    hold(session, audience)
    hold(session, commune)
    if commune.objected_at is not None:
        raise ObjectionError(f"{commune.commune} đã phản đối rồi")
    batches = select(Broadcast.batch_id).where(Broadcast.group_id == audience.group_id).with_for_update()
    if any(batch is not None for batch in session.scalars(batches)):
        raise ObjectionError("tin đã gửi cho nhóm này: hủy tin bằng «loa broadcast cancel» nếu còn kịp")
    commune.objected_by, commune.objected_at, commune.because = official.name, now, because.strip()
    session.flush()
    _take_out(session, audience, commune)
    details = {"commune": commune.commune, "households": commune.households}
    record(session, now, official.name, "audience.objected", "audience", audience.group_id, **details)
    return commune


def policy_told_to(session: Session, group_id: int) -> str | None:
    """The benefit that broadcasts to a group tell of; None for groups that nobody worked out."""
    audience = audience_of(session, group_id)
    return audience.policy if audience else None


def tell_of(session: Session, broadcast: Broadcast, policy: str) -> None:
    """Say which benefit a broadcast tells of: `told` then knows its recipients.

    Raises ObjectionError where its group was worked out to be told of another: the communes saw what it is for.
    """
    audience = audience_of(session, broadcast.group_id)
    if audience is not None and audience.policy != policy:
        purpose = f"nói về «{audience.policy}»" if audience.policy else "chưa ghi nói về việc gì"
        raise ObjectionError(
            f"nhóm này lập từ điều kiện, các xã đã xem là {purpose}: "
            f"muốn nói về «{policy}» thì lưu nhóm khác bằng «loa audience save --tells {policy}»"
        )
    broadcast.policy = policy


def why_not_yet(session: Session, group_id: int, message_class: MessageClass, on: date) -> str | None:
    """Why a broadcast to this group may not be approved that day; None where nothing is in the way."""
    audience = audience_of(session, group_id)
    if audience is None:
        return None
    if message_class is not MESSAGE_CLASS:
        return f"nhóm lập từ điều kiện chỉ nhận tin loại {MESSAGE_CLASS}: dữ liệu hộ chỉ được dùng cho việc ấy"
    if on < audience.approval_from:
        return (
            f"các xã được xem và phản đối trước ngày {say_date(audience.approval_from)}: từ ngày ấy mới duyệt được. "
            f"Nhóm lập từ điều kiện: {audience.condition}. {RULE}"
        )
    return None


def _commune(session: Session, audience: Audience, name: str) -> AudienceCommune:
    communes = communes_of(session, audience)
    found = meant(name, {each.commune for each in communes})
    if len(found) != 1:
        known = ", ".join(each.commune for each in communes)
        raise ObjectionError(f"«{name}» không là một trong các xã có hộ trong nhóm: {known}")
    return next(each for each in communes if each.commune in found)


def _speaks_for(session: Session, official: Official, commune: AudienceCommune) -> bool:
    post = session.get(Post, official.id)
    return post is not None and post.commune == commune.commune


def _take_out(session: Session, audience: Audience, objecting: AudienceCommune) -> None:
    left = (each for each in communes_of(session, audience) if each.objected_at is None)
    elsewhere = {contact for each in left for contact in _contacts(each)}
    for gone in chunked(sorted(_contacts(objecting) - elsewhere), ROWS):
        session.execute(
            delete(GroupMember).where(GroupMember.group_id == audience.group_id, GroupMember.contact_id.in_(gone))
        )


def _contacts(commune: AudienceCommune) -> set[int]:
    return {contact for *_, contacts in json.loads(commune.listed) for contact in contacts}
