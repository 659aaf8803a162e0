"""Product files to test with, in Shopify's format."""

import csv
import io
from collections.abc import Iterable
from typing import Any

COLUMNS = {
    "handle": "Handle",
    "title": "Title",
    "body": "Body (HTML)",
    "vendor": "Vendor",
    "category": "Product Category",
    "type": "Type",
    "tags": "Tags",
    "published": "Published",
    "option1_name": "Option1 Name",
    "option1": "Option1 Value",
    "option2_name": "Option2 Name",
    "option2": "Option2 Value",
    "option3_name": "Option3 Name",
    "option3": "Option3 Value",
    "sku": "Variant SKU",
    "grams": "Variant Grams",
    "quantity": "Variant Inventory Qty",
    "price": "Variant Price",
    "compare_at": "Variant Compare At Price",
    "image": "Image Src",
    "position": "Image Position",
    "alt": "Image Alt Text",
    "variant_image": "Variant Image",
    "status": "Status",
}


def a_row(handle: str = "tee", **cells: Any) -> dict[str, str]:
    """One row of a plain product; `cells` by the names above replace or add."""
    plain = {
        "handle": handle,
        "title": handle.replace("-", " ").title(),
        "body": "<p>Soft.</p>",
        "type": "Tops",
        "published": "true",
        "option1_name": "Title",
        "option1": "Default Title",
        "sku": handle.upper(),
        "price": "12.99",
    }
    return {name: str(value) for name, value in {**plain, **cells}.items()}


def a_variant(handle: str, **cells: Any) -> dict[str, str]:
    """A further row of a product: nothing but the handle and what is given."""
    return {"handle": handle, **{name: str(value) for name, value in cells.items()}}


def a_sheet(*rows: dict[str, str], without: Iterable[str] = (), bom: bool = False) -> bytes:
    """A file of these rows, as a spreadsheet would save it."""
    names = [name for name in COLUMNS if name not in set(without)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([COLUMNS[name] for name in names])
    writer.writerows([[row.get(name, "") for name in names] for row in rows])
    return text.getvalue().encode("utf-8-sig" if bom else "utf-8")
