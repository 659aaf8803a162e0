"""The look-up of an order without an account: a number and a contact, and nothing for guessers."""

import pytest

from tests.makers.shop import Shop

PAIR = "No order has this number and this contact"


@pytest.fixture
def bought(shop: Shop):
    return shop.bought({shop.goods(): 1})


def found(browser, number: str, contact: str):
    page = browser.get("/orders/find")
    return browser.send(page, page.form("/orders/find"), number=number, contact=contact)


def test_number_and_contact_lead_to_the_order(browser, bought) -> None:
    number, first = bought["id"], bought["orders"][0]["id"]
    pairs = [
        (number, "Ada@Shopper.example "),
        (first, "+44 20 7946 0000"),
        (number.lower(), "020 7946 0000"),
        (f" {number[:10]} {number[10:]}", "ada@shopper.example"),
        (number.removeprefix("pur_"), "ada@shopper.example"),
    ]
    for given in pairs:
        browser.http.cookies.clear()
        page = found(browser, *given)
        assert (page.status, page.address) == (200, f"/orders/{number}"), given
        assert "Ada Example" in page.text


def test_a_wrong_pair_and_an_unknown_number_look_alike(browser, bought) -> None:
    unknown = bought["id"][:-4] + "0000"
    pages = [
        found(browser, bought["id"], "grace@shopper.example"),
        found(browser, bought["id"], "0000"),
        found(browser, unknown, "ada@shopper.example"),
        found(browser, "pur_nothing", "ada@shopper.example"),
        found(browser, "🙂" * 200, "@"),
    ]
    assert {page.status for page in pages} == {422}
    assert all(PAIR in page.text for page in pages)
    assert pages[0].one("input[name=number]")["value"] == bought["id"]
    assert pages[0].one("input[name=contact]")["value"] == "grace@shopper.example"
    assert "Ada Example" not in browser.get(f"/orders/{bought['id']}").text


def test_what_is_missing_is_said_beside_its_field(browser, bought) -> None:
    page = found(browser, "", "")
    assert page.status == 400
    assert len(page.soup.select("[aria-invalid=true]")) == 2


def test_guessing_a_contact_makes_the_right_one_wait(browser, bought, clock) -> None:
    for number in range(20):
        page = found(browser, bought["id"], f"guess{number}@shopper.example")
        if page.status == 429:
            break
    assert "Too many wrong tries" in page.text
    assert found(browser, bought["id"], "ada@shopper.example").status == 429
    clock.forward(3_600)
    assert found(browser, bought["id"], "ada@shopper.example").status == 200
