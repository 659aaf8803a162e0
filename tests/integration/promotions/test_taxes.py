"""Taxes by place and category: added or contained, frozen with the order, given back to the cent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.aws import transact
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.orders.model import refunds
from chalicelib.contexts.orders.workers import orders_on_timeline_fact
from chalicelib.contexts.promotions.model.taxes import Tax, Taxed, TaxesUnsound, TaxRule
from chalicelib.contexts.promotions.service import taxes
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.errors import Forbidden
from chalicelib.kernel.money import Money
from tests.conftest import Clock
from tests.makers import rows
from tests.makers.facts import deliver
from tests.makers.offers import an_offer
from tests.makers.orders import a_line, an_order
from tests.makers.points import require_books, succeeded, told
from tests.makers.round_trips import counted
from tests.makers.shop import ADDRESS, Shop, captured_data, gbp

TEA, NUT = "acme.TEA", "bolt.NUT"


def rule(rate_bps: int = 2_000, *, is_included: bool = False, **changes: Any) -> TaxRule:
    fields = {"country": "GB", "rate_bps": rate_bps, "is_included": is_included, **changes}
    return TaxRule(**fields)


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods(price=999, stock=50)
    return shop


def taxed(*rules: TaxRule) -> None:
    taxes.put_taxes(SYSTEM, rules)


class TestPrices:
    def test_what_is_added_is_added_where_the_place_is_known(self, shop: Shop) -> None:
        taxed(rule(), rule(1_000, on=Taxed.DELIVERY))
        cart = shop.cart({TEA: 3})
        seen = shop.look(cart)
        assert (seen["totals"]["tax"], seen["estimated"]) == (gbp(0), True)
        quoted = shop.quote(cart).json()
        assert quoted["totals"]["tax"] == gbp(599 + 40)
        assert quoted["totals"]["payable"] == gbp(2_997 + 400 + 639)
        assert shop.look(cart)["totals"] == quoted["totals"]
        purchase = shop.checkout(cart, quote_id=quoted["quote_id"]).json()
        assert purchase["total"] == gbp(4_036)
        assert purchase["orders"][0]["totals"]["tax"] == gbp(639)

    def test_what_prices_contain_adds_nothing(self, shop: Shop) -> None:
        taxed(rule(is_included=True))
        quoted = shop.quote(shop.cart({TEA: 3})).json()
        assert quoted["totals"]["tax"] == gbp(0)
        assert quoted["totals"]["payable"] == gbp(2_997 + 400)

    def test_elsewhere_and_in_other_regions_other_rules_hold(self, shop: Shop) -> None:
        taxed(rule(country="US", rate_bps=0), rule(800, country="US", region="NY"))
        ny = {**ADDRESS, "country": "US", "region": "NY"}
        for address, tax in ((ADDRESS, 0), ({**ny, "region": "OR"}, 0), (ny, 240)):
            cart = shop.cart({TEA: 3})
            assert shop.quote(cart, address=address).json()["totals"]["tax"] == gbp(tax)
            total = gbp(2_997 + 400 + tax)
            placed = shop.checkout(cart, address=address, expected_total=total)
            assert placed.status == 201

    def test_a_category_has_its_own_rate_and_discounts_are_not_taxed(self, shop: Shop) -> None:
        taxed(rule(), rule(500, category="other"))
        an_offer(shop, shop.merchant(), value={"percent": 50})
        quoted = shop.quote(shop.cart({TEA: 2})).json()
        assert catalog.categories().find("other") is not None
        assert quoted["totals"]["tax"] == gbp(50)

    def test_it_costs_no_round_trip(self, shop: Shop) -> None:
        taxed(rule())
        cart = shop.cart({TEA: 1})
        with counted() as calls:
            shop.look(cart)
        assert len(calls) == 2
        with counted() as calls:
            assert shop.checkout(cart).status == 201
        assert len(calls) == 3

    def test_a_price_from_before_a_rule_is_refused(self, shop: Shop) -> None:
        cart = shop.cart({TEA: 1})
        quoted = shop.quote(cart).json()
        taxed(rule())
        refused = shop.checkout(cart, quote_id=quoted["quote_id"])
        assert (refused.status, refused.json()["code"]) == (409, "orders.price_changed")


class TestRefunds:
    def test_tax_goes_back_with_its_units_and_the_books_balance(self, shop: Shop) -> None:
        taxed(rule(), rule(1_000, on=Taxed.DELIVERY))
        shop.goods("bolt", "NUT", price=333)
        purchase = shop.paid({TEA: 3, NUT: 1})
        first = purchase["orders"][0]
        assert shop.merchant_post(first, "confirm").status == 200
        given = [shop.refund(first, {TEA: 1}).json() for _ in range(2)]
        given.append(shop.refund(first, {TEA: 1}, shipping=True).json())
        assert [one["amount"]["amount"] for one in given] == [999 + 199, 999 + 200, 999 + 200 + 440]
        for one in given:
            succeeded(shop, purchase, one)
        told()
        require_books()
        paid = first["totals"]["goods"]["amount"] + 400 + first["totals"]["tax"]["amount"]
        assert sum(one["amount"]["amount"] for one in given) == paid
        balances = {
            row["sk"]["S"].partition("#")[0]: int(row["amount"]["N"])
            for row in rows.of_kind("settlement", "BALANCE")
            if row["pk"]["S"] == f"BALANCE#{shop.merchant().id}"
        }
        assert balances["tax"] == balances["shipping"] == 0

    def test_a_refund_that_failed_gives_its_tax_back_to_the_order(self, shop: Shop) -> None:
        taxed(rule(), rule(1_000, on=Taxed.DELIVERY))
        purchase = shop.paid({TEA: 2})
        order = purchase["orders"][0]
        assert shop.merchant_post(order, "confirm").status == 200
        whole = shop.refund(order, {TEA: 2}, shipping=True).json()
        amount = whole["amount"]["amount"]
        assert amount == purchase["total"]["amount"]
        data = captured_data(purchase, refund_id=whole["id"], amount=amount)
        assert shop.company("refund.failed", data).status == 200
        deliver(orders_on_timeline_fact, "payments.RefundFailed")
        assert shop.refund(order, {TEA: 2}, shipping=True).json()["amount"]["amount"] == amount

    def test_a_cancelled_purchase_gives_all_of_it_back(self, shop: Shop) -> None:
        taxed(rule())
        purchase = shop.paid({TEA: 2})
        path = f"/api/v1/purchases/{purchase['id']}/cancel"
        (refund,) = shop.shopper(purchase, path).json()["payment"]["refunds"]
        assert refund["amount"] == purchase["total"]

    @given(
        total=st.integers(0, 5_000),
        tax=st.integers(0, 2_000),
        units=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    )
    def test_any_refunds_give_back_exactly_the_tax(
        self, total: int, tax: int, units: list[int]
    ) -> None:
        money = Money(total, "GBP")
        own = Tax(tax, 2_000, is_included=False)
        line = a_line("acme.TEA", sum(units), total=money, commission=Money(0, "GBP"), tax=own)
        order, back = an_order(line), 0
        for some in units:
            planned = refunds._planned(order, {"acme.TEA": some}, with_shipping=False)
            order, back = planned.order, back + planned.tax.amount
            assert planned.tax.amount >= 0
        assert back == tax


class TestRules:
    def test_rules_that_contradict_themselves_are_refused_and_change_nothing(
        self, shop: Shop
    ) -> None:
        taxed(rule())
        wrong = [rule(), rule(500), rule(20_000, country="gb", category="moon")]
        with pytest.raises(TaxesUnsound):
            taxes.put_taxes(SYSTEM, wrong)
        with pytest.raises(TaxesUnsound) as refused:
            taxes.put_taxes(SYSTEM, [rule(), rule(500), rule(20_000, country="gb")])
        fields = [one.field for one in refused.value.errors]
        assert fields == ["rules.1.category", "rules.2.country", "rules.2.rate"]
        assert len(taxes.taxes()) == 1

    def test_the_platform_alone_taxes(self, shop: Shop) -> None:
        with pytest.raises(Forbidden):
            taxes.put_taxes(shop.merchant().actor, [rule()])

    def test_without_rules_nothing_is_taxed(self, shop: Shop) -> None:
        taxed(rule())
        taxed()
        assert shop.quote(shop.cart({TEA: 1})).json()["totals"]["tax"] == gbp(0)


class TestOneByOne:
    def test_one_more_takes_the_place_of_its_like_and_one_less_goes(self, shop: Shop) -> None:
        taxed(rule(), rule(500, on=Taxed.DELIVERY))
        assert [one.rate_bps for one in taxes.put_rule(SYSTEM, rule(1_000))] == [500, 1_000]
        assert taxes.remove_rule(SYSTEM, rule()) == taxes.remove_rule(SYSTEM, rule())
        assert [one.on for one in taxes.taxes()] == [Taxed.DELIVERY]
        with pytest.raises(TaxesUnsound):
            taxes.put_rule(SYSTEM, rule(10_001))
        with pytest.raises(Forbidden):
            taxes.put_rule(shop.sellers["acme"].actor, rule())
        assert len(taxes.taxes()) == 1

    def test_two_who_put_one_at_once_put_both(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, others = transact.commit, [rule(country="FR")]

        def commit(writes: list[Any]) -> None:
            if others:
                taxes.put_rule(SYSTEM, others.pop())
            real(writes)

        taxed(rule())
        monkeypatch.setattr(transact, "commit", commit)
        taxes.put_rule(SYSTEM, rule(country="DE"))
        assert sorted(one.country for one in taxes.taxes()) == ["DE", "FR", "GB"]
