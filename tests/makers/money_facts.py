"""Facts about money, as orders and payments publish them."""

from typing import Any

from msgspec.structs import replace

from chalicelib.contexts.orders.facts import (
    OrderCompleted,
    PaidLine,
    PaidOrder,
    PurchasePaid,
    RefundRequested,
)
from chalicelib.contexts.payments.facts import PaymentCaptured, RefundFailed, RefundSucceeded
from chalicelib.contexts.payments.model import Refund, RefundLine, RefundState
from chalicelib.kernel.money import Money

AT = "2026-03-02T09:00:00.000Z"
ULID = "01JNAAAAAAAAAAAAAAAAAAAAAA"


def gbp(amount: int) -> Money:
    return Money(amount, "GBP")


def a_paid_order(
    number: int = 1,
    *,
    goods: int = 1000,
    commission: int = 100,
    shipping: int = 300,
    tax: int = 0,
    merchant: str = "",
) -> PaidOrder:
    return PaidOrder(
        order_id=f"ord_{ULID}_{number}",
        merchant_id=merchant or f"mer_{number}",
        merchant_name={"en": f"Merchant {number}", "zh-CN": f"商家{number}"},
        lines=(PaidLine(f"m{number}.TEE", "Tee", 1, gbp(goods), gbp(commission)),),
        goods=gbp(goods),
        shipping=gbp(shipping),
        tax=gbp(tax),
        total=gbp(goods + shipping + tax),
        commission=gbp(commission),
    )


def a_paid_purchase(*orders: PaidOrder, **overrides: Any) -> PurchasePaid:
    paid = orders or (a_paid_order(),)
    fields: dict[str, Any] = {
        "id": "01JNPAID000000000000000000",
        "occurred_at": AT,
        "purchase_id": f"pur_{ULID}",
        "payment_id": f"pay_{ULID}_1",
        "provider": "sandbox",
        "member_id": "",
        "email": "ada@shopper.example",
        "locale": "en",
        "total": gbp(sum(order.total.amount for order in paid)),
        "orders": paid,
    }
    return PurchasePaid(**fields | overrides)


def a_refund(order: PaidOrder | None, *, goods: int, commission: int, **overrides: Any) -> Refund:
    """A refund of goods of an order, or of money that no order took."""
    line = RefundLine(sku="m1.TEE", quantity=1, amount=gbp(goods), commission=gbp(commission))
    fields: dict[str, Any] = {
        "id": "ref_1",
        "payment_id": f"pay_{ULID}_1",
        "purchase_id": f"pur_{ULID}",
        "provider": "sandbox",
        "provider_reference": "ch_1",
        "state": RefundState.REQUESTED,
        "amount": gbp(goods),
        "captured": gbp(goods),
        "shipping": gbp(0),
        "tax": gbp(0),
        "commission": gbp(commission if order else 0),
        "created_at": AT,
        "reason": "chipped",
        "order_id": order.order_id if order else "",
        "merchant_id": order.merchant_id if order else "",
        "lines": (line,) if order else (),
        "email": "ada@shopper.example",
        "locale": "en",
    }
    return Refund(**fields | overrides)


def a_refund_request(
    order: PaidOrder | None = None, *, goods: int = 500, commission: int = 50, **overrides: Any
) -> RefundRequested:
    return RefundRequested(
        id="01JNREFUND0000000000000000",
        occurred_at=AT,
        purchase_id=f"pur_{ULID}",
        refund=a_refund(order, goods=goods, commission=commission, **overrides),
    )


def a_refund_outcome(
    request: RefundRequested, *, succeeded: bool
) -> RefundSucceeded | RefundFailed:
    common: dict[str, Any] = {
        "id": f"{request.id}-{'OK' if succeeded else 'NO'}",
        "occurred_at": request.occurred_at,
        "purchase_id": request.purchase_id,
    }
    if succeeded:
        settled = replace(request.refund, state=RefundState.SUCCEEDED)
        return RefundSucceeded(refund=settled, **common)
    failed = replace(request.refund, state=RefundState.FAILED)
    return RefundFailed(refund=failed, reason="no", **common)


def a_capture(amount: int, *, applied: bool) -> PaymentCaptured:
    return PaymentCaptured(
        id="01JNCAPTURED00000000000000",
        occurred_at=AT,
        purchase_id=f"pur_{ULID}",
        payment_id=f"pay_{ULID}_1",
        provider="sandbox",
        provider_reference="ch_1",
        amount=gbp(amount),
        applied=applied,
    )


def a_completion(order: PaidOrder, **overrides: Any) -> OrderCompleted:
    fields: dict[str, Any] = {
        "id": f"01JNDONE{order.order_id[-1]:0>18}",
        "occurred_at": AT,
        "purchase_id": f"pur_{ULID}",
        "order_id": order.order_id,
        "merchant_id": order.merchant_id,
        "merchant_name": order.merchant_name,
        "email": "ada@shopper.example",
        "locale": "en",
        "currency": "GBP",
    }
    return OrderCompleted(**fields | overrides)
