"""What shoppers see of offers from the cart on: savings, gifts, what is missing, what has ended."""

import pytest

from chalicelib.contexts.inventory import service as inventory
from tests.makers.offers import an_offer, patch_offer
from tests.makers.rows import of_kind
from tests.makers.shop import gbp
from tests.pages.test_cart import put
from tests.pages.test_checkout import placed, quoted

FIVE_OFF = {"threshold": {"amount": gbp(3_000)}, "titles": {"en": "£5 off", "zh-CN": "减5"}}


@pytest.fixture
def seller(shop):
    return shop.merchant("acme")


class TestCart:
    def test_a_line_says_what_came_off_and_what_it_was(self, browser, shop, listed, seller) -> None:
        an_offer(shop, seller, titles={"en": "Spring sale", "zh-CN": "春季特惠"})
        page = put(browser, listed("TEE", price=2_000), "2")
        assert page.texts(".lines .savings li") == ["Spring sale −£ 4.00"]
        assert page.texts(".lines .price--was") == ["Before £ 40.00"]
        assert page.texts(".sums__total dd") == ["£ 36.00"]
        browser.locale = "zh-CN"
        assert "春季特惠" in browser.get("/cart").texts(".savings li")[0]

    def test_what_is_missing_is_said_until_it_is_not(self, browser, shop, listed, seller) -> None:
        an_offer(shop, seller, "amount_off", gbp(500), **FIVE_OFF)
        page = put(browser, listed("TEE", price=2_700))
        assert page.texts(".hints li") == ["£5 off £3.00 more saves £5.00 See what Acme has"]
        assert page.one(".hints a")["href"] == "/m/acme"
        page = put(browser, listed("CUP", price=300))
        assert not page.soup.select(".hints")
        assert page.texts(".sums__total dd") == ["£ 25.00"]

    def test_a_step_that_saves_no_more_is_not_praised(self, browser, shop, listed, seller) -> None:
        an_offer(shop, seller, "amount_off", gbp(600), threshold={"amount": gbp(1_000)})
        an_offer(shop, seller, "amount_off", gbp(500), **FIVE_OFF)
        assert not put(browser, listed("TEE", price=2_000)).soup.select(".hints")

    def test_a_gift_comes_along(self, browser, shop, listed, seller) -> None:
        cup = listed("CUP", title="Cup", price=500)
        title = {"en": "With thanks", "zh-CN": "谢礼"}
        an_offer(shop, seller, "gift", {"sku": "acme.CUP"}, titles=title)
        page = put(browser, listed("TEE", title="Shirt", price=2_000))
        assert page.texts(".lines .line__head a") == ["Shirt", "Cup"]
        assert "Comes along: With thanks" in page.text
        assert page.texts(".sums__total dd") == ["£ 20.00"]
        drawer = browser.get("/fragments/cart")
        assert "Comes along: With thanks" in drawer.text
        assert page.soup.select(f".lines a[href='/p/{cup.slug}']")


class TestCheckout:
    def test_delivery_that_an_offer_frees_says_what_it_was(
        self, browser, shop, listed, seller
    ) -> None:
        an_offer(shop, seller, "free_shipping", None)
        put(browser, listed("TEE", price=2_000))
        page = quoted(browser)
        assert page.soup.select(".choice__end .price--was")
        assert page.soup.select(".sums .price--was")

    def test_an_offer_that_was_stopped_is_told_by_its_name(
        self, browser, shop, listed, seller
    ) -> None:
        made = an_offer(shop, seller, titles={"en": "Spring sale", "zh-CN": "春"})
        put(browser, listed("TEE", price=2_000))
        page = quoted(browser)
        assert page.texts("aside .savings li")
        patch_offer(shop, seller, made["id"], stopped=True)
        page = placed(browser, page)
        rows = [
            " ".join(row.get_text(" ").split()) for row in page.soup.select(".changes tbody tr")
        ]
        assert rows[0] == "Spring sale −£2.00 This offer does not apply any more"
        assert rows[1].startswith("Total £")

    def test_marks_that_are_none_are_passed_over(self, browser, shop, listed, seller) -> None:
        put(browser, listed("TEE", price=2_000, stock=5), "2")
        page = quoted(browser)
        inventory.put_stock(seller.actor, "acme.TEE", 1)
        again = browser.send(page, page.form("/checkout"), press="place", saved="x y z")
        assert again.status == 409

    def test_the_purchase_keeps_what_came_off(self, browser, shop, listed, seller) -> None:
        an_offer(shop, seller, titles={"en": "Spring sale", "zh-CN": "春"})
        put(browser, listed("TEE", price=2_000))
        placed(browser, quoted(browser))
        purchase = {"id": "pur_" + of_kind("orders", "PURCHASE")[0]["pk"]["S"].partition("#")[2]}
        page = browser.get(f"/orders/{purchase['id']}")
        assert page.texts(".savings li") == ["Spring sale −£ 2.00"]
        assert page.texts(".lines .price--was") == ["Before £ 20.00"]


class TestFront:
    def test_a_merchant_says_what_it_has_on_offer(self, browser, shop, listed, seller) -> None:
        tee = listed("TEE", price=2_000)
        assert "What they have on offer" not in browser.get("/m/acme").text
        an_offer(shop, seller, title="For tees", products=[tee.id], quota=5)
        an_offer(shop, seller, "amount_off", gbp(500), **FIVE_OFF)
        an_offer(shop, shop.merchant("kiln"), title="Hers")
        an_offer(shop, seller, title="Stopped", stopped=True)
        tees, five = browser.get("/m/acme").texts(".offer")
        assert tees.startswith("For tees 10% off · 1 product Until ")
        assert tees.endswith("while it lasts")
        assert five.startswith("£5 off £5.00 off · from £30.00 on · Everything Until ")
        browser.locale = "zh-CN"
        assert browser.get("/m/acme").texts(".offer")[1].startswith("减5 ")


class TestProduct:
    def test_an_offer_for_some_says_for_whom_and_lowers_nobodys_price(
        self, browser, shop, listed, seller
    ) -> None:
        audiences = (
            {"tiers": ["gold", "platinum"]},
            {"tiers": ["member", "silver", "gold", "platinum"]},
            {"tiers": ["silver"], "first_order": True},
        )
        product = listed("TEE", price=1_000)
        for number, audience in enumerate(audiences):
            an_offer(
                shop, seller, "fixed_price", gbp(700), title=f"No. {number}", audience=audience
            )
        for path in (f"/p/{product.slug}", "/m/acme"):
            page = browser.get(path)
            assert page.texts(".offer .tag") == ["Gold and up", "Members", "Silver · First order"]
        assert browser.get(f"/p/{product.slug}").texts(".price--big") == ["£ 10.00"]
        seen = shop.http.get(f"/api/v1/products/{product.id}").json()
        assert seen["offers"] == []

    def test_programs_read_what_is_on_offer_for_it(self, shop, listed, seller) -> None:
        tee, cup = listed("TEE", price=2_000), listed("CUP")
        titles = {"en": "Spring sale", "zh-CN": "春季特惠"}
        made = an_offer(shop, seller, titles=titles, quota=5, categories=["clothing"])
        an_offer(shop, seller, products=[cup.id])
        shown = shop.http.get(f"/api/v1/products/{tee.slug}", accept_language="zh-CN").json()
        assert shown["offers"] == [
            {
                "id": made["id"],
                "merchant_id": seller.id,
                "title": "春季特惠",
                "kind": "percent_off",
                "value": {"percent": 10},
                "threshold": None,
                "lane": "product",
                "ends_at": made["ends_at"],
                "limited": True,
            }
        ]
        (own, *_) = shop.http.get("/api/v1/merchant/products", **seller.authorization).json()[
            "items"
        ]
        assert "offers" not in own

    def test_its_price_comes_down_for_people_and_machines(
        self, browser, shop, listed, seller
    ) -> None:
        tee = listed("TEE", price=2_000)
        offer = an_offer(
            shop, seller, titles={"en": "Spring sale", "zh-CN": "春"}, products=[tee.id]
        )
        page = browser.get(f"/p/{tee.slug}")
        assert page.texts(".product__buy .price") == ["£ 18.00", "Before £ 20.00"]
        assert '"price":"18.00"' in page.reply.text.replace(" ", "")
        (row,) = page.texts(".offer")
        assert row.startswith("Spring sale 10% off Until ")
        patch_offer(shop, seller, offer["id"], stopped=True)
        page = browser.get(f"/p/{tee.slug}")
        assert page.texts(".product__buy .price") == ["£ 20.00"]
        assert not page.soup.select(".offer")

    def test_what_is_of_whole_orders_is_told_and_not_reckoned(
        self, browser, shop, listed, seller
    ) -> None:
        tee = listed("TEE", price=2_000)
        an_offer(shop, seller, "amount_off", gbp(500), quota=7, **FIVE_OFF)
        page = browser.get(f"/p/{tee.slug}")
        assert page.texts(".product__buy .price") == ["£ 20.00"]
        (five,) = page.texts(".offer")
        assert five.startswith("£5 off £5.00 off · from £30.00 on · 7 left of this offer Until ")

    def test_a_flash_price_says_what_is_left_until_nothing_is(
        self, browser, shop, listed, seller
    ) -> None:
        tee = listed("TEE", price=2_000)
        an_offer(shop, seller, "fixed_price", gbp(1_500), title="Flash", quota=3)
        page = browser.get(f"/p/{tee.slug}")
        assert page.texts(".product__buy .price") == ["£ 15.00", "Before £ 20.00"]
        assert page.texts(".offer .bad") == ["3 left at this price"]
        shop.bought({"acme.TEE": 2})
        assert browser.get(f"/p/{tee.slug}").texts(".offer .bad") == ["1 left at this price"]
        shop.bought({"acme.TEE": 1})
        page = browser.get(f"/p/{tee.slug}")
        assert page.texts(".product__buy .price") == ["£ 20.00"]
        assert not page.soup.select(".offer")

    def test_others_offers_and_those_to_come_are_not_told(
        self, browser, shop, listed, seller
    ) -> None:
        tee, cup = listed("TEE"), listed("CUP")
        an_offer(shop, seller, products=[cup.id])
        times = {"starts_at": "2027-01-01T00:00:00Z", "ends_at": "2027-02-01T00:00:00Z"}
        an_offer(shop, seller, **times)
        assert not browser.get(f"/p/{tee.slug}").soup.select(".offer")
