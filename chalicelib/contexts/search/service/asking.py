"""Asking: the words of a shopper to the index, and the cards of what it finds from their rows.

The index says what is found, in which order, and how often; the card rows say what a product costs
now, whether it is in stock, and that it is in the shop at all. One partition without words is the
built-in index's own: it answers it exactly, from rows. It answers the rest where no index can.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from chalicelib.aws import reads
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.model.listing import Tally, facets_of
from chalicelib.contexts.catalog.service import Found, Wish
from chalicelib.contexts.catalog.store import listing as store
from chalicelib.contexts.search.model import index, text
from chalicelib.contexts.search.model.index import Filters, Page
from chalicelib.contexts.search.model.text import Word
from chalicelib.contexts.search.service import reading
from chalicelib.contexts.search.service.reading import Held
from chalicelib.kernel.paging import decode_cursor, encode_cursor

OFFSET_MAX = 10_000
AT = "at"
NATURAL = {"", "relevance"}


def search(wish: Wish) -> Found:
    """List or search products: at most two round trips once the index is there.

    A cursor is good for the index that gave it. Refuses `request.bad_cursor`.
    """
    position = _position(wish)
    if not wish.is_narrow or (position and AT not in position):
        return catalog.products(wish)
    held = reading.held()
    if held is None:
        return catalog.products(wish)
    words = text.asked(wish.q)
    phrase = tuple(text.sequence(wish.phrase))
    if (wish.q and not words) or (wish.phrase and not phrase):
        return Found([], None, 0)
    at = int(position.get(AT, 0))
    page = _page(held, wish, words, at)
    if page.total == 0 and (again := reading.held(reading.CHECKED_FOR_NOTHING)) is not None:
        page, held = _page(again, wish, words, at), again
    end = at + wish.limit
    facets = facets_of(Tally(page.total, page.counts, dict(held.labels)))
    return Found(
        _cards(page.hits),
        _cursor(wish, end) if page.total > end and end <= OFFSET_MAX else None,
        page.total,
        msgspec.json.encode(facets).decode(),
        index.meant(held.parts, words),
    )


def suggest(typed: str) -> list[str]:
    """Name products that what was typed begins; none where only the built-in index serves."""
    held = reading.held()
    return index.suggest(held.parts, typed) if held is not None else []


def _page(held: Held, wish: Wish, words: Sequence[Word], at: int) -> Page:
    return index.search(
        held.parts,
        words,
        Filters(
            wish.needed,
            wish.min_price,
            wish.max_price,
            tuple(text.sequence(wish.phrase)),
            text.unwanted(wish.without),
        ),
        sort=_sort(wish),
        offset=at,
        limit=wish.limit,
    )


def _sort(wish: Wish) -> str:
    """Without words nothing is more relevant than new."""
    if wish.sort in NATURAL:
        return "" if wish.q else "newest"
    return wish.sort


def _cards(hits: list[index.Hit]) -> list[str]:
    """Read the cards as they are now; what left the shop meanwhile has none."""
    rows = reads.batch([store.card_key(hit.code, hit.created_at) for hit in hits])
    return [row.card for row in rows if row is not None]


def _position(wish: Wish) -> dict[str, Any]:
    if not wish.cursor:
        return {}
    return decode_cursor(wish.cursor, scope=wish.scope, secret=settings().token_secret)


def _cursor(wish: Wish, at: int) -> str:
    return encode_cursor({AT: at}, scope=wish.scope, secret=settings().token_secret)
