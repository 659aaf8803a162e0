"""The console's offers: the list, the form, what they do to a sample cart."""

import pytest

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.console import form_view
from chalicelib.contexts.promotions.model.offers import Kind
from chalicelib.contexts.promotions.service import offers, trying
from chalicelib.contexts.promotions.workers import promotions_on_sale_fact
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM, Role
from tests.makers.browser import Browser, Page, values
from tests.makers.facts import deliver
from tests.makers.offers import an_offer
from tests.makers.people import PASSWORD
from tests.pages.test_console import signed_in

OFFERS = "/console/offers"


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


class TestList:
    def test_without_offers_it_says_what_to_do(self, acme, keeper) -> None:
        for browser in (acme, keeper):
            page = browser.get(OFFERS)
            assert "No offer yet." in page.text
            assert page.one("main .panel a")["href"] == f"{OFFERS}/new"
            assert page.texts(".console__nav [aria-current]") == ["Offers"]

    def test_tabs_hold_offers_by_state(self, acme, shop, stage) -> None:
        seller = shop.sellers["acme"]
        an_offer(shop, seller, title="Live", quota=20)
        an_offer(
            shop,
            seller,
            title="Later",
            starts_at="2027-01-01T00:00:00Z",
            ends_at="2027-02-01T00:00:00Z",
        )
        an_offer(shop, seller, "free_shipping", None, title="Stopped", stopped=True)
        assert sorted(acme.get(OFFERS).texts(".table .title")) == ["Later", "Live", "Stopped"]
        for state, title in (("live", "Live"), ("scheduled", "Later"), ("stopped", "Stopped")):
            assert acme.get(f"{OFFERS}?state={state}").texts(".table .title") == [title]
        assert acme.get(f"{OFFERS}?state=ended").texts("main .panel p") == [
            "No offer is over yet.",
            "Make an offer",
        ]
        stage.forward(86_400)
        page = signed_in("owner@acme.example").get(f"{OFFERS}?state=ended")
        assert page.texts(".table .title") == ["Stopped", "Live"]
        assert page.soup.select("form[action$='/state']") == []

    def test_what_it_takes_and_what_is_used_is_said(self, acme, shop) -> None:
        value = {"percent": 12.5, "cap": {"amount": 500, "currency": "GBP"}}
        threshold = {"amount": {"amount": 3_000, "currency": "GBP"}}
        an_offer(shop, shop.sellers["acme"], "percent_off", value, threshold=threshold, quota=20)
        page = acme.get(OFFERS)
        assert "12.5% off · at most £5.00 · from £30.00 on Everything" in page.text
        assert page.texts("label") == ["0 of 20 used"]
        bar = page.one("progress")
        assert (bar["value"], bar["max"]) == ("0", "20")

    def test_an_offer_is_stopped_and_runs_again_by_undo(self, acme, shop) -> None:
        made = an_offer(shop, shop.sellers["acme"], title="Spring")
        actor = shop.sellers["acme"].actor
        page = acme.get(f"{OFFERS}?state=live")
        form = page.form(f"{OFFERS}/{made['id']}/state")
        page = acme.send(page, form, press="stop")
        assert page.address == f"{OFFERS}?state=live&done={made['id']}"
        assert "“Spring” is stopped." in page.text
        assert offers.one(actor, made["id"]).is_stopped
        page = acme.send(page, page.form(f"{OFFERS}/{made['id']}/state"), press="run")
        assert "“Spring” may run again." in page.text
        assert not offers.one(actor, made["id"]).is_stopped

    def test_anothers_offer_is_neither_shown_nor_stopped(self, acme, keeper, shop) -> None:
        made = an_offer(shop, shop.merchant("kiln"), title="Hers")
        for browser in (acme, keeper):
            assert "Hers" not in browser.get(f"{OFFERS}?done={made['id']}").text
            page = browser.get("/console")
            sent = {"csrf": str(page.soup.select_one("[name=csrf]")["value"]), "move": "stop"}
            assert browser.post(f"{OFFERS}/{made['id']}/state", sent).status == 404
        assert not offers.one(shop.sellers["kiln"].actor, made["id"]).is_stopped


TIMES = {"starts_at": "2026-03-02T00:00", "ends_at": "2099-03-09T00:00", "zone": "+08:00"}


def fill(browser: Browser, press: str = "publish", **fields: str):
    page = browser.get(f"{OFFERS}/new")
    said = {"title_en": "Spring", **TIMES, **fields}
    return browser.send(page, page.form(f"{OFFERS}/new"), press=press, **said)


VALUES = {
    "amount_off": ({"amount": "2.50"}, "£2.50 off"),
    "percent_off": ({"percent": "12.5%", "cap": "5"}, "12.5% off · at most £5.00"),
    "fixed_price": ({"price": "8"}, "£8.00 each"),
    "buy_x_get_y": ({"buy": "2", "get": "1"}, "Buy 2, get 1 free"),
    "bundle": ({"parts": "2 TEA\n1 any", "bundle_price": "25"}, "A set for £25.00"),
    "gift": ({"gift": "TEA"}, "Product TEA comes free"),
    "free_shipping": ({"threshold_quantity": "3"}, "Free delivery · from 3 pieces on"),
}

WRONG = [
    ({"title_en": "", "percent": "10"}, {"title_en": "Fill this in."}),
    ({"percent": ""}, {"percent": "Fill this in."}),
    ({"percent": "101"}, {"percent": "This is too long, too short or out of range."}),
    ({"percent": "5", "cap": "a"}, {"cap": "This does not look right."}),
    ({"percent": "5", "ends_at": "2026-03-01T00:00"}, {"ends_at": "The end comes after the start."}),
    ({"percent": "5", "budget": "0"}, {"budget": "This is too long, too short or out of range."}),
    ({"percent": "5", "ends_at": ""}, {"ends_at": "Fill this in."}),
    ({"percent": "5", "skus": "NONE"}, {"skus": "Choose another one."}),
    ({"kind": "gift", "gift": "NONE"}, {"gift": "Choose another one."}),
    ({"kind": "buy_x_get_y", "buy": "0", "get": "x"}, {
        "buy": "This is too long, too short or out of range.",
        "get": "This does not look right.",
    }),
    ({"kind": "bundle", "parts": ""}, {"parts": "Fill this in.", "bundle_price": "Fill this in."}),
    (
        {"kind": "amount_off", "amount": "5", "threshold_amount": "1", "threshold_quantity": "2"},
        {"threshold_quantity": "This is too long, too short or out of range."},
    ),
]  # fmt: skip


class TestForm:
    def test_every_kind_is_made_shown_again_and_saved_as_it_is(self, acme, shop) -> None:
        actor = shop.sellers["acme"].actor
        for kind, (fields, said) in VALUES.items():
            page = fill(acme, kind=kind, **fields)
            assert page.address == OFFERS, page.text
            assert said in page.text
            made = next(one for one in offers.offers(actor).items if one.offer.kind == kind)
            assert made.offer.starts_at == clock.parse("2026-03-01T16:00:00Z")
            page = acme.get(f"{OFFERS}/{made.offer.id}")
            page = acme.send(page, page.form(page.address), press="publish")
            assert "Saved." in page.text
            again = offers.one(actor, made.offer.id)
            assert (again.offer, again.version) == (made.offer, made.version + 1)
        assert set(VALUES) == set(Kind)

    def test_it_names_products_categories_and_limits(self, acme, shop) -> None:
        product = shop_product(shop)
        category = catalog.categories().find("other").id
        more = {f"product.{product}": "1", f"category.{category}": "1", "combines": "1"}
        fill(acme, press="keep", percent="10", quota="20", per_member="2", skus="TEA", **more)
        (made,) = offers.offers(shop.sellers["acme"].actor).items
        assert made.is_stopped
        assert (made.offer.products, made.offer.categories) == ({product}, {category})
        assert (made.offer.quota, made.offer.per_member) == (20, 2)
        assert made.offer.combines_with == {made.offer.lane}

    def test_it_says_for_whom_and_what_comes_of_goods_that_go_back(self, acme, shop) -> None:
        page = fill(acme, press="keep", percent="10", reclaims="1", audience="silver")
        assert page.status == 422
        assert page.texts(".bad")
        more = {"threshold_amount": "30", "reclaims": "1", "audience": "silver"}
        fill(acme, press="keep", percent="10", **more)
        (made,) = offers.offers(shop.sellers["acme"].actor).items
        assert made.offer.on_return == "reclaim"
        assert made.offer.audience.tiers == {"silver", "gold", "platinum"}
        page = acme.get(f"{OFFERS}/{made.offer.id}")
        assert page.one("[name=reclaims]").get("checked") is not None
        assert page.one("[name=audience] [selected]")["value"] == "silver"

    def test_sending_it_twice_makes_one(self, acme, shop) -> None:
        page = acme.get(f"{OFFERS}/new")
        form = page.form(f"{OFFERS}/new")
        for _ in range(2):
            acme.send(page, form, press="publish", title_en="Spring", percent="10")
        assert len(offers.offers(shop.sellers["acme"].actor).items) == 1

    def test_the_platform_makes_its_own(self, keeper, acme) -> None:
        page = fill(keeper, kind="amount_off", amount="1", threshold_amount="20", skus="acme.TEA")
        assert page.address == OFFERS, page.text
        assert "£1.00 off · from £20.00 on" in page.text
        assert acme.get(OFFERS).texts(".table .title") == []

    def test_the_platform_names_merchants_and_a_channel(self, keeper, acme, shop) -> None:
        seller = shop.sellers["acme"].id
        page = keeper.get(f"{OFFERS}/new")
        told = {"title_en": "Acme days", "percent": "5", "channel": "app", **TIMES}
        page = keeper.send(
            page, page.form(f"{OFFERS}/new"), press="publish", **told, **{f"merchant.{seller}": "1"}
        )
        (made,) = offers.offers(SYSTEM).items
        assert made.offer.merchants == {seller}
        assert made.offer.audience.channels == {"app"}
        assert "1 merchant" in keeper.get(OFFERS).text
        place = f"{OFFERS}/{made.offer.id}"
        page = keeper.get(place)
        assert page.one("#f-channel option[selected]")["value"] == "app"
        page = keeper.send(page, page.form(place), press="publish", channel="")
        changed = offers.one(SYSTEM, made.offer.id).offer
        assert (changed.merchants, changed.audience.channels) == ({seller}, frozenset())
        assert not acme.get(f"{OFFERS}/new").soup.select("[name^='merchant.']")

    def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
        self, acme, shop
    ) -> None:
        for fields, wrong in WRONG:
            page = fill(acme, **fields)
            assert page.status in {400, 422}
            found = {
                str(one["id"])[2:]: one.get_text() for one in page.soup.select(".field__error")
            }
            assert found == wrong
            for name, value in fields.items():
                field = page.one(f"[name={name}]")
                shown = {field.get("value"), field.get_text().strip()}
                assert value in shown or field.name == "select"
        assert offers.offers(shop.sellers["acme"].actor).items == []

    def test_what_the_form_does_not_show_stays(self, acme, shop, monkeypatch) -> None:
        seller = shop.sellers["acme"]
        shop.goods("acme", "POT")
        products = [one.id for one in catalog.own_products(seller.actor).items]
        times = {"starts_at": "2026-03-02T08:00:07Z", "ends_at": "2026-04-02T08:00:59.500Z"}
        made = an_offer(shop, seller, products=products, categories=["other"], **times)
        monkeypatch.setattr(trying, "PRODUCTS_SHOWN", 1)
        monkeypatch.setattr(trying, "NAMES_READ_MAX", 0)
        monkeypatch.setattr(form_view, "CATEGORIES_SHOWN", 0)
        before = offers.one(seller.actor, made["id"]).offer
        page = acme.get(f"{OFFERS}/{made['id']}")
        acme.send(page, page.form(page.address), press="publish")
        assert offers.one(seller.actor, made["id"]).offer == before

    def test_a_quota_below_what_is_used_is_said_beside_it(self, acme, shop) -> None:
        made = an_offer(shop, shop.sellers["acme"], quota=20)
        shop.paid({"acme.TEA": 3})
        page = acme.get(f"{OFFERS}/{made['id']}")
        page = acme.send(page, page.form(page.address), press="publish", quota="2")
        assert page.status == 409
        assert page.texts("#e-quota") == ["3 are used already"]

    def test_anothers_offer_has_no_form(self, acme, keeper, shop) -> None:
        made = an_offer(shop, shop.merchant("kiln"))
        for browser in (acme, keeper):
            assert browser.get(f"{OFFERS}/{made['id']}").status == 404


class TestPreview:
    def test_a_sample_cart_is_priced_with_and_without(self, acme, shop) -> None:
        page = fill(acme, press="preview", percent="10", threshold_amount="25")
        assert page.status == 200
        assert amounts(page, "#preview tbody td") == [
            "Product TEA × 3 acme.TEA", "£30.00", "Spring −£3.00", "£27.00",
        ]  # fmt: skip
        assert amounts(page, "#preview tfoot td") == ["£35.00", "£32.00", "£3.00"]
        assert "You save £3.00" in page.text
        assert "No other offer competes with it." in page.text
        assert offers.offers(shop.sellers["acme"].actor).items == []

    def test_it_follows_while_one_types(self, acme) -> None:
        page = acme.get(f"{OFFERS}/new")
        sent = values(page.form(f"{OFFERS}/new"))
        part = acme.post(f"{OFFERS}/preview", sent)
        assert (part.status, part.text) == (
            200,
            "Fill in the form to see what it does to a sample cart.",
        )
        part = acme.post(f"{OFFERS}/preview", {**sent, **TIMES, "title_en": "A", "percent": "50"})
        assert amounts(part, "tfoot td") == ["£15.00", "£10.00", "£5.00"]

    def test_the_platforms_is_of_what_the_shop_lists(self, keeper, shop, listed) -> None:
        listed("TEE", price=1_000)
        page = fill(keeper, press="preview", kind="amount_off", amount="2")
        assert amounts(page, "#preview tfoot td") == ["£15.00", "£13.00", "£2.00"]

    def test_offers_that_meet_are_named_with_the_one_that_runs(self, acme, shop) -> None:
        seller = shop.sellers["acme"]
        other = an_offer(shop, seller, title="Spring tea", value={"percent": 20})
        an_offer(shop, seller, "free_shipping", None, title="Another lane")
        page = fill(acme, press="preview", percent="10")
        assert [one["href"] for one in page.soup.select("#preview li a")] == [
            f"{OFFERS}/{other['id']}"
        ]
        assert "on the sample cart the other one runs." in page.text
        page = fill(acme, press="preview", percent="30")
        assert "on the sample cart this one runs." in page.text

    def test_offers_that_combine_are_said_to(self, acme, shop) -> None:
        an_offer(shop, shop.sellers["acme"], value={"percent": 20}, combines_with=["product"])
        page = fill(acme, press="preview", percent="10", combines="1")
        assert "Both run: they combine." in page.text
        assert amounts(page, "#preview tfoot td") == ["£13.00", "£12.20", "£0.80"]


class TestSimulation:
    def test_last_months_orders_tell_what_it_would_have_cost(self, acme, shop, stage) -> None:
        shop.paid({"acme.TEA": 3})
        shop.paid({"acme.TEA": 1})
        shop.bought({"acme.TEA": 5})
        page = fill(acme, press="simulate", kind="amount_off", amount="4", threshold_amount="20")
        assert page.status == 200
        panel, _ = page.texts("section[aria-labelledby=h-simulation] p")
        assert panel == (
            "Of 2 paid orders of the last 30 days it would have touched 1 and taken off £4.00, "
            "on average £4.00 each."
        )
        assert amounts(page, "section[aria-labelledby=h-simulation] td.number") == [
            "£34.00",
            "£4.00",
        ]

    def test_a_quota_counts_over_the_orders(self, acme, shop) -> None:
        for _ in range(2):
            shop.paid({"acme.TEA": 1})
        page = fill(acme, press="simulate", percent="10", quota="1")
        assert "it would have touched 1 and taken off £1.00" in page.text

    def test_without_orders_it_says_so(self, acme) -> None:
        page = fill(acme, press="simulate", percent="10")
        assert "No paid order of the last 30 days to try it on." in page.text


class TestPerformance:
    def test_it_says_what_an_offer_brought_and_cost_and_what_is_left(self, acme, shop) -> None:
        fill(acme, percent="10", starts_at="2026-03-01T00:00", budget="5")
        (made,) = offers.offers(shop.sellers["acme"].actor).items
        assert made.budget == 500
        page = acme.get(f"{OFFERS}/{made.offer.id}")
        assert page.one("[name=budget]")["value"] == "5.00"
        assert "Nothing was sold with it yet." in page.text
        shop.paid({"acme.TEA": 2})
        deliver(promotions_on_sale_fact, "orders.PurchasePaid")
        page = acme.get(f"{OFFERS}/{made.offer.id}")
        assert page.texts(".todo div") == [
            "1 orders with it",
            "2 pieces with it",
            "£18.00 paid for them",
            "£2.00 taken off",
            "£2.00 paid by the merchant",
            "£0.00 paid by Souk",
        ]
        assert "£2.00 of a budget of £5.00 is spent" in page.text
        row = amounts(page, "section[aria-labelledby=h-performance] tbody td")
        assert row[:5] == ["2 Mar 2026", "1", "2", "£2.00", "£18.00"]


class TestCalendar:
    def test_a_month_shows_each_offer_over_its_days(self, acme, shop) -> None:
        seller = shop.sellers["acme"]
        times = {"starts_at": "2026-02-27T00:00:00Z", "ends_at": "2026-03-05T00:00:00Z"}
        made = an_offer(shop, seller, title="Thaw", **times)
        times = {"starts_at": "2026-03-04T12:00:00Z", "ends_at": "2026-03-05T00:00:01Z"}
        an_offer(shop, seller, title="Flash", stopped=True, **times)
        an_offer(
            shop,
            seller,
            title="June",
            starts_at="2026-06-01T00:00:00Z",
            ends_at="2026-06-02T00:00:00Z",
        )
        page = acme.get(f"{OFFERS}/calendar?month=2026-03")
        assert page.heading == "Mar 2026"
        assert page.texts(".month tbody th") == ["Thaw", "Flash"]
        assert page.soup.select_one(".month tbody a")["href"] == f"{OFFERS}/{made['id']}"
        spans = [
            [int(one["colspan"]) for one in row.select("td")]
            for row in page.soup.select("tbody tr")
        ]
        assert spans == [[4, 27], [3, 2, 26]]
        assert page.texts(".bar--stopped") == ["4 to 5, Stopped: 10% off"]
        links = [one["href"] for one in page.soup.select(".headline a")]
        assert [links[0], links[2]] == [
            f"{OFFERS}/calendar?month=2026-0{month}" for month in (2, 4)
        ]

    def test_days_are_those_of_the_readers_zone(self, acme, shop) -> None:
        times = {"starts_at": "2026-03-31T16:00:00Z", "ends_at": "2026-04-01T16:00:00Z"}
        an_offer(shop, shop.sellers["acme"], **times)
        acme.locale = "zh-CN"
        page = acme.get(f"{OFFERS}/calendar?month=2026-04")
        assert [int(one["colspan"]) for one in page.soup.select("tbody td")] == [1, 29]
        assert "2026年4月" in page.text
        assert acme.get(f"{OFFERS}/calendar?month=2026-03").soup.select("tbody") == []

    def test_a_month_without_offers_says_so(self, acme, keeper) -> None:
        for browser in (acme, keeper):
            assert "No offer runs in this month." in browser.get(f"{OFFERS}/calendar?month=x").text


def amounts(page: Page, selector: str) -> list[str]:
    """Texts, with signs beside their numbers."""
    return [text.replace("£ ", "£") for text in page.texts(selector)]


def shop_product(shop) -> str:
    return catalog.own_products(shop.sellers["acme"].actor).items[0].id
