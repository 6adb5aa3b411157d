"""The shipped demo catalog: what is committed is what the sources make, and it keeps its promises."""

import csv
import json
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from catalog import shop
from catalog.errors import CatalogError
from catalog.product import Product
from catalog.shop import build
from catalog.text import text_key

Record = dict[str, Any]
KEYS = ["product_id", "title", "description", "bullets", "brand", "category_path", "locale", "popularity"]


def records(path: Path) -> list[Record]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def planted_rows() -> list[dict[str, str]]:
    with (build.FOLDER / "planted_errors.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def learnt() -> list[Record]:
    return records(shop.train_path())


@pytest.fixture(scope="module")
def held_out() -> list[Record]:
    return records(shop.test_path())


@pytest.fixture(scope="module")
def sources() -> list[build.SourceRow]:
    return build.read_sources()


@pytest.fixture(scope="module")
def truth(sources: list[build.SourceRow]) -> dict[str, str]:
    return {row.title: row.category_path for row in sources}


def parent(path: str) -> str:
    return path.rpartition(" > ")[0]


def is_near(true: str, planted: str) -> bool:
    if true in build.CONFUSABLE:
        return build.CONFUSABLE[true] == planted
    return parent(true) == parent(planted)


def test_committed_files_are_what_build_makes(tmp_path: Path) -> None:
    files = build.build()
    build.write(files, tmp_path)
    assert set(files) == {"train.jsonl", "test.jsonl", "planted_errors.csv"}
    for name in files:
        assert (build.FOLDER / name).read_bytes() == (tmp_path / name).read_bytes(), f"rebuild `{name}`"


def test_build_does_not_depend_on_the_hash_seed() -> None:
    code = "from catalog.shop.build import build; print(ascii(build()))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_paths_come_without_heavy_imports() -> None:
    code = "import sys, catalog.shop as s; s.train_path(), s.test_path(); print('pydantic' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_sources_hold_thirty_six_products_of_each_category(sources: list[build.SourceRow]) -> None:
    counts = Counter((row.category_path, row.locale) for row in sources)
    paths = {path for path, _ in counts}
    assert len(paths) == 72
    assert all(path.count(" > ") == 2 for path in paths)
    assert counts == {(p, locale): n for p in paths for locale, n in (("en-US", 28), ("de-DE", 8))}


def test_clean_stands_alone_and_no_trait_stands_twice(sources: list[build.SourceRow]) -> None:
    assert [row.title for row in sources if "clean" in row.traits and len(row.traits) > 1] == []
    assert [row.title for row in sources if len(set(row.traits)) < len(row.traits)] == []


def test_each_category_gives_eight_products_to_test(learnt: list[Record], held_out: list[Record]) -> None:
    paths = {record["category_path"] for record in held_out}
    assert Counter((r["category_path"], r["locale"]) for r in held_out) == {
        (path, locale): n for path in paths for locale, n in build.TEST_QUOTA.items()
    }
    assert (len(paths), len(learnt), len(held_out)) == (72, 2016, 576)


def test_every_test_path_is_learnable_from_right_train_rows(
    learnt: list[Record], held_out: list[Record], truth: dict[str, str]
) -> None:
    right = Counter(r["category_path"] for r in learnt if truth[r["title"]] == r["category_path"])
    assert set(right) == {record["category_path"] for record in held_out}
    assert min(right.values()) >= 22


def test_no_title_stands_twice(learnt: list[Record], held_out: list[Record]) -> None:
    keys = Counter(text_key(record["title"]) for record in learnt + held_out)
    assert [key for key, count in keys.items() if count > 1] == []
    assert "" not in keys


def test_records_are_products_and_carry_no_traits(learnt: list[Record], held_out: list[Record]) -> None:
    for record in learnt + held_out:
        assert list(record) == KEYS
        fields = {key: value for key, value in record.items() if key != "category_path"}
        Product(category_paths=(record["category_path"],), **fields)


def test_ids_and_order_say_nothing_about_label_or_part(learnt: list[Record], held_out: list[Record]) -> None:
    rows = sorted(learnt + held_out, key=lambda record: record["product_id"])
    assert [row["product_id"] for row in rows] == [f"shop-{n:05d}" for n in range(1, 2593)]
    same = sum(a["category_path"] == b["category_path"] for a, b in pairwise(rows))
    assert same < 0.04 * len(rows)
    assert 230 < sum(int(record["product_id"][5:]) <= 1296 for record in held_out) < 346
    assert [record["product_id"] for record in learnt] == sorted(record["product_id"] for record in learnt)


def test_six_percent_of_train_labels_are_planted_and_listed(
    learnt: list[Record], truth: dict[str, str]
) -> None:
    wrong = {
        (r["product_id"], truth[r["title"]], r["category_path"])
        for r in learnt
        if truth[r["title"]] != r["category_path"]
    }
    listed = [tuple(row.values()) for row in planted_rows()]
    assert len(listed) == 121 == round(0.06 * len(learnt))
    assert set(listed) == wrong


def test_seven_in_ten_planted_errors_are_near_misses() -> None:
    pairs = [(row["true_path"], row["planted_path"]) for row in planted_rows()]
    near = [pair for pair in pairs if is_near(*pair)]
    assert len(near) == 85
    assert all(parent(true) != parent(planted) for true, planted in set(pairs) - set(near))
    assert max(Counter(true for true, _ in pairs).values()) <= 6


def test_test_labels_are_all_right(held_out: list[Record], truth: dict[str, str]) -> None:
    assert [r["title"] for r in held_out if truth[r["title"]] != r["category_path"]] == []


def test_confusable_table_names_real_categories(truth: dict[str, str]) -> None:
    paths = set(truth.values())
    for path, other in build.CONFUSABLE.items():
        assert path != other
        assert {path, other} <= paths
    alone = {path for path in paths if not [p for p in paths if p != path and parent(p) == parent(path)]}
    assert alone <= set(build.CONFUSABLE)


def test_traits_are_spread_fairly(sources: list[build.SourceRow]) -> None:
    chosen = build.choose_test(sources)
    everywhere = Counter(trait for row in sources for trait in row.traits)
    in_test = Counter(trait for index in chosen for trait in sources[index].traits)
    assert {t: n for t, n in everywhere.items() if not 0.19 <= in_test[t] / n <= 0.26} == {}
    hard_test = sum(sources[index].is_hard for index in chosen) / len(chosen)
    assert hard_test == pytest.approx(sum(row.is_hard for row in sources) / len(sources), abs=0.01)


def test_popularity_has_a_heavy_tail(learnt: list[Record], held_out: list[Record]) -> None:
    sold = sorted((record["popularity"] for record in learnt + held_out), reverse=True)
    assert sold[-1] == 0
    assert sum(sold[: len(sold) // 10]) > 0.5 * sum(sold)


def test_readme_counts_are_the_files_counts(sources: list[build.SourceRow]) -> None:
    chosen = build.choose_test(sources)
    counts: Counter[tuple[str, bool, str]] = Counter(
        (row.category_path.split(" > ")[0], index in chosen, row.locale) for index, row in enumerate(sources)
    )
    table = re.findall(r"^\| (.+?) \| \d+ \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", _readme(), flags=re.M)
    stated = {name: tuple(map(int, numbers)) for name, *numbers in table if name != "all"}
    columns = ((False, "en-US"), (False, "de-DE"), (True, "en-US"), (True, "de-DE"))
    assert stated == {name: tuple(counts[(name, *c)] for c in columns) for name, _, _ in counts}


def _readme() -> str:
    return (build.FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "change", [{"traits": ["sneaky"]}, {"title": ""}, {"locale": "fr-FR"}, {"colour": "red"}]
)
def test_a_bad_source_row_is_named(tmp_path: Path, change: Record) -> None:
    good = (build.FOLDER / "source" / "clothing.jsonl").read_text(encoding="utf-8").split("\n")[0]
    bad = json.dumps(json.loads(good) | change)
    (tmp_path / "odd.jsonl").write_text(f"{good}\n{bad}\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=r"`odd\.jsonl` line 2"):
        build.read_sources(tmp_path)
