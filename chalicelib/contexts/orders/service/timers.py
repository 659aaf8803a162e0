"""Timers that have run out: purchases not paid in time, orders nobody objects to any more."""

from chalicelib.aws.observe import logger
from chalicelib.contexts.orders import store
from chalicelib.contexts.orders.service.ending import expire
from chalicelib.contexts.orders.service.fulfilling import complete
from chalicelib.kernel import clock

PAGE_SIZE = 50
ROWS_PER_SHARD_MAX = 200
SWEEP_S = 20


def sweep_due() -> dict[str, int]:
    """Expire and complete what is due, a bounded number. One that fails never stops the others.

    The index may lag behind the rows, so every row is judged by what a fresh read says.
    """
    counts = {"done": 0, "moot": 0, "failed": 0}
    until = clock.later(clock.now(), SWEEP_S)
    for shard in range(store.DUE_SHARDS):
        for row in _due(shard):
            counts[_handle(row)] += 1
            if clock.now() > until:
                return counts
    return counts


def _due(shard: int) -> list[store.OrdersItem]:
    rows: list[store.OrdersItem] = []
    start = None
    while len(rows) < ROWS_PER_SHARD_MAX:
        page = store.due(shard, clock.now(), limit=PAGE_SIZE, start=start)
        rows += page.items
        start = page.position
        if start is None:
            break
    return rows


def _handle(row: store.OrdersItem) -> str:
    try:
        if isinstance(row, store.PurchaseItem):
            acted = expire(row.purchase.id)
        else:
            assert isinstance(row, store.OrderItem), "only purchases and orders have timers"
            acted = complete(row.order.id)
    except Exception:  # noqa: BLE001 - one purchase's failure never touches its neighbours
        logger().exception("timer", extra={"pk": row.pk, "sk": row.sk})
        return "failed"
    return "done" if acted else "moot"
