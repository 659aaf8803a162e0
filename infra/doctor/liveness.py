"""Nothing stays half done: what is due has happened, and what is to come has its timer."""

from chalicelib.contexts.catalog.service.pictures import RETRY_AFTER_S
from chalicelib.contexts.notifications.model import MailState
from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.payments.model import RefundState
from chalicelib.contexts.payments.service import ASK_UNTIL_S
from chalicelib.kernel import clock
from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole

UNDERWAY = frozenset({RefundState.REQUESTED, RefundState.SENT})


@invariant("liveness.unpaid_purchase_ends")
def unpaid_purchase_ends(whole: Whole) -> Found:
    """No purchase waits for payment when its time is over."""
    for purchase in whole.purchases.values():
        if purchase.state is not PurchaseState.AWAITING_PAYMENT:
            continue
        if purchase.expires_at <= whole.horizon.due:
            yield purchase.id, f"it waits for payment, and its time was over {purchase.expires_at}"


@invariant("liveness.order_completes")
def order_completes(whole: Whole) -> Found:
    """An order that has arrived completes when the time to object is over."""
    for order in whole.orders.values():
        is_over = order.state is OrderState.DELIVERED and order.has_wholly_arrived
        if is_over and not order.complete_at:
            yield order.id, "it has arrived, and nothing will complete it"
        if order.complete_at and order.complete_at <= whole.horizon.due:
            yield order.id, f"it was to complete at {order.complete_at} and is {order.state}"


@invariant("liveness.timers_are_armed")
def timers_are_armed(whole: Whole) -> Found:
    """Whatever ends or is asked about by itself has its timer, and nothing else has one."""
    for row in whole.of_kind("orders", "PURCHASE"):
        waits = row.purchase.state is PurchaseState.AWAITING_PAYMENT
        due = row.purchase.expires_at if waits else None
        if row.due_at != due or bool(row.due_shard) != waits:
            yield row.purchase.id, f"its timer says {row.due_at} instead of {due}"
    for row in whole.of_kind("orders", "ORDER"):
        due = row.order.complete_at or None
        if row.due_at != due or bool(row.due_shard) != bool(due):
            yield row.order.id, f"its timer says {row.due_at} instead of {due}"
    since = clock.iso(clock.later(whole.now, -ASK_UNTIL_S))
    for row in whole.of_kind("payments", "REFUND"):
        is_underway = row.state in UNDERWAY and row.refund.created_at > since
        if is_underway and not (row.due_shard and row.due_at):
            yield row.refund.id, f"it is {row.state}, and its company will not be asked"


@invariant("liveness.pictures_come_in")
def pictures_come_in(whole: Whole) -> Found:
    """A picture is shown, refused, given up, or asked for again; no two of these at once."""
    for row in whole.of_kind("catalog", "PRODUCT"):
        product = row.document
        for media in product.content.media:
            if media.url and media.problem:
                yield product.id, f"it shows {media.url}, which was refused: {media.problem}"
        is_awaited = any(
            media.is_wanted and media.tries <= len(RETRY_AFTER_S) for media in product.content.media
        )
        if is_awaited and not product.is_removed and not (row.due_shard and row.due_at):
            yield product.id, "it awaits a picture that nobody will ask for again"


@invariant("liveness.mail_goes_out")
def mail_goes_out(whole: Whole) -> Found:
    """No mail stays begun and not sent."""
    for row in whole.of_kind("notifications", "MAIL"):
        fact = whole.facts.get(row.subject)
        is_late = fact is not None and whole.is_handled(fact)
        if row.state == MailState.SENDING and is_late:
            yield row.purchase_id, f"the mail {row.sk} was begun {row.attempts} times and not sent"


@invariant("liveness.nothing_is_dead")
def nothing_is_dead(whole: Whole) -> Found:
    """No queue has given up a message."""
    for depth in whole.depths:
        if depth.dead:
            yield depth.queue, f"{depth.dead} messages are dead; see `make redrive`"
