"""Members' pages: registering, signing in and out."""

import pytest

from chalicelib.contexts.identity import service as identity
from tests.makers.people import PASSWORD, a_member
from tests.makers.round_trips import counted
from tests.pages.test_cart import put

LOGIN = {"login": "ada@shop.example", "password": PASSWORD}


def sign_in(browser, path="/account/sign-in", **fields: str):
    page = browser.get(path)
    return browser.send(page, page.form("/account/sign-in"), **{**LOGIN, **fields})


def test_registering_signs_in(browser) -> None:
    page = browser.get("/account/register")
    page = browser.send(page, page.form("/account/register"), **LOGIN, name="Ada")
    assert (page.address, page.heading) == ("/account", "My account")
    assert "Ada" in page.text
    assert "No orders yet" in page.text
    assert identity.session(browser.http.cookies["souk_session"]).email == "ada@shop.example"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"login": ""}, {"login": "Fill this in."}),
        ({"login": "nobody", "password": PASSWORD}, {"login": "This does not look right."}),
        ({"password": "short"}, {"password": "This does not look right."}),
    ],
)
def test_what_is_wrong_is_said_beside_it(browser, fields, wrong) -> None:
    page = browser.get("/account/register")
    page = browser.send(page, page.form("/account/register"), **{**LOGIN, **fields}, name="Ada")
    assert page.status == 400
    found = {str(one["id"])[2:]: one.get_text() for one in page.soup.select(".field__error")}
    assert found == wrong
    assert page.one("#f-name")["value"] == "Ada"
    assert "souk_session" not in browser.http.cookies


def test_a_wrong_password_is_refused_and_never_shown_again(browser) -> None:
    a_member()
    page = sign_in(browser, password="wrong horse battery")
    assert page.status == 401
    assert page.texts("[role=alert]") == ["The login and the password do not fit"]
    assert page.one("#f-login")["value"] == "ada@shop.example"
    assert "wrong horse" not in page.reply.text
    assert "souk_session" not in browser.http.cookies


def test_signing_in_goes_where_one_wanted_to(browser) -> None:
    a_member()
    asked = browser.get("/account?cursor=x")
    assert asked.address == "/account/sign-in?next=%2Faccount%3Fcursor%3Dx"
    assert sign_in(browser, "/account/sign-in?next=/cart").address == "/cart"


@pytest.mark.parametrize("place", ["https://elsewhere.example/", "//elsewhere.example"])
def test_signing_in_leads_nowhere_else(browser, place) -> None:
    a_member()
    assert sign_in(browser, next=place).address == "/account"
    assert browser.left_for == ""


def test_the_cart_comes_along_and_joins_the_one_that_was_left(browser, listed) -> None:
    from tests.makers.browser import Browser

    a_member()
    tee, cup = listed("TEE", stock=9), listed("CUP", stock=9)
    elsewhere = Browser()
    sign_in(elsewhere)
    put(elsewhere, tee, "2")
    put(browser, cup, "3")
    sign_in(browser)
    page = browser.get("/cart")
    assert sorted(page.texts(".lines .line__head a")) == ["Tee CUP", "Tee TEE"]
    assert set(page.texts(".count")) == {"5"}


def test_signing_out_ends_the_session_at_once(browser) -> None:
    a_member()
    page = sign_in(browser)
    token = browser.http.cookies["souk_session"]
    page = browser.send(page, page.form("/account/sign-out"))
    assert page.address == "/"
    assert "souk_session" not in browser.http.cookies
    assert identity.session(token) is None


def test_a_session_adds_one_round_trip(browser) -> None:
    a_member()
    sign_in(browser)
    with counted() as calls:
        browser.get("/account")
    assert len(calls) <= 3, calls


def test_the_header_knows_who_is_signed_in(browser) -> None:
    a_member()
    assert "Sign in" in browser.get("/fragments/visitor").text
    sign_in(browser)
    assert "My account" in browser.get("/fragments/visitor").text


def test_spaces_belong_to_a_password(browser) -> None:
    a_member(password=" spaced out ")
    assert sign_in(browser, password="spaced out").status == 401
    assert sign_in(browser, password=" spaced out ").address == "/account"


def test_after_too_many_failures_it_says_how_long_to_wait(browser) -> None:
    a_member()
    replies = [sign_in(browser, password="wrong horse battery") for _ in range(6)]
    assert [one.status for one in replies] == [401] * 5 + [429]
    assert int(replies[-1].reply.headers["retry-after"]) >= 1
    assert sign_in(browser).status == 429
