"""Looking at purchases and orders: by the shopper, by the member, by the merchant."""

from msgspec import Struct

from chalicelib.aws import reads
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.model import timeline as steps
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.tabs import Tab, fits
from chalicelib.contexts.orders.model.timeline import Step
from chalicelib.contexts.orders.model.values import Order, Purchase
from chalicelib.contexts.orders.service.access import Shopper, merchants_order, opened, opened_order
from chalicelib.contexts.orders.service.placing import Seen
from chalicelib.contexts.payments import store as payment_store
from chalicelib.contexts.payments.model import Payment
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.paging import PAGE_SIZE, Page

PAGES_MAX = 5
"""How many pages of purchases one look under a tab reads at most."""


class Listed(Struct, frozen=True):
    """A purchase in a member's list: with its orders and payment, without its refunds."""

    purchase: Purchase
    orders: tuple[Order, ...]
    payment: Payment


def look(shopper: Shopper, purchase_id: str) -> Seen:
    """Read a purchase with its orders, payment and refunds. Two round trips.

    Refuses `orders.purchase_not_found`.
    """
    whole = opened(shopper, purchase_id)
    payment, refunds = payment_store.payment_with_refunds(whole.purchase.payment_id)
    assert payment is not None, "a purchase is written together with its payment"
    return Seen(whole.purchase, whole.orders, payment, refunds)


def look_through(shopper: Shopper, purchase_id: str) -> tuple[Seen, tuple[Step, ...]]:
    """Read a purchase as `look` does, with every step of its timeline. Two round trips."""
    whole = opened(shopper, purchase_id, with_steps=True)
    payment, refunds = payment_store.payment_with_refunds(whole.purchase.payment_id)
    assert payment is not None, "a purchase is written together with its payment"
    return Seen(whole.purchase, whole.orders, payment, refunds), whole.steps


def timeline(shopper: Shopper, order_id: str) -> list[Step]:
    """Read what happened to an order, oldest first. One round trip."""
    whole, order = opened_order(shopper, order_id, with_steps=True)
    return steps.of_order(whole.steps, order.id)


def purchases_of_member(
    member: Actor, *, limit: int = PAGE_SIZE, cursor: str = "", tab: Tab = Tab.ALL
) -> Page[Listed]:
    """List a member's purchases, newest first. Two round trips for a page of usual purchases.

    Under a `tab` a page is looked through as far as `PAGES_MAX` reach, and holds whole pages' finds:
    perhaps fewer than `limit`, or none, with more to come, perhaps a few more.
    """
    found: list[Listed] = []
    for _ in range(1 if tab is Tab.ALL else PAGES_MAX):
        listed = _page_of_member(member, limit, cursor)
        found += [one for one in listed.items if fits(tab, one.purchase, one.orders)]
        cursor = listed.next_cursor or ""
        if len(found) >= limit or not cursor:
            break
    return Page(found, cursor or None)


def _page_of_member(member: Actor, limit: int, cursor: str) -> Page[Listed]:
    member_id = member.as_member()
    rows = reads.page(
        store.PurchaseItem,
        store.member_list(member_id),
        scope=f"purchases {member_id}",
        limit=limit,
        cursor=cursor,
        index="by_owner",
        forward=False,
    )
    return Page(_filled([store.purchase_of(row) for row in rows.items]), rows.next_cursor)


def list_orders(
    actor: Actor, *, state: OrderState | None = None, limit: int = PAGE_SIZE, cursor: str = ""
) -> Page[Order]:
    """List the merchant's orders, newest first, of one state if it is named. One round trip."""
    merchant_id = actor.for_merchant()
    owner = (
        store.merchant_list(merchant_id)
        if state is None
        else store.merchant_state_list(merchant_id, state)
    )
    rows = reads.page(
        store.OrderItem,
        owner,
        scope=f"orders {owner}",
        limit=limit,
        cursor=cursor,
        index="by_owner" if state is None else "by_state",
        forward=False,
    )
    return Page([store.order_of(row) for row in rows.items], rows.next_cursor)


def get_order(actor: Actor, order_id: str) -> Order:
    """Read one of the merchant's orders. Refuses `orders.order_not_found`. One round trip."""
    return merchants_order(actor, order_id)


def _filled(purchases: list[Purchase]) -> list[Listed]:
    keys = []
    for purchase in purchases:
        keys.append(payment_store.payment_key(purchase.payment_id))
        keys += [store.order_key(order_id) for order_id in purchase.order_ids]
    rows = iter(reads.batch(keys)) if keys else iter(())
    listed = []
    for purchase in purchases:
        payment = payment_store.payment_of(next(rows))
        assert payment is not None, "a purchase is written together with its payment"
        orders = tuple(store.order_of(next(rows)) for _ in purchase.order_ids)
        listed.append(Listed(purchase, orders, payment))
    return listed
