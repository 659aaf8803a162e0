"""Bringing the index in step with many products at once, a slice at a time."""

from msgspec.structs import replace

from chalicelib.aws import queues
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.products import Product, ProductState
from chalicelib.contexts.catalog.model.refusals import ChangedMeanwhile
from chalicelib.contexts.catalog.service import index, write
from chalicelib.contexts.catalog.service.jobs import Relist
from chalicelib.contexts.catalog.store import products as store
from chalicelib.contexts.merchants import MerchantState
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel import clock
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.errors import Busy

PRODUCTS_AT_ONCE = 25
MERCHANTS_AT_ONCE = 100
SLICE_S = 200
SELLING_STATES = (MerchantState.APPROVED, MerchantState.SUSPENDED, MerchantState.CLOSED)


def run(message: Relist) -> None:
    """Relist one merchant's products, or ask for that of every merchant.

    Products that wait for a review enter the shop when their merchant may sell. Ends with a
    message to itself when there is more to do than a slice holds.
    """
    if not message.merchant_id:
        _ask_for_everyone(message)
        return
    until = clock.later(clock.now(), SLICE_S)
    can_sell = merchants.get(message.merchant_id).can_sell
    cursor: str | None = message.cursor
    while cursor is not None:
        if clock.now() > until:
            _ask([replace(message, cursor=cursor)])
            break
        page = store.of_merchant(
            message.merchant_id, state="", limit=PRODUCTS_AT_ONCE, cursor=cursor
        )
        if can_sell:
            for product in page.items:
                _admit(product)
        ids = [product.id for product in page.items]
        if index.bring_in_step(ids, is_afresh=message.is_afresh):
            raise Busy
        cursor = page.next_cursor
    index.add_up()


def _admit(product: Product) -> None:
    """Let a product that waited for its merchant's approval into the shop."""
    if product.state is not ProductState.IN_REVIEW:
        return
    listed = replace(product.moved(ProductState.LISTED), version=product.version + 1)
    try:
        write.commit(listed, product)
    except ChangedMeanwhile:
        return


def _ask_for_everyone(message: Relist) -> None:
    for state in SELLING_STATES:
        cursor: str | None = ""
        while cursor is not None:
            page = merchants.list_merchants(SYSTEM, state, limit=MERCHANTS_AT_ONCE, cursor=cursor)
            _ask([Relist(one.id, is_afresh=message.is_afresh) for one in page.items])
            cursor = page.next_cursor


def _ask(messages: list[Relist]) -> None:
    queues.send(settings().catalog_imports_queue_url, messages)
