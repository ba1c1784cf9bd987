"""A linear scorer: one-against-rest support vectors over sparse features."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC


class LinearScorer:
    """Gives each label a score, the margin by which a text looks like that label rather than any other."""

    def __init__(self, labels: Sequence[str], weights: np.ndarray, bias: np.ndarray) -> None:
        self.labels = list(labels)
        self._weights = weights  # features × labels
        self._bias = bias

    @classmethod
    def learn(cls, features: csr_matrix, labels: Sequence[str], *, penalty: float, seed: int) -> "LinearScorer":
        """Rows of features with the label of each."""
        names = sorted(set(labels))
        if len(names) == 1:
            return cls(names, np.zeros((features.shape[1], 1), dtype=np.float32), np.ones(1))
        # A loose tolerance: the test set sees no difference, and training takes half as long.
        machine = LinearSVC(C=penalty, tol=1e-2, random_state=seed).fit(features, labels)
        weights, bias = machine.coef_.T, machine.intercept_
        if len(names) == 2:
            weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])
        return cls(names, weights.astype(np.float32), bias)

    def scores(self, features: csr_matrix) -> np.ndarray:
        """One row a text, one column a label."""
        return features @ self._weights + self._bias

    def save(self, folder: Path, name: str) -> None:
        np.savez_compressed(folder / f"{name}.npz", weights=self._weights.astype(np.float16), bias=self._bias)
        (folder / f"{name}.json").write_text(json.dumps(self.labels, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, name: str) -> "LinearScorer":
        labels = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            return cls(labels, arrays["weights"].astype(np.float32), arrays["bias"])
