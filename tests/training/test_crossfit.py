"""No labelled row is answered with its own help or that of a near-duplicate."""

import numpy as np
import pytest

from catalog.product import Product
from catalog.progress import Silent
from retrieval.encoder.load import load_encoder
from retrieval.taxonomy import Taxonomy
from training.crossfit import FOLDS, cross_fitted, title_folds
from training.dataset import Dataset
from training.recipes import recipe_named
from training.rows import labelled_rows
from training.steps import embed

PATHS = ("Food > Tea", "Food > Coffee", "Home > Lamps")
WORDS = ("green leaf", "ground bean", "desk light")


def products() -> list[Product]:
    """Twelve a category, each title its own; the first has two paths, the last is alone in its category."""
    made = [
        Product(product_id=f"{c}-{i}", title=f"{WORDS[c]} {'abcdefghijkl'[i] * 3}", category_paths=(path,))
        for c, path in enumerate(PATHS)
        for i in range(12)
    ]
    made[0] = made[0].model_copy(update={"category_paths": PATHS[:2]})
    return [*made, Product(product_id="alone", title="umbrella", category_paths=("Out > Umbrellas",))]


def test_near_duplicates_share_a_fold() -> None:
    titles = ["Olive Oil 500 ml", "olive oil, 1 L", *(f"thing {chr(97 + i) * 4}" for i in range(20))]
    rows = [Product(product_id=str(i), title=title) for i, title in enumerate(titles)]
    folds = title_folds(rows, seed=0)
    assert folds[0] == folds[1]
    assert set(folds.tolist()) == set(range(FOLDS))
    assert title_folds(rows, seed=0).tolist() == folds.tolist()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory):
    rows = products()
    taxonomy = Taxonomy.from_paths({path for p in rows for path in p.category_paths})
    encoder = load_encoder("embedded", device="cpu", max_tokens=32)
    recipe = recipe_named("few-labels", {"encoder": "embedded"})
    data = Dataset(taxonomy, rows, rows, [])
    folder = tmp_path_factory.mktemp("checkpoint")
    return embed(encoder, "embedded", None, labelled_rows(data), taxonomy, recipe, folder, Silent())


def test_no_row_sees_itself(embedded) -> None:
    rows = products()
    found = cross_fitted(embedded, rows, k=3, seed=0)
    assert found is not None
    assert len(found.recalled.positions) == len(rows)
    # Its own vector would be at cosine 1.
    assert found.recalled.similarities.max() < 0.999
    assert (
        embedded.recall()(rows, [p.title for p in rows], embedded.vectors[1:], 3).similarities.max() > 0.999
    )


def test_a_row_that_is_alone_in_its_category_is_answered_as_of_an_unlabelled_one(embedded) -> None:
    found = cross_fitted(embedded, products(), k=3, seed=0)
    assert found is not None
    assert found.familiar.tolist() == [True] * 36 + [False]
    taxonomy = embedded.given.taxonomy
    at = found.recalled.positions[-1].tolist().index(taxonomy.require("Out > Umbrellas"))
    names = list(embedded.given.recipe.sources)
    said = found.recalled.features[-1, at]
    assert np.isnan(said[[names.index("neighbours"), names.index("ngram")]]).all()
    assert not np.isnan(said[[names.index("paths"), names.index("names"), names.index("words")]]).any()


def test_folds_that_leave_one_category_are_refused(embedded) -> None:
    assert cross_fitted(_only(embedded, [1, 13]), [products()[1], products()[12]], k=3, seed=0) is None


def _only(embedded, rows):
    from dataclasses import replace

    kept = np.asarray(rows)
    given = replace(embedded.given, rows=embedded.rows.take(kept))
    return replace(embedded, given=given, vectors=embedded.vectors[kept])
