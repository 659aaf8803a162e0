"""A product's pictures and videos in its merchant's console, from the file to the shop."""

import json

import boto3
import pytest

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog import workers
from chalicelib.contexts.identity import service as identity
from chalicelib.kernel.actors import Role
from tests.makers.people import PASSWORD
from tests.makers.pictures import a_bomb, a_picture, from_a_telephone
from tests.makers.queues import hand
from tests.pages.test_console import signed_in

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
MP4 = b"\0\0\0\x20ftypisom" + b"\0" * 100


@pytest.fixture
def product(listed):
    return listed("TEE", title="Linen shirt")


@pytest.fixture
def acme(shop, product):
    identity.add_staff(shop.sellers["acme"].id, "owner@acme.example", PASSWORD, "Ada", Role.OWNER)
    return signed_in("owner@acme.example")


@pytest.fixture
def hand_in(acme, product):
    """Put a file where the page's form would, and have the bucket say so."""
    path = f"/console/products/{product.id}/pictures"

    def arrive(body: bytes, form: int = 0, *, times: int = 1) -> None:
        page = acme.get(path)
        key = page.soup.select("form[enctype] input[name=key]")[form]["value"]
        boto3.client("s3").put_object(Bucket=settings().uploads_bucket, Key=key, Body=body)
        told = json.dumps({"Records": [{"s3": {"object": {"key": key}}}]})
        for _ in range(times):
            assert hand(workers.catalog_on_picture, told) == []

    return arrive


def media(shop, product):
    return catalog.own(shop.sellers["acme"].actor, product.id).content.media


def test_the_form_leads_to_the_bucket_and_back_and_the_policy_lets_it(acme, product) -> None:
    page = acme.get(f"/console/products/{product.id}/pictures")
    form = page.soup.select_one("form[enctype]")
    policy = page.reply.headers["content-security-policy"]
    origin = "/".join(form["action"].split("/")[:3])
    assert origin in next(one for one in policy.split("; ") if one.startswith("form-action"))
    back = form.select_one("input[name=success_action_redirect]")["value"]
    assert back.endswith(f"/console/products/{product.id}/pictures?arrived=0")
    assert form.select_one("input[name=key]")["value"].startswith(f"pictures/{product.code}/")
    assert form.select_one("input[name=x-amz-algorithm]")["value"] == "AWS4-HMAC-SHA256"
    arrived = acme.get(f"/console/products/{product.id}/pictures?arrived=0&bucket=b&key=k")
    assert "The file has arrived" in arrived.text


def test_a_picture_handed_in_is_in_the_shop_without_its_secrets(
    shop, acme, product, hand_in, browser
) -> None:
    hand_in(from_a_telephone((400, 300)), times=2)
    (kept,) = media(shop, product)
    assert (kept.role, kept.problem) == ("main", "")
    page = browser.get(f"/p/{product.slug}")
    img = page.one(".gallery img")
    assert (img["width"], img["height"]) == ("300", "400")
    assert img["srcset"].split(", ")[0].endswith("/160.jpg 160w")
    assert page.one(".gallery source")["type"] == "image/webp"
    stored = boto3.client("s3").get_object(
        Bucket=settings().media_bucket, Key=kept.url.removeprefix("/media/")
    )
    assert stored["CacheControl"] == "public, max-age=31536000, immutable"
    assert b"SecretCamera" not in stored["Body"].read()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (SVG, "picture.unknown_kind"),
        (a_bomb(), "picture.too_many_pixels"),
        (a_picture() + b"<script>", "picture.polyglot"),
        (a_picture()[:50], "picture.broken"),
        (b"\xff\xd8\xff" + b"\0" * 20_000_000, "picture.too_large"),
    ],
    ids=["svg", "bomb", "polyglot", "broken", "large"],
)
def test_what_cannot_be_taken_is_told_to_its_merchant_alone(
    shop, acme, product, hand_in, browser, body, code
) -> None:
    hand_in(body)
    page = acme.get(f"/console/products/{product.id}/pictures")
    assert page.one(".media-row .bad .code").text == code
    assert acme.get(f"/console/products/{product.id}").one(".tag--bad").text == "1"
    shown = browser.http.get(f"/api/v1/products/{product.id}").json()
    assert shown["media"] == []
    assert media(shop, product)[0].url == ""


def test_order_words_and_parts_are_the_merchants(shop, acme, product, hand_in) -> None:
    for size in ((40, 30), (50, 30), (60, 30)):
        hand_in(a_picture(size=size))
    first, second, third = media(shop, product)
    path = f"/console/products/{product.id}/pictures"
    page = acme.get(path)
    names = [one["name"] for one in page.soup.select("[data-place]")]
    alts = [name.replace("place.", "alt.") for name in names]
    typed = {
        names[0]: "3",
        names[1]: "1",
        alts[1]: "From the back",
        names[1].replace("place.", "role."): "back",
        names[2].replace("place.", "remove."): "1",
    }
    page = acme.send(page, page.form(path), **typed)
    assert page.address == path
    now = media(shop, product)
    assert [(one.url, one.alt, one.role) for one in now] == [
        (second.url, "From the back", "back"),
        (first.url, "", "gallery"),
    ]
    assert third.url not in [one.url for one in now]


def test_a_wrong_place_is_said_and_nothing_moves(shop, acme, product, hand_in) -> None:
    hand_in(a_picture())
    path = f"/console/products/{product.id}/pictures"
    page = acme.get(path)
    name = page.one("[data-place]")["name"]
    assert acme.send(page, page.form(path), **{name: "first"}).status == 400


def test_videos_stand_behind_a_picture(shop, acme, product, hand_in, browser) -> None:
    path = f"/console/products/{product.id}/pictures"
    page = acme.get(path)
    video = "https://www.youtube.com/watch?v=abc"
    page = acme.send(page, page.form(f"{path}/add"), url=video)
    assert (page.status, page.one("#url")["value"]) == (422, video)
    assert len(page.soup.select("form[enctype]")) == 1
    hand_in(a_picture())
    hand_in(MP4, 1)
    page = acme.get(path)
    acme.send(page, page.form(f"{path}/add"), url=video, alt="How it is made")
    assert [one.kind for one in media(shop, product)] == ["image", "video", "link"]
    page = browser.get(f"/p/{product.slug}")
    shown = page.one(".gallery video")
    assert (shown["preload"], shown["src"]) == ("none", media(shop, product)[1].url)
    assert shown["poster"].endswith("/40.jpg")
    assert page.one(".gallery a[rel~=noopener]")["href"] == video


def test_what_is_no_address_is_said_beside_it(acme, product) -> None:
    path = f"/console/products/{product.id}/pictures"
    page = acme.get(path)
    page = acme.send(page, page.form(f"{path}/add"), url="javascript:alert(1)")
    assert page.status == 422
    assert page.one("#url")["value"] == "javascript:alert(1)"


def test_another_merchant_s_pictures_are_not_there(shop, acme, listed) -> None:
    other = listed("CUP", merchant="brill")
    assert acme.get(f"/console/products/{other.id}/pictures").status == 404
