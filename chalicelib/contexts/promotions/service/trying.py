"""Trying an offer before it is published. Reads, and writes nothing."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from msgspec import Struct

from chalicelib.aws import reads
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.model.categories import category_id
from chalicelib.contexts.catalog.model.products import Product, ProductState
from chalicelib.contexts.catalog.service import Wish
from chalicelib.contexts.catalog.store import products as catalog_store
from chalicelib.contexts.inventory.model import candidates
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model import trying
from chalicelib.contexts.promotions.model.board import EVERYWHERE, Standing
from chalicelib.contexts.promotions.model.offers import Offer
from chalicelib.contexts.promotions.model.trying import Article, Clash, Past, Simulation, Trial
from chalicelib.contexts.promotions.service import deals, offers
from chalicelib.kernel import clock
from chalicelib.kernel.actors import Actor

SAMPLE_ARTICLES = 4
PRODUCTS_SHOWN = 100
SHIPPING_MINOR = 500
"""What delivery costs in a sample cart."""
NAMES_READ_MAX = 100


class Tried(Struct, frozen=True):
    """What an offer does to a sample cart, and the offers that it has to do with."""

    articles: tuple[Article, ...]
    trial: Trial
    clashes: tuple[Clash, ...]
    beside: tuple[Standing, ...]


def currency_of(actor: Actor) -> str:
    """The currency in which the actor's offers are."""
    merchant_id = offers.maker(actor)
    return merchants.get(merchant_id).currency if merchant_id else settings().currency


def named(actor: Actor, skus: Sequence[str]) -> dict[str, str]:
    """Find the products of variants, by the maker's own codes or in full; sku as given -> product.

    What is unknown is left out. One round trip.
    """
    merchant_id = offers.maker(actor)
    code = merchants.get(merchant_id).code if merchant_id else ""
    tries = {given: candidates(code, given) if code else [given] for given in skus}
    asked = list(dict.fromkeys(sku for found in tries.values() for sku in found))
    rows = reads.batch([catalog_store.sku_key(sku) for sku in asked]) if asked else []
    copies = {sku: catalog_store.sku_of(row) for sku, row in zip(asked, rows, strict=True)}
    found = {}
    for given, skus_tried in tries.items():
        copy = next((one for sku in skus_tried if (one := copies[sku]) is not None), None)
        if copy is not None and merchant_id in {"", copy.merchant_id}:
            found[given] = copy.product_id
    return found


def products(actor: Actor, offer: Offer | None) -> list[Product]:
    """The maker's newest products that are in the shop, and those that an offer names. The platform
    has none of its own. Two round trips at most.
    """
    own: list[Product] = []
    if offers.maker(actor):
        own = catalog.own_products(actor, state=ProductState.LISTED, limit=PRODUCTS_SHOWN).items
    shown = {one.id for one in own}
    wanted = sorted(offer.products - shown)[:NAMES_READ_MAX] if offer else []
    read = catalog_store.many(wanted) if wanted else []
    return [*own, *(one for one in read if one is not None)]


def sample(
    actor: Actor, draft: Standing, own: Sequence[Product], rivals: Sequence[Standing] = ()
) -> Tried:
    """Try an offer on a cart of the maker's own products, those that it names first; `own` are some
    of these. The platform's cart is of what the shop lists.

    `rivals` are coupons that it may meet on a cart; they are on none by themselves.
    """
    now = clock.now()
    beside = _beside(actor)
    offer = draft.offer
    articles = _articles(actor, offer, own)
    basket = trying.sampled(offer, articles, now, SHIPPING_MINOR)
    others = [one.offer for one in beside]
    met = [*beside, *rivals]
    kin = _kin([offer, *(one.offer for one in met if one.offer.lane is offer.lane)])
    return Tried(
        tuple(articles),
        trying.tried(offer, others, basket, now),
        tuple(trying.clashes(offer, met, kin, basket, now)),
        tuple(beside),
    )


def simulate(actor: Actor, draft: Standing, past: Iterable[Past]) -> Simulation:
    """Run an offer over orders of the past, beside what runs now."""
    found = list(past)
    others = [one.offer for one in _beside(actor)]
    return trying.simulated(draft.offer, others, found)


def kin_of_skus(skus: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The categories that variants lie in, their own and those above; those that are gone lie in none."""
    wanted = list(dict.fromkeys(skus))
    rows = reads.batch([catalog_store.sku_key(sku) for sku in wanted]) if wanted else []
    copies = (catalog_store.sku_of(row) for row in rows)
    tree = catalog.categories()
    return {
        sku: tree.ancestors(copy.category_id) if copy is not None else ()
        for sku, copy in zip(wanted, copies, strict=True)
    }


def _beside(actor: Actor) -> list[Standing]:
    """What may run beside an offer of the actor's, now or later. One round trip."""
    merchant_id = offers.maker(actor)
    codes = [merchants.get(merchant_id).code, EVERYWHERE] if merchant_id else [EVERYWHERE]
    rows = reads.batch([store.board_key(code) for code in codes])
    return list(deals.deal_of(rows).standings.values())


def _articles(actor: Actor, offer: Offer, own: Sequence[Product]) -> list[Article]:
    tree = catalog.categories()
    if not offers.maker(actor):
        seller = min(offer.merchants, default="")
        cards = catalog.products(Wish(limit=SAMPLE_ARTICLES, merchant=seller)).decoded()
        return [
            Article(
                one.id,
                one.title,
                one.id,
                one.merchant.id,
                tree.ancestors(category_id(one.category)),
                one.price,
            )
            for one in cards
            if one.price.currency == offer.currency
        ]
    wanted = sorted(_named_products(offer))[:SAMPLE_ARTICLES]
    known = {one.id: one for one in own}
    read = catalog_store.many([one for one in wanted if one not in known])
    known |= {one.id: one for one in read if one is not None}
    first = [known[one] for one in wanted if one in known]
    reached = [
        one
        for one in own
        if not offer.categories.isdisjoint(tree.ancestors(one.content.category_id))
    ]
    chosen = {one.id: one for one in (*first, *reached, *own) if one.is_listed}
    return [
        _article(one, offer, tree.ancestors) for one in islice(chosen.values(), SAMPLE_ARTICLES)
    ]


def _named_products(offer: Offer) -> set[str]:
    """The products that an offer names, those of a bundle's variants among them."""
    skus = [part.sku for part in offer.bundle if part.sku]
    rows = reads.batch([catalog_store.sku_key(sku) for sku in skus]) if skus else []
    copies = [catalog_store.sku_of(row) for row in rows]
    parts = {part.product_id for part in offer.bundle if part.product_id}
    return {*offer.products, *parts, *(one.product_id for one in copies if one is not None)}


def _kin(found: Iterable[Offer]) -> dict[str, tuple[str, ...]]:
    """What lies in what, of all that these offers name. Two round trips where they name goods."""
    tree = catalog.categories()
    all_named = list(found)
    categories = {name for one in all_named for name in one.categories}
    kin = {name: tree.ancestors(name) for name in categories}
    parts = [part for one in all_named for part in one.bundle]
    skus = sorted({part.sku for part in parts if part.sku})[:NAMES_READ_MAX]
    rows = reads.batch([catalog_store.sku_key(sku) for sku in skus]) if skus else []
    for copy in (catalog_store.sku_of(row) for row in rows):
        if copy is not None:
            kin[copy.sku] = (copy.product_id, copy.merchant_id, *tree.ancestors(copy.category_id))
    products = {name for one in all_named for name in one.products}
    products |= {part.product_id for part in parts if part.product_id}
    read = catalog_store.many(sorted(products)[:NAMES_READ_MAX]) if products else []
    for product in read:
        if product is not None:
            kin[product.id] = (product.merchant_id, *tree.ancestors(product.content.category_id))
    return kin


def _article(product: Product, offer: Offer, above: Callable[[str], tuple[str, ...]]) -> Article:
    """One variant of a product: one that the offer names, else the first."""
    named = {part.sku for part in offer.bundle} | {offer.sku}
    variants = product.content.variants
    variant = next((one for one in variants if one.sku in named), variants[0])
    return Article(
        variant.sku,
        product.content.title,
        product.id,
        product.merchant_id,
        above(product.content.category_id),
        variant.price,
    )
