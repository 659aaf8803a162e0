"""The privacy page, without scripts."""

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.privacy import workers
from tests.makers.facts import deliver
from tests.pages.test_addresses import ada  # noqa: F401 - a fixture

PRIVACY = "/account/privacy"


def test_a_copy_is_made_and_fetched(browser, ada) -> None:  # noqa: F811
    page = browser.get(PRIVACY)
    assert "ada@shop.example" in page.text
    assert browser.get(f"{PRIVACY}/export").status == 404
    page = browser.send(page, page.form(f"{PRIVACY}/export"))
    assert "Your copy is being made." in page.text
    deliver(workers.privacy_on_fact, "privacy.ExportRequested")
    page = browser.get(PRIVACY)
    assert "Fetch the copy" in page.text
    browser.get(f"{PRIVACY}/export")
    assert "/exports/exp_" in browser.left_for


def test_a_wrong_word_is_said_beside_it_and_kept(browser, ada) -> None:  # noqa: F811
    page = browser.get(PRIVACY)
    page = browser.send(page, page.form(f"{PRIVACY}/erase"), confirmation="yes please")
    assert page.status == 400
    assert page.one("#e-confirmation").get_text() == "This does not look right."
    assert page.one("#f-confirmation")["value"] == "yes please"


def test_erasing_ends_the_visit_as_a_member(browser, ada) -> None:  # noqa: F811
    token = browser.http.cookies["souk_session"]
    page = browser.get(PRIVACY)
    page = browser.send(page, page.form(f"{PRIVACY}/erase"), confirmation="erase")
    assert page.heading == "Your account is erased"
    assert "souk_session" not in browser.http.cookies
    assert identity.session(token) is None
    assert browser.get("/account").address.startswith("/account/sign-in")
