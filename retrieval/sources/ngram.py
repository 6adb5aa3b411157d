"""A linear model over word and character n-grams: the recall source that never forgets a part number.

TF-IDF and one-vs-rest squared-hinge SVM (scikit-learn's `LinearSVC`). On short titles it is hard to
beat alone, and its mistakes differ from the encoder's. Small weights are cut after training, as in
DiSMEC (Babbar and Schölkopf, 2017), which keeps the file a hundredth of the dense size.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from retrieval.sources.base import Answer, ClassScores, Queries
from retrieval.sources.head import log_softmax

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

WEIGHT_CUT = 0.005
# Classes whose dense weights are in memory together: 1.2 GB at 300,000 features.
BLOCK = 512
_REST = -1
# Makes a softmax over distances about as peaked as the others; the fusion finds the exact weight.
_SHARPNESS = 3.0
_KINDS = {"words": ("word", (1, 2)), "characters": ("char_wb", (3, 5))}


def _vectorizer(kind: str, **options: object) -> TfidfVectorizer:
    analyzer, ngrams = _KINDS[kind]
    return TfidfVectorizer(
        analyzer=analyzer, ngram_range=ngrams, sublinear_tf=True, dtype=np.float32, **options
    )


def new_vectorizers(max_features: int) -> dict[str, TfidfVectorizer]:
    """One of words and one of characters, not fitted; each keeps its most frequent n-grams."""
    return {kind: _vectorizer(kind, max_features=max_features) for kind in _KINDS}


class NgramClassifier:
    """Texts → one score a category (signed distance to its hyperplane).

    Args:
        vectorizers: fitted, in the order of the weights' rows.
        weights: sparse (features, classes).
        intercept: (classes,).
        positions: taxonomy position of each class.
    """

    def __init__(
        self,
        vectorizers: dict[str, TfidfVectorizer],
        weights: sparse.csr_matrix,
        intercept: Floats,
        positions: Ints,
    ) -> None:
        self._vectorizers = vectorizers
        self._weights = weights
        self._intercept = intercept
        self.positions = positions

    @classmethod
    def fit(
        cls, texts: Sequence[str], labels: Sequence[int], *, max_features: int = 150_000, c: float = 0.5
    ) -> "NgramClassifier":
        """Train on texts and their taxonomy positions (at least two different ones).

        Args:
            max_features: most frequent n-grams kept, of words and of characters each.
            c: inverse regularisation of the SVM.
        """
        vectorizers = new_vectorizers(max_features)
        features = sparse.hstack([v.fit_transform(texts) for v in vectorizers.values()]).tocsr()
        classes = np.unique(np.asarray(labels, dtype=np.int64))
        blocks = [
            _fit_block(features, np.asarray(labels), classes[start : start + BLOCK], c)
            for start in range(0, len(classes), BLOCK)
        ]
        weights = sparse.hstack([block for block, _ in blocks]).tocsr()
        return cls(vectorizers, weights, np.concatenate([intercept for _, intercept in blocks]), classes)

    def scores(self, texts: Sequence[str]) -> Floats:
        """Scores of shape (texts, classes)."""
        features = sparse.hstack([v.transform(texts) for v in self._vectorizers.values()]).tocsr()
        scores: Floats = np.asarray((features @ self._weights).todense()) + self._intercept
        return scores

    def answer(self, queries: Queries) -> Answer:
        return ClassScores(log_softmax(np.float32(_SHARPNESS) * self.scores(queries.texts)), self.positions)

    def save(self, folder: Path) -> None:
        """Write vocabulary (JSON) and arrays (npz without pickles)."""
        folder.mkdir(parents=True, exist_ok=True)
        terms = {kind: _ordered_terms(v) for kind, v in self._vectorizers.items()}
        (folder / "vocabulary.json").write_text(json.dumps(terms, ensure_ascii=False), "utf-8")
        idf = {f"idf_{kind}": v.idf_ for kind, v in self._vectorizers.items()}
        w = self._weights
        np.savez(
            folder / "weights.npz",
            allow_pickle=False,
            data=w.data,
            indices=w.indices,
            indptr=w.indptr,
            shape=np.asarray(w.shape),
            intercept=self._intercept,
            positions=self.positions,
            **idf,
        )

    @classmethod
    def load(cls, folder: Path) -> "NgramClassifier":
        """Read what `save` wrote."""
        terms = json.loads((folder / "vocabulary.json").read_text("utf-8"))
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            weights = sparse.csr_matrix(
                (arrays["data"], arrays["indices"], arrays["indptr"]), shape=tuple(arrays["shape"])
            )
            vectorizers = {kind: _restore(kind, terms[kind], arrays[f"idf_{kind}"]) for kind in _KINDS}
            return cls(vectorizers, weights, arrays["intercept"], arrays["positions"])


def _fit_block(
    features: sparse.csr_matrix, labels: Ints, block: Ints, c: float
) -> tuple[sparse.csr_matrix, Floats]:
    """One-vs-rest weights of some classes: one dense block at a time, cut before the next is trained."""
    svm = LinearSVC(C=c).fit(features, np.where(np.isin(labels, block), labels, _REST))
    coefficients, intercept = svm.coef_, svm.intercept_
    if len(svm.classes_) == 2:
        coefficients, intercept = np.vstack([-coefficients, coefficients]), np.r_[-intercept, intercept]
    own = svm.classes_ != _REST
    kept = coefficients[own].T
    kept[np.abs(kept) <= WEIGHT_CUT] = 0.0
    return sparse.csr_matrix(kept.astype(np.float32)), intercept[own].astype(np.float32)


def _ordered_terms(vectorizer: TfidfVectorizer) -> list[str]:
    return sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)


def _restore(kind: str, terms: list[str], idf: npt.NDArray[np.float64]) -> TfidfVectorizer:
    vectorizer = _vectorizer(kind, vocabulary={term: i for i, term in enumerate(terms)})
    vectorizer.idf_ = idf
    return vectorizer
