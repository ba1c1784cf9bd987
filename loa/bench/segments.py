"""`loa bench segments`: a hundred thousand personal messages rendered and counted on one core."""

import gc
import statistics
import time
import timeit
from collections.abc import Callable, Iterable, Mapping, Sequence

from foundation.text import Encoding, Segmentation, Template, nfc, segment, unaccent
from loa.bench import Report, Target
from loa.bench.segments_by_hand import counted_by_hand, encoding_by_hand
from loa.bench.segments_floor import SETTINGS
from loa.bench.segments_messages import SEED, TEXTS, Message, messages
from loa.wiring import Loa

MESSAGES = 100_000
SAMPLE = 5_000
ROUNDS = 5

PER_S = 100_000
VS_FLOOR = 10.0
"""Ours; the issue names none."""


def measure(loa: Loa) -> Report:
    """Nothing of the installation is used."""
    return measure_messages(MESSAGES)


def measure_messages(count: int) -> Report:
    """The same with so many messages."""
    accented = {text: Template.parse(text) for text in TEXTS}
    bare = {text: template.bare() for text, template in accented.items()}
    drawn = messages(count)
    work = [((bare if each.is_bare else accented)[each.text], each.values) for each in drawn]

    ours_s = _median_s(lambda: _segments(work))
    finished = [template.render(values) for template, values in work]
    counting_s = _median_s(lambda: sum(segment(text).segments for text in finished))
    floor_s, setting = min((_floor_s(setting, drawn), name) for name, setting in SETTINGS.items())
    found = [template.message(values) for template, values in work]
    return Report(
        "segments",
        {
            "messages": count,
            "clock": "CPU time of one thread",
            "seed": SEED,
            "templates": len(TEXTS),
            "gsm7": sum(each.encoding is Encoding.GSM7 for each in found),
            "ucs2": sum(each.encoding is Encoding.UCS2 for each in found),
            "segments": sum(each.segments for each in found),
            "floor_per_s": round(count / floor_s),
            "floor_setting": setting,
            "counting_finished_texts_per_s": round(count / counting_s),
        },
        [
            Target("per_s", round(count / ours_s), "messages/s", PER_S, "at_least"),
            Target("vs_floor", round(ours_s / floor_s, 2), "times", VS_FLOOR, "at_most"),
            Target("differ", _differing(drawn[:SAMPLE], found), "messages", 0, "at_most"),
        ],
    )


def _segments(work: Iterable[tuple[Template, Mapping[str, str]]]) -> int:
    return sum(template.message(values).segments for template, values in work)


def _floor_s(setting: Callable[[str], Callable[[Mapping[str, str]], int]], drawn: Iterable[Message]) -> float:
    counters = {text: setting(text) for text in TEXTS}
    work = [(counters[each.text], each.values) for each in drawn]
    return _median_s(lambda: sum(segments_of(values) for segments_of, values in work))


def _differing(drawn: Iterable[Message], found: Sequence[Segmentation]) -> int:
    """How many messages are not what is made of them and counted by hand."""
    return sum(not _agrees(message, ours) for message, ours in zip(drawn, found, strict=False))


def _agrees(message: Message, ours: Segmentation) -> bool:
    text = message.text
    for name, value in message.values.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    text = unaccent(text) if message.is_bare else nfc(text)
    encoding = encoding_by_hand(text)
    return ours == (text, encoding, *counted_by_hand(text, encoding))


def _median_s(work: Callable[[], object]) -> float:
    """Seconds of one core that the work takes, the median of some rounds after one to warm up.

    CPU time: the work is one thread that waits for nothing, and what other processes do is not its doing. Garbage is
    collected meanwhile.
    """
    return statistics.median(timeit.repeat(work, gc.enable, time.process_time, ROUNDS + 1, number=1)[1:])
