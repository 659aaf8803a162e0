"""Carts: their limits, their prices, and what a shopper is told about a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.contexts.cart.model import (
    LINES_MAX,
    MERCHANTS_MAX,
    QUANTITY_MAX,
    Cart,
    CartEmpty,
    CartLine,
    NotForSale,
    NothingSelected,
    TooManyLines,
    TooManyMerchants,
    Totals,
    mended,
    price,
)
from chalicelib.contexts.merchants.model import MerchantState
from chalicelib.kernel.money import Money
from tests.makers.orders import a_cart, a_copy, a_merchant_value, gbp, priced


def filled(lines: int, merchants: int = 1) -> Cart:
    return Cart(
        "crt_1",
        {f"m{n % merchants}.S{n}": CartLine(1, f"mer_m{n % merchants}") for n in range(lines)},
    )


class TestLimits:
    def test_holds_forty_lines_and_no_more(self) -> None:
        full = filled(LINES_MAX)
        with pytest.raises(TooManyLines):
            full.with_line("m0.ONE-MORE", CartLine(1, "mer_m0"))
        assert full.with_line("m0.S0", CartLine(5, "mer_m0")).lines["m0.S0"].quantity == 5

    def test_holds_goods_of_eight_merchants_and_no_more(self) -> None:
        full = filled(MERCHANTS_MAX, merchants=MERCHANTS_MAX)
        with pytest.raises(TooManyMerchants):
            full.with_line("m8.X", CartLine(1, "mer_m8"))
        assert len(full.with_line("m7.Y", CartLine(1, "mer_m7")).lines) == MERCHANTS_MAX + 1

    def test_none_of_it_removes_a_line(self) -> None:
        emptied = a_cart(acme__A=1, acme__B=2).with_line("acme.A", CartLine(0, ""))
        assert list(emptied.lines) == ["acme.B"]


class TestJoining:
    def test_quantities_add_up(self) -> None:
        joined = a_cart(acme__A=1, acme__B=2).joined(a_cart(acme__B=3, acme__C=4))
        assert {sku: line.quantity for sku, line in joined.lines.items()} == {
            "acme.A": 1,
            "acme.B": 5,
            "acme.C": 4,
        }

    def test_what_exceeds_a_limit_stays_out(self) -> None:
        joined = filled(39).joined(a_cart(acme__A=1, acme__B=1))
        assert len(joined.lines) == LINES_MAX
        most = a_cart(acme__A=QUANTITY_MAX).joined(a_cart(acme__A=5))
        assert most.lines["acme.A"].quantity == QUANTITY_MAX


class TestPricing:
    def test_lines_and_totals_are_what_they_cost_now(self) -> None:
        cart = priced(a_cart(acme__A=2, bolt__B=3), {"acme.A": 1_999, "bolt.B": 50})
        assert [line.total for line in cart.lines] == [gbp(3_998), gbp(150)]
        assert cart.totals == Totals(gbp(4_148), gbp(0), gbp(0), gbp(0), gbp(4_148))
        assert cart.goods_by_merchant == {"mer_acme": gbp(3_998), "mer_bolt": gbp(150)}
        assert cart.notices == ()

    @pytest.mark.parametrize(
        ("copy", "standing", "available", "notice"),
        [
            (None, MerchantState.APPROVED, 5, "cart.not_for_sale"),
            (a_copy("acme.A", is_listed=False), MerchantState.APPROVED, 5, "cart.not_for_sale"),
            (a_copy("acme.A"), MerchantState.SUSPENDED, 5, "cart.not_for_sale"),
            (a_copy("acme.A"), MerchantState.APPROVED, 0, "cart.sold_out"),
            (a_copy("acme.A"), MerchantState.APPROVED, 1, "cart.fewer_left"),
        ],
    )
    def test_says_what_keeps_a_line_from_being_bought(
        self, copy, standing, available, notice
    ) -> None:
        sellers = {"mer_acme": a_merchant_value(state=standing)}
        cart = price(a_cart(acme__A=2), {"acme.A": copy}, {"acme.A": available}, sellers, "GBP")
        assert [(one.code, one.sku) for one in cart.notices] == [(notice, "acme.A")]
        assert cart.notices[0].text("en") != cart.notices[0].text("zh-CN")
        if notice != "cart.not_for_sale":
            cart.require_for_sale()
            return
        assert cart.lines[0].available == 0
        with pytest.raises(NotForSale) as refused:
            cart.require_for_sale()
        assert refused.value.extra["lines"] == [{"sku": "acme.A", "available": 0}]

    def test_a_line_that_changed_its_currency_is_not_for_sale(self) -> None:
        skus = {"acme.A": a_copy("acme.A"), "acme.B": replace(a_copy(), price=Money(100, "EUR"))}
        plenty = dict.fromkeys(skus, 9)
        sellers = {"mer_acme": a_merchant_value()}
        cart = price(a_cart(acme__A=1, acme__B=1), skus, plenty, sellers, "GBP")
        assert [line.is_for_sale for line in cart.lines] == [True, False]
        assert cart.totals.payable == gbp(1_000)

    @given(st.lists(st.tuples(st.integers(1, 9_999), st.integers(1, 10**9)), max_size=40))
    def test_totals_are_the_sum_of_the_lines(self, lines) -> None:
        cart = a_cart(**{f"acme__S{n}": quantity for n, (quantity, _) in enumerate(lines)})
        prices = {f"acme.S{n}": amount for n, (_, amount) in enumerate(lines)}
        totals = priced(cart, prices).totals
        assert totals.goods.amount == sum(quantity * amount for quantity, amount in lines)
        assert totals.payable == totals.goods - totals.discount + totals.shipping + totals.tax


class TestSelecting:
    def test_checkout_takes_what_is_selected_and_leaves_the_rest(self) -> None:
        cart = a_cart(acme__A=2, bolt__B=3).with_selected({"bolt.B", "gone.X"})
        assert list(cart.to_buy().lines) == ["bolt.B"]
        assert list(cart.left_over().lines) == ["acme.A"]
        assert not cart.left_over().lines["acme.A"].is_selected

    def test_sums_are_of_what_is_selected(self) -> None:
        cart = priced(
            a_cart(acme__A=2, bolt__B=3).with_selected({"bolt.B"}), {"acme.A": 10, "bolt.B": 50}
        )
        assert cart.totals.payable == gbp(150)
        assert cart.goods_by_merchant == {"mer_bolt": gbp(150)}
        assert cart.merchant_ids == ["mer_acme", "mer_bolt"]

    def test_nothing_selected_is_not_an_empty_cart(self) -> None:
        with pytest.raises(NothingSelected):
            a_cart(acme__A=2).with_selected(()).to_buy()
        with pytest.raises(CartEmpty):
            Cart("crt_1").to_buy()


class TestMending:
    def test_a_price_is_told_as_new_until_it_is_accepted(self) -> None:
        seen = CartLine(2, "mer_acme", seen_price=gbp(900))
        cart = replace(a_cart(), lines={"acme.A": seen})
        told = priced(cart, {"acme.A": 1_000})
        assert told.lines[0].was == gbp(900)
        after = mended(cart, told, ["acme.A"])
        assert priced(after, {"acme.A": 1_000}).lines[0].was is None

    def test_too_many_become_what_is_left_and_gone_ones_go(self) -> None:
        cart = a_cart(acme__A=5, acme__B=1, acme__C=9)
        copies = {"acme.A": a_copy("acme.A"), "acme.B": None, "acme.C": a_copy("acme.C")}
        sellers = {"mer_acme": a_merchant_value()}
        told = price(cart, copies, {"acme.A": 2, "acme.C": 1}, sellers, "GBP")
        after = mended(cart, told, ["acme.A", "acme.B"])
        assert {sku: one.quantity for sku, one in after.lines.items()} == {"acme.A": 2, "acme.C": 9}
