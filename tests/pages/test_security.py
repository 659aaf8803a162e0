"""Codes, passwords, second factors and sessions on pages, without scripts."""

import json
from typing import Any

import pyotp
import pytest
from bs4 import Tag

from chalicelib.contexts.identity import service
from chalicelib.kernel import clock
from chalicelib.kernel.actors import Role
from tests.makers.authenticator import Authenticator
from tests.makers.browser import Browser, Page
from tests.makers.people import PASSWORD, a_member
from tests.pages.test_addresses import ada  # noqa: F401 - a fixture

EMAIL = "ada@shop.example"
NEW = "another password"


def sent_code(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the codes that are asked for, as the mail would say them."""
    made: list[str] = []
    from chalicelib.contexts.identity.store import codes

    real = codes.new_code

    def noted(key, row, request_id, now):
        made.append(codes.code_of(request_id))
        return real(key, row, request_id, now)

    monkeypatch.setattr(codes, "new_code", noted)
    return made


def filled(form: Tag, name: str) -> str:
    found = form.select_one(f'[name="{name}"]')
    assert found is not None
    return str(found.get("value", ""))


@pytest.mark.usefixtures("stage")
class TestCodes:
    def test_sign_in(self, browser, monkeypatch) -> None:
        a_member()
        codes = sent_code(monkeypatch)
        page = browser.get("/account/sign-in/code?next=/account/orders")
        page = browser.send(page, page.form("/account/sign-in/code"), press="send", login=EMAIL)
        assert "code is on its way" in page.text
        form = page.form("/account/sign-in/code", holding="#f-code")
        wrong = browser.send(page, form, press="enter", code="000000")
        assert wrong.one("#e-code").get_text()
        form = wrong.form("/account/sign-in/code", holding="#f-code")
        page = browser.send(wrong, form, press="enter", code=codes[0])
        assert page.address == "/account/orders"

    def test_the_page_says_the_same_for_nobodys_login(self, browser) -> None:
        a_member()
        texts = []
        for login in (EMAIL, "nobody@shop.example"):
            page = browser.get("/account/sign-in/code")
            page = browser.send(page, page.form("/account/sign-in/code"), press="send", login=login)
            texts.append((page.status, page.text.replace(login, "…")))
        assert texts[0] == texts[1]

    def test_reset(self, browser, monkeypatch) -> None:
        a_member()
        codes = sent_code(monkeypatch)
        page = browser.get("/account/reset")
        page = browser.send(page, page.form("/account/reset"), press="send", login=EMAIL)
        form = page.form("/account/reset", holding="#f-code")
        short = browser.send(page, form, press="enter", code=codes[0], password="short")
        assert (short.status, bool(short.one("#e-password").get_text())) == (400, True)
        form = short.form("/account/reset", holding="#f-code")
        page = browser.send(short, form, press="enter", code=codes[0], password=NEW)
        assert "Your new password is set" in page.text
        assert service.sign_in(EMAIL, NEW, address="")

    def test_a_login_that_is_none_is_said_beside_it(self, browser) -> None:
        page = browser.get("/account/reset")
        page = browser.send(page, page.form("/account/reset"), press="send", login="ada@")
        assert page.one("#f-login")["value"] == "ada@"
        assert page.one("#e-login").get_text()


SECURITY = "/account/security"
SIGN_IN = "/account/sign-in/passkey"


def asked(form: Tag) -> dict[str, Any]:
    """What a page would ask a device, by the script that reads it."""
    place = form.find_parent("souk-passkey")
    assert place is not None
    found: dict[str, Any] = json.loads(str(place["data-options"]))
    return found


def added(browser: Browser, device: Authenticator, name: str = "Phone") -> Page:
    page = browser.get(SECURITY)
    page = browser.send(page, page.form(f"{SECURITY}/passkeys"), current_password=PASSWORD)
    form = page.form(f"{SECURITY}/passkeys/finish")
    return browser.send(page, form, answer=device.make(asked(form)), name=name)


@pytest.mark.usefixtures("ada")
class TestPasskeys:
    def test_one_is_added_used_renamed_and_removed(self, browser) -> None:
        device = Authenticator()
        page = added(browser, device)
        assert "The passkey is yours" in page.text
        assert "Phone added" in page.text
        assert "never used yet" in page.text
        browser.http.cookies.clear()
        page = browser.get("/account/sign-in?next=/account/security")
        form = page.form(SIGN_IN)
        page = browser.send(page, form, answer=device.enter(asked(form)))
        assert (page.address, "last used" in page.text) == (SECURITY, True)
        (one,) = service.passkeys_of(service.sign_in(EMAIL, PASSWORD, address="")[0].id)
        form = page.form(f"{SECURITY}/passkeys/{one.id}/rename")
        wrong = browser.send(page, form, name="x" * 61)
        assert (wrong.status, "A name has up to 60 characters." in wrong.text) == (400, True)
        page = browser.send(page, form, name="Key ring")
        assert "Key ring added" in page.text
        page = browser.send(page, page.form(f"{SECURITY}/passkeys/{one.id}/remove"))
        assert "Key ring" not in page.text

    def test_the_password_is_asked_for_beside_its_field(self, browser) -> None:
        page = browser.get(SECURITY)
        wrong = browser.send(page, page.form(f"{SECURITY}/passkeys"), current_password="wrong")
        assert (wrong.status, bool(wrong.one("#e-current_password").get_text())) == (401, True)

    def test_what_a_device_says_wrong_is_told(self, browser) -> None:
        page = browser.get(SECURITY)
        page = browser.send(page, page.form(f"{SECURITY}/passkeys"), current_password=PASSWORD)
        page = browser.send(page, page.form(f"{SECURITY}/passkeys/finish"), answer="{}")
        assert (page.status, "try again" in page.text) == (422, True)
        browser.http.cookies.clear()
        page = browser.get("/account/sign-in")
        page = browser.send(page, page.form(SIGN_IN), answer="{}")
        assert (page.status, page.heading) == (401, "Sign in")
        assert "opens no account here" in page.text

    def test_pages_say_what_passkeys_need(self, browser) -> None:
        for path in ("/account/sign-in", SECURITY):
            page = browser.get(path)
            assert "Passkeys need JavaScript" in page.one("noscript").get_text()
            assert page.one("[data-elsewhere] a")["href"] == f"http://localhost:8000{path}"


@pytest.mark.usefixtures("ada")
class TestSecurity:
    def test_the_login_is_confirmed(self, browser, monkeypatch) -> None:
        codes = sent_code(monkeypatch)
        assert "Not confirmed yet" in browser.get("/account/security").text
        page = browser.get("/account/verify")
        page = browser.send(page, page.form("/account/verify"), press="send")
        form = page.form("/account/verify", holding="#f-code")
        page = browser.send(page, form, press="enter", code=codes[0])
        assert "Thank you, this login is yours." in page.text
        assert "Not confirmed yet" not in page.text

    def test_the_password_is_changed(self, browser) -> None:
        page = browser.get("/account/security")
        form = page.form("/account/security/password")
        wrong = browser.send(page, form, old_password="wrong", new_password=NEW)
        assert (wrong.status, bool(wrong.one("#e-old_password").get_text())) == (401, True)
        form = wrong.form("/account/security/password")
        page = browser.send(wrong, form, old_password=PASSWORD, new_password=NEW)
        assert "Your password is changed" in page.text

    def test_a_second_factor_from_picture_to_sign_in(self, browser, stage) -> None:
        page = browser.get("/account/security")
        form = page.form("/account/security/second-factor")
        page = browser.send(page, form, password=PASSWORD)
        assert page.one(".qr svg")
        authenticator = pyotp.TOTP(page.one("code").get_text().replace(" ", ""))
        form = page.form("/account/security/second-factor/confirm")
        wrong = browser.send(page, form, code="000000")
        assert wrong.one("#e-code").get_text()
        form = wrong.form("/account/security/second-factor/confirm")
        page = browser.send(wrong, form, code=authenticator.at(clock.epoch(clock.now())))
        recovery = page.texts("code")
        assert (page.heading, len(recovery)) == ("Recovery codes", 10)
        browser.http.cookies.clear()
        stage.forward(30)
        page = browser.get("/account/sign-in?next=/account/security")
        form = page.form("/account/sign-in")
        page = browser.send(page, form, login=EMAIL, password=PASSWORD)
        assert page.heading == "Second factor"
        wrong = browser.send(page, page.form("/account/second-factor"), code="000000")
        assert wrong.one("#e-code").get_text()
        page = browser.send(wrong, wrong.form("/account/second-factor"), code=recovery[0])
        assert page.heading == "Security"
        assert "Recovery codes left: 9" in page.text
        assert not browser.http.cookies.get("souk_challenge")
        form = page.form("/account/security/second-factor/drop")
        assert "The second factor is off." in browser.send(page, form, password=PASSWORD).text

    def test_a_sign_in_that_took_too_long_begins_again(self, browser, stage) -> None:
        browser.http.cookies["souk_challenge"] = "chl_nonsense"
        page = browser.get("/account/second-factor")
        page = browser.send(page, page.form("/account/second-factor"), code="123456")
        assert "That took too long" in page.text

    def test_another_session_is_ended(self, browser) -> None:
        _, phone = service.sign_in_page(EMAIL, PASSWORD, address="", device="Safari, iPhone")
        page = browser.get("/account/sessions")
        assert "Safari, iPhone" in page.text
        listed = next(one for one in page.soup.select("li.panel") if "iPhone" in one.text)
        form = listed.select_one('form[action$="/end"]')
        assert form is not None
        page = browser.send(page, form)
        assert "Safari, iPhone" not in page.text
        assert service.session(phone) is None

    def test_all_others_are_ended(self, browser) -> None:
        for _ in range(3):
            service.sign_in_page(EMAIL, PASSWORD, address="")
        page = browser.get("/account/sessions")
        page = browser.send(page, page.form("/account/sessions/end-others"))
        assert len(page.soup.select("li.panel")) == 1


OWNER = "owner@acme.example"


@pytest.fixture
def owner(shop) -> Browser:
    """Acme's owner, signed in to the console with a second factor on."""
    service.add_staff(shop.merchant("acme").id, OWNER, PASSWORD, "Ada", Role.OWNER)
    browser = Browser()
    page = to_the_console(browser)
    page = browser.send(page, page.form("/console/sign-in"), login=OWNER, password=PASSWORD)
    page = browser.get("/console/security")
    form = page.form("/console/security/second-factor")
    wrong = browser.send(page, form, password="wrong")
    assert (wrong.status, bool(wrong.one("#e-password").get_text())) == (401, True)
    page = browser.send(page, form, password=PASSWORD)
    authenticator = pyotp.TOTP(page.one("code").get_text().replace(" ", ""))
    form = page.form("/console/security/second-factor/confirm")
    page = browser.send(page, form, code=authenticator.at(clock.epoch(clock.now())))
    browser.recovery = page.texts("code")  # type: ignore[attr-defined]
    return browser


def to_the_console(browser: Browser) -> Page:
    browser.http.cookies.clear()
    return browser.get("/console/sign-in?next=/console/stock")


def asked_for_a_code(browser: Browser) -> Page:
    page = to_the_console(browser)
    return browser.send(page, page.form("/console/sign-in"), login=OWNER, password=PASSWORD)


class TestConsole:
    def test_a_password_alone_opens_nothing(self, owner) -> None:
        page = asked_for_a_code(owner)
        assert page.heading == "Second factor"
        assert "souk_console" not in owner.http.cookies
        wrong = owner.send(page, page.form("/console/second-factor"), code="000000")
        assert wrong.one("#e-code").get_text()
        assert owner.get("/console/stock").address.startswith("/console/sign-in")
        form = wrong.form("/console/second-factor")
        page = owner.send(wrong, form, code=owner.recovery[0])
        assert page.address == "/console/stock"
        form = owner.get("/console/security").form("/console/security/second-factor/drop")
        assert "The second factor is off." in owner.send(page, form, password=PASSWORD).text

    def test_a_sign_in_ends_at_the_door_where_it_began(self, owner) -> None:
        asked_for_a_code(owner)
        page = owner.get("/account/second-factor")
        page = owner.send(page, page.form("/account/second-factor"), code=owner.recovery[0])
        assert "That took too long" in page.text
        assert not {"souk_session", "souk_console"} & {
            name for name, value in owner.http.cookies.items() if value
        }
        a_member()
        member_id = service.sign_in(EMAIL, PASSWORD, address="")[0].id
        secret, _ = service.begin_second_factor(member_id, PASSWORD, address="")
        code = pyotp.TOTP(secret).at(clock.epoch(clock.now()))
        recovery = service.confirm_second_factor(member_id, code)
        page = owner.get("/account/sign-in")
        page = owner.send(page, page.form("/account/sign-in"), login=EMAIL, password=PASSWORD)
        page = owner.get("/console/second-factor")
        page = owner.send(page, page.form("/console/second-factor"), code=recovery[0])
        assert (page.address, "That took too long" in page.text) == (
            "/console/sign-in?done=late",
            True,
        )

    def test_a_new_password_ends_every_other_session(self, owner) -> None:
        asks = asked_for_a_code(owner)
        page = owner.send(asks, asks.form("/console/second-factor"), code=owner.recovery[0])
        first = owner.http.cookies["souk_console"]
        asks = asked_for_a_code(owner)
        owner.send(asks, asks.form("/console/second-factor"), code=owner.recovery[1])
        page = owner.get("/console/security")
        form = page.form("/console/security/password")
        page = owner.send(page, form, old_password=PASSWORD, new_password=NEW)
        assert "Your password is changed" in page.text
        assert service.session(first) is None
        assert service.session(owner.http.cookies["souk_console"])
