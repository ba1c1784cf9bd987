"""What officials are told of their tickets by text: a code and a date, and nothing of the person who asked."""

from collections.abc import Callable
from datetime import date

from bot.exchange import Reason
from bot.models import Ticket
from foundation.clock import say_date
from foundation.text import unaccent

_WHAT = {
    Reason.QUESTION: "câu hỏi",
    Reason.FEEDBACK: "phản ánh",
    Reason.LIST_OBJECTION: "ý kiến về danh sách",
    Reason.CORRUPTION: "phản ánh tiêu cực",
    Reason.DANGER: "nguy hiểm",
    Reason.CALL_BACK: "xin gọi lại",
    Reason.DATA: "yêu cầu về dữ liệu cá nhân",
    Reason.DOUBT: "hỏi tin thật hay giả",
}

Title = Callable[[str], str]
"""A topic's name for people, by its id."""


def notice(ticket: Ticket, title: Title, today: date, instead_of: str | None) -> str:
    """That a ticket is theirs now; `instead_of` is the owner whom no text reaches."""
    state = f"quá hạn {say_date(ticket.due_on)}" if today > ticket.due_on else f"hạn {say_date(ticket.due_on)}"
    whose = f"«{instead_of}» không có số máy nhận tin, nhờ anh/chị báo" if instead_of else "giao cho anh/chị"
    return f"{_urgency(ticket)}Phiếu {ticket.code}, {_about(ticket, title)}, {state}: {whose}. {_how(ticket)}"


def reminder(ticket: Ticket, title: Title) -> str:
    """That a ticket will be due soon, or is."""
    about = _about(ticket, title)
    return f"Nhắc: phiếu {ticket.code}, {about}, hạn {say_date(ticket.due_on)}, chưa trả lời. {_how(ticket)}"


def as_carried(text: str, channel: str) -> str:
    """The text as the channel carries it cheaply: by SMS without diacritics, which halves what it costs."""
    return unaccent(text) if channel == "sms" else text


def _urgency(ticket: Ticket) -> str:
    return "KHẨN CẤP. " if ticket.urgent else ""


def _about(ticket: Ticket, title: Title) -> str:
    """What it is about and where; of a confidential one nothing."""
    if ticket.confidential:
        return "phiếu kín"
    topic = title(ticket.topic) if ticket.topic else None
    return ", ".join(part for part in (_WHAT[Reason(ticket.reason)], topic, ticket.place) if part)


def _how(ticket: Ticket) -> str:
    if ticket.confidential:
        return "Xem ở trang cán bộ."
    return f"Xem ở trang cán bộ, hoặc nhắn TL {ticket.code} rồi câu trả lời."
