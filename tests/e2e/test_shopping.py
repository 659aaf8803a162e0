"""The whole journey of a shopper: both widths, both languages, with scripts and without."""

import re
from typing import Any

import pytest

from tests.e2e.visitor import AT_HOME, FIELDS, Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

WAYS = [
    pytest.param(1280, "en", True, id="desk-en-scripts"),
    pytest.param(390, "zh", True, id="phone-zh-scripts"),
    pytest.param(390, "en", False, id="phone-en-bare"),
    pytest.param(1280, "zh", False, id="desk-zh-bare"),
]
"""Every width, language and manner meets every other one in some pair."""
TABS_MAX = 150


@pytest.mark.parametrize(("width", "language", "has_scripts"), WAYS)
def test_from_the_home_page_to_an_account(browser, stack, width, language, has_scripts) -> None:
    shopper = Visitor(browser, width, has_scripts=has_scripts, language=language)
    home = f"{stack['shop_url']}/{language}/"
    _choose(shopper, home)
    _fill_the_cart(shopper)
    number = _order(shopper, stack)
    _find_again(browser, shopper, home, number)
    _join(shopper, number)
    assert shopper.complaints == []
    shopper.close()


def _choose(shopper: Visitor, home: str) -> None:
    """Search, narrow what was found, and open a product."""
    page = shopper.page
    page.goto(f"{home}search")
    page.locator("[data-goes-on]").click()
    if shopper.has_scripts:
        page.locator(".listing .cards > li").nth(30).wait_for()
    else:
        shopper.has_arrived("cursor=", is_new=False)
    page.goto(home)
    shopper.has_arrived(f"/{shopper.language}/$", is_new=False)
    page.locator("header input[name=q]").fill("tea")
    page.keyboard.press("Enter")
    shopper.has_arrived("/search", is_new=False)
    if not page.locator("input[name=in_stock]").is_visible():
        page.locator(".filters > summary").click()
    page.locator("input[name=in_stock]").check()
    if not shopper.has_scripts:
        page.locator(".filters button[type=submit]").click()
    shopper.has_arrived("in_stock=1")
    page.locator("main .card__title a").first.click()
    shopper.has_arrived("/p/", is_new=False)


def _fill_the_cart(shopper: Visitor) -> None:
    """Put the product in: beside the page where there are scripts, else on the cart's page."""
    page = shopper.page
    page.locator("form[action$='/cart/lines'] button[type=submit]").first.click()
    if shopper.has_scripts:
        drawer = page.locator("dialog.drawer")
        drawer.wait_for()
        shopper.has_arrived("/p/")
        drawer.locator(".button--primary").click()
    shopper.has_arrived("/cart")
    assert page.locator("main input[type=number]").count() == 1


def _order(shopper: Visitor, stack: dict[str, Any]) -> str:
    """Order and pay; returns the purchase's number."""
    page = shopper.page
    page.locator("main [href$='/checkout'], main [formaction$='/checkout']").last.click()
    shopper.has_arrived("/checkout")
    _tell_where_to(shopper)
    shopper.step("quote")
    shopper.has_arrived("/checkout")
    assert page.locator("main [name=email]").input_value() == FIELDS["email"]
    shopper.step("place")
    page.wait_for_url(re.compile(re.escape(stack["sandbox_url"])))
    page.locator("form[action$='/approve'] button").click()
    shopper.has_arrived("/orders/pur_")
    page.locator("[data-standing*=paid]").wait_for()
    return page.url.partition("?")[0].rpartition("/")[2]


def _tell_where_to(shopper: Visitor) -> None:
    """Field by field in English; in Chinese pasted whole, and the district picked anew."""
    if shopper.language == "en":
        return shopper.fill(FIELDS)
    shopper.fill(AT_HOME)
    shopper.step("paste")
    shopper.has_arrived("/checkout")
    page = shopper.page
    assert page.locator("main [name=district]").input_value() == "南山区"
    page.locator("main [name=city]").select_option("广州市")
    if not shopper.has_scripts:
        shopper.step("district")
        shopper.has_arrived("/checkout")
    page.locator("main [name=district] option[value=天河区]").wait_for(state="attached")
    page.locator("main [name=district]").select_option("天河区")
    return shopper.fill({"name": FIELDS["name"]})


def _find_again(browser: Any, shopper: Visitor, home: str, number: str) -> None:
    """Another browser, which knows nothing, opens the order by its number and contact."""
    width = shopper.page.viewport_size["width"]
    other = Visitor(browser, width, has_scripts=shopper.has_scripts, language=shopper.language)
    other.page.goto(f"{home}orders/{number}")
    assert FIELDS["name"] not in other.page.inner_text("body")
    other.complaints.clear()  # of the refusal
    other.page.goto(home)
    other.page.locator("footer a[href$='/orders/find']").click()
    other.has_arrived("/orders/find", is_new=False)
    other.fill({"number": number, "contact": FIELDS["email"]})
    other.page.locator("main form button[type=submit]").click()
    other.has_arrived(f"/orders/{number}")
    assert FIELDS["name"] in other.page.inner_text("main")
    assert other.complaints == []
    other.close()


def _join(shopper: Visitor, number: str) -> None:
    """Make an account from the order's page, which lies in its list from then on."""
    page = shopper.page
    page.locator("main a[href*='/account/register']").click()
    shopper.has_arrived("/account/register", is_new=False)
    shopper.fill({"login": f"{number.lower()}@shopper.example", "password": "a long enough word"})
    page.locator("main form button[type=submit]").first.click()
    shopper.has_arrived(f"/orders/{number}")


def test_the_keyboard_alone_buys(browser, stack) -> None:
    """Tab, Enter, the space bar and arrows; where one is can always be seen."""
    shopper = Visitor(browser, 1280, has_scripts=True)
    page = shopper.page
    page.goto(f"{stack['shop_url']}/en/")
    _tab_to(shopper, "header input[name=q]")
    page.keyboard.type("tea")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search"))
    _tab_to(shopper, "main .card__title a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/p/"))
    _tab_to(shopper, "form[action$='/cart/lines'] button[type=submit]")
    page.keyboard.press("Enter")
    page.locator("dialog.drawer").wait_for()
    _tab_to(shopper, "dialog.drawer .button--primary")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/cart"))
    _tab_to(shopper, "main [href$='/checkout'], main [formaction$='/checkout']")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/checkout"))
    for name, value in FIELDS.items():
        _tab_to(shopper, f'main [name="{name}"]')
        page.keyboard.type(value)
    _tab_to(shopper, "main button[name=step][value=quote]:not([aria-hidden])")
    page.keyboard.press("Enter")
    page.locator("main [name=delivery_method]").first.wait_for()
    _tab_to(shopper, "main [name=delivery_method]")
    page.keyboard.press("ArrowDown")
    page.wait_for_load_state("networkidle")
    _tab_to(shopper, "main button[name=step][value=place]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(stack["sandbox_url"])))
    page.locator("form[action$='/approve'] button").click()
    page.wait_for_url(re.compile("/orders/pur_"))
    page.locator("[data-standing*=paid]").wait_for()
    assert shopper.complaints == []
    shopper.close()


def _tab_to(shopper: Visitor, selector: str) -> None:
    """Go there by Tab, through whatever lies between; each stop shows where one is."""
    page = shopper.page
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        found = page.evaluate(STOP, selector)
        assert found["is_seen"], f"{found['what']} on {page.url} does not show its focus"
        if found["is_it"]:
            return
    raise AssertionError(f"{selector} on {page.url} cannot be reached")


STOP = """(selector) => {
  const here = document.activeElement;
  const styles = [here, here.closest("label"), here.parentElement].filter(Boolean)
    .flatMap((one) => [getComputedStyle(one), getComputedStyle(one, "::after")]);
  return {
    is_it: here.matches(selector),
    is_seen: here === document.body || styles.some(
      (style) => (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
        || style.boxShadow !== "none"),
    what: here.outerHTML.slice(0, 120),
  };
}"""
