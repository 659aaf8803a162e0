"""A purchase's page: who may open it, paying, following, cancelling, receiving."""

import pytest

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.orders import workers
from tests.makers.browser import Browser
from tests.makers.facts import deliver
from tests.makers.people import PASSWORD, a_member
from tests.makers.round_trips import counted


@pytest.fixture
def goods(shop) -> str:
    return shop.goods("acme", "TEA", price=1_000)


def opened(browser, purchase):
    return browser.get(f"/orders/{purchase['id']}?token={purchase['token']}")


class TestOpening:
    def test_the_link_s_token_is_kept_and_taken_out_of_the_address(
        self, browser, shop, goods
    ) -> None:
        purchase = shop.bought({goods: 1})
        page = opened(browser, purchase)
        assert page.address == f"/orders/{purchase['id']}"
        assert page.heading == "Your order is in. It waits for your payment"
        assert browser.get(page.address).status == 200

    def test_a_wrong_token_opens_nothing(self, browser, shop, goods) -> None:
        purchase = shop.bought({goods: 1})
        page = browser.get(f"/orders/{purchase['id']}?token={'0' * 40}")
        assert page.address.startswith("/account/sign-in")
        assert "souk_purchases" not in browser.http.cookies

    def test_strangers_are_asked_to_sign_in_whether_there_is_one_or_not(
        self, browser, shop, goods
    ) -> None:
        purchase = shop.bought({goods: 1})
        for number in (purchase["id"], "pur_01ARZ3NDEKTSV4RRFFQ69G5FAV"):
            assert browser.get(f"/orders/{number}").address.startswith("/account/sign-in")

    def test_another_member_s_is_not_there(self, browser, shop, goods) -> None:
        purchase = shop.bought({goods: 1})
        page = browser.get("/account/register")
        fields = {"login": "eve@shop.example", "password": "correct horse"}
        browser.send(page, page.form("/account/register"), **fields)
        assert browser.get(f"/orders/{purchase['id']}").status == 404

    def test_one_browser_keeps_several(self, browser, shop, goods) -> None:
        made = [shop.bought({goods: 1}) for _ in range(3)]
        for one in made:
            opened(browser, one)
        assert [browser.get(f"/orders/{one['id']}").status for one in made] == [200] * 3

    def test_it_takes_two_round_trips(self, browser, shop, goods) -> None:
        purchase = shop.bought({goods: 1})
        opened(browser, purchase)
        with counted() as calls:
            browser.get(f"/orders/{purchase['id']}")
        assert len(calls) == 2, calls


class TestPaying:
    def test_it_is_looked_at_again_until_the_money_is_there(self, browser, shop, goods) -> None:
        purchase = shop.bought({goods: 1})
        waiting = opened(browser, purchase).one("[data-standing]")
        assert waiting["data-look-again"] == "3"
        shop.capture(purchase)
        page = browser.get(f"/orders/{purchase['id']}")
        assert page.heading == "Thank you. Your purchase is paid"
        paid = page.one("[data-standing]")
        assert "data-look-again" not in paid.attrs
        assert paid["data-standing"] != waiting["data-standing"]

    def test_an_open_payment_is_gone_on_with(self, browser, shop, goods) -> None:
        purchase = shop.bought({goods: 1})
        page = opened(browser, purchase)
        browser.send(page, page.form(f"/orders/{purchase['id']}/payments"))
        assert browser.left_for == purchase["payment"]["action"]["url"]

    def test_after_a_decline_there_is_another_try(self, browser, shop, goods) -> None:
        purchase = shop.bought({goods: 1})
        shop.company("payment.failed", declined(purchase))
        page = opened(browser, purchase)
        assert "The payment did not go through" in page.texts("[role=alert]")[0]
        form = page.form(f"/orders/{purchase['id']}/payments")
        browser.send(page, form)
        first = browser.left_for
        assert first.startswith("http://127.0.0.1:8002/pay/")
        assert first != purchase["payment"]["action"]["url"]
        browser.send(page, form)
        assert browser.left_for == first

    def test_after_the_time_to_pay_there_is_none(self, browser, shop, goods, stage) -> None:
        purchase = shop.bought({goods: 1})
        page = opened(browser, purchase)
        form = page.form(f"/orders/{purchase['id']}/payments")
        stage.forward(1_801)
        again = browser.send(page, form)
        assert again.status == 409
        assert not again.soup.select("form[action$='/payments']")


class TestFollowing:
    def test_the_timeline_tells_the_latest_first(self, browser, shop, goods) -> None:
        purchase = shop.confirmed({goods: 1})
        deliver(workers.orders_on_timeline_fact, "orders.PurchasePlaced")
        deliver(workers.orders_on_timeline_fact, "orders.PurchasePaid")
        deliver(workers.orders_on_timeline_fact, "orders.OrderConfirmed")
        page = opened(browser, purchase)
        steps = page.texts(".timeline .strong")
        assert steps[0] == "Confirmed by the merchant"
        assert set(steps) == {"Order received", "Paid", "Confirmed by the merchant"}
        assert page.texts("section .tag")[0] == "Confirmed, being packed"

    def test_shipments_name_their_courier_and_number(self, browser, shop, goods) -> None:
        purchase = shop.confirmed({goods: 1})
        shop.ship(purchase["orders"][0], {goods: 1}, courier="dhl", tracking_number="JD0001")
        page = opened(browser, purchase)
        assert "DHL JD0001" in page.text
        link = page.one("a[rel='noopener noreferrer']")
        assert link["href"].startswith("https://www.dhl.com/")


class TestEnding:
    def test_one_order_of_several_is_cancelled(self, browser, shop, goods) -> None:
        other = shop.goods("kiln", "CUP")
        purchase = shop.paid({goods: 1, other: 1})
        page = opened(browser, purchase)
        action = f"/orders/{purchase['id']}/cancel"
        order = purchase["orders"][0]["id"]
        page = browser.send(page, page.form(action, holding=f"input[value='{order}']"))
        assert page.texts("section .tag") == ["Cancelled", "Paid, to be confirmed"]
        assert "is on its way back to you" in page.text

    def test_the_whole_purchase_is_cancelled(self, browser, shop, goods) -> None:
        other = shop.goods("kiln", "CUP")
        purchase = shop.bought({goods: 1, other: 1})
        page = opened(browser, purchase)
        whole = page.one(".button--wide.button--danger").find_parent("form")
        page = browser.send(page, whole)
        assert page.heading == "This purchase is cancelled"
        assert shop.stock(goods) == (10, 0)

    def test_what_is_shipped_is_received_not_cancelled(self, browser, shop, goods) -> None:
        purchase = shop.confirmed({goods: 1})
        page = opened(browser, purchase)
        cancel = page.form(f"/orders/{purchase['id']}/cancel")
        shop.ship(purchase["orders"][0], {goods: 1})
        refused = browser.send(page, cancel)
        assert refused.status == 409
        assert "shipped already" in refused.texts("[role=alert]")[0]
        assert refused.heading == "Everything is on its way to you"
        page = browser.send(refused, refused.form(f"/orders/{purchase['id']}/receive"))
        assert page.texts("section .tag")[0] == "Completed"
        assert page.heading == "Thank you. Everything has arrived"

    def test_an_order_of_another_purchase_is_not_reached(self, browser, shop, goods) -> None:
        purchase, other = shop.paid({goods: 1}), shop.paid({goods: 1})
        page = opened(browser, purchase)
        form = page.form(f"/orders/{purchase['id']}/cancel")
        refused = browser.send(page, form, order=other["orders"][0]["id"])
        assert refused.status == 404
        assert shop.seen(other)["orders"][0]["state"] == "placed"

    def test_strangers_cannot_cancel(self, browser, shop, goods) -> None:
        purchase = shop.paid({goods: 1})
        page = opened(browser, purchase)
        form = page.form(f"/orders/{purchase['id']}/cancel")
        stranger = Browser()
        token = stranger.get("/account/sign-in").soup.select("main input[name=csrf]")[0]["value"]
        left = stranger.send(page, form, csrf=token)
        assert left.address.startswith("/account/sign-in")
        assert shop.seen(purchase)["state"] == "paid"


def declined(purchase) -> dict[str, object]:
    return {
        "payment_id": purchase["payment"]["id"],
        "provider_reference": "ch_declined",
        "amount": purchase["total"]["amount"],
        "currency": "GBP",
        "reason": "declined",
    }


class TestAgain:
    def test_what_was_bought_is_put_into_the_cart_once_more(self, browser, shop, goods) -> None:
        purchase = shop.paid({goods: 2})
        page = opened(browser, purchase)
        page = browser.send(page, page.form(f"/orders/{purchase['id']}/again"))
        assert page.address == "/cart"
        assert page.one(".lines input[type=number]")["value"] == "2"

    def test_what_cannot_be_had_is_named(self, browser, shop, goods) -> None:
        purchase = shop.paid({goods: 2})
        inventory.put_stock(shop.sellers["acme"].actor, goods, 0)
        page = opened(browser, purchase)
        page = browser.send(page, page.form(f"/orders/{purchase['id']}/again"))
        assert len(page.texts(".note li")) == 1
        assert not browser.get("/cart").soup.select(".lines")


def test_a_waiting_page_looks_at_a_fragment_and_counts_down(browser, shop, goods) -> None:
    purchase = shop.bought({goods: 1})
    page = opened(browser, purchase)
    waiting = page.one("[data-look-again]")
    assert page.one("[data-until]")["data-until"] == purchase["expires_at"]
    fragment = browser.get(str(waiting["data-look-at"]))
    assert fragment.one("[data-standing]")["data-standing"] == waiting["data-standing"]
    assert page.one(".clock").get_text() == "30 minutes"
    shop.capture(purchase)
    after = browser.get(str(waiting["data-look-at"]))
    assert after.one("[data-standing]")["data-standing"] != waiting["data-standing"]


def test_a_guest_who_paid_is_offered_an_account(browser, shop, goods) -> None:
    waiting = opened(browser, shop.bought({goods: 1}))
    assert not waiting.soup.select("a[href^='/account/register']")
    paid = shop.paid({goods: 1})
    offer = opened(browser, paid).one("a[href^='/account/register']")
    assert offer["href"] == f"/account/register?next=/orders/{paid['id']}"


def test_without_scripts_it_looks_again_by_itself_until_that_is_stopped(
    browser, shop, goods, stage
) -> None:
    purchase = shop.bought({goods: 1})
    page = opened(browser, purchase)
    here = f"/orders/{purchase['id']}"
    refresh = "noscript meta[http-equiv=refresh]"
    assert page.one(refresh)["content"] == f"15; url={here}?looked=1"
    again = browser.get(f"{here}?looked=1")
    assert again.one(refresh)["content"] == f"15; url={here}?looked=2"
    for last in ("off", "120", "x" * 400):
        assert not browser.get(f"{here}?looked={last}").soup.select(refresh)
    assert page.one("noscript a")["href"] == f"{here}?looked=off"
    stage.forward(31 * 60)
    assert browser.get(here).heading == "The time to pay is over"
    shop.capture(purchase)
    assert not browser.get(here).soup.select(refresh)


def test_a_members_purchases_are_sorted_into_tabs(browser, shop, goods) -> None:
    _, token = a_member()
    shop.bought({goods: 1}, headers={"authorization": f"Bearer {token}"})
    _, browser.http.cookies["souk_session"] = identity.sign_in_page(
        "ada@shop.example", PASSWORD, address="192.0.2.1"
    )
    with counted() as trips:
        page = browser.get("/account")
    assert len(trips) <= 4
    waiting = {one.get_text(" ", strip=True): one["href"] for one in page.soup.select(".waiting a")}
    assert list(waiting) == ["1 To pay", "0 To ship", "0 To receive", "0 Refunds"]
    page = browser.get(waiting["1 To pay"])
    assert page.one(".tabs [aria-current]").get_text() == "To pay"
    assert len(page.soup.select("main h2 a")) == 1
    assert "Nothing here" in browser.get("/account/orders?tab=refunds").text
    assert browser.get("/account/orders?tab=nonsense").one(".tabs [aria-current]").text == "All"
