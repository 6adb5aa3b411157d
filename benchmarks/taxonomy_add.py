"""Categories that training never saw, added to its workspace: are they found, and does the rest stay?

    python -m benchmarks.taxonomy_add NAME.parquet --split NAME.new.parquet --workspace DIR --as NAME

The split is made by `dual-expert split NAME.parquet --out NAME.new.parquet --new-categories 0.1`; the
workspace is trained on it. Where its taxonomy holds the new categories, they are dropped first, by
`taxonomy migrate`. Then all are added by `taxonomy add`. Measured: recall on the products of new categories
only (part `new`), and the accuracy on the part `test` before and after. Writes
benchmarks/results/taxonomy_add.json.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents.domain_expert import DomainExpert
from app.adding import NewCategory, add_categories
from app.migrating_workspace import TAXONOMY, migrate_workspace
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.product import Product, Row
from catalog.reader import read_catalog
from catalog.split import read_split
from evaluation.metrics import recall_at
from retrieval.taxonomy import Taxonomy
from retrieval.workspace import Workspace, file_hash
from taxonomy.carry import Carrier
from taxonomy.crosswalk import Link
from taxonomy.crosswalk_file import read_crosswalk, write_crosswalk

FILE = RESULTS / "taxonomy_add.json"
CHUNK = 512
KS = (1, 5, 10)


def parts(catalog: Path, split: Path) -> dict[str, list[Product]]:
    """Products by part of the split."""
    part = read_split(split)
    found: dict[str, list[Product]] = {}
    for item in read_catalog(catalog, labelled=True):
        if isinstance(item, Row) and item.product.product_id in part:
            found.setdefault(part[item.product.product_id], []).append(item.product)
    return found


def dropped(workspace: Path, new: Sequence[str], out: Path) -> Path:
    """The workspace without these categories."""
    taxonomy = Taxonomy.load(workspace / TAXONOMY)
    gone = set(new)
    if not any(taxonomy.position(path) is not None for path in new):
        return workspace
    links = [_link(path, gone) for path in (c.category_path for c in taxonomy.categories)]
    file = out.with_suffix(".csv")
    write_crosswalk(file, links)
    migrate_workspace(workspace, Carrier(read_crosswalk(file)), file, out, None)
    return out


def _link(path: str, gone: set[str]) -> Link:
    if path in gone:
        return Link(old_path=path, relation="removed", confidence=1, status="accepted")
    return Link(old_path=path, new_path=path, relation="same", confidence=1, status="accepted")


def answers(folder: Path, products: Sequence[Product]) -> list[list[str]]:
    """Ten candidates of each product, best first."""
    expert = DomainExpert.open(Workspace(folder), device="cpu")
    found = []
    for start in range(0, len(products), CHUNK):
        for one in expert(products[start : start + CHUNK], k=max(KS)):
            found.append([candidate.category_path for candidate in one.candidates])
    return found


def shares(found: Sequence[Sequence[str]], products: Sequence[Product]) -> dict[str, float]:
    """Recall at each k; any true path counts."""
    truths = [product.category_paths for product in products]
    return {f"recall@{k}": round(share.value, 4) for k, share in recall_at(truths, found, KS).items()}


def measured(options: argparse.Namespace) -> dict[str, Any]:
    found = parts(options.catalog, options.split)
    seen = {path for name, some in found.items() if name != "new" for p in some for path in p.category_paths}
    new = sorted({path for p in found["new"] for path in p.category_paths} - seen)
    products = [p for p in found["new"] if set(p.category_paths) <= set(new)]
    with tempfile.TemporaryDirectory() as folder:
        before = dropped(options.workspace, new, Path(folder) / "before")
        after = Path(folder) / "after"
        start = time.perf_counter()
        add_categories(before, [NewCategory(path) for path in new], after)
        seconds = time.perf_counter() - start
        old, grown = answers(before, found["test"]), answers(after, found["test"])
        on_new = answers(after, products)
    return {
        "commit": commit(),
        "machine": machine(),
        "data": {"catalog": file_hash(options.catalog), "split": file_hash(options.split)},
        "categories_added": len(new),
        "seconds_to_add": round(seconds, 2),
        "new": {"products": len(products), **shares(on_new, products)},
        "elsewhere": {
            "products": len(found["test"]),
            "before": shares(old, found["test"]),
            "after": shares(grown, found["test"]),
            "same_answer": round(float(np.mean([a[0] == b[0] for a, b in zip(old, grown, strict=True)])), 4),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalog", type=Path)
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--as", dest="named", required=True)
    options = parser.parse_args()
    rows = json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}
    rows[options.named] = measured(options)
    write(FILE, rows)


if __name__ == "__main__":
    main()
