"""Weighted n-grams of both faces of a text (tf-idf): what the linear classifiers see."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

Face = Sequence[str]

_WRITTEN, _PLAIN = 0, 1


@dataclass(frozen=True)
class NgramSizes:
    """What is counted: n-grams of words (shortest, longest), n-grams of the letters of a word with its borders, and
    pairs of words that stand at most so many places apart."""

    words: tuple[int, int] = (1, 2)
    letters: tuple[int, int] = (2, 4)
    apart: int = 4


def count(faces: Sequence[Face], sizes: NgramSizes) -> list[tuple[float, Counter[str]]]:
    """The n-grams of a text, (as written, plain), in blocks with their weights.

    Letters and pairs are counted on the plain face only: on both, training takes twice as long and nothing is gained
    (docs/decisions/0002-understanding.md).
    """
    written, plain = ([word for part in faces[face] for word in part.split()] for face in (_WRITTEN, _PLAIN))
    return [
        (0.7, Counter(_word_ngrams("written", written, sizes.words))),
        (1.0, Counter(_word_ngrams("plain", plain, sizes.words))),
        (1.0, Counter(_letter_ngrams("letters", plain, sizes.letters))),
        (0.7, Counter(_pairs("pair", plain, sizes.apart))),
    ]


def _word_ngrams(prefix: str, words: Sequence[str], sizes: tuple[int, int]) -> Iterator[str]:
    for size in range(sizes[0], sizes[1] + 1):
        for i in range(len(words) - size + 1):
            yield f"{prefix} {' '.join(words[i : i + size])}"


def _letter_ngrams(prefix: str, words: Iterable[str], sizes: tuple[int, int]) -> Iterator[str]:
    for word in words:
        bordered = f"_{word}_"
        for size in range(sizes[0], min(sizes[1], len(bordered)) + 1):
            for i in range(len(bordered) - size + 1):
                yield f"{prefix} {bordered[i : i + size]}"


def _pairs(prefix: str, words: Sequence[str], apart: int) -> Iterator[str]:
    """Neighbours are n-grams already; "nộp … đâu" is found whatever stands between."""
    for i, word in enumerate(words):
        for other in words[i + 2 : i + 1 + apart]:
            yield f"{prefix} {word} {other}"


class TfIdf:
    """A vocabulary of n-grams with their weights.

    Each block of a text is scaled to its weight before they are put side by side, so that the many n-grams of letters
    do not drown the few of words. The vocabulary is all that is kept of the training data.
    """

    def __init__(self, vocabulary: Sequence[str], rarity: np.ndarray, sizes: NgramSizes) -> None:
        self.columns = {ngram: column for column, ngram in enumerate(vocabulary)}
        self._rarity = rarity.astype(np.float32)
        self._sizes = sizes

    @classmethod
    def learn(cls, texts: Sequence[Sequence[Face]], sizes: NgramSizes, least: int) -> "TfIdf":
        """The vocabulary of these texts: n-grams that occur in at least `least` of them."""
        frequency: Counter[str] = Counter()
        for faces in texts:
            for _, block in count(faces, sizes):
                frequency.update(block.keys())
        vocabulary = sorted(ngram for ngram, texts_with in frequency.items() if texts_with >= least)
        rarity = np.array([math.log((1 + len(texts)) / (1 + frequency[ngram])) + 1 for ngram in vocabulary])
        return cls(vocabulary, rarity, sizes)

    def weigh(self, texts: Iterable[Sequence[Face]]) -> csr_matrix:
        """One row a text, one column an n-gram of the vocabulary; unknown n-grams count for nothing."""
        data: list[float] = []
        indices: list[int] = []
        borders = [0]
        for faces in texts:
            for weight, block in count(faces, self._sizes):
                self._add_block(weight, block, data, indices)
            borders.append(len(indices))
        shape = (len(borders) - 1, len(self.columns))
        return csr_matrix((np.array(data, dtype=np.float32), indices, borders), shape=shape)

    def _add_block(self, weight: float, block: Counter[str], data: list[float], indices: list[int]) -> None:
        known = [(self.columns[ngram], times) for ngram, times in block.items() if ngram in self.columns]
        values = [(1 + math.log(times)) * float(self._rarity[column]) for column, times in known]
        length = math.sqrt(sum(value * value for value in values))
        indices += [column for column, _ in known]
        data += [weight * value / length for value in values]

    def save(self, folder: Path) -> None:
        document = {
            "words": self._sizes.words,
            "letters": self._sizes.letters,
            "apart": self._sizes.apart,
            "ngrams": list(self.columns),
            "rarity": [round(float(value), 4) for value in self._rarity],
        }
        (folder / "ngrams.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "TfIdf":
        document = json.loads((folder / "ngrams.json").read_text(encoding="utf-8"))
        sizes = NgramSizes(tuple(document["words"]), tuple(document["letters"]), document["apart"])
        return cls(document["ngrams"], np.array(document["rarity"]), sizes)
