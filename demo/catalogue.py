"""Writes `catalogue/<merchant>.csv` from the goods: `python -m demo.catalogue`.

The files have the columns of Shopify's product CSV, and its habits: a product's own columns stand
in its first row, one row a variant, one picture a row, and rows with only a picture where there
are more pictures than variants. `{{shop_url}}` stands for the address at which the shop is served.
"""

import csv
from html import escape
from io import StringIO
from itertools import zip_longest
from pathlib import Path

from demo.goods import FOLDER, Goods, Variant, View, goods_of, merchants

CATALOGUE = FOLDER / "catalogue"
SHOP_URL = "{{shop_url}}"
COLUMNS = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
    "Option2 Value,Option3 Name,Option3 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,"
    "Variant Compare At Price,Variant Requires Shipping,Variant Taxable,Variant Barcode,Image Src,"
    "Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,"
    "Google Shopping / Google Product Category,Google Shopping / Gender,"
    "Google Shopping / Age Group,Google Shopping / MPN,Google Shopping / AdWords Grouping,"
    "Google Shopping / AdWords Labels,Google Shopping / Condition,Google Shopping / Custom Product,"
    "Google Shopping / Custom Label 0,Google Shopping / Custom Label 1,"
    "Google Shopping / Custom Label 2,Google Shopping / Custom Label 3,"
    "Google Shopping / Custom Label 4,Variant Image,Variant Weight Unit,Variant Tax Code"
).split(",")


def catalogue(merchant: str) -> str:
    """Return a merchant's goods as the text of a CSV file."""
    out = StringIO(newline="")
    told = dict.fromkeys(name for goods in goods_of(merchant) for name in goods.attributes)
    columns = (*COLUMNS, *map(metafield, told))
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    vendor = merchants()[merchant]
    for goods in goods_of(merchant):
        writer.writerows(_rows(goods, vendor))
    return out.getvalue()


def metafield(name: str) -> str:
    """The heading of an attribute's column, as Shopify writes those of metafields."""
    return f"{name.replace('_', ' ').capitalize()} (product.metafields.custom.{name})"


def body(goods: Goods) -> str:
    """The description as HTML: English, the facts as a list, then Chinese, marked as such."""
    points = "".join(f"<li>{escape(point, quote=False)}</li>" for point in goods.points)
    return f'<p>{escape(goods.en, quote=False)}</p><ul>{points}</ul><p lang="zh-CN">{escape(goods.zh, quote=False)}</p>'


def image_url(name: str) -> str:
    return f"{SHOP_URL}/static/demo/{name}.webp"


def _rows(goods: Goods, vendor: str) -> list[dict[str, str]]:
    rows = []
    for number, (variant, view) in enumerate(zip_longest(goods.variants, goods.views), start=1):
        row = {"Handle": goods.handle}
        if number == 1:
            row |= _head(goods, vendor)
        if variant:
            row |= _variant(goods, variant, names=number == 1)
        if view:
            row |= _picture(view, number)
        rows.append(row)
    return rows


def _head(goods: Goods, vendor: str) -> dict[str, str]:
    return {
        "Title": goods.title,
        "Body (HTML)": body(goods),
        "Vendor": vendor,
        "Type": goods.type,
        "Tags": ", ".join(goods.tags),
        "Published": "true" if goods.published else "false",
        "Gift Card": "false",
        "SEO Title": goods.title,
        "SEO Description": goods.en.split(". ")[0].rstrip(".") + ".",
        "Google Shopping / Google Product Category": goods.google,
        "Google Shopping / Condition": "new",
        **{metafield(name): value for name, value in goods.attributes.items()},
    }


def _variant(goods: Goods, variant: Variant, *, names: bool) -> dict[str, str]:
    row = {
        "Variant SKU": variant.sku,
        "Variant Grams": str(goods.grams),
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": str(variant.stock),
        "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual",
        "Variant Price": _pounds(variant.price),
        "Variant Compare At Price": _pounds(variant.was) if variant.was else "",
        "Variant Requires Shipping": "true",
        "Variant Taxable": "true",
        "Variant Weight Unit": "g",
    }
    options = goods.options or (("Title", ("Default Title",)),)
    values = variant.values or ("Default Title",)
    for place, ((name, _), value) in enumerate(zip(options, values, strict=True), start=1):
        row[f"Option{place} Value"] = value
        if names:
            row[f"Option{place} Name"] = name
    if variant.colour:
        front = next(view for view in goods.views if view.colour == variant.colour)
        row["Variant Image"] = image_url(front.name)
    return row


def _picture(view: View, position: int) -> dict[str, str]:
    return {
        "Image Src": image_url(view.name),
        "Image Position": str(position),
        "Image Alt Text": view.alt,
    }


def _pounds(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02}"


def main(folder: Path = CATALOGUE) -> None:
    """Write the file of each merchant."""
    folder.mkdir(exist_ok=True)
    for merchant in merchants():
        text = catalogue(merchant)
        (folder / f"{merchant}.csv").write_text(text, encoding="utf-8", newline="")
        print(f"{merchant}: {len(goods_of(merchant))} products, {text.count(chr(10)) - 1} rows")


if __name__ == "__main__":
    main()
