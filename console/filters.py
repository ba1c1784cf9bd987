"""How values are written on a page: times of Vietnam, amounts, counts, masked numbers."""

from collections.abc import Mapping
from datetime import date, datetime

from flask_babel import format_decimal, format_percent
from markupsafe import Markup

from console import benefit_words, delivery_words, words
from console.blueprint import here, pages
from foundation.clock import local, say_date, say_time
from foundation.phones import mask
from foundation.text import format_vnd, mask_identity_numbers


@pages.app_template_filter("when")
def when(moment: datetime) -> Markup:
    """A moment as a <time> element: 08:00 21/11/2026."""
    return Markup('<time datetime="{}">{}</time>').format(local(moment).isoformat(), say_time(moment))


@pages.app_template_filter("day")
def day(value: date) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), say_date(value))


@pages.app_template_filter("count")
def count(number: int) -> str:
    return str(format_decimal(number))


@pages.app_template_filter("percent")
def percent(share: float) -> str:
    return str(format_percent(share))


@pages.app_template_filter("lasting")
def lasting(seconds: float) -> str:
    """How long something takes, in the largest unit: "40 giây", "3 phút", "2 giờ", "5 ngày"."""
    for size, unit in ((86_400, "ngày"), (3_600, "giờ"), (60, "phút")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} giây"


pages.add_app_template_filter(format_vnd, "vnd")
pages.add_app_template_filter(mask, "mask")
pages.add_app_template_filter(mask_identity_numbers, "private")
pages.add_app_template_filter(words.reason, "reason")
pages.add_app_template_filter(delivery_words.trouble, "trouble")


@pages.app_template_filter("subject")
def subject(topic: str) -> str:
    """A subject's id as its title in the book of answers."""
    return here().book.title(topic) or topic


@pages.app_template_filter("details")
def details(values: Mapping[str, object]) -> str:
    """What an audit entry adds, in words where there are any: states, roles, counts."""
    known = {**words.ROLES, **words.STATES, **words.STATUSES, **words.INTENTS, **words.CHANNELS, **words.BASES}
    known |= {"True": "có", "False": "không"}
    names = {**words.STATES, **words.DETAILS}
    told = (
        (names.get(name, name), known.get(str(value), value)) for name, value in values.items() if value is not None
    )
    return ", ".join(f"{name}: {value}" for name, value in told)


@pages.context_processor
def catalogue() -> dict[str, object]:
    """The catalogue, as `words`, `benefit_words` and `delivery_words` in the templates."""
    return {"words": words, "benefit_words": benefit_words, "delivery_words": delivery_words}


@pages.app_template_filter("sentence")
def sentence(text: str) -> str:
    """A room's message as a sentence of its own."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "»")) else ".")
