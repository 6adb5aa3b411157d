"""Case sets: there and back, and bad lines named."""

from pathlib import Path

import pytest

from catalog.errors import CatalogError
from catalog.product import Product
from experiments.cases import cases_hash, labelled_case, read_cases, write_cases

CASE = labelled_case(Product(product_id="1", title="A\u2028B", category_paths=("A > B",)), ["A > B"], "here")


def test_they_come_back_as_they_were_without_labels(tmp_path: Path):
    other = labelled_case(Product(product_id="2", title="C"), ["A", "B"], "there")
    path = tmp_path / "deep" / "cases.jsonl"
    assert write_cases(path, [CASE, other]) == 2
    assert read_cases(path) == [CASE, other]
    assert CASE.product.category_paths == ()
    assert (CASE.department, other.department) == ("A", "A")
    assert cases_hash([CASE, other]) != cases_hash([other, CASE])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no case"),
        ("{}\n", "Line 1 .* `product`"),
        ('{"product": {"product_id": "1", "title": "x"}, "truth": [], "origin": ""}\n', "`truth`"),
        ("not json\n", "Line 1"),
        (CASE.model_dump_json() + "\n\n" + CASE.model_dump_json() + "\n", "product '1' twice"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path: Path, text: str, said: str):
    path = tmp_path / "cases.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(CatalogError, match=said):
        read_cases(path)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(CatalogError, match="dual-expert cases"):
        read_cases(tmp_path / "none.jsonl")
