"""Points and tiers as HTML: the statement, the ladder, and paying with points in the cart."""

import pytest

from tests.makers.people import PASSWORD, a_member
from tests.makers.points import earned, points_of
from tests.pages.test_cart import put

LOGIN = "ada@shop.example"


@pytest.fixture
def token(browser) -> str:
    """A member's bearer token; the member is signed in here."""
    from chalicelib.contexts.identity import service as identity

    _, token = a_member(LOGIN)
    session = identity.sign_in_page(LOGIN, PASSWORD, address="192.0.2.1")[1]
    browser.http.cookies["souk_session"] = session
    return token


def test_a_member_without_points_is_told_how_to_get_some(browser, token) -> None:
    page = browser.get("/account/points")
    assert page.texts(".empty h3") == ["No points yet"]
    assert "100 points for every £100.00" in page.text
    page = browser.get("/account/tier")
    assert page.texts("h1") == ["Member"]
    assert page.texts("[aria-current=step] h3") == ["Member"]
    assert page.texts("#h-way") == ["On the way to Silver"]


def test_points_pay_in_the_cart_and_at_the_checkout(browser, shop, listed, token) -> None:
    earned(shop, token, {shop.goods(price=60_000): 1})
    put(browser, listed("TEE", price=2_000))
    page = browser.get("/cart")
    assert "You have 600 points" in page.text
    page = browser.send(page, page.form("/cart/points"), points="250")
    assert page.texts(".sums__total dd") == ["£ 17.50"]
    assert "250 points pay" in page.text
    checkout = browser.get("/checkout")
    assert checkout.texts(".sums__total dd") == ["£ 17.50"]
    page = browser.send(page, page.form("/cart/points", holding="button.link"))
    assert page.texts(".sums__total dd") == ["£ 20.00"]
    assert points_of(shop, token)["balance"] == 600


def test_the_statement_leads_to_the_purchase(browser, shop, token) -> None:
    purchase = earned(shop, token, {shop.goods(price=60_000): 1})
    page = browser.get("/account/points")
    assert page.texts("tbody .number") == ["+600"]
    assert page.one("tbody a")["href"] == f"/orders/{purchase['id']}"
    assert browser.get("/account/tier").texts("h1") == ["Silver"]


def test_a_guest_is_asked_to_sign_in(browser, listed) -> None:
    put(browser, listed("TEE", price=2_000))
    page = browser.get("/cart")
    assert not page.soup.select("form[action='/cart/points']")
    page = browser.send(page, page.form("/cart/coupons"), code="NONE")
    assert browser.get("/account/points").address.startswith("/account/sign-in")
