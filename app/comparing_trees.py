"""Two taxonomies compared, with what the user can give as evidence: catalogs, and an encoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalog.product import Row
from catalog.reader import read_catalog
from retrieval.workspace import Workspace
from taxonomy.compare.diff import diff
from taxonomy.compare.mapping import map_taxonomy
from taxonomy.compare.products import Labels, labels_of
from taxonomy.compare.similarity import Encode, Floats
from taxonomy.crosswalk import Link
from taxonomy.node import Node
from taxonomy.open import open_tree
from training.augmentation.texts import label_text


@dataclass(frozen=True)
class ComparisonJob:
    """Attributes:
    old, new: files, catalogs or workspaces.
    old_catalog, new_catalog: of the same products; both or neither.
    encoder_of: workspace whose encoder compares meanings.
    """

    old: Path
    new: Path
    old_catalog: Path | None = None
    new_catalog: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    encoder_of: Path | None = None


def compare(job: ComparisonJob) -> list[Link]:
    """What became of every old category."""
    return diff(
        open_tree(job.old),
        open_tree(job.new),
        old_labels=_labels(job.old_catalog, job.columns),
        new_labels=_labels(job.new_catalog, job.columns),
        encode=_encode(job.encoder_of),
    )


def map_onto(job: ComparisonJob) -> list[Link]:
    """The best new category for every old leaf."""
    return map_taxonomy(open_tree(job.old), open_tree(job.new), encode=_encode(job.encoder_of))


def _labels(catalog: Path | None, columns: Mapping[str, str]) -> Labels | None:
    if catalog is None:
        return None
    rows = (item.product for item in read_catalog(catalog, columns=columns) if isinstance(item, Row))
    return labels_of((product.product_id, product.category_paths) for product in rows)


def _encode(workspace: Path | None) -> Encode | None:
    if workspace is None:
        return None
    from app.migrating_workspace import workspace_encoder

    encoder = workspace_encoder(Workspace(workspace))

    def encode(nodes: Sequence[Node]) -> Floats:
        return encoder.encode([label_text(node.parts) for node in nodes])

    return encode
