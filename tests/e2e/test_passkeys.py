"""A passkey made, used and removed in a real browser, whose authenticator is Chromium's virtual one.

The device is asked over the Chrome DevTools Protocol's WebAuthn domain; everything between page and
table is what people use.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.client import fresh_key

pytestmark = [pytest.mark.stack, pytest.mark.browser]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
NO_OFFERS = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"
PASSWORD = "correct horse battery"


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a browser with a device that knows its owner."""
    context = browser.new_context()
    opened = context.new_page()
    session = context.new_cdp_session(opened)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield opened
    context.close()


def test_a_passkey_is_made_used_and_removed(page: Any, stack: dict[str, Any]) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    number = stack["shop_url"]
    name = number.replace("127.0.0.1", "localhost")

    page.goto(f"{number}/en/account/sign-in")
    page.locator("[data-elsewhere] a").click()
    page.wait_for_url(f"{name}/en/account/sign-in")

    page.goto(f"{name}/en/account/register")
    page.get_by_label("Email or phone").fill(f"{fresh_key()[:12]}@shopper.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    page.wait_for_url(f"{name}/en/account")

    page.goto(f"{name}/en/account/security")
    section = page.locator("section", has=page.locator("#h-passkeys"))
    section.get_by_label("Password", exact=True).fill(PASSWORD)
    section.get_by_role("button", name="Add a passkey").click()
    page.get_by_label("Name of the passkey").fill("Key ring")
    page.get_by_role("button", name="Make the passkey").click()
    page.get_by_text("The passkey is yours").wait_for()
    section.get_by_text("never used yet").wait_for()

    # Chromium offers the passkey among the logins, and the virtual device takes the offer.
    page.context.clear_cookies()
    page.goto(f"{name}/en/account/sign-in?next=/account/security")
    page.wait_for_url(f"{name}/en/account/security")
    section.get_by_text("last used").wait_for()

    page.context.clear_cookies()
    page.add_init_script(NO_OFFERS)
    page.goto(f"{name}/en/account/sign-in?next=/account/security")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{name}/en/account/security")

    section.get_by_role("button", name="Remove").click()
    page.get_by_text("The passkey is removed").wait_for()
    assert section.get_by_text("Key ring").count() == 0
    assert complaints == []
