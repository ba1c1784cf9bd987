"""What is done with a broadcast: each a button, each refused with a reason when it may not be."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from campaigns import broadcasts as life
from campaigns.broadcasts import BroadcastError
from campaigns.models import Broadcast
from console.access import me, needs
from console.blueprint import here, pages
from console.broadcasts import find, version
from console.filters import sentence
from foundation.refusal import Refusal
from people import Right


@pages.post("/broadcasts/<int:broadcast_id>/submit")
@needs(Right.WRITE)
def submit(broadcast_id: int) -> ResponseReturnValue:
    def deed(session: Session, broadcast: Broadcast) -> None:
        life.submit(session, broadcast, me(), here().route_of(broadcast.message_class), here().now())

    return _do(broadcast_id, deed, "Đã trình. Một người khác có quyền duyệt sẽ xem tin này.")


@pages.post("/broadcasts/<int:broadcast_id>/approve")
@needs(Right.APPROVE)
def approve(broadcast_id: int) -> ResponseReturnValue:
    """Refused when the broadcast changed since the approver opened the page: nobody signs what they did not see."""

    def deed(session: Session, broadcast: Broadcast) -> None:
        if request.form.get("seen") != version(broadcast):
            raise BroadcastError("tin đã thay đổi từ lúc mở trang: xem lại rồi hãy duyệt")
        life.approve(session, broadcast, me(), here().route_of(broadcast.message_class), here().now())

    return _do(broadcast_id, deed, "Đã duyệt. Tin sẽ tự gửi khi đến giờ.")


@pages.post("/broadcasts/<int:broadcast_id>/return")
@needs(Right.APPROVE)
def send_back(broadcast_id: int) -> ResponseReturnValue:
    def deed(session: Session, broadcast: Broadcast) -> None:
        life.send_back(session, broadcast, me(), request.form.get("because", ""), here().now())

    return _do(broadcast_id, deed, "Đã trả lại cho người viết.")


@pages.post("/broadcasts/<int:broadcast_id>/pause")
@needs(Right.WRITE)
def pause(broadcast_id: int) -> ResponseReturnValue:
    def deed(session: Session, broadcast: Broadcast) -> None:
        life.pause(session, broadcast, me(), here().now())

    return _do(broadcast_id, deed, "Đã tạm dừng. Tin nào đang trên đường thì vẫn tới.")


@pages.post("/broadcasts/<int:broadcast_id>/resume")
@needs(Right.APPROVE)
def resume(broadcast_id: int) -> ResponseReturnValue:
    def deed(session: Session, broadcast: Broadcast) -> None:
        life.resume(session, broadcast, me(), here().now())

    answer = _do(broadcast_id, deed, "Đang gửi tiếp.")
    here().nudge()
    return answer


@pages.post("/broadcasts/<int:broadcast_id>/cancel")
@needs(Right.WRITE)
def cancel(broadcast_id: int) -> ResponseReturnValue:
    def deed(session: Session, broadcast: Broadcast) -> None:
        life.cancel(session, broadcast, me(), here().now())

    return _do(broadcast_id, deed, "Đã hủy tin.")


def _do(broadcast_id: int, deed: Callable[[Session, Broadcast], None], done: str) -> ResponseReturnValue:
    try:
        with here().database.write() as session:
            deed(session, find(session, broadcast_id))
    except Refusal as error:
        flash(sentence(str(error)), "error")
    else:
        flash(done)
    return redirect(url_for("console.broadcast", broadcast_id=broadcast_id))
