"""The built-in index: which rows a listed product has in it, and what it adds to the counts.

A listing is a partition (everything, a category with those below it, a merchant) in an order
(`Order`); a row there carries the product's card as it is answered. Search has a partition a word.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from enum import StrEnum

import msgspec
from msgspec import Struct, field

from chalicelib.contexts.catalog.model.attributes import Schema, Value, understood
from chalicelib.contexts.catalog.model.products import Product
from chalicelib.contexts.catalog.model.searchable import Searchable, plain, words_beside
from chalicelib.contexts.catalog.model.words import stems
from chalicelib.kernel.money import Money
from chalicelib.kernel.text import fold

ALL = "ALL"
WORDS_MAX = 28
NAME_LENGTH = 60
SORT_AMOUNT_DIGITS = 12
SORT_SOLD_DIGITS = 10
FACETS_MAX = 12
FACET_VALUES_MAX = 30
TALLY_VALUES_MAX = 4_000
TOTAL = "total"
MARK = "\x1f"
PLACEHOLDER = "/img/placeholder.webp"


class Order(StrEnum):
    """In which order a listing's rows stand; each is read forwards or backwards."""

    NEWEST = "newest"
    PRICE = "price"
    NAME = "name"
    SOLD = "sold"


class CardMerchant(Struct, frozen=True):
    """Who sells it, as a card says."""

    id: str
    name: str


class Rating(Struct, frozen=True):
    """What members think of it: the average of so many stars."""

    average: float
    count: int


class Card(Struct, frozen=True):
    """A product in a list. The price is the lowest variant's."""

    id: str
    slug: str
    title: str
    merchant: CardMerchant
    category: str
    price: Money
    in_stock: bool
    compare_at: Money | msgspec.UnsetType = msgspec.UNSET
    image: str | msgspec.UnsetType = msgspec.UNSET
    rating: Rating | msgspec.UnsetType = msgspec.UNSET


class IndexRow(Struct, frozen=True):
    """One row of the index. `keys` are what filters ask for, `values` the four sort values."""

    pk: str
    sk: str
    card: str
    keys: str
    values: str

    @property
    def place(self) -> str:
        return self.pk + MARK + self.sk

    @property
    def digest(self) -> str:
        """Eight bytes that tell whether a row would be written differently."""
        whole = f"{self.card}\0{self.keys}\0{self.values}"
        return hashlib.sha256(whole.encode()).hexdigest()[:16]


class Marker(Struct, frozen=True):
    """What of a product is in the index: places with digests, and what it was counted under.

    `as_of` names the truth that this follows from. It never comes back to what it was, so a writer
    with newer truth always writes, and one with older truth fails, even where the rows are the same.
    """

    rows: dict[str, str] = field(default_factory=dict)
    partitions: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    as_of: str = ""


class Entry(Struct, frozen=True):
    """What of a product should be in the index; empty for one that is not in the shop."""

    rows: tuple[IndexRow, ...] = ()
    partitions: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    told: Searchable | None = None

    def marker(self, as_of: str) -> Marker:
        """Make the marker that stands for this entry, and for what search is told beside its rows."""
        rows = {row.place: row.digest for row in self.rows}
        told = hashlib.sha256(msgspec.json.encode(self.told)).hexdigest()[:16]
        return Marker(rows, self.partitions, self.counted, f"{as_of}/{told}")


class _Said(Struct, frozen=True):
    """An attribute or option as it was written, and as it is counted; `shown` in each language."""

    written_name: str
    written: str
    name: str
    value: str
    shown: tuple[str, ...] = ()
    is_filterable: bool = True


class Delta(Struct, frozen=True):
    """What one change adds to the counts of some partitions; labels name merchants."""

    changes: dict[str, dict[str, int]]
    labels: dict[str, str] = field(default_factory=dict)


class Tally(Struct, frozen=True):
    """The counts of one partition: how many products, and how many under each facet's value."""

    total: int = 0
    values: dict[str, int] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


def card_of(product: Product, *, merchant_name: str, in_stock: bool, placeholder: str) -> Card:
    """Make the card of a product; the placeholder stands in for pictures that are still missing."""
    image = product.image or (placeholder if product.content.media else "")
    return Card(
        id=product.id,
        slug=product.slug,
        title=product.content.title,
        merchant=CardMerchant(product.merchant_id, merchant_name),
        category=product.content.category_id,
        price=product.price,
        compare_at=product.compare_at or msgspec.UNSET,
        image=image or msgspec.UNSET,
        in_stock=in_stock,
    )


def entry_of(
    product: Product,
    *,
    merchant_name: str,
    ancestors: Collection[str],
    in_stock: bool,
    sold: int,
    placeholder: str,
    category_names: Collection[str] = (),
    schema: Schema = (),
) -> Entry:
    """Say what the index holds of a product that is in the shop.

    `ancestors` are its category and those above it, `category_names` what they are called in every
    language, `schema` what it asks; `sold` is how many units were paid for. Attributes that the
    schema reads count under their name in one form (`500 g`, whether `0.5 kg` or `500克` was
    written), and are found by what was written, too.
    """
    card = card_of(product, merchant_name=merchant_name, in_stock=in_stock, placeholder=placeholder)
    text = msgspec.json.encode(card).decode()
    values = sort_values(product, sold)
    joined = MARK.join(values.values())
    partitions = (ALL, *ancestors, merchant_partition(product.merchant_id))
    said = _read(product, schema)
    counted = _counted(product, ancestors, said, in_stock=in_stock)
    filters = _filter_keys(product, ancestors, said, in_stock=in_stock)
    keys = _framed(filters)
    rows = [
        IndexRow(list_pk(part, order), f"{value}#{product.code}", text, keys, joined)
        for part in partitions
        for order, value in values.items()
    ]
    words = words_of(product)
    with_words = _framed([*filters, *(f"w:{word}" for word in words)])
    rows += [
        IndexRow(word_pk(word), f"{weight}#{product.code}", text, with_words, joined)
        for word, weight in words.items()
    ]
    labels = {f"merchant{MARK}{product.merchant_id}": merchant_name}
    told = Searchable(
        code=product.code,
        title=product.content.title,
        words=words_beside(product, merchant_name, category_names, _words_of(said)),
        body=plain(product.content.description),
        keys=tuple(filters),
        counted=counted,
        merchant=merchant_name,
        created_at=product.created_at,
        amount=product.price.amount,
        name=values[Order.NAME],
        sold=sold,
    )
    return Entry(tuple(rows), partitions, counted, labels, told)


def sort_values(product: Product, sold: int) -> dict[Order, str]:
    """Return what a product is ordered by, as texts that sort like the values they stand for."""
    return {
        Order.NEWEST: product.created_at,
        Order.PRICE: f"{product.price.amount:0{SORT_AMOUNT_DIGITS}d}",
        Order.NAME: fold(product.content.title)[:NAME_LENGTH],
        Order.SOLD: f"{sold:0{SORT_SOLD_DIGITS}d}:{product.created_at}",
    }


def words_of(product: Product) -> dict[str, int]:
    """Return the words a product is found by, with their weight: title 0, type 1, tags 2."""
    found: dict[str, int] = {}
    texts = [product.content.title, product.content.type, " ".join(product.content.tags)]
    for weight, text in enumerate(texts):
        for word in stems(text):
            found.setdefault(word, weight)
    return dict(list(found.items())[:WORDS_MAX])


def difference(entry: Entry, marker: Marker) -> Delta:
    """Say what the counts change by when the index goes from a marker to an entry."""
    changes: dict[str, Counter[str]] = {}
    for sign, side in ((1, entry), (-1, marker)):
        for part in side.partitions:
            counts = changes.setdefault(part, Counter())
            for key in (TOTAL, *side.counted):
                counts[key] += sign
    moved = {
        part: {key: count for key, count in counts.items() if count}
        for part, counts in changes.items()
    }
    return Delta({part: counts for part, counts in moved.items() if counts}, entry.labels)


def tallied(tally: Tally, changes: Mapping[str, int], labels: Mapping[str, str]) -> Tally:
    """Add changes to a tally. Exact up to `TALLY_VALUES_MAX` values; the total always is.

    A count may be below zero while a change waits that was made before one already added.
    """
    values = dict(tally.values)
    for key, change in changes.items():
        if key == TOTAL or (key not in values and len(values) >= TALLY_VALUES_MAX):
            continue
        values[key] = values.get(key, 0) + change
    kept = {key: count for key, count in values.items() if count}
    named = {key: name for key, name in {**tally.labels, **labels}.items() if key in kept}
    return Tally(tally.total + changes.get(TOTAL, 0), kept, named)


def facets_of(tally: Tally) -> list[dict[str, object]]:
    """Return the facets as they are answered: the fullest values first, bounded in number."""
    by_name: dict[str, list[tuple[str, int]]] = {}
    for key, count in tally.values.items():
        name, _, value = key.partition(MARK)
        if count > 0:
            by_name.setdefault(name, []).append((value, count))
    facets: list[dict[str, object]] = []
    for name in sorted(
        by_name, key=lambda one: (one.startswith("attr."), -_sum(by_name[one]), one)
    ):
        values = sorted(by_name[name], key=lambda pair: (-pair[1], pair[0]))[:FACET_VALUES_MAX]
        facets.append({"name": name, "values": [_value(tally, name, *pair) for pair in values]})
    return facets[:FACETS_MAX]


def category_counts(tally: Tally) -> dict[str, int]:
    """Return how many products each category has, those below it included."""
    prefix = f"category{MARK}"
    return {
        key[len(prefix) :]: count
        for key, count in tally.values.items()
        if key.startswith(prefix) and count > 0
    }


def attribute_key(name: str, value: str) -> str:
    """Make the filter key of an attribute or option value; case and accents do not matter."""
    return f"a:{fold(name)}={fold(value)}"


def merchant_partition(merchant_id: str) -> str:
    """Name the partition of one merchant's products."""
    return f"MERCHANT#{merchant_id}"


def list_pk(partition: str, order: Order) -> str:
    """Name the rows of a partition in one order."""
    return f"LIST#{partition}#{order}"


def counts_pk(partition: str) -> str:
    """Name where a partition's counts lie."""
    return f"LIST#{partition}"


def word_pk(word: str) -> str:
    """Name the rows of the products that a word finds."""
    return f"TOKEN#{word}"


def _filter_keys(
    product: Product, ancestors: Collection[str], said: Collection[_Said], *, in_stock: bool
) -> list[str]:
    values = [(one.name, one.value) for one in said]
    values += [(one.written_name, one.written) for one in said]
    return [
        *(f"c:{category}" for category in ancestors),
        f"m:{product.merchant_id}",
        f"s:{int(in_stock)}",
        *dict.fromkeys(attribute_key(name, value) for name, value in values),
    ]


def _counted(
    product: Product, ancestors: Collection[str], said: Collection[_Said], *, in_stock: bool
) -> tuple[str, ...]:
    return (
        *(f"category{MARK}{category}" for category in ancestors),
        f"merchant{MARK}{product.merchant_id}",
        f"in_stock{MARK}{'true' if in_stock else 'false'}",
        *dict.fromkeys(f"attr.{one.name}{MARK}{one.value}" for one in said if one.is_filterable),
    )


def _read(product: Product, schema: Schema) -> list[_Said]:
    """Read attributes and options, each once."""
    content = product.content
    found = dict.fromkeys(
        (name, value)
        for pairs in (content.attributes, *(one.options for one in content.variants))
        for name, value in pairs.items()
    )
    return [_said(*one) for one in understood(found, schema)]


def _said(name: str, written: str, value: Value | None) -> _Said:
    if value is None:
        return _Said(name, written, name, written)
    attribute = value.attribute
    return _Said(
        name,
        written,
        attribute.name,
        value.code,
        tuple(value.shown(locale) for locale in attribute.label),
        attribute.is_filterable,
    )


def _words_of(said: Collection[_Said]) -> list[str]:
    return [word for one in said for word in (one.written, *one.shown)]


def _framed(keys: Collection[str]) -> str:
    return "\n" + "\n".join(keys) + "\n"


def _sum(values: list[tuple[str, int]]) -> int:
    return sum(count for _, count in values)


def _value(tally: Tally, name: str, value: str, count: int) -> dict[str, object]:
    label = tally.labels.get(name + MARK + value)
    return {"value": value, "count": count, **({"label": label} if label else {})}
