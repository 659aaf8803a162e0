"""What the rows of a Shopify product CSV mean, one handle at a time.

The format is Shopify's (https://help.shopify.com/en/manual/products/import-export/using-csv): the
first row of a handle describes the product, each row a variant, a picture or both. Both the older
and the newer column names are read.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.contexts.catalog.model.categories import OTHER, CategoryTree
from chalicelib.contexts.catalog.model.html import clean
from chalicelib.contexts.catalog.model.jobs import Remark
from chalicelib.contexts.catalog.model.metafields import attributes_of, metafields_of
from chalicelib.contexts.catalog.model.products import (
    OWN_CODE_LENGTH_MAX,
    PICTURES_MAX,
    PRICE_MAX,
    VARIANTS_MAX,
    Content,
    Media,
    ProductState,
    Variant,
)
from chalicelib.contexts.catalog.model.refusals import ImportColumnsMissing, MediaWrong
from chalicelib.contexts.catalog.model.wanted import picture
from chalicelib.kernel.money import Money
from chalicelib.kernel.text import fold, has_control

HANDLE_LENGTH_MAX = 255
TITLE_LENGTH_MAX = 255
BODY_LENGTH_MAX = 100_000
OPTION_NAME_LENGTH_MAX = 60
TEXT_LENGTH_MAX = 255
TAGS_MAX = 50
WEIGHT_MAX_G = 10_000_000
QUANTITY_MAX = 10_000_000
OPTION_COLUMNS = ("option1", "option2", "option3")

COLUMNS = {
    "handle": ("handle", "url handle"),
    "title": ("title",),
    "body": ("body (html)", "body html", "description"),
    "vendor": ("vendor",),
    "category": ("product category", "google shopping / google product category"),
    "type": ("type", "custom product type"),
    "tags": ("tags",),
    "published": ("published", "published on online store"),
    "status": ("status",),
    "option1 name": ("option1 name",),
    "option1": ("option1 value",),
    "option2 name": ("option2 name",),
    "option2": ("option2 value",),
    "option3 name": ("option3 name",),
    "option3": ("option3 value",),
    "sku": ("variant sku", "sku"),
    "grams": ("variant grams", "weight value (grams)"),
    "quantity": ("variant inventory qty", "inventory quantity"),
    "price": ("variant price", "price"),
    "compare_at": ("variant compare at price", "compare-at price", "compare at price"),
    "image": ("image src", "product image url"),
    "position": ("image position",),
    "alt": ("image alt text",),
    "variant_image": ("variant image", "variant image url"),
}
REQUIRED = ("handle", "title", "price")
_PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_WHOLE = re.compile(r"-?[0-9]{1,12}(\.0+)?")
_NOT_OWN_CODE = re.compile(r"[^A-Za-z0-9._-]+")


class Row(Struct, frozen=True):
    """A row of the file: its number and its cells by what they mean."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.cells.get(name, "")

    @property
    def is_picture_only(self) -> bool:
        """Whether the row names another picture and no variant."""
        said = (*OPTION_COLUMNS, "price", "sku", "title")
        return bool(self["image"]) and not any(self[name] for name in said)


class Group(Struct, frozen=True):
    """The rows of one handle that stand together.

    `end` is the byte where what follows begins, `last` the number of the row before that.
    """

    handle: str
    rows: tuple[Row, ...]
    end: int
    last: int

    @property
    def first(self) -> int:
        """The number of the first row."""
        return self.rows[0].number


class Judged(Struct, frozen=True):
    """What a group's rows come to. `content` is None where no product can be made of them.

    `numbers` is the row of each SKU, `quantities` what the file says is on hand.
    """

    group: Group
    content: Content | None = None
    state: ProductState = ProductState.LISTED
    refused: tuple[Remark, ...] = ()
    notices: tuple[Remark, ...] = ()
    numbers: dict[str, int] = field(default_factory=dict)
    quantities: dict[str, int] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """A digest of what the product becomes; stock is not part of it, nor are row numbers."""
        assert self.content is not None, "there is nothing to digest"
        media = tuple(replace(one, row=0) for one in self.content.media)
        said = (replace(self.content, media=media), self.state)
        return hashlib.sha256(msgspec.json.encode(said)).hexdigest()

    def without(self, sku: str, remark: Remark) -> "Judged":
        """Leave one variant out, with the reason; without its last variant nothing is left."""
        assert self.content is not None, "there is nothing to leave out of"
        variants = tuple(one for one in self.content.variants if one.sku != sku)
        content = replace(self.content, variants=variants) if variants else None
        return replace(self, content=content, refused=(*self.refused, remark))


class Shelf(Struct, frozen=True):
    """What reading a group needs to know of the shop: whose file it is and what may be named."""

    merchant_code: str
    currency: str
    tree: CategoryTree
    own_prefixes: Sequence[str]


def columns_of(header: Sequence[str]) -> dict[int, str]:
    """Tell which cell means what. Refuses `import.columns_missing`."""
    places = {" ".join(name.split()).casefold(): place for place, name in enumerate(header)}
    found = {
        places[spelling]: name
        for name, spellings in COLUMNS.items()
        if (spelling := next((one for one in spellings if one in places), None)) is not None
    }
    missing = [COLUMNS[name][0].title() for name in REQUIRED if name not in found.values()]
    if missing:
        raise ImportColumnsMissing(f"There is no column {', '.join(map(repr, missing))}")
    return metafields_of(header) | found


def grouped(rows: Iterable[tuple[Row, int, int]]) -> Iterator[Group]:
    """Gather rows (each with the bytes where it begins and ends) that share a handle and stand together."""
    gathered: list[Row] = []
    behind = 0
    for row, begins, ends in rows:
        if gathered and row["handle"] != gathered[0]["handle"]:
            yield Group(gathered[0]["handle"], tuple(gathered), begins, row.number - 1)
            gathered = []
        gathered.append(row)
        behind = ends
    if gathered:
        yield Group(gathered[0]["handle"], tuple(gathered), behind, gathered[-1].number)


def judged(group: Group, shelf: Shelf) -> Judged:
    """Make a product of a group's rows; a bad row is refused and the rest goes in."""
    lead = group.rows[0]
    wrong = _wrong_product(group, lead)
    if wrong is not None:
        code, detail = wrong
        remarks = tuple(Remark(row.number, code, detail) for row in group.rows)
        return Judged(group, refused=remarks)
    options = _option_columns(lead)
    reader = _VariantReader(group.handle, options, shelf)
    for row in group.rows:
        reader.read(row)
    media, picture_notices = _media(group.rows, shelf.own_prefixes)
    place = shelf.tree.place([lead["category"], lead["type"], lead["tags"], lead["title"]])
    notices = list(picture_notices)
    if place is None:
        said = lead["type"] or lead["title"]
        detail = f"No category fits {said[:80]!r}; the product went to 'other'"
        notices.append(Remark(lead.number, "import.category_other", detail))
    if not reader.variants:
        return Judged(group, refused=tuple(reader.refused), notices=tuple(notices))
    category_id = place or OTHER
    brand = {"Brand": lead["vendor"]} if lead["vendor"] else {}
    content = Content(
        title=lead["title"],
        description=clean(lead["body"]),
        category_id=category_id,
        variants=tuple(reader.variants),
        options=tuple(options),
        media=media,
        attributes=brand | attributes_of(lead.cells, shelf.tree.schema(category_id)),
        type=lead["type"],
        tags=_tags(lead["tags"]),
    )
    return Judged(
        group,
        content,
        _state(lead),
        tuple(reader.refused),
        tuple(notices),
        reader.numbers,
        reader.quantities,
    )


def refused_whole(group: Group, code: str, detail: str) -> Judged:
    """Refuse every row of a group for one reason."""
    return Judged(group, refused=tuple(Remark(row.number, code, detail) for row in group.rows))


def own_code(text: str) -> str:
    """Map a foreign code onto `[A-Za-z0-9._-]{1,64}`; different ones stay different."""
    mapped = _NOT_OWN_CODE.sub("-", text).strip("-")
    if mapped == text and len(mapped) <= OWN_CODE_LENGTH_MAX:
        return mapped
    tail = hashlib.sha256(text.encode()).hexdigest()[:8]
    kept = mapped[: OWN_CODE_LENGTH_MAX - len(tail) - 1].strip("-")
    return f"{kept}-{tail}" if kept else tail


class _Wrong(Exception):
    """Why a row cannot be taken."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class _VariantReader:
    """Reads a group's rows one after another and keeps what may stand together."""

    def __init__(self, handle: str, options: Mapping[str, str], shelf: Shelf) -> None:
        self.handle = handle
        self.options = options
        self.shelf = shelf
        self.variants: list[Variant] = []
        self.refused: list[Remark] = []
        self.numbers: dict[str, int] = {}
        self.quantities: dict[str, int] = {}
        self._seen: set[tuple[str, ...]] = set()

    def read(self, row: Row) -> None:
        """Take a row's variant, or refuse the row."""
        if row.is_picture_only:
            return
        try:
            variant, quantity = self._variant(row)
        except _Wrong as wrong:
            self.refused.append(Remark(row.number, wrong.code, wrong.detail))
            return
        self._seen.add(tuple(variant.options.values()))
        self.variants.append(variant)
        self.numbers[variant.sku] = row.number
        if quantity is not None:
            self.quantities[variant.sku] = quantity

    def _variant(self, row: Row) -> tuple[Variant, int | None]:
        if len(self.variants) >= VARIANTS_MAX:
            raise _Wrong("import.too_many_variants", f"A product has at most {VARIANTS_MAX}")
        options = self._options(row)
        price = _price(row["price"], self.shelf.currency, "price")
        compare_at = None
        if row["compare_at"]:
            compare_at = _price(row["compare_at"], self.shelf.currency, "compare_at")
        sku, external = self._sku(row, options)
        variant = Variant(
            sku=sku,
            price=price,
            options=options,
            compare_at=compare_at if compare_at and compare_at.amount > price.amount else None,
            weight_g=_weight(row["grams"]),
            external_sku=external,
        )
        return variant, _quantity(row["quantity"])

    def _options(self, row: Row) -> dict[str, str]:
        values = {name: row[column] for name, column in self.options.items()}
        if not all(values.values()):
            missing = next(name for name, value in values.items() if not value)
            raise _Wrong("import.option_missing", f"The option {missing!r} has no value")
        if any(has_control(value) or len(value) > TEXT_LENGTH_MAX for value in values.values()):
            raise _Wrong("import.option_wrong", "An option's value is too long or not text")
        if tuple(values.values()) in self._seen:
            if row["title"]:
                raise _Wrong("import.handle_repeated", f"{self.handle!r} is there already")
            raise _Wrong("import.options_repeated", "Another row has the same option values")
        return values

    def _sku(self, row: Row, options: Mapping[str, str]) -> tuple[str, str]:
        given = row["sku"].removeprefix("'")
        own = own_code(given or "-".join([self.handle, *options.values()]))
        sku = f"{self.shelf.merchant_code}.{own}"
        if sku in self.numbers:
            raise _Wrong("import.sku_repeated", f"Row {self.numbers[sku]} has the SKU {own}")
        return sku, given if given != own else ""


def _wrong_product(group: Group, lead: Row) -> tuple[str, str] | None:
    """Say why no product can be made of a group, whatever its variants are."""
    handle, title = group.handle, lead["title"]
    if not handle:
        return "import.handle_missing", "The row has no handle"
    if len(handle) > HANDLE_LENGTH_MAX or has_control(handle):
        return "import.handle_wrong", f"A handle has at most {HANDLE_LENGTH_MAX} characters"
    if not title:
        return "import.title_missing", f"The first row of {handle[:80]!r} has no title"
    if len(title) > TITLE_LENGTH_MAX:
        return "import.title_wrong", f"A title has at most {TITLE_LENGTH_MAX} characters"
    if any(has_control(lead[name]) for name in ("title", "body", "vendor", "type", "tags")):
        return "import.text_wrong", "A text holds control characters"
    if len(lead["body"]) > BODY_LENGTH_MAX:
        return "import.body_wrong", f"A description has at most {BODY_LENGTH_MAX} characters"
    if any(len(lead[name]) > TEXT_LENGTH_MAX for name in ("vendor", "type")):
        return "import.text_wrong", f"Vendor and type have at most {TEXT_LENGTH_MAX} characters"
    names = [lead[f"{column} name"] for column in OPTION_COLUMNS if lead[f"{column} name"]]
    if len({fold(name) for name in names}) < len(names):
        return "import.option_wrong", "Two options have the same name"
    if any(len(name) > OPTION_NAME_LENGTH_MAX or has_control(name) for name in names):
        return "import.option_wrong", f"An option has at most {OPTION_NAME_LENGTH_MAX} characters"
    return None


def _option_columns(lead: Row) -> dict[str, str]:
    """The product's options and their columns; `Title` with `Default Title` stands for none."""
    options = {
        lead[f"{column} name"]: column for column in OPTION_COLUMNS if lead[f"{column} name"]
    }
    is_plain = list(options) == ["Title"] and lead["option1"] in {"Default Title", ""}
    return {} if is_plain else options


def _price(text: str, currency: str, name: str) -> Money:
    if not text:
        raise _Wrong(f"import.{name}_missing", "The row has no price")
    if not _PRICE.fullmatch(text):
        raise _Wrong(f"import.{name}_wrong", f"{text[:40]!r} is no price")
    try:
        price = Money.parse(text, currency)
    except ValueError as error:
        raise _Wrong(f"import.{name}_wrong", str(error)) from None
    if not 1 <= price.amount <= PRICE_MAX:
        raise _Wrong(f"import.{name}_wrong", f"{text} is no price that can be charged")
    return price


def _weight(text: str) -> int:
    if not text:
        return 0
    if not _PRICE.fullmatch(text) or float(text) > WEIGHT_MAX_G:
        raise _Wrong("import.weight_wrong", f"{text[:40]!r} is no weight in grams")
    return round(float(text))


def _quantity(text: str) -> int | None:
    if not text:
        return None
    if not _WHOLE.fullmatch(text) or int(float(text)) > QUANTITY_MAX:
        raise _Wrong("import.quantity_wrong", f"{text[:40]!r} is no quantity")
    return max(int(float(text)), 0)


def _media(
    rows: Sequence[Row], own_prefixes: Sequence[str]
) -> tuple[tuple[Media, ...], tuple[Remark, ...]]:
    """Gather the pictures in the order of their positions, each address once."""
    named = [(row, row["image"], row["alt"]) for row in rows if row["image"]]
    named.sort(key=lambda one: _position(one[0]))
    named += [(row, row["variant_image"], "") for row in rows if row["variant_image"]]
    found: dict[str, Media] = {}
    notices: list[Remark] = []
    for row, url, alt in named:
        if url in found:
            continue
        if len(found) >= PICTURES_MAX:
            detail = f"A product has at most {PICTURES_MAX} pictures"
            notices.append(Remark(row.number, "import.too_many_pictures", detail))
            continue
        try:
            taken = picture(url, alt[: TEXT_LENGTH_MAX * 2], own_prefixes, row=row.number)
        except MediaWrong as wrong:
            notices.append(Remark(row.number, "import.picture_wrong", wrong.detail))
            continue
        found[url] = replace(taken, role="gallery" if found else "main")
    return tuple(found.values()), tuple(notices)


def _position(row: Row) -> int:
    text = row["position"]
    return int(text) if text.isascii() and text.isdigit() else PICTURES_MAX


def _tags(text: str) -> tuple[str, ...]:
    tags = dict.fromkeys(tag.strip()[:TEXT_LENGTH_MAX] for tag in text.split(","))
    return tuple(tag for tag in tags if tag)[:TAGS_MAX]


def _state(lead: Row) -> ProductState:
    """Unpublished products and drafts stay out of the shop; archived ones were in it."""
    status = lead["status"].casefold()
    if status == "archived":
        return ProductState.DELISTED
    if lead["published"].casefold() in {"false", "no", "0"} or status == "draft":
        return ProductState.DRAFT
    return ProductState.LISTED
