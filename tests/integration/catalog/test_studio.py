"""Painting pictures anew: sizes, what is left behind, and what is not taken."""

from io import BytesIO

import pytest
from PIL import Image

from chalicelib.aws.studio import paint
from chalicelib.contexts.catalog.model import filming
from chalicelib.contexts.catalog.model.refusals import MediaWrong
from chalicelib.kernel.pictures import renditions, widths_of
from chalicelib.kernel.picturing import PictureRefused
from tests.makers.pictures import a_bomb, a_picture, from_a_telephone, moving


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


@pytest.fixture(scope="module")
def large():
    return paint(a_picture("JPEG", (2_000, 1_000)))


def test_every_size_comes_in_both_kinds_and_is_what_its_name_says(large) -> None:
    assert (large.width, large.height) == (1_600, 800)
    sizes = {name: (opened(data).format, opened(data).size) for name, data in large.files.items()}
    assert sizes == {
        f"{width}.{ending}": (kind, (width, width // 2))
        for width in (160, 320, 640, 960, 1_600)
        for kind, ending in (("WEBP", "webp"), ("JPEG", "jpg"))
    }


def test_an_address_tells_every_size(large) -> None:
    address = f"/media/products/{large.folder}/1600.jpg"
    found = renditions(address)
    named = {one.webp for one in found} | {one.jpeg for one in found}
    assert named == {f"/media/products/{large.folder}/{name}" for name in large.files}
    assert (found[0].width, found[0].height) == (160, 80)


@pytest.mark.parametrize("url", ["", "/static/demo/cup.webp", "https://far.example/a.jpg"])
def test_a_foreign_address_tells_none(url) -> None:
    assert renditions(url) == ()


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (1, (1,)),
        (160, (160,)),
        (500, (160, 320, 500)),
        (1_600, (160, 320, 640, 960, 1_600)),
        (9_000, (160, 320, 640, 960, 1_600)),
    ],
)
def test_nothing_is_blown_up(width, widths) -> None:
    assert widths_of(width) == widths


def test_a_telephone_s_picture_stands_upright_and_keeps_its_secrets() -> None:
    told = from_a_telephone((400, 300))
    assert b"SecretCamera" in told
    painted = paint(told)
    assert (painted.width, painted.height) == (300, 400)
    for data in painted.files.values():
        image = opened(data)
        assert dict(image.getexif()) == {}
        assert "icc_profile" not in image.info
        assert b"Exif" not in data
        assert b"SecretCamera" not in data
        top = image.convert("RGB").getpixel((image.width // 2, 2))
        assert top[0] > top[2], "red was left and is on top now"


def test_what_moves_stands_still_on_its_first_picture() -> None:
    image = opened(paint(moving()).files["40.webp"])
    assert getattr(image, "n_frames", 1) == 1
    assert image.convert("RGB").getpixel((2, 2))[0] > 150


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("JPEG", "CMYK"), ("JPEG", "L"), ("PNG", "P"), ("PNG", "RGBA"), ("WEBP", "RGB")],
)
def test_any_colours_come_out_as_they_are(kind, mode) -> None:
    painted = paint(a_picture(kind, mode=mode))
    assert opened(painted.files["40.jpg"]).mode == "RGB"
    assert len(painted.colour) == 7


def test_the_same_bytes_have_the_same_address_and_others_another() -> None:
    first, second = a_picture("PNG"), a_picture("PNG", (41, 30))
    assert paint(first) == paint(first)
    assert paint(first).folder != paint(second).folder


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ZIP = b"PK\x03\x04" + b"\0" * 60 + b"PK\x05\x06" + b"\0" * 18


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "unknown_kind"),
        (SVG, "unknown_kind"),
        (b"MZ\x90\x00" + b"\0" * 600, "unknown_kind"),
        (b"%PDF-1.7 " + b"x" * 200, "unknown_kind"),
        (b"BM" + b"\0" * 200, "unknown_kind"),
        (a_picture("PNG") + b"<script>alert(1)</script>", "polyglot"),
        (a_picture("GIF") + b"<?php system($_GET['c']);", "polyglot"),
        (a_picture("JPEG", comment=b"%PDF-1.4 1 0 obj"), "polyglot"),
        (a_picture("JPEG") + ZIP, "polyglot"),
        (a_picture("JPEG") + b"MZ\x90\x00" + b"\0" * 60 + b"PE\0\0", "polyglot"),
        (a_picture("JPEG", (400, 400))[:-600], "broken"),
        (a_picture("PNG")[:40], "broken"),
        (b"\xff\xd8\xff" + b"no picture at all", "broken"),
        (a_bomb(), "too_many_pixels"),
        (a_bomb(12_001, 8), "too_many_pixels"),
        (a_bomb(11_000, 11_000), "too_many_pixels"),
        (a_picture("PNG") + b"\0" * 20_000_000, "too_large"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_is_no_picture_is_refused_with_its_reason(body, problem) -> None:
    with pytest.raises(PictureRefused) as refused:
        paint(body)
    assert refused.value.problem.value == f"picture.{problem}"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\0\0\0\x20ftypisom" + b"\0" * 40, ("video/mp4", "mp4")),
        (b"\0\0\0\x20ftypmp42" + b"\0" * 40, ("video/mp4", "mp4")),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", ("video/webm", "webm")),
    ],
)
def test_a_video_is_known_by_its_first_bytes(body, kind) -> None:
    assert filming.kind_of(body) == kind


@pytest.mark.parametrize(
    "body", [b"", b"\0\0\0\x20ftypheic", b"\x1a\x45\xdf\xa3 matroska", b"<html>", a_picture("GIF")]
)
def test_anything_else_is_no_video(body) -> None:
    with pytest.raises(PictureRefused):
        filming.kind_of(body)


@pytest.mark.parametrize(
    ("url", "is_page"),
    [
        ("https://www.youtube.com/watch?v=abc", True),
        ("https://www.bilibili.com/video/BV1", True),
        ("https://far.example/a.mp4", False),
        ("https://youtube.com.far.example/watch", False),
    ],
)
def test_pages_that_play_videos_are_known_by_their_host(url, is_page) -> None:
    assert filming.is_page(url) is is_page


@pytest.mark.parametrize(
    "url", ["http://far.example/a.mp4", "javascript:x", "https://a@b/", "https://[", ""]
)
def test_a_video_comes_over_https_alone(url) -> None:
    with pytest.raises(MediaWrong):
        filming.is_page(url)
