"""The sitemap: every public address in every language, for search engines (https://www.sitemaps.org).

An index at `/sitemap.xml` names shards of at most 50,000 addresses, packed with gzip, which is what
the protocol allows a file. They lie in the media bucket, under the names they are served by.
"""

import gzip
from collections.abc import Iterable, Iterator
from itertools import islice
from xml.sax.saxutils import escape

from chalicelib.aws import files
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.service.shelves import oldest_first
from chalicelib.contexts.catalog.service.tree import categories
from chalicelib.contexts.merchants import MerchantState
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.actors import SYSTEM

URLS_MAX = 50_000
KEPT_S = 3_600
MERCHANTS_PAGE = 100
INDEX = "sitemap.xml"
STANDING = ("/", "/search", "/help", "/shipping-and-returns", "/terms", "/privacy")
PREFIXES = {"en": "/en", "zh-CN": "/zh"}
"""The languages' prefixes, as `web.addresses` has them; services do not know the web."""

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)


def write() -> dict[str, int]:
    """Write the sitemap anew, its index last, so that it never names a shard that is not there."""
    shards: list[str] = []
    urls = 0
    left = _paths()
    while paths := list(islice(left, URLS_MAX // len(PREFIXES))):
        name = f"sitemap-{len(shards) + 1}.xml.gz"
        body = gzip.compress(_shard(paths).encode(), mtime=0)
        _put(name, body, "application/gzip")
        shards.append(name)
        urls += len(paths) * len(PREFIXES)
    _put(INDEX, _index(shards).encode(), "application/xml")
    return {"shards": len(shards), "urls": urls}


def _paths() -> Iterator[str]:
    """Every public page without its language: the shop's, categories, merchants, products."""
    yield from STANDING
    yield from (f"/c/{one.slug}" for one in categories().categories)
    yield from (f"/m/{code}" for code in _merchants())
    yield from (f"/p/{placed.card.slug}" for placed in oldest_first())


def _merchants() -> Iterator[str]:
    cursor = ""
    while True:
        found = merchants.list_merchants(
            SYSTEM, MerchantState.APPROVED, limit=MERCHANTS_PAGE, cursor=cursor
        )
        yield from (one.code for one in found.items)
        if not found.next_cursor:
            return
        cursor = found.next_cursor


def _shard(paths: Iterable[str]) -> str:
    return f"{HEAD}<urlset {NAMESPACES}>{''.join(map(_entries, paths))}</urlset>\n"


def _entries(path: str) -> str:
    """One address a language, each naming them all (as hreflang asks: each names itself too)."""
    places = {locale: settings().shop_url + prefix + path for locale, prefix in PREFIXES.items()}
    named = {**places, "x-default": settings().shop_url + path}
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{language}" href="{escape(place)}"/>'
        for language, place in named.items()
    )
    return "".join(f"<url><loc>{escape(one)}</loc>{links}</url>\n" for one in places.values())


def _index(shards: Iterable[str]) -> str:
    entries = "".join(
        f"<sitemap><loc>{escape(settings().shop_url)}/{name}</loc></sitemap>\n" for name in shards
    )
    return f"{HEAD}<sitemapindex {NAMESPACES}>{entries}</sitemapindex>\n"


def _put(name: str, body: bytes, content_type: str) -> None:
    kept = f"public, max-age={KEPT_S}"
    files.put(settings().media_bucket, name, body, content_type=content_type, cache_control=kept)
