"""The sitemap: all that is public in every language, in files of the size that the protocol allows."""

import gzip
from xml.etree import ElementTree as ET

import pytest

from chalicelib.aws import files
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import workers
from chalicelib.contexts.catalog.service import index, sitemaps
from chalicelib.contexts.catalog.service.tree import categories
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.actors import SYSTEM
from chalicelib.web.addresses import PREFIXES
from tests.makers.people import a_merchant
from tests.makers.products import a_product
from tests.makers.shop import CATEGORIES

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"
SHOP = "http://127.0.0.1:8000"
TICK = {
    "version": "0",
    "account": "000000000000",
    "region": "eu-west-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": "2026-03-02T09:00:00Z",
    "id": "1",
    "resources": [],
}


@pytest.fixture
def listed(stage):
    """Some products of a merchant on the shelves; their slugs."""
    from chalicelib.contexts.catalog import service as catalog

    catalog.load_categories(SYSTEM, CATEGORIES)
    seller = a_merchant()
    made = [a_product(seller, code) for code in ("TEE", "CUP", "POT")]
    index.bring_in_step([one.id for one in made])
    return [one.slug for one in made]


def read(name: str) -> ET.Element:
    body = files.get(settings().media_bucket, name)
    assert body is not None, name
    return ET.fromstring(gzip.decompress(body) if name.endswith(".gz") else body)


def shards() -> list[str]:
    places = [one.text or "" for one in read("sitemap.xml").iter(f"{SITEMAP}loc")]
    return [place.removeprefix(f"{SHOP}/") for place in places]


def test_every_public_page_is_in_it_in_every_language(listed) -> None:
    told = workers.catalog_write_sitemaps(TICK, None)
    assert shards() == ["sitemap-1.xml.gz"]
    urls = read("sitemap-1.xml.gz").findall(f"{SITEMAP}url")
    places = [one.findtext(f"{SITEMAP}loc") for one in urls]
    assert told == {"shards": 1, "urls": len(places)}
    paths = ["/", "/help", "/c/other", "/m/acme", *(f"/p/{slug}" for slug in listed)]
    assert {f"{SHOP}{prefix}{path}" for prefix in ("/en", "/zh") for path in paths} <= set(places)
    assert len(places) == len(set(places))


def test_each_address_names_itself_and_its_other_languages(listed) -> None:
    sitemaps.write()
    for one in read("sitemap-1.xml.gz").findall(f"{SITEMAP}url"):
        named = {link.get("hreflang"): link.get("href") for link in one.findall(LINK)}
        assert set(named) == {"en", "zh-CN", "x-default"}
        assert one.findtext(f"{SITEMAP}loc") in {named["en"], named["zh-CN"]}


def test_a_full_file_is_followed_by_another(listed, monkeypatch) -> None:
    monkeypatch.setattr(sitemaps, "URLS_MAX", 4)
    sitemaps.write()
    whole = [read(name).findall(f"{SITEMAP}url") for name in shards()]
    assert {len(urls) for urls in whole[:-1]} == {4}
    assert 1 <= len(whole[-1]) <= 4
    shelves = len(categories().categories)
    assert sum(map(len, whole)) == 2 * (len(sitemaps.STANDING) + shelves + 1 + len(listed))


def test_the_shelves_are_read_page_by_page(listed, monkeypatch) -> None:
    from chalicelib.contexts.catalog.service import shelves

    monkeypatch.setattr(shelves, "ROWS", 1)
    whole = list(shelves.oldest_first())
    assert {one.card.slug for one in whole} == set(listed)
    assert [one.since for one in whole] == sorted(one.since for one in whole)
    assert shelves.newest(2) == whole[:0:-1]


def test_who_may_not_sell_is_not_in_it(listed) -> None:
    other = a_merchant("kiln")
    merchants.suspend(SYSTEM, other.id, "late")
    sitemaps.write()
    assert f"{SHOP}/en/m/kiln" not in ET.tostring(read("sitemap-1.xml.gz"), encoding="unicode")


def test_twice_is_the_same_as_once(listed) -> None:
    sitemaps.write()
    first = files.get(settings().media_bucket, "sitemap-1.xml.gz")
    sitemaps.write()
    assert files.get(settings().media_bucket, "sitemap-1.xml.gz") == first


def test_services_and_pages_agree_on_the_prefixes() -> None:
    assert dict(PREFIXES) == sitemaps.PREFIXES
