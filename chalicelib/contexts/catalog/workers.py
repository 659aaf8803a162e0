"""What the catalogue does in the background: the index, imports, pictures."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from chalice import Blueprint, Rate

from chalicelib.aws.worker import Message, arrived_keys, each_message, read_fact, worker
from chalicelib.contexts.catalog.facts import (
    CategoriesChanged,
    PriceChanged,
    ProductChanged,
    ProductDelisted,
    ProductFact,
    ProductListed,
)
from chalicelib.contexts.catalog.service import importer, imports, index, pictures, relisting
from chalicelib.contexts.catalog.service import sitemaps as maps
from chalicelib.contexts.catalog.service.jobs import FetchPictures, Relist, RunImport
from chalicelib.contexts.inventory.facts import StockCameBack, StockRanOut
from chalicelib.contexts.merchants.facts import MerchantApproved, MerchantSuspended
from chalicelib.contexts.orders.facts import PurchasePaid
from chalicelib.kernel import clock

bp = Blueprint(__name__)


# Placeholders; infra/ gives the functions their real queues.
LISTINGS = "arn:aws:sqs:eu-west-1:000000000000:catalog-listings"
IMPORTS = "arn:aws:sqs:eu-west-1:000000000000:catalog-imports"
PICTURES = "arn:aws:sqs:eu-west-1:000000000000:catalog-pictures"
PICTURES_FOR_S = 40
RECEIVES_MAX = 5


@bp.on_sqs_message(queue_arn=LISTINGS, batch_size=10, name="catalog_on_listing_fact")
@worker("catalog_on_listing_fact")
def catalog_on_listing_fact(event: Any) -> dict[str, Any]:
    """Bring the index in step with the products that a batch of facts is about, all at once."""
    wanted: dict[str, list[str]] = {}

    def note(message: Message) -> None:
        fact = read_fact(message, CONCERNED)
        wanted[message.id] = CONCERNED[type(fact)](fact)

    answer = each_message(event, note)
    failed = index.bring_in_step([one for found in wanted.values() for one in found])
    index.add_up()
    for message_id, found in wanted.items():
        if failed.intersection(found):
            answer["batchItemFailures"].append({"itemIdentifier": message_id})
    return answer


@bp.on_sqs_message(queue_arn=IMPORTS, batch_size=1, name="catalog_on_import")
@worker("catalog_on_import")
def catalog_on_import(event: Any) -> dict[str, Any]:
    """Go on with an import or a relisting; a file that has arrived starts its import."""
    return each_message(event, _do)


@bp.on_sqs_message(queue_arn=PICTURES, batch_size=10, name="catalog_on_picture")
@worker("catalog_on_picture")
def catalog_on_picture(event: Any) -> dict[str, Any]:
    """Fetch products' pictures for as long as the function may run; timers heal what is left."""
    turn = pictures.Round(clock.later(clock.now(), PICTURES_FOR_S))
    return each_message(event, lambda message: _picture(json.loads(message.body), turn))


@bp.schedule(Rate(15, unit=Rate.MINUTES), name="catalog_retry_pictures")
@worker("catalog_retry_pictures")
def catalog_retry_pictures(event: Any) -> dict[str, int]:
    """Ask again for pictures that could not be had, and for imports that stopped moving."""
    del event
    return {"pictures": pictures.ask_again(), "imports": imports.wake_stalled()}


def _picture(said: Mapping[str, Any], turn: pictures.Round) -> None:
    """Do what a message of our own says, or take the files that the bucket says have arrived."""
    if "product_id" in said:
        pictures.bring_in(msgspec.convert(said, FetchPictures), turn)
        return
    for key in arrived_keys(said):
        pictures.arrived(key, turn)


@bp.schedule(Rate(1, unit=Rate.HOURS), name="catalog_write_sitemaps")
@worker("catalog_write_sitemaps")
def catalog_write_sitemaps(event: Any) -> dict[str, int]:
    """Write the sitemap anew: the same products make the same files."""
    del event
    return maps.write()


def _do(message: Message) -> None:
    said = json.loads(message.body)
    for job in _jobs(said):
        if isinstance(job, Relist):
            relisting.run(job)
            continue
        try:
            importer.run(job)
        except Exception:
            if message.attempt >= RECEIVES_MAX:
                importer.give_up(job.import_id)
            raise


def _jobs(said: Mapping[str, Any]) -> list[RunImport | Relist]:
    """Read a message of our own, or the bucket's word that files have arrived."""
    if said.get("task") == "relist":
        return [msgspec.convert(said, Relist)]
    if said.get("task") == "import":
        return [msgspec.convert(said, RunImport)]
    return [RunImport(found) for key in arrived_keys(said) if (found := imports.import_of(key))]


def _of_product(fact: ProductFact) -> list[str]:
    return [fact.product_id]


def _of_stock(fact: StockRanOut | StockCameBack) -> list[str]:
    has_stock = isinstance(fact, StockCameBack)
    found = index.note_stock(fact.sku, fact.turn, has_stock=has_stock)
    return [found] if found else []


def _of_merchant(fact: MerchantApproved | MerchantSuspended) -> list[str]:
    """A merchant has any number of products: a job of its own goes through them."""
    index.relist(fact.merchant_id)
    return []


def _of_tree(fact: CategoriesChanged) -> list[str]:
    """A category may have products of every merchant."""
    del fact
    index.relist("")
    return []


def _of_sale(fact: PurchasePaid) -> list[str]:
    units: dict[str, int] = {}
    for order in fact.orders:
        for line in order.lines:
            units[line.sku] = units.get(line.sku, 0) + line.quantity
    return index.count_sales(fact, units)


CONCERNED: dict[type[Any], Callable[[Any], list[str]]] = {
    ProductListed: _of_product,
    ProductDelisted: _of_product,
    ProductChanged: _of_product,
    PriceChanged: _of_product,
    StockRanOut: _of_stock,
    StockCameBack: _of_stock,
    CategoriesChanged: _of_tree,
    MerchantApproved: _of_merchant,
    MerchantSuspended: _of_merchant,
    PurchasePaid: _of_sale,
}
"""What a fact does at once, and the products whose place in the index it concerns."""
