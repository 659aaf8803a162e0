"""Holds: what they write, what they refuse, and that units are never lost or made."""

import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chalicelib.aws import transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.inventory import Holds, HoldState, StockShort, service, store
from chalicelib.contexts.inventory.model import BelowHeld, HoldsChanged
from tests.makers.racing import at_once
from tests.makers.rows import everything, facts
from tests.makers.stock import hold, holds, levels, put, rows, spread

TWO_ORDERS = {"ord_1": {"acme.A": 2, "acme.B": 1}, "ord_2": {"bolt.C": 3}}


def put_all(on_hand: int = 5) -> None:
    for sku in ("acme.A", "acme.B", "bolt.C"):
        put(sku, on_hand)


@pytest.mark.usefixtures("stage")
class TestHold:
    def test_sets_units_aside_and_lists_them_by_order(self) -> None:
        put_all()
        held = hold("pur_1", TWO_ORDERS)
        assert [levels(sku) for sku in ("acme.A", "acme.B", "bolt.C")] == [(3, 2), (4, 1), (2, 3)]
        assert held.states == {"ord_1": HoldState.HELD, "ord_2": HoldState.HELD}
        assert [(line.sku, line.quantity, line.order_id) for line in held.lines] == [
            ("acme.A", 2, "ord_1"),
            ("acme.B", 1, "ord_1"),
            ("bolt.C", 3, "ord_2"),
        ]

    def test_says_so_in_the_outbox(self) -> None:
        put_all()
        hold("pur_1", TWO_ORDERS)
        told = json.loads(facts("inventory.StockHeld")[0])
        assert told["purchase_id"] == "pur_1"
        assert [line["sku"] for line in told["lines"]] == ["acme.A", "acme.B", "bolt.C"]

    def test_takes_the_last_unit_and_not_one_more(self) -> None:
        put("acme.A", 2)
        hold("pur_1", {"ord_1": {"acme.A": 2}})
        before = everything()
        with pytest.raises(StockShort) as refused:
            hold("pur_2", {"ord_2": {"acme.A": 1}})
        assert refused.value.lines == (("acme.A", 0),)
        assert everything() == before

    def test_names_every_sku_that_is_short_and_what_is_left(self) -> None:
        put("acme.A", 1)
        put("acme.B", 9)
        before = everything()
        with pytest.raises(StockShort) as refused:
            hold("pur_1", {"ord_1": {"acme.A": 2, "acme.B": 9}, "ord_2": {"never.put": 1}})
        assert refused.value.lines == (("acme.A", 1), ("never.put", 0))
        assert everything() == before

    def test_of_one_sku_in_two_orders_is_one_write(self) -> None:
        put("acme.A", 5)
        hold("pur_1", {"ord_1": {"acme.A": 2}, "ord_2": {"acme.A": 3}})
        assert levels("acme.A") == (0, 5)

    def test_a_purchase_holds_once(self) -> None:
        put_all()
        hold("pur_1", TWO_ORDERS)
        before = everything()
        with pytest.raises(transact.ConditionFailed):
            hold("pur_1", TWO_ORDERS)
        assert everything() == before

    def test_the_largest_cart_takes_a_write_a_line_and_two_more(self) -> None:
        orders = {f"ord_{n}": {f"m{n}.S{k}": 1 for k in range(5)} for n in range(8)}
        assert len(store.hold("pur_1", orders)) == 42

    def test_buyers_racing_for_some_units_get_exactly_these(self) -> None:
        put("acme.A", 5)
        outcomes = at_once(12, lambda n: hold(f"pur_{n}", {f"ord_{n}": {"acme.A": 1}}))
        assert sum(isinstance(outcome, Holds) for outcome in outcomes) == 5
        assert sum(isinstance(outcome, StockShort) for outcome in outcomes) == 7
        assert levels("acme.A") == (0, 5)


@pytest.mark.usefixtures("stage")
class TestConsume:
    def test_units_leave_the_stock(self) -> None:
        put_all()
        transact.commit(store.consume(hold("pur_1", TWO_ORDERS)))
        assert [levels(sku) for sku in ("acme.A", "acme.B", "bolt.C")] == [(3, 0), (4, 0), (2, 0)]
        assert holds("pur_1").state is HoldState.CONSUMED
        assert facts()[-1] == "inventory.HoldConsumed"

    def test_happens_once(self) -> None:
        put_all()
        seen = hold("pur_1", TWO_ORDERS)
        transact.commit(store.consume(seen))
        before = everything()
        with pytest.raises(HoldsChanged):
            transact.commit(store.consume(seen))
        assert everything() == before

    def test_leaves_out_what_was_released_before(self) -> None:
        put_all()
        transact.commit(store.release(hold("pur_1", TWO_ORDERS), ["ord_2"]))
        transact.commit(store.consume(holds("pur_1")))
        assert holds("pur_1").states == {
            "ord_1": HoldState.CONSUMED,
            "ord_2": HoldState.RELEASED,
        }
        assert levels("bolt.C") == (5, 0)
        assert levels("acme.A") == (3, 0)


@pytest.mark.usefixtures("stage")
class TestRelease:
    def test_units_are_free_again(self) -> None:
        put_all()
        transact.commit(store.release(hold("pur_1", TWO_ORDERS)))
        assert [levels(sku) for sku in ("acme.A", "acme.B", "bolt.C")] == [(5, 0)] * 3
        assert holds("pur_1").state is HoldState.RELEASED

    def test_an_expired_purchase_says_so(self) -> None:
        put_all()
        transact.commit(store.release(hold("pur_1", TWO_ORDERS), state=HoldState.EXPIRED))
        assert holds("pur_1").state is HoldState.EXPIRED
        assert json.loads(facts("inventory.HoldReleased")[0])["state"] == "expired"

    def test_of_one_order_leaves_the_others_held(self) -> None:
        put_all()
        transact.commit(store.release(hold("pur_1", TWO_ORDERS), ["ord_1"]))
        assert [levels(sku) for sku in ("acme.A", "acme.B", "bolt.C")] == [(5, 0), (5, 0), (2, 3)]
        seen = holds("pur_1")
        assert seen.states == {"ord_1": HoldState.RELEASED, "ord_2": HoldState.HELD}
        with pytest.raises(AssertionError):
            store.release(seen, ["ord_1"])

    def test_against_a_capture_at_the_same_moment_one_of_the_two_wins(self) -> None:
        put_all()
        seen = hold("pur_1", TWO_ORDERS)
        transact.commit(store.release(seen, state=HoldState.EXPIRED))
        with pytest.raises(HoldsChanged):
            transact.commit(store.consume(seen))
        assert levels("acme.A") == (5, 0)


@pytest.mark.usefixtures("stage")
class TestHoldAgain:
    def expired(self) -> Holds:
        put_all()
        transact.commit(store.release(hold("pur_1", TWO_ORDERS), state=HoldState.EXPIRED))
        return holds("pur_1")

    def test_late_money_takes_the_stock_for_good(self) -> None:
        transact.commit(store.hold_again(self.expired()))
        assert [levels(sku) for sku in ("acme.A", "acme.B", "bolt.C")] == [(3, 0), (4, 0), (2, 0)]
        assert holds("pur_1").state is HoldState.CONSUMED

    def test_is_refused_when_somebody_else_has_it_by_then(self) -> None:
        expired = self.expired()
        put("bolt.C", 2)
        before = everything()
        with pytest.raises(StockShort) as refused:
            transact.commit(store.hold_again(expired))
        assert refused.value.lines == (("bolt.C", 2),)
        assert everything() == before

    def test_happens_once(self) -> None:
        expired = self.expired()
        transact.commit(store.hold_again(expired))
        with pytest.raises(HoldsChanged):
            transact.commit(store.hold_again(expired))
        with pytest.raises(AssertionError):
            store.hold_again(holds("pur_1"))

    def test_an_order_that_was_cancelled_stays_cancelled(self) -> None:
        put_all()
        transact.commit(store.release(hold("pur_1", TWO_ORDERS), ["ord_2"]))
        transact.commit(store.release(holds("pur_1"), state=HoldState.EXPIRED))
        transact.commit(store.hold_again(holds("pur_1")))
        assert holds("pur_1").states["ord_2"] is HoldState.RELEASED
        assert levels("bolt.C") == (5, 0)


@pytest.mark.usefixtures("stage")
class TestGiveBack:
    def test_sold_units_are_free_again(self) -> None:
        put_all()
        transact.commit(store.consume(hold("pur_1", TWO_ORDERS)))
        transact.commit(store.give_back("pur_1", "ref_1", {"acme.A": 1, "bolt.C": 3}))
        assert [levels(sku) for sku in ("acme.A", "acme.B", "bolt.C")] == [(4, 0), (4, 0), (5, 0)]
        assert json.loads(facts("inventory.StockGivenBack")[0])["cause"] == "ref_1"


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["hold", "consume", "release", "release one", "expire", "again", "put", "spread"]
        ),
        st.integers(0, 3),
        st.integers(1, 6),
        st.integers(1, 6),
    ),
    min_size=1,
    max_size=25,
)


class Shelf:
    """Two skus, what is on hand of each, and the holds of some purchases: the model to compare."""

    def __init__(self, number: int) -> None:
        self.first, self.second = f"a{number}.X", f"b{number}.Y"
        self.on_hand = {self.first: 10, self.second: 10}
        self.seen: dict[str, Holds] = {}
        for sku in self.on_hand:
            put(sku, 10)

    def step(self, operation: str, purchase_id: str, few: int, more: int) -> None:
        """Do one thing that a caller may do; on a refusal the model stays as it was."""
        known = self.seen.get(purchase_id)
        with suppress(StockShort, BelowHeld):
            if operation == "put":
                put(self.first, few)
                self.on_hand[self.first] = few
            elif operation == "spread":
                spread(self.first, few)
            elif operation == "hold" and known is None:
                units = {self.first: few, self.second: more}
                orders = {f"{purchase_id}_1": units, f"{purchase_id}_2": {self.second: 1}}
                self.seen[purchase_id] = hold(purchase_id, orders)
            elif known is not None:
                self.move(operation, known)

    def move(self, operation: str, known: Holds) -> None:
        source = HoldState.EXPIRED if operation == "again" else HoldState.HELD
        among = [f"{known.purchase_id}_2"] if operation == "release one" else None
        moved = known.orders_in(source, among)
        if not moved or operation == "hold":
            return
        writes: Callable[[], list[Write]] | None = {
            "consume": lambda: store.consume(known),
            "release": lambda: store.release(known),
            "release one": lambda: store.release(known, among),
            "expire": lambda: store.release(known, state=HoldState.EXPIRED),
        }.get(operation)
        if writes is None:
            service.hold_again(known, transact.commit)
        else:
            transact.commit(writes())
        if operation in {"consume", "again"}:
            for line in known.lines_of(moved):
                self.on_hand[line.sku] -= line.quantity
        self.seen[known.purchase_id] = holds(known.purchase_id)

    def held(self, sku: str) -> int:
        return sum(
            line.quantity
            for one in self.seen.values()
            for line in one.lines_of(one.orders_in(HoldState.HELD))
            if line.sku == sku
        )


@pytest.mark.usefixtures("stage")
class TestConservation:
    """on_hand = available + held, none ever negative, whatever happens in whatever order."""

    counter = 0

    @hypothesis_settings(max_examples=25)
    @given(operations=OPERATIONS)
    def test_units_are_never_lost_or_made(
        self, operations: list[tuple[str, int, int, int]]
    ) -> None:
        TestConservation.counter += 1
        shelf = Shelf(self.counter)
        for operation, slot, few, more in operations:
            shelf.step(operation, f"pur_{self.counter}_{slot}", few, more)
            for sku, on_hand in shelf.on_hand.items():
                available, held = levels(sku)
                assert (available, held) == (on_hand - shelf.held(sku), shelf.held(sku))
                assert available >= 0
                assert all(free >= 0 for free, _ in rows(sku))
