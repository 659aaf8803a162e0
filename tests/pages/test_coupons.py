"""Coupons as HTML: the centre, a member's own, and the field in the cart."""

import pytest

from tests.makers.offers import a_campaign, claimed
from tests.makers.people import PASSWORD, a_member
from tests.makers.shop import gbp
from tests.pages.test_cart import put


@pytest.fixture
def token(browser) -> str:
    """A member's bearer token; the member is signed in here."""
    from chalicelib.contexts.identity import service as identity

    _, token = a_member()
    session = identity.sign_in_page("ada@shop.example", PASSWORD, address="192.0.2.1")[1]
    browser.http.cookies["souk_session"] = session
    return token


def test_a_coupon_is_claimed_put_on_the_cart_and_taken_off(browser, shop, listed, token) -> None:
    product = listed("TEE", price=2_000)
    put(browser, product)
    made = a_campaign(shop, shop.merchant(), threshold={"amount": gbp(1_000)})
    page = browser.get("/coupons")
    assert page.texts(".ticket__value") == ["£3.00 off · from £10.00 on"]
    page = browser.send(page, page.form(f"/coupons/{made['id']}"))
    assert page.address.startswith("/account/coupons")
    assert page.texts(".ticket .tag") == ["Ready to use"]
    page = browser.send(page, page.form("/cart/coupons"))
    assert page.address == "/cart"
    assert page.texts(".sums__total dd") == ["£ 17.00"]
    page = browser.send(page, page.form("/cart/coupons/remove"))
    assert page.texts(".sums__total dd") == ["£ 20.00"]
    assert browser.get("/coupons").texts(".ticket a.button") == ["You have it"]


def test_what_keeps_a_coupon_from_being_used_is_said(browser, shop, listed, token) -> None:
    put(browser, listed("TEE", price=2_000))
    page = browser.get("/cart")
    page = browser.send(page, page.form("/cart/coupons"), code="NOTHING")
    assert page.status == 404
    assert "There is no such coupon" in page.texts("[role=alert]")[0]
    made = a_campaign(shop, shop.merchant(), threshold={"amount": gbp(9_000)})
    code = claimed(shop, made["id"], token)["code"]
    page = browser.send(page, page.form("/cart/coupons"), code=code.lower())
    assert "It takes nothing off what is chosen now." in page.text


def test_whoever_is_not_signed_in_is_asked_to(browser, shop) -> None:
    made = a_campaign(shop, shop.merchant())
    page = browser.get("/coupons")
    page = browser.send(page, page.form(f"/coupons/{made['id']}"))
    assert page.address.startswith("/account/sign-in")


def test_the_last_one_is_gone(browser, shop, token) -> None:
    made = a_campaign(shop, shop.merchant(), quantity=1)
    claimed(shop, made["id"], a_member("eve@b.example")[1])
    page = browser.get("/coupons")
    assert "All gone" in page.text
    assert not page.soup.select(f"form[action$='{made['id']}']")


def test_nothing_to_be_had_leads_on(browser, token) -> None:
    assert browser.get("/coupons").texts(".empty h2") == ["No coupons to be had now"]
    assert browser.get("/account/coupons").one(".empty a")["href"] == "/coupons"


class TestAtTheMerchant:
    def test_what_may_be_claimed_is_claimed_from_there(self, browser, shop, listed, token) -> None:
        tee, cup = listed("TEE", price=2_000, category="tops"), listed("CUP", price=500)
        seller = shop.merchant()
        a_campaign(shop, seller, title="For cups", products=[cup.id])
        tops = a_campaign(shop, seller, title="For clothing", categories=["clothing"])
        a_campaign(shop, seller, title="By code", code="BYCODE")
        a_campaign(shop, seller, title="Stopped", stopped=True)
        a_campaign(shop, shop.merchant("kiln"), title="Hers")
        place = browser.get(f"/p/{tee.slug}").one("[data-fragment*=coupons]")
        part = browser.get(str(place["data-fragment"]))
        assert part.texts("li .strong") == ["For clothing"]
        front = browser.get("/m/acme").one("[data-fragment*=coupons]")
        part = browser.get(str(front["data-fragment"]))
        assert part.texts("li .strong") == ["For clothing", "For cups"]
        path, _, place = str(part.soup.select("li a")[0]["href"]).partition("#")
        assert (path, place) == ("/coupons", tops["id"])
        assert browser.get(path).one(f"#{place} h2").get_text() == "For clothing"

    def test_without_any_the_link_stays(self, browser, shop, listed) -> None:
        tee = listed("TEE")
        gone = a_campaign(shop, shop.merchant(), quantity=1)
        claimed(shop, gone["id"], a_member("eve@b.example")[1])
        place = browser.get(f"/p/{tee.slug}").one("[data-fragment*=coupons]")
        assert browser.get(str(place["data-fragment"])).text == ""
        assert place.get_text() == "See the coupons there are"
