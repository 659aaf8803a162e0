"""People's journeys in a real browser, without JavaScript: shopping on a phone, shipping at a desk."""

import re
from typing import Any

import pytest

from tests.e2e.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

LABELS = {
    "Email": "ada@shopper.example",
    "Full name": "Ada Example",
    "Phone": "+442079460000",
    "Street": "1 Example Street",
    "City": "London",
    "Postal code": "N1 1AA",
}


def fits_the_screen(visitor: Visitor) -> bool:
    """Nothing sticks out sideways."""
    box = visitor.page.locator("main").bounding_box()
    return bool(box) and box["width"] <= visitor.page.viewport_size["width"]


def buy(visitor: Visitor, stack: dict[str, Any]) -> str:
    """Go from the home page to a paid purchase; returns its address."""
    page = visitor.page
    page.goto(stack["shop_url"] + "/")
    assert page.get_by_role("heading", level=1).count() == 1
    page.goto(stack["shop_url"] + "/c/food")
    page.locator("main article a, main .card a").first.click()
    visitor.press("Add to cart")
    visitor.press("Go to checkout")
    visitor.press("Continue to delivery")
    assert page.get_by_label(re.compile("^Email")).first.get_attribute("aria-invalid") == "true"
    for label, value in LABELS.items():
        page.get_by_label(re.compile(f"^{label}")).first.fill(value)
    visitor.press("Continue to delivery")
    assert page.get_by_label(re.compile("^Email")).first.input_value() == LABELS["Email"]
    assert fits_the_screen(visitor)
    visitor.press("Place order")
    assert page.url.startswith(stack["sandbox_url"])
    visitor.press("^Approve$")
    assert page.url.startswith(stack["shop_url"] + "/orders/")
    return str(page.url)


def test_a_shopper_buys_and_the_merchant_ships(browser, stack) -> None:
    shopper = Visitor(browser, 390)
    address = buy(shopper, stack)
    assert "Paid" in shopper.page.inner_text("main")
    assert fits_the_screen(shopper)

    merchant = next(m for m in stack["merchants"] if m["name"] in shopper.page.inner_text("main"))
    desk = Visitor(browser, 1280)
    desk.page.goto(stack["console_url"] + "/sign-in")
    desk.page.get_by_label(re.compile("^Email")).fill(merchant["email"])
    desk.page.get_by_label(re.compile("^Password")).fill(merchant["password"])
    desk.press("^Sign in$")
    desk.page.wait_for_url(stack["console_url"])
    desk.page.goto(stack["console_url"] + "/orders")
    desk.page.locator("main table a").first.click()
    desk.press("^Confirm")
    desk.press("^Ship these$")
    assert "SBX" in desk.page.inner_text("main")

    shopper.page.goto(address)
    assert "SBX" in shopper.page.inner_text("main")
    assert [line for line in shopper.complaints if "400 (Bad Request)" not in line] == []
    assert len(shopper.complaints) == 1, "the empty form, and nothing else"
    assert desk.complaints == []


def test_the_shop_speaks_chinese(browser, stack) -> None:
    visitor = Visitor(browser, 390)
    visitor.page.goto(stack["shop_url"] + "/")
    visitor.press("中文")
    assert visitor.page.locator("html").get_attribute("lang") == "zh-CN"
    assert "购物车" in visitor.page.inner_text("body")
    assert visitor.complaints == []
