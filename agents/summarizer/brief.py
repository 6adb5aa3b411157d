"""Everything that one definition is written from."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Self

from agents.definitions.checks import Expected, Other
from agents.summarizer.evidence import Evidence
from retrieval.taxonomy import Category


@dataclass(frozen=True)
class Sibling:
    """A category that this one is told apart from.

    Attributes:
        label: its leaf, with the parent where the leaf alone could be another.
    """

    category_id: str
    path: str
    label: str
    terms: tuple[str, ...]

    @property
    def as_other(self) -> Other:
        return Other(self.label, self.terms)


@dataclass(frozen=True)
class Brief:
    """Attributes:
    description: the taxonomy's own; empty where there is none.
    language: code of the category's language.
    """

    category_id: str
    path: str
    leaf: str
    description: str
    language: str
    terms: tuple[str, ...]
    example_ids: tuple[str, ...]
    titles: tuple[str, ...]
    siblings: tuple[Sibling, ...]

    @classmethod
    def of(cls, evidence: Evidence, category_id: str) -> Self:
        """Raises:
        TaxonomyError: the taxonomy has no such category.
        """
        taxonomy, examples = evidence.taxonomy, evidence.examples
        position = taxonomy.require(category_id)
        category, rows = taxonomy[position], evidence.sample(position)
        siblings = evidence.siblings(position)
        leaves = [category.leaf, *(taxonomy[i].leaf for i in siblings)]
        return cls(
            category_id=category.category_id,
            path=category.category_path,
            leaf=category.leaf,
            description=category.description,
            language=evidence.language(position),
            terms=tuple(evidence.terms(position)),
            example_ids=tuple(examples.product_ids[r] for r in rows),
            titles=tuple(examples.titles[r] for r in rows),
            siblings=tuple(_sibling(taxonomy[i], tuple(evidence.terms(i)), leaves) for i in siblings),
        )

    @property
    def expected(self) -> Expected:
        """What its definition is held against."""
        others = [sibling.as_other for sibling in self.siblings]
        return Expected(self.leaf, self.terms, self.titles, others)

    def hash(self, *more: str) -> str:
        """Of these inputs and of what writes from them."""
        text = json.dumps([asdict(self), *more], ensure_ascii=False)
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _sibling(category: Category, terms: tuple[str, ...], leaves: list[str]) -> Sibling:
    unique = leaves.count(category.leaf) == 1
    label = category.leaf if unique else " > ".join(category.parts[-2:])
    return Sibling(category.category_id, category.category_path, label, terms)
