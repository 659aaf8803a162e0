"""What listeners are told about stock, and how often."""

import json

import pytest

from chalicelib.aws import outbox, transact
from chalicelib.contexts.catalog.facts import StockCounted
from chalicelib.contexts.inventory import store
from chalicelib.contexts.inventory.workers import inventory_on_stock_fact
from chalicelib.kernel import ids
from tests.makers.facts import deliver, hand
from tests.makers.racing import at_once
from tests.makers.rows import everything, facts, of_kind
from tests.makers.stock import hold, holds, levels, put, spread

HEARD = (
    "inventory.StockHeld",
    "inventory.HoldConsumed",
    "inventory.HoldReleased",
    "inventory.StockGivenBack",
    "inventory.StockPut",
    "catalog.StockCounted",
)


def listen() -> None:
    assert deliver(inventory_on_stock_fact, *HEARD) == {"batchItemFailures": []}


def told() -> list[tuple[str, str, int]]:
    """What was announced: (name, sku, turn)."""
    return [
        (name.removeprefix("inventory."), fact["sku"], fact["turn"])
        for name in ("inventory.StockCameBack", "inventory.StockRanOut")
        for fact in map(json.loads, facts(name))
    ]


@pytest.mark.usefixtures("stage")
class TestAnnouncements:
    def test_a_first_count_brings_it_back(self) -> None:
        put("acme.A", 5)
        listen()
        assert told() == [("StockCameBack", "acme.A", 1)]

    def test_a_first_count_of_none_is_no_news(self) -> None:
        put("acme.A", 0)
        listen()
        assert told() == []

    def test_the_last_unit_held_runs_it_out_and_a_release_brings_it_back(self) -> None:
        put("acme.A", 2)
        listen()
        hold("pur_1", {"ord_1": {"acme.A": 2}})
        listen()
        transact.commit(store.release(holds("pur_1")))
        listen()
        assert told() == [
            ("StockCameBack", "acme.A", 1),
            ("StockCameBack", "acme.A", 3),
            ("StockRanOut", "acme.A", 2),
        ]

    def test_a_change_among_some_left_is_no_news(self) -> None:
        put("acme.A", 5)
        listen()
        hold("pur_1", {"ord_1": {"acme.A": 2}})
        transact.commit(store.consume(holds("pur_1")))
        before = everything()
        listen()
        assert everything() == before

    def test_goods_given_back_bring_it_back(self) -> None:
        put("acme.A", 1)
        listen()
        hold("pur_1", {"ord_1": {"acme.A": 1}})
        transact.commit(store.consume(holds("pur_1")))
        listen()
        transact.commit(store.give_back("pur_1", "ref_1", {"acme.A": 1}))
        listen()
        assert [turn for name, _, turn in told() if name == "StockCameBack"] == [1, 3]

    def test_names_the_merchant(self) -> None:
        put("acme.A", 1)
        listen()
        assert json.loads(facts("inventory.StockCameBack")[0])["merchant_id"] == "mer_1"

    def test_facts_repeated_and_out_of_order_change_nothing_more(self) -> None:
        put("acme.A", 1)
        hold("pur_1", {"ord_1": {"acme.A": 1}})
        transact.commit(store.release(holds("pur_1")))
        rows = of_kind("outbox", "FACT")
        for batch in (rows[::-1], rows, rows):
            assert hand(inventory_on_stock_fact, batch) == {"batchItemFailures": []}
        assert told() == [("StockCameBack", "acme.A", 1)]

    def test_a_fact_whose_marker_stands_is_done(self) -> None:
        put("acme.A", 1)
        rows = of_kind("outbox", "FACT")
        hand(inventory_on_stock_fact, rows)
        hold("pur_1", {"ord_1": {"acme.A": 1}})
        before = everything()
        assert hand(inventory_on_stock_fact, rows) == {"batchItemFailures": []}
        assert everything() == before, "its repetition says nothing; the hold's own fact will"

    def test_a_row_that_changes_at_the_same_moment_is_read_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put("acme.A", 1)
        announce = store.announce

        def late(row: store.StockItem, telling: str) -> transact.Write:
            monkeypatch.setattr(store, "announce", announce)
            hold("pur_1", {"ord_1": {"acme.A": 1}})
            return announce(row, telling)

        monkeypatch.setattr(store, "announce", late)
        deliver(inventory_on_stock_fact, "inventory.StockPut")
        assert told() == []

    def test_of_two_tellings_at_the_same_moment_one_counts(self) -> None:
        for on_hand in (1, 2, 3, 4):
            put("acme.A", on_hand)
        rows = of_kind("outbox", "FACT")
        at_once(4, lambda number: hand(inventory_on_stock_fact, [rows[number]]))
        assert told() == [("StockCameBack", "acme.A", 1)]

    def test_a_spread_sku_runs_out_with_its_last_row(self) -> None:
        put("acme.A", 4)
        spread("acme.A", 4)
        listen()
        for number in range(4):
            assert len(told()) == 1
            hold(f"pur_{number}", {f"ord_{number}": {"acme.A": 1}})
            listen()
        assert told() == [("StockCameBack", "acme.A", 1), ("StockRanOut", "acme.A", 2)]

    def test_an_unknown_fact_fails_alone(self) -> None:
        put("acme.A", 1)
        row = of_kind("outbox", "FACT")[0]
        strange = {**row, "name": {"S": "orders.PurchasePaid"}}
        answer = hand(inventory_on_stock_fact, [strange, row])
        assert answer == {"batchItemFailures": [{"itemIdentifier": "message-0"}]}
        assert told() == [("StockCameBack", "acme.A", 1)]


@pytest.mark.usefixtures("stage")
class TestOpeningCounts:
    def test_an_imports_count_opens_the_stock_once(self) -> None:
        counted = StockCounted(
            id=ids.ulid(),
            occurred_at="2026-03-02T09:00:00.000Z",
            product_id="prd_abcd2345",
            merchant_id="mer_1",
            product_version=1,
            units={"acme.A": 4, "acme.B": 0},
        )
        transact.commit([outbox.write(counted)])
        listen()
        put("acme.A", 9)
        listen()
        assert levels("acme.A") == (9, 0)
        assert levels("acme.B") == (0, 0)
        assert told() == [("StockCameBack", "acme.A", 1)]
