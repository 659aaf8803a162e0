"""Paying, delivering and refunding by clicking the sandbox companies' pages, as a person would."""

from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from bs4 import BeautifulSoup

from tests.e2e.client import TIMEOUT_S, Shop, follow, fresh_key
from tests.e2e.steps import a_product, a_purchase, seen, stock_of

pytestmark = pytest.mark.stack


@pytest.fixture
def shop(stack: dict[str, Any]) -> Shop:
    return Shop(stack)


class Browser:
    """Opens pages and presses buttons; knows nothing but what the pages hold."""

    def __init__(self) -> None:
        self.session = requests.Session()
        self.session.headers["Accept"] = "text/html"

    def open(self, url: str) -> BeautifulSoup:
        response = self.session.get(url, timeout=TIMEOUT_S)
        assert response.status_code == 200, (url, response.status_code)
        self.url = response.url
        return BeautifulSoup(response.text, "html.parser")

    def press(self, page: BeautifulSoup, action: str) -> BeautifulSoup:
        """Press the button whose form, or which itself, leads to this path."""
        button = page.find("button", formaction=action)
        form = button.find_parent("form") if button else page.find("form", action=action)
        assert form is not None, f"no button leads to {action}"
        fields = {field["name"]: field.get("value", "") for field in form.find_all("input")}
        response = self.session.post(urljoin(self.url, action), data=fields, timeout=TIMEOUT_S)
        assert response.status_code == 200, (action, response.status_code)
        self.url = response.url
        return BeautifulSoup(response.text, "html.parser")


def test_a_person_pays_ships_and_refunds_by_clicking(shop: Shop, stack: dict[str, Any]) -> None:
    browser, key, sandbox = Browser(), shop.key(0), stack["sandbox_url"]
    sku = a_product(shop, 0, price=1_500, stock=3)
    purchase = a_purchase(shop, {sku: 1})
    payment = purchase["payment"]["id"]

    page = browser.press(
        browser.open(purchase["payment"]["action"]["url"]), f"/pay/{payment}/approve"
    )
    assert browser.url.startswith(f"{stack['shop_url']}/orders/{purchase['id']}")
    assert page.find("h1") is not None
    paid = seen(shop, purchase)
    assert (paid["state"], stock_of(shop, 0, sku)) == ("paid", (2, 0, 2))

    order = paid["orders"][0]["id"]
    path = f"/api/v1/merchant/orders/{order}"
    shop.call("POST", f"{path}/confirm", {}, token=key, expect=200)
    lines = [{"sku": sku, "quantity": 1}]
    body = {"courier": "sandbox", "lines": lines}
    shipment = shop.call(
        "POST", f"{path}/shipments", body, token=key, expect=201, Idempotency_Key=fresh_key()
    )
    number = shipment["tracking_number"]
    browser.press(browser.open(f"{sandbox}/track/{number}"), f"/courier/{number}/delivered")
    follow(lambda: seen(shop, purchase)["orders"][0]["state"], lambda state: state == "delivered")

    body = {"lines": lines, "reason": "It came broken"}
    refund = shop.call(
        "POST", f"{path}/refunds", body, token=key, expect=201, Idempotency_Key=fresh_key()
    )["id"]
    page = follow(lambda: browser.open(f"{sandbox}/refunds"), lambda page: refund in page.text)
    browser.press(page, f"/refunds/{refund}/succeed")
    found = follow(
        lambda: seen(shop, purchase)["payment"]["refunds"],
        lambda refunds: [one["state"] for one in refunds] == ["succeeded"],
    )
    assert found[0]["amount"]["amount"] == 1_500


def test_a_decline_and_a_late_approval(shop: Shop) -> None:
    browser = Browser()
    sku = a_product(shop, 0, price=1_500, stock=3)
    purchase = a_purchase(shop, {sku: 1})
    payment = purchase["payment"]
    browser.press(browser.open(payment["action"]["url"]), f"/pay/{payment['id']}/decline")
    assert seen(shop, purchase)["payment"]["state"] == "failed"
    assert seen(shop, purchase)["state"] == "awaiting_payment"
    browser.press(browser.open(payment["action"]["url"]), f"/pay/{payment['id']}/approve-late")
    assert seen(shop, purchase)["state"] == "paid"
    assert stock_of(shop, 0, sku) == (2, 0, 2)
