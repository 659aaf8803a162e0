"""What is looked at: a little after each step, and everything, the company's books too, at the end."""

import json
from collections import Counter, defaultdict
from typing import Any

from chalicelib.aws.settings import settings
from chalicelib.kernel import ids
from tests.makers import invariants, rows
from tests.makers.quick import Cloud
from tests.simulator.world import Broken, World

ENDED = {"completed", "cancelled", "expired"}
CLEARING = "provider_clearing"


def after_step(cloud: Cloud, counted: dict[str, int]) -> None:
    """What holds between any two steps, read without a copy: no oversell, no money from nowhere."""
    units: Counter[str] = Counter()
    for row in cloud.tables.rows[settings().tables["inventory"]].values():
        if row["kind"]["S"] == "STOCK":
            free, held = (int(row[name]["N"]) for name in ("available", "held"))
            sku = row["sku"]["S"]
            units[sku] += free + held
            _must(free >= 0 and held >= 0, f"{sku} is oversold: {free} free, {held} held")
    for sku, count in units.items():
        _must(count <= counted[sku], f"there are more {sku} than were ever put on the shelves")
    for row in cloud.tables.rows[settings().tables["payments"]].values():
        if row["kind"]["S"] == "PAYMENT":
            money = [int(row[name]["N"]) for name in ("returned", "refunded", "captured")]
            _must(money[0] >= 0 and money == sorted(money), f"{row['pk']['S']}: {money}")


def often(counted: dict[str, int]) -> None:
    """What the doctor asserts of a stage at work."""
    _doctored(lambda: invariants.check(counted, with_journal=False))


def at_the_end(world: World, counted: dict[str, int]) -> None:
    """Everything has drained: the doctor, liveness, and the company's books against ours."""
    _doctored(lambda: invariants.check_all(counted))
    _must(not world.wires.dead, f"{len(world.wires.dead)} messages lie dead")
    _everything_is_at_rest(world)
    _placed_once(world)
    _books_agree(world)
    _ledger_has_each_once(world)


def waiting_orders() -> set[str]:
    """The orders that wait for their merchant."""
    waits = {"placed", "confirmed", "partly_shipped", "partly_delivered"}
    return {one["id"] for one in _documents("ORDER", "order") if one["state"] in waits}


def _everything_is_at_rest(world: World) -> None:
    """Orders have ended, but for parcels that never arrived and what was given back whole."""
    for order in _documents("ORDER", "order"):
        if order["state"] in ENDED:
            continue
        numbers = [one["tracking_number"] for one in order["shipments"]]
        lost = [n for n in numbers if world.courier.ended.get(n) != "delivered"]
        left = [one for one in order["lines"] if one["quantity"] > max(one["refunded"], 0)]
        _must(bool(lost) or not left, f"{order['id']} stays {order['state']}")
    for row in rows.of_kind("payments", "REFUND"):
        state = row["state"]["S"]
        _must(state in {"succeeded", "failed"}, f"{row['sk']['S']} stays {state}")


def _placed_once(world: World) -> None:
    """Each key that was checked out with made one purchase at most, and its caller knows it."""
    ours = {one["id"] for one in _documents("PURCHASE", "purchase")}
    _must(ours == set(world.purchases), f"nobody knows of {ours ^ set(world.purchases)}")
    _must(len(ours) <= len(world.keys), "a key placed twice")


def _books_agree(world: World) -> None:
    """What the company took and gave back is what our payments say, purchase by purchase."""
    company = world.company
    flagged = {
        json.loads(row["callback"]["S"])["provider_reference"]
        for row in rows.of_kind("payments", "CALLBACK")
        if row["outcome"]["S"] == "flagged"
    }
    _must(flagged == company.odd, f"flagged {flagged}, odd at the company {company.odd}")
    taken: Counter[str] = Counter()
    for intent in company.intents.values():
        for reference, amount in intent.taken.items():
            taken[intent.id] += amount if reference not in company.odd else 0
    given: Counter[str] = Counter()
    for refund in company.refunds.values():
        given[refund.payment_id] += refund.amount if refund.state == "succeeded" else 0
    for row in rows.of_kind("payments", "PAYMENT"):
        number = row["pk"]["S"].removeprefix("PAYMENT#")
        ours = int(row["captured"]["N"]), int(row["returned"]["N"])
        theirs = taken.pop(number, 0), given.pop(number, 0)
        _must(ours == theirs, f"{number}: we say {ours}, the company {theirs}")
    _must(not +taken and not +given, f"the company knows more: {taken} {given}")
    states = {row["sk"]["S"][7:]: row["state"]["S"] for row in rows.of_kind("payments", "REFUND")}
    theirs_by_id = {one.id: one.state for one in company.refunds.values()}
    _must(states == theirs_by_id, f"refunds: {states} here, {theirs_by_id} there")


def _ledger_has_each_once(world: World) -> None:
    """Every transaction of the company has its match in the ledger's clearing, and nothing else is."""
    company = world.company
    clearing: dict[str, int] = defaultdict(int)
    for row in rows.of_kind("settlement", "LEG"):
        posting = json.loads(row["posting"]["S"])
        if posting["account"] == CLEARING:
            clearing[row["pk"]["S"].removeprefix("ENTRY#")] += posting["amount"]["amount"]
    paid = {one["payment_id"]: one for one in map(json.loads, rows.facts("orders.PurchasePaid"))}
    captured = [json.loads(one) for one in rows.facts("payments.PaymentCaptured")]
    by_reference = Counter(fact["provider_reference"] for fact in captured)
    theirs = {
        reference
        for intent in company.intents.values()
        for reference in intent.taken
        if reference not in company.odd
    }
    _must(by_reference == Counter(theirs), f"captures: {by_reference} here, {theirs} there")
    for fact in captured:
        entries = [ids.derived("jrn", fact["id"], "")]
        if fact["applied"]:
            sold = paid[fact["payment_id"]]
            entries = [ids.derived("jrn", sold["id"], one["order_id"]) for one in sold["orders"]]
        sums = sum(clearing.pop(entry, 0) for entry in entries)
        _must(sums == fact["amount"]["amount"], f"{fact['provider_reference']} is posted as {sums}")
    for body in rows.facts("payments.RefundSucceeded"):
        fact = json.loads(body)
        refund = fact["refund"]
        posted = clearing.pop(ids.derived("jrn", fact["id"], refund["order_id"]), 0)
        _must(posted == -refund["amount"]["amount"], f"{refund['id']} is posted as {posted}")
    _must(not clearing, f"the ledger knows more: {dict(clearing)}")


def _documents(kind: str, attribute: str) -> list[Any]:
    return [json.loads(row[attribute]["S"]) for row in rows.of_kind("orders", kind)]


def _doctored(check: Any) -> None:
    try:
        check()
    except AssertionError as error:
        raise Broken(str(error)) from None


def _must(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise Broken(otherwise)
