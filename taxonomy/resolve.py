"""Which category stands under which: paths from parents, or parents from paths."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from catalog.product import PATH_SEPARATOR
from taxonomy.draft import Draft
from taxonomy.findings import Finding, error, warning
from taxonomy.node import derived_id


@dataclass(frozen=True, slots=True)
class Placed:
    """A draft that has found its place.

    Attributes:
        parents: ids, the one in the path first.
    """

    draft: Draft
    category_id: str
    path: str
    parents: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.draft.name


def resolve(drafts: Sequence[Draft], *, implied_parents: bool) -> tuple[list[Placed], list[Finding]]:
    """Every draft with its id, path and parents, in order; what cannot be placed is an error.

    Args:
        implied_parents: a path brings the categories above it along.
    """
    findings = _names_with_separator(drafts)
    if any(draft.path for draft in drafts):
        placed, problems = _from_paths(drafts, implied_parents=implied_parents)
    else:
        placed, problems = _from_parents(drafts)
    return placed, findings + problems


def _names_with_separator(drafts: Iterable[Draft]) -> list[Finding]:
    return [
        error("separator_in_name", draft.place, f"the name {draft.name!r} holds {PATH_SEPARATOR!r}.")
        for draft in drafts
        if PATH_SEPARATOR in draft.name
    ]


def _from_paths(drafts: Sequence[Draft], *, implied_parents: bool) -> tuple[list[Placed], list[Finding]]:
    kept, findings = _once_each(drafts)
    if implied_parents:
        kept = _with_ancestors(kept)
    # Where two categories share a path, children follow their own parent in the file.
    ids = {draft.path: draft.category_id for draft in reversed(kept)}
    placed = []
    for draft in kept:
        ids[draft.path] = draft.category_id
        above = draft.path[:-1]
        if above and above not in ids:
            shown = PATH_SEPARATOR.join(above)
            findings.append(error("orphan", draft.place, f"its parent {shown!r} is not in the file."))
            continue
        parents = (ids[above],) if above else ()
        placed.append(Placed(draft, draft.category_id, PATH_SEPARATOR.join(draft.path), parents))
    return placed, findings + _leaves_with_children(placed)


def _once_each(drafts: Sequence[Draft]) -> tuple[list[Draft], list[Finding]]:
    """Ids filled in; an id with two paths is an error, a line that says nothing new a warning."""
    paths: dict[str, Draft] = {}
    findings = []
    for draft in drafts:
        known = replace(draft, category_id=draft.category_id or derived_id(PATH_SEPARATOR.join(draft.path)))
        first = paths.setdefault(known.category_id, known)
        if first is known:
            continue
        shown = PATH_SEPARATOR.join(draft.path)
        if first.path == draft.path:
            message = f"{shown!r} stands already at {first.place}."
            findings.append(warning("duplicate_path", draft.place, message))
        else:
            other = PATH_SEPARATOR.join(first.path)
            message = f"the id {known.category_id!r} of {shown!r} is that of {other!r} at {first.place}."
            findings.append(error("duplicate_id", draft.place, message))
    return list(paths.values()), findings


def _with_ancestors(drafts: Sequence[Draft]) -> list[Draft]:
    """Every path with those above it, each before what stands under it."""
    given = {draft.path for draft in drafts}
    made: dict[tuple[str, ...], Draft] = {}
    for draft in drafts:
        for depth in range(1, len(draft.path)):
            above = draft.path[:depth]
            if above not in given and above not in made:
                made[above] = replace(
                    draft,
                    category_id=derived_id(PATH_SEPARATOR.join(above)),
                    path=above,
                    name=above[-1],
                    description="",
                    leaf=None,
                )
        made[draft.path] = draft
    return list(made.values())


def _leaves_with_children(placed: Sequence[Placed]) -> list[Finding]:
    first_child: dict[str, Placed] = {}
    for one in placed:
        for parent in one.parents:
            first_child.setdefault(parent, one)
    return [
        warning(
            "leaf_and_parent",
            one.draft.place,
            f"{one.path!r} is a leaf here and the parent of {first_child[one.category_id].path!r} "
            f"({first_child[one.category_id].draft.place}).",
        )
        for one in placed
        if one.draft.leaf and one.category_id in first_child
    ]


def _from_parents(drafts: Sequence[Draft]) -> tuple[list[Placed], list[Finding]]:
    by_id: dict[str, Draft] = {}
    findings = []
    for draft in drafts:
        first = by_id.setdefault(draft.category_id, draft)
        if first is not draft:
            message = f"the id {draft.category_id!r} of {draft.name!r} is that of {first.name!r}"
            findings.append(error("duplicate_id", draft.place, f"{message} at {first.place}."))
    paths: dict[str, str] = {}
    placed = []
    for draft in by_id.values():
        problem = _problem(draft, by_id, paths)
        if problem is not None:
            findings.append(problem)
            continue
        if len(draft.parents) > 1:
            message = f"{draft.name!r} has {len(draft.parents)} parents; its path goes by the first."
            findings.append(warning("several_parents", draft.place, message))
        placed.append(Placed(draft, draft.category_id, paths[draft.category_id], draft.parents))
    return placed, findings + _leaves_with_children(placed)


def _problem(draft: Draft, by_id: Mapping[str, Draft], paths: dict[str, str]) -> Finding | None:
    """Fills in the paths from the draft up to a known one; what stands in the way."""
    chain = [draft]
    seen = {draft.category_id}
    while chain[-1].parents and chain[-1].category_id not in paths:
        parent = chain[-1].parents[0]
        if parent in seen:
            return error("cycle", draft.place, f"{draft.name!r} stands under itself, by way of {parent!r}.")
        if parent not in by_id:
            return error("orphan", chain[-1].place, f"its parent {parent!r} is not in the file.")
        seen.add(parent)
        chain.append(by_id[parent])
    for one in reversed(chain):
        above = f"{paths[one.parents[0]]}{PATH_SEPARATOR}" if one.parents else ""
        paths.setdefault(one.category_id, above + one.name)
    missing = [parent for parent in draft.parents if parent not in by_id]
    if missing:
        return error("orphan", draft.place, f"its parent {missing[0]!r} is not in the file.")
    return None
