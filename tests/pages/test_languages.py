"""One route, two languages: the address decides where the edge says so, and links keep it."""

import pytest

from chalicelib.aws import settings as settings_module
from tests.makers.browser import Browser

SECRET = "the edge's own"


@pytest.fixture
def edge(shop, monkeypatch):
    """Headers of a request whose prefix the edge has taken off."""
    monkeypatch.setenv("SOUK_EDGE_SECRET", SECRET)
    settings_module.settings.cache_clear()
    return {"x_souk_edge": SECRET, "x_souk_locale": "zh-CN"}


def inner_links(page) -> set[str]:
    return {
        one["href"] for one in page.soup.select("a[href]") if not one["href"].startswith(("#", "h"))
    }


def test_the_address_decides_against_cookie_and_browser(edge) -> None:
    browser = Browser()
    browser.http.cookies["souk_locale"] = "en"
    page = browser.get("/cart", accept_language="en", **edge)
    assert page.one("html")["lang"] == "zh-CN"
    assert page.heading == "购物车"


@pytest.mark.parametrize("secret", ["", "guessed"])
def test_nobody_but_the_edge_is_believed(edge, secret) -> None:
    page = Browser().get("/cart", **{**edge, "x_souk_edge": secret})
    assert page.one("html")["lang"] == "en"
    assert not [one for one in inner_links(page) if one.startswith("/zh")]


def test_a_language_that_is_not_spoken_is_no_language(edge) -> None:
    page = Browser().get("/cart", **{**edge, "x_souk_locale": "tlh"})
    assert page.one("html")["lang"] == "en"


@pytest.mark.parametrize("path", ["/", "/search", "/cart", "/account/sign-in"])
def test_every_link_and_form_of_the_shop_keeps_the_language(edge, path) -> None:
    page = Browser().get(path, **edge)
    outside = ("/zh/", "/console", "/locale/")
    assert [one for one in inner_links(page) if not one.startswith(outside)] == []
    actions = [one["action"] for one in page.soup.select("form[action]")]
    assert actions
    assert [one for one in actions if not one.startswith("/zh/")] == []


def test_redirects_keep_the_language(edge) -> None:
    reply = Browser().http.get("/account", **edge)
    assert (reply.status, reply.headers["location"]) == (303, "/zh/account/sign-in?next=%2Faccount")


def test_choosing_a_language_stays_on_the_page(edge) -> None:
    browser = Browser()
    page = browser.get("/search?q=tea", **edge)
    switch = page.soup.select_one('a[href^="/locale/en"]')
    reply = browser.http.get(switch["href"], x_souk_edge=SECRET)
    assert (reply.status, reply.headers["location"]) == (303, "/en/search?q=tea")
    assert reply.cookies == {"souk_locale": "en"}


def test_without_an_edge_there_are_no_prefixes(shop) -> None:
    reply = Browser().http.get("/locale/zh-CN?next=/zh/cart")
    assert reply.headers["location"] == "/cart"
