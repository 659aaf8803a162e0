"""A purchase of one order that waits for its money, written directly."""

from typing import Any

from msgspec.structs import replace

from chalicelib.aws import transact
from chalicelib.contexts.cart.model import Totals
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.orders.model.values import (
    Address,
    MerchantCopy,
    Order,
    OrderLine,
    Purchase,
    order_id,
    payment_id,
)
from chalicelib.contexts.payments import service as payments
from chalicelib.contexts.payments import store as payment_store
from chalicelib.contexts.payments.model import Payment
from chalicelib.kernel import clock
from chalicelib.kernel.money import Money
from tests.makers.payments import PAYMENT, PURCHASE, gbp

ORDER = "ord_01JNAAAAAAAAAAAAAAAAAAAAAA_1"
TOTAL = 5_000


def an_order(**overrides: Any) -> Order:
    line = OrderLine(
        sku="acme.TEA",
        product_id="prd_tea",
        slug="tea-tea",
        title="Tea",
        variant="",
        image="",
        quantity=5,
        unit_price=gbp(1_000),
        total=gbp(TOTAL),
        commission=gbp(500),
    )
    zero = Money.zero("GBP")
    made = Order(
        id=ORDER,
        purchase_id=PURCHASE,
        number=1,
        merchant=MerchantCopy("mer_1", "acme", {"en": "Acme"}),
        state=OrderState.AWAITING_PAYMENT,
        lines=(line,),
        totals=Totals(gbp(TOTAL), zero, zero, zero, gbp(TOTAL)),
        commission_bps=1_000,
        delivery_method="standard",
        address=Address("Ada", "1", "1 Example Street", "", "London", "", "N1", "GB"),
        email="ada@shopper.example",
        locale="en",
        note="",
        created_at=clock.iso(clock.now()),
    )
    return replace(made, **overrides)


def a_purchase(**overrides: Any) -> Purchase:
    now = clock.now()
    made = Purchase(
        id=PURCHASE,
        state=PurchaseState.AWAITING_PAYMENT,
        member_id="",
        email="ada@shopper.example",
        locale="en",
        total=gbp(TOTAL),
        order_count=1,
        created_at=clock.iso(now),
        expires_at=clock.iso(clock.later(now, 1_800)),
        payment_id=PAYMENT,
    )
    return replace(made, **overrides)


def placed(provider: str = "sandbox", purchase_id: str = PURCHASE) -> Payment:
    """Write a purchase with its order and payment; returns the payment."""
    number = payment_id(purchase_id, 1)
    order = an_order(id=order_id(purchase_id, 1), purchase_id=purchase_id)
    payment = payments.new_payment(
        payment_id=number,
        purchase_id=purchase_id,
        provider=provider,
        amount=gbp(TOTAL),
        now=clock.now(),
    )
    transact.commit(
        [
            store.create_purchase(a_purchase(id=purchase_id, payment_id=number)),
            store.create_order(order),
            payment_store.create(payment),
        ]
    )
    return payment


def seen(purchase_id: str = PURCHASE) -> tuple[Purchase, Order]:
    """Read the purchase and its order."""
    whole = store.read_whole(purchase_id)
    assert whole is not None
    return whole.purchase, whole.orders[0]


def with_purchase(state: PurchaseState) -> None:
    """Move the purchase and its order as an expiry or a cancellation does."""
    purchase, order = seen()
    transact.commit(
        [
            store.save_purchase(replace(purchase, state=state)),
            store.save_order(replace(order, state=OrderState(state))),
        ]
    )
