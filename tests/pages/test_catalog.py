"""The shop's shelves as HTML."""

import json
from urllib.parse import urlencode

import pytest

from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.model.wanted import WantedVariant
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.money import Money
from tests.makers.browser import values
from tests.makers.round_trips import counted

HOSTILE = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>"


def sized(**prices: int):
    return tuple(
        WantedVariant(f"TEE-{size}", Money(price, "GBP"), {"Size": size})
        for size, price in prices.items()
    )


class TestHome:
    def test_it_shows_categories_and_what_is_new(self, browser, listed) -> None:
        listed("TEE", title="Linen shirt", price=2_450)
        page = browser.get("/")
        assert page.texts(".card__title") == ["Linen shirt"], "once, though it sells best, too"
        assert page.one(".card__title a")["href"].startswith("/p/linen-shirt-")
        assert "£ 24.50" in page.text
        assert page.texts("#categories .tile") == ["Clothing 1 product"]
        assert page.texts(".fronts .tile") == ["Acme Visit the shop"]
        assert page.texts(".shelves a") == ["Clothing", "Tea", "Other"]

    def test_an_empty_market_says_so(self, browser) -> None:
        assert "The first products are being laid out" in browser.get("/").text

    def test_it_takes_three_round_trips(self, browser, listed) -> None:
        listed()
        browser.get("/")
        with counted() as calls:
            browser.get("/")
        assert len(calls) == 3, calls


class TestListing:
    def test_a_category_holds_what_is_below_it(self, browser, listed) -> None:
        listed("TEE", title="Linen shirt")
        listed("GREEN", title="Green tea", category="tea")
        page = browser.get("/c/clothing")
        assert page.heading == "Clothing"
        assert page.texts(".card__title") == ["Linen shirt"]
        assert page.texts(".headline p") == ["1 product"]
        assert page.texts(".shelves a[aria-current]") == ["Clothing"]

    def test_a_search_names_its_words_and_keeps_them_in_the_box(self, browser, listed) -> None:
        listed("TEE", title="Linen shirt")
        listed("GREEN", title="Green tea", category="tea")
        page = browser.get("/search?q=green")
        assert page.heading == "Results for “green”"
        assert page.one("header input[name=q]")["value"] == "green"
        assert page.texts(".card__title") == ["Green tea"]

    def test_hostile_words_stay_words(self, browser) -> None:
        page = browser.get("/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        assert page.one("header input[name=q]")["value"] == '"><script>alert(1)</script>'
        assert [one.get("src") is None for one in page.soup.select("script")] == [False]

    def test_filters_stand_in_the_address_and_can_be_taken_off(self, browser, listed) -> None:
        listed("CHEAP", title="Cheap", price=500)
        listed("DEAR", title="Dear", price=5_000)
        page = browser.get("/search?min=10&in_stock=1&sort=price_asc")
        assert page.texts(".card__title") == ["Dear"]
        chips = {one.get_text(" ", strip=True): one["href"] for one in page.soup.select(".chips a")}
        assert chips["from 10 ×"] == "/search?in_stock=1&sort=price_asc"
        assert chips["Clear all"] == "/search?sort=price_asc"
        assert page.one("select[name=sort] option[selected]")["value"] == "price_asc"
        assert page.one("meta[name=robots]")["content"] == "noindex, follow"

    def test_what_is_no_price_is_said(self, browser) -> None:
        page = browser.get("/search?min=cheap")
        assert page.status == 400
        assert "A price is a number" in page.text
        assert page.one("input[name=min]")["value"] == "cheap"

    def test_the_advanced_form_asks_for_everything_and_works_without_scripts(
        self, browser, listed
    ) -> None:
        entry = {"name": "fabric", "label": {"en": "Fabric", "zh-CN": "面料"}, "kind": "text"}
        weight = {"name": "weight", "label": {"en": "Weight", "zh-CN": "重量"}, "unit": "g"}
        service.save_attribute(SYSTEM, "tops", entry)
        service.save_attribute(SYSTEM, "tops", {**weight, "kind": "number"})
        for code, title in {"A": "Blue linen shirt", "B": "Linen shirt, blue", "C": "Tie"}.items():
            listed(code, title=title, attributes={"Fabric": "Linen", "Weight": "0.2 kg"})
        page = browser.get("/search")
        page = browser.get(page.one('.filters a[href*="advanced"]')["href"])
        assert page.texts("#f-category option")[1:] == ["Clothing", "Tops", "Tea", "Other"]
        assert page.texts("#f-merchant option") == ["Any", "Acme"]
        assert page.soup.select_one("#attributes") is None
        page = browser.get("/search/advanced?category=tops&q=shirt&min=5")
        assert page.one("#f-q")["value"] == "shirt", "what was typed is kept"
        assert page.one("#f-min")["value"] == "5"
        assert [one["name"] for one in page.soup.select("#attributes input")] == [
            "attr.fabric",
            "attr.weight",
        ]
        form = page.one("main form")
        asked = {**values(form), "phrase": "linen shirt", "attr.weight": "200 克"}
        found = browser.get("/search?" + urlencode({**asked, "without": "blue*"}))
        assert found.texts(".card__title") == []
        found = browser.get("/search?" + urlencode(asked))
        assert found.address.startswith("/c/tops?")
        assert sorted(found.texts(".card__title")) == ["Blue linen shirt", "Linen shirt, blue"]
        chips = found.texts(".chips a")
        assert "“linen shirt” ×" in chips
        assert "Weight: 200 g ×" in chips

    def test_pages_lead_on_and_back(self, browser, listed) -> None:
        for number in range(26):
            listed(f"T{number}", title=f"Tee {number:02}")
        page = browser.get("/search?sort=name")
        assert page.texts(".card__title") == [f"Tee {number:02}" for number in range(24)]
        page = browser.get(page.one("a[rel=next]")["href"])
        assert page.texts(".card__title") == ["Tee 24", "Tee 25"]
        assert page.one(".more a")["href"] == "/search?sort=name"

    def test_a_made_up_cursor_is_refused_on_a_page(self, browser) -> None:
        assert browser.get("/search?cursor=made-up").status == 400

    def test_nothing_found_leads_on(self, browser, listed) -> None:
        listed("TEE", title="Linen shirt")
        page = browser.get("/search?q=zzzz")
        assert page.texts(".empty h2") == ["Nothing is called that"]
        assert page.one(".empty a.button")["href"] == "/search"
        assert page.texts("section[aria-labelledby=popular] h3") == ["Linen shirt"]
        page = browser.get("/c/tops?min=90")
        assert page.texts(".empty h2") == ["Nothing fits"]
        assert page.one(".empty a.button")["href"] == "/c/tops"
        assert page.texts(".card__title") == []
        assert browser.get("/c/tea").texts(".empty h2") == ["There is nothing here yet"]

    def test_a_page_shows_as_much_as_one_wants_and_as_small(self, browser, listed) -> None:
        for number in range(25):
            listed(f"TEE{number}", title=f"Shirt {number}")
        page = browser.get("/c/tops?sort=name")
        assert len(page.soup.select(".card")) == 24
        assert page.one("a[rel=next]")["data-goes-on"] == "Show more"
        page = browser.get(page.one("[data-density]")["href"])
        assert page.one("main .cards--dense")
        asked = values(page.one("main form"))
        assert (asked["sort"], asked["dense"], asked["show"]) == ("name", "1", "24")
        page = browser.get("/c/tops?" + urlencode({**asked, "show": "48"}))
        assert len(page.soup.select(".cards--dense .card")) == 25
        assert "dense" not in page.one("[data-density]")["href"]
        assert len(browser.get("/c/tops?show=100000").soup.select(".card")) == 24

    def test_sold_out_products_say_so(self, browser, listed) -> None:
        listed("GONE", title="Gone", stock=0)
        assert page_badges(browser.get("/search")) == ["Sold out"]

    def test_it_takes_two_round_trips(self, browser, listed) -> None:
        listed()
        browser.get("/c/tops")
        with counted() as calls:
            browser.get("/c/tops")
        assert len(calls) == 2, calls


class TestProduct:
    def test_it_shows_what_a_shopper_asks(self, browser, listed) -> None:
        product = listed(
            "TEE",
            title="Linen shirt",
            attributes={"Fabric": "Linen"},
            variants=(WantedVariant("TEE", Money(1_600, "GBP"), {}, Money(2_000, "GBP")),),
            stock=3,
        )
        page = browser.get(f"/p/{product.slug}")
        assert page.heading == "Linen shirt"
        assert page.texts(".price--big") == ["£ 16.00"]
        assert page.texts("s.price--was") == ["Before £ 20.00"]
        assert "−20%" in page.text
        assert "Only 3 left" in page.text
        assert "Sold by Acme" in page.text
        assert page.texts(".facts dt") == ["Fabric"]
        assert page.texts(".crumbs li") == ["Market", "Clothing", "Tops"]
        assert page.one("input[name=quantity]")["max"] == "3"
        assert (
            page.one("link[rel=canonical]")["href"] == f"http://127.0.0.1:8000/en/p/{product.slug}"
        )

    def test_options_are_links_and_the_address_says_which_is_chosen(self, browser, listed) -> None:
        product = listed("TEE", options=("Size",), variants=sized(S=1_000, M=1_200))
        page = browser.get(f"/p/{product.slug}")
        assert page.texts(".options .chip") == ["S", "M"]
        medium = page.soup.select(".options .chip")[1]["href"]
        assert medium == f"/p/{product.slug}?variant=TEE-M"
        page = browser.get(medium)
        assert page.texts(".chip[aria-current]") == ["M"]
        assert page.texts(".price--big") == ["£ 12.00"]
        assert page.one("form[action='/cart/lines'] input[name=sku]")["value"] == "acme.TEE-M"

    def test_a_combination_that_is_not_made_is_marked(self, browser, listed) -> None:
        variants = (
            WantedVariant("A", Money(100, "GBP"), {"Size": "S", "Colour": "Red"}),
            WantedVariant("B", Money(100, "GBP"), {"Size": "M", "Colour": "Blue"}),
        )
        product = listed("TEE", options=("Size", "Colour"), variants=variants)
        page = browser.get(f"/p/{product.slug}?variant=A")
        assert page.texts(".chip--no") == ["M", "Blue"]

    def test_what_is_sold_out_cannot_be_bought(self, browser, listed) -> None:
        page = browser.get(f"/p/{listed(stock=0).slug}")
        assert "Sold out" in page.text
        assert all(one.has_attr("disabled") for one in page.soup.select(".buybar button"))

    def test_hostile_titles_and_descriptions_do_nothing(self, browser, listed) -> None:
        product = listed(
            "TEE",
            title=HOSTILE,
            description=f"<p>Soft</p><a href='javascript:alert(1)' style='x'>x</a>{HOSTILE}",
            attributes={"Fabric": HOSTILE},
        )
        page = browser.get(f"/p/{product.slug}")
        assert page.heading == HOSTILE
        assert not page.soup.select("[onerror], [style], .prose img, .prose script, a[href^=java]")
        scripts = page.soup.select("script")
        inline = {one.get("type") for one in scripts if not one.get("src")}
        assert inline == {"application/ld+json"}
        assert HOSTILE not in page.reply.text
        assert page.texts(".prose p") == ["Soft"]

    def test_machines_read_its_offers(self, browser, listed) -> None:
        product = listed("TEE", title="Linen shirt", price=1_299)
        page = browser.get(f"/p/{product.slug}")
        structured = page.soup.select("script[type='application/ld+json']")
        crumbs, said = [json.loads(one.string) for one in structured]
        assert (crumbs["@type"], len(crumbs["itemListElement"])) == ("BreadcrumbList", 4)
        assert (said["@type"], said["name"]) == ("Product", "Linen shirt")
        offer = said["offers"][0]
        assert (offer["price"], offer["priceCurrency"]) == ("12.99", "GBP")
        assert offer["availability"] == "https://schema.org/InStock"

    @pytest.mark.parametrize("other", ["id", "old slug"])
    def test_its_id_and_former_slugs_lead_to_it(self, browser, listed, other) -> None:
        product = listed()
        reference = product.id if other == "id" else f"former-name-{product.code}"
        reply = browser.http.get(f"/p/{reference}?variant=TEE")
        assert (reply.status, reply.headers["location"]) == (301, f"/p/{product.slug}?variant=TEE")

    def test_drafts_are_not_there(self, browser, listed) -> None:
        from chalicelib.contexts.catalog.model.products import ProductState

        assert browser.get(f"/p/{listed(state=ProductState.DRAFT).slug}").status == 404

    def test_it_takes_two_round_trips(self, browser, listed) -> None:
        product = listed()
        browser.get(f"/p/{product.slug}")
        with counted() as calls:
            browser.get(f"/p/{product.slug}")
        assert len(calls) == 2, calls

    def test_it_speaks_chinese(self, browser, listed) -> None:
        browser.locale = "zh-CN"
        page = browser.get(f"/p/{listed(stock=9).slug}")
        assert page.texts(".buybar button") == ["加入购物车", "立即购买"]
        assert "有货" in page.text
        assert page.texts(".crumbs li") == ["集市", "服饰", "上衣"]


def page_badges(page) -> list[str]:
    return page.texts(".card__badge")
