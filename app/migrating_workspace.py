"""A workspace carried over a crosswalk, without training: answers elsewhere stay what they were."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from agents.definitions.store import DefinitionStore
from app.migrating_plan import MigrationPlan, plan_migration
from app.successor import anew, finish, successor, write_index
from app.validation import VALIDATION, ValidationRow, read_validation
from retrieval.encoder.base import Encoder
from retrieval.encoder.load import load_encoder
from retrieval.gate import Gate, Opening
from retrieval.index import Floats, VectorIndex
from retrieval.recall_files import EXAMPLES_FILE, PATHS_FILE
from retrieval.sources.relabelled import FILE as RELABEL_FILE
from retrieval.sources.relabelled import GONE, Relabel
from retrieval.taxonomy import Category, Taxonomy
from retrieval.workspace import DEFINITIONS, GATE, Workspace, file_hash, write_json
from taxonomy.carry import Carrier, OpenCase
from taxonomy.tree import Tree
from training.augmentation.texts import label_text

TAXONOMY = "taxonomy.json"
EXAMPLES = "examples.parquet"
_MOVING = "moving:"


@dataclass(frozen=True)
class MigratedWorkspace:
    """Attributes:
    carried: old categories with a new place.
    left: old categories without one; their products are in `open`.
    """

    categories: int
    carried: int
    left: int
    added: int
    definitions: int
    examples: int
    validation: int
    open: tuple[OpenCase, ...]


def migrate_workspace(
    source: Path, carrier: Carrier, crosswalk_file: Path, out: Path, tree: Tree | None
) -> MigratedWorkspace:
    """Write the migrated workspace; the old one is only read.

    Raises:
        WorkspaceError, TaxonomyError: one of them cannot be used, or `out` stands already.
    """
    workspace = Workspace(source)
    plan = plan_migration(Taxonomy.load(workspace.path(TAXONOMY)), carrier.crosswalk, tree)
    with successor(workspace, out) as folder:
        plan.taxonomy.save(anew(folder / TAXONOMY))
        _write_paths(workspace, plan, folder)
        _write_relabel(workspace, plan, folder)
        examples, cases = _write_examples(workspace, plan, carrier, folder)
        validation, more = _write_validation(workspace, carrier, folder)
        definitions = _carry_definitions(folder, plan)
        _rename_departments(workspace, plan, folder)
        result = MigratedWorkspace(
            categories=len(plan.taxonomy),
            carried=sum(new != GONE for new in plan.now),
            left=sum(new == GONE for new in plan.now),
            added=sum(not plan.then(i) for i in range(len(plan.taxonomy))),
            definitions=definitions,
            examples=examples,
            validation=validation,
            open=(*cases, *more),
        )
        _note(folder, result)
        counts = {"categories": result.categories, "validation": validation}
        finish(folder, workspace, {"crosswalk": file_hash(crosswalk_file)}, counts)
    return result


def label_vectors(encoder: Encoder, categories: Iterable[Category]) -> Floats:
    """Unit vectors of label paths, as training makes them, (n, dim)."""
    return encoder.encode([label_text(category.parts) for category in categories])


def workspace_encoder(workspace: Workspace) -> Encoder:
    """The encoder that the workspace was trained with."""
    recipe = json.loads(workspace.path("recipe.json").read_text("utf-8"))
    return load_encoder(str(workspace.path("encoder")), max_tokens=recipe["max_tokens"])


def _write_paths(workspace: Workspace, plan: MigrationPlan, folder: Path) -> None:
    """A category keeps the vector it was known by, also under a new name: its answers stay the same."""
    old = VectorIndex.load(workspace.path(PATHS_FILE)).vectors
    vectors = np.zeros((len(plan.taxonomy), old.shape[1]), np.float32)
    strange = []
    for position, category in enumerate(plan.taxonomy.categories):
        kept = _kept(plan, position, category)
        if kept is None:
            strange.append(position)
        else:
            vectors[position] = old[kept]
    if strange:
        categories = [plan.taxonomy[i] for i in strange]
        vectors[strange] = label_vectors(workspace_encoder(workspace), categories)
    write_index(VectorIndex.build(vectors), folder / PATHS_FILE)


def _kept(plan: MigrationPlan, position: int, category: Category) -> int | None:
    """The old category whose vector it keeps: the only one, or of several the one that was called so."""
    then = plan.then(position)
    if len(then) == 1:
        return then[0]
    return next((one for one in then if plan.old[one].category_path == category.category_path), None)


def _write_relabel(workspace: Workspace, plan: MigrationPlan, folder: Path) -> None:
    """From training to today, over an earlier migration where there was one."""
    earlier = Relabel.load(workspace.path(RELABEL_FILE), len(plan.old))
    trained = earlier.now.tolist() if earlier else range(len(plan.old))
    relabel = Relabel.of([plan.now[one] if one != GONE else GONE for one in trained], len(plan.taxonomy))
    relabel.save(anew(folder / RELABEL_FILE))


def _write_examples(
    workspace: Workspace, plan: MigrationPlan, carrier: Carrier, folder: Path
) -> tuple[int, list[OpenCase]]:
    """Training products with their new positions; those that a person must carry leave the index."""
    rows = pq.read_table(workspace.path(EXAMPLES)).to_pydict()
    positions: list[int] = []
    cases: list[OpenCase] = []
    for product_id, title, old in zip(rows["product_id"], rows["title"], rows["position"], strict=True):
        carried = carrier.labels(product_id, title, [plan.old[old].category_path], "example")
        found = plan.taxonomy.position(carried.paths[0]) if carried.paths else plan.now[old]
        positions.append(GONE if found is None else found)
        cases += carried.open if positions[-1] == GONE else ()
    kept = [i for i, one in enumerate(positions) if one != GONE]
    if positions != rows["position"]:
        columns = {name: [values[i] for i in kept] for name, values in rows.items()}
        columns["position"] = [positions[i] for i in kept]
        pq.write_table(pa.table(columns), anew(folder / EXAMPLES), compression="zstd")
    if len(kept) < len(positions):
        vectors = VectorIndex.load(workspace.path(EXAMPLES_FILE)).vectors
        write_index(VectorIndex.build(np.ascontiguousarray(vectors[kept])), folder / EXAMPLES_FILE)
    return len(kept), cases


def _write_validation(workspace: Workspace, carrier: Carrier, folder: Path) -> tuple[int, list[OpenCase]]:
    """Held-out rows whose labels and answer have a new place; the gate must not rest on guesses."""
    lines: list[str] = []
    cases: list[OpenCase] = []
    for row in read_validation(workspace):
        product = row.product
        labels = carrier.labels(product.product_id, product.title, product.category_paths, "validation")
        cases += labels.open
        answer = carrier.crosswalk.carry(row.category_path).target if row.category_path else ""
        if labels.open or (row.category_path and not answer):
            continue
        changed = product.model_copy(update={"category_paths": labels.paths})
        lines.append(_line(row, {"product": changed, "category_path": answer}))
    anew(folder / VALIDATION).write_text("".join(lines), "utf-8")
    return len(lines), cases


def _line(row: ValidationRow, changes: dict[str, object]) -> str:
    return json.dumps(row.model_copy(update=changes).model_dump(), ensure_ascii=False) + "\n"


def _carry_definitions(folder: Path, plan: MigrationPlan) -> int:
    """Definitions of categories that are one for one the same; the others stay under their old id."""
    if not (folder / DEFINITIONS).is_file():
        return 0
    store = DefinitionStore.open(folder / DEFINITIONS)
    pairs = {plan.old[t[0]].category_id: i for i in range(len(plan.taxonomy)) if len(t := plan.then(i)) == 1}
    found = store.histories(pairs)
    # By way of names that nothing has, since two categories may have swapped their ids.
    for old_id in found:
        store.move(old_id, _MOVING + old_id, plan.taxonomy[pairs[old_id]].category_path)
    for old_id in found:
        new = plan.taxonomy[pairs[old_id]]
        store.move(_MOVING + old_id, new.category_id, new.category_path)
    store.close()
    return len(found)


def _rename_departments(workspace: Workspace, plan: MigrationPlan, folder: Path) -> None:
    """Groups of a gate per department, where all of a department went the same way; the others are shut."""
    gate = workspace.gate()
    if gate.per != "department":
        return
    groups: dict[str, Opening] = {}
    for name, opening in gate.groups.items():
        heads = Counter(
            plan.taxonomy[new].department
            for category, new in zip(plan.old.categories, plan.now, strict=True)
            if category.department == name and new != GONE
        )
        if len(heads) == 1:
            groups.setdefault(next(iter(heads)), opening)
    write_json(folder / GATE, Gate.model_validate({**gate.model_dump(), "groups": groups}))


def _note(folder: Path, result: MigratedWorkspace) -> None:
    """Say in the model card what was done after training."""
    card = folder / "model_card.md"
    text = card.read_text("utf-8") if card.is_file() else ""
    said = (
        f"\n## Migrated\n\nThe taxonomy changed after training: {result.carried} categories were carried, "
        f"{result.left} wait for a person, {result.added} are new. Figures above are from before.\n"
    )
    anew(card).write_text(text + said, "utf-8")
