"""A member asks for help and is answered, without scripts: from the order to the console and back."""

from typing import Any

import pytest

from chalicelib.contexts.identity import service as identity
from chalicelib.kernel.actors import Role
from tests.makers.browser import Browser
from tests.makers.people import PASSWORD, a_member
from tests.makers.points import bearer, earned
from tests.pages.test_console import signed_in

SUPPORT = "/account/support"


@pytest.fixture
def ada(browser) -> str:
    """A member whose browser is signed in; her token."""
    _, token = a_member()
    page = browser.get("/account/sign-in")
    form = page.form("/account/sign-in")
    browser.send(page, form, login="ada@shop.example", password=PASSWORD)
    return token


@pytest.fixture
def acme(shop) -> Browser:
    identity.add_staff(shop.merchant().id, "owner@acme.example", PASSWORD, "Ada", Role.OWNER)
    return signed_in("owner@acme.example")


def asked(browser: Browser, **told: str) -> Any:
    page = browser.get(SUPPORT)
    said = {"subject": "Late", "text": "Where is it?\nHello?", **told}
    return browser.send(page, page.form(SUPPORT), **said)


def test_a_question_about_an_order_is_answered_by_its_merchant(browser, shop, ada, acme) -> None:
    purchase = earned(shop, ada, {shop.goods(price=60_000): 1})
    order = purchase["orders"][0]["id"]
    page = browser.get(f"/orders/{purchase['id']}")
    href = f"{SUPPORT}?order={order}"
    assert page.soup.select_one(f'a[href^="{href}"]')
    page = browser.get(href)
    assert page.one("#f-order option[selected]")["value"] == order
    page = browser.send(page, page.form(SUPPORT), subject="Late", text="Where is it?\n\nHello?")
    place = page.address.partition("#")[0]
    assert (page.heading, page.texts(".tag")) == ("Late", ["Waits for an answer"])
    assert page.one(".talk .pre").get_text() == "Where is it?\n\nHello?"
    queue = acme.get("/console/support")
    assert queue.texts("tbody td")[:2] == ["Late", "Silver"]
    case = acme.get(str(queue.one("tbody a")["href"]))
    form = case.form(f"/console/support/{place.rpartition('/')[2]}/messages")
    for _ in range(2):
        queue = acme.send(case, form, text="On its <b>way</b>.")
    assert "Nobody waits for an answer." in queue.text
    page = browser.get(place)
    assert page.texts(".talk .strong") == ["You", "Acme"]
    assert page.texts(".talk .pre")[1] == "On its <b>way</b>."
    page = browser.send(page, page.form(f"{place}/close"))
    assert page.texts(".tag") == ["Closed"]
    page = browser.send(page, page.form(f"{place}/messages"), text="One more thing.")
    assert page.texts(".tag") == ["Waits for an answer"]


def test_without_an_order_the_platform_is_asked(browser, shop, ada) -> None:
    page = asked(browser)
    assert "The platform" in page.text
    identity.bootstrap_platform("keeper@souk.example", PASSWORD)
    keeper = signed_in("keeper@souk.example")
    assert keeper.get("/console/support").texts("tbody td")[0] == "Late"


def test_what_is_missing_is_said_beside_it_and_what_was_typed_is_kept(browser, shop, ada) -> None:
    page = asked(browser, subject="")
    assert (page.status, page.texts("#e-subject")) == (400, ["Fill this in."])
    assert page.one("#f-text").get_text() == "Where is it?\nHello?"
    page = asked(browser, text="x" * 2_001)
    assert page.texts("#e-text") == ["This is too long, too short or out of range."]
    for number in range(5):
        page = asked(browser, subject=f"No. {number}")
        assert page.status == 200
    page = asked(browser)
    assert page.status == 422
    assert "You have 5 open requests" in page.text
    assert page.one("#f-subject")["value"] == "Late"


def test_anothers_order_and_case_are_not_there(browser, shop, ada) -> None:
    _, eve = a_member("eve@shop.example")
    bought = shop.paid({shop.goods(): 1}, headers=bearer(eve))
    page = browser.get(SUPPORT)
    sent = {"csrf": str(page.soup.select_one("[name=csrf]")["value"]), "key": "k"}
    order = bought["orders"][0]["id"]
    reply = browser.post(SUPPORT, {**sent, "order": order, "subject": "Mine", "text": "Mine."})
    assert reply.status == 404
    assert browser.get(f"{SUPPORT}/cas_nothing").status == 404
