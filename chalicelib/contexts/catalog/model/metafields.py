"""Attributes in a product file: Shopify's metafield columns, as far as a category asks for them.

Their headings are `Material (product.metafields.custom.material)`
(https://help.shopify.com/en/manual/products/import-export/using-csv#product-csv-file-description).
A column that the product's category does not ask for, or a cell that it cannot read, counts for
nothing, as any other column that Souk does not know.
"""

import re
from collections.abc import Iterable, Mapping

from chalicelib.contexts.catalog.model.attributes import Schema, describe

MARK = "metafield:"
COLUMNS_MAX = 60
NAME_LENGTH_MAX = 60
VALUE_LENGTH_MAX = 255
_HEADING = re.compile(r"(.{1,60}?) ?\(product\.metafields\.[\w$-]+\.([\w-]{1,60})\)", re.IGNORECASE)


def metafields_of(heading: Iterable[str]) -> dict[int, str]:
    """Tell which columns are metafields: place to the name that the cells get."""
    found: dict[int, str] = {}
    for place, cell in enumerate(heading):
        match = _HEADING.fullmatch(" ".join(cell.split()))
        if match and len(found) < COLUMNS_MAX:
            found[place] = MARK + match.group(1).strip()
    return found


def attributes_of(cells: Mapping[str, str], schema: Schema) -> dict[str, str]:
    """Return the attributes that a row tells and that the schema reads, named as in the file."""
    told = {
        name.removeprefix(MARK): cell
        for name, cell in cells.items()
        if name.startswith(MARK) and 0 < len(cell) <= VALUE_LENGTH_MAX
    }
    unread = {name for name, _ in describe(told, schema).free}
    return {name: cell for name, cell in told.items() if name not in unread}
