"""What every page does before its room is asked: forms, origins, cookies, headers, languages."""

from urllib.parse import urlencode

import pytest

from chalicelib.aws import settings as settings_module
from chalicelib.contexts.catalog import service as catalog
from chalicelib.web import csrf, render
from chalicelib.web.session import Cookie, cookie_name, session_cookie
from tests.makers.browser import Browser, values

CROSS_SITE = [
    {"origin": "https://elsewhere.example"},
    {"origin": "null"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
]


CHANGED = {"quantity": "2"}


def a_form(browser, listed):
    """A form of a page that is this visitor's alone: the cart's."""
    page = browser.get(f"/p/{listed().slug}")
    cart = browser.send(page, page.form("/cart/lines"))
    return values(cart.form("/cart/quantities", holding="input[type=number]")) | CHANGED


def quantity(browser) -> str:
    return browser.get("/cart").one("input[type=number]")["value"]


class TestForms:
    def test_one_with_its_token_from_this_shop_is_taken(self, browser, listed) -> None:
        assert browser.post("/cart/quantities", a_form(browser, listed)).heading == "Cart"
        assert quantity(browser) == "2"

    @pytest.mark.parametrize("token", ["", "0" * 64, "é"])
    def test_one_with_another_token_is_refused(self, browser, listed, token) -> None:
        page = browser.post("/cart/quantities", {**a_form(browser, listed), "csrf": token})
        assert page.status == 403
        assert "out of date" in page.text
        assert quantity(browser) == "1"

    def test_the_token_of_another_visitor_is_refused(self, browser, listed) -> None:
        form = a_form(browser, listed)
        other = Browser()
        other.get("/account/sign-in")
        assert other.post("/cart/quantities", form).status == 403

    @pytest.mark.parametrize("headers", CROSS_SITE)
    def test_one_from_elsewhere_is_refused_even_with_its_token(
        self, browser, listed, headers
    ) -> None:
        form = a_form(browser, listed)
        assert browser.post("/cart/quantities", form, **headers).status == 403
        assert quantity(browser) == "1"

    def test_browsers_that_do_not_say_where_from_need_the_token_alone(self) -> None:
        assert csrf.is_own_origin({})

    def test_one_machine_has_a_name_and_a_number_and_a_deployed_shop_its_name(
        self, monkeypatch, stage
    ) -> None:
        own = {"origin": "http://localhost:8000"}
        assert csrf.is_own_origin(own)
        assert not csrf.is_own_origin({"origin": "http://localhost:9000"})
        monkeypatch.setenv("SOUK_SHOP_URL", "https://souk.example")
        settings_module.settings.cache_clear()
        assert not csrf.is_own_origin(own)
        found = settings_module.settings()
        assert (found.named_host, found.named_origin) == ("souk.example", found.origin)

    def test_a_page_that_was_open_before_the_sign_in_still_works(self, browser, listed) -> None:
        form = a_form(browser, listed)
        page = browser.get("/account/register")
        fields = {"login": "ada@shop.example", "password": "correct horse"}
        browser.send(page, page.form("/account/register"), **fields)
        assert browser.http.cookies["souk_session"].startswith("ses_")
        assert browser.post("/cart/quantities", form).heading == "Cart"

    def test_other_media_types_and_large_bodies_are_refused(self, browser, listed) -> None:
        form = a_form(browser, listed)
        assert browser.post("/cart/lines", form, **{"content-type": "text/plain"}).status == 415
        assert browser.post("/cart/lines", {**form, "sku": "x" * 300_000}).status == 413

    def test_files_are_taken_only_where_a_page_says_so(self, browser, listed) -> None:
        form = a_form(browser, listed)
        kind = {"content-type": "multipart/form-data; boundary=x"}
        assert browser.post("/cart/lines", form, **kind).status == 415


def silent(browser, path, fields):
    """Post a form as a browser that says nothing of where it comes from."""
    kind = {"content-type": "application/x-www-form-urlencoded"}
    headers = {**kind, "accept_language": "en"}
    reply = browser.http.send("POST", path, urlencode(fields).encode(), headers=headers)
    return browser._page(reply, path)


class TestFormsOfPublicPages:
    """They carry no token, because one copy of the page serves everybody."""

    def form(self, browser, listed):
        page = browser.get(f"/p/{listed().slug}")
        assert not page.reply.cookies
        return values(page.form("/cart/lines"))

    def test_one_is_taken_on_the_browser_s_word_that_it_comes_from_here(
        self, browser, listed
    ) -> None:
        form = self.form(browser, listed)
        assert "csrf" not in form
        assert browser.post("/cart/lines", form).heading == "Cart"

    @pytest.mark.parametrize("headers", [*CROSS_SITE, {"sec_fetch_site": "none"}])
    def test_one_from_elsewhere_is_refused(self, browser, listed, headers) -> None:
        assert browser.post("/cart/lines", self.form(browser, listed), **headers).status == 403
        assert "souk_cart" not in browser.http.cookies

    def test_a_token_that_is_there_has_to_be_right_all_the_same(self, browser, listed) -> None:
        form = {**self.form(browser, listed), "csrf": "0" * 64}
        assert browser.post("/cart/lines", form).status == 403
        assert "souk_cart" not in browser.http.cookies

    def test_a_browser_that_says_nothing_asks_its_visitor(self, browser, listed) -> None:
        form = self.form(browser, listed)
        page = silent(browser, "/cart/lines", form)
        assert (page.status, page.heading) == (403, "One more step")
        assert "souk_cart" not in browser.http.cookies
        again = values(page.form("/cart/lines"))
        assert {**again, "csrf": ""} == {**form, "csrf": ""}
        assert silent(browser, "/cart/lines", again).heading == "Cart"
        assert "souk_cart" in browser.http.cookies

    def test_another_visitor_s_confirmation_is_worth_nothing(self, browser, listed) -> None:
        form = self.form(browser, listed)
        again = values(silent(browser, "/cart/lines", form).form("/cart/lines"))
        assert silent(Browser(), "/cart/lines", again).status == 403

    def test_a_page_that_is_somebody_s_alone_takes_none_without_a_token(
        self, browser, listed
    ) -> None:
        form = {**a_form(browser, listed), "csrf": ""}
        assert browser.post("/cart/quantities", form).status == 403


class TestHeaders:
    def test_nothing_inline_and_nothing_foreign_may_run(self, browser) -> None:
        policy = browser.get("/").reply.headers["content-security-policy"]
        parts = dict(part.split(" ", 1) for part in policy.split("; "))
        assert parts["default-src"] == "'none'"
        assert parts["script-src"] == parts["style-src"] == "'self'"
        assert parts["form-action"] == "'self' http://127.0.0.1:8002"
        assert parts["frame-ancestors"] == parts["base-uri"] == parts["object-src"] == "'none'"
        assert "unsafe" not in policy

    @pytest.mark.parametrize("path", ["/", "/search", "/c/tea", "/p/"])
    def test_a_public_page_may_be_kept_for_seconds_whoever_asks(
        self, browser, listed, path
    ) -> None:
        slug = listed().slug
        browser.http.cookies["souk_session"] = "ses_1"
        page = browser.get(path + slug if path == "/p/" else path)
        assert page.reply.headers["cache-control"] == (
            "public, max-age=0, s-maxage=5, stale-while-revalidate=2"
        )
        assert page.reply.headers["vary"] == "Accept-Language"
        assert not page.reply.cookies
        assert "My account" not in page.text
        assert not page.soup.select("[name=csrf]")

    def test_what_a_remembered_language_decides_is_kept_nowhere(self, browser) -> None:
        browser.get("/locale/zh-CN")
        assert browser.get("/search").reply.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize("path", ["/cart", "/account/sign-in", "/p/gone", "/fragments/visitor"])
    def test_personal_pages_and_refusals_are_kept_nowhere(self, browser, path) -> None:
        assert browser.get(path).reply.headers["cache-control"] == "no-store"

    def test_refusals_say_nosniff_and_carry_the_request_id(self, browser) -> None:
        page = browser.get("/p/nothing-here")
        assert page.reply.headers["x-content-type-options"] == "nosniff"
        assert page.reply.headers["x-request-id"]


class TestCookies:
    def test_on_one_machine_they_have_plain_names(self, stage) -> None:
        line = Cookie("souk_cart", "a~b~1", 60).line()
        assert line == "souk_cart=a~b~1; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"

    def test_under_https_they_are_bound_to_the_host(self, stage, monkeypatch) -> None:
        monkeypatch.setenv("SOUK_SHOP_URL", "https://souk.example")
        settings_module.settings.cache_clear()
        line = session_cookie("souk_session", "ses_1").line()
        assert line.startswith("__Host-souk_session=ses_1; Path=/; HttpOnly; SameSite=Lax")
        assert line.endswith("; Secure")
        assert cookie_name("souk_locale") == "__Host-souk_locale"

    def test_a_cart_cookie_with_a_made_up_token_opens_nothing(self, browser, listed) -> None:
        browser.http.cookies["souk_cart"] = "crt_01ARZ3NDEKTSV4RRFFQ69G5FAV~0000~7"
        page = browser.get("/cart")
        assert page.status == 200
        assert "Your cart is empty" in page.text
        assert "souk_cart" not in browser.http.cookies


class TestFragments:
    """What a public page does not know of its visitor is asked for apart."""

    def test_the_visitor_s_own_parts_come_apart_from_the_page(self, browser, listed) -> None:
        page = browser.get(f"/p/{listed().slug}")
        browser.send(page, page.form("/cart/lines"), quantity="3")
        page = browser.get("/")
        place = page.one("header")["data-fragment"]
        assert page.texts("[data-part=cart] .count") == []
        fragment = browser.get(place)
        assert fragment.texts("[data-part=cart] .count") == ["3"]
        assert fragment.reply.headers["x-robots-tag"] == "noindex"
        named = {part["data-part"] for part in fragment.soup.select("[data-part]")}
        assert named <= {part["data-part"] for part in page.soup.select("[data-part]")}

    def test_a_personal_page_knows_by_itself(self, browser) -> None:
        assert browser.get("/cart").one("header").get("data-fragment") is None


class TestLanguages:
    def test_the_browser_s_preference_counts_until_one_is_chosen(self, browser) -> None:
        assert browser.get("/cart", accept_language="zh-CN,zh;q=0.9,en;q=0.8").heading == "购物车"
        assert browser.get("/cart", accept_language="de,en;q=0.5").heading == "Cart"
        back = browser.get("/locale/zh-CN?next=/cart")
        assert (back.address, back.heading) == ("/cart", "购物车")
        assert back.one("html")["lang"] == "zh-CN"
        assert browser.get("/cart", accept_language="en").heading == "购物车"

    @pytest.mark.parametrize(
        "place",
        ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere", "javascript:x"],
    )
    def test_choosing_one_leads_nowhere_else(self, browser, place) -> None:
        reply = browser.http.get(f"/locale/en?next={place}")
        assert (reply.status, reply.headers["location"]) == (303, "/")

    def test_another_language_is_not_there(self, browser) -> None:
        assert browser.get("/locale/tlh").status == 404
        assert "souk_locale" not in browser.http.cookies


class TestErrors:
    def test_what_is_not_there_is_said_on_a_page(self, browser) -> None:
        page = browser.get("/c/nothing")
        assert page.status == 404
        assert page.heading == "There is nothing at this address"

    def test_a_defect_becomes_a_page_with_the_request_s_number(self, browser, monkeypatch) -> None:
        def broken(_wish):
            raise RuntimeError("a bug of ours")

        monkeypatch.setattr(catalog, "products", broken)
        page = browser.get("/")
        assert page.status == 500
        assert page.heading == "Something broke on our side"
        assert page.reply.headers["x-request-id"] in page.text
        assert "a bug of ours" not in page.text


def test_structured_data_cannot_end_its_element() -> None:
    hostile = {"name": "</script><script>alert(1)</script>&<!--"}
    text = str(render.ld_json(hostile))
    assert "<" not in text
    assert ">" not in text
