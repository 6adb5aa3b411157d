"""Make the shipped demo catalog from its hand-written sources, the same bytes every time.

``python -m catalog.shop.build`` writes `train.jsonl`, `test.jsonl` and `planted_errors.csv` beside this file.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalog.errors import CatalogError
from catalog.product import PATH_SEPARATOR

FOLDER = Path(__file__).resolve().parent
SEED = 1907
TEST_QUOTA = {"en-US": 6, "de-DE": 2}
WRONG_SHARE = 0.06
NEAR_SHARE = 0.7
HARD_TRAITS = frozenset({"misleading", "stuffed", "bundle", "multi"})

# Where a hurried shop assistant would put it instead, when that is not a sibling under the same parent.
CONFUSABLE = {
    "Clothing > Men > Compression Shorts": "Clothing > Women > Compression Shorts",
    "Clothing > Women > Compression Shorts": "Clothing > Men > Compression Shorts",
    "Electronics > Power > Charging Cables": "Electronics > Television > HDMI Cables & Adapters",
    "Electronics > Television > HDMI Cables & Adapters": "Electronics > Power > Charging Cables",
    "Garden > Growing > Plant Pots": "Garden > Watering > Watering Cans",
    "Garden > Watering > Watering Cans": "Garden > Growing > Plant Pots",
    "Grocery > Breakfast > Muesli & Granola": "Grocery > Snacks > Cereal & Protein Bars",
    "Grocery > Snacks > Cereal & Protein Bars": "Grocery > Breakfast > Muesli & Granola",
    "Home > Lighting > Night Lights": "Sports & Outdoors > Camping > Camping Lanterns",
    "Sports & Outdoors > Camping > Camping Lanterns": "Home > Lighting > Night Lights",
    "Sports & Outdoors > Camping > Sleeping Pads": "Sports & Outdoors > Fitness > Yoga Mats",
    "Sports & Outdoors > Cycling > Bike Lights": "Sports & Outdoors > Camping > Camping Lanterns",
    "Sports & Outdoors > Fitness > Yoga Mats": "Sports & Outdoors > Camping > Sleeping Pads",
}

Trait = Literal[
    "bundle", "clean", "gift", "misleading", "multi", "shouting", "specs", "stuffed", "terse", "typo"
]


class SourceRow(BaseModel):
    """A product as it was written, with its true category."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=1)
    description: str
    bullets: tuple[str, ...]
    brand: str
    locale: Literal["en-US", "de-DE"]
    category_path: str
    traits: tuple[Trait, ...]

    @property
    def is_hard(self) -> bool:
        return not HARD_TRAITS.isdisjoint(self.traits)


def read_sources(folder: Path = FOLDER / "source") -> list[SourceRow]:
    """All source rows, by file name and line.

    Raises:
        CatalogError: a line is not a valid source row.
    """
    return [
        _source_row(line, f"`{file.name}` line {number}")
        for file in sorted(folder.glob("*.jsonl"))
        for number, line in enumerate(file.read_text(encoding="utf-8").rstrip("\n").split("\n"), start=1)
    ]


def choose_test(rows: Sequence[SourceRow]) -> set[int]:
    """Indices of the test rows: `TEST_QUOTA` of each category and locale, hard ones at their overall rate.

    Fractions of a row are carried on to the next category in path order, so that neighbours even out.
    """
    rng = Random(f"{SEED} test")
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        groups[row.locale, row.category_path].append(index)
    owed, due, chosen = 0.0, TraitsDue(), set[int]()
    for (locale, _), group in sorted(groups.items()):
        members, quota = rng.sample(group, len(group)), TEST_QUOTA[locale]
        hard = [index for index in members if rows[index].is_hard]
        due.expect((rows[index] for index in members), quota / len(members))
        owed += quota * len(hard) / len(members)
        count = min(max(round(owed), 0), quota, len(hard))
        owed -= count
        chosen.update(due.take(hard, rows, count))
        chosen.update(due.take([index for index in members if index not in hard], rows, quota - count))
    return chosen


class TraitsDue:
    """How many test rows of each trait are still due: groups add their fair share, chosen rows pay it off."""

    def __init__(self) -> None:
        self._due: dict[str, float] = defaultdict(float)

    def expect(self, group: Iterable[SourceRow], share: float) -> None:
        for row in group:
            for trait in row.traits:
                self._due[trait] += share

    def take(self, members: Sequence[int], rows: Sequence[SourceRow], count: int) -> list[int]:
        """The `count` members whose traits are due most, the earlier one on a tie."""
        left = list(members)
        for _ in range(count):
            best = max(left, key=lambda index: self._worth(rows[index]))
            left.remove(best)
            for trait in rows[best].traits:
                self._due[trait] -= 1
        return [index for index in members if index not in left]

    def _worth(self, row: SourceRow) -> float:
        # A trait speaks for its row only once more than half a row of it is due.
        return sum(self._due[trait] - 0.5 for trait in row.traits)


def plant_errors(paths: Sequence[str]) -> dict[int, str]:
    """Wrong path by position in `paths`: `WRONG_SHARE` of them, `NEAR_SHARE` of those to a near category."""
    rng = Random(f"{SEED} errors")
    leaves = sorted(set(paths))
    wrong = rng.sample(range(len(paths)), round(WRONG_SHARE * len(paths)))
    near = round(NEAR_SHARE * len(wrong))
    pick = {index: near_paths if rank < near else far_paths for rank, index in enumerate(wrong)}
    return {index: rng.choice(choices(paths[index], leaves)) for index, choices in pick.items()}


def near_paths(path: str, leaves: Sequence[str]) -> list[str]:
    """The category most often confused with `path`, or else its siblings."""
    return [CONFUSABLE[path]] if path in CONFUSABLE else _siblings(path, leaves)


def far_paths(path: str, leaves: Sequence[str]) -> list[str]:
    """Categories that are neither siblings of `path` nor easily confused with it."""
    close = {path, CONFUSABLE.get(path, path), *_siblings(path, leaves)}
    return [leaf for leaf in leaves if leaf not in close]


def build() -> dict[str, str]:
    """The text of every shipped file by its name."""
    rows = read_sources()
    test = choose_test(rows)
    order = Random(f"{SEED} order").sample(range(len(rows)), len(rows))
    ids = {index: f"shop-{number:05d}" for number, index in enumerate(order, start=1)}
    popularity = _popularity(order)
    train = [index for index in order if index not in test]
    planted = {train[at]: path for at, path in plant_errors([rows[i].category_path for i in train]).items()}

    def lines(indices: Sequence[int]) -> str:
        labels = {index: planted.get(index, rows[index].category_path) for index in indices}
        return "".join(_line(ids[i], rows[i], labels[i], popularity[i]) for i in indices)

    return {
        "train.jsonl": lines(train),
        "test.jsonl": lines([index for index in order if index in test]),
        "planted_errors.csv": _table(
            [(ids[i], rows[i].category_path, planted[i]) for i in train if i in planted]
        ),
    }


def write(files: Mapping[str, str], folder: Path = FOLDER) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _source_row(line: str, place: str) -> SourceRow:
    try:
        return SourceRow.model_validate_json(line)
    except ValidationError as error:
        raise CatalogError(f"{place} is no source row: {error}", fix="Correct that line.") from error


def _popularity(order: Sequence[int]) -> dict[int, int]:
    """Units sold by row index: Pareto type II, so that a few products sell most and some never sell."""
    rng = Random(f"{SEED} popularity")
    return {index: int(30 * (rng.paretovariate(1.5) - 1)) for index in order}


def _line(product_id: str, row: SourceRow, label: str, popularity: int) -> str:
    record = {
        "product_id": product_id,
        "title": row.title,
        "description": row.description,
        "bullets": row.bullets,
        "brand": row.brand,
        "category_path": label,
        "locale": row.locale,
        "popularity": popularity,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def _table(errors: Sequence[tuple[str, str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("product_id", "true_path", "planted_path"))
    writer.writerows(errors)
    return text.getvalue()


def _siblings(path: str, leaves: Sequence[str]) -> list[str]:
    return [leaf for leaf in leaves if leaf != path and _parent(leaf) == _parent(path)]


def _parent(path: str) -> str:
    return path.rpartition(PATH_SEPARATOR)[0]


if __name__ == "__main__":
    write(build())
