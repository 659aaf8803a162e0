"""What is on the shelves, what is held for whom, and where every unit went."""

from collections import Counter, defaultdict

from chalicelib.contexts.inventory.facts import (
    HoldConsumed,
    HoldReleased,
    StockGivenBack,
    StockHeld,
)
from chalicelib.contexts.inventory.model import HeldLine, HoldState
from chalicelib.contexts.inventory.store import IN_STOCK, OUT_OF_STOCK
from chalicelib.contexts.orders.facts import PurchaseExpired
from chalicelib.contexts.orders.model.states import PAID_FOR, OrderState
from chalicelib.contexts.orders.model.values import Order
from chalicelib.kernel import clock
from infra.doctor.registry import Found, invariant
from infra.doctor.rows import Row
from infra.doctor.whole import Whole

SAME_MOMENT_S = 60
"""Times are taken before the commit, from clocks that differ: what is closer has no known order."""


@invariant("stock.never_negative")
def never_negative(whole: Whole) -> Found:
    """No stock record has fewer than no units free, or held."""
    for row in whole.of_kind("inventory", "STOCK"):
        for what in ("available", "held"):
            if row.values[what] < 0:
                yield row.sku, f"{row.values[what]} units are {what} in {row.sk}"


@invariant("stock.held_is_open_holds", adds_up=True)
def held_is_open_holds(whole: Whole) -> Found:
    """What a stock record says is held is what open holds say."""
    open_units: Counter[tuple[str, str, int]] = Counter()
    for holds in whole.holds.values():
        for line in holds.lines_of(holds.orders_in(HoldState.HELD)):
            open_units[line.sku, line.location, line.shard] += line.quantity
    for row in whole.of_kind("inventory", "STOCK"):
        place = (row.sku, row.location, row.shard)
        rest = row.held - open_units.pop(place, 0)
        if rest:
            yield row.sku, f"{row.sk} holds {rest} units more than open holds say"
    for (sku, _, shard), units in open_units.items():
        yield sku, f"{units} units are held of shard {shard}, which there is not"


@invariant("stock.units_are_conserved", adds_up=True)
def units_are_conserved(whole: Whole) -> Found:
    """Units on hand are those counted, less those sold, and those given back."""
    on_hand: Counter[str] = Counter()
    for row in whole.of_kind("inventory", "STOCK"):
        on_hand[row.sku] += row.available + row.held
    moves = _moves(whole)
    counts = _counts(whole)
    for sku, units in on_hand.items():
        if whole.counted is not None and sku in whole.counted:
            rest = units - whole.counted[sku] - sum(change for _, change in moves[sku])
            if rest:
                yield sku, f"{units} units are on hand, {rest} more than counted, sold and returned"
        elif counts.get(sku):
            low, high = _expected(counts[sku], moves[sku])
            if not low <= units <= high:
                said = str(low) if low == high else f"{low} to {high}"
                yield sku, f"{units} units are on hand; counts, sales and returns leave {said}"


@invariant("stock.hold_follows_order")
def hold_follows_order(whole: Whole) -> Found:
    """Every order has a hold of its units, which stands as the order does."""
    for order in whole.orders.values():
        holds = whole.holds.get(order.purchase_id)
        if holds is None or order.id not in holds.states:
            yield order.id, "nothing was set aside for it"
            continue
        standing, wanted = holds.states[order.id], _wanted(order)
        if standing is not wanted:
            yield order.id, f"it is {order.state} and its units are {standing} instead of {wanted}"
        units = holds.units_of([order.id]).get(order.id, {})
        agreed = {line.sku: line.quantity for line in order.lines}
        if units != agreed:
            yield order.id, f"it has {agreed} and {units} were set aside"
    for holds in whole.holds.values():
        for order_id in set(holds.states) - set(whole.orders):
            yield holds.purchase_id, f"units are set aside for {order_id}, which there is not"


@invariant("stock.hold_ends_once")
def hold_ends_once(whole: Whole) -> Found:
    """Units set aside for an order are sold or freed once; those that expired may be sold late."""
    begun = Counter(order_id for held in whole.told(StockHeld) for order_id in _orders(held.lines))
    ends = _ends(whole)
    over = {order_id for fact in whole.told(PurchaseExpired) for order_id in fact.order_ids}
    for holds in whole.holds.values():
        for order_id, state in holds.states.items():
            told = ends[order_id]
            if begun[order_id] != 1:
                yield order_id, f"its units were told set aside {begun[order_id]} times"
            expected = [] if state is HoldState.HELD else [state.value]
            if state is HoldState.CONSUMED and order_id in over:
                expected.insert(0, HoldState.EXPIRED.value)
            if told != expected:
                yield (
                    order_id,
                    f"its units are {state} and were told {', '.join(told) or 'nothing'}",
                )


@invariant("stock.given_back_once")
def given_back_once(whole: Whole) -> Found:
    """Units come back once for a refund or cancellation, and never more than a purchase bought."""
    causes = Counter(fact.cause for fact in whole.told(StockGivenBack))
    for cause, times in causes.items():
        if times > 1:
            yield cause, f"its units came back {times} times"
    back: dict[str, Counter[str]] = defaultdict(Counter)
    for fact in whole.told(StockGivenBack):
        back[fact.purchase_id].update(fact.units)
    for purchase_id, units in back.items():
        bought: Counter[str] = Counter()
        for line in (one for order in whole.orders_of.get(purchase_id, []) for one in order.lines):
            bought[line.sku] += line.quantity
        for sku, quantity in units.items():
            if quantity > bought[sku]:
                yield purchase_id, f"{quantity} of {sku} came back, {bought[sku]} were bought"


@invariant("stock.hold_does_not_outlive_expiry")
def hold_does_not_outlive_expiry(whole: Whole) -> Found:
    """Units are not held for a purchase whose time is over and that the sweep has passed."""
    for holds in whole.holds.values():
        purchase = whole.purchases.get(holds.purchase_id)
        if holds.state is not HoldState.HELD:
            continue
        if purchase is None:
            yield holds.purchase_id, "units are held for it, and it does not exist"
        elif purchase.expires_at <= whole.horizon.due:
            yield purchase.id, f"units are held for it, and it expired at {purchase.expires_at}"


@invariant("stock.shards_are_there")
def shards_are_there(whole: Whole) -> Found:
    """Stock that is spread lies in as many rows as its first row says."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in whole.of_kind("inventory", "STOCK"):
        rows[row.sku].append(row)
    for sku, own in rows.items():
        said = [row.shards for row in own if row.shard == 0]
        shards = sorted(row.shard for row in own)
        if said != [len(own)] or shards != list(range(len(own))):
            yield sku, f"it lies in the rows {shards} and is said to lie in {said} rows"


@invariant("stock.told_is_true", adds_up=True)
def told_is_true(whole: Whole) -> Found:
    """Listeners were told last whether there is stock as there is."""
    free: Counter[str] = Counter()
    for row in whole.of_kind("inventory", "STOCK"):
        free[row.sku] += row.available
    for row in whole.of_kind("inventory", "STOCK"):
        told = IN_STOCK if free[row.sku] > 0 else OUT_OF_STOCK
        if row.shard == 0 and row.announced != told and not _is_busy(whole, row.sku):
            yield (
                row.sku,
                f"{free[row.sku]} units are free, and listeners were told {row.announced}",
            )


@invariant("stock.catalogue_knows")
def catalogue_knows(whole: Whole) -> Found:
    """The catalogue shows of a variant what was told last about its stock."""
    firsts = {row.sku: row for row in whole.of_kind("inventory", "STOCK") if row.shard == 0}
    for row in whole.of_kind("catalog", "SKU"):
        stock = firsts.get(row.subject)
        if stock is None or row.stock_turn is None or _is_busy(whole, row.subject):
            continue
        shown = IN_STOCK if row.has_stock else OUT_OF_STOCK
        if (row.stock_turn, shown) != (stock.turn, stock.announced):
            yield (
                row.subject,
                (
                    f"the catalogue shows {shown} of turn {row.stock_turn}; told was "
                    f"{stock.announced} in turn {stock.turn}"
                ),
            )


def _is_busy(whole: Whole, sku: str) -> bool:
    """Whether a fact of the sku may still be on its way to whoever tells."""
    if sku in whole.unsettled:
        return True
    busy = whole.unsettled.intersection(whole.holds)
    return any(line.sku == sku for one in busy for line in whole.holds[one].lines)


def _wanted(order: Order) -> HoldState:
    if order.state is OrderState.AWAITING_PAYMENT:
        return HoldState.HELD
    if order.state in PAID_FOR or order.paid_at:
        return HoldState.CONSUMED
    return HoldState.EXPIRED if order.state is OrderState.EXPIRED else HoldState.RELEASED


def _ends(whole: Whole) -> dict[str, list[str]]:
    """Order id -> how its units were told to end: those that were freed before those sold."""
    ends: dict[str, list[str]] = defaultdict(list)
    for freed in whole.told(HoldReleased):
        for order_id in _orders(freed.lines):
            ends[order_id].append(freed.state)
    for sold in whole.told(HoldConsumed):
        for order_id in _orders(sold.lines):
            ends[order_id].append(HoldState.CONSUMED.value)
    return ends


def _orders(lines: tuple[HeldLine, ...]) -> set[str]:
    return {line.order_id for line in lines}


def _moves(whole: Whole) -> dict[str, list[tuple[str, int]]]:
    """Sku -> when how many units came back or, below zero, were sold."""
    moves: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for sold in whole.told(HoldConsumed):
        for line in sold.lines:
            moves[line.sku].append((sold.occurred_at, -line.quantity))
    for back in whole.told(StockGivenBack):
        for sku, units in back.units.items():
            moves[sku].append((back.occurred_at, units))
    return moves


def _counts(whole: Whole) -> dict[str, list[tuple[str, int]]]:
    """Sku -> when how many units were counted, oldest first."""
    counts: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in whole.of_kind("inventory", "LOG"):
        if row.on_hand is not None:
            counts[row.subject].append((row.at, row.on_hand))
    return {sku: sorted(own) for sku, own in counts.items()}


def _expected(counts: list[tuple[str, int]], moves: list[tuple[str, int]]) -> tuple[int, int]:
    """How many units may be on hand, least and most: the last count and what moved since then.

    A first count comes before every move. What moved at the moment of a later one may be in it.
    """
    if len(counts) == 1:
        exact = counts[0][1] + sum(change for _, change in moves)
        return exact, exact
    last = counts[-1][0]
    near = [units for at, units in counts if _seconds(at, last) <= SAME_MOMENT_S]
    low, high = min(near), max(near)
    for at, change in moves:
        gap_s = _seconds(last, at)
        if gap_s > SAME_MOMENT_S:
            low, high = low + change, high + change
        elif gap_s >= -SAME_MOMENT_S:
            low, high = low + min(change, 0), high + max(change, 0)
    return low, high


def _seconds(start: str, end: str) -> float:
    return (clock.parse(end) - clock.parse(start)).total_seconds()
