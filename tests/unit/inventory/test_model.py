"""Stock and holds as values."""

import pytest

from chalicelib.contexts.inventory.model import (
    HeldLine,
    Holds,
    HoldState,
    Stock,
    StockShort,
    UnknownLocation,
    candidates,
    checked_location,
    checked_on_hand,
    checked_shards,
    placed,
    summed,
)
from chalicelib.kernel.errors import Malformed

HOLDS = Holds(
    "pur_1",
    {"ord_1": HoldState.HELD, "ord_2": HoldState.RELEASED, "ord_3": HoldState.HELD},
    (
        HeldLine("acme.A", "main", 0, 2, "ord_1"),
        HeldLine("bolt.B", "main", 0, 1, "ord_2"),
        HeldLine("acme.A", "main", 0, 3, "ord_3"),
    ),
    1,
)


class TestStock:
    def test_on_hand_is_what_is_free_and_what_is_held(self) -> None:
        assert Stock("acme.A", "main", 3, 2).on_hand == 5
        assert Stock.none("acme.A").on_hand == 0

    @pytest.mark.parametrize(("available", "held"), [(-1, 0), (0, -1)])
    def test_is_never_negative(self, available: int, held: int) -> None:
        with pytest.raises(AssertionError):
            Stock("acme.A", "main", available, held)


class TestHolds:
    def test_a_purchase_is_held_while_one_of_its_orders_is(self) -> None:
        assert HOLDS.state is HoldState.HELD
        ended = Holds("pur_1", {"ord_1": HoldState.CONSUMED}, (), 2)
        assert ended.state is HoldState.CONSUMED

    def test_orders_are_found_by_state(self) -> None:
        assert HOLDS.orders_in(HoldState.HELD) == ["ord_1", "ord_3"]
        assert HOLDS.orders_in(HoldState.HELD, ["ord_2", "ord_3"]) == ["ord_3"]
        assert [line.quantity for line in HOLDS.lines_of(["ord_1", "ord_2"])] == [2, 1]

    def test_a_row_that_several_lines_touch_is_written_once(self) -> None:
        assert summed(HOLDS.lines) == {("acme.A", "main", 0): 5, ("bolt.B", "main", 0): 1}


class TestStockShort:
    def test_names_every_short_line(self) -> None:
        refusal = StockShort([("acme.A", 1)]).joined([StockShort([("bolt.B", 0)])])
        assert refusal.extra == {
            "lines": [{"sku": "acme.A", "available": 1}, {"sku": "bolt.B", "available": 0}]
        }
        assert (refusal.code, refusal.status) == ("inventory.stock_short", 409)


class TestBounds:
    @pytest.mark.parametrize("on_hand", [0, 1, 10_000_000])
    def test_counts_within_them_are_taken(self, on_hand: int) -> None:
        assert checked_on_hand(on_hand) == on_hand

    @pytest.mark.parametrize("on_hand", [-1, 10_000_001])
    def test_counts_beyond_them_are_refused(self, on_hand: int) -> None:
        with pytest.raises(Malformed):
            checked_on_hand(on_hand)

    def test_there_is_one_location(self) -> None:
        assert checked_location("main") == "main"
        with pytest.raises(UnknownLocation):
            checked_location("elsewhere")


class TestCandidates:
    @pytest.mark.parametrize(
        ("given", "meant"),
        [
            ("TEE-M", ["acme.TEE-M"]),
            ("acme.TEE-M", ["acme.TEE-M", "acme.acme.TEE-M"]),
            ("bolt.TEE-M", ["acme.bolt.TEE-M"]),
            ("acme.", ["acme.acme."]),
            ("", []),
            ("a b", []),
            ("x" * 65, []),
            ("TEE/M", []),
            ("acme." + "x" * 64, ["acme." + "x" * 64]),
        ],
    )
    def test_an_own_code_and_a_full_sku_are_understood(self, given: str, meant: list[str]) -> None:
        assert candidates("acme", given) == meant


class TestShards:
    def test_orders_share_the_places_of_a_sku(self) -> None:
        lines = placed(
            {"ord_1": {"acme.A": 3, "acme.B": 1}, "ord_2": {"acme.A": 2}},
            {"acme.A": [(2, 4), (0, 1)]},
        )
        assert [(line.sku, line.shard, line.quantity, line.order_id) for line in lines] == [
            ("acme.A", 2, 3, "ord_1"),
            ("acme.B", 0, 1, "ord_1"),
            ("acme.A", 2, 1, "ord_2"),
            ("acme.A", 0, 1, "ord_2"),
        ]

    @pytest.mark.parametrize(("shards", "present"), [(0, 1), (2, 3), (11, 1)])
    def test_they_grow_to_a_limit_and_never_shrink(self, shards: int, present: int) -> None:
        with pytest.raises(Malformed):
            checked_shards(shards, present)
