"""The index ends in the same rows and counts, however facts are delivered."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chalicelib.aws import retries, transact
from chalicelib.aws.settings import settings as stage_settings
from chalicelib.contexts.catalog import service, workers
from chalicelib.contexts.catalog.model.products import Product, ProductState
from chalicelib.contexts.catalog.model.wanted import Wanted, WantedVariant
from chalicelib.contexts.catalog.service import index, relisting, tree
from chalicelib.contexts.catalog.service.jobs import Relist
from chalicelib.contexts.catalog.store import listing as store
from chalicelib.contexts.inventory.facts import StockCameBack, StockRanOut
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.errors import Busy, Forbidden
from chalicelib.kernel.money import Money
from tests.makers.events import sqs_event
from tests.makers.facts import deliver
from tests.makers.index import caught_up, made_anew, snapshot
from tests.makers.people import Seller, a_merchant
from tests.makers.products import a_product
from tests.makers.queues import drain
from tests.makers.quick_moto import empty_tables
from tests.makers.rows import everything, of_kind

CATEGORIES = {
    "categories": [
        {"slug": "tops", "name": {"en": "Tops", "zh-CN": "上衣"}},
        {"slug": "shirts", "parent": "tops", "name": {"en": "Shirts", "zh-CN": "衬衫"}},
        {"slug": "home", "name": {"en": "Home", "zh-CN": "家居"}},
    ]
}
FABRIC = {
    "name": "fabric",
    "label": {"en": "Fabric", "zh-CN": "面料"},
    "kind": "choice",
    "choices": [{"value": "linen", "label": {"en": "Linen", "zh-CN": "亚麻"}}],
}
NAMES = (
    "catalog.ProductListed",
    "catalog.ProductDelisted",
    "catalog.ProductChanged",
    "catalog.PriceChanged",
)
PRODUCTS = 2


def total(partition: str = "ALL") -> int:
    row = store.counts(partition)
    return int(row.total) if row is not None else 0


def stock_fact(sku: str, turn: int, *, has_stock: bool) -> Any:
    kind = StockCameBack if has_stock else StockRanOut
    now = clock.iso(clock.now())
    return kind(id=ids.ulid(), occurred_at=now, merchant_id="mer_1", sku=sku, turn=turn)


class World:
    """A few products, the changes that may befall them, and the index beside them."""

    def __init__(self) -> None:
        self.sellers = [a_merchant("acme"), a_merchant("bolt")]
        service.load_categories(SYSTEM, CATEGORIES)
        self.products: list[Product] = []
        for place in range(PRODUCTS):
            seller = self.sellers[place % 2]
            self.products.append(a_product(seller, f"T{place}", category="shirts"))
        self.turns = [0] * PRODUCTS
        self.suspended = False

    @property
    def ids(self) -> list[str]:
        return [product.id for product in self.products]

    def seller(self, place: int) -> Seller:
        return self.sellers[place % 2]

    def befall(self, change: str, place: int) -> None:
        """Let one thing happen that somebody may do; what a state forbids does not happen."""
        change, _, value = change.partition(" ")
        if change == "change":
            self._change(place, value)
        elif change == "stock":
            self.turns[place] += 1
            fact = stock_fact(
                f"{self.seller(place).merchant.code}.T{place}",
                self.turns[place],
                has_stock=value == "in",
            )
            index.note_stock(fact.sku, fact.turn, has_stock=value == "in")
        elif change == "sold":
            fact = stock_fact("any", 1, has_stock=True)
            index.count_sales(fact, {f"{self.seller(place).merchant.code}.T{place}": 2})
        elif change == "merchant":
            move = merchants.reinstate if self.suspended else merchants.suspend
            reason = () if self.suspended else ("late",)
            move(SYSTEM, self.sellers[0].id, *reason)
            self.suspended = not self.suspended
        elif change == "tree":
            parent = {"parent": value} if value else {}
            moved = [{**CATEGORIES["categories"][1], "parent": None, **parent}]
            kept = [CATEGORIES["categories"][0], CATEGORIES["categories"][2]]
            service.load_categories(SYSTEM, {"categories": [*kept, *moved]})

    def _change(self, place: int, value: str) -> None:
        wanted = {
            "delist": Wanted(state=ProductState.DELISTED),
            "list": Wanted(state=ProductState.LISTED),
            "dear": Wanted(variants=(WantedVariant(f"T{place}", Money(9_900, "GBP")),)),
            "cheap": Wanted(variants=(WantedVariant(f"T{place}", Money(100, "GBP")),)),
            "name": Wanted(title="Ocean blue shirt", tags=("sea", "蓝色衬衫")),
            "home": Wanted(category="home", attributes={"Fabric": "Wool"}),
        }[value]
        service.change(self.seller(place).actor, self.products[place].id, wanted)


CHANGES = st.sampled_from(
    [
        "change delist",
        "change list",
        "change dear",
        "change cheap",
        "change name",
        "change home",
        "stock in",
        "stock out",
        "sold",
        "merchant",
        "tree tops",
        "tree home",
    ]
)
PLACES = st.integers(0, PRODUCTS - 1)
ROUNDS = st.lists(
    st.tuples(PLACES, CHANGES, st.lists(CHANGES, max_size=2), st.booleans(), st.booleans()),
    min_size=1,
    max_size=4,
)


@pytest.mark.usefixtures("stage")
class TestExactness:
    @settings(max_examples=20)
    @given(rounds=ROUNDS)
    def test_any_interleaving_of_changes_and_two_workers_ends_alike(
        self, stage, rounds: list[tuple[int, str, list[str], bool, bool]]
    ) -> None:
        """A slow worker reads, more changes, a quick one hears of it, and the slow one writes."""
        empty_tables()
        tree._kept.clear()
        world = World()
        caught_up(*world.ids)
        for place, first, then, is_slow_first, adds_up in rounds:
            world.befall(first, place)
            held = index._read([world.ids[place]])
            for change in then:
                world.befall(change, place)
            if is_slow_first:
                _write(held)
            assert index.bring_in_step(world.ids) == set()
            if adds_up:
                index.add_up()
            if not is_slow_first:
                _write(held)
        index.add_up()
        assert snapshot() == made_anew(*world.ids)
        assert of_kind("catalog", "DELTA") == []

    def test_a_stale_worker_fails_even_where_the_rows_came_back_to_what_they_were(self) -> None:
        world = World()
        caught_up(*world.ids)
        world.befall("change delist", 0)
        ((product_id, marker, truth),) = index._read([world.ids[0]])
        world.befall("change list", 0)
        caught_up(*world.ids)
        with pytest.raises(transact.ConditionFailed):
            index._write(product_id, marker, truth, is_afresh=False)
        assert total() == PRODUCTS

    def test_rows_that_stay_as_they_are_are_not_written(self, monkeypatch) -> None:
        world = World()
        caught_up(*world.ids)
        written: list[str] = []
        put = store.transact.put
        monkeypatch.setattr(
            store.transact, "put", lambda row, *rest: written.append(row.pk) or put(row, *rest)
        )
        world.befall("sold", 0)
        caught_up(*world.ids)
        assert [pk for pk in written if pk.startswith(("LIST#", "TOKEN#"))] != []
        written.clear()
        caught_up(*world.ids)
        assert written == []


@pytest.mark.usefixtures("stage")
class TestWorker:
    def test_facts_twice_and_backwards_leave_one_row_each(self) -> None:
        world = World()
        world.befall("change dear", 0)
        world.befall("change delist", 1)
        for _ in range(2):
            assert deliver(workers.catalog_on_listing_fact, *reversed(NAMES)) == {
                "batchItemFailures": []
            }
        assert total() == PRODUCTS - 1
        assert snapshot() == made_anew(*world.ids)

    def test_stock_facts_out_of_order_end_in_the_later_one(self) -> None:
        world = World()
        ran_out, came_back = (
            stock_fact("acme.T0", 1, has_stock=True),
            stock_fact("acme.T0", 2, has_stock=False),
        )
        answer = workers.catalog_on_listing_fact(sqs_event(came_back, ran_out, came_back), None)
        assert answer == {"batchItemFailures": []}
        caught_up(*world.ids)
        (row,) = [
            row
            for row in of_kind("catalog", "LIST")
            if row["pk"]["S"] == "LIST#ALL#newest"
            and row["sk"]["S"].endswith(world.products[0].code)
        ]
        assert json.loads(row["card"]["S"])["in_stock"] is False

    def test_stock_of_a_sku_that_nobody_sells_is_passed_over(self) -> None:
        before = everything()
        fact = stock_fact("acme.NOBODYS", 1, has_stock=True)
        assert workers.catalog_on_listing_fact(sqs_event(fact), None) == {"batchItemFailures": []}
        assert everything() == before

    def test_a_fact_nobody_here_knows_is_reported_and_its_neighbours_are_handled(self) -> None:
        world = World()
        event = sqs_event(stock_fact("acme.T0", 1, has_stock=True))
        event["Records"].append(
            {"messageId": "strange", "body": '{"detail-type": "x.Y", "detail": {}}'}
        )
        assert workers.catalog_on_listing_fact(event, None) == {
            "batchItemFailures": [{"itemIdentifier": "strange"}]
        }
        assert total() == 1
        caught_up(*world.ids)

    def test_a_suspended_merchants_products_leave_and_come_back(self) -> None:
        world = World()
        caught_up(*world.ids)
        merchants.suspend(SYSTEM, world.sellers[0].id, "late")
        relisting.run(Relist(world.sellers[0].id))
        assert total() == 1
        merchants.reinstate(SYSTEM, world.sellers[0].id)
        relisting.run(Relist(world.sellers[0].id))
        assert total() == PRODUCTS
        assert snapshot() == made_anew(*world.ids)

    def test_relisting_everything_repairs_rows_that_were_lost(self) -> None:
        world = World()
        caught_up(*world.ids)
        stood = snapshot()
        for row in of_kind("catalog", "LIST")[::3]:
            transact.commit(
                [transact.delete(store.ListingItem(pk=row["pk"]["S"], sk=row["sk"]["S"]))]
            )
        assert snapshot() != stood
        service.reindex(SYSTEM)
        drain(stage_settings().catalog_imports_queue_url, workers.catalog_on_import)
        assert snapshot() == stood

    def test_only_the_operator_has_it_written_anew(self) -> None:
        world = World()
        with pytest.raises(Forbidden):
            service.reindex(world.sellers[0].owner)

    def test_names_and_schemas_that_change_are_followed(self) -> None:
        world = World()
        made = a_product(
            world.sellers[0], "LINEN", category="shirts", attributes={"Fabric": "亚麻"}
        )
        world.products.append(made)
        caught_up(*world.ids)
        first, *others = CATEGORIES["categories"]
        renamed = {"categories": [{**first, "name": {"en": "Blouses", "zh-CN": "上衣"}}, *others]}
        told = "catalog.CategoriesChanged"
        seen = []
        for change in (
            lambda: service.load_categories(SYSTEM, renamed),
            lambda: service.save_attribute(SYSTEM, "tops", FABRIC),
            lambda: service.drop_attribute(SYSTEM, "tops", "fabric"),
        ):
            change()
            deliver(workers.catalog_on_listing_fact, told)
            drain(stage_settings().catalog_imports_queue_url, workers.catalog_on_import)
            assert snapshot() == made_anew(*world.ids)
            (row,) = (one for one in store.all_changed() if one.code == made.code)
            assert row.told is not None
            assert "Blouses" in row.told.words, "search knows it by the new name"
            seen.append([one for one in row.told.counted if "abric" in one])
        assert seen == [["attr.Fabric\x1f亚麻"], ["attr.fabric\x1flinen"], ["attr.Fabric\x1f亚麻"]]
        service.drop_attribute(SYSTEM, "tops", "fabric")
        assert len([row for row in of_kind("outbox", "FACT") if row["name"]["S"] == told]) == 3

    def test_the_first_tree_tells_nothing(self) -> None:
        World()
        assert "catalog.CategoriesChanged" not in {
            row["name"]["S"] for row in of_kind("outbox", "FACT")
        }

    def test_a_suspension_is_heard_of_and_worked_through(self) -> None:
        world = World()
        caught_up(*world.ids)
        merchants.suspend(SYSTEM, world.sellers[0].id, "late")
        deliver(workers.catalog_on_listing_fact, "merchants.MerchantSuspended")
        drain(stage_settings().catalog_imports_queue_url, workers.catalog_on_import)
        assert total() == 1
        assert snapshot() == made_anew(*world.ids)

    def test_a_relisting_that_takes_long_goes_on_where_it_stopped(self, monkeypatch) -> None:
        world = World()
        for number in range(4):
            made = a_product(world.sellers[0], f"MORE{number}", category="home")
            world.products.append(made)
        monkeypatch.setattr(relisting, "PRODUCTS_AT_ONCE", 2)
        monkeypatch.setattr(relisting, "SLICE_S", -1)
        asked: list[Any] = []
        monkeypatch.setattr(relisting, "_ask", asked.extend)
        relisting.run(Relist(world.sellers[0].id))
        assert [(one.merchant_id, one.cursor) for one in asked] == [(world.sellers[0].id, "")]
        monkeypatch.setattr(relisting, "SLICE_S", 100)
        relisting.run(asked[0])
        assert total() == 5

    def test_what_a_dying_worker_left_is_added_up_by_the_next(self, monkeypatch) -> None:
        world = World()

        class Died(BaseException):
            pass

        def dies() -> None:
            raise Died

        add_up = index.add_up
        monkeypatch.setattr(index, "add_up", dies)
        with pytest.raises(Died):
            deliver(workers.catalog_on_listing_fact, *NAMES)
        monkeypatch.setattr(index, "add_up", add_up)
        assert total() == 0
        assert len(of_kind("catalog", "DELTA")) == PRODUCTS
        assert deliver(workers.catalog_on_listing_fact, *NAMES) == {"batchItemFailures": []}
        assert total() == PRODUCTS
        assert snapshot() == made_anew(*world.ids)

    def test_a_product_that_stays_busy_is_reported_and_the_others_are_listed(
        self, monkeypatch
    ) -> None:
        world = World()
        write = index._write

        def busy(product_id: str, *rest: Any, **options: Any) -> None:
            if product_id == world.ids[0]:
                raise Busy
            write(product_id, *rest, **options)

        monkeypatch.setattr(index, "_write", busy)
        assert deliver(workers.catalog_on_listing_fact, *NAMES) == {
            "batchItemFailures": [{"itemIdentifier": "message-0"}]
        }
        assert total() == PRODUCTS - 1

    def test_products_under_review_enter_the_shop_with_their_merchant(self) -> None:
        seller = a_merchant("acme")
        merchants.suspend(SYSTEM, seller.id, "late")
        product = a_product(seller)
        assert product.state is ProductState.IN_REVIEW
        merchants.reinstate(SYSTEM, seller.id)
        relisting.run(Relist(seller.id))
        assert service.own(seller.actor, product.id).state is ProductState.LISTED
        assert total() == 1

    def test_sales_are_counted_once_a_fact(self) -> None:
        world = World()
        fact = stock_fact("any", 1, has_stock=True)
        for _ in range(2):
            assert index.count_sales(fact, {"acme.T0": 2, "bolt.T1": 1}) == [
                world.ids[0],
                world.ids[1],
            ]
        sold = {row["pk"]["S"]: row["units"]["N"] for row in of_kind("catalog", "SOLD")}
        assert sold == {
            f"SOLD#{world.products[0].code}": "2",
            f"SOLD#{world.products[1].code}": "1",
        }

    def test_adding_up_gives_way_when_others_keep_winning(self, monkeypatch) -> None:
        world = World()
        index.bring_in_step(world.ids)
        monkeypatch.setattr(retries, "sleep_s", lambda _s: None)
        tallies = index._tallies

        def late(deltas: Any) -> Any:
            seen = tallies(deltas)
            return {part: (None, replace(tally, total=9)) for part, (_, tally) in seen.items()}

        index.add_up()
        world.befall("change delist", 0)
        index.bring_in_step(world.ids)
        monkeypatch.setattr(index, "_tallies", late)
        with pytest.raises(Busy):
            index.add_up()
        monkeypatch.setattr(index, "_tallies", tallies)
        index.add_up()
        assert total() == PRODUCTS - 1


def _write(held: list[Any]) -> None:
    """Write what was read before; who comes too late reads again, as the worker does."""
    for product_id, marker, truth in held:
        try:
            index._write(product_id, marker, truth, is_afresh=False)
        except transact.ConditionFailed:
            assert index.bring_in_step([product_id]) == set()
