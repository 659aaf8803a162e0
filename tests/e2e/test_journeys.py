"""People's journeys in a real browser, without JavaScript: shopping on a phone, shipping at a desk."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.browser]

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
INSTALL_TIMEOUT_S = 240
LEFT_OUT = "browser tests were left out: no Chromium here; add it with `apt-get install chromium`"
FIELDS = {
    "Email": "ada@shopper.example",
    "Name": "Ada Example",
    "Phone": "+442079460000",
    "Street": "1 Example Street",
    "City": "London",
    "Postal code": "N1 1AA",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """The Chromium found here, or Debian's where it may be installed."""
    path = _found() or _installed()
    if not path:
        pytest.skip(LEFT_OUT)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


def _found() -> str:
    return next((path for path in map(shutil.which, NAMES) if path), "")


def _installed() -> str:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return ""
    for command in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            ["apt-get", "-q", *command], capture_output=True, check=False, timeout=INSTALL_TIMEOUT_S
        )
        if done.returncode != 0:
            return ""
    return _found()


class Visitor:
    """A page that remembers every complaint of the browser."""

    def __init__(self, browser: Any, width: int) -> None:
        self.context = browser.new_context(
            viewport={"width": width, "height": 844}, java_script_enabled=False
        )
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("requestfailed", self._lost)

    def _lost(self, request: Any) -> None:
        """Note what could not be loaded; what a click left behind unfinished is no complaint."""
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def press(self, name: str) -> None:
        """Press the first button or link of this name."""
        pattern = re.compile(name)
        button = self.page.get_by_role("button", name=pattern)
        found = button if button.count() else self.page.get_by_role("link", name=pattern)
        found.first.click()

    def fits_the_screen(self) -> bool:
        """Nothing sticks out sideways."""
        box = self.page.locator("main").bounding_box()
        return bool(box) and box["width"] <= self.page.viewport_size["width"]


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
    for label, value in FIELDS.items():
        page.get_by_label(re.compile(f"^{label}")).first.fill(value)
    visitor.press("Continue to delivery")
    assert page.get_by_label(re.compile("^Email")).first.input_value() == FIELDS["Email"]
    assert visitor.fits_the_screen()
    visitor.press("Place order")
    assert page.url.startswith(stack["sandbox_url"])
    visitor.press("^Approve$")
    assert page.url.startswith(stack["shop_url"] + "/orders/")
    return str(page.url)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_shopper_buys_and_the_merchant_ships(browser, stack, width: int) -> None:
    shopper = Visitor(browser, width)
    address = buy(shopper, stack)
    assert "Paid" in shopper.page.inner_text("main")
    assert shopper.fits_the_screen()

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
