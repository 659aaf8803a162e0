"""Counts: put, read, listed, opened."""

import json

import pytest

from chalicelib.contexts.inventory import Stock, service
from chalicelib.contexts.inventory.model import BelowHeld, UnknownLocation
from chalicelib.kernel.actors import ANONYMOUS, Actor, ActorKind, Role
from chalicelib.kernel.errors import BadCursor, Forbidden, Malformed, NotFound, NotSignedIn, Refusal
from tests.makers.rows import everything, facts, of_kind
from tests.makers.stock import KEEPER, hold, levels, put

OTHER = Actor(ActorKind.MERCHANT, "api_2", "mer_2")
CLERK = Actor(ActorKind.STAFF, "acc_1", "mer_1", Role.STAFF)


@pytest.mark.usefixtures("stage")
class TestPut:
    def test_the_first_count_makes_the_stock(self) -> None:
        assert put("acme.A", 5) == Stock("acme.A", "main", 5, 0)
        assert service.get_stock(CLERK, "acme.A") == Stock("acme.A", "main", 5, 0)

    @pytest.mark.parametrize("on_hand", [3, 8, 10_000_000])
    def test_what_is_held_stays_held(self, on_hand: int) -> None:
        put("acme.A", 5)
        hold("pur_1", {"ord_1": {"acme.A": 3}})
        assert put("acme.A", on_hand) == Stock("acme.A", "main", on_hand - 3, 3)

    def test_below_what_is_held_is_refused(self) -> None:
        put("acme.A", 5)
        hold("pur_1", {"ord_1": {"acme.A": 3}})
        before = everything()
        with pytest.raises(BelowHeld, match="3 units"):
            put("acme.A", 2)
        assert everything() == before

    def test_leaves_a_line_in_the_log_and_a_fact(self) -> None:
        put("acme.A", 5)
        put("acme.A", 7)
        assert [row["on_hand"]["N"] for row in of_kind("inventory", "LOG")] == ["5", "7"]
        assert of_kind("inventory", "LOG")[0]["actor"]["S"] == "merchant:api_1"
        told = [json.loads(body) for body in facts("inventory.StockPut")]
        assert [(fact["sku"], fact["on_hand"], fact["merchant_id"]) for fact in told] == [
            ("acme.A", 5, "mer_1"),
            ("acme.A", 7, "mer_1"),
        ]

    @pytest.mark.parametrize(
        ("actor", "on_hand", "location", "refusal"),
        [
            (ANONYMOUS, 5, "main", NotSignedIn),
            (Actor(ActorKind.MEMBER, "acc_1"), 5, "main", Forbidden),
            (Actor(ActorKind.PLATFORM, "acc_1", role=Role.PLATFORM), 5, "main", Forbidden),
            (OTHER, 5, "main", NotFound),
            (KEEPER, -1, "main", Malformed),
            (KEEPER, 10_000_001, "main", Malformed),
            (KEEPER, 5, "attic", UnknownLocation),
        ],
    )
    def test_refusals_change_nothing(
        self, actor: Actor, on_hand: int, location: str, refusal: type[Refusal]
    ) -> None:
        put("acme.A", 1)
        before = everything()
        with pytest.raises(refusal):
            service.put_stock(actor, "acme.A", on_hand, location)
        assert everything() == before


@pytest.mark.usefixtures("stage")
class TestGet:
    def test_what_was_never_put_is_none(self) -> None:
        assert service.get_stock(KEEPER, "acme.A") == Stock("acme.A", "main", 0, 0)

    def test_another_merchants_stock_shows_nothing(self) -> None:
        put("acme.A", 5)
        assert service.get_stock(OTHER, "acme.A").on_hand == 0

    @pytest.mark.parametrize("actor", [ANONYMOUS, Actor(ActorKind.MEMBER, "acc_1")])
    def test_only_merchants_ask(self, actor: Actor) -> None:
        with pytest.raises((NotSignedIn, Forbidden)):
            service.get_stock(actor, "acme.A")


@pytest.mark.usefixtures("stage")
class TestList:
    def test_is_the_merchants_own_by_sku_in_pages(self) -> None:
        for number in (3, 1, 2):
            put(f"acme.{number}", number)
        put("acme.1", 9)
        put("bolt.1", 1, OTHER)
        first = service.list_stock(KEEPER, limit=2)
        second = service.list_stock(KEEPER, limit=2, cursor=first.next_cursor or "")
        found = [(stock.sku, stock.available) for stock in first.items + second.items]
        assert found == [("acme.1", 9), ("acme.2", 2), ("acme.3", 3)]
        with pytest.raises(BadCursor):
            service.list_stock(OTHER, cursor=first.next_cursor or "")


@pytest.mark.usefixtures("stage")
class TestOpen:
    def test_new_variants_get_their_count_and_old_ones_keep_theirs(self) -> None:
        put("acme.A", 5)
        service.open_stock("mer_1", {"acme.A": 9, "acme.B": 7})
        assert levels("acme.A") == (5, 0)
        assert levels("acme.B") == (7, 0)

    def test_twice_is_once(self) -> None:
        service.open_stock("mer_1", {"acme.A": 9})
        before = everything()
        service.open_stock("mer_1", {"acme.A": 9})
        assert everything() == before

    def test_a_hundred_variants_are_opened(self) -> None:
        units = {f"acme.V{number}": number for number in range(100)}
        service.open_stock("mer_1", units)
        opened = {
            row["sku"]["S"]: int(row["available"]["N"]) for row in of_kind("inventory", "STOCK")
        }
        assert opened == units
        assert len(service.list_stock(KEEPER, limit=100).items) == 100

    def test_a_count_put_at_the_same_moment_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from chalicelib.contexts.inventory import store

        opening = store.opening

        def late(merchant_id: str, sku: str, on_hand: int) -> object:
            monkeypatch.setattr(store, "opening", opening)
            put("acme.A", 3)
            return opening(merchant_id, sku, on_hand)

        monkeypatch.setattr(store, "opening", late)
        service.open_stock("mer_1", {"acme.A": 9, "acme.B": 9})
        assert levels("acme.A") == (3, 0)
        assert levels("acme.B") == (9, 0)
