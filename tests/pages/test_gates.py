"""What is held over every page of the shop: its weight, its headers, its words."""

import gzip
import re

import pytest
from bs4 import BeautifulSoup, Comment

from chalicelib.aws import settings as settings_module
from chalicelib.web import i18n
from chalicelib.web.render import templates_root
from tests.makers.http import Http
from tests.makers.observatory import graded
from tests.makers.pseudo import Pseudo
from tests.makers.walk import walked

STATIC = templates_root().parent / "static"
ASSETS_GZ_BYTES_MAX = 45 * 1024
HTML_GZ_BYTES_MAX = 25 * 1024
CARDS = 24
DATA = {"acme", "souk", "tee", "cup", "gbp", "clothing", "tops", "tea", "other"}
DATA |= {"standard", "delivery", "wechat", "alipay"}
"""Words of the test's own goods and names, which nobody translates."""


def packed(data: bytes) -> int:
    return len(gzip.compress(data, 9))


def assets(page) -> int:
    """The gzipped bytes of the page's own styles and scripts."""
    places = [str(one["href"]) for one in page.soup.select("link[rel=stylesheet]")]
    places += [str(one["src"]) for one in page.soup.select("script[src]")]
    files = [place.partition("?")[0].removeprefix("/static/") for place in places]
    assert files, "a page has a stylesheet"
    return sum(packed((STATIC / file).read_bytes()) for file in files)


class TestWeight:
    def test_no_page_is_heavy_or_holds_anything_inline(self, browser, listed) -> None:
        for name, page in walked(browser, listed).items():
            assert assets(page) <= ASSETS_GZ_BYTES_MAX, name
            assert not page.soup.select("style, [style]"), name
            scripts = page.soup.select("script:not([src])")
            assert {one.get("type") for one in scripts} <= {"application/ld+json"}, name
            handlers = [a for one in page.soup.find_all() for a in one.attrs if a.startswith("on")]
            assert handlers == [], name

    def test_a_full_listing_is_a_light_page(self, browser, listed) -> None:
        codes = [f"CODE{number:02}" for number in range(CARDS)]
        for code in codes:
            listed(code, title=f"A product with quite a long name, as merchants like them: {code}")
        page = browser.get("/search")
        assert len(page.soup.select(".card")) == CARDS
        assert packed(page.reply.text.encode()) <= HTML_GZ_BYTES_MAX


class Lines(Http):
    """Keeps the Set-Cookie lines of each answer, which a browser's jar forgets."""

    lines: list[str]

    def _reply(self, answer):
        self.lines = [
            line
            for name, values in (answer.get("multiValueHeaders") or {}).items()
            if name.lower() == "set-cookie"
            for line in values
        ]
        return super()._reply(answer)


@pytest.fixture
def https(shop, monkeypatch):
    """The shop as it is reached in the world."""
    monkeypatch.setenv("SOUK_SHOP_URL", "https://souk.example")
    settings_module.settings.cache_clear()


class TestHeaders:
    PATHS = (
        "/",
        "/search",
        "/search?q=zzzz",
        "/p/nothing",
        "/c/tea",
        "/help",
        "/privacy",
        "/cart",
        "/account",
        "/account/sign-in",
        "/account/register",
        "/console/sign-in",
        "/fragments/visitor",
        "/locale/en?next=/",
        "/robots.txt",
        "/feed.xml",
    )

    def test_every_page_is_graded_a_plus(self, https) -> None:
        faults = {}
        cookies = 0
        for path in self.PATHS:
            http = Lines()
            reply = http.get(path, accept_language="en")
            cookies += len(http.lines)
            is_page = "xml" not in reply.headers.get("content-type", "")
            report = graded(reply.headers, http.lines, reply.text if is_page else "")
            if not report.is_best:
                faults[path] = report
        assert faults == {}
        assert cookies >= 3, "some of them set cookies"


def bare_words(soup: BeautifulSoup) -> set[str]:
    """Words of the page that no catalogue gave; what is between brackets was translated."""
    texts = [
        str(text)
        for text in soup.find_all(string=True)
        if not isinstance(text, Comment)
        and text.parent.name not in {"script", "style", "[document]"}
        and text.parent.name != "option"
    ]
    for attribute in ("aria-label", "placeholder", "title", "alt"):
        texts += [str(one[attribute]) for one in soup.select(f"[{attribute}]")]
    left = []
    for text in texts:
        while text != (text := re.sub(r"⟦[^⟦⟧]*⟧", " ", text)):
            pass
        left.append(text)
    return {word.lower() for word in re.findall(r"[^\W\d_]{3,}", " ".join(left))}


class TestWords:
    def test_every_visible_sentence_goes_through_the_catalogue(
        self, browser, listed, monkeypatch
    ) -> None:
        monkeypatch.setattr(i18n, "words", lambda _locale: Pseudo())
        left = {
            name: bare_words(page.soup) - DATA for name, page in walked(browser, listed).items()
        }
        assert {name: words for name, words in left.items() if words} == {}

    def test_what_was_forgotten_stands_out(self) -> None:
        soup = BeautifulSoup("<p>⟦Buy ⟦it⟧ now~~⟧</p><p>Forgotten</p>", "html.parser")
        assert bare_words(soup) == {"forgotten"}
