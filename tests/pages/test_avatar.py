"""A member's picture on the profile's page, without scripts: handed in, refused in words, removed."""

import boto3
import pytest

from chalicelib.aws.settings import settings
from chalicelib.contexts.members import service
from tests.integration.members.test_avatars import handed_in, told
from tests.makers.pictures import a_bomb, from_a_telephone
from tests.pages.test_addresses import ada  # noqa: F401 - a fixture

PROFILE = "/account/profile"


def handed_in_by_the_form(page, body: bytes) -> tuple[str, str]:
    """Put a file where the page's form would; returns its key and where the browser goes on to."""
    form = page.soup.select_one("form[enctype]")
    key = form.select_one("input[name=key]")["value"]
    boto3.client("s3").put_object(Bucket=settings().uploads_bucket, Key=key, Body=body)
    back = str(form.select_one("input[name=success_action_redirect]")["value"])
    assert back == f"{settings().shop_url}{PROFILE}?arrived={key.rpartition('/')[2]}"
    return key, back.removeprefix(settings().shop_url)


def test_it_is_handed_in_waited_for_shown_and_removed(browser, ada) -> None:  # noqa: F811
    page = browser.get(PROFILE)
    assert page.one(".face").text.strip() == "A"
    form = page.soup.select_one("form[enctype]")
    origin = "/".join(form["action"].split("/")[:3])
    policy = page.reply.headers["content-security-policy"]
    assert origin in next(one for one in policy.split("; ") if one.startswith("form-action"))

    key, back = handed_in_by_the_form(page, from_a_telephone())
    page = browser.get(f"{back}&bucket=b&key=k&etag=e")
    waiting = page.one("[data-look-again]")
    assert "being looked at" in waiting.text
    assert page.one(".note a")["href"] == back
    told(key)
    page = browser.get(back)
    assert page.soup.select("[data-look-again]") == []
    assert page.one("[data-standing]")["data-standing"] != waiting["data-standing"]
    assert "This is how you are shown now" in page.text
    image = page.one(".face img")
    folder = service.profile_of(ada).avatar.folder
    assert image["src"] == f"/media/{folder}/96.jpg"
    assert browser.get("/account").one(".face source")["srcset"].startswith(f"/media/{folder}/")

    page = browser.send(page, page.form(f"{PROFILE}/picture/remove"))
    assert page.address == PROFILE
    assert page.one(".face").text.strip() == "A"
    assert f'action="{PROFILE}/picture/remove"' not in page.reply.text
    assert "Something newer stands" in browser.get(back).text


@pytest.mark.parametrize(("locale", "words"), [("en", "Choose a smaller one"), ("zh-CN", "请选择")])
def test_a_refusal_is_said_beside_the_field(browser, ada, locale, words) -> None:  # noqa: F811
    told(handed_in(ada, a_bomb()))
    browser.locale = locale
    page = browser.get(PROFILE)
    field = page.one("#f-picture")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "h-file e-picture")
    assert words in page.one("#e-picture").text
    told(handed_in(ada, from_a_telephone()))
    assert browser.get(PROFILE).soup.select("#e-picture") == []
