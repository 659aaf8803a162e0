"""Stock that lies over several rows, so that a sku that many want is not one hot row."""

import pytest

from chalicelib.aws import transact
from chalicelib.contexts.inventory import HoldState, Stock, StockShort, service, store
from chalicelib.contexts.inventory.model import BelowHeld
from chalicelib.contexts.inventory.service import shelves
from chalicelib.kernel.actors import ANONYMOUS, SYSTEM, Actor, ActorKind, Role
from chalicelib.kernel.errors import Forbidden, Malformed, NotFound, NotSignedIn, Refusal
from tests.makers.racing import at_once
from tests.makers.rows import everything, of_kind
from tests.makers.stock import KEEPER, hold, holds, levels, put, rows, spread


def forget() -> None:
    """A function that has just started knows no spread sku."""
    shelves._spread.clear()


@pytest.mark.usefixtures("stage")
class TestSpread:
    def test_free_units_move_to_new_rows_and_none_is_lost(self) -> None:
        put("acme.A", 11)
        hold("pur_1", {"ord_1": {"acme.A": 1}})
        assert service.spread(SYSTEM, "acme.A", 4) == Stock("acme.A", "main", 10, 1)
        assert rows("acme.A") == [(2, 1), (3, 0), (3, 0), (2, 0)]
        assert service.get_stock(KEEPER, "acme.A") == Stock("acme.A", "main", 10, 1)

    def test_again_over_more_takes_from_those_that_have(self) -> None:
        put("acme.A", 9)
        spread("acme.A", 2)
        hold("pur_1", {"ord_1": {"acme.A": 4}})
        spread("acme.A", 3)
        assert sum(free for free, _ in rows("acme.A")) == 5
        assert len(rows("acme.A")) == 3

    def test_over_as_many_as_there_are_changes_nothing(self) -> None:
        put("acme.A", 9)
        spread("acme.A", 2)
        before = everything()
        service.spread(SYSTEM, "acme.A", 2)
        assert everything() == before

    def test_while_buyers_buy(self) -> None:
        put("acme.A", 20)
        at_once(
            7,
            lambda number: (
                spread("acme.A", 4)
                if number == 0
                else hold(f"pur_{number}", {f"ord_{number}": {"acme.A": 2}})
            ),
        )
        assert levels("acme.A") == (8, 12)
        assert len(rows("acme.A")) == 4

    @pytest.mark.parametrize(
        ("actor", "sku", "shards", "refusal"),
        [
            (SYSTEM, "never.put", 4, NotFound),
            (SYSTEM, "acme.A", 1, Malformed),
            (SYSTEM, "acme.A", 11, Malformed),
            (ANONYMOUS, "acme.A", 4, NotSignedIn),
            (KEEPER, "acme.A", 4, Forbidden),
            (Actor(ActorKind.STAFF, "acc_1", "mer_1", Role.OWNER), "acme.A", 4, Forbidden),
        ],
    )
    def test_refusals_change_nothing(
        self, actor: Actor, sku: str, shards: int, refusal: type[Refusal]
    ) -> None:
        put("acme.A", 9)
        spread("acme.A", 2)
        before = everything()
        with pytest.raises(refusal):
            service.spread(actor, sku, shards)
        assert everything() == before


@pytest.mark.usefixtures("stage")
class TestHolds:
    def test_start_at_different_rows(self) -> None:
        put("acme.A", 40)
        spread("acme.A", 4)
        for number in range(12):
            hold(f"pur_{number}", {f"ord_{number}": {"acme.A": 1}})
        held = [held for _, held in rows("acme.A")]
        assert sum(held) == 12
        assert min(held) > 0

    def test_may_take_from_two(self) -> None:
        put("acme.A", 8)
        spread("acme.A", 2)
        assert {line.quantity for line in hold("pur_1", {"ord_1": {"acme.A": 6}}).lines} == {2, 4}
        assert levels("acme.A") == (2, 6)

    def test_take_the_last_unit_wherever_it_lies(self) -> None:
        put("acme.A", 5)
        spread("acme.A", 4)
        for number in range(5):
            hold(f"pur_{number}", {f"ord_{number}": {"acme.A": 1}})
        before = everything()
        with pytest.raises(StockShort) as refused:
            hold("pur_9", {"ord_9": {"acme.A": 1}})
        assert refused.value.lines == (("acme.A", 0),)
        assert everything() == before

    def test_short_is_said_of_the_sum(self) -> None:
        put("acme.A", 5)
        put("acme.B", 1)
        spread("acme.A", 4)
        with pytest.raises(StockShort) as refused:
            hold("pur_1", {"ord_1": {"acme.A": 6, "acme.B": 2}})
        assert dict(refused.value.lines) == {"acme.A": 5, "acme.B": 1}

    def test_by_a_function_that_has_just_started_find_all_rows(self) -> None:
        put("acme.A", 8)
        spread("acme.A", 4)
        forget()
        hold("pur_1", {"ord_1": {"acme.A": 7}})
        assert levels("acme.A") == (1, 7)

    def test_by_one_that_remembers_wrongly_find_all_rows(self) -> None:
        put("acme.A", 8)
        shelves.remember("acme.A", 4)
        hold("pur_1", {"ord_1": {"acme.A": 8}})
        assert levels("acme.A") == (0, 8)

    def test_go_back_to_where_they_came_from(self) -> None:
        put("acme.A", 8)
        spread("acme.A", 2)
        before = rows("acme.A")
        transact.commit(store.release(hold("pur_1", {"ord_1": {"acme.A": 6}})))
        assert rows("acme.A") == before

    def test_are_sold_from_where_they_are(self) -> None:
        put("acme.A", 8)
        spread("acme.A", 2)
        transact.commit(store.consume(hold("pur_1", {"ord_1": {"acme.A": 6}})))
        assert levels("acme.A") == (2, 0)

    def test_late_money_takes_units_wherever_they_are_by_then(self) -> None:
        put("acme.A", 8)
        spread("acme.A", 2)
        first = hold("pur_1", {"ord_1": {"acme.A": 4}})
        transact.commit(store.release(first, state=HoldState.EXPIRED))
        home = first.lines[0].shard
        transact.commit(store.hold("pur_2", {"ord_2": {"acme.A": 3}}, {"acme.A": [(home, 3)]}))
        service.hold_again(holds("pur_1"), transact.commit)
        assert levels("acme.A") == (1, 3)
        assert holds("pur_1").state is HoldState.CONSUMED

    def test_late_money_is_refused_for_the_sum(self) -> None:
        put("acme.A", 4)
        spread("acme.A", 2)
        first = hold("pur_1", {"ord_1": {"acme.A": 3}})
        transact.commit(store.release(first, state=HoldState.EXPIRED))
        hold("pur_2", {"ord_2": {"acme.A": 2}})
        before = everything()
        with pytest.raises(StockShort) as refused:
            service.hold_again(holds("pur_1"), transact.commit)
        assert refused.value.lines == (("acme.A", 2),)
        assert everything() == before

    def test_buyers_racing_for_some_units_get_exactly_these(self) -> None:
        put("acme.A", 7)
        spread("acme.A", 3)
        outcomes = at_once(12, lambda n: hold(f"pur_{n}", {f"ord_{n}": {"acme.A": 1}}))
        assert sum(isinstance(outcome, StockShort) for outcome in outcomes) == 5
        assert levels("acme.A") == (0, 7)


@pytest.mark.usefixtures("stage")
class TestPut:
    @pytest.mark.parametrize("on_hand", [3, 8, 100])
    def test_spreads_what_is_not_held(self, on_hand: int) -> None:
        put("acme.A", 8)
        spread("acme.A", 3)
        hold("pur_1", {"ord_1": {"acme.A": 3}})
        assert put("acme.A", on_hand) == Stock("acme.A", "main", on_hand - 3, 3)
        free = [units for units, _ in rows("acme.A")]
        assert max(free) - min(free) <= 1

    def test_below_what_is_held_is_refused(self) -> None:
        put("acme.A", 8)
        spread("acme.A", 3)
        hold("pur_1", {"ord_1": {"acme.A": 3}})
        before = everything()
        with pytest.raises(BelowHeld, match="3 units"):
            put("acme.A", 2)
        assert everything() == before

    def test_another_merchants_is_not_found(self) -> None:
        put("acme.A", 8)
        spread("acme.A", 3)
        before = everything()
        with pytest.raises(NotFound):
            service.put_stock(Actor(ActorKind.MERCHANT, "api_2", "mer_2"), "acme.A", 5)
        assert everything() == before

    def test_leaves_one_line_in_the_log_as_spreading_did(self) -> None:
        put("acme.A", 8)
        spread("acme.A", 3)
        put("acme.A", 9)
        lines = [
            (row["actor"]["S"], row.get("on_hand", {}).get("N"), row.get("shards", {}).get("N"))
            for row in of_kind("inventory", "LOG")
        ]
        assert lines == [
            ("merchant:api_1", "8", None),
            ("system:operator", None, "3"),
            ("merchant:api_1", "9", None),
        ]

    def test_while_buyers_buy(self) -> None:
        put("acme.A", 30)
        spread("acme.A", 3)
        at_once(
            7,
            lambda number: (
                put("acme.A", 24)
                if number == 0
                else hold(f"pur_{number}", {f"ord_{number}": {"acme.A": 2}})
            ),
        )
        assert levels("acme.A") == (12, 12)


@pytest.mark.usefixtures("stage")
class TestReading:
    def test_lists_and_levels_show_the_sum(self) -> None:
        put("acme.A", 8)
        put("acme.B", 3)
        spread("acme.A", 3)
        forget()
        assert service.list_stock(KEEPER).items == [
            Stock("acme.A", "main", 8, 0),
            Stock("acme.B", "main", 3, 0),
        ]
        skus = ["acme.B", "acme.A", "never.put"]
        from chalicelib.aws import reads

        found = service.levels(skus, reads.batch(service.level_keys(skus)))
        assert found == {"acme.B": 3, "acme.A": 8, "never.put": 0}
        assert shelves.remembered("acme.A") == 3

    def test_what_a_function_remembers_it_forgets_after_a_minute(self, stage) -> None:
        shelves.remember("acme.A", 3)
        stage.forward(59)
        assert shelves.remembered("acme.A") == 3
        stage.forward(1)
        assert shelves.remembered("acme.A") == 1
