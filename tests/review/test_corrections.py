from catalog.product import Product
from review.corrections import Correction, apply_corrections

SHOES, BOOTS, HATS = "Clothing > Shoes", "Clothing > Boots", "Clothing > Hats"


def product(product_id: str, *paths: str) -> Product:
    return Product(product_id=product_id, title=f"Title of {product_id}", category_paths=paths)


def correction(product_id: str, old: str, new: str, **more: str) -> Correction:
    fields = {"product_id": product_id, "old_category_path": old, "new_category_path": new, "source": "audit"}
    return Correction.model_validate({**fields, **more})


def outcomes(products: list[Product], *corrections: Correction) -> list[str]:
    return [one.outcome for one in apply_corrections(products, corrections)[1].judged]


def test_an_accepted_correction_replaces_its_label_and_nothing_else() -> None:
    products = [product("a", SHOES, HATS), product("b", SHOES)]
    changed, report = apply_corrections(products, [correction("a", SHOES, BOOTS)])
    assert [p.category_paths for p in changed] == [(BOOTS, HATS), (SHOES,)]
    assert changed[1] is products[1]
    assert report.counts == {"applied": 1}
    assert products[0].category_paths == (SHOES, HATS)


def test_a_label_that_is_there_already_is_not_doubled() -> None:
    changed, _ = apply_corrections([product("a", SHOES, HATS)], [correction("a", SHOES, HATS)])
    assert changed[0].category_paths == (HATS,)


def test_a_product_without_label_gets_one() -> None:
    changed, report = apply_corrections([product("a"), product("b", SHOES)], [correction("a", "", SHOES)])
    assert changed[0].category_paths == (SHOES,)
    assert report.new_categories == ()


def test_contradictions_are_reported_and_none_is_applied() -> None:
    products = [product("a", SHOES)]
    changed, report = apply_corrections(
        products, [correction("a", SHOES, BOOTS), correction("a", SHOES, HATS, reviewer="bob")]
    )
    assert changed == products
    assert report.counts == {"contradictory": 2}
    assert "'Clothing > Boots' and 'Clothing > Hats'" in report.lines()[0]


def test_a_confirmation_contradicts_a_correction() -> None:
    found = outcomes([product("a", SHOES)], correction("a", SHOES, BOOTS), correction("a", SHOES, SHOES))
    assert found == ["contradictory", "contradictory"]


def test_two_people_of_one_opinion_do_not_contradict() -> None:
    found = outcomes(
        [product("a", SHOES)],
        correction("a", SHOES, BOOTS, reviewer="ann"),
        correction("a", SHOES, BOOTS, reviewer="bob"),
    )
    assert found == ["applied", "applied"]


def test_a_stale_correction_is_reported_and_not_applied() -> None:
    changed, report = apply_corrections([product("a", HATS)], [correction("a", SHOES, BOOTS)])
    assert changed[0].category_paths == (HATS,)
    assert report.counts == {"stale": 1}
    assert "'Clothing > Hats' stands there now" in report.lines()[0]
    assert outcomes([product("a", HATS)], correction("a", "", BOOTS)) == ["stale"]


def test_the_other_outcomes() -> None:
    found = outcomes(
        [product("a", SHOES), product("b", BOOTS)],
        correction("a", SHOES, SHOES),
        correction("b", SHOES, BOOTS),
        correction("c", SHOES, BOOTS),
        correction("a", SHOES, BOOTS, status="proposed"),
        correction("a", SHOES, BOOTS, status="rejected"),
    )
    assert found == ["confirmed", "already", "unknown_product", "not_accepted", "not_accepted"]


def test_a_category_that_nobody_had_is_pointed_out() -> None:
    _, report = apply_corrections([product("a", SHOES)], [correction("a", SHOES, "Clothing > Bots")])
    assert report.new_categories == ("Clothing > Bots",)
    assert "'Clothing > Bots' is a category that no product had before." in report.lines()


def test_applying_twice_changes_nothing_more() -> None:
    corrections = [correction("a", SHOES, BOOTS)]
    once, _ = apply_corrections([product("a", SHOES)], corrections)
    twice, report = apply_corrections(once, corrections)
    assert twice == once
    assert report.counts == {"already": 1}
