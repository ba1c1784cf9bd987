"""Texts to measure with: questions about all subjects, in four forms, the same in every run."""

import random

from policies import AnswerBook

SEED = 20261120
FORMS = ("{} được bao nhiêu tiền", "ho ngheo xin {} o dau", "em muốn hỏi {} cần giấy tờ gì ạ", "{} khi nao co")


def questions(book: AnswerBook, count: int) -> list[str]:
    """So many questions made from the titles of all subjects."""
    draw = random.Random(SEED)
    titles = [book.title(subject) or subject for subject in sorted(book.subjects())]
    return [draw.choice(FORMS).format(draw.choice(titles)) for _ in range(count)]
