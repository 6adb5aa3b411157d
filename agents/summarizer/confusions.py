"""Which categories the domain expert took for each other on the validation rows that training left behind."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from catalog.errors import WorkspaceError
from retrieval.taxonomy import Taxonomy


@dataclass(frozen=True)
class Confusions:
    """Attributes:
    counts: of each category, how often which other one was its first candidate or the other way round.
    """

    counts: Mapping[int, Counter[int]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, taxonomy: Taxonomy) -> Self:
        """From `validation.jsonl`: cross-fitted first candidates of rows that training never saw.

        Raises:
            WorkspaceError: the file cannot be read.
        """
        try:
            with path.open(encoding="utf-8") as file:
                rows = [json.loads(line) for line in file]
                wrong = [(r["product"]["category_paths"], r["category_path"]) for r in rows if not r["right"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkspaceError(f"`{path}` cannot be used: {error!r}.", fix="Train again.") from error
        return cls.of(wrong, taxonomy)

    @classmethod
    def of(cls, wrong: Iterable[tuple[Iterable[str], str]], taxonomy: Taxonomy) -> Self:
        """From pairs of true paths and the path that was said; paths of no category do not count."""
        counts: dict[int, Counter[int]] = defaultdict(Counter)
        for truths, said in wrong:
            other = taxonomy.position(said)
            for true in map(taxonomy.position, truths):
                if true is not None and other is not None and true != other:
                    counts[true][other] += 1
                    counts[other][true] += 1
        return cls(dict(counts))

    def with_(self, position: int, most: int) -> list[int]:
        """Categories most often confused with this one, most often first."""
        found = self.counts.get(position, Counter())
        return sorted(found, key=lambda other: (-found[other], other))[:most]
