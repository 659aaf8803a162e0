"""Round trips to AWS of the catalogue's routes and workers."""

import pytest

from chalicelib.contexts.catalog import service, workers
from chalicelib.contexts.catalog.service import importer, imports, tree
from chalicelib.contexts.catalog.service.jobs import RunImport
from chalicelib.contexts.promotions.model.offers import Kind
from chalicelib.contexts.promotions.model.wishes import OfferWish
from chalicelib.contexts.promotions.service import offers
from chalicelib.kernel import clock
from tests.makers.facts import deliver
from tests.makers.http import Http
from tests.makers.index import caught_up
from tests.makers.people import Seller, a_merchant
from tests.makers.products import a_product
from tests.makers.round_trips import counted
from tests.makers.sheets import a_row, a_sheet


@pytest.fixture
def seller(stage) -> Seller:
    seller = a_merchant()
    caught_up(*(a_product(seller, f"T{number}").id for number in range(3)))
    return seller


def calls_of(path: str, **headers: str) -> list[str]:
    """What a cold function asks AWS for this page, its first connection aside."""
    http = Http()
    tree._kept.clear()
    with counted() as calls:
        assert http.get(path, **headers).status == 200
    return calls


class TestRoutes:
    @pytest.mark.parametrize(
        ("path", "most"),
        [
            ("/api/v1/categories", 1),
            ("/api/v1/products", 2),
            ("/api/v1/products?category=tops&sort=price_asc", 2),
            ("/api/v1/products?q=tee", 1),
            ("/api/v1/products?q=tee&sort=price_asc&in_stock=true", 1),
            ("/api/v1/products?in_stock=true&min_price=5", 1),
        ],
    )
    def test_shoppers(self, seller: Seller, path: str, most: int) -> None:
        assert len(calls_of(path)) <= most

    def test_a_product(self, seller: Seller) -> None:
        (product, *_) = service.own_products(seller.actor).items
        assert calls_of(f"/api/v1/products/{product.slug}") == ["GetItem", "BatchGetItem"]

    def test_what_is_left_of_a_flash_sale_costs_one_more_on_its_page(self, seller: Seller) -> None:
        """The last is the categories, which a warm function has."""
        (product, *_) = service.own_products(seller.actor).items
        now = clock.now()
        wish = OfferWish(
            titles={"en": "Flash"},
            kind=Kind.FIXED_PRICE,
            value={"amount": 500, "currency": "GBP"},
            starts_at=now,
            ends_at=clock.later(now, 3_600),
            quota=3,
        )
        offers.create(seller.actor, wish)
        assert calls_of(f"/api/v1/products/{product.slug}") == ["GetItem", "BatchGetItem"]
        calls = calls_of(f"/p/{product.slug}")
        assert calls == ["GetItem", "BatchGetItem", "BatchGetItem", "GetItem"]

    def test_a_merchants_products_cost_one_more_for_the_key(self, seller: Seller) -> None:
        calls = calls_of("/api/v1/merchant/products", **seller.authorization)
        assert calls == ["GetItem", "Query", "BatchGetItem"]


class TestWorkers:
    def test_a_batch_of_facts_is_read_together(self, seller: Seller) -> None:
        for number in range(10):
            a_product(seller, f"N{number}")
        with counted() as calls:
            deliver(workers.catalog_on_listing_fact, "catalog.ProductListed")
        ours = [name for name in calls if name != "Scan"]
        assert ours.count("BatchGetItem") == 3 + 1
        assert ours.count("TransactWriteItems") == 10 + 1
        assert len(ours) <= 17

    def test_a_new_product_of_a_file_costs_one_write(self, seller: Seller) -> None:
        job = imports.hand_in(seller.actor, a_sheet(*(a_row(f"new-{n}") for n in range(50))))
        with counted() as calls:
            importer.run(RunImport(job.id))
        assert calls.count("TransactWriteItems") == 50
        assert len(calls) <= 50 + 12

    def test_a_product_that_did_not_change_costs_no_write(self, seller: Seller) -> None:
        sheet = a_sheet(*(a_row(f"new-{n}") for n in range(50)))
        for _ in range(2):
            job = imports.hand_in(seller.actor, sheet)
            with counted() as calls:
                importer.run(RunImport(job.id))
        assert "TransactWriteItems" not in calls
        assert len(calls) <= 12
