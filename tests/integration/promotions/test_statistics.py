"""What offers brought and cost, counted from facts, and offers that stop at their budget."""

import itertools
from typing import Any

import pytest

from chalicelib.aws.settings import settings
from chalicelib.aws.tables import connection
from chalicelib.contexts.promotions.model.offers import Kind
from chalicelib.contexts.promotions.model.statistics import Figures
from chalicelib.contexts.promotions.model.wishes import OfferWish
from chalicelib.contexts.promotions.service import campaigns, offers, statistics
from chalicelib.contexts.promotions.workers import promotions_on_sale_fact
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.money import Money
from tests.conftest import Clock
from tests.makers.facts import deliver, hand
from tests.makers.offers import a_campaign, an_offer, claimed, patch_offer, put_coupon
from tests.makers.people import a_member
from tests.makers.rows import of_kind
from tests.makers.shop import Shop, gbp

TEA, NUT = "acme.TEA", "bolt.NUT"
PAID, BACK = "orders.PurchasePaid", "orders.RefundRequested"


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(stock=50)
    return shop


def tell() -> None:
    assert deliver(promotions_on_sale_fact, PAID, BACK) == {"batchItemFailures": []}


def figures(offer: str) -> Figures:
    return statistics.performance(offer)[0]


def week(value: int) -> str:
    """An offer of the platform: so much off every cart."""
    now = clock.now()
    wish = OfferWish(
        titles={"en": "Souk week"},
        kind=Kind.AMOUNT_OFF,
        value={"amount": value, "currency": "GBP"},
        starts_at=now,
        ends_at=clock.later(now, 86_400),
    )
    return offers.create(SYSTEM, wish).offer.id


class TestFigures:
    def test_a_sale_counts_for_each_of_its_offers_once(self, shop: Shop) -> None:
        shop.goods("bolt", "NUT", price=500)
        own = an_offer(shop, shop.sellers["acme"], value={"percent": 10})["id"]
        souk = week(300)
        free = an_offer(shop, shop.sellers["bolt"], "free_shipping", None)["id"]
        shop.paid({TEA: 2, NUT: 1})
        tell()
        tell()
        assert figures(own) == Figures(1, 2, 1_565, 200, 200, 0)
        assert figures(souk) == Figures(2, 3, 2_000, 300, 0, 300)
        assert figures(free) == Figures(1, 0, 0, 400, 400, 0)
        assert list(statistics.performance(own)[1]) == ["2026-03-02"]

    def test_what_goes_back_counts_no_longer(self, shop: Shop) -> None:
        own = an_offer(shop, shop.sellers["acme"], value={"percent": 10})["id"]
        order = shop.confirmed({TEA: 3})["orders"][0]
        tell()
        assert shop.refund(order, {TEA: 1}).status == 201
        tell()
        assert figures(own) == Figures(1, 2, 1_800, 200, 200, 0)
        assert shop.refund(order, {TEA: 2}).status == 201
        tell()
        assert figures(own) == Figures()

    def test_held_coupons_count_for_their_campaign(self, shop: Shop) -> None:
        made = a_campaign(shop, shop.sellers["acme"], per_member=2)
        token = a_member()[1]
        code = claimed(shop, made["id"], token)["code"]
        bearer = {"authorization": f"Bearer {token}"}
        cart = shop.cart({TEA: 1})
        assert put_coupon(shop, cart, code, **bearer).status == 200
        shop.capture(shop.checkout(cart, headers=bearer).json())
        tell()
        assert figures(made["id"]) == Figures(1, 1, 700, 300, 300, 0)
        campaign = campaigns.one(shop.sellers["acme"].actor, made["id"])
        assert statistics.totals([campaign]) == {made["id"]: figures(made["id"])}
        path = f"/api/v1/merchant/campaigns/{made['id']}"
        shown = shop.http.get(path, **shop.sellers["acme"].authorization).json()
        assert (shown["orders"], shown["cost"]) == (1, gbp(300))

    def test_facts_come_to_the_same_in_any_order(self, shop: Shop) -> None:
        an_offer(shop, shop.sellers["acme"], value={"percent": 10})
        order = shop.confirmed({TEA: 3})["orders"][0]
        for _ in range(2):
            assert shop.refund(order, {TEA: 1}).status == 201
        facts = [one for one in of_kind("outbox", "FACT") if one["name"]["S"] in {PAID, BACK}]
        assert len(facts) == 3
        ends = []
        for told in itertools.permutations(facts):
            for row in told:
                hand(promotions_on_sale_fact, [row])
            ends.append(counted())
            forget()
        assert all(end == ends[0] for end in ends)
        assert [row["units"]["N"] for row in ends[0] if row["kind"]["S"] == "TALLY"] == ["1"]

    def test_nothing_is_kept_of_a_sale_without_offers(self, shop: Shop) -> None:
        shop.paid({TEA: 1})
        tell()
        assert counted() == []


class TestBudget:
    def test_an_offer_stops_once_it_has_cost_its_budget(self, shop: Shop) -> None:
        actor = shop.sellers["acme"].actor
        own = an_offer(shop, shop.sellers["acme"], value={"percent": 10})["id"]
        offers.change(actor, own, OfferWish(budget=Money(250, "GBP")))
        shop.paid({TEA: 2})
        tell()
        assert not offers.one(actor, own).is_stopped
        shop.paid({TEA: 1})
        tell()
        tell()
        stopped = offers.one(actor, own)
        assert (stopped.is_stopped, stopped.version) == (True, 3)
        assert shop.look(shop.cart({TEA: 1}))["totals"]["discount"]["amount"] == 0

    def test_the_platforms_stop_too_and_run_again_with_a_larger_one(self, shop: Shop) -> None:
        souk = week(300)
        offers.change(SYSTEM, souk, OfferWish(budget=Money(300, "GBP")))
        shop.paid({TEA: 1})
        tell()
        assert offers.one(SYSTEM, souk).is_stopped
        offers.change(SYSTEM, souk, OfferWish(is_stopped=False, budget=Money(601, "GBP")))
        shop.paid({TEA: 1})
        tell()
        assert not offers.one(SYSTEM, souk).is_stopped

    def test_whoever_died_before_stopping_is_followed_by_one_who_stops(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        actor = shop.sellers["acme"].actor
        own = an_offer(shop, shop.sellers["acme"], value={"percent": 10})["id"]
        offers.change(actor, own, OfferWish(budget=Money(1, "GBP")))
        shop.paid({TEA: 1})
        with monkeypatch.context() as patch:
            patch.setattr(statistics, "stop_spent", lambda _counted: 1 / 0)
            assert len(deliver(promotions_on_sale_fact, PAID)["batchItemFailures"]) == 1
        assert not offers.one(actor, own).is_stopped
        tell()
        assert offers.one(actor, own).is_stopped
        assert figures(own).off == 100

    def test_a_change_of_something_else_leaves_it(self, shop: Shop) -> None:
        seller = shop.sellers["acme"]
        own = an_offer(shop, seller)["id"]
        offers.change(seller.actor, own, OfferWish(budget=Money(250, "GBP")))
        assert patch_offer(shop, seller, own, title="Sale").status == 200
        assert offers.one(seller.actor, own).budget == 250
        offers.change(seller.actor, own, OfferWish(budget=None))
        assert offers.one(seller.actor, own).budget is None


def counted() -> list[dict[str, Any]]:
    """What statistics have written, besides markers."""
    found = of_kind("promotions", "COUNTED") + of_kind("promotions", "TALLY")
    return sorted(found, key=lambda row: (row["pk"]["S"], row["sk"]["S"]))


def forget() -> None:
    """Take away what statistics have written, markers too."""
    table = settings().tables["promotions"]
    for kind in ("COUNTED", "TALLY", "DONE"):
        for row in of_kind("promotions", kind):
            key = {"pk": row["pk"], "sk": row["sk"]}
            connection().dispatch("DeleteItem", {"TableName": table, "Key": key})
