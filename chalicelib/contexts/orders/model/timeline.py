"""The timeline of an order: what happened when, in the reader's language."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct


class StepKind(StrEnum):
    """What a step tells. Those of the courier are named like the shipment's states."""

    PLACED = "placed"
    PAID = "paid"
    PAYMENT_FAILED = "payment_failed"
    EXPIRED = "expired"
    REVIVED = "revived"
    CONFIRMED = "confirmed"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURNING = "returning"
    RETURNED = "returned"
    READY_FOR_PICKUP = "ready_for_pickup"
    COLLECTED = "collected"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    REFUND_REQUESTED = "refund_requested"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"


TEXTS = {
    StepKind.PLACED: {"en": "Order received", "zh-CN": "订单已提交"},
    StepKind.PAID: {"en": "Paid", "zh-CN": "付款成功"},
    StepKind.PAYMENT_FAILED: {"en": "The payment did not go through", "zh-CN": "付款未成功"},
    StepKind.EXPIRED: {"en": "Not paid in time", "zh-CN": "超时未付款，订单已关闭"},
    StepKind.REVIVED: {
        "en": "The payment came late and the order goes on",
        "zh-CN": "已收到款项，订单恢复",
    },
    StepKind.CONFIRMED: {"en": "Confirmed by the merchant", "zh-CN": "商家已接单"},
    StepKind.PARTLY_SHIPPED: {"en": "Part of it is shipped", "zh-CN": "部分商品已发货"},
    StepKind.SHIPPED: {"en": "Shipped", "zh-CN": "已发货"},
    StepKind.PICKED_UP: {"en": "Picked up by the courier", "zh-CN": "快递已揽收"},
    StepKind.IN_TRANSIT: {"en": "On its way", "zh-CN": "运输中"},
    StepKind.OUT_FOR_DELIVERY: {"en": "Out for delivery", "zh-CN": "派送中"},
    StepKind.DELIVERED: {"en": "Delivered", "zh-CN": "已送达"},
    StepKind.EXCEPTION: {"en": "The courier reports a problem", "zh-CN": "运输出现异常"},
    StepKind.RETURNING: {"en": "On its way back to the merchant", "zh-CN": "退回途中"},
    StepKind.RETURNED: {"en": "Back at the merchant", "zh-CN": "已退回商家"},
    StepKind.READY_FOR_PICKUP: {"en": "Ready to be picked up", "zh-CN": "可前往自提"},
    StepKind.COLLECTED: {"en": "Picked up", "zh-CN": "已自提"},
    StepKind.COMPLETED: {"en": "Completed", "zh-CN": "交易完成"},
    StepKind.CANCELLED: {"en": "Cancelled", "zh-CN": "订单已取消"},
    StepKind.REFUND_REQUESTED: {"en": "A refund is on its way", "zh-CN": "退款处理中"},
    StepKind.REFUNDED: {"en": "Refunded", "zh-CN": "退款成功"},
    StepKind.REFUND_FAILED: {"en": "The refund did not go through", "zh-CN": "退款未成功"},
    StepKind.DISPUTED: {"en": "The payment is disputed", "zh-CN": "付款存在争议"},
}
assert set(TEXTS) == set(StepKind), "every step has its words"


class Step(Struct, frozen=True):
    """One step. Without `order_id` it belongs to every order of the purchase.

    `at` is RFC 3339 in UTC with milliseconds; for a courier's step it is the courier's own time.
    """

    at: str
    kind: StepKind
    order_id: str = ""
    place: str = ""

    def text(self, locale: str) -> str:
        return TEXTS[self.kind][locale]


def of_order(steps: Iterable[Step], order_id: str) -> list[Step]:
    """Choose one order's steps, oldest first."""
    return sorted(
        (step for step in steps if step.order_id in ("", order_id)), key=lambda step: step.at
    )
