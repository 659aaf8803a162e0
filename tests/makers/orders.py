"""Orders as values, for tests without an engine."""

from typing import Any

from msgspec.structs import replace

from chalicelib.contexts.cart.model import Cart, CartLine, Totals, price
from chalicelib.contexts.catalog import SkuCopy
from chalicelib.contexts.merchants.model import Merchant, MerchantState, standard_delivery
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.values import (
    Address,
    MerchantCopy,
    Order,
    OrderLine,
    ShipmentCopy,
    ShippedLine,
)
from chalicelib.kernel.money import Money, total

ULID = "01JNAAAAAAAAAAAAAAAAAAAAAA"
AT = "2026-03-02T09:00:00.000Z"
HOME = Address("Ada", "+442079460000", "1 Example Street", "", "London", "", "N1 1AA", "GB")


def gbp(amount: int) -> Money:
    return Money(amount, "GBP")


def a_line(sku: str = "acme.TEA", quantity: int = 1, **overrides: Any) -> OrderLine:
    made = OrderLine(
        sku=sku,
        product_id="prd_1",
        slug="tea-1",
        title="Tea",
        variant="",
        image="",
        quantity=quantity,
        unit_price=gbp(1_000),
        total=gbp(1_000 * quantity),
        commission=gbp(100 * quantity),
    )
    return replace(made, **overrides)


def an_order(*lines: OrderLine, shipping: int = 400, **overrides: Any) -> Order:
    """An order that was paid for and confirmed, unless told otherwise."""
    lines = lines or (a_line(),)
    goods = total((line.total for line in lines), "GBP")
    made = Order(
        id=f"ord_{ULID}_1",
        purchase_id=f"pur_{ULID}",
        number=1,
        merchant=MerchantCopy("mer_1", "acme", {"en": "Acme", "zh-CN": "顶点"}),
        state=OrderState.CONFIRMED,
        lines=lines,
        totals=Totals(goods, gbp(0), gbp(shipping), gbp(0), goods + gbp(shipping)),
        commission_bps=1_000,
        delivery_method="standard",
        address=HOME,
        email="ada@shopper.example",
        locale="en",
        note="",
        created_at=AT,
        payment_id=f"pay_{ULID}_1",
        paid_at=AT,
        version=1,
    )
    return replace(made, **overrides)


def a_shipment(number: int = 1, **units: int) -> ShipmentCopy:
    """A shipment of units by the merchant's own code."""
    return ShipmentCopy(
        id=f"shp_{number}",
        courier="sandbox",
        tracking_number=f"SBX{number}",
        state="created",
        lines=tuple(ShippedLine(f"acme.{code}", quantity) for code, quantity in units.items()),
    )


def a_copy(sku: str = "acme.TEA", price: int = 1_000, **overrides: Any) -> SkuCopy:
    code = sku.partition(".")[0]
    made = SkuCopy(
        sku=sku,
        product_id="prd_1",
        slug="tea-1",
        title=f"Title of {sku}",
        variant_title="",
        merchant_id=f"mer_{code}",
        merchant_code=code,
        price=gbp(price),
        compare_at=None,
        weight_g=0,
        image="",
        category_id="cat_other",
        is_listed=True,
        options={},
    )
    return replace(made, **overrides)


def a_merchant_value(code: str = "acme", **overrides: Any) -> Merchant:
    made = Merchant(
        id=f"mer_{code}",
        code=code,
        name={"en": code.title()},
        email=f"owner@{code}.example",
        state=MerchantState.APPROVED,
        commission_bps=1_000,
        currency="GBP",
        delivery_methods=(standard_delivery("GBP"),),
        description={},
        created_at=AT,
    )
    return replace(made, **overrides)


def a_cart(**quantities: int) -> Cart:
    """A cart by `merchant__CODE=quantity`."""
    lines = {}
    for name, quantity in quantities.items():
        merchant, _, code = name.partition("__")
        lines[f"{merchant}.{code}"] = CartLine(quantity, f"mer_{merchant}")
    return Cart("crt_1", lines, 1)


def priced(cart: Cart, prices: dict[str, int] | None = None, **merchants: Merchant) -> Any:
    """Price a cart whose goods are all listed and in plenty."""
    prices = prices or {}
    skus = {sku: a_copy(sku, prices.get(sku, 1_000)) for sku in cart.lines}
    plenty = dict.fromkeys(cart.lines, 10_000)
    known = {one: a_merchant_value(one.removeprefix("mer_")) for one in cart.merchant_ids}
    return price(cart, skus, plenty, {**known, **merchants}, "GBP")
