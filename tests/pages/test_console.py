"""The console as HTML: a merchant's day, and the platform's."""

import pytest

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.merchants.model import MerchantState
from chalicelib.contexts.settlement import service as settlement
from chalicelib.contexts.settlement import workers as settlement_workers
from chalicelib.kernel.actors import SYSTEM, Role
from tests.makers.browser import Browser
from tests.makers.facts import deliver
from tests.makers.people import PASSWORD, a_member
from tests.makers.rows import of_kind

PAGES = (
    "/console",
    "/console/orders",
    "/console/products",
    "/console/products/new",
    "/console/imports",
    "/console/stock",
    "/console/statements",
    "/console/api-keys",
    "/console/security",
)


def signed_in(login: str) -> Browser:
    browser = Browser()
    page = browser.get("/console/sign-in")
    page = browser.send(page, page.form("/console/sign-in"), login=login, password=PASSWORD)
    assert page.address == "/console", page.text
    return browser


@pytest.fixture
def acme(shop) -> Browser:
    """Acme's owner in its console, with ten pieces of acme.TEA to sell."""
    shop.goods("acme", "TEA", price=1_000)
    identity.add_staff(shop.sellers["acme"].id, "owner@acme.example", PASSWORD, "Ada", Role.OWNER)
    return signed_in("owner@acme.example")


@pytest.fixture
def keeper(shop) -> Browser:
    identity.bootstrap_platform("keeper@souk.example", PASSWORD)
    return signed_in("keeper@souk.example")


class TestSignIn:
    @pytest.mark.parametrize("path", PAGES)
    def test_every_page_asks_for_it(self, browser, path) -> None:
        page = browser.get(path)
        assert page.address.startswith("/console/sign-in?next=")
        assert page.status == 200

    def test_it_goes_where_one_wanted_to_within_the_console(self, shop) -> None:
        shop.merchant("acme")
        identity.add_staff(shop.sellers["acme"].id, "o@acme.example", PASSWORD)
        for wanted, reached in (("/console/stock", "/console/stock"), ("/cart", "/console")):
            browser = Browser()
            page = browser.get(f"/console/sign-in?next={wanted}")
            form = page.form("/console/sign-in")
            page = browser.send(page, form, login="o@acme.example", password=PASSWORD)
            assert page.address == reached

    def test_a_wrong_password_is_refused(self, acme) -> None:
        browser = Browser()
        page = browser.get("/console/sign-in")
        form = page.form("/console/sign-in")
        page = browser.send(page, form, login="owner@acme.example", password="wrong horse")
        assert page.status == 401
        assert "souk_console" not in browser.http.cookies

    def test_a_member_s_sign_in_does_not_open_it(self, browser) -> None:
        a_member()
        _, token = identity.sign_in_page("ada@shop.example", PASSWORD, address="203.0.113.9")
        browser.http.cookies["souk_console"] = token
        assert browser.get("/console/orders").address.startswith("/console/sign-in")

    def test_signing_out_ends_it(self, acme) -> None:
        page = acme.get("/console")
        token = acme.http.cookies["souk_console"]
        page = acme.send(page, page.form("/console/sign-out"))
        assert page.address == "/console/sign-in"
        assert identity.session(token) is None

    def test_merchants_do_not_reach_the_platform_s_desk_nor_it_theirs(self, acme, keeper) -> None:
        assert acme.get("/console/merchants").status == 403
        assert keeper.get("/console/orders").status == 403

    def test_staff_who_are_no_owners_do_not_see_keys(self, shop) -> None:
        identity.add_staff(shop.merchant("acme").id, "staff@acme.example", PASSWORD)
        browser = signed_in("staff@acme.example")
        assert "API keys" not in browser.get("/console").text
        assert browser.get("/console/api-keys").status == 403


class TestToday:
    def test_what_waits_comes_first(self, acme, shop) -> None:
        shop.paid({"acme.TEA": 6})
        shop.confirmed({"acme.TEA": 1})
        page = acme.get("/console")
        assert page.texts(".todo a") == [
            "1 orders to confirm",
            "1 orders to ship",
            "1 variants running low",
        ]
        assert page.texts(".table .title") == ["6 × Product TEA"]

    def test_the_platform_sees_applications(self, keeper) -> None:
        merchants.apply(name="Paper & Salt", email="hello@paper.example")
        assert keeper.get("/console").texts(".todo a")[0] == "1 applications to take up"


class TestOrders:
    def test_from_paid_to_shipped(self, acme, shop) -> None:
        shop.paid({"acme.TEA": 3})
        page = acme.get("/console/orders?state=placed")
        assert page.texts(".tabs a[aria-current]") == ["To confirm"]
        page = acme.get(page.one(".table .code a")["href"])
        page = acme.send(page, page.form(f"{page.address}/confirm"))
        assert page.texts(".headline .tag") == ["Confirmed, being packed"]
        form = page.form(f"{page.address}/shipments")
        page = acme.send(page, form, ship__acme__TEA="2")
        assert page.texts(".headline .tag") == ["Partly shipped"]
        assert "Sandbox courier SBX" in page.text
        assert page.one("input[name='ship.acme.TEA']")["max"] == "1"
        form = page.form(f"{page.address}/shipments")
        page = acme.send(page, form, courier="dhl", tracking_number="JD1")
        assert page.texts(".headline .tag") == ["Shipped"]
        assert not page.soup.select("form[action$='/shipments']")

    def test_sending_the_ship_form_twice_ships_once(self, acme, shop) -> None:
        order = shop.confirmed({"acme.TEA": 3})["orders"][0]
        page = acme.get(f"/console/orders/{order['id']}")
        form = page.form(f"{page.address}/shipments")
        for _ in range(2):
            acme.send(page, form, ship__acme__TEA="1")
        assert len(of_kind("shipping", "SHIPMENT")) == 1

    def test_what_is_missing_is_said_and_what_was_typed_stays(self, acme, shop) -> None:
        order = shop.confirmed({"acme.TEA": 3})["orders"][0]
        page = acme.get(f"/console/orders/{order['id']}")
        form = page.form(f"{page.address}/shipments")
        refused = acme.send(page, form, courier="dhl")
        assert refused.status == 422
        assert "tracking number" in refused.texts("[role=alert]")[0]
        assert refused.one("#f-courier option[selected]")["value"] == "dhl"
        assert acme.send(page, form, ship__acme__TEA="0").status == 422
        assert acme.send(page, form, ship__acme__TEA="4").status == 422
        assert of_kind("shipping", "SHIPMENT") == []

    def test_lines_are_refunded_once_for_one_form(self, acme, shop) -> None:
        order = shop.paid({"acme.TEA": 3})["orders"][0]
        page = acme.get(f"/console/orders/{order['id']}")
        form = page.form(f"{page.address}/refunds")
        assert acme.send(page, form, refund__acme__TEA="1").status == 400
        for _ in range(2):
            page = acme.send(page, form, refund__acme__TEA="1", reason="chipped")
        assert page.texts(".sums .bad dd") == ["£ 10.00"]
        assert len(of_kind("payments", "REFUND")) == 1

    def test_an_order_is_cancelled(self, acme, shop) -> None:
        order = shop.paid({"acme.TEA": 3})["orders"][0]
        page = acme.get(f"/console/orders/{order['id']}")
        page = acme.send(page, page.form(f"{page.address}/cancel"))
        assert page.texts(".headline .tag") == ["Cancelled"]
        assert shop.stock("acme.TEA") == (10, 0)

    def test_another_merchant_s_order_is_not_there(self, acme, shop) -> None:
        shop.goods("kiln", "CUP")
        order = shop.paid({"kiln.CUP": 1})["orders"][0]
        assert acme.get(f"/console/orders/{order['id']}").status == 404
        token = acme.get("/console").one("input[name=csrf]")["value"]
        page = acme.post(f"/console/orders/{order['id']}/confirm", {"csrf": token})
        assert page.status == 404
        assert shop.merchant_order(order)["state"] == "placed"


class TestProducts:
    def test_one_is_written_listed_and_stocked(self, acme) -> None:
        page = acme.get("/console/products/new")
        page = acme.send(page, page.form("/console/products/new"), press="listed", **NEW)
        assert page.address == "/console/products"
        assert set(page.texts(".table .title")) == {"Linen shirt", "Product TEA"}
        slug = page.one("a[href^='/p/linen-shirt']")["href"]
        shown = acme.get(slug)
        assert shown.texts(".price--big") == ["£ 24.50"]
        assert "Only 4 left" in shown.text

    def test_sending_the_form_twice_makes_one(self, acme) -> None:
        page = acme.get("/console/products/new")
        form = page.form("/console/products/new")
        for _ in range(2):
            acme.send(page, form, press="draft", **NEW)
        assert len(of_kind("catalog", "PRODUCT")) == 2

    @pytest.mark.parametrize(
        ("field", "typed"),
        [("title", ""), ("price", "cheap"), ("price", ""), ("price", "0"), ("on_hand", "-1")],
    )
    def test_what_is_wrong_is_said_beside_it(self, acme, field, typed) -> None:
        page = acme.get("/console/products/new")
        fields = {**NEW, field: typed}
        page = acme.send(page, page.form("/console/products/new"), press="listed", **fields)
        assert page.status == 400
        assert [str(one["name"]) for one in page.soup.select("[aria-invalid=true]")] == [field]
        assert page.one("#f-sku")["value"] == "SHIRT"
        assert len(of_kind("catalog", "PRODUCT")) == 1

    def test_title_and_price_are_changed(self, acme, shop) -> None:
        product = catalog.own_products(shop.sellers["acme"].actor).items[0]
        page = acme.get(f"/console/products/{product.id}")
        assert page.one("input[name='price.acme.TEA']")["value"] == "10.00"
        form = page.form(f"/console/products/{product.id}")
        page = acme.send(page, form, title="Green tea", price__acme__TEA="12.50")
        assert page.heading == "Green tea"
        changed = catalog.own(shop.sellers["acme"].actor, product.id)
        assert changed.price.amount == 1_250

    def test_a_wrong_price_changes_nothing(self, acme, shop) -> None:
        product = catalog.own_products(shop.sellers["acme"].actor).items[0]
        page = acme.get(f"/console/products/{product.id}")
        form = page.form(f"/console/products/{product.id}")
        page = acme.send(page, form, title="Green tea", price__acme__TEA="much")
        assert page.status == 400
        assert page.one("#f-title")["value"] == "Green tea"
        assert catalog.own(shop.sellers["acme"].actor, product.id) == product

    def test_they_are_delisted_and_listed(self, acme) -> None:
        page = acme.get("/console/products?state=listed")
        form = page.soup.select("form[action$='/state']")[0]
        page = acme.send(page, form, press="delisted")
        assert page.address == "/console/products?state=listed"
        assert "No product here" in page.text
        page = acme.get("/console/products?state=delisted")
        page = acme.send(page, page.soup.select("form[action$='/state']")[0], press="listed")
        assert acme.get("/console/products").texts(".table .tag") == ["Listed"]

    def test_another_merchant_s_is_not_there(self, acme, shop) -> None:
        shop.goods("kiln", "CUP")
        product = catalog.own_products(shop.sellers["kiln"].actor).items[0]
        assert acme.get(f"/console/products/{product.id}").status == 404


class TestImports:
    def test_a_file_starts_a_job_with_a_page_of_its_own(self, acme) -> None:
        page = acme.get("/console/imports")
        csv = b"Handle,Title,Variant Price\r\ntea,Green tea,4.50\r\n"
        page = acme.upload(page, page.form("/console/imports"), "file", ("tea.csv", csv))
        assert page.address.startswith("/console/imports/imp_")
        assert page.texts(".headline .tag") == ["Queued"]
        assert page.one("[data-look-again]")["data-look-again"] == "2"

    def test_what_is_no_such_file_is_refused_with_the_reason(self, acme) -> None:
        page = acme.get("/console/imports")
        form = page.form("/console/imports")
        assert acme.upload(page, form, "file", ("a.csv", b"")).status == 400
        refused = acme.upload(page, form, "file", ("a.csv", b"\xff\xfe\x00binary"))
        assert refused.status == 400
        assert refused.texts("[role=alert]")
        assert acme.send(page, form).status == 400
        assert of_kind("catalog", "IMPORT") == []

    def test_another_merchant_s_is_not_there(self, acme) -> None:
        assert acme.get("/console/imports/imp_01ARZ3NDEKTSV4RRFFQ69G5FAV").status == 404


class TestStock:
    def test_counts_are_put_by_the_merchant_s_own_code(self, acme, shop) -> None:
        page = acme.get("/console/stock")
        assert page.texts(".table tbody td")[:4] == ["acme.TEA", "10", "0", "10"]
        page = acme.send(page, page.form("/console/stock"), sku="TEA", on_hand="3")
        assert page.texts(".table tbody td")[:4] == ["acme.TEA", "3", "0", "3"]
        assert inventory.get_stock(shop.sellers["acme"].actor, "acme.TEA").available == 3

    def test_less_than_is_held_is_refused(self, acme, shop) -> None:
        shop.bought({"acme.TEA": 4})
        page = acme.get("/console/stock")
        page = acme.send(page, page.form("/console/stock"), sku="TEA", on_hand="3")
        assert page.status == 409
        assert page.texts("[role=alert]")
        assert shop.stock("acme.TEA") == (6, 4)

    def test_another_merchant_s_sku_is_not_there(self, acme, shop) -> None:
        shop.goods("kiln", "CUP")
        page = acme.get("/console/stock")
        page = acme.send(page, page.form("/console/stock"), sku="kiln.CUP", on_hand="3")
        assert page.status == 404
        assert shop.stock("kiln.CUP") == (10, 0)


class TestStatements:
    def test_they_list_what_is_owed_and_why(self, acme, shop) -> None:
        purchase = shop.confirmed({"acme.TEA": 1})
        order = purchase["orders"][0]
        shop.ship(order, {"acme.TEA": 1})
        shop.shopper(purchase, f"/api/v1/orders/{order['id']}/receive")
        for name in ("orders.PurchasePaid", "orders.OrderCompleted"):
            deliver(settlement_workers.settlement_on_fact, name)
        settlement.close_statements(SYSTEM)
        page = acme.get("/console/statements")
        assert page.texts(".table .number .price") == ["£ 13.00"]
        page = acme.get(page.one(".table .code a")["href"])
        assert page.texts(".headline .price") == ["£ 13.00"]
        assert {"Sale"} == set(page.texts("td:nth-child(3)"))

    def test_before_the_first_there_is_a_word_about_it(self, acme) -> None:
        assert "No statement is closed yet" in acme.get("/console/statements").text


class TestKeys:
    def test_a_key_is_shown_once_works_and_is_revoked(self, acme, shop) -> None:
        page = acme.get("/console/api-keys")
        page = acme.send(page, page.form("/console/api-keys"), label="Stock robot")
        secret = page.texts(".secret")[0]
        assert page.reply.headers["cache-control"] == "no-store"
        assert identity.merchant(secret).merchant_id == shop.sellers["acme"].id
        page = acme.get("/console/api-keys")
        assert secret not in page.reply.text
        row = next(one for one in page.soup.select("tbody tr") if "Stock robot" in one.get_text())
        acme.send(page, row.select_one("form"))
        assert "Stock robot" not in acme.get("/console/api-keys").text
        reply = shop.http.get("/api/v1/merchant/products", authorization=f"Bearer {secret}")
        assert reply.status == 401

    def test_a_label_that_is_too_long_is_said_beside_it(self, acme) -> None:
        page = acme.get("/console/api-keys")
        page = acme.send(page, page.form("/console/api-keys"), label="x" * 61)
        assert page.status == 400
        assert page.one("#f-label")["aria-invalid"] == "true"


class TestMerchants:
    def test_an_application_is_taken_up_approved_and_suspended(self, keeper) -> None:
        merchant = merchants.apply(name="Paper & Salt", email="hello@paper.example")
        action = f"/console/merchants/{merchant.id}"
        for state, move in (
            ("applied", "take_up"),
            ("in_review", "approve"),
            ("approved", "suspend"),
        ):
            page = keeper.get(f"/console/merchants?state={state}")
            assert "Paper & Salt" in page.text
            page = keeper.send(page, page.form(action), press=move)
            assert page.address == f"/console/merchants?state={state}"
        assert merchants.get(merchant.id).state is MerchantState.SUSPENDED

    def test_a_move_that_is_no_edge_is_refused(self, keeper) -> None:
        merchant = merchants.apply(name="Paper & Salt", email="hello@paper.example")
        page = keeper.get("/console/merchants")
        form = page.form(f"/console/merchants/{merchant.id}")
        refused = keeper.send(page, form, move="approve")
        assert refused.status == 409
        assert refused.texts("[role=alert]")
        assert keeper.send(page, form, move="crown").status == 400
        assert merchants.get(merchant.id).state is MerchantState.APPLIED

    def test_a_merchant_s_people_cannot_move_anyone(self, acme, shop) -> None:
        token = acme.get("/console").one("input[name=csrf]")["value"]
        fields = {"csrf": token, "move": "suspend", "state": "approved"}
        page = acme.post(f"/console/merchants/{shop.sellers['acme'].id}", fields)
        assert page.status == 403
        assert merchants.get(shop.sellers["acme"].id).state is MerchantState.APPROVED


NEW = {
    "title": "Linen shirt",
    "description": "Soft.",
    "sku": "SHIRT",
    "price": "24.50",
    "on_hand": "4",
}
