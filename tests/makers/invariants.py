"""What must always be true, read from the tables themselves, once every fact is handled."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from chalicelib.contexts.inventory.model import HoldState
from chalicelib.contexts.orders.model.states import ORDER, PAID_FOR, OrderState, PurchaseState
from tests.makers import rows

PATH = {
    "orders.OrderConfirmed": OrderState.CONFIRMED,
    "orders.OrderPartlyShipped": OrderState.PARTLY_SHIPPED,
    "orders.OrderShipped": OrderState.SHIPPED,
    "orders.OrderDelivered": OrderState.DELIVERED,
    "orders.OrderCompleted": OrderState.COMPLETED,
    "orders.OrderCancelled": OrderState.CANCELLED,
}
MONEY_STATES = {"captured", "partly_refunded", "refunded", "disputed"}


def check(counted: Mapping[str, int], *, with_journal: bool = True) -> None:
    """Assert every invariant; `counted` is how many units of each sku were put on the shelves.

    The journal follows the facts; where nobody handled them it is left out.
    """
    purchases, orders = _documents("PURCHASE", "purchase"), _documents("ORDER", "order")
    no_oversell(counted)
    money_is_conserved(orders)
    if with_journal:
        the_journal_balances()
    states_move_along_listed_edges(purchases, orders)


def no_oversell(counted: Mapping[str, int]) -> None:
    """Free and held units are never negative, and those that left are those that were sold."""
    held: Counter[str] = Counter()
    sold: Counter[str] = Counter()
    for row in rows.of_kind("inventory", "HOLDS"):
        states = json.loads(row["states"]["S"])
        for line in json.loads(row["lines"]["S"]):
            state = states[line["order_id"]]
            held[line["sku"]] += line["quantity"] if state == HoldState.HELD else 0
            sold[line["sku"]] += line["quantity"] if state == HoldState.CONSUMED else 0
    for body in rows.facts("inventory.StockGivenBack"):
        sold.subtract(json.loads(body)["units"])
    for row in rows.of_kind("inventory", "STOCK"):
        sku, available = row["sku"]["S"], int(row["available"]["N"])
        assert available >= 0, f"{sku} is oversold"
        assert int(row["held"]["N"]) == held[sku], f"what is held of {sku} is not what holds say"
        assert available + held[sku] + sold[sku] == counted[sku], f"units of {sku} were lost"


def money_is_conserved(orders: Mapping[str, Any]) -> None:
    """`returned <= refunded <= captured`, refunds add up, and no line gives back more than its own."""
    promised: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    of_orders: Counter[str] = Counter()
    for row in rows.of_kind("payments", "REFUND"):
        refund, state = json.loads(row["refund"]["S"]), row["state"]["S"]
        amount = refund["amount"]["amount"]
        promised[refund["payment_id"]] += amount if state != "failed" else 0
        of_orders[refund["order_id"]] += amount if state != "failed" else 0
        returned[refund["payment_id"]] += amount if state == "succeeded" else 0
    for row in rows.of_kind("payments", "PAYMENT"):
        payment_id = row["pk"]["S"].removeprefix("PAYMENT#")
        amounts = [int(row[name]["N"]) for name in ("returned", "refunded", "captured")]
        assert amounts == sorted(amounts), f"{payment_id} gives back more than it got: {amounts}"
        assert amounts[:2] == [returned[payment_id], promised[payment_id]]
        assert (amounts[2] > 0) == (row["state"]["S"] in MONEY_STATES)
    for order in orders.values():
        given = order["shipping_refunded"]
        for line in order["lines"]:
            assert 0 <= line["refunded"] <= line["quantity"]
            assert 0 <= line["refunded_amount"] <= line["total"]["amount"]
            assert 0 <= line["refunded_commission"] <= line["commission"]["amount"]
            given += line["refunded_amount"]
        assert given == of_orders[order["id"]]
        assert 0 <= order["shipping_refunded"] <= order["totals"]["shipping"]["amount"]
        totals = {name: money["amount"] for name, money in order["totals"].items()}
        assert totals["payable"] == (
            totals["goods"] - totals["discount"] + totals["shipping"] + totals["tax"]
        )


def the_journal_balances() -> None:
    """Every entry sums to zero, stored balances are the sum of their legs, and the company owes
    what was captured and not given back.
    """
    entries: Counter[str] = Counter()
    accounts: Counter[tuple[str, str]] = Counter()
    clearing = 0
    for row in rows.of_kind("settlement", "LEG"):
        posting = json.loads(row["posting"]["S"])
        amount = posting["amount"]["amount"]
        entries[row["pk"]["S"]] += amount
        accounts[posting["account"], posting["amount"]["currency"]] += amount
        clearing += amount if posting["account"] == "provider_clearing" else 0
    assert not +entries, "an entry does not balance"
    assert not -entries, "an entry does not balance"
    stored: Counter[tuple[str, str]] = Counter()
    for row in rows.of_kind("settlement", "BALANCE"):
        account, _, currency = row["sk"]["S"].partition("#")
        stored[account, currency] += int(row["amount"]["N"])
    assert {key: n for key, n in stored.items() if n} == {k: n for k, n in accounts.items() if n}
    payments = rows.of_kind("payments", "PAYMENT")
    kept = sum(int(row["captured"]["N"]) - int(row["returned"]["N"]) for row in payments)
    assert clearing == kept, "the company owes something else than what it took in"


def states_move_along_listed_edges(purchases: Mapping[str, Any], orders: Mapping[str, Any]) -> None:
    """Each order's facts are a path of the graph, and what is shipped is paid for."""
    paths = _paths()
    paid = Counter(json.loads(body)["purchase_id"] for body in rows.facts("orders.PurchasePaid"))
    for order in orders.values():
        state, path = OrderState(order["state"]), paths[order["id"]]
        for source, target in pairwise(path):
            assert source == target or _leads(source, target), f"{path} is no path"
        assert path[-1] == state or _leads(path[-1], state), f"{path} does not end at {state}"
        assert bool(order["paid_at"]) >= (state in PAID_FOR)
        for line in order["lines"]:
            assert 0 <= line["delivered"] <= line["shipped"] <= line["quantity"]
            assert not line["shipped"] or state in PAID_FOR
        sent = Counter()
        for shipment in order["shipments"]:
            sent.update({line["sku"]: line["quantity"] for line in shipment["lines"]})
        assert sent == Counter({line["sku"]: line["shipped"] for line in order["lines"]})
    for purchase in purchases.values():
        state = PurchaseState(purchase["state"])
        own = [order for order in orders.values() if order["purchase_id"] == purchase["id"]]
        states = {order["state"] for order in own}
        assert paid[purchase["id"]] == (1 if purchase["paid_at"] else 0), "it was paid twice"
        assert (states == {"cancelled"}) == (state is PurchaseState.CANCELLED)
        if state is PurchaseState.PAID:
            assert not states & {"awaiting_payment", "expired"}


def _paths() -> dict[str, list[OrderState]]:
    paths: dict[str, list[OrderState]] = defaultdict(list)
    stored = sorted(rows.of_kind("outbox", "FACT"), key=lambda row: row["sk"]["S"])
    for row in stored:
        name, fact = row["name"]["S"], json.loads(row["body"]["S"])
        if name == "orders.PurchasePlaced":
            for order in fact["orders"]:
                paths[order["order_id"]].append(OrderState.AWAITING_PAYMENT)
        elif name == "orders.PurchasePaid":
            for order in fact["orders"]:
                paths[order["order_id"]].append(OrderState.PLACED)
        elif name == "orders.PurchaseExpired":
            for order_id in fact["order_ids"]:
                paths[order_id].append(OrderState.EXPIRED)
        elif name in PATH:
            paths[fact["order_id"]].append(PATH[name])
    return paths


def _leads(source: OrderState, target: OrderState) -> bool:
    """Whether listed edges lead there, perhaps through `partly_delivered`, which tells no fact."""
    partly = OrderState.PARTLY_DELIVERED
    through = ORDER.allows(source, partly) and ORDER.allows(partly, target)
    return ORDER.allows(source, target) or through


def _documents(kind: str, attribute: str) -> dict[str, Any]:
    found = [json.loads(row[attribute]["S"]) for row in rows.of_kind("orders", kind)]
    return {one["id"]: one for one in found}
