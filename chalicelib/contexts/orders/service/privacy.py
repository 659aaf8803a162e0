"""What this room holds about a member, and forgetting who it was.

Orders stay for the merchants' books and the ledger: amounts, goods and the country they went to.
"""

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from chalicelib.aws import outbox, reads, retries, transact
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.model.states import OrderState, PurchaseState
from chalicelib.contexts.orders.model.values import Address, Order, Purchase
from chalicelib.contexts.orders.store import Stale, Whole
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Busy

ENDED = frozenset({OrderState.COMPLETED, OrderState.CANCELLED})
REVIVABLE_S = 31 * 86_400
"""Companies are asked for thirty days whether money came after all; then nothing revives."""


def held_about(account_id: str) -> list[dict[str, Any]]:
    """Gather a member's purchases with their orders, newest first."""
    return [{"purchase": one.purchase, "orders": one.orders} for one in _wholes(account_id)]


def forget_member(account_id: str) -> int:
    """Take a member's name, phone, addresses and words out of every purchase that has ended.

    Returns how many have not: they need to know where to go. Twice is once.
    """
    return sum(not _forgotten(one.purchase.id) for one in _wholes(account_id))


def _wholes(account_id: str) -> Iterator[Whole]:
    rows = reads.query_all(store.PurchaseItem, store.member_list(account_id), index="by_owner")
    for row in rows:
        whole = store.read_whole(row.purchase.id)
        if whole is not None:
            yield whole


def _forgotten(purchase_id: str) -> bool:
    for attempt in range(retries.ROUNDS_MAX):
        whole = store.read_whole(purchase_id)
        assert whole is not None, "a purchase is never removed"
        if not _has_ended(whole):
            return False
        writes = []
        if whole.purchase.email:
            writes.append(store.save_purchase(replace(whole.purchase, email="")))
        for order in whole.orders:
            bare = nameless(order)
            if bare != order:
                writes.append(store.save_order(bare))
        try:
            if writes:
                transact.commit(writes)
        except Stale:
            retries.pause(attempt)
            continue
        return outbox.redact(purchase_id, "email")
    raise Busy


def nameless(order: Order) -> Order:
    """What stays of an order: the goods, the money, and the country."""
    nowhere = Address("", "", "", "", "", "", "", order.address.country)
    return replace(order, address=nowhere, email="", note="")


def _has_ended(whole: Whole) -> bool:
    return all(order.state in ENDED for order in whole.orders) or _is_over(whole.purchase)


def _is_over(purchase: Purchase) -> bool:
    if purchase.state is not PurchaseState.EXPIRED:
        return False
    return clock.later(clock.parse(purchase.expires_at), REVIVABLE_S) <= clock.now()
