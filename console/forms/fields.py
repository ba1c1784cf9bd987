"""Fields and rules that several forms share."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectChoice, StringField, ValidationError
from wtforms.widgets import DateInput, DateTimeLocalInput

from foundation.clock import TimeError, local, parse_time


class Form(FlaskForm):  # type: ignore[misc]
    """A form with a CSRF token. What was typed stays in it when it is shown again."""


class MomentField(StringField):  # type: ignore[misc]
    """A moment of Vietnam's clocks; `data` is aware, in UTC. Browsers without the picker may type it freely."""

    widget = DateTimeLocalInput()
    data: Any  # datetime, or None while nothing readable was typed

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.typed: str | None = None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return f"{local(self.data):%Y-%m-%dT%H:%M}" if self.data else ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not valuelist:
            return
        self.typed = valuelist[0].strip()
        self.data = None
        if self.typed:
            try:
                self.data = parse_time(self.typed)
            except TimeError as error:
                raise ValueError(str(error)) from error


class DayField(StringField):  # type: ignore[misc]
    """A day, as browsers with a picker send it; `data` is a date, or None while nothing readable was typed."""

    widget = DateInput()
    data: Any

    def _value(self) -> str:
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not valuelist:
            return
        try:
            self.data = date.fromisoformat(valuelist[0].strip()) if valuelist[0].strip() else None
        except ValueError as error:
            self.data = None
            raise ValueError(f"«{valuelist[0].strip()}» không phải ngày: viết như 2026-11-20") from error


class HoursField(StringField):  # type: ignore[misc]
    """So many hours, whole or with a comma; `data` is a timedelta, none at all for an empty field."""

    data: Any  # timedelta, or None for what cannot be read

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.typed: str | None = None

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return f"{self.data / timedelta(hours=1):g}".replace(".", ",") if self.data else ""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        if not valuelist:
            return
        self.typed = valuelist[0].strip()
        self.data = None
        hours = self.typed.replace(",", ".") or "0"
        if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", hours):
            raise ValueError(f"«{self.typed}» không phải số giờ: viết như 4 hoặc 1,5")
        self.data = timedelta(hours=float(hours))


class Needed:
    """Asks for a value, in the form's own words, and marks the field as required in the page."""

    field_flags = {"required": True}  # noqa: RUF012

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, form: Form, field: Any) -> None:
        if field.data in (None, "") and not field.errors:
            raise ValidationError(self.message)


def tidy(raw: str | None) -> str:
    """A text as it was meant: browsers send line ends as two characters, and each would be paid for."""
    return (raw or "").replace("\r\n", "\n").strip()


def choices(pairs: Iterable[tuple[object, str]]) -> list[SelectChoice]:
    """What a select offers, from (value, words)."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]
