"""Real taxonomies: read, and compared with their next version while the ids are hidden.

    python -m benchmarks.taxonomy_import DATA_FOLDER

Counts and seconds of every `taxonomy_*.parquet`. Then two versions of one taxonomy are compared twice: with
their ids, which tell the truth, and with other ids on each side, so that names and places must do. Right is
a category that is led where its id is. Writes benchmarks/results/taxonomy_import.json.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.provenance import RESULTS, commit, machine, write
from retrieval.workspace import file_hash
from taxonomy.compare.diff import diff
from taxonomy.compare.mapping import map_taxonomy
from taxonomy.crosswalk import Link
from taxonomy.file import load_tree, save_tree
from taxonomy.open import open_tree
from taxonomy.read import read_taxonomy
from taxonomy.tree import Tree

FILE = RESULTS / "taxonomy_import.json"
VERSIONS = (
    ("taxonomy_google_2019_multi", "taxonomy_google_2021_en"),
    ("taxonomy_shopify_2025_08_multi", "taxonomy_shopify_2026_08_en"),
)
MAPPED = (
    ("bigbasket_en", "taxonomy_google_2021_en"),
    ("taxonomy_shopify_2026_08_en", "taxonomy_google_2021_en"),
)
STEPS = (0.5, 0.6, 0.75, 0.9, 1.0)


def imported(path: Path) -> dict[str, Any]:
    """Seconds to read, check, write and read again, and what there was."""
    start, busy = time.perf_counter(), time.process_time()
    read = read_taxonomy([path])
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    assert read.tree is not None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tree.jsonl"
        save_tree(read.tree, file)
        start = time.process_time()
        again = load_tree(file)
        loading = time.process_time() - start
        size = file.stat().st_size
    return {
        "sha256": file_hash(path),
        "categories": len(read.tree),
        "leaves": len(read.tree.leaves),
        "languages": len(read.tree.locales),
        "warnings": dict(Counter(one.kind for one in read.findings)),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "written_mib": round(size / 2**20, 2),
        "load_cpu_seconds": round(loading, 2),
        "comes_back_equal": again.nodes == read.tree.nodes,
    }


def hidden(tree: Tree, prefix: str) -> tuple[Tree, dict[str, str]]:
    """The tree under other ids, and the true id of each."""
    ids = {node.category_id: f"{prefix}{n}" for n, node in enumerate(tree)}
    nodes = [
        node.model_copy(
            update={"category_id": ids[node.category_id], "parents": tuple(ids[one] for one in node.parents)}
        )
        for node in tree
    ]
    return Tree(nodes, locale=tree.locale), {other: own for own, other in ids.items()}


def compared(old: Tree, new: Tree) -> dict[str, Any]:
    """Links with ids, and how many changed categories are found without them."""
    start = time.process_time()
    links = diff(old, new)
    seconds = time.process_time() - start
    (blind_old, true_old), (blind_new, true_new) = hidden(old, "o"), hidden(new, "n")
    found = [one for one in diff(blind_old, blind_new) if one.old_id and one.status != "alternative"]
    changed = [one for one in found if _changed(true_old[one.old_id], old, new) and one.relation != "split"]
    right = [one for one in changed if true_new.get(one.new_id) == true_old[one.old_id]]
    return {
        "cpu_seconds": round(seconds, 2),
        "with_ids": _counts(links),
        "without_ids": {"changed": len(changed), "right": len(right)},
        "right_by_confidence": _by_confidence(changed, right),
    }


def _changed(category_id: str, old: Tree, new: Tree) -> bool:
    twin = new.by_id.get(category_id)
    return twin is not None and twin.category_path != old.by_id[category_id].category_path


def _counts(links: Sequence[Link]) -> dict[str, int]:
    return dict(sorted(Counter(f"{one.relation} {one.status}" for one in links).items()))


def _by_confidence(links: Sequence[Link], right: Sequence[Link]) -> dict[str, list[int]]:
    """Links and right ones up to each confidence."""
    made = {}
    for low, high in zip((0.0, *STEPS), STEPS, strict=False):
        some = [one for one in links if low < one.confidence <= high]
        made[f"to {high}"] = [len(some), sum(one in right for one in some)]
    return made


def mapped(source: Tree, target: Tree) -> dict[str, Any]:
    start = time.process_time()
    links = map_taxonomy(source, target)
    return {"cpu_seconds": round(time.process_time() - start, 2), "links": _counts(links)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    trees = {name: open_tree(folder / f"{name}.parquet") for names in (*VERSIONS, *MAPPED) for name in names}
    write(
        FILE,
        {
            "commit": commit(),
            "machine": machine(),
            "import": {path.stem: imported(path) for path in sorted(folder.glob("taxonomy_*.parquet"))},
            "diff": {f"{a} → {b}": compared(trees[a], trees[b]) for a, b in VERSIONS},
            "map": {f"{a} → {b}": mapped(trees[a], trees[b]) for a, b in MAPPED},
        },
    )


if __name__ == "__main__":
    main()
