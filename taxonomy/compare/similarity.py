"""How alike categories of two trees are by their words, and by an encoder where there is one."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from catalog.product import PATH_SEPARATOR
from catalog.text import text_key
from taxonomy.names import name_key
from taxonomy.node import Node

Floats = npt.NDArray[np.float32]
# Categories → unit vectors, (n, dim).
Encode = Callable[[Sequence[Node]], Floats]

# The name says more than where it stands: a tree that was turned round keeps its names.
NAME_SHARE = 0.6
ENCODER_SHARE = 0.5
OTHER_NAME = 0.2


# Rows of both trees in the same features, unit length.
_Pair = tuple[sparse.csr_matrix, sparse.csr_matrix]


class Similarity:
    """Cosines of character n-grams of names and paths, and of encoded paths.

    Args:
        old, new: categories to compare.
        encode: None leaves the encoder out.
    """

    def __init__(self, old: Sequence[Node], new: Sequence[Node], encode: Encode | None = None) -> None:
        self._names = _tfidf([name_key(one.name) for one in old], [name_key(one.name) for one in new])
        self._paths = _tfidf([_path_text(one) for one in old], [_path_text(one) for one in new])
        self._vectors = (encode(old), encode(new)) if encode else None

    def block(self, rows: Sequence[int]) -> Floats:
        """Scores of some old categories with every new one, (rows, new), 0 to 1."""
        chosen = np.asarray(rows, dtype=np.int64)
        names, paths = (_product(pair, chosen) for pair in (self._names, self._paths))
        words: Floats = NAME_SHARE * names + (1 - NAME_SHARE) * paths
        # Siblings share nearly all of their paths: a place without a name says nothing.
        words[names < OTHER_NAME] *= 0.5
        if self._vectors is None:
            return words
        old, new = self._vectors
        cosines = np.clip(old[chosen] @ new.T, 0.0, 1.0)
        mixed: Floats = (1 - ENCODER_SHARE) * words + ENCODER_SHARE * cosines
        return mixed

    def evidence(self, row: int, column: int) -> str:
        """The cosines of one pair, in words."""
        name, path = (_cosine(pair, row, column) for pair in (self._names, self._paths))
        said = [f"name {name:.2f}", f"path {path:.2f}"]
        if self._vectors is not None:
            old, new = self._vectors
            said.append(f"encoder {float(old[row] @ new[column]):.2f}")
        return ", ".join(said)


def _tfidf(old: Sequence[str], new: Sequence[str]) -> _Pair:
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, dtype=np.float32)
    features = vectorizer.fit_transform([*old, *new]).tocsr()
    return features[: len(old)], features[len(old) :]


def _product(pair: _Pair, rows: npt.NDArray[np.int64]) -> Floats:
    found: Floats = np.asarray((pair[0][rows] @ pair[1].T).todense(), dtype=np.float32)
    return found


def _cosine(pair: _Pair, row: int, column: int) -> float:
    return float(pair[0][row].multiply(pair[1][column]).sum())


def _path_text(node: Node) -> str:
    return text_key(node.category_path.replace(PATH_SEPARATOR, " "))
