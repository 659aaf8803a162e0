"""What payment companies took in and gave back, against what orders say about it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from chalicelib.contexts.orders.facts import PurchasePaid
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.values import Order, payment_id
from chalicelib.contexts.payments.facts import PaymentCaptured
from chalicelib.contexts.payments.model import (
    HOLDS_MONEY,
    Payment,
    PaymentState,
    Refund,
    RefundState,
)
from chalicelib.kernel import ids
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole


@invariant("payments.refunded_within_captured")
def refunded_within_captured(whole: Whole) -> Found:
    """What went back is at most what was promised back, and that at most what was captured."""
    for payment in whole.payments.values():
        returned, refunded, captured = _amounts(payment)
        if not 0 <= returned <= refunded <= captured:
            yield (
                payment.id,
                f"{captured} were captured, {refunded} are promised back, {returned} went back",
            )


@invariant("payments.refunds_add_up")
def refunds_add_up(whole: Whole) -> Found:
    """A payment's sums are those of its refunds, those that failed left out."""
    promised: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    for refund in whole.refunds.values():
        amount = refund.amount.amount
        promised[refund.payment_id] += amount if refund.state is not RefundState.FAILED else 0
        returned[refund.payment_id] += amount if refund.state is RefundState.SUCCEEDED else 0
    for payment in whole.payments.values():
        told = payment.refunded.amount, payment.returned.amount
        summed = promised[payment.id], returned[payment.id]
        if told != summed:
            yield (
                payment.id,
                (
                    f"it says {told[0]} promised back and {told[1]} gone back; "
                    f"its refunds add up to {summed[0]} and {summed[1]}"
                ),
            )


@invariant("payments.refund_has_payment")
def refund_has_payment(whole: Whole) -> Found:
    """Every refund is of a payment of its own purchase and company."""
    for refund in whole.refunds.values():
        payment = whole.payments.get(refund.payment_id)
        if payment is None:
            yield refund.id, f"there is no payment {refund.payment_id}"
        elif (payment.purchase_id, payment.provider) != (refund.purchase_id, refund.provider):
            yield refund.id, f"its payment {payment.id} is of {payment.purchase_id}"


@invariant("payments.state_says_money")
def state_says_money(whole: Whole) -> Found:
    """A payment's state says whether money came, and how much of it went back."""
    for payment in whole.payments.values():
        returned, _, captured = _amounts(payment)
        fits = {
            PaymentState.CAPTURED: returned == 0,
            PaymentState.PARTLY_REFUNDED: 0 < returned < captured,
            PaymentState.REFUNDED: 0 < returned <= captured,
        }.get(payment.state, True)
        came = payment.state in HOLDS_MONEY and captured >= payment.amount.amount
        if not fits or not (came or captured == 0):
            yield (
                payment.id,
                f"it is {payment.state}, with {captured} captured and {returned} gone back",
            )
        elif payment.state in HOLDS_MONEY and not came:
            yield (
                payment.id,
                f"it is {payment.state} with {captured} of {payment.amount.amount} captured",
            )


@invariant("payments.captured_is_told")
def captured_is_told(whole: Whole) -> Found:
    """What a payment captured is what its captures told, each of the company's references once."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    summed: Counter[str] = Counter()
    for fact in whole.told(PaymentCaptured):
        told[fact.payment_id][fact.provider_reference] += 1
        summed[fact.payment_id] += fact.amount.amount
    for payment in whole.payments.values():
        if payment.captured.amount != summed[payment.id]:
            yield (
                payment.id,
                f"{payment.captured.amount} are captured, {summed[payment.id]} were told",
            )
        if payment.state in HOLDS_MONEY and payment.provider_reference not in told[payment.id]:
            yield payment.id, f"it names the money {payment.provider_reference!r}, never told"
        for reference, times in told[payment.id].items():
            if times > 1:
                yield payment.id, f"the money {reference} was taken in {times} times"


@invariant("payments.money_is_known_again")
def money_is_known_again(whole: Whole) -> Found:
    """Captured money is kept by the company's reference, so that it is not taken in again."""
    known = {
        (row.payment_id, row.subject.partition("#")[2])
        for row in whole.of_kind("payments", "REFERENCE")
    }
    for fact in whole.told(PaymentCaptured):
        if (fact.payment_id, fact.provider_reference) not in known:
            yield fact.payment_id, f"the money {fact.provider_reference} would be taken in again"


@invariant("payments.captured_once")
def captured_once(whole: Whole) -> Found:
    """A purchase takes the money of one capture; every other goes back in full."""
    taken: Counter[str] = Counter()
    for fact in whole.told(PaymentCaptured):
        if fact.applied:
            taken[fact.purchase_id] += 1
            continue
        refund = whole.refunds.get(ids.derived("ref", fact.payment_id, fact.provider_reference))
        if refund is None or refund.amount != fact.amount or refund.order_id:
            yield fact.payment_id, f"{fact.amount.amount} that no order took do not go back"
    for purchase_id, times in taken.items():
        if times > 1:
            yield purchase_id, f"it took the money of {times} captures"


@invariant("payments.purchase_paid_once")
def purchase_paid_once(whole: Whole) -> Found:
    """A purchase is told paid once if it is paid, by the capture of the payment that it names."""
    told = Counter(fact.purchase_id for fact in whole.told(PurchasePaid))
    applied = {fact.payment_id for fact in whole.told(PaymentCaptured) if fact.applied}
    for purchase in whole.purchases.values():
        if told[purchase.id] != (1 if purchase.paid_at else 0):
            paid = f"paid at {purchase.paid_at}" if purchase.paid_at else "not paid"
            yield purchase.id, f"it is {paid} and was told paid {told[purchase.id]} times"
        if purchase.paid_at and purchase.payment_id not in applied:
            yield purchase.id, f"no capture of its payment {purchase.payment_id} was applied"


@invariant("payments.amount_is_total")
def amount_is_total(whole: Whole) -> Found:
    """What is asked for is the purchase's total, by the payment that it names of all its tries."""
    for purchase in whole.purchases.values():
        tries = [payment_id(purchase.id, number + 1) for number in range(purchase.attempt)]
        known = sorted(one.id for one in whole.payments_of.get(purchase.id, []))
        if known != sorted(tries):
            yield purchase.id, f"it was tried to pay {purchase.attempt} times; there are {known}"
        payment = whole.payments.get(purchase.payment_id)
        if payment is None:
            yield purchase.id, f"there is no payment {purchase.payment_id}"
        elif payment.purchase_id != purchase.id:
            yield purchase.id, f"its payment {payment.id} is of {payment.purchase_id}"
        elif payment.amount != purchase.total:
            yield (
                purchase.id,
                f"it comes to {purchase.total.amount} and {payment.amount.amount} are asked for",
            )


@invariant("payments.cancelled_goes_back")
def cancelled_goes_back(whole: Whole) -> Found:
    """What was paid for a cancelled order goes back, unless a company could not give it."""
    failed = {one.order_id for one in whole.refunds.values() if one.state is RefundState.FAILED}
    for order in whole.orders.values():
        is_over = order.state is OrderState.CANCELLED and order.paid_at
        if is_over and order.refunded != order.totals.payable and order.id not in failed:
            paid = order.totals.payable.amount
            yield order.id, f"it is cancelled, and {order.refunded.amount} of {paid} go back"


@invariant("payments.refund_is_its_parts")
def refund_is_its_parts(whole: Whole) -> Found:
    """A refund of an order is its lines, shipping and tax."""
    for refund in whole.refunds.values():
        parts = sum(line.amount.amount for line in refund.lines)
        parts += refund.shipping.amount + refund.tax.amount
        if refund.order_id and parts != refund.amount.amount:
            yield refund.id, f"it is {refund.amount.amount} and its parts add up to {parts}"


@invariant("payments.order_refunds_add_up")
def order_refunds_add_up(whole: Whole) -> Found:
    """An order's refunded units, amounts, commission and shipping are those of its refunds."""
    alive: dict[str, list[Refund]] = defaultdict(list)
    for refund in whole.refunds.values():
        if refund.state is not RefundState.FAILED:
            alive[refund.order_id].append(refund)
    for order in whole.orders.values():
        if order.purchase_id not in whole.unsettled:
            yield from ((order.id, words) for words in _differences(order, alive[order.id]))


def _differences(order: Order, refunds: Sequence[Refund]) -> Iterator[str]:
    units: dict[str, Counter[str]] = defaultdict(Counter)
    for part in (line for refund in refunds for line in refund.lines):
        units[part.sku]["units"] += part.quantity
        units[part.sku]["amount"] += part.amount.amount
        units[part.sku]["commission"] += part.commission.amount
    for line in order.lines:
        told = (line.refunded, line.refunded_amount, line.refunded_commission)
        own = units[line.sku]
        summed = (own["units"], own["amount"], own["commission"])
        if told != summed:
            yield f"{line.sku} has {told} refunded; its refunds add up to {summed}"
    shipping = sum(refund.shipping.amount for refund in refunds)
    if order.shipping_refunded != shipping:
        yield f"{order.shipping_refunded} of shipping are refunded; its refunds have {shipping}"
    gone = [one for one in refunds if one.state is RefundState.SUCCEEDED]
    returned = sum(refund.amount.amount for refund in gone)
    if order.returned != returned:
        yield f"{order.returned} went back; the refunds that succeeded are {returned}"


def _amounts(payment: Payment) -> tuple[int, int, int]:
    return payment.returned.amount, payment.refunded.amount, payment.captured.amount
