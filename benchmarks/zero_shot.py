"""A start without labels, and what the first labels add.

    python -m benchmarks.zero_shot retrieval --data DIR --named bigbasket_en
    python -m benchmarks.zero_shot retrieval --data DIR --named mwpd_gpc_en
    python -m benchmarks.zero_shot general --data DIR --named bigbasket_en --llm embedded --rows 100
    python -m benchmarks.zero_shot curve --data DIR --seed 0 [--most 16]

`retrieval`: no labelled product; test rows answered by the leaf's name, the full path, the definition, and
all sources together. Definitions are the taxonomy's own where it has some, else written from the path and its
siblings without a model. `bigbasket_en` is put into its own paths. `mwpd_gpc_en` is put into the bricks of
GS1 GPC and counted by class, the level of its labels: these are matched to GPC's classes by name, and
products of classes that GPC does not have (or calls otherwise) are left out and counted.

`general`: the same with the general expert on some test rows, drawn at random.

`curve`: `bigbasket_en`, recipe `few-labels` (no fine-tuning), 0 to 16 labels a category on average: labels
of products that `suggest-labels` names, step by step, or of products drawn at random. Accuracy and recall on
test rows; one of the product's own paths counts. Both choices come from one pass of the frozen encoder.

Rows are written to benchmarks/results/zero_shot.json one by one; a row of `retrieval` or `general` that is
there is not run again.
"""

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.domain_expert import DomainExpert
from app.suggesting_labels import pool_of
from benchmarks.label_curve import LABELS, Texts, curve_points, frozen_encoder
from benchmarks.provenance import RESULTS, commit, machine, write
from catalog.product import PATH_SEPARATOR, Product, Row
from catalog.progress import Silent
from catalog.reader import read_catalog
from catalog.split import read_split
from catalog.text import product_text
from evaluation.calibration import expected_calibration_error
from evaluation.levels import cut
from evaluation.metrics import accuracy, hierarchical_scores, hits, recall_at
from graph.build import build_graph
from graph.context import Context, Experts
from graph.open import Opening, llm_from_settings, open_experts, open_summarizer
from retrieval.index import Floats, VectorIndex
from retrieval.taxonomy import Taxonomy
from retrieval.taxonomy_file import open_taxonomy
from retrieval.workspace import Workspace, file_hash
from taxonomy.names import name_key
from training.recipes import recipe_named
from training.train import TrainingJob, train

FILE = RESULTS / "zero_shot.json"
GPC = "taxonomy_gs1_gpc_en.parquet"
# GPC's segment, family and class; bricks stand below.
CLASS = 3
CANDIDATES = 40


@dataclass(frozen=True)
class Task:
    """Attributes:
    products: test rows with a true path.
    truths: paths, cut at `level`.
    level: at which answers count; None takes whole paths.
    left_out: test rows whose label is not in the taxonomy.
    """

    taxonomy: Taxonomy
    products: list[Product]
    truths: list[frozenset[str]]
    level: int | None
    left_out: int

    def counted(self, ranking: Iterable[str]) -> list[str]:
        """Distinct answers at the level that counts, in order."""
        return list(dict.fromkeys(cut(path, self.level) if self.level else path for path in ranking))


def rows_of(data: Path, named: str, parts: Sequence[str]) -> list[Product]:
    part = read_split(data / f"{named}.split.parquet")
    items = read_catalog(data / f"{named}.parquet", labelled=True)
    products = [item.product for item in items if isinstance(item, Row)]
    return [product for product in products if part.get(product.product_id) in parts]


def own_paths(data: Path, named: str) -> Taxonomy:
    items = read_catalog(data / f"{named}.parquet", labelled=True)
    return Taxonomy.from_paths({p for i in items if isinstance(i, Row) for p in i.product.category_paths})


def task_of(data: Path, named: str) -> Task:
    products = rows_of(data, named, ("test",))
    if named != "mwpd_gpc_en":
        truths = [frozenset(p.category_paths) for p in products]
        return Task(own_paths(data, named), products, truths, None, 0)
    taxonomy = open_taxonomy(data / GPC)
    classes = classes_by_name(taxonomy)
    found = [(p, {c for path in p.category_paths if (c := class_of(path, classes))}) for p in products]
    kept = [(p, frozenset(truth)) for p, truth in found if truth]
    left_out = len(products) - len(kept)
    return Task(taxonomy, [p for p, _ in kept], [truth for _, truth in kept], CLASS, left_out)


Names = tuple[str, ...]


def names_of(path: str) -> Names:
    """Names without case and plural; one that repeats the name above it is left out, as MWPD's labels do."""
    keys = [name_key(part) for part in path.split(PATH_SEPARATOR)]
    return tuple(key for i, key in enumerate(keys) if not i or key != keys[i - 1])


def classes_by_name(taxonomy: Taxonomy) -> dict[Names, set[str]]:
    """GPC's classes by all their names, and by their own name alone."""
    found: dict[Names, set[str]] = defaultdict(set)
    for path in {cut(c.category_path, CLASS) for c in taxonomy.categories}:
        names = names_of(path)
        found[names].add(path)
        found[names[-1:]].add(path)
    return found


def class_of(path: str, classes: dict[Names, set[str]]) -> str | None:
    """By the whole path, else by a name that only one class has."""
    names = names_of(path)
    for key in (names, names[-1:]):
        if len(classes.get(key, ())) == 1:
            return next(iter(classes[key]))
    return None


def started(taxonomy: Taxonomy, folder: Path) -> Workspace:
    """A workspace from the taxonomy alone."""
    file = folder / "taxonomy.json"
    taxonomy.save(file)
    recipe = recipe_named("zero-shot", {"encoder": "embedded"})
    workspace = folder / "workspace"
    train(TrainingJob(None, workspace, recipe, {}, taxonomy=file, device="cpu", threads=1), Silent())
    return Workspace(workspace)


def figures(task: Task, rankings: Sequence[Sequence[str]]) -> dict[str, float]:
    first = [ranking[0] for ranking in rankings]
    return {
        "accuracy": round(accuracy(task.truths, first).value, 4),
        "recall@10": round(recall_at(task.truths, rankings)[10].value, 4),
        "hierarchical_f1": round(hierarchical_scores(task.truths, first).f1, 4),
    }


def retrieval(task: Task) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        workspace = started(task.taxonomy, Path(name))
        expert = DomainExpert.open(workspace, device="cpu", threads=1)
        pool, _ = pool_of(expert, task.products, Silent())
        texts = {
            "leaf name": [c.leaf for c in task.taxonomy.categories],
            "definition": definitions(workspace, expert),
        }
        found = {
            view: figures(task, nearest(task, VectorIndex.build(expert.encoder.encode(some)), pool.vectors))
            for view, some in texts.items()
        }
        found["full path"] = figures(task, nearest(task, expert.recall.paths, pool.vectors))
        return found | together(task, expert, pool.vectors)


def definitions(workspace: Workspace, expert: DomainExpert) -> list[str]:
    """The taxonomy's own, else what is written without a model and without products."""
    missing = [c.category_id for c in expert.taxonomy.categories if not c.description]
    written = open_summarizer(workspace, expert, None).definitions(missing)
    texts = {one.category_id: one.text for one in written}
    return [c.description or texts[c.category_id] for c in expert.taxonomy.categories]


def nearest(task: Task, index: VectorIndex, vectors: Floats) -> list[list[str]]:
    found = index.search(vectors, CANDIDATES)[1].tolist()
    return [task.counted(task.taxonomy[i].category_path for i in row) for row in found]


def together(task: Task, expert: DomainExpert, vectors: Floats) -> dict[str, Any]:
    """All sources; where a level above the leaves counts, also by the sum of all candidates under a node."""
    texts = [product_text(p) for p in task.products]
    ranked = expert.scorer.rank(expert.recall(task.products, texts, vectors, CANDIDATES), CANDIDATES)
    rows = list(zip(ranked.positions.tolist(), ranked.probabilities.tolist(), strict=True))
    paths = [[task.taxonomy[i].category_path for i in row if i >= 0] for row, _ in rows]
    rankings = [task.counted(some) for some in paths]
    right = hits(task.truths, [ranking[0] for ranking in rankings])
    sure = expert.scorer.confidences(ranked)
    all_of_it = {
        **figures(task, rankings),
        "mean_confidence": round(float(sure.mean()), 4),
        "ece": round(expected_calibration_error(sure, right), 4),
    }
    if task.level is None:
        return {"all together": all_of_it}
    summed = [by_node(task, some, row[1]) for some, row in zip(paths, rows, strict=True)]
    return {"all together": all_of_it, "all together, summed by class": figures(task, summed)}


def by_node(task: Task, paths: Sequence[str], probabilities: Sequence[float]) -> list[str]:
    sums: dict[str, float] = defaultdict(float)
    for path, probability in zip(paths, probabilities, strict=False):
        sums[cut(path, task.level or 0)] += probability
    return sorted(sums, key=lambda node: -sums[node])


def general(task: Task, spec: str, rows: int) -> dict[str, Any]:
    """The general expert on rows drawn at random, against the domain expert alone on the same rows."""
    from catalog.settings import load_settings

    chosen = np.sort(np.random.default_rng(0).permutation(len(task.products))[:rows])
    products = [task.products[i] for i in chosen.tolist()]
    truths = [task.truths[i] for i in chosen.tolist()]
    with tempfile.TemporaryDirectory() as name:
        workspace = started(task.taxonomy, Path(name))
        llm = llm_from_settings(load_settings(llm=spec, threads=1))
        experts = open_experts(Opening(workspace.folder, llm=llm, device="cpu", threads=1))
        graph = build_graph(experts)
        state = graph.invoke({"products": products}, context=Context(explain=False))
        domain_only = build_graph(Experts(experts.domain_expert, experts.gate))
        alone = domain_only.invoke({"products": products}, context=Context())
    both = [task.counted([v.category_path])[0] for v in state["verdicts"]]
    domain = [task.counted([v.category_path])[0] for v in alone["verdicts"]]
    return {
        "rows": len(products),
        "domain_expert": round(accuracy(truths, domain).value, 4),
        "both_experts": round(accuracy(truths, both).value, 4),
        "changed": sum(a != b for a, b in zip(both, domain, strict=True)),
        "degraded": sum(v.status == "degraded" for v in state["verdicts"]),
    }


def provenance(data: Path, named: str) -> dict[str, Any]:
    files = {"catalog": f"{named}.parquet", "split": f"{named}.split.parquet"}
    files |= {"taxonomy": GPC} if named == "mwpd_gpc_en" else {}
    return {
        "commit": commit(),
        "machine": machine(),
        "data": {name: file_hash(data / file) for name, file in files.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=("retrieval", "general", "curve"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--named", default="bigbasket_en")
    parser.add_argument("--llm", default="embedded")
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--choices", nargs="+", default=("random", "suggested"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=16, help="labels a category, on average")
    options = parser.parse_args()
    found = json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}
    if options.what == "curve":
        _curve(options)
        return
    key = options.named if options.what == "retrieval" else f"{options.named}, {options.llm}"
    if key in found.get(options.what, {}):
        return
    task = task_of(options.data, options.named)
    measured = retrieval(task) if options.what == "retrieval" else general(task, options.llm, options.rows)
    row = {
        **provenance(options.data, options.named),
        "categories": len(task.taxonomy),
        "test_rows": len(task.products),
        "left_out": task.left_out,
        **measured,
    }
    _add(options.what, key, row)


def _add(what: str, key: str, row: dict[str, Any]) -> None:
    """Among what stands there now: another call may have written meanwhile."""
    found = json.loads(FILE.read_text("utf-8")) if FILE.is_file() else {}
    write(FILE, found | {what: found.get(what, {}) | {key: row}})


def _curve(options: argparse.Namespace) -> None:
    data, named, encoder = options.data, options.named, frozen_encoder()
    pool = Texts.of(encoder, rows_of(data, named, ("train", "rare")))
    test = Texts.of(encoder, rows_of(data, named, ("test",)))
    taxonomy = own_paths(data, named)
    curves = {
        choice: curve_points(
            encoder, taxonomy, pool, test, suggested=choice == "suggested", seed=options.seed
        )
        for choice in options.choices
    }
    # All choices step by step, so that a run that is broken off compares what it has.
    for labels in (one for one in LABELS if one <= options.most):
        for choice, points in curves.items():
            _, row = next(points)
            key = f"{named}, {choice}, seed {options.seed}, {labels} labels"
            _add("curve", key, {**provenance(data, named), "labels_a_category": labels, **row})
            print(key, row, flush=True)


if __name__ == "__main__":
    main()
