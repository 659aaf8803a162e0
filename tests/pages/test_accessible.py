"""axe over every page and state of the shop, in a real browser: both widths, both languages."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.aws import settings as settings_module
from chalicelib.web import i18n
from tests.makers import axe, chromium
from tests.makers.bridge import EDGE_SECRET, bridged
from tests.makers.browser import Browser
from tests.makers.pseudo import Pseudo
from tests.pages import states
from tests.pages.test_security import sent_code

pytestmark = pytest.mark.browser

WIDTHS = (390, 1280)
ALL = bool(os.environ.get("SOUK_EVERY_STATE"))
"""Every state at both widths and in both languages, which takes some minutes; else a few, once each."""
FEW = {
    "checkout filled in wrong",
    "checkout at another price",
    "a cart of what is gone",
    "declined",
    "shipped",
    "account, full",
    "a new second factor",
    "security with all of it",
    "a copy to fetch",
    "console, campaigns",
    "console, new of campaigns",
    "console, one of campaigns",
    "a product on offer",
    "a coupon on a cart",
}


@pytest.fixture(scope="module", name="chromium")
def _chromium() -> Iterator[Any]:
    with chromium.opened() as opened:
        yield opened


@pytest.fixture
def address(shop, monkeypatch) -> Iterator[str]:
    monkeypatch.setenv("SOUK_EDGE_SECRET", EDGE_SECRET)
    settings_module.settings.cache_clear()
    with bridged() as place:
        yield place


@pytest.fixture
def places(listed) -> list[str]:
    product, gone = listed(category="tops"), listed("CUP", stock=0)
    return [
        "/",
        "/search",
        "/search?q=zzzz",
        "/c/clothing",
        f"/p/{product.slug}",
        f"/p/{gone.slug}",
        "/m/acme",
        "/help",
        "/cart",
        "/search/advanced?category=tops",
        "/account/sign-in",
        "/account/register",
        "/p/nothing",
    ]


def width_of(page: Any) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def height_of(page: Any) -> int:
    height: int = page.evaluate("document.documentElement.scrollHeight")
    return max(height, 844)


class TestPages:
    def test_axe_finds_nothing_and_nothing_sticks_out(self, chromium, address, places) -> None:
        """Each page at both widths, and in one language at each; the next page the other way."""
        faults: dict[str, list[str]] = {}
        for width in WIDTHS:
            page = chromium.new_page(viewport={"width": width, "height": 844})
            complaints: list[str] = []
            page.on("console", lambda message, said=complaints: said.append(message.text))
            for number, path in enumerate(places):
                prefix = ("/en", "/zh")[(number + WIDTHS.index(width)) % 2]
                page.goto(address + prefix + path)
                # Whole, so that the bar below covers nothing: what it covers goes with the scrolling.
                page.set_viewport_size({"width": width, "height": height_of(page)})
                found = axe.violations(page)
                if width_of(page) > width:
                    found.append(f"it is {width_of(page)} px wide")
                said = [one for one in complaints if "404" not in one]
                complaints.clear()
                if found or said:
                    faults[f"{prefix}{path} at {width}"] = found + said
            page.close()
        assert faults == {}

    def test_a_language_two_fifths_longer_fits_a_phone(
        self, chromium, address, places, monkeypatch
    ) -> None:
        monkeypatch.setattr(i18n, "words", lambda _locale: Pseudo())
        page = chromium.new_page(viewport={"width": 390, "height": 844})
        wide = {}
        for path in places:
            page.goto(address + path)
            assert "~⟧" in str(page.locator("body").text_content())
            if width_of(page) > 390:
                wide[path] = width_of(page)
        page.close()
        assert wide == {}

    def test_the_menu_opens_and_closes_by_keyboard_alone(self, chromium, address) -> None:
        page = chromium.new_page(viewport={"width": 1280, "height": 844})
        page.goto(f"{address}/en/help")
        summary = page.locator(".menu > summary")
        summary.focus()
        page.keyboard.press("Enter")
        assert page.locator(".menu__panel").is_visible()
        assert axe.violations(page) == []
        page.keyboard.press("Escape")
        assert page.locator(".menu__panel").is_hidden()
        assert summary.evaluate("one => one === document.activeElement")
        page.close()

    def test_a_password_can_be_looked_at_and_is_sent_as_one(self, chromium, address) -> None:
        page = chromium.new_page(viewport={"width": 390, "height": 844})
        page.goto(f"{address}/en/account/sign-in")
        field, button = page.locator("#f-password"), page.locator("souk-secret button")
        seen = [(field.get_attribute("type"), button.get_attribute("aria-pressed"))]
        for _ in range(2):
            button.focus()
            page.keyboard.press("Enter")
            seen.append((field.get_attribute("type"), button.get_attribute("aria-pressed")))
        assert seen == [("password", "false"), ("text", "true"), ("password", "false")]
        assert button.text_content() == "Show password"
        button.click()
        page.evaluate("document.addEventListener('submit', (event) => event.preventDefault())")
        page.locator("form:has(#f-password)").evaluate(
            "form => { form.noValidate = true; form.requestSubmit() }"
        )
        assert field.get_attribute("type") == "password"
        page.close()

    def test_the_badge_comes_to_a_public_page_as_a_fragment(
        self, chromium, address, places
    ) -> None:
        page = chromium.new_page(viewport={"width": 1280, "height": 844})
        page.goto(address + "/en" + places[4])
        page.locator('form[action$="/cart/lines"] button[value="cart"]').click()
        page.goto(f"{address}/en/help")
        count = page.locator(".header__links [data-part=cart] .count")
        count.wait_for()
        assert count.text_content() == "1"
        page.close()


class Shown:
    """Pages that were made before, shown by a real browser under their own policy."""

    def __init__(self, chromium: Any, address: str, width: int) -> None:
        self.page = chromium.new_page(viewport={"width": width, "height": 844})
        self.address, self.width = address, width
        self.complaints: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))

    def faults(self, number: int, made: Any) -> list[str]:
        """What axe finds in a page, what the console says of it, and how wide it is."""
        policy = {"content-security-policy": made.reply.headers["content-security-policy"]}
        kind, body = "text/html; charset=utf-8", made.reply.text
        path = f"{self.address}/shown/{number}"
        self.page.route(
            path, lambda route: route.fulfill(content_type=kind, headers=policy, body=body)
        )
        self.page.goto(path)
        self.page.set_viewport_size({"width": self.width, "height": height_of(self.page)})
        found = axe.violations(self.page)
        if width_of(self.page) > self.width:
            found.append(f"it is {width_of(self.page)} px wide")
        found += self.complaints
        self.complaints.clear()
        return found


WALKS = {
    "shop": lambda browser, given: states.of_the_shop(browser, given["listed"]),
    "checkout": lambda browser, given: states.of_checkout(browser, given["shop"], given["listed"]),
    "promotions": lambda browser, given: states.of_promotions(
        browser, given["shop"], given["listed"]
    ),
    "orders": lambda browser, given: states.of_orders(browser, given["shop"], given["stage"]),
    "account": lambda browser, given: states.of_the_account(
        browser, given["shop"], given["listed"], given["codes"]
    ),
}
WAYS = (
    [(walk, width, locale) for walk in WALKS for width in WIDTHS for locale in ("en", "zh-CN")]
    if ALL
    else [
        ("checkout", 390, "zh-CN"),
        ("orders", 1280, "en"),
        ("promotions", 390, "zh-CN"),
        ("account", 390, "en"),
    ]
)


@pytest.mark.parametrize(("walk", "width", "locale"), WAYS)
def test_axe_finds_nothing_in_any_state(
    chromium, address, shop, listed, stage, monkeypatch, walk, width, locale
) -> None:
    """What is empty, wrong, waiting, gone, ended: see `tests/pages/states.py`."""
    given = {"shop": shop, "listed": listed, "stage": stage, "codes": sent_code(monkeypatch)}
    made = WALKS[walk](Browser(locale=locale), given)
    chosen = {name: page for name, page in made.items() if ALL or name in FEW}
    shown = Shown(chromium, address, width)
    faults = {
        name: found
        for number, (name, page) in enumerate(chosen.items())
        if (found := shown.faults(number, page))
    }
    shown.page.close()
    assert chosen
    assert faults == {}
