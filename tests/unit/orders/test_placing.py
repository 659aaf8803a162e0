"""Splitting a cart into orders, with commission frozen on the line."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.contexts.cart.model import Delivery, Totals
from chalicelib.contexts.merchants.model import MethodKind
from chalicelib.contexts.orders.model.placing import Agreement, split, writes_later
from chalicelib.kernel.money import Money
from tests.makers.orders import AT, HOME, ULID, a_cart, a_merchant_value, gbp, priced

AGREEMENT = Agreement(
    purchase_id=f"pur_{ULID}",
    payment_id=f"pay_{ULID}_1",
    delivery_method="standard",
    address=HOME,
    email="ada@shopper.example",
    locale="en",
    note="",
    created_at=AT,
)


def delivers(shares: dict[str, Money]) -> Delivery:
    price = sum(shares.values(), gbp(0))
    return Delivery(
        id="standard",
        name={"en": "Standard"},
        kind=MethodKind.HOME,
        price=price,
        before=price,
        days_min=1,
        days_max=2,
        shares=shares,
    )


def test_one_order_a_merchant_numbered_in_the_order_of_the_cart() -> None:
    cart = priced(a_cart(bolt__X=1, acme__A=2, bolt__Y=1))
    orders = split(cart, delivers({"mer_acme": gbp(400), "mer_bolt": gbp(0)}), AGREEMENT)
    assert [order.id for order in orders] == [f"ord_{ULID}_1", f"ord_{ULID}_2"]
    assert [[line.sku for line in order.lines] for order in orders] == [
        ["bolt.X", "bolt.Y"],
        ["acme.A"],
    ]
    assert [order.totals.payable for order in orders] == [gbp(2_000), gbp(2_400)]
    assert {order.state for order in orders} == {"awaiting_payment"}


def test_commission_is_the_merchants_own_rate_rounded_half_up() -> None:
    sellers = {"mer_acme": a_merchant_value("acme", commission_bps=1_250)}
    cart = priced(a_cart(acme__A=1, acme__B=1), {"acme.A": 1_004, "acme.B": 1_000}, **sellers)
    (order,) = split(cart, delivers({"mer_acme": gbp(0)}), AGREEMENT)
    assert [line.commission for line in order.lines] == [gbp(126), gbp(125)]
    assert order.commission_bps == 1_250


def test_forty_lines_of_eight_merchants_fit_into_every_transaction_to_come() -> None:
    assert writes_later(orders=8, stock_rows=40) == 61
    assert writes_later(orders=8, stock_rows=79) == 100
    assert writes_later(orders=1, stock_rows=40) == 50


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["X", "Y", "Z"])),
        st.tuples(st.integers(1, 99), st.integers(1, 10**7)),
        min_size=1,
    ),
    st.integers(0, 10_000),
)
def test_orders_sum_up_to_the_purchase(goods, shipping) -> None:
    cart = a_cart(**{f"{m}__{code}": quantity for (m, code), (quantity, _) in goods.items()})
    whole = priced(cart, {f"{m}.{code}": amount for (m, code), (_, amount) in goods.items()})
    shares = {one: gbp(shipping) for one in whole.goods_by_merchant}
    orders = split(whole, delivers(shares), AGREEMENT)
    total = Totals.sum((order.totals for order in orders), "GBP")
    assert total.goods == whole.totals.goods
    assert total.payable == whole.totals.payable + gbp(shipping * len(orders))
    assert sorted(line.sku for order in orders for line in order.lines) == sorted(cart.lines)
    for order in orders:
        for line in order.lines:
            assert 0 <= line.commission.amount <= line.total.amount
