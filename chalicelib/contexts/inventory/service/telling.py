"""What listeners are told: a sku ran out, a sku came back, each change once."""

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.aws import outbox, reads, retries, transact
from chalicelib.aws.transact import Write
from chalicelib.aws.worker import done
from chalicelib.contexts.inventory import store
from chalicelib.contexts.inventory.facts import StockCameBack, StockRanOut
from chalicelib.contexts.inventory.service import shelves
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import Busy
from chalicelib.kernel.facts import Fact

CONSUMER = "inventory_levels"


def announce(fact: Fact, skus: Iterable[str]) -> None:
    """Tell the bus which of a fact's skus ran out or came back, each change once."""
    wanted = list(dict.fromkeys(skus))
    for attempt in range(retries.ROUNDS_MAX):
        rows = reads.batch(shelves.level_keys(wanted))
        writes = _changes(dict(zip(wanted, rows, strict=True)))
        if not writes:
            return
        try:
            transact.commit([done(store.DoneItem, CONSUMER, fact), *writes])
        except transact.ConditionFailed as failed:
            if failed.position == 0:
                raise
            retries.pause(attempt)
        else:
            return
    raise Busy


def _changes(firsts: Mapping[str, Any]) -> list[Write]:
    """The tellings of every sku whose shard 0 says otherwise than all its rows do."""
    writes: list[Write] = []
    counted = {sku: row for sku, row in firsts.items() if row is not None}
    for sku, rows in shelves.all_shards(counted).items():
        has_stock = any(store.available_of(row) > 0 for row in rows)
        told = store.IN_STOCK if has_stock else store.OUT_OF_STOCK
        if told == rows[0].announced:
            continue
        kind = StockCameBack if has_stock else StockRanOut
        fact = kind(
            id=ids.ulid(),
            occurred_at=clock.iso(clock.now()),
            merchant_id=rows[0].merchant_id,
            sku=sku,
            turn=int(rows[0].turn) + 1,
        )
        writes += [store.announce(rows[0], told), outbox.write(fact)]
    return writes
