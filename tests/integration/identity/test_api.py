"""Members and sessions over HTTP."""

from typing import Any

import pytest

from chalicelib.contexts.cart import service as cart
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.members import service as members
from chalicelib.web import csrf
from tests.makers.http import Http
from tests.makers.people import PASSWORD, a_member, a_merchant
from tests.makers.products import a_product
from tests.makers.rows import everything
from tests.makers.stock import put

EMAIL = "ada@shop.example"


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.usefixtures("stage")
class TestMembers:
    def test_register_answers_the_member_and_a_token(self) -> None:
        reply = Http().post("/api/v1/members", {"email": "Ada@Shop.example", "password": PASSWORD})
        assert reply.status == 201
        body = reply.json()
        assert body["token"].startswith("mbr_")
        me = Http().get("/api/v1/me", **bearer(body["token"]))
        assert me.status == 200
        assert me.json() == {**body["member"], "locale": "en"}
        assert me.json()["email"] == EMAIL

    def test_the_member_is_told_how_to_be_called_and_spoken_to(self) -> None:
        actor, token = a_member(EMAIL)
        members.change_profile(actor, nickname="Ada the First", locale="zh-CN")
        me = Http().get("/api/v1/me", **bearer(token)).json()
        assert (me["nickname"], me["locale"]) == ("Ada the First", "zh-CN")

    def test_a_name_and_a_phone_are_kept(self) -> None:
        wanted = {"phone": "+86 138 0013 8000", "password": PASSWORD, "name": "李雷"}
        member = Http().post("/api/v1/members", wanted).json()["member"]
        assert (member["phone"], member["name"]) == ("+8613800138000", "李雷")
        assert "email" not in member

    def test_an_address_in_use_is_a_rule_that_says_no(self) -> None:
        a_member(EMAIL)
        before = everything()
        reply = Http().post("/api/v1/members", {"email": EMAIL, "password": PASSWORD})
        assert (reply.status, reply.json()["code"]) == (422, "identity.cannot_register")
        assert everything() == before

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"email": EMAIL}, "password"),
            ({"password": PASSWORD}, "email"),
            ({"email": EMAIL, "phone": "+442079460958", "password": PASSWORD}, "email"),
            ({"email": "ada", "password": PASSWORD}, "email"),
            ({"email": 7, "password": PASSWORD}, "email"),
            ({"email": None, "password": PASSWORD}, "email"),
            ({"phone": "12345678x", "password": PASSWORD}, "phone"),
            ({"email": EMAIL, "password": "short"}, "password"),
            ({"email": EMAIL, "password": "x" * 257}, "password"),
            ({"email": EMAIL, "password": ["x"] * 8}, "password"),
            ({"email": EMAIL, "password": PASSWORD, "name": "x" * 101}, "name"),
            ({"email": EMAIL, "password": PASSWORD, "name": "a\u0000b"}, "name"),
            ({"email": EMAIL, "password": PASSWORD, "role": "platform"}, "role"),
            ({"email": EMAIL, "password": PASSWORD, "merchant_id": "mer_1"}, "merchant_id"),
        ],
    )
    def test_bad_fields_are_named_and_nothing_is_written(
        self, body: dict[str, Any], field: str
    ) -> None:
        before = everything()
        reply = Http().post("/api/v1/members", body)
        assert reply.status == 400
        assert [error["field"] for error in reply.json()["errors"]] == [field]
        assert everything() == before

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"email": "\\ud800"}']
    )
    def test_what_is_not_json_of_this_shape_is_malformed(self, body: bytes) -> None:
        before = everything()
        assert Http().post("/api/v1/members", body).status == 400
        assert everything() == before

    def test_another_media_type_is_not_taken(self) -> None:
        reply = Http().post("/api/v1/members", b"email=a", content_type="text/plain")
        assert reply.status == 415


@pytest.mark.usefixtures("stage")
class TestSessions:
    def test_sign_in_and_out(self) -> None:
        a_member(EMAIL)
        reply = Http().post("/api/v1/sessions", {"email": "ADA@shop.example", "password": PASSWORD})
        assert reply.status == 201
        token = reply.json()["token"]
        out = Http().delete("/api/v1/sessions/current", **bearer(token))
        assert (out.status, out.text) == (204, "")
        assert Http().get("/api/v1/me", **bearer(token)).status == 401
        assert Http().delete("/api/v1/sessions/current", **bearer(token)).status == 401

    def test_a_wrong_password_and_an_unknown_login_get_one_answer(self) -> None:
        a_member(EMAIL)
        answers = [
            Http().post("/api/v1/sessions", {"email": email, "password": "wrong password"})
            for email in (EMAIL, "nobody@shop.example")
        ]
        bodies = [reply.json() | {"request_id": ""} for reply in answers]
        assert bodies[0] == bodies[1]
        assert (bodies[0]["status"], bodies[0]["code"]) == (401, "identity.sign_in_failed")

    def test_too_many_failures_say_when_to_come_back(self) -> None:
        a_member(EMAIL)
        for _ in range(5):
            Http().post("/api/v1/sessions", {"email": EMAIL, "password": "wrong password"})
        reply = Http().post("/api/v1/sessions", {"email": EMAIL, "password": PASSWORD})
        assert (reply.status, reply.json()["code"]) == (429, "identity.sign_in_throttled")
        assert reply.headers["retry-after"] == "1"

    @pytest.mark.parametrize(
        "body",
        [
            {"email": EMAIL},
            {"email": EMAIL, "password": ""},
            {"email": EMAIL, "password": "x" * 1_025},
            {"password": PASSWORD},
            {"email": "ada", "password": PASSWORD},
            {"email": EMAIL, "password": PASSWORD, "remember": True},
        ],
    )
    def test_a_malformed_sign_in_counts_as_none(self, body: dict[str, Any]) -> None:
        a_member(EMAIL)
        before = everything()
        assert Http().post("/api/v1/sessions", body).status == 400
        assert everything() == before

    def test_a_named_cart_becomes_the_members(self) -> None:
        member, _ = a_member(EMAIL)
        acme = a_merchant("acme")
        a_product(acme, "TEE-M")
        put("acme.TEE-M", 5, acme.actor)
        shopper = Http().post("/api/v1/carts").json()
        opened = {"x_cart_token": shopper["token"]}
        line = f"/api/v1/carts/{shopper['id']}/lines/acme.TEE-M"
        assert Http().put(line, {"quantity": 2}, **opened).status == 200
        wanted = {"email": EMAIL, "password": PASSWORD, "cart": shopper["id"]}
        assert Http().post("/api/v1/sessions", wanted, **opened).status == 201
        kept = cart.cart_of_member(member)
        assert kept.id == shopper["id"]
        assert {sku: line.quantity for sku, line in kept.lines.items()} == {"acme.TEE-M": 2}

    @pytest.mark.parametrize("named", ["crt_unknown", "mine"])
    def test_a_cart_that_does_not_open_signs_nobody_in(self, named: str) -> None:
        a_member(EMAIL)
        if named == "mine":
            named = Http().post("/api/v1/carts").json()["id"]
        before = everything()
        wanted = {"email": EMAIL, "password": PASSWORD, "cart": named}
        reply = Http().post("/api/v1/sessions", wanted, x_cart_token="of another cart")
        assert (reply.status, reply.json()["code"]) == (404, "cart.not_found")
        assert everything() == before

    def test_a_wrong_password_moves_no_cart(self) -> None:
        a_member(EMAIL)
        shopper = Http().post("/api/v1/carts").json()
        before = everything()["cart"]
        wanted = {"email": EMAIL, "password": "wrong password", "cart": shopper["id"]}
        reply = Http().post("/api/v1/sessions", wanted, x_cart_token=shopper["token"])
        assert reply.status == 401
        assert everything()["cart"] == before

    def test_idempotency_keys_are_ignored(self) -> None:
        a_member(EMAIL)
        replies = [
            Http().post(
                "/api/v1/sessions", {"email": EMAIL, "password": PASSWORD}, idempotency_key="k"
            )
            for _ in range(2)
        ]
        assert replies[0].json()["token"] != replies[1].json()["token"]


@pytest.mark.usefixtures("stage")
class TestWhoMayAsk:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"authorization": "Bearer "},
            {"authorization": "Bearer mbr_unknown"},
            {"authorization": "Basic abc"},
            {"authorization": "nonsense"},
        ],
    )
    @pytest.mark.parametrize(
        ("method", "path"), [("GET", "/api/v1/me"), ("DELETE", "/api/v1/sessions/current")]
    )
    def test_nobody_is_asked_to_sign_in(
        self, method: str, path: str, headers: dict[str, str]
    ) -> None:
        reply = Http().send(method, path, headers=headers)
        assert (reply.status, reply.json()["code"]) == (401, "identity.not_signed_in")
        assert reply.headers["www-authenticate"] == "Bearer"

    def test_a_merchants_key_is_no_member(self) -> None:
        seller = a_merchant()
        assert Http().get("/api/v1/me", **seller.authorization).status == 401
        assert Http().delete("/api/v1/sessions/current", **seller.authorization).status == 401


@pytest.mark.usefixtures("stage")
class TestCookies:
    """A page's session counts for programs too, on anything but GET with a token of its page."""

    def a_browser(self) -> tuple[Http, str]:
        a_member(EMAIL)
        _, token = identity.sign_in_page(EMAIL, PASSWORD, address="")
        browser = Http()
        browser.cookies["souk_session"] = token
        return browser, token

    def test_a_members_cookie_reads(self) -> None:
        browser, _ = self.a_browser()
        assert browser.get("/api/v1/me").json()["email"] == EMAIL
        assert browser.get("/api/v1/me/purchases").json()["items"] == []

    def test_a_cookie_that_is_over_counts_for_nothing(self) -> None:
        browser, token = self.a_browser()
        identity.sign_out(token)
        assert browser.get("/api/v1/me").status == 401
        assert browser.get("/api/v1/me/purchases").status == 401

    def test_a_console_cookie_is_no_member(self) -> None:
        identity.bootstrap_platform("root@souk.example", PASSWORD)
        _, token = identity.sign_in_console("root@souk.example", PASSWORD, address="")
        browser = Http()
        browser.cookies["souk_session"] = token
        assert browser.get("/api/v1/me").status == 401

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"x_csrf_token": "guessed"},
            {"origin": "https://evil.example", "x_csrf_token": "own"},
            {"sec_fetch_site": "cross-site", "x_csrf_token": "own"},
        ],
    )
    def test_from_elsewhere_it_changes_nothing(self, headers: dict[str, str]) -> None:
        browser, token = self.a_browser()
        if headers.get("x_csrf_token") == "own":
            headers = {**headers, "x_csrf_token": csrf.token_for(token)}
        before = everything()
        assert browser.delete("/api/v1/sessions/current", **headers).status == 401
        assert everything() == before

    def test_from_our_page_it_signs_out(self) -> None:
        browser, token = self.a_browser()
        reply = browser.delete(
            "/api/v1/sessions/current",
            x_csrf_token=csrf.token_for(token),
            origin="http://127.0.0.1:8000",
            sec_fetch_site="same-origin",
        )
        assert reply.status == 204
        assert identity.session(token) is None
