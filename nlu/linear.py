"""A calibrated linear classifier: support vectors for the decision, one temperature for honest probabilities."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

_DEFAULT_SHARPNESS = 3.0
"""Used when there are too few examples to measure one."""


class LinearClassifier:
    """Scores are one-against-rest margins; probabilities are their softmax, sharpened by a factor that is measured
    on examples kept out of training (`folds` of them), so that 0.8 is right about eight times in ten."""

    def __init__(self, labels: Sequence[str], weights: np.ndarray, bias: np.ndarray, sharpness: float) -> None:
        self.labels = list(labels)
        self._weights = weights  # features × labels
        self._bias = bias
        self._sharpness = sharpness

    @classmethod
    def learn(
        cls,
        features: csr_matrix,
        labels: Sequence[str],
        sources: Sequence[int],
        *,
        penalty: float,
        folds: int,
        seed: int,
    ) -> "LinearClassifier":
        """`sources` says which rows were made from the same example: they never stand on both sides of a fold."""
        names = sorted(set(labels))
        targets = np.array([names.index(label) for label in labels])
        weights, bias = _margins(features, targets, len(names), penalty, seed)
        sharpness = _measured_sharpness(features, targets, np.array(sources), len(names), penalty, folds, seed)
        return cls(names, weights, bias, sharpness)

    def probabilities(self, features: csr_matrix) -> np.ndarray:
        """One row a text, one column a label, each row adding up to one."""
        return _softmax(self._sharpness * (features @ self._weights + self._bias))

    def save(self, folder: Path) -> None:
        np.savez_compressed(folder / "weights.npz", weights=self._weights.astype(np.float16), bias=self._bias)
        document = {"labels": self.labels, "sharpness": self._sharpness}
        (folder / "labels.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "LinearClassifier":
        document = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            weights, bias = arrays["weights"].astype(np.float32), arrays["bias"]
        return cls(document["labels"], weights, bias, document["sharpness"])


def _margins(
    features: csr_matrix, targets: np.ndarray, labels: int, penalty: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """(weights: features × labels, bias: labels); a label that no row has never wins."""
    weights = np.zeros((features.shape[1], labels), dtype=np.float32)
    bias = np.full(labels, -1.0, dtype=np.float32)
    present = np.unique(targets)
    if len(present) == 1:
        bias[present[0]] = 1.0
        return weights, bias
    machine = LinearSVC(C=penalty, class_weight="balanced", random_state=seed).fit(features, targets)
    if len(present) == 2:
        weights[:, present] = np.vstack([-machine.coef_[0], machine.coef_[0]]).T
        bias[present] = [-machine.intercept_[0], machine.intercept_[0]]
    else:
        weights[:, present] = machine.coef_.T
        bias[present] = machine.intercept_
    return weights, bias


def _measured_sharpness(
    features: csr_matrix,
    targets: np.ndarray,
    sources: np.ndarray,
    labels: int,
    penalty: float,
    folds: int,
    seed: int,
) -> float:
    """The factor under which held-out examples are least surprising."""
    sources_of_rarest = min(Counter(targets[np.unique(sources, return_index=True)[1]]).values())
    if folds < 2 or sources_of_rarest < 2 or labels < 2:
        return _DEFAULT_SHARPNESS
    margins = np.zeros((len(targets), labels), dtype=np.float32)
    for seen, held_out in GroupKFold(folds).split(features, targets, sources):
        weights, bias = _margins(features[seen], targets[seen], labels, penalty, seed)
        margins[held_out] = features[held_out] @ weights + bias

    def surprise(sharpness: float) -> float:
        right = _softmax(sharpness * margins)[np.arange(len(targets)), targets]
        return float(-np.log(np.maximum(right, 1e-9)).mean())

    return float(minimize_scalar(surprise, bounds=(0.1, 50.0), method="bounded").x)


def _softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
