"""Short names for contents."""

import json
from collections.abc import Mapping
from hashlib import blake2b

from catalog.product import Product

_BYTES = 16


def product_hash(product: Product) -> str:
    """32 hexadecimal digits over the id and all text that a verdict may depend on."""
    text = (
        product.product_id,
        product.title,
        product.brand,
        product.bullets,
        product.description,
        product.locale,
    )
    return _digest(json.dumps(text))


def fingerprint_hash(fingerprint: Mapping[str, str]) -> str:
    """32 hexadecimal digits over a fingerprint."""
    return _digest(json.dumps(fingerprint, sort_keys=True))


def _digest(text: str) -> str:
    return blake2b(text.encode(), digest_size=_BYTES).hexdigest()
