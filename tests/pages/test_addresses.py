"""The address book's pages, without scripts."""

import pytest

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.members import service
from tests.makers.people import PASSWORD, a_member
from tests.makers.round_trips import counted
from tests.unit.members.test_addresses import LONDON, SHENZHEN

NEW = "/account/addresses/new"


@pytest.fixture
def ada(browser):
    actor, _ = a_member()
    _, token = identity.sign_in_page("ada@shop.example", PASSWORD, address="192.0.2.1")
    browser.http.cookies["souk_session"] = token
    return actor


def form(page, action=NEW):
    return page.form(action)


def shown(page) -> dict[str, str]:
    return {str(one["name"]): str(one.get("value", "")) for one in page.soup.select("input.input")}


def chosen(page, name: str) -> str:
    found = page.soup.select_one(f"select[name={name}] option[selected]")
    return str(found["value"]) if found else ""


def test_an_address_is_kept_changed_and_removed(browser, ada) -> None:
    page = browser.get("/account/addresses")
    assert "No addresses yet" in page.text
    page = browser.get(NEW)
    page = browser.send(page, form(page), **LONDON)
    assert page.address == "/account/addresses"
    assert "1 Example Street" in page.text
    kept = service.addresses_of(ada).addresses[0]
    page = browser.get(f"/account/addresses/{kept.id}")
    assert shown(page)["line1"] == "1 Example Street"
    page = browser.send(page, form(page, f"/account/addresses/{kept.id}"), line1="2 Other Street")
    assert "2 Other Street" in page.text
    page = browser.send(page, form(page, f"/account/addresses/{kept.id}/remove"))
    assert "No addresses yet" in page.text


def test_province_city_and_district_are_picked_one_after_another(browser, ada) -> None:
    page = browser.get(f"{NEW}?country=CN")
    page = browser.send(page, form(page), press="district", region="广东省", name="张三")
    assert shown(page)["name"] == "张三"
    cities = [str(one["value"]) for one in page.soup.select("select[name=city] option")]
    assert len(cities) == 22
    assert "深圳市" in cities
    page = browser.send(page, form(page), press="district", city="深圳市")
    assert "南山区" in page.one("select[name=district]").get_text()
    rest = {"district": "南山区", "phone": "13812345678", "line1": "科技园南路18号"}
    page = browser.send(page, form(page), **rest)
    assert page.address == "/account/addresses"
    assert "中国 广东省 深圳市 南山区" in page.text or "China 广东省 深圳市 南山区" in page.text


def test_another_province_lets_the_city_go(browser, ada) -> None:
    page = browser.get(f"{NEW}?country=CN")
    changed = {**SHENZHEN, "region": "浙江省"}
    page = browser.send(page, form(page), press="district", **changed)
    assert (chosen(page, "region"), chosen(page, "city"), chosen(page, "district")) == (
        "浙江省",
        "",
        "",
    )


def test_a_script_gets_the_three_selects(browser, ada) -> None:
    page = browser.get("/divisions?region=广东省&city=深圳市&district=西湖区")
    assert (chosen(page, "region"), chosen(page, "city")) == ("广东省", "深圳市")
    assert chosen(page, "district") == ""
    assert page.soup.html is None


def test_a_pasted_address_fills_the_form_in_and_keeps_nothing_yet(browser, ada) -> None:
    page = browser.get(NEW)
    pasted = "张三 13812345678 广东省深圳市南山区科技园南路18号"
    page = browser.send(page, form(page), press="paste", paste=pasted)
    assert service.addresses_of(ada).addresses == ()
    assert (chosen(page, "country"), chosen(page, "district")) == ("CN", "南山区")
    page = browser.send(page, form(page))
    assert service.addresses_of(ada).addresses[0].for_checkout()["line1"] == "南山区科技园南路18号"


def test_what_is_wrong_is_said_beside_it_and_nothing_is_lost(browser, ada) -> None:
    page = browser.get(NEW)
    page = browser.send(page, form(page), **{**LONDON, "phone": "call me", "city": ""})
    assert page.status == 400
    found = {str(one["id"])[2:]: one.get_text() for one in page.soup.select(".field__error")}
    assert found == {"phone": "This does not look right.", "city": "Fill this in."}
    assert (shown(page)["phone"], shown(page)["line1"]) == ("call me", "1 Example Street")


def test_one_goes_on_to_where_one_came_from(browser, ada) -> None:
    page = browser.get(f"{NEW}?next=/cart")
    assert browser.send(page, form(page), **LONDON).address == "/cart"
    page = browser.get(f"{NEW}?next=https://evil.example/")
    assert browser.send(page, form(page), **LONDON).address == "/account/addresses"


def test_whoever_is_not_signed_in_is_led_to_the_sign_in(browser) -> None:
    assert browser.get(NEW).address.startswith("/account/sign-in?next=")


def test_the_book_costs_two_round_trips(browser, ada) -> None:
    service.add_address(ada, LONDON)
    with counted() as calls:
        browser.get("/account/addresses")
    assert len(calls) <= 3, calls
