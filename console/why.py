"""Why the bot did what it did with a text, in words that an official can judge."""

from bot.answering import CERTAIN, SURE
from bot.exchange import Kind
from bot.limits import RATE_LIMITED, REPEATED
from bot.models import Inbound
from console.blueprint import pages
from console.filters import percent, subject
from console.words import DEEDS, INTENTS


@pages.app_template_filter("explained")
def explained(text: Inbound) -> list[str]:
    """Sentences: what the text was taken for, and what followed. Empty while nobody has answered it."""
    if text.kind in (None, RATE_LIMITED, REPEATED):
        return [DEEDS[text.kind]] if text.kind else []
    return [_taken_for(text), _what_followed(text)]


def _taken_for(text: Inbound) -> str:
    if _is_choice(text):
        return "Người dân chọn theo số một việc máy vừa nêu."
    if text.intent is None and text.kind == Kind.HANDOVER:
        return "Nhận ra theo từ khóa hoặc mẫu câu, hoặc lúc đó phần hiểu câu hỏi không trả lời."
    if text.intent is None:
        return "Nhận ra theo từ khóa hoặc mẫu câu, không phải đoán."
    meant = INTENTS.get(text.intent, text.intent)
    if text.topic:
        return f"Máy hiểu là: {meant}, về {subject(text.topic)}{_how_sure(text)}."
    unnamed = "; cả tin không nêu việc nào, nên theo việc đang nói hoặc theo từng câu" if text.facts else ""
    return f"Máy hiểu là: {meant}{unnamed}{_how_sure(text)}."


def _how_sure(text: Inbound) -> str:
    return f" (chắc {percent(text.confidence)})" if text.confidence is not None else ""


def _what_followed(text: Inbound) -> str:
    kind, sure = str(text.kind), text.confidence
    deed = DEEDS.get(kind, kind)
    if kind == Kind.ANSWER and sure is not None and sure < CERTAIN:
        return f"{deed} Đủ chắc để trả lời (từ {percent(SURE)}), nhưng nêu thêm việc khác nếu có thể."
    return deed


def _is_choice(text: Inbound) -> bool:
    """A number that answers what was offered is sure, whatever the model makes of it."""
    return text.kind == Kind.ANSWER and text.confidence == 1.0 and not any(c.isalpha() for c in text.text)
