"""Offers in carts, at checkout and on orders: what is shown is what is charged, to the cent."""

import json
from typing import Any

import pytest

from chalicelib.aws import reads
from chalicelib.contexts.cart import service as carts
from chalicelib.contexts.orders.service import paying
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model.offers import Kind, OfferUnsound
from chalicelib.contexts.promotions.model.wishes import OfferWish
from chalicelib.contexts.promotions.service import offers
from chalicelib.contexts.settlement import service as settlement
from chalicelib.contexts.settlement import workers as settlement_workers
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM
from tests.conftest import Clock
from tests.makers.facts import deliver
from tests.makers.offers import an_offer, patch_offer
from tests.makers.people import a_member
from tests.makers.pump import strike
from tests.makers.round_trips import counted
from tests.makers.rows import of_kind
from tests.makers.shop import Shop, gbp, order_of

TEA, NUT = "acme.TEA", "bolt.NUT"


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(stock=50)
    return shop


def amounts(totals: Any) -> tuple[int, int, int, int]:
    names = ("goods", "discount", "shipping", "payable")
    goods, discount, shipping, payable = (totals[name]["amount"] for name in names)
    return goods, discount, shipping, payable


def left_of(offer_id: str) -> tuple[int, int]:
    """What is left of a quota and what is used."""
    rows = reads.query_all(store.QuotaItem, f"QUOTA#{offer_id}")
    found = [(int(row.left), int(row.used)) for row in rows]
    return sum(left for left, _ in found), sum(used for _, used in found)


def platform_offer(kind: Kind, value: Any, **changes: Any) -> str:
    now = clock.now()
    wish = OfferWish(
        titles={"en": "Souk week", "zh-CN": "集市周"},
        kind=kind,
        value=value,
        starts_at=now,
        ends_at=clock.later(now, 86_400),
        **changes,
    )
    return offers.create(SYSTEM, wish).offer.id


def saved(name: str) -> list[tuple[str, int]]:
    """What the last fact of this name tells the shopper was saved."""
    (row,) = [one for one in of_kind("outbox", "FACT") if one["name"]["S"] == name]
    savings = json.loads(row["body"]["S"])["savings"]
    return [(one["titles"]["en"], one["amount"]["amount"]) for one in savings]


class TestFacts:
    def test_what_was_saved_is_told_by_offer(self, shop: Shop) -> None:
        shop.goods("bolt", "NUT", price=500)
        an_offer(shop, shop.merchant(), value={"percent": 10})
        platform_offer(Kind.AMOUNT_OFF, gbp(300))
        an_offer(shop, shop.sellers["bolt"], "free_shipping", None, title="Free")
        shop.paid({TEA: 2, NUT: 1})
        told = [("Spring sale", 200), ("Souk week", 300), ("Free", 400)]
        assert saved("orders.PurchasePlaced") == told
        assert saved("orders.PurchasePaid") == told


class TestCarts:
    def test_an_offer_shows_at_the_next_call(self, shop: Shop) -> None:
        cart = shop.cart({TEA: 3})
        made = an_offer(shop, shop.merchant())
        seen = shop.look(cart)
        (line,) = seen["lines"]
        off = {"offer": made["id"], "label": "Spring sale", "amount": gbp(-300)}
        assert line["adjustments"] == [{**off, "funder": "merchant"}]
        assert line["total"] == gbp(2_700)
        assert amounts(seen["totals"]) == (3_000, 300, 0, 2_700)
        assert patch_offer(shop, shop.merchant(), made["id"], stopped=True).status == 200
        assert shop.look(cart)["lines"][0]["adjustments"] == []

    def test_the_answer_to_a_change_has_it_for_a_merchant_that_is_new_to_the_cart(
        self, shop: Shop
    ) -> None:
        an_offer(shop, shop.merchant())
        reply = shop.put(shop.http.post("/api/v1/carts").json(), TEA, 2)
        assert amounts(reply.json()["totals"]) == (2_000, 200, 0, 1_800)

    def test_labels_are_in_the_readers_language(self, shop: Shop) -> None:
        an_offer(shop, shop.merchant(), titles={"zh-CN": "春季特惠"})
        cart = shop.cart({TEA: 1})
        headers = {"x_cart_token": cart["token"], "accept_language": "zh-CN"}
        seen = shop.http.get(f"/api/v1/carts/{cart['id']}", **headers).json()
        assert seen["lines"][0]["adjustments"][0]["label"] == "春季特惠"

    def test_an_offer_is_about_its_own_merchants_goods(self, shop: Shop) -> None:
        shop.goods("bolt", "NUT", price=500)
        an_offer(shop, shop.merchant())
        seen = shop.look(shop.cart({TEA: 1, NUT: 1}))
        assert [line["total"]["amount"] for line in seen["lines"]] == [900, 500]

    def test_named_categories_take_in_those_below(self, shop: Shop) -> None:
        an_offer(shop, shop.merchant(), categories=["other"])
        assert shop.look(shop.cart({TEA: 1}))["totals"]["discount"] == gbp(100)

    def test_nothing_runs_before_its_start_or_at_its_end(self, shop: Shop, stage: Clock) -> None:
        now = clock.now()
        starts, ends = clock.iso(clock.later(now, 60)), clock.iso(clock.later(now, 120))
        an_offer(shop, shop.merchant(), starts_at=starts, ends_at=ends)
        cart = shop.cart({TEA: 1})
        found = []
        for _ in range(3):
            found.append(shop.look(cart)["totals"]["discount"]["amount"])
            stage.forward(60)
        assert found == [0, 100, 0]

    def test_a_threshold_across_lines_and_a_quantity_ladder(self, shop: Shop) -> None:
        shop.goods(own_code="CUP", price=700)
        an_offer(shop, shop.merchant(), "amount_off", gbp(500), threshold={"amount": gbp(2_000)})
        for units, percent in ((2, 5), (5, 10)):
            an_offer(
                shop,
                shop.merchant(),
                value={"percent": percent},
                threshold={"quantity": units},
                products=[],
            )
        assert amounts(shop.look(shop.cart({TEA: 1}))["totals"])[1] == 0
        assert amounts(shop.look(shop.cart({TEA: 2}))["totals"])[1] == 100
        assert amounts(shop.look(shop.cart({TEA: 5}))["totals"])[1] == 500 + 500
        assert amounts(shop.look(shop.cart({TEA: 1, "acme.CUP": 2}))["totals"])[1] == 70 + 500

    def test_a_quote_has_free_delivery(self, shop: Shop) -> None:
        cart = shop.cart({TEA: 2})
        an_offer(shop, shop.merchant(), "free_shipping", None, threshold={"amount": gbp(2_000)})
        quote = shop.quote(cart).json()
        assert [one["price"] for one in quote["delivery_methods"]] == [gbp(0)]
        assert amounts(quote["totals"]) == (2_000, 0, 0, 2_000)
        assert shop.put(cart, TEA, 1).json()["totals"]["shipping"] == gbp(400)

    def test_a_cart_costs_one_more_round_trip_at_most(self, shop: Shop) -> None:
        cart = shop.cart({TEA: 1})
        an_offer(shop, shop.merchant(), quota=5, per_member=2, categories=["other"])
        with counted() as calls:
            shop.look(cart)
        assert len(calls) == 3
        with counted() as calls:
            shop.put(cart, TEA, 2)
        assert len(calls) == 4
        with counted() as calls:
            assert shop.checkout(cart).status == 201
        assert len(calls) == 3


class TestOrders:
    def test_what_is_placed_keeps_what_it_was_placed_with(self, shop: Shop) -> None:
        made = an_offer(shop, shop.merchant())
        cart = shop.cart({TEA: 3})
        quote = shop.quote(cart).json()
        reply = shop.checkout(
            cart, expected_total=quote["totals"]["payable"], quote_id=quote["quote_id"]
        )
        assert reply.status == 201, reply.text
        purchase = reply.json()
        patch_offer(shop, shop.merchant(), made["id"], value={"percent": 50}, title="Other")
        assert shop.capture(purchase).status == 200
        (order,) = shop.seen(purchase)["orders"]
        assert purchase["total"] == gbp(3_100)
        assert amounts(order["totals"]) == (3_000, 300, 400, 3_100)
        (adjustment,) = order["lines"][0]["adjustments"]
        assert adjustment == {
            "offer": made["id"],
            "label": "Spring sale",
            "amount": gbp(-300),
            "funder": "merchant",
        }

    def test_an_offer_that_ends_between_look_and_checkout_is_asked_about(
        self, shop: Shop, stage: Clock
    ) -> None:
        an_offer(shop, shop.merchant())
        cart = shop.cart({TEA: 1})
        quote = shop.quote(cart).json()
        stage.forward(86_400)
        reply = shop.checkout(cart, expected_total=quote["totals"]["payable"])
        assert (reply.status, reply.json()["code"]) == (409, "orders.price_changed")
        assert reply.json()["totals"]["payable"] == gbp(1_400)

    def test_refunds_come_from_what_was_frozen_and_sum_to_what_was_paid(self, shop: Shop) -> None:
        an_offer(shop, shop.merchant(), value={"percent": 33.33})
        purchase = shop.paid({TEA: 3})
        (order,) = purchase["orders"]
        refunds = [shop.refund(order, {TEA: 1}).json()["amount"]["amount"] for _ in range(3)]
        assert order["totals"]["discount"] == gbp(1_000)
        assert (sum(refunds), refunds[:2]) == (2_000, [666, 666])
        assert shop.refund(order, {TEA: 1}).status == 422


class TestFunding:
    def test_the_platform_pays_its_merchants_for_its_offers(self, shop: Shop) -> None:
        shop.goods("bolt", "NUT", price=500)
        offer = platform_offer(
            Kind.AMOUNT_OFF,
            {"amount": 300, "currency": "GBP"},
            threshold_amount=None,
        )
        purchase = shop.paid({TEA: 2, NUT: 2})
        lines = [line for order in purchase["orders"] for line in order["lines"]]
        offs = [line["adjustments"][0] for line in lines]
        assert [(one["offer"], one["funder"]) for one in offs] == [(offer, "platform")] * 2
        assert [one["amount"]["amount"] for one in offs] == [-200, -100]
        deliver(settlement_workers.settlement_on_fact, "orders.PurchasePaid")
        posted = {
            one.account.value: one.amount.amount
            for one in settlement.ledger(
                shop.merchant().actor, since="", until="", limit=20, cursor=""
            ).items
        }
        assert posted == {
            "provider_clearing": 1_800 + 400,
            "promotions": 200,
            "commission": -200,
            "merchant_payable": -1_800,
            "shipping": -400,
        }

    def test_what_comes_back_goes_back_to_whoever_paid(self, shop: Shop) -> None:
        platform_offer(Kind.AMOUNT_OFF, {"amount": 301, "currency": "GBP"}, threshold_amount=None)
        platform_offer(Kind.FREE_SHIPPING, None)
        purchase = shop.paid({TEA: 2})
        order = order_of(purchase, TEA)
        assert amounts(order["totals"]) == (2_000, 301, 0, 1_699)
        assert shop.refund(order, {TEA: 1}).json()["amount"] == gbp(849)
        assert shop.merchant_post(order, "cancel").status == 200
        for fact in ("orders.PurchasePaid", "orders.RefundRequested"):
            deliver(settlement_workers.settlement_on_fact, fact)
        sums: dict[str, int] = {}
        for one in settlement.ledger(
            shop.merchant().actor, since="", until="", limit=50, cursor=""
        ).items:
            sums[one.account.value] = sums.get(one.account.value, 0) + one.amount.amount
        assert {name: amount for name, amount in sums.items() if amount} == {
            "provider_clearing": 1_699,
            "refunds": -1_699,
        }


class TestLimits:
    def test_a_quota_is_used_and_given_back_once(self, shop: Shop, stage: Clock) -> None:
        made = an_offer(shop, shop.merchant(), quota=5, per_member=4)
        shop.bought({TEA: 2})
        assert left_of(made["id"]) == (3, 2)
        paid = shop.paid({TEA: 1})
        assert left_of(made["id"]) == (2, 3)
        stage.forward(3_600)
        strike("orders_sweep_due")
        assert left_of(made["id"]) == (4, 1)
        for _ in range(2):
            shop.shopper(paid, f"/api/v1/purchases/{paid['id']}/cancel")
        assert left_of(made["id"]) == (5, 0)
        shown = shop.http.get(
            f"/api/v1/merchant/offers/{made['id']}", **shop.merchant().authorization
        ).json()
        assert (shown["quota"], shown["used"]) == (5, 0)

    def test_a_cart_shows_what_the_quota_leaves(self, shop: Shop) -> None:
        an_offer(shop, shop.merchant(), quota=2)
        cart = shop.cart({TEA: 2})
        assert shop.look(cart)["totals"]["discount"] == gbp(200)
        shop.bought({TEA: 1})
        assert shop.look(cart)["totals"]["discount"] == gbp(0)
        assert shop.put(cart, TEA, 1).json()["totals"]["discount"] == gbp(100)

    @pytest.mark.parametrize("quota", [3, 1_000])
    def test_whoever_saw_the_offer_is_asked_again_when_it_is_used_up(
        self, shop: Shop, quota: int
    ) -> None:
        made = an_offer(shop, shop.merchant(), quota=quota)
        cart = shop.cart({TEA: 3})
        expected = shop.quote(cart).json()["totals"]["payable"]
        patch_offer(shop, shop.merchant(), made["id"], quota=2)
        reply = shop.checkout(cart, expected_total=expected)
        assert (reply.status, reply.json()["code"]) == (409, "orders.price_changed")
        again = shop.checkout(cart, expected_total=reply.json()["totals"]["payable"])
        assert again.status == 201, again.text
        assert again.json()["total"] == gbp(3_400)
        assert left_of(made["id"]) == (2, 0)

    def test_a_quota_over_rows_is_used_to_the_last_unit(self, shop: Shop) -> None:
        made = an_offer(shop, shop.merchant(), quota=500)
        patch_offer(shop, shop.merchant(), made["id"], quota=20)
        discounts = [shop.bought({TEA: 3})["orders"][0]["totals"]["discount"] for _ in range(8)]
        assert [one["amount"] for one in discounts] == [300] * 6 + [0] * 2
        assert left_of(made["id"]) == (2, 18)

    def test_a_quota_is_not_lowered_below_what_is_used(self, shop: Shop) -> None:
        made = an_offer(shop, shop.merchant(), quota=5)
        shop.bought({TEA: 3})
        reply = patch_offer(shop, shop.merchant(), made["id"], quota=2)
        assert (reply.status, reply.json()["code"]) == (409, "promotions.quota_below_used")
        assert patch_offer(shop, shop.merchant(), made["id"], quota=3).json()["used"] == 3

    def test_a_shopper_has_so_many_and_no_more(self, shop: Shop) -> None:
        an_offer(shop, shop.merchant(), per_member=2)
        _, token = a_member()
        headers = {"authorization": f"Bearer {token}"}

        def discount(units: int, **changes: Any) -> int:
            reply = shop.checkout(shop.cart({TEA: units}), **changes)
            assert reply.status == 201, reply.text
            amount: int = reply.json()["orders"][0]["totals"]["discount"]["amount"]
            return amount

        assert discount(3, headers=headers) == 0
        assert [discount(1, headers=headers) for _ in range(3)] == [100, 100, 0]
        assert [discount(1, email=one) for one in ("Eve@b.example", "eve@b.example ")] == [100] * 2
        assert discount(1, email="eve@b.example") == 0

    def test_late_money_takes_the_offer_again_or_goes_back(self, shop: Shop, stage: Clock) -> None:
        made = an_offer(shop, shop.merchant(), quota=1)
        late, other = shop.bought({TEA: 1}), None
        stage.forward(3_600)
        strike("orders_sweep_due")
        other = shop.bought({TEA: 1})
        assert shop.capture(late).status == 200
        assert shop.seen(late)["state"] == "expired"
        assert shop.seen(late)["payment"]["refunds"][0]["amount"] == gbp(1_300)
        stage.forward(3_600)
        strike("orders_sweep_due")
        assert shop.capture(other).status == 200
        assert shop.seen(other)["state"] == "paid"
        assert left_of(made["id"]) == (0, 1)


class TestGifts:
    def test_a_gift_comes_along_costs_nothing_and_is_held(self, shop: Shop) -> None:
        shop.goods(own_code="CUP", price=700, stock=1)
        made = an_offer(
            shop, shop.merchant(), "gift", {"sku": "CUP"}, threshold={"amount": gbp(2_000)}
        )
        cart = shop.cart({TEA: 2})
        gift = next(line for line in shop.look(cart)["lines"] if line["sku"] == "acme.CUP")
        assert (gift["quantity"], gift["total"]) == (1, gbp(0))
        purchase = shop.checkout(cart).json()
        (order,) = purchase["orders"]
        line = next(line for line in order["lines"] if line["sku"] == "acme.CUP")
        assert (line["quantity"], line["total"]) == (1, gbp(0))
        assert [one["offer"] for one in line["adjustments"]] == [made["id"]]
        assert amounts(order["totals"]) == (2_700, 700, 400, 2_400)
        assert shop.stock("acme.CUP") == (0, 1)

    def test_a_gift_that_is_gone_keeps_nobody_from_buying(self, shop: Shop) -> None:
        shop.goods(own_code="CUP", price=700, stock=0)
        an_offer(shop, shop.merchant(), "gift", {"sku": "CUP"})
        purchase = shop.bought({TEA: 1})
        assert [line["sku"] for line in purchase["orders"][0]["lines"]] == [TEA]

    def test_a_gift_of_what_is_bought_is_one_more_of_it(self, shop: Shop) -> None:
        an_offer(shop, shop.merchant(), "gift", {"sku": "TEA"}, threshold={"quantity": 2})
        (line,) = shop.bought({TEA: 2})["orders"][0]["lines"]
        assert (line["quantity"], line["total"]) == (3, gbp(2_000))
        assert shop.stock(TEA) == (47, 3)

    def test_cancelling_puts_a_gift_back(self, shop: Shop) -> None:
        shop.goods(own_code="CUP", price=700, stock=5)
        an_offer(shop, shop.merchant(), "gift", {"sku": "CUP"})
        purchase = shop.paid({TEA: 1})
        assert shop.stock("acme.CUP") == (4, 0)
        shop.shopper(purchase, f"/api/v1/purchases/{purchase['id']}/cancel")
        assert shop.stock("acme.CUP") == (5, 0)


class TestNothingToPay:
    def test_what_costs_nothing_is_paid_for_at_once(self, shop: Shop) -> None:
        purchase = given_away(shop)
        assert (purchase["total"], purchase["payment"]["provider"]) == (gbp(0), "free")
        assert purchase["payment"]["action"] == {"type": "none"}
        seen = shop.seen(purchase)
        assert (seen["state"], seen["payment"]["state"]) == ("paid", "captured")
        assert shop.merchant_post(seen["orders"][0], "confirm").status == 200

    def test_it_is_cancelled_and_its_goods_come_back(self, shop: Shop) -> None:
        purchase = given_away(shop)
        path = f"/api/v1/purchases/{purchase['id']}/cancel"
        assert shop.shopper(purchase, path).json()["state"] == "cancelled"
        assert shop.stock(TEA) == (50, 0)

    def test_whoever_died_before_saying_so_is_followed_by_whoever_asks(
        self, shop: Shop, stage: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paying, "capture", lambda callback: None)
        purchase = given_away(shop)
        monkeypatch.undo()
        assert shop.seen(purchase)["state"] == "awaiting_payment"
        stage.forward(700)
        strike("payments_ask_provider")
        assert shop.seen(purchase)["state"] == "paid"

    def test_nobody_chooses_to_pay_nothing(self, shop: Shop) -> None:
        reply = shop.checkout(shop.cart({TEA: 1}), payment={"provider": "free"})
        assert (reply.status, reply.json()["code"]) == (422, "payments.unknown_provider")


def given_away(shop: Shop) -> Any:
    """A purchase of two that costs nothing."""
    an_offer(shop, shop.merchant(), value={"percent": 100})
    an_offer(shop, shop.merchant(), "free_shipping", None)
    return shop.bought({TEA: 2})


class TestWhere:
    def test_an_offer_for_a_channel_is_for_carts_that_were_begun_there(
        self, shop: Shop, stage: Clock
    ) -> None:
        made = an_offer(shop, shop.merchant(), audience={"channels": ["mini_program", "app"]})
        assert made["audience"] == {
            "tiers": [],
            "first_order": False,
            "channels": ["app", "mini_program"],
        }
        off = {}
        for channel in ("api", "app", "mini_program"):
            cart = shop.http.post("/api/v1/carts", {"channel": channel}).json()
            shop.put(cart, TEA, 1)
            off[channel] = shop.look(cart)["totals"]["discount"]["amount"]
            purchase = shop.checkout(cart).json()
            assert purchase["orders"][0]["totals"]["discount"]["amount"] == off[channel]
        assert off == {"api": 0, "app": 100, "mini_program": 100}
        assert shop.look(shop.cart({TEA: 1}))["totals"]["discount"]["amount"] == 0

    def test_it_stays_so_when_the_cart_is_kept_at_a_sign_in(self, shop: Shop) -> None:
        an_offer(shop, shop.merchant(), audience={"channels": ["app"]})
        cart = shop.http.post("/api/v1/carts", {"channel": "app"}).json()
        shop.put(cart, TEA, 1)
        actor, _ = a_member()
        carts.merge(cart["id"], cart["token"], actor)
        shop.put(cart, TEA, 2)
        assert shop.look(cart)["totals"]["discount"]["amount"] == 200

    @pytest.mark.parametrize("channel", ["web", "radio", 1])
    def test_a_channel_that_no_program_is_is_refused(self, shop: Shop, channel: Any) -> None:
        refused = shop.http.post("/api/v1/carts", {"channel": channel})
        assert (refused.status, refused.json()["code"]) == (400, "request.malformed")


class TestMerchants:
    def test_the_platform_names_merchants_and_goods_beside_them(self, shop: Shop) -> None:
        shop.goods("bolt", "NUT")
        shop.goods("bolt", "BOLT")
        shop.goods("kiln", "CUP")
        bolt = shop.sellers["bolt"].id
        platform_offer(Kind.PERCENT_OFF, {"percent": 10}, merchants=[bolt], products=[])
        seen = shop.look(shop.cart({TEA: 1, NUT: 1, "bolt.BOLT": 2, "kiln.CUP": 1}))
        off = {line["sku"]: len(line["adjustments"]) for line in seen["lines"]}
        assert off == {TEA: 0, NUT: 1, "bolt.BOLT": 1, "kiln.CUP": 0}

    def test_who_is_not_there_and_who_may_not_are_refused(self, shop: Shop) -> None:
        with pytest.raises(OfferUnsound) as refused:
            platform_offer(Kind.PERCENT_OFF, {"percent": 10}, merchants=["mer_nobody"])
        assert [one.field for one in refused.value.errors] == ["merchants"]
        own = OfferWish(
            titles={"en": "Mine"},
            kind=Kind.PERCENT_OFF,
            value={"percent": 10},
            starts_at=clock.now(),
            ends_at=clock.later(clock.now(), 60),
            merchants=[shop.merchant().id],
        )
        with pytest.raises(OfferUnsound) as refused:
            offers.create(shop.sellers["acme"].actor, own)
        assert [one.code for one in refused.value.errors] == ["not_its_own"]
