"""Signing in with another company, from the button to the account, without scripts."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode

import pytest

from chalicelib.aws import settings
from chalicelib.contexts.identity import service as identity
from chalicelib.providers.login import oidc
from tests.makers.browser import Browser
from tests.makers.companies.logins import OpenIdCompany, Signer
from tests.makers.people import PASSWORD, a_member

START = "/sign-in/with/company"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer("key_1", "ES256")


@pytest.fixture
def company(stage, signer, monkeypatch) -> Iterator[OpenIdCompany]:
    oidc.forget()
    made = OpenIdCompany(signer)
    with made.serving():
        told = {
            "kind": "oidc",
            "label": "Example ID",
            "issuer": made.url,
            "client_id": made.app_id,
            "client_secret": made.secret,
        }
        monkeypatch.setenv("SOUK_LOGINS", json.dumps({"company": told}))
        settings.settings.cache_clear()
        yield made


def leave(browser: Browser, path: str = START) -> str:
    """Go to the company; gives its address."""
    browser.get(path)
    return browser.left_for


def come_back(browser: Browser, query: dict[str, str]):
    return browser.get(f"{START}/return?{urlencode(query)}")


def signed_in(browser: Browser) -> str:
    token = browser.http.cookies.get("souk_session", "")
    session = identity.session(token) if token else None
    return session.account_id if session else ""


def test_a_button_leads_to_the_company_and_back_into_an_account(browser, company) -> None:
    page = browser.get("/account/sign-in?next=/cart")
    button = next(one for one in page.soup.select("a") if one.get_text() == "Example ID")
    back = company.agree(leave(browser, str(button["href"])))
    page = come_back(browser, back)
    assert (page.address, page.status) == ("/cart", 200)
    assert identity.account(signed_in(browser)).name == "Ada Example"
    assert "souk_login" not in browser.http.cookies


def test_the_same_way_back_twice_signs_nobody_in_again(browser, company) -> None:
    back = company.agree(leave(browser))
    kept = browser.http.cookies["souk_login"]
    come_back(browser, back)
    browser.http.cookies = {"souk_login": kept}
    page = come_back(browser, back)
    assert (page.status, page.heading) == (401, "Not signed in")
    assert not signed_in(browser)


def test_another_browser_cannot_be_signed_in_by_ones_own_way_back(browser, company) -> None:
    back = company.agree(leave(browser))
    victim = Browser()
    assert come_back(victim, back).status == 401
    leave(victim)
    assert come_back(victim, back).status == 401
    assert not signed_in(victim)


def test_the_way_back_is_open_for_ten_minutes(browser, company, stage) -> None:
    back = company.agree(leave(browser))
    stage.forward(601)
    assert come_back(browser, back).status == 401


@pytest.mark.parametrize("kept", ["", "x", "e30.x", "." * 5_000, "é"])
def test_a_made_up_cookie_is_refused(browser, company, kept) -> None:
    back = company.agree(leave(browser))
    browser.http.cookies = {"souk_login": kept} if kept.isascii() else {}
    assert come_back(browser, back).status == 401


def test_whoever_said_no_may_try_again(browser, company) -> None:
    leave(browser)
    state = parse_qs(browser.left_for.partition("?")[2])["state"][0]
    page = come_back(browser, {"error": "access_denied", "state": state})
    assert page.status == 401
    assert "You did not agree" in page.text
    assert "Try again with Example ID" in page.text


def test_a_member_who_is_signed_in_is_asked_before_a_link(browser, company) -> None:
    ada, _ = a_member()
    _, token = identity.sign_in_page("ada@shop.example", PASSWORD, address="192.0.2.1")
    browser.http.cookies["souk_session"] = token
    page = come_back(browser, company.agree(leave(browser, f"{START}?next=/account/logins")))
    assert page.heading == "Link a login"
    assert identity.linked_logins(ada)[0] == []
    page = browser.send(page, page.form("/account/logins"))
    assert page.address == "/account/logins"
    assert "Ada Example" in page.text
    page = browser.send(page, page.form("/account/logins/company/remove"))
    assert "No other company leads into your account." in page.text


def test_a_confirmation_for_another_member_is_refused(browser, company) -> None:
    a_member()
    bob, _ = a_member("bob@shop.example")
    for email in ("ada@shop.example", "bob@shop.example"):
        _, token = identity.sign_in_page(email, PASSWORD, address="192.0.2.1")
        browser.http.cookies["souk_session"] = token
        if email.startswith("ada"):
            page = come_back(browser, company.agree(leave(browser)))
            sealed = str(page.one("input[name=confirmed]")["value"])
    page = browser.get("/account/profile")
    csrf = str(page.soup.select_one("input[name=csrf]")["value"])
    assert browser.post("/account/logins", {"csrf": csrf, "confirmed": sealed}).status == 401
    assert identity.linked_logins(bob)[0] == []


def test_the_only_way_in_has_no_button(browser, company) -> None:
    come_back(browser, company.agree(leave(browser)))
    page = browser.get("/account/logins")
    assert "The only way into your account" in page.text
    assert page.soup.select_one("form[action='/account/logins/company/remove']") is None


def test_a_company_that_is_not_configured_is_not_there(browser) -> None:
    assert browser.get("/sign-in/with/nobody").status == 404
    assert browser.get("/sign-in/with/nobody/return").status == 404
