import pytest

from taxonomy.names import name_key, near_identical


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("T-Shirts", "T Shirt", True),
        ("Tees & Tops", "Tops and Tees", True),
        ("Шпаклевка", "Шпатлевка", True),
        ("Recievers", "Receivers", True),
        ("Size 1", "Size 2", False),
        ("Boys", "Toys", False),
        ("Baseball Uniforms", "Basketball Uniforms", False),
    ],
)
def test_near_identical(one: str, other: str, alike: bool) -> None:
    assert near_identical(one, other) is alike
    assert near_identical(other, one) is alike


def test_a_name_of_small_words_alone_is_its_own_key() -> None:
    assert name_key("And") == "And"
