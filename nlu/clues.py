"""What the fields of `nlu.spans` see of a word, and of a span of words.

Faces are the words of a text as written and plain (`nlu.components.tokenizer`). No clue is longer than three words of
the text, so that a trained field holds no text.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

Face = Sequence[str]

_BEFORE_TEXT, _AFTER_TEXT = "^", "$"
_LONGEST = 3
_BAG = 6
_COUNTED = 4


def of_words(written: Face, plain: Face, window: int) -> list[list[str]]:
    """Each word: itself in both faces, its shape and ends, its neighbours up to `window` words away, their pairs."""
    own = [_own_clues(*faces) for faces in zip(written, plain, strict=True)]
    result = []
    for i in range(len(written)):
        seen = ["bias", *(f"0:{clue}" for clue in own[i])]
        for distance in range(1, window + 1):
            for j in (i - distance, i + distance):
                if 0 <= j < len(own):
                    seen += [f"{j - i}:{clue}" for clue in own[j][: 3 if distance == 1 else 2]]
                else:
                    seen.append(f"{j - i}:border")
        for j in (i - 1, i):
            if 0 <= j < len(own) - 1:
                seen += [f"{j - i}+:p={plain[j]} {plain[j + 1]}", f"{j - i}+:w={written[j]} {written[j + 1]}"]
        result.append(seen)
    return result


def _own_clues(written: str, plain: str) -> list[str]:
    return [
        f"p={plain}",
        f"w={written}",
        f"shape={_shape(plain)}",
        f"head={plain[:2]}",
        f"tail={plain[-2:]}",
        f"tail3={plain[-3:]}",
    ]


def _shape(plain: str) -> str:
    return "9" * len(plain) if plain[0].isdigit() else "a" if plain.isalpha() else "-"


def of_spans(written: Face, plain: Face, spans: Sequence[tuple[int, int]], *, wide: bool) -> list[list[str]]:
    """Each span (first word, word after its last): its words and the three on either side; with `wide` also what the
    sentence says elsewhere, the other spans left out of it."""
    result = [[*_inside(plain[first:end]), *_beside(written, plain, first, end)] for first, end in spans]
    if wide:
        for seen, far in zip(result, _far(plain, spans), strict=True):
            seen += far
    return result


def _inside(words: Face) -> list[str]:
    seen = [
        "bias",
        f"first={words[0]}",
        f"last={words[-1]}",
        f"length={len(words)}",
        f"shape={' '.join(map(_shape, words))}",
        *(f"in={word}" for word in words),
        *(f"in={one} {two}" for one, two in pairwise(words)),
    ]
    if len(words) <= _LONGEST:
        seen.append(f"whole={' '.join(words)}")
    return seen


def _beside(written: Face, plain: Face, first: int, end: int) -> list[str]:
    before = [plain[i] if i >= 0 else _BEFORE_TEXT for i in range(first - 1, first - 4, -1)]
    after = [plain[i] if i < len(plain) else _AFTER_TEXT for i in range(end, end + 3)]
    return [
        *(f"-{distance}={word}" for distance, word in enumerate(before, 1)),
        *(f"+{distance}={word}" for distance, word in enumerate(after, 1)),
        f"-2-1={before[1]} {before[0]}",
        f"+1+2={after[0]} {after[1]}",
        f"-w={written[first - 1] if first else _BEFORE_TEXT}",
        f"+w={written[end] if end < len(written) else _AFTER_TEXT}",
    ]


def _far(plain: Face, spans: Sequence[tuple[int, int]]) -> Iterator[list[str]]:
    """Of each span: the nearest words on either side that stand in no span, how many spans stand there, and the ends
    of the span before."""
    covered = {i for first, end in spans for i in range(first, end)}
    outside = [i for i in range(len(plain)) if i not in covered]
    passed = 0  # words outside that stand left of the span
    for number, (first, _) in enumerate(spans):
        while passed < len(outside) and outside[passed] < first:
            passed += 1
        left = [plain[i] for i in reversed(outside[max(0, passed - _BAG) : passed])]
        right = [plain[i] for i in outside[passed : passed + _BAG]]
        seen = [f"l={word}" for word in left] + [f"r={word}" for word in right]
        seen += [f"l{distance}={left[distance] if distance < len(left) else _BEFORE_TEXT}" for distance in range(3)]
        seen += [f"l01={' '.join(left[:2])}", f"l012={' '.join(left[:3])}"]
        seen += [f"before={min(number, _COUNTED)}", f"after={min(len(spans) - 1 - number, _COUNTED)}"]
        if number:
            other = spans[number - 1]
            seen += [f"span-first={plain[other[0]]}", f"span-last={plain[other[1] - 1]}"]
        yield seen


def surroundings(plain: Face, spans: Sequence[tuple[int, int]]) -> str:
    """The words right before and after each span: texts that share them say the same about different things."""
    return "|".join(
        f"{plain[first - 1] if first else _BEFORE_TEXT} {plain[end] if end < len(plain) else _AFTER_TEXT}"
        for first, end in spans
    )
