"""Product catalogues of any length in Shopify's format, the same for the same seed."""

import csv
import random
from collections.abc import Iterator
from io import StringIO

COLUMNS = (
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Qty",
    "Variant Price",
    "Variant Compare At Price",
    "Image Src",
    "Image Position",
    "Image Alt Text",
)
ADJECTIVES = (
    ("Quiet", "安静的"),
    ("Amber", "琥珀"),
    ("Folding", "折叠"),
    ("Travel", "旅行"),
    ("Hand-Made", "手工"),
    ("Linen", "亚麻"),
    ("Winter", "冬季"),
    ("Striped", "条纹"),
    ("Little", "小号"),
    ("Copper", "紫铜"),
)
NOUNS = (
    ("Teapot", "茶壶"),
    ("Shirt", "衬衫"),
    ("Jacket", "外套"),
    ("Boots", "靴子"),
    ("Backpack", "背包"),
    ("Chair", "椅子"),
    ("Lamp", "台灯"),
    ("Soap", "香皂"),
    ("Cactus", "仙人掌"),
    ("Headphones", "耳机"),
    ("Camera", "相机"),
    ("Keyboard", "键盘"),
    ("Guitar", "吉他"),
    ("Tent", "帐篷"),
    ("Kite", "风筝"),
    ("Notebook", "笔记本"),
    ("Chocolate", "巧克力"),
    ("Honey", "蜂蜜"),
)
COLOURS = ("Red", "Teal", "Sand", "墨黑")
SIZES = ("S", "M", "L")
VENDORS = ("Long Tail Ltd", "长尾商行", "O'Hara & Daughters")
PUBLISHED_OF_100 = 95
PRICE_PENCE = (150, 25_000)


def shopify_csv(products: int, *, seed: int) -> bytes:
    """Return a file of so many products, every row of it good; about two rows a product.

    Half of the products have options, some no SKUs, some several pictures, some are unpublished,
    and about every third title is Chinese. Handles are `made-<seed>-<number>`, from 1.
    """
    chance = random.Random(seed)
    out = StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for number in range(1, products + 1):
        writer.writerows(_product(chance, f"made-{seed}-{number}", number))
    return out.getvalue().encode()


def _product(chance: random.Random, handle: str, number: int) -> Iterator[dict[str, str]]:
    price = chance.randint(*PRICE_PENCE)
    pictures = chance.choice((0, 1, 1, 1, 2))
    kinds = _kinds(chance)
    code = f"M{number}" if chance.random() < 0.9 else ""
    for place in range(max(len(kinds), pictures)):
        row = {"Handle": handle}
        if place == 0:
            row |= _head(chance, number)
        if place < len(kinds):
            row |= _variant(kinds[place], code, price + 100 * place, is_first=place == 0)
            row |= {"Variant Grams": str(chance.randint(20, 4_000))}
            row |= {"Variant Inventory Qty": str(chance.randint(0, 200))}
        if place < pictures:
            row |= {
                "Image Src": f"https://images.example/{handle}-{place + 1}.jpg",
                "Image Position": str(place + 1),
                "Image Alt Text": f"Picture {place + 1}",
            }
        yield row


def _head(chance: random.Random, number: int) -> dict[str, str]:
    adjective, noun = chance.choice(ADJECTIVES), chance.choice(NOUNS)
    language = 1 if number % 3 == 0 else 0
    title = (f"{adjective[0]} {noun[0]} {number}", f"{adjective[1]}{noun[1]} {number}")[language]
    return {
        "Title": title,
        "Body (HTML)": f"<p>{title}</p><ul><li>{noun[0]}</li><li>{noun[1]}</li></ul>",
        "Vendor": chance.choice(VENDORS),
        "Type": noun[language],
        "Tags": f"{adjective[0].lower()}, {noun[1]}",
        "Published": "true" if chance.randrange(100) < PUBLISHED_OF_100 else "false",
    }


def _kinds(chance: random.Random) -> list[tuple[tuple[str, str], ...]]:
    """Option names and values of each variant."""
    match chance.randrange(4):
        case 0:
            return [(("Size", size),) for size in SIZES]
        case 1:
            colours = chance.sample(COLOURS, 2)
            return [
                (("Colour", colour), ("Size", size)) for colour in colours for size in SIZES[:2]
            ]
        case _:
            return [(("Title", "Default Title"),)]


def _variant(
    kind: tuple[tuple[str, str], ...], code: str, price: int, *, is_first: bool
) -> dict[str, str]:
    row = {"Variant Price": f"{price // 100}.{price % 100:02}"}
    if price % 5 == 0:
        row["Variant Compare At Price"] = f"{price // 100 + 5}.00"
    for place, (name, value) in enumerate(kind, start=1):
        row[f"Option{place} Value"] = value
        if is_first:
            row[f"Option{place} Name"] = name
    if code:
        places = (str(list(SIZES + COLOURS).index(v)) for n, v in kind if n != "Title")
        row["Variant SKU"] = "-".join([code, *places])
    return row
