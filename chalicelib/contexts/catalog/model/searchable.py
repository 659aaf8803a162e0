"""What search is told of a listed product: the words it is found by, and what it is narrowed by."""

import html
import re
from collections.abc import Collection

from msgspec import Struct

from chalicelib.contexts.catalog.model.products import Product

BODY_LENGTH = 2_000
_MARKUP = re.compile(r"<[^>]*>")


class Searchable(Struct, frozen=True):
    """One listed product. `keys` are filters and `counted` facets, as the built-in index has them."""

    code: str
    title: str
    words: str
    body: str
    keys: tuple[str, ...]
    counted: tuple[str, ...]
    merchant: str
    created_at: str
    amount: int
    name: str
    sold: int


def words_beside(
    product: Product, merchant_name: str, category_names: Collection[str], values: Collection[str]
) -> str:
    """Join what a product is found by beside its title: kind, tags, categories, merchant, values."""
    content = product.content
    parts = (content.type, *content.tags, *category_names, merchant_name, *values)
    return " ".join(dict.fromkeys(filter(None, parts)))


def plain(description: str) -> str:
    """Take the words out of a description's HTML, bounded in length."""
    text = html.unescape(_MARKUP.sub(" ", description))
    return " ".join(text.split())[:BODY_LENGTH]
