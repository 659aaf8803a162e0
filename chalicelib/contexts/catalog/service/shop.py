"""What shoppers do: browse listings, search, and look at a product.

The built-in index answers one partition exactly: everything, a category, or a merchant, in any
order, with its total and facets, in two round trips. Anything narrower reads rows of one partition
and keeps those that fit: at most `PAGES_MAX` pages of `PAGE_ROWS` rows (500) a call. A page may then
be shorter than its limit and still go on; nothing is lost, for its cursor stands where reading
stopped. A search in another order than relevance ranks the first 500 rows that its rarest-looking
word (the longest) finds, and no more.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.aws import reads
from chalicelib.aws.reads import Key
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.categories import category_id
from chalicelib.contexts.catalog.model.listing import (
    ALL,
    MARK,
    SORT_AMOUNT_DIGITS,
    Card,
    Order,
    attribute_key,
    list_pk,
    merchant_partition,
    word_pk,
)
from chalicelib.contexts.catalog.model.products import PRICE_MAX, Product
from chalicelib.contexts.catalog.model.refusals import NoProduct
from chalicelib.contexts.catalog.model.words import stems
from chalicelib.contexts.catalog.service.tree import keep
from chalicelib.contexts.catalog.store import categories as category_rows
from chalicelib.contexts.catalog.store import listing as store
from chalicelib.contexts.catalog.store import products as product_rows
from chalicelib.contexts.merchants import Merchant
from chalicelib.contexts.merchants import store as merchant_rows
from chalicelib.kernel.paging import PAGE_SIZE, decode_cursor, encode_cursor
from chalicelib.kernel.text import fold

PAGES_MAX = 5
PAGE_ROWS = 100
WORDS_MAX = 8
NO_FACETS = "[]"
_LETTERS = re.compile(r"[0-9a-z]+|[^\W0-9a-z_]")

ORDERS = {
    "newest": (Order.NEWEST, False),
    "price_asc": (Order.PRICE, True),
    "price_desc": (Order.PRICE, False),
    "name": (Order.NAME, True),
    "best_selling": (Order.SOLD, False),
}
RELEVANCE = "relevance"


class Wish(Struct, frozen=True, kw_only=True):
    """What a shopper looks for. Prices are minor units; `attributes` are names with values.

    A product found has all words of `q`, the `phrase` as it stands, and no word of `without`; the
    last two look at titles alone where the built-in index answers.

    `sort` is empty for the natural order: relevance for a search, newest first otherwise.
    """

    q: str = ""
    phrase: str = ""
    without: str = ""
    category: str = ""
    merchant: str = ""
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    sort: str = ""
    limit: int = PAGE_SIZE
    cursor: str = ""

    @property
    def is_narrow(self) -> bool:
        """Whether more is asked than one partition answers: words, or filters that combine."""
        filters = (self.attributes, self.category and self.merchant)
        bounds = (self.in_stock, self.min_price, self.max_price)
        words = (self.q, self.phrase, self.without)
        return any(words) or any(filters) or any(one is not None for one in bounds)

    @property
    def needed(self) -> tuple[str, ...]:
        """The filter keys that a product must have."""
        keys = []
        if self.category:
            keys.append(f"c:{category_id(self.category)}")
        if self.merchant:
            keys.append(f"m:{self.merchant}")
        if self.in_stock is not None:
            keys.append(f"s:{int(self.in_stock)}")
        keys += [attribute_key(name, value) for name, value in self.attributes.items()]
        return tuple(keys)

    @property
    def scope(self) -> str:
        """What a cursor of this list fits: the same wish, whatever its limit."""
        same = msgspec.json.encode(replace(self, limit=PAGE_SIZE, cursor=""))
        return "listing " + hashlib.sha256(same).hexdigest()


class Found(Struct, frozen=True):
    """A page of a listing. Cards and facets are JSON texts, as they are answered.

    `total` is None where it cannot be known without reading everything.
    """

    cards: list[str]
    next_cursor: str | None
    total: int | None
    facets: str = NO_FACETS
    did_you_mean: str | None = None

    def decoded(self) -> list[Card]:
        """Return the cards as values, for pages."""
        return [msgspec.json.decode(card, type=Card) for card in self.cards]


class _Titled(Struct, frozen=True):
    title: str


class Shown(Struct, frozen=True):
    """A product as the shop shows it, with its merchant and whatever else was read beside."""

    product: Product
    merchant: Merchant
    beside: tuple[Any, ...]


class CountedCategory(Struct, frozen=True):
    """A category with how many products it and those below it have."""

    id: str
    slug: str
    names: dict[str, str]
    parent_id: str | None
    product_count: int


def products(wish: Wish) -> Found:
    """List or search products. An unknown category or merchant has none.

    Refuses `request.bad_cursor` for a cursor of another list.
    """
    words = stems(f"{wish.q} {wish.phrase}") if wish.q or wish.phrase else []
    if not words and (wish.q or wish.phrase):
        return Found([], None, 0)
    if _is_impossible(wish):
        return Found([], None, 0)
    position = _position(wish)
    if words and wish.sort in {"", RELEVANCE}:
        return _searched(wish, words[:WORDS_MAX], position)
    if words:
        return _ranked(wish, words[:WORDS_MAX], position)
    partitions = _partitions(wish)
    if not wish.is_narrow:
        return _listed(wish, partitions[0], position)
    return _narrowed(wish, partitions[0], position)


def product(reference: str, beside: Callable[[Product], Sequence[Key]] = lambda _: ()) -> Shown:
    """Look at a product by id or slug: two round trips.

    `beside` names rows of other rooms to read with its merchant (the stock of its variants). A
    product that is not listed, or whose merchant may not sell, is not there: `catalog.no_product`.
    """
    found = product_rows.find(reference)
    if found is None or not found.is_listed:
        raise NoProduct
    merchant, rows = beside_merchant(found.merchant_id, beside(found))
    if not merchant.can_sell:
        raise NoProduct
    return Shown(found, merchant, rows)


def beside_merchant(merchant_id: str, keys: Sequence[Key]) -> tuple[Merchant, tuple[Any, ...]]:
    """Read a merchant together with rows that another room named: one round trip."""
    row, *rows = reads.batch([merchant_rows.merchant_key(merchant_id), *keys])
    assert row is not None, "a product's merchant is there"
    return merchant_rows.merchant_of(row), tuple(rows)


def counted_categories() -> list[CountedCategory]:
    """Return every category with its count of products: one round trip."""
    tree_row, counts = reads.batch([category_rows.tree_key(), store.counts_key(ALL)])
    tree = keep(category_rows.tree_of(tree_row))
    numbers = (counts.categories or {}) if counts is not None else {}
    return [
        CountedCategory(one.id, one.slug, dict(one.name), one.parent_id, numbers.get(one.id, 0))
        for one in tree.categories
    ]


def _listed(wish: Wish, partition: str, position: dict[str, Any]) -> Found:
    """One partition as it stands: a page of it, and what it counts."""
    order, forward = _order(wish)
    rows, _ = store.cards(
        list_pk(partition, order),
        limit=wish.limit + 1,
        forward=forward,
        after=position.get("after", ""),
        is_whole=False,
    )
    counts = store.counts(partition)
    shown = rows[: wish.limit]
    return Found(
        [row.card for row in shown],
        _cursor(wish, {"after": shown[-1].sk}) if len(rows) > wish.limit else None,
        int(counts.total) if counts is not None else 0,
        counts.facets if counts is not None else NO_FACETS,
    )


def _narrowed(wish: Wish, partition: str, position: dict[str, Any]) -> Found:
    """The rows of a partition that fit every filter, read until the page is full."""
    order, forward = _order(wish)
    between = _prices(wish) if order is Order.PRICE else None
    return _kept(wish, list_pk(partition, order), position, (), forward=forward, between=between)


def _searched(wish: Wish, words: Sequence[str], position: dict[str, Any]) -> Found:
    """The rows of the rarest-looking word that have the others too, title hits first."""
    lead, *others = sorted(words, key=lambda word: -len(word))
    return _kept(wish, word_pk(lead), position, others)


def _ranked(wish: Wish, words: Sequence[str], position: dict[str, Any]) -> Found:
    """What a search finds among the first 500 rows of its leading word, in another order."""
    lead, *others = sorted(words, key=lambda word: -len(word))
    needed = _needed(wish, others)
    rows, more = store.cards(word_pk(lead), limit=PAGES_MAX * PAGE_ROWS)
    fitting = [row for row in rows if _fits(row, wish, needed)]
    order, forward = _order(wish)
    place = list(Order).index(order)
    fitting.sort(key=lambda row: (row.values.split(MARK)[place], row.sk[2:]), reverse=not forward)
    start = position.get("offset", 0)
    end = start + wish.limit
    return Found(
        [row.card for row in fitting[start:end]],
        _cursor(wish, {"offset": end}) if len(fitting) > end else None,
        None if more else len(fitting),
    )


def _kept(
    wish: Wish,
    pk: str,
    position: dict[str, Any],
    words: Sequence[str],
    *,
    forward: bool = True,
    between: tuple[str, str] | None = None,
) -> Found:
    """Read a partition page by page and keep what fits, until the page is full or 500 were read."""
    needed = _needed(wish, words)
    bounds = (wish.min_price, wish.max_price)
    is_narrow = any((needed, wish.phrase, wish.without)) or bounds != (None, None)
    kept: list[store.FoundRow] = []
    after = began = position.get("after", "")
    for _ in range(PAGES_MAX):
        rows, after = store.cards(
            pk,
            limit=PAGE_ROWS if is_narrow else wish.limit + 1,
            forward=forward,
            between=between,
            after=after,
            is_whole=is_narrow,
        )
        kept += [row for row in rows if _fits(row, wish, needed)]
        if len(kept) > wish.limit or not after:
            break
    shown = kept[: wish.limit]
    cards = [row.card for row in shown]
    if len(kept) > wish.limit:
        return Found(cards, _cursor(wish, {"after": shown[-1].sk}), None)
    if after:
        return Found(cards, _cursor(wish, {"after": after}), None)
    return Found(cards, None, None if began else len(cards))


def _partitions(wish: Wish) -> list[str]:
    """The partitions that hold what is wished for; the first is the one to read."""
    found = []
    if wish.merchant:
        found.append(merchant_partition(wish.merchant))
    if wish.category:
        found.append(category_id(wish.category))
    return found or [ALL]


def _is_impossible(wish: Wish) -> bool:
    return (
        wish.min_price is not None
        and wish.max_price is not None
        and wish.min_price > wish.max_price
    )


def _order(wish: Wish) -> tuple[Order, bool]:
    """The rows to read and their direction; without words nothing is more relevant than new."""
    return ORDERS["newest" if wish.sort in {"", RELEVANCE} else wish.sort]


def _needed(wish: Wish, words: Sequence[str]) -> list[str]:
    """The filter keys that a row must have, framed as rows keep them."""
    keys = [*(f"w:{word}" for word in words), *wish.needed]
    return [f"\n{key}\n" for key in keys]


def _fits(row: store.FoundRow, wish: Wish, needed: Sequence[str]) -> bool:
    if not all(key in row.keys for key in needed) or not _reads(row, wish):
        return False
    if wish.min_price is None and wish.max_price is None:
        return True
    amount = int(row.values.split(MARK)[list(Order).index(Order.PRICE)])
    low = wish.min_price if wish.min_price is not None else 0
    return low <= amount <= (wish.max_price if wish.max_price is not None else PRICE_MAX)


def _reads(row: store.FoundRow, wish: Wish) -> bool:
    """Whether a title has the phrase, and none of the words that it must not have."""
    if not (wish.phrase or wish.without):
        return True
    title = msgspec.json.decode(row.card, type=_Titled).title
    has_phrase = f" {_plain(wish.phrase)} " in f" {_plain(title)} " if wish.phrase else True
    found = set(stems(title))
    unwanted = (set(stems(one)) for one in wish.without.split())
    return has_phrase and not any(group and group <= found for group in unwanted)


def _plain(text: str) -> str:
    """Words in their plain form, and Chinese letters one by one, with a space between."""
    return " ".join(_LETTERS.findall(fold(text)))


def _prices(wish: Wish) -> tuple[str, str] | None:
    if wish.min_price is None and wish.max_price is None:
        return None
    low = wish.min_price or 0
    high = wish.max_price if wish.max_price is not None else PRICE_MAX
    return f"{low:0{SORT_AMOUNT_DIGITS}d}#", f"{high:0{SORT_AMOUNT_DIGITS}d}$"


def _position(wish: Wish) -> dict[str, Any]:
    if not wish.cursor:
        return {}
    return decode_cursor(wish.cursor, scope=wish.scope, secret=settings().token_secret)


def _cursor(wish: Wish, position: dict[str, Any]) -> str:
    return encode_cursor(position, scope=wish.scope, secret=settings().token_secret)
