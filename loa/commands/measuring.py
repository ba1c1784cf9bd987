"""`loa segments`: what a text costs."""

from typing import Any

import click

from foundation.text import segment, unaccent
from loa.commands.printing import as_json, print_result


@click.command()
@click.argument("text")
@as_json
def segments(text: str, json_: bool) -> None:
    """How TEXT travels by SMS, as written and without diacritics."""
    counted = {**_counted(text), "unaccented": _counted(unaccent(text))}
    bare = counted["unaccented"]
    lines = (
        f"{counted['encoding']}: {counted['units']} → {counted['segments']} segment(s); "
        f"bare {bare['encoding']}: {bare['units']} → {bare['segments']}"
    )
    print_result(counted, json_, lines)


def _counted(text: str) -> dict[str, Any]:
    counted = segment(text)
    return {
        "encoding": counted.encoding.value,
        "units": counted.units,
        "segments": counted.segments,
        "normalized": counted.text,
    }
