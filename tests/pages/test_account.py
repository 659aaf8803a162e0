"""A member's first page, profile and favourites, without scripts."""

import pytest

from chalicelib.contexts.members import service
from chalicelib.contexts.members.model.favourites import Liked
from tests.makers.round_trips import counted
from tests.pages.test_addresses import ada  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("ada")


def test_the_overview_leads_everywhere(browser) -> None:
    page = browser.get("/account")
    assert page.heading == "My account"
    assert "No orders yet" in page.text
    for link in page.soup.select(".account-rooms a"):
        assert browser.get(str(link["href"])).status == 200
    with counted() as calls:
        browser.get("/account")
    assert len(calls) <= 3, calls


def test_a_nickname_stands_for_the_name(browser) -> None:
    page = browser.get("/account/profile")
    page = browser.send(page, page.form("/account/profile"), nickname="Countess", locale="zh-CN")
    assert page.one("#f-nickname")["value"] == "Countess"
    assert browser.http.cookies["souk_locale"] == "zh-CN"
    assert "Countess" in browser.get("/account").text


def test_a_wrong_nickname_is_said_beside_it_and_kept(browser) -> None:
    page = browser.get("/account/profile")
    page = browser.send(page, page.form("/account/profile"), nickname="x" * 41)
    assert (page.status, page.one("#e-nickname").get_text()[:16]) == (400, "This is too long")
    assert page.one("#f-nickname")["value"] == "x" * 41


def test_a_birthday_is_kept_without_a_year_and_taken_back(browser, ada) -> None:  # noqa: F811
    page = browser.get("/account/profile")
    page = browser.send(
        page, page.form("/account/profile/birthday"), birthday_month="2", birthday_day="30"
    )
    assert page.status == 400
    assert page.one("#e-birthday_day").get_text()
    page = browser.send(page, page.form("/account/profile/birthday"), birthday_day="29")
    assert page.one("#f-birthday_month option[selected]")["value"] == "2"
    assert service.birthday_of(ada).day == "02-29"
    browser.send(page, page.form("/account/profile/birthday"), birthday_month="", birthday_day="")
    assert service.birthday_of(ada).day == ""


def test_a_product_is_liked_and_let_go(browser, ada, listed) -> None:  # noqa: F811
    product = listed()
    path = f"/favourites/product/{product.id}"
    page = browser.get(f"{path}?back=/p/{product.slug}")
    assert page.heading == product.content.title
    page = browser.send(page, page.form(path))
    assert page.address == f"/p/{product.slug}"
    page = browser.get("/account/favourites")
    assert product.content.title in page.text
    assert "1 favourite" not in page.text
    page = browser.send(page, page.form(path))
    assert "No favourites yet" in page.text
    assert not service.favourites_of(ada).has(Liked.PRODUCT, product.id)


def test_the_piece_of_a_page_says_whether_it_is_liked(browser, ada, listed) -> None:  # noqa: F811
    product = listed()
    path = f"/fragments/favourites/product/{product.id}"
    assert browser.get(path).one("button")["aria-pressed"] == "false"
    service.like(ada, Liked.PRODUCT, product.id)
    assert browser.get(path).one("button")["aria-pressed"] == "true"


def test_a_merchant_is_liked_by_its_code(browser, shop) -> None:
    seller = shop.merchant()
    page = browser.get("/favourites/merchant/acme")
    page = browser.send(page, page.form(f"/favourites/merchant/{seller.id}"))
    assert "Acme" in page.text
    assert browser.get("/favourites/merchant/nobody").status == 404
    assert browser.get("/favourites/parrot/acme").status == 404


def test_what_left_the_shop_is_counted_and_not_shown(browser, ada, shop) -> None:  # noqa: F811
    service.like(ada, Liked.PRODUCT, "prd_22222222")
    page = browser.get("/account/favourites")
    assert "1 favourite is not in the shop now." in page.text
    page = browser.send(page, page.form("/account/favourites"))
    assert "No favourites yet" in page.text
    assert service.favourites_of(ada).liked == ()


def test_programs_like_things(browser, shop, listed) -> None:
    from tests.makers.people import a_member

    product, path = listed(), "/api/v1/me/favourites"
    _, token = a_member("bob@shop.example")
    bearer = {"authorization": f"Bearer {token}"}
    assert browser.http.put(f"{path}/product/{product.slug}", **bearer).status == 204
    (item,) = browser.http.get(path, **bearer).json()["items"]
    assert (item["kind"], item["id"]) == ("product", product.id)
    assert browser.http.put(f"{path}/product/prd_22222222", **bearer).status == 404
    assert browser.http.delete(f"{path}/product/{product.id}", **bearer).status == 204
    assert browser.http.get(path, **bearer).json()["items"] == []
