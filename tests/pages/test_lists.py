"""Products put together by a shopper: compared, looked at, alike; and what a product's page tells."""

import pytest

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.model.wanted import WantedVariant
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.money import Money
from tests.makers.round_trips import counted


@pytest.fixture
def typed(shop):
    """Tops have a weight in grams, tea one in kilograms; both may be organic."""
    entries = {
        "tops": {"kind": "number", "unit": "g"},
        "tea": {"kind": "number", "unit": "kg"},
    }
    label = {"en": "Weight", "zh-CN": "重量"}
    organic = {"name": "organic", "label": {"en": "Organic", "zh-CN": "有机"}, "kind": "boolean"}
    for category, entry in entries.items():
        catalog.save_attribute(SYSTEM, category, {"name": "weight", "label": label, **entry})
        catalog.save_attribute(SYSTEM, category, organic)


@pytest.fixture
def pair(typed, listed):
    shirt = listed("TEE", title="Shirt", attributes={"Weight": "250", "Organic": "yes"})
    tea = listed(
        "GREEN", title="Tea", category="tea", attributes={"weight": "0.25", "organic": "no"}
    )
    return shirt, tea


def rows(page) -> dict[str, list[str]]:
    return {
        row.th.text: [cell.text for cell in row.select("td")]
        for row in page.soup.select(".compare tbody tr")
    }


class TestFilters:
    def test_typed_values_are_one_choice_in_the_shoppers_language(
        self, browser, typed, listed
    ) -> None:
        for code, weight in {"A": "250", "B": "0.25 kg", "C": "1kg"}.items():
            listed(code, attributes={"Weight": weight, "Organic": "yes" if code == "A" else "no"})
        page = browser.get("/c/tops")
        facets = {one.h2.text: one.select("li") for one in page.soup.select(".filters section")}
        assert [one.text for one in facets["Weight"]] == ["250\xa0g2", "1,000\xa0g1"]
        assert [one.text for one in facets["Organic"]] == ["No2", "Yes1"]
        page = browser.get(facets["Weight"][0].a["href"])
        assert len(page.texts(".card__title")) == 2
        assert "Weight: 250 g ×" in page.texts(".chips a")
        page = browser.get("/c/tops", accept_language="zh-CN")
        assert "重量" in [one.text for one in page.soup.select(".filters h2")]


class TestCompare:
    def test_products_stand_side_by_side_in_one_unit(self, browser, pair) -> None:
        shirt, tea = pair
        page = browser.get(f"/compare?p={shirt.slug}&p={tea.id}")
        assert page.texts(".compare th[scope=col] > a:not(.small)") == ["Shirt", "Tea"]
        assert rows(page)["Weight"] == ["250\xa0g", "250\xa0g"]
        assert rows(page)["Organic"] == ["Yes", "No"]
        assert rows(page)["Price"] == ["£12.99", "£12.99"]

    def test_only_what_differs_can_be_shown(self, browser, pair) -> None:
        shirt, tea = pair
        page = browser.get(f"/compare?p={shirt.slug}&p={tea.slug}")
        page = browser.get(page.one("p.row > a.button")["href"])
        assert list(rows(page)) == ["Organic"]
        assert "4 rows are the same" in page.text
        page = browser.get(page.one("p.row > a.button")["href"])
        assert len(rows(page)) == 5

    def test_one_can_be_taken_off_and_another_added_without_scripts(self, browser, pair) -> None:
        shirt, tea = pair
        page = browser.get(f"/compare?p={shirt.slug}&p={tea.slug}")
        page = browser.get(page.one(f"[data-without='{shirt.slug}']")["href"])
        assert page.texts(".compare th[scope=col] > a:not(.small)") == ["Tea"]
        kept = page.one("form input[type=hidden][name=p]")["value"]
        page = browser.get(f"/compare?p={kept}&p=http://127.0.0.1:8000/p/{shirt.slug}")
        assert page.texts(".compare th[scope=col] > a:not(.small)") == ["Tea", "Shirt"]

    def test_what_is_not_there_is_said(self, browser, pair) -> None:
        page = browser.get(f"/compare?p={pair[0].slug}&p=gone-p7k2m9qd&p=%00&p=" + "x" * 500)
        assert page.status == 200
        assert "Up to four products" in page.one("[role=status]").text
        assert page.texts(".compare th[scope=col] > a:not(.small)") == ["Shirt"]

    def test_nothing_leads_on(self, browser, shop) -> None:
        assert browser.get("/compare").one(".empty a")["href"] == "/search"

    def test_it_speaks_chinese(self, browser, pair) -> None:
        browser.http.cookies["souk_locale"] = "zh-CN"
        page = browser.get(f"/compare?p={pair[0].slug}&p={pair[1].slug}")
        assert rows(page)["重量"] == ["250克", "250克"]

    def test_it_takes_two_round_trips(self, browser, pair) -> None:
        path = f"/compare?p={pair[0].slug}&p={pair[1].slug}"
        browser.get(path)
        with counted() as calls:
            browser.get(path)
        assert len(calls) == 2, calls

    def test_cards_lead_there(self, browser, pair) -> None:
        leads = [one["href"] for one in browser.get("/search").soup.select(".card__compare")]
        assert sorted(leads) == sorted(f"/compare?p={one.slug}" for one in pair)


class TestRecent:
    def test_it_says_why_it_knows_nothing(self, browser, shop) -> None:
        page = browser.get("/recent")
        assert "needs JavaScript" in page.one("souk-recent .empty").text
        assert page.one("souk-recent")["data-cards"] == "/fragments/cards"

    def test_a_browser_gets_cards_for_what_it_remembers(self, browser, pair) -> None:
        shirt, tea = pair
        page = browser.get(f"/fragments/cards?p={tea.slug}&p=no-such-p7k2m9qd&p={shirt.slug}")
        assert page.texts("[data-cards] .card__title") == ["Tea", "Shirt"]
        assert "1 product that you looked at is not in the shop now." in page.text
        assert browser.get("/fragments/cards").soup.select(".card") == []


class TestProduct:
    def test_attributes_are_said_in_the_reader_s_language(self, browser, typed, listed) -> None:
        product = listed("TEE", attributes={"Origin": "Suzhou", "Weight": "0.2 kg", "organic": "y"})
        page = browser.get(f"/p/{product.slug}")
        assert page.texts(".facts dt") == ["Weight", "Organic", "Origin"]
        assert [one.text for one in page.soup.select(".facts dd")] == ["200\xa0g", "Yes", "Suzhou"]
        browser.http.cookies["souk_locale"] = "zh-CN"
        page = browser.get(f"/p/{product.slug}")
        assert page.texts(".facts dt") == ["重量", "有机", "Origin"]

    def test_it_says_how_it_is_delivered_and_who_sells(self, browser, listed) -> None:
        page = browser.get(f"/p/{listed().slug}")
        assert "Standard delivery: 2 to 5 days, £4.00" in page.text
        assert page.one("#h-merchant a").text == "Acme"

    def test_sold_out_leads_to_its_category(self, browser, listed) -> None:
        page = browser.get(f"/p/{listed(stock=0).slug}")
        assert page.one("[role=status] a")["href"] == "/c/tops"
        assert page.one("button[value=cart]").has_attr("disabled")

    def test_a_variant_that_is_gone_is_struck(self, browser, listed, shop) -> None:
        from chalicelib.contexts.inventory import service as inventory

        variants = tuple(
            WantedVariant(f"TEE-{size}", Money(900, "GBP"), {"Size": size}) for size in "SM"
        )
        product = listed("TEE", options=("Size",), variants=variants)
        inventory.put_stock(shop.sellers["acme"].actor, "acme.TEE-M", 0)
        page = browser.get(f"/p/{product.slug}?variant=TEE-S")
        assert page.texts(".chip--gone") == ["M"]
        assert page.texts(".product__buy .code") == ["TEE-S"]

    def test_what_is_alike_comes_as_a_fragment_and_without_scripts_as_a_link(
        self, browser, listed
    ) -> None:
        first, second = listed("A", title="First"), listed("B", title="Second")
        place = browser.get(f"/p/{first.slug}").one("[data-fragment*=related]")
        assert place.a["href"] == "/c/tops"
        page = browser.get(place["data-fragment"])
        assert page.texts(".card__title") == ["Second"]
        assert second.slug in page.one(".card__title a")["href"]

    def test_it_can_be_compared_and_shared(self, browser, listed) -> None:
        product = listed(title="Cup & saucer")
        page = browser.get(f"/p/{product.slug}")
        assert page.one("a[href^='/compare']")["href"] == f"/compare?p={product.slug}"
        assert page.one("#share")["value"].endswith(f"/p/{product.slug}")
        assert "Cup%20%26%20saucer" in page.one("a[href^='mailto:']")["href"]
