"""What the book of answers says, put into an official's answer with its source, to be made their own."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.answering import FACETS
from bot.models import Inbound, Ticket
from bot.words import say
from console import words
from console.blueprint import here
from console.forms.fields import choices
from console.forms.ticket import AnswerForm
from foundation.clock import today
from policies import AnswerBook, Facet, Standing


@dataclass(frozen=True, slots=True)
class Told:
    """What is said about what was put in, in the tone of a notice."""

    tone: str
    text: str


def offer(form: AnswerForm, session: Session, ticket: Ticket) -> None:
    """Fill in what the form offers; first what the ticket is about and what was asked of it."""
    subjects = subjects_by_title(here().book)
    form.subject.choices = choices([("", "Chọn việc"), *subjects.items()])
    if form.subject.data is None:
        asked = session.get(Inbound, ticket.inbound_id) if ticket.inbound_id is not None else None
        form.subject.data = ticket.topic if ticket.topic in subjects else ""
        form.facet.data = FACETS.get(asked.intent or "", Facet.WHAT) if asked else Facet.WHAT


def put_in(form: AnswerForm) -> Told:
    """Put what is said today on the chosen subject below what was typed; what is told about it."""
    context = here()
    day = today(context.now())
    subject, facet = form.subject.data or "", form.facet.data
    answer = context.book.answer(subject, Facet(facet), day) if facet in set(Facet) else None
    if answer is None:
        return Told("bad", "Sổ chính sách không nói gì về việc này." if subject else "Chọn việc cần chèn.")
    source = f"\n{say('source', source=answer.source)}" if answer.source else ""
    form.text.data = f"{form.text.data or ''}\n{answer.text}{source}".strip()
    said = "Đã chèn." if answer.facet == facet else f"Không có câu riêng, đã chèn câu về {words.FACETS[answer.facet]}."
    if context.book.standing(subject, day) is not Standing.APPROVED:
        return Told("wait", f"{said} Câu này chưa có người duyệt hoặc quá hạn xem lại: đọc kỹ rồi hãy gửi.")
    return Told("good", f"{said} Sửa cho đúng người hỏi rồi gửi.")


def subjects_by_title(book: AnswerBook) -> dict[str, str]:
    """Every subject with its title, by title."""
    titles = {subject: book.title(subject) or subject for subject in book.subjects()}
    return dict(sorted(titles.items(), key=lambda item: item[1].casefold()))
