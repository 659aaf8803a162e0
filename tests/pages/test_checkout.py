"""Checkout as HTML: two steps on one page, one purchase however often the button is pressed."""

import pytest

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.members import service as members
from tests.makers.browser import values
from tests.makers.people import PASSWORD, a_member
from tests.makers.round_trips import counted
from tests.makers.rows import of_kind
from tests.makers.shop import delivers
from tests.pages.test_cart import chosen, put, reprice, two_merchants
from tests.unit.members.test_addresses import LONDON, SHENZHEN

TYPED = {
    "email": "ada@shop.example",
    "name": "Ada Example",
    "phone": "+44 20 7946 0000",
    "line1": "1 Example Street",
    "city": "London",
    "postal_code": "N1 1AA",
    "country": "GB",
}


@pytest.fixture
def at_checkout(browser, listed):
    """A visitor with two tees of 10.00 at the checkout."""
    put(browser, listed("TEE", title="Linen shirt", price=1_000, stock=5), "2")
    return browser


def quoted(browser, **typed: str):
    page = browser.get("/checkout")
    return browser.send(page, page.form("/checkout"), press="quote", **{**TYPED, **typed})


def placed(browser, page, **typed: str):
    return browser.send(page, page.form("/checkout"), press="place", follow=False, **typed)


def changes(page) -> list[str]:
    return page.texts(".changes tbody tr")


def purchases() -> int:
    return len(of_kind("orders", "PURCHASE"))


def test_without_goods_it_leads_to_the_cart(browser) -> None:
    assert browser.get("/checkout").address == "/cart"


def test_the_address_comes_first(at_checkout) -> None:
    page = at_checkout.get("/checkout")
    assert page.texts("section h2") == ["1 Where to"]
    assert page.texts(".sums__total dd") == ["£ 20.00"]
    assert "after the address" in page.text
    assert not page.soup.select("button[value=place]")


def test_every_wrong_field_is_named_and_what_was_typed_stays(at_checkout) -> None:
    page = quoted(at_checkout, email="nobody", city="", line2="Flat 2")
    assert page.status == 400
    wrong = [str(one["name"]) for one in page.soup.select("[aria-invalid=true]")]
    assert wrong == ["email", "city"]
    assert page.texts("#e-email") == ["This does not look right."]
    assert page.texts("#e-city") == ["Fill this in."]
    assert page.one("#f-city")["aria-describedby"] == "e-city"
    assert page.one("#f-line2")["value"] == "Flat 2"
    assert page.one("#f-country option[selected]")["value"] == "GB"
    links = {str(one["href"]): one.get_text() for one in page.soup.select("[role=alert] a")}
    assert links == {
        "#f-email": "Email: This does not look right.",
        "#f-city": "City: Fill this in.",
    }
    empty = quoted(at_checkout, email="")
    assert empty.texts("#e-email") == ["Fill this in."]
    assert purchases() == 0


def test_delivery_and_payment_follow_from_the_address(at_checkout) -> None:
    page = quoted(at_checkout)
    assert page.status == 200
    assert page.texts("section h2") == ["1 Where to", "2 How", "3 Payment"]
    assert page.one("input[name=delivery_method][checked]")["value"] == "standard"
    assert page.texts(".sums__total dd") == ["£ 24.00"]
    assert page.texts("input[name=provider] + span .strong") == ["Sandbox payment"]


def test_where_nothing_is_delivered_is_said(browser, shop, listed) -> None:
    shop.merchant("acme", delivery_methods=(delivers(400, countries=("GB",)),))
    put(browser, listed("TEE"))
    page = quoted(browser, country="FR")
    assert page.status == 422
    assert not page.soup.select("button[value=place]")
    assert page.one("#f-name")["value"] == "Ada Example"


def test_placing_leads_to_the_payment_company(at_checkout) -> None:
    done = placed(at_checkout, quoted(at_checkout))
    assert done.status == 303
    assert done.reply.headers["location"].startswith("http://127.0.0.1:8002/pay/pay_")
    assert purchases() == 1
    assert "souk_purchases" in at_checkout.http.cookies
    assert not at_checkout.get("/cart").soup.select(".lines")
    inventory_row = of_kind("inventory", "STOCK")[0]
    assert (inventory_row["available"]["N"], inventory_row["held"]["N"]) == ("3", "2")


def test_pressing_twice_places_one_purchase(at_checkout) -> None:
    page = quoted(at_checkout)
    first, second = placed(at_checkout, page), placed(at_checkout, page)
    assert first.reply.headers["location"] == second.reply.headers["location"]
    assert purchases() == 1


def test_the_same_form_with_another_body_is_not_placed_again(at_checkout) -> None:
    page = quoted(at_checkout)
    placed(at_checkout, page)
    again = placed(at_checkout, page, city="Leeds")
    assert again.reply.headers["location"].startswith("/orders/pur_")
    assert purchases() == 1


def test_a_price_that_changed_is_shown_to_be_accepted(at_checkout, shop) -> None:
    page = quoted(at_checkout)
    reprice(shop, 1_100)
    page = placed(at_checkout, page)
    assert page.status == 409
    assert changes(page) == ["Linen shirt £10.00 £11.00", "Total £24.00 £26.00"]
    assert page.texts("button[value=place]") == ["Accept and place the order"] * 2
    assert purchases() == 0
    assert placed(at_checkout, page).status == 303
    assert of_kind("payments", "PAYMENT")[0]["amount"] is not None
    assert purchases() == 1


def test_another_way_to_deliver_is_asked_about_before_it_is_charged(browser, shop, listed) -> None:
    ways = (delivers(400, id="standard"), delivers(900, id="express", days_min=1, days_max=1))
    shop.merchant("acme", delivery_methods=ways)
    put(browser, listed("TEE", price=1_000))
    page = placed(browser, quoted(browser), delivery_method="express")
    assert page.status == 409
    assert changes(page) == ["Total £14.00 £19.00"]
    assert page.one("input[name=delivery_method][checked]")["value"] == "express"
    assert purchases() == 0
    assert placed(browser, page).status == 303


def test_what_ran_out_can_be_taken_as_far_as_it_goes(at_checkout, shop) -> None:
    page = quoted(at_checkout)
    inventory.put_stock(shop.sellers["acme"].actor, "acme.TEE", 1)
    page = placed(at_checkout, page)
    assert page.status == 409
    assert changes(page) == ["Linen shirt 2 pieces Only 1 left"]
    assert purchases() == 0
    page = at_checkout.send(page, page.form("/checkout"), press="less")
    assert page.texts(".sums__total dd") == ["£ 14.00"]
    assert placed(at_checkout, page).status == 303


def test_goods_that_left_the_shop_lead_back_to_the_cart(at_checkout, shop) -> None:
    page = quoted(at_checkout)
    seller = shop.sellers["acme"]
    catalog.remove(seller.actor, catalog.own_products(seller.actor).items[0].id)
    page = placed(at_checkout, page)
    assert page.status == 409
    assert page.one(".note a")["href"] == "/cart"
    assert purchases() == 0


def test_an_unknown_company_is_refused(at_checkout) -> None:
    page = placed(at_checkout, quoted(at_checkout), provider="nobody")
    assert page.status == 422
    assert "There is no payment company" in page.text
    assert purchases() == 0


def test_a_form_without_its_key_is_refused(at_checkout) -> None:
    page = quoted(at_checkout)
    fields = {**values(page.form("/checkout")), "step": "place", "key": ""}
    assert at_checkout.post("/checkout", fields).status == 400
    assert purchases() == 0


def test_members_find_their_address_there_and_own_what_they_buy(at_checkout) -> None:
    page = at_checkout.get("/account/register")
    fields = {"login": "ada@shop.example", "password": "correct horse"}
    at_checkout.send(page, page.form("/account/register"), **fields)
    page = at_checkout.get("/checkout")
    assert page.one("#f-email")["value"] == "ada@shop.example"
    assert placed(at_checkout, quoted(at_checkout)).status == 303
    mine = at_checkout.get("/account/orders")
    assert mine.texts("main h2 a") == ["Linen shirt"]
    assert mine.texts("main .tag") == ["Awaiting payment"]


def test_only_what_is_chosen_is_bought_and_the_rest_stays(browser, listed) -> None:
    page = chosen(browser, two_merchants(browser, listed), "kiln.CUP")
    page = quoted(browser)
    assert page.texts("aside h3") == ["Kiln"]
    assert page.texts(".sums__total dd") == ["£ 9.50"]
    assert placed(browser, page).status == 303
    assert len(of_kind("orders", "ORDER")) == 1
    page = browser.get("/cart")
    assert page.texts(".lines .line__head a") == ["Linen shirt"]
    assert set(page.texts(".count")) == {"2"}
    assert browser.get("/checkout").address == "/cart"


def test_a_member_chooses_among_the_addresses_of_the_book(at_checkout) -> None:
    actor, _ = a_member()
    _, token = identity.sign_in_page("ada@shop.example", PASSWORD, address="192.0.2.1")
    at_checkout.http.cookies["souk_session"] = token
    first = members.add_address(actor, LONDON)
    other = members.add_address(actor, {**LONDON, "line1": "2 Other Street"})
    with counted() as trips:
        page = at_checkout.get("/checkout")
    assert len(trips) <= 4
    assert page.one("#f-line1")["value"] == first.line1
    assert page.texts("section h2") == ["1 Where to", "2 How", "3 Payment"]
    page = at_checkout.send(page, page.form("/checkout"), press=other.id, note="Ring twice")
    assert page.one("#f-line1")["value"] == "2 Other Street"
    assert page.one(".saved [aria-current]")["value"] == other.id
    assert page.one("#f-note")["value"] == "Ring twice"
    assert placed(at_checkout, page).status == 303
    assert "2 Other Street" in str(of_kind("orders", "ORDER"))


PASTED = "张三 13812345678 广东省深圳市南山区科技园南路18号"


@pytest.fixture
def in_china(browser, shop, listed):
    """A visitor at the checkout of a shop that delivers to China."""
    shop.merchant("acme", delivery_methods=(delivers(400, countries=("CN",)),))
    browser.locale = "zh-CN"
    put(browser, listed("TEE"))
    return browser


def test_a_pasted_address_is_taken_apart_and_goes_on_the_parcel(in_china) -> None:
    page = in_china.get("/checkout")
    assert page.one("details.unfold").has_attr("open")
    fields = {"paste": PASTED, "email": "ada@shop.example", "note": "请轻放"}
    page = in_china.send(page, page.form("/checkout"), press="paste", **fields)
    assert page.one("#f-name")["value"] == "张三"
    assert page.one("#f-district option[selected]")["value"] == "南山区"
    assert page.one("#f-note")["value"] == "请轻放"
    assert purchases() == 0
    page = in_china.send(page, page.form("/checkout"), press="quote")
    assert placed(in_china, page).status == 303
    kept = str(of_kind("orders", "ORDER"))
    assert "南山区科技园南路18号" in kept
    assert "广东省" in kept


def test_places_are_picked_one_after_another_and_errors_stand_beside_them(in_china) -> None:
    page = in_china.get("/checkout")
    page = in_china.send(page, page.form("/checkout"), press="district", region="广东省", name="张")
    assert page.status == 200
    assert page.one("#f-name")["value"] == "张"
    page = in_china.send(page, page.form("/checkout"), press="quote", city="深圳市", email="x")
    assert page.status == 400
    wrong = [str(one["name"]) for one in page.soup.select("[aria-invalid=true]")]
    assert wrong == ["email", "phone", "district", "line1"]
    assert page.one("#f-city option[selected]")["value"] == "深圳市"


def test_another_country_asks_for_its_own_fields(at_checkout) -> None:
    page = at_checkout.get("/checkout")
    assert not page.one("details.unfold").has_attr("open")
    page = at_checkout.send(page, page.form("/checkout"), press="country", country="CN", name="Ada")
    assert [str(one["name"]) for one in page.soup.select("main select")] == [
        "country",
        "region",
        "city",
        "district",
    ]
    assert page.one("#f-name")["value"] == "Ada"


def test_a_postal_code_is_asked_for_where_parcels_need_one(at_checkout) -> None:
    page = quoted(at_checkout, postal_code="")
    assert page.texts(".field__error") == ["Fill this in."]
    assert page.one("[aria-invalid=true]")["name"] == "postal_code"


def test_a_chinese_address_of_the_book_is_taken_as_it_is(in_china) -> None:
    actor, _ = a_member()
    _, token = identity.sign_in_page("ada@shop.example", PASSWORD, address="192.0.2.1")
    in_china.http.cookies["souk_session"] = token
    kept = members.add_address(actor, SHENZHEN)
    page = in_china.get("/checkout")
    assert page.one(".saved [aria-current]")["value"] == kept.id
    assert page.one("#f-district option[selected]")["value"] == "南山区"
    assert placed(in_china, page).status == 303
