"""TF-IDF + LinearSVC, the figure to beat on short titles, on the same split as the domain expert."""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from catalog.product import Row
from catalog.reader import read_catalog
from catalog.split import read_split
from catalog.text import product_text

FEATURES = 150_000


def linear_baseline(catalog: Path, split: Path) -> dict[str, Any]:
    """Accuracy and recall@10 on the test part; the first label counts."""
    part = read_split(split)
    rows: dict[str, list[tuple[str, str]]] = {"train": [], "test": []}
    for item in read_catalog(catalog, labelled=True):
        if isinstance(item, Row) and part.get(item.product.product_id) in rows:
            product = item.product
            rows[part[product.product_id]].append((product_text(product), product.category_paths[0]))
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=FEATURES)
    characters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, max_features=FEATURES
    )
    model = make_pipeline(make_union(words, characters), LinearSVC(C=0.5))
    model.fit(*zip(*rows["train"], strict=True))
    texts, labels = zip(*rows["test"], strict=True)
    best = np.argsort(-model.decision_function(texts), axis=1)[:, :10]
    hits = model.classes_[best] == np.asarray(labels)[:, None]
    return {
        "model": "TF-IDF words 1-2 + characters 3-5, LinearSVC C=0.5",
        "rows": len(texts),
        "accuracy": float(hits[:, 0].mean()),
        "recall_at_10": float(hits.any(axis=1).mean()),
    }
