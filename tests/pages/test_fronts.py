"""The ways into the shop: home, a merchant's front, words to read, what machines are told."""

import json
from xml.etree import ElementTree as ET

import pytest

from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.actors import SYSTEM
from tests.makers.round_trips import counted

ATOM = "{http://www.w3.org/2005/Atom}"
SHOP = "http://127.0.0.1:8000"
READINGS = ["/help", "/shipping-and-returns", "/terms", "/privacy"]


def structured(page) -> dict[str, dict]:
    """The page's structured data by type."""
    found = [json.loads(one.string) for one in page.soup.select('[type="application/ld+json"]')]
    flat = [part for one in found for part in one.get("@graph", [one])]
    return {one["@type"]: one for one in flat}


class TestHome:
    def test_it_leads_to_categories_merchants_and_products(self, browser, listed) -> None:
        product = listed(category="tops")
        page = browser.get("/")
        shelves = page.soup.select("#categories a")
        assert [one["href"] for one in shelves] == ["/c/clothing"]
        assert page.soup.select(f'a[href="/p/{product.slug}"]')
        assert page.one("#h-merchants").find_next("a")["href"].startswith("/m/mer_")

    def test_an_empty_market_is_a_page_too(self, browser) -> None:
        page = browser.get("/")
        assert page.status == 200
        assert "Come back soon" in page.text
        assert not page.soup.select("#h-more")

    def test_it_costs_three_round_trips(self, browser, listed) -> None:
        listed()
        browser.get("/")
        with counted() as calls:
            browser.get("/")
        assert len(calls) <= 3, calls

    def test_the_menu_holds_every_category_and_those_below(self, browser) -> None:
        menu = browser.get("/cart").one("details.menu")
        links = [one["href"] for one in menu.select(".menu__groups a")]
        assert links == ["/c/clothing", "/c/tops", "/c/tea", "/c/other"]


class TestMerchant:
    def test_its_front_tells_who_it_is_what_it_sells_and_how_it_delivers(
        self, browser, shop, listed
    ) -> None:
        shop.merchant("acme", description={"en": "Shirts since 1901", "zh-CN": "1901 年起做衬衫"})
        product = listed()
        page = browser.get("/m/acme")
        assert page.heading == "Acme"
        assert "Shirts since 1901" in page.text
        assert "Standard delivery" in page.text
        assert "£4.00 · 2 to 5 days, Worldwide" in page.text
        assert page.soup.select(f'a[href="/p/{product.slug}"]')
        assert "1901 年起做衬衫" in browser.get("/m/acme", accept_language="zh-CN").text

    def test_only_its_own_products_stand_there(self, browser, listed) -> None:
        other = listed("CUP", merchant="kiln")
        listed()
        assert not browser.get("/m/acme").soup.select(f'a[href="/p/{other.slug}"]')

    def test_its_id_leads_to_its_code(self, browser, shop) -> None:
        seller = shop.merchant("acme")
        reply = browser.http.get(f"/m/{seller.id}")
        assert (reply.status, reply.headers["location"]) == (301, "/m/acme")

    def test_without_products_it_shows_a_way_on(self, browser, shop) -> None:
        shop.merchant("acme")
        page = browser.get("/m/acme")
        assert "Nothing is on the shelf" in page.text
        assert page.soup.select('.empty a[href="/search"]')

    @pytest.mark.parametrize("code", ["nobody", "mer_nobody"])
    def test_an_unknown_one_is_not_there(self, browser, code) -> None:
        assert browser.get(f"/m/{code}").status == 404

    def test_one_that_may_not_sell_is_not_there(self, browser, shop) -> None:
        seller = shop.merchant("acme")
        merchants.suspend(SYSTEM, seller.id, "late")
        assert browser.get("/m/acme").status == 404

    def test_it_costs_four_round_trips(self, browser, listed) -> None:
        listed()
        browser.get("/m/acme")
        with counted() as calls:
            browser.get("/m/acme")
        assert len(calls) <= 4, calls


@pytest.mark.parametrize("path", READINGS)
class TestReadings:
    def test_it_says_something_under_each_heading_in_both_languages(self, browser, path) -> None:
        english, chinese = browser.get(path), browser.get(path, accept_language="zh-CN")
        for page in (english, chinese):
            assert page.status == 200
            sections = page.soup.select("article section")
            assert len(sections) >= 4
            assert all(one.h2 and one.p and one.p.get_text(strip=True) for one in sections)
        assert english.heading != chinese.heading
        assert english.reply.headers["cache-control"].startswith("public, max-age=0, s-maxage=300")

    def test_every_page_s_footer_leads_there(self, browser, path) -> None:
        assert browser.get("/cart").soup.select(f'footer a[href="{path}"]')


class TestMachines:
    def test_a_page_names_its_address_in_every_language(self, browser, listed) -> None:
        slug = listed().slug
        page = browser.get(f"/p/{slug}?utm_source=x", accept_language="zh-CN")
        assert page.one("link[rel=canonical]")["href"] == f"{SHOP}/zh/p/{slug}"
        others = {one["hreflang"]: one["href"] for one in page.soup.select("link[hreflang]")}
        assert others == {
            "en": f"{SHOP}/en/p/{slug}",
            "zh-CN": f"{SHOP}/zh/p/{slug}",
            "x-default": f"{SHOP}/p/{slug}",
        }

    @pytest.mark.parametrize("path", ["/", "/search", "/c/tea", "/m/acme", *READINGS])
    def test_a_public_page_can_be_shared_and_found(self, browser, shop, path) -> None:
        shop.merchant("acme")
        page = browser.get(path)
        assert len(page.soup.select("link[rel=canonical]")) == 1
        assert page.one('meta[name="description"]')["content"]
        told = {one["property"]: one["content"] for one in page.soup.select("meta[property]")}
        assert told["og:title"] in page.soup.title.string
        assert told["og:image"].startswith(SHOP)
        assert page.one('meta[name="twitter:card"]')["content"] == "summary_large_image"
        assert not page.soup.select('meta[name="robots"]')

    @pytest.mark.parametrize("path", ["/account/sign-in", "/account/register", "/p/gone"])
    def test_personal_pages_and_refusals_are_not_to_be_found(self, browser, path) -> None:
        page = browser.get(path)
        assert page.one('meta[name="robots"]')["content"] == "noindex"
        assert not page.soup.select("link[rel=canonical]")

    def test_home_and_listings_are_described(self, browser, listed) -> None:
        product = listed(category="tops")
        home = structured(browser.get("/"))
        assert home["Organization"]["name"] == "Souk"
        assert home["WebSite"]["potentialAction"]["@type"] == "SearchAction"
        category = structured(browser.get("/c/tops"))
        address = f"{SHOP}/en/p/{product.slug}"
        assert category["ItemList"]["itemListElement"][0]["url"] == address
        steps = category["BreadcrumbList"]["itemListElement"]
        assert [one["item"] for one in steps] == [
            f"{SHOP}/en/",
            f"{SHOP}/en/c/clothing",
            f"{SHOP}/en/c/tops",
        ]
        assert structured(browser.get(f"/p/{product.slug}"))["Product"]

    def test_robots_are_kept_from_what_is_personal(self, browser) -> None:
        reply = browser.http.get("/robots.txt")
        assert reply.headers["content-type"].startswith("text/plain")
        lines = reply.text.splitlines()
        assert f"Sitemap: {SHOP}/sitemap.xml" in lines
        assert {"Disallow: /checkout", "Disallow: /zh/checkout", "Disallow: /en/account"} <= set(
            lines
        )
        assert not [one for one in lines if one.startswith("Disallow: /p")]

    def test_what_is_new_comes_as_a_feed(self, browser, listed) -> None:
        product = listed(title="Tea & <Cups>")
        reply = browser.http.get("/feed.xml", accept_language="zh-CN")
        assert reply.headers["content-type"].startswith("application/atom+xml")
        feed = ET.fromstring(reply.text)
        [entry] = feed.findall(f"{ATOM}entry")
        assert entry.find(f"{ATOM}title").text == "Tea & <Cups>"
        assert entry.find(f"{ATOM}link").get("href") == f"{SHOP}/zh/p/{product.slug}"
        assert feed.find(f"{ATOM}updated").text == entry.find(f"{ATOM}updated").text
        assert feed.find(f"{ATOM}title").text.startswith("新")
