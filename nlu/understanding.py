"""Intent and topic, decided together: what is asked must fit what it is asked about.

Two linear scorers look at the same text. Alone, the one takes "2 cộng 2 bằng mấy" for a question of amount and the
other finds no topic in it; a bot would read that as "how much?" about the topic before. So the second also learns to
tell the two kinds of texts without a topic apart, and only pairs that fit are thought possible.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from nlu.linear import LinearScorer

NO_TOPIC = "none"

_FOLLOW_UP = f"{NO_TOPIC}/follow-up"
"""A question that leaves its topic to the talk so far: "còn giấy tờ thì sao"."""

_TALK = f"{NO_TOPIC}/talk"
"""What never has a topic: greetings, thanks, what Loa knows nothing of."""

_DEFAULT_SHARPNESS = (3.0, 3.0)
"""For data too few to measure it on."""

_ENOUGH_HELD_OUT = 50


class Probabilities(NamedTuple):
    """One row a text, adding up to one; one column a name of `Understanding.intents` or `Understanding.topics`."""

    intents: np.ndarray
    topics: np.ndarray


class Understanding:
    """Learned scorers of intent and, where training data name topics, of topic.

    Scores become probabilities of pairs through a sharpness each, measured on examples kept out of a first training, so
    that 0.8 is right about eight times in ten. The bot's thresholds rest on that.
    """

    def __init__(self, asked: LinearScorer, about: LinearScorer, asks: set[str], sharpness: Sequence[float]) -> None:
        self._asked = asked
        self._about = about
        self._asks = asks  # intents that can have a topic
        self._sharpness = tuple(sharpness)
        self.intents = asked.labels
        self.topics = sorted({_topic(label) for label in about.labels}) if asks else []
        pairs = [
            (i, j)
            for i, intent in enumerate(asked.labels)
            for j, label in enumerate(about.labels)
            if (intent in asks) == (label != _TALK)
        ]
        self._pairs = {pair: column for column, pair in enumerate(pairs)}

    @classmethod
    def learn(
        cls,
        features: csr_matrix,
        intents: Sequence[str],
        topics: Sequence[str | None],
        sources: Sequence[int],
        *,
        penalty: float,
        held_out: float,
        seed: int,
    ) -> "Understanding":
        """Rows of features with what each asks and about what. Rows made from one example share their source, and are
        held out together. If no row has a topic, topics are not learned."""
        asks = {intent for intent, topic in zip(intents, topics, strict=True) if topic}
        abouts = [
            topic or (_FOLLOW_UP if intent in asks else _TALK) for intent, topic in zip(intents, topics, strict=True)
        ]

        def trained(rows: np.ndarray, sharpness: Sequence[float]) -> "Understanding":
            def scorer(labels: Sequence[str]) -> LinearScorer:
                chosen = [labels[row] for row in rows]
                return LinearScorer.learn(features[rows], chosen, penalty=penalty, seed=seed)

            return cls(scorer(intents), scorer(abouts), asks, sharpness)

        kept, apart = _split(np.array(sources), held_out, seed)
        sharpness = _DEFAULT_SHARPNESS
        if len(apart) >= _ENOUGH_HELD_OUT:
            sharpness = trained(kept, _DEFAULT_SHARPNESS)._measured_sharpness(
                features[apart], [intents[row] for row in apart], [abouts[row] for row in apart]
            )
        return trained(np.arange(len(intents)), sharpness)

    def probabilities(self, features: csr_matrix) -> Probabilities:
        """`topics` has no columns if none were learned."""
        pairs = _softmax(self._pair_scores(self._asked.scores(features), self._about.scores(features), self._sharpness))
        intents = np.zeros((len(pairs), len(self.intents)))
        topics = np.zeros((len(pairs), len(self.topics)))
        for (i, j), column in self._pairs.items():
            intents[:, i] += pairs[:, column]
            if self.topics:
                topics[:, self.topics.index(_topic(self._about.labels[j]))] += pairs[:, column]
        return Probabilities(intents, topics)

    def save(self, folder: Path) -> None:
        self._asked.save(folder, "asked")
        self._about.save(folder, "about")
        document = {"asks": sorted(self._asks), "sharpness": self._sharpness}
        (folder / "understanding.json").write_text(json.dumps(document), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "Understanding":
        document = json.loads((folder / "understanding.json").read_text(encoding="utf-8"))
        asked, about = (LinearScorer.open(folder, name) for name in ("asked", "about"))
        return cls(asked, about, set(document["asks"]), document["sharpness"])

    def _pair_scores(self, asked: np.ndarray, about: np.ndarray, sharpness: Sequence[float]) -> np.ndarray:
        first, second = (list(column) for column in zip(*self._pairs, strict=True))
        return sharpness[0] * asked[:, first] + sharpness[1] * about[:, second]

    def _measured_sharpness(
        self, features: csr_matrix, intents: Sequence[str], abouts: Sequence[str]
    ) -> tuple[float, float]:
        """The sharpness under which what is known of these texts surprises least."""
        asked, about = self._asked.scores(features), self._about.scores(features)
        rows, right = [], []
        for row, (intent, label) in enumerate(zip(intents, abouts, strict=True)):
            if intent in self.intents and label in self._about.labels:  # else nothing could be right
                rows.append(row)
                right.append(self._pairs[self.intents.index(intent), self._about.labels.index(label)])

        def surprise(logarithms: np.ndarray) -> float:
            scores = self._pair_scores(asked[rows], about[rows], np.exp(logarithms))
            chosen = _softmax(scores)[np.arange(len(rows)), right]
            return float(-np.log(np.maximum(chosen, 1e-9)).mean())

        found = minimize(
            surprise, np.log(_DEFAULT_SHARPNESS), method="Nelder-Mead", options={"xatol": 0.02, "fatol": 1e-4}
        )
        first, second = np.exp(found.x)
        return float(first), float(second)


def _topic(about: str) -> str:
    return NO_TOPIC if about in (_FOLLOW_UP, _TALK) else about


def _split(sources: np.ndarray, held_out: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(rows kept, rows held out), whole sources on one side."""
    distinct = np.unique(sources)
    chosen = np.random.default_rng(seed).permutation(distinct)[: int(len(distinct) * held_out)]
    apart = np.isin(sources, chosen)
    return np.flatnonzero(~apart), np.flatnonzero(apart)


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
