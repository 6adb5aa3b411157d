"""A recall on disk: the two indexes, and the sources that have files of their own."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from catalog.errors import WorkspaceError
from retrieval.index import Positions, VectorIndex
from retrieval.recall import Recall
from retrieval.sources.base import Source, StoredSource
from retrieval.sources.fasttext import FastTextClassifier
from retrieval.sources.head import Head
from retrieval.sources.hierarchy.source import HierarchySource
from retrieval.sources.names import NameSource
from retrieval.sources.neighbours import NeighbourSource
from retrieval.sources.network import NetworkSource
from retrieval.sources.ngram import NgramClassifier
from retrieval.sources.paths import PathSource
from retrieval.sources.relabelled import FILE as RELABEL_FILE
from retrieval.sources.relabelled import Relabel, RelabelledSource

PATHS_FILE: Final = "paths.faiss"
EXAMPLES_FILE: Final = "examples.faiss"

_LOADERS: Mapping[str, tuple[str, Callable[[Path], StoredSource]]] = {
    "head": ("head.safetensors", Head.load),
    "ngram": ("ngram", NgramClassifier.load),
    "fasttext": ("fasttext", FastTextClassifier.load),
    "hierarchy": ("hierarchy", HierarchySource.load),
    "network": ("network", NetworkSource.load),
    "words": ("words", NgramClassifier.load),
}
_NAMES_FOLDER: Final = "names"


def save_recall(recall: Recall, folder: Path) -> None:
    """Write the indexes and every source that does not follow from them."""
    recall.paths.save(folder / PATHS_FILE)
    recall.examples.save(folder / EXAMPLES_FILE)
    for name, source in recall.sources.items():
        if isinstance(source, StoredSource):
            source.save(folder / (_NAMES_FOLDER if name == "names" else _LOADERS[name][0]))


def load_recall(folder: Path, names: Sequence[str], labels: Positions, departments: Positions) -> Recall:
    """Read what `save_recall` wrote.

    Args:
        names: of the sources, in the order of their features.
        labels: taxonomy position of each labelled product.
        departments: number of each category's department, in taxonomy order.

    Raises:
        WorkspaceError: a file cannot be read, or the label paths are of another taxonomy.
    """
    paths, examples = VectorIndex.load(folder / PATHS_FILE), VectorIndex.load(folder / EXAMPLES_FILE)
    if len(paths) != len(departments):
        raise WorkspaceError(
            f"`{folder}` indexes {len(paths)} of {len(departments)} label paths.", fix="Train again."
        )
    relabel = Relabel.load(folder / RELABEL_FILE, len(departments))
    moved = relabel if relabel and not relabel.changes_nothing else None
    sources: dict[str, Source] = {}
    for name in names:
        if name == "paths":
            sources[name] = PathSource(paths)
        elif name == "neighbours":
            sources[name] = NeighbourSource(labels)
        elif name == "names":
            sources[name] = _load_names(folder, moved, len(departments))
        else:
            file, load = _LOADERS[name]
            stored = load(folder / file)
            sources[name] = RelabelledSource(stored, moved) if moved else stored
    return Recall(sources, paths, examples, labels, departments)


def _load_names(folder: Path, moved: Relabel | None, categories: int) -> NameSource:
    """Cosines of merged categories are not added up like probabilities: the vectors themselves move."""
    names = NameSource.load(folder / _NAMES_FOLDER, categories)
    return names.carried(moved.now, categories) if moved else names
