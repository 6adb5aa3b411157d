"""From the categories of one taxonomy to those of another: a list that people can read and edit."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.errors import TaxonomyError

Relation = Literal[
    "same",
    "follows",
    "renamed",
    "moved",
    "merged",
    "split",
    "removed",
    "added",
    "exact",
    "close",
    "broad",
    "none",
]
Status = Literal["accepted", "review", "rejected", "alternative"]


class Link(BaseModel):
    """One row: an old category and what became of it.

    Attributes:
        old_id, old_path: empty for an added category.
        new_id, new_path: empty for a removed one.
        relation: what happened, for people; carrying goes by the targets and the status alone.
        kind: whether products are put in the category; of the new one where there is one.
        confidence: that the link is right, 0 to 1; a score, not a measured share.
        evidence: what speaks for it.
        status: only `accepted` links carry anything.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    old_id: str = ""
    old_path: str = ""
    new_id: str = ""
    new_path: str = ""
    relation: Relation
    kind: Literal["leaf", "inner"] = "leaf"
    confidence: float = Field(ge=0.0, le=1.0)
    evidence: str = ""
    status: Status


@dataclass(frozen=True, slots=True)
class Carried:
    """What an old category is now.

    Attributes:
        target: path of the one new category; empty when a person must choose.
        target_id: its id.
        choices: paths to choose from; empty when nothing is near.
        reason: why a person must choose, a sentence.
    """

    target: str = ""
    target_id: str = ""
    choices: tuple[str, ...] = ()
    reason: str = ""


class Crosswalk:
    """Links, looked up by old path or id.

    Raises:
        TaxonomyError: an id stands for two paths, or a path for two ids, on one side.
    """

    def __init__(self, links: Iterable[Link]) -> None:
        self.links: Sequence[Link] = tuple(links)
        self._of_path = _grouped(self.links)
        self._path_of_id = _one_to_one((one.old_id, one.old_path) for one in self.links)
        self.new_ids: Mapping[str, str] = {
            path: new_id
            for new_id, path in _one_to_one((one.new_id, one.new_path) for one in self.links).items()
        }

    @property
    def new_leaves(self) -> dict[str, str]:
        """Id by path of every new category that products are put in, whatever leads to it."""
        leaves = (one for one in self.links if one.new_path and one.kind == "leaf")
        return {one.new_path: one.new_id for one in leaves}

    def carry(self, path_or_id: str) -> Carried:
        """What became of a category. Exactly one accepted link carries; else a person must choose."""
        path = self._path_of_id.get(path_or_id, path_or_id)
        links = self._of_path.get(path)
        if links is None:
            return Carried(reason=f"{path!r} is not in the crosswalk.")
        targets = {one.new_path: one.new_id for one in links if one.status == "accepted" and one.new_path}
        if len(targets) == 1:
            ((target, target_id),) = targets.items()
            return Carried(target, target_id)
        choices = tuple(
            dict.fromkeys(one.new_path for one in links if one.new_path and one.status != "rejected")
        )
        if len(targets) > 1:
            return Carried(
                choices=tuple(targets), reason=f"{path!r} was split into {len(targets)} categories."
            )
        what = "its new place is not accepted" if choices else "it has no successor"
        return Carried(choices=choices, reason=f"{path!r}: {what}.")

    def counts(self) -> dict[str, int]:
        """Links by relation, alternatives left out."""
        found: dict[str, int] = defaultdict(int)
        for one in self.links:
            if one.status != "alternative":
                found[one.relation] += 1
        return dict(sorted(found.items()))


def _grouped(links: Iterable[Link]) -> dict[str, list[Link]]:
    groups: dict[str, list[Link]] = defaultdict(list)
    for one in links:
        if one.old_path:
            groups[one.old_path].append(one)
    return dict(groups)


def _one_to_one(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Path by id; an empty id stands for nothing."""
    paths: dict[str, str] = {}
    ids: dict[str, str] = {}
    for category_id, path in pairs:
        if not category_id or not path:
            continue
        if paths.setdefault(category_id, path) != path or ids.setdefault(path, category_id) != category_id:
            raise TaxonomyError(
                f"The crosswalk gives {category_id!r} and {path!r} to each other and to others.",
                fix="Let every category keep one id and one path on each side.",
            )
    return paths
