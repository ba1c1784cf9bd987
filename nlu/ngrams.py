"""Weighted n-grams of both faces of a text (tf-idf): what the linear classifiers see."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

Face = Sequence[str]


@dataclass(frozen=True)
class NgramSizes:
    """Which n-grams are counted: of words across the text, of letters within a word and its borders."""

    words: tuple[int, int] = (1, 2)
    letters: tuple[int, int] = (2, 5)


def count(faces: Sequence[Face], sizes: NgramSizes) -> list[Counter[str]]:
    """The n-grams of a text, as one block of words and one of letters for each face."""
    blocks = []
    for number, face in enumerate(faces):
        words = [word for part in face for word in part.split()]
        blocks.append(Counter(_word_ngrams(f"w{number}", words, sizes.words)))
        blocks.append(Counter(_letter_ngrams(f"c{number}", words, sizes.letters)))
    return blocks


def _word_ngrams(prefix: str, words: Sequence[str], sizes: tuple[int, int]) -> Iterable[str]:
    for size in range(sizes[0], sizes[1] + 1):
        for i in range(len(words) - size + 1):
            yield f"{prefix} {' '.join(words[i : i + size])}"


def _letter_ngrams(prefix: str, words: Iterable[str], sizes: tuple[int, int]) -> Iterable[str]:
    for word in words:
        bordered = f"_{word}_"
        for size in range(sizes[0], min(sizes[1], len(bordered)) + 1):
            for i in range(len(bordered) - size + 1):
                yield f"{prefix} {bordered[i : i + size]}"


class TfIdf:
    """A vocabulary of n-grams with their weights.

    Each block of a text is scaled to length one before they are put side by side, so that the many n-grams of letters
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
            for block in count(faces, sizes):
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
            for block in count(faces, self._sizes):
                self._add_block(block, data, indices)
            borders.append(len(indices))
        shape = (len(borders) - 1, len(self.columns))
        return csr_matrix((np.array(data, dtype=np.float32), indices, borders), shape=shape)

    def _add_block(self, block: Counter[str], data: list[float], indices: list[int]) -> None:
        known = [(self.columns[ngram], times) for ngram, times in block.items() if ngram in self.columns]
        weights = [(1 + math.log(times)) * float(self._rarity[column]) for column, times in known]
        length = math.sqrt(sum(weight * weight for weight in weights))
        indices += [column for column, _ in known]
        data += [weight / length for weight in weights]

    def save(self, folder: Path) -> None:
        document = {
            "words": self._sizes.words,
            "letters": self._sizes.letters,
            "ngrams": list(self.columns),
            "rarity": [round(float(value), 4) for value in self._rarity],
        }
        (folder / "ngrams.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "TfIdf":
        document = json.loads((folder / "ngrams.json").read_text(encoding="utf-8"))
        sizes = NgramSizes(tuple(document["words"]), tuple(document["letters"]))
        return cls(document["ngrams"], np.array(document["rarity"]), sizes)
