"""The book of answers as if a person had signed for each."""

from dataclasses import replace
from datetime import date

import msgspec

from policies import AnswerBook

SIGNED_ON = date(2015, 1, 1)
REVIEW_BY = date(2099, 1, 1)


def signed_book() -> AnswerBook:
    """The real book, every answer approved as it stands."""
    book = AnswerBook.load()
    answers = {
        subject: msgspec.structs.replace(
            file,
            signature=msgspec.structs.replace(
                file.signature,
                approved_by="Lan",
                approved_on=SIGNED_ON,
                approved_version=book.versions[subject],
                review_by=REVIEW_BY,
            ),
        )
        for subject, file in book.shelf.answers.items()
    }
    return replace(book, shelf=replace(book.shelf, answers=answers))
