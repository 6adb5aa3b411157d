"""One synthetic text from a product and its label path."""

from collections.abc import Sequence

import numpy as np

from catalog.product import PATH_SEPARATOR, Product
from catalog.text import normalise, product_text


def masked_path_text(product: Product, path: str, rng: np.random.Generator) -> str:
    """The product with the masked label path in place of its title or of its body (dual-expert 3.1.1).

    One branch, never the leaf, is left out of the path: what remains still names the category. The body,
    bullets and description, is replaced as one, or the path would stand where long texts are cut.

    Args:
        path: root first, joined with ` > `.
    """
    masked = label_text(_without_a_branch(path.split(PATH_SEPARATOR), rng))
    in_title = bool(rng.integers(2))
    change = {"title": masked} if in_title else {"description": masked, "bullets": ()}
    return product_text(product.model_copy(update=change))


def label_semantic_text(product: Product, path: str, rng: np.random.Generator) -> str:
    """The title's words shuffled and the leaf's name put anywhere among them, nothing else (DHPC D.4)."""
    words, leaf = normalise(product.title).split(), path.split(PATH_SEPARATOR).pop()
    rng.shuffle(words)
    words.insert(int(rng.integers(len(words) + 1)), normalise(leaf))
    return " ".join(words)


def label_text(parts: Sequence[str]) -> str:
    """Parts of a label path, root first, as the encoder reads them: the leaf first, then upwards."""
    return " . ".join(reversed(parts))


def _without_a_branch(parts: list[str], rng: np.random.Generator) -> list[str]:
    if len(parts) == 1:
        return parts
    masked = int(rng.integers(len(parts) - 1))
    return parts[:masked] + parts[masked + 1 :]
