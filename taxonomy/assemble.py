"""From the drafts of one or several files to one tree, with all that is wrong on the way."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from catalog.product import PATH_SEPARATOR
from taxonomy.checks import check_siblings
from taxonomy.draft import Draft, Drafts
from taxonomy.findings import Finding, Place, error, warning
from taxonomy.node import Node
from taxonomy.resolve import Placed, resolve
from taxonomy.tree import Tree

_PREFERRED = ("en-US", "en", "en-GB")


@dataclass(frozen=True)
class Assembled:
    """Attributes:
    tree: None when a finding is an error.
    places: of each category in its file, by id.
    """

    tree: Tree | None
    findings: Sequence[Finding]
    places: Mapping[str, Place]


def assemble(files: Sequence[Drafts], *, locale: str | None = None) -> Assembled:
    """Merge files of one taxonomy by id; one language makes the paths, the others give names.

    Args:
        locale: of the paths; None takes the first file's, English where it has several.
    """
    main = locale if locale is not None else _main_locale(files[0].drafts)
    findings = [finding for file in files for finding in file.findings]
    drafts = _in_language([draft for file in files for draft in file.drafts], main)
    own = [draft for draft in drafts if draft.locale == main]
    others = [draft for draft in drafts if draft.locale != main]
    if not own:
        place = Place(files[0].drafts[0].place.file) if files[0].drafts else Place("")
        findings.append(error("malformed", place, f"no category in the language {main!r}."))
        return Assembled(None, findings, {})
    placed, problems = resolve(own, implied_parents=files[0].implied_parents)
    findings += problems
    known = {one.category_id for one in placed} | {draft.category_id for draft in own}
    names, unknown = _localized(others, known)
    findings += unknown
    places = {one.category_id: one.draft.place for one in placed}
    if any(one.level == "error" for one in findings):
        return Assembled(None, findings, places)
    placed, renamed = _told_apart(placed)
    findings += renamed
    tree = Tree(_nodes(placed, names, main), locale=main, source=files[0].source)
    return Assembled(tree, findings + check_siblings(tree, places), places)


def _in_language(drafts: Sequence[Draft], main: str) -> Sequence[Draft]:
    """Files that do not say their language are in the one that the user names."""
    if any(draft.locale == main for draft in drafts):
        return drafts
    return [replace(draft, locale=draft.locale or main) for draft in drafts]


def _main_locale(drafts: Sequence[Draft]) -> str:
    counts = Counter(draft.locale for draft in drafts)
    return next((one for one in _PREFERRED if one in counts), next(iter(counts), ""))


def _localized(drafts: Iterable[Draft], known: set[str]) -> tuple[dict[str, dict[str, str]], list[Finding]]:
    """Names by id and locale, and a warning for each language that knows more than the main one."""
    names: dict[str, dict[str, str]] = {}
    strange: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.category_id in known:
            names.setdefault(draft.category_id, {})[draft.locale] = draft.name
        else:
            strange.setdefault(draft.locale, []).append(draft)
    return names, [_unknown(locale, found) for locale, found in strange.items()]


def _unknown(locale: str, found: Sequence[Draft]) -> Finding:
    message = (
        f"{len(found):,} categories in {locale!r} have an id that the main language lacks, "
        f"the first is {found[0].category_id!r}; they are left out."
    )
    return warning("unknown_id", found[0].place, message)


def _told_apart(placed: Sequence[Placed]) -> tuple[list[Placed], list[Finding]]:
    """Categories of one path get their id behind the name: GS1 has 187 such bricks, each with its code."""
    counts = Counter(one.path for one in placed)
    twice = {path for path, n in counts.items() if n > 1}
    if not twice:
        return list(placed), []
    findings = []
    renamed: dict[str, str] = {}
    for one in sorted(placed, key=lambda one: one.path.count(PATH_SEPARATOR)):
        path = PATH_SEPARATOR.join((*_above(one, renamed), one.name))
        if one.path in twice:
            path += f" ({one.category_id})"
            message = f"{one.path!r} has several ids; the one of {one.category_id!r} gets it into its name."
            findings.append(warning("duplicate_path", one.draft.place, message))
        renamed[one.category_id] = path
    return [replace(one, path=renamed[one.category_id]) for one in placed], findings


def _above(one: Placed, paths: Mapping[str, str]) -> tuple[str, ...]:
    parent = one.parents[0] if one.parents else ""
    return (paths[parent],) if parent in paths else tuple(one.path.split(PATH_SEPARATOR)[:-1])


def _nodes(placed: Sequence[Placed], names: Mapping[str, Mapping[str, str]], main: str) -> Iterable[Node]:
    above = {parent for one in placed for parent in one.parents}
    for one in placed:
        own = {main: one.name} if main else {}
        yield Node(
            category_id=one.category_id,
            category_path=one.path,
            parents=one.parents,
            names={**own, **names.get(one.category_id, {})},
            description=one.draft.description,
            leaf=bool(one.draft.leaf) or one.category_id not in above,
        )
