"""Write a trained domain expert as a workspace folder."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from retrieval.encoder.base import Encoder
from retrieval.gate import Gate
from retrieval.levels import FILE as LEVELS
from retrieval.levels import LevelModel
from retrieval.pairs.pair_encoder import PairEncoder
from retrieval.recall import Recall
from retrieval.recall_files import save_recall
from retrieval.workspace import GATE, MANIFEST, SELECTOR, Manifest, seal, write_json
from training.card import model_card
from training.dataset import Dataset
from training.fit import Fitted
from training.levels import LevelAnswers
from training.recipe import Recipe
from training.rows import LabelledRows


@dataclass(frozen=True)
class Trained:
    """All that a training run made."""

    recipe: Recipe
    encoder: Encoder
    recall: Recall
    data: Dataset
    rows: LabelledRows
    fitted: Fitted
    gate: Gate
    levels: LevelModel
    held_out_levels: LevelAnswers
    selector: PairEncoder | None = None


def write_workspace(folder: Path, trained: Trained, manifest: Manifest) -> None:
    """Fill `folder`; the manifest, written last, makes it a workspace."""
    data, recall, fitted, gate = trained.data, trained.recall, trained.fitted, trained.gate
    data.taxonomy.save(folder / "taxonomy.json")
    trained.encoder.save(folder / "encoder")
    save_recall(recall, folder)
    if trained.selector is not None:
        trained.selector.save(folder / SELECTOR)
    _write_examples(folder / "examples.parquet", trained.rows)
    _write_lines(folder / "validation.jsonl", _validation_lines(trained))
    _write_lines(folder / "training_errors.jsonl", map(asdict, data.errors))
    write_json(folder / "recipe.json", trained.recipe)
    write_json(folder / "scorer.json", fitted.scorer)
    write_json(folder / LEVELS, trained.levels)
    write_json(folder / GATE, gate)
    (folder / "model_card.md").write_text(model_card(manifest, trained.recipe, gate, fitted), "utf-8")
    write_json(folder / MANIFEST, manifest.model_copy(update={"files": seal(folder)}))


def _write_examples(path: Path, rows: LabelledRows) -> None:
    columns = {
        "product_id": [p.product_id for p in rows.products],
        "title": [p.title for p in rows.products],
        "text": rows.texts,
        "locale": [p.locale for p in rows.products],
        "popularity": [p.popularity for p in rows.products],
        "position": rows.positions,
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


def _validation_lines(trained: Trained) -> Iterable[Mapping[str, object]]:
    data, fitted = trained.data, trained.fitted
    columns = (fitted.first.tolist(), fitted.confidences.tolist(), fitted.right.tolist())
    for i, (first, confidence, right) in enumerate(zip(*columns, strict=True)):
        levels, levels_right = trained.held_out_levels.row(i)
        yield {
            "product": data.validation[i].model_dump(),
            "category_path": data.taxonomy[first].category_path,
            "confidence": confidence,
            "right": right,
            "levels": levels,
            "levels_right": levels_right,
        }


def _write_lines(path: Path, records: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
