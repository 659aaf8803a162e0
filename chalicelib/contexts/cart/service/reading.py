"""Opening a cart, and pricing it as it would be bought now."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import reads, secrets
from chalicelib.aws.reads import Key
from chalicelib.aws.settings import settings
from chalicelib.contexts.cart import store
from chalicelib.contexts.cart.model import (
    Cart,
    Delivery,
    DeliveryNotOffered,
    NoCart,
    PricedCart,
    at_deal,
    delivered_by,
    price,
)
from chalicelib.contexts.cart.model import counted as at_counts
from chalicelib.contexts.catalog import SkuCopy
from chalicelib.contexts.catalog import store as catalog
from chalicelib.contexts.catalog.service import categories
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.members.service import points, tiers
from chalicelib.contexts.merchants import store as merchants
from chalicelib.contexts.merchants.model import Merchant
from chalicelib.contexts.promotions import store as promotions
from chalicelib.contexts.promotions.model.deals import Deal, Patron
from chalicelib.contexts.promotions.service import allowances, deals, taxes
from chalicelib.contexts.shipping.model import NoDelivery, delivery_options


class About(Struct, frozen=True):
    """What was read about a cart's lines: variants, what is left of them, merchants, offers."""

    skus: dict[str, SkuCopy | None]
    stock: dict[str, int]
    sellers: dict[str, Merchant | None]
    deal: Deal


def token_of(cart_id: str) -> str:
    """The token that opens a cart, the same at every repeat."""
    return secrets.token_for(cart_id)


def look(cart_id: str, token: str, *, bearer: str = "", member_id: str = "") -> PricedCart:
    """Price a cart as it would be bought now, by the member `member_id` or whoever `bearer` names. Two
    round trips, three where an offer for what is in it is limited. Refuses `cart.not_found`.
    """
    cart = opened(cart_id, token, bearer, member_id)
    return delivered(cart, counted(price_now(cart)))


def place_of(cart_id: str, token: str) -> Key:
    """Where a cart lies, for reading it together with other rows. Refuses `cart.not_found`."""
    return key_of(cart_id, token)


def price_now(cart: Cart, *, with_stock: bool = True) -> PricedCart:
    """Read what a cart's lines cost and whether they are for sale. One round trip.

    Without `with_stock` every line counts as available: a checkout leaves that to its conditions.
    """
    about = read_about(cart, list(cart.lines), with_stock=with_stock)
    if not with_stock:
        stock = {sku: line.quantity for sku, line in cart.lines.items()}
        about = replace(about, stock=stock)
    return price_by(cart, about)


def price_by(cart: Cart, about: About) -> PricedCart:
    """Price a cart by what was read about its lines. No round trip, but for a category tree that is
    not kept where an offer names categories.
    """
    priced = price(cart, about.skus, about.stock, about.sellers, settings().currency)
    deal = about.deal.in_currency(priced.currency, settings().currency)
    if deal.is_empty:
        return replace(priced, deal=deal)
    return at_deal(priced, deal, categories().ancestors if deal.names_categories else _alone)


def counted(priced: PricedCart, who: str = "") -> PricedCart:
    """Price a cart by what is left of the limited offers in it. One round trip, none where nothing
    in it is limited. `who` is whose limits count: the member's who looks, where nobody says.
    """
    if priced.basket is None:
        return priced
    deal = deals.counted(priced.deal, priced.basket.lines, who or priced.deal.patron.member_id)
    return priced if deal is priced.deal else at_counts(priced, deal)


def delivery_for(priced: PricedCart, country: str, region: str = "") -> Sequence[Delivery]:
    """List the ways to deliver that every merchant of the cart offers there, `standard` first, as
    offers and taxes leave them.
    """
    goods = priced.goods_by_merchant
    sellers = [priced.merchants[merchant_id] for merchant_id in goods]
    options = delivery_options(sellers, goods, country)
    return [delivered_by(priced, option, (country, region)) for option in options]


def chosen(options: Sequence[Delivery], delivery_method: str) -> Delivery:
    """Find the chosen way to deliver. Refuses `cart.delivery_not_offered`."""
    found = next((option for option in options if option.id == delivery_method), None)
    if found is None:
        raise DeliveryNotOffered
    return found


def delivered(cart: Cart, priced: PricedCart) -> PricedCart:
    """Add what delivery costs, where a quote said where to and how. No round trip."""
    known = all(merchant_id in priced.merchants for merchant_id in priced.goods_by_merchant)
    if cart.delivery is None or not priced.selected or not known:
        return priced
    try:
        options = delivery_for(priced, cart.delivery.country, cart.delivery.region)
        delivery = chosen(options, cart.delivery.method)
    except (NoDelivery, DeliveryNotOffered):
        return priced
    totals = delivery.totals_of(priced)
    return replace(priced, delivered=totals, delivery_adjustments=delivery.adjustments)


def read_about(cart: Cart, skus: Sequence[str], *, with_stock: bool) -> About:
    """Read variants, what is left of them, the merchants of the cart's lines, and what is on offer, at
    once.
    """
    sellers = cart.merchant_ids
    boards = deals.board_keys(skus) if skus else []
    coupons = cart.coupons if skus else {}
    keys = [catalog.sku_key(sku) for sku in skus]
    keys += [merchants.merchant_key(merchant_id) for merchant_id in sellers]
    keys += boards
    keys += deals.coupon_keys(coupons)
    keys += [promotions.taxes_key()] if skus else []
    is_known = bool(cart.looker and skus)
    keys += [points.place_of(cart.looker), allowances.place_of(cart.looker)] if is_known else []
    keys += inventory.level_keys(skus) if with_stock else []
    rows = iter(reads.batch(keys)) if keys else iter(())
    copies = {sku: catalog.sku_of(next(rows)) for sku in skus}
    found = {merchant_id: next(rows) for merchant_id in sellers}
    on_offer = [next(rows) for _ in boards]
    on_cart = [next(rows) for _ in coupons]
    table = taxes.table_in(next(rows)) if skus else None
    patron = _patron(cart, next(rows), next(rows)) if is_known else Patron(channel=cart.channel)
    deal = deals.deal_of(on_offer, coupons, on_cart, patron, table)
    stock = inventory.levels(skus, [next(rows) for _ in skus]) if with_stock else {}
    known = {key: merchants.merchant_of(row) if row else None for key, row in found.items()}
    return About(copies, stock, known, deal)


def opened(cart_id: str, token: str, bearer: str, member_id: str = "") -> Cart:
    """Read a cart that this token opens, looked at by the member `member_id` or whoever `bearer`
    names. Refuses `cart.not_found`.
    """
    place = key_of(cart_id, token)
    if bearer:
        row, session = reads.batch([place, identity.member_place(bearer)])
        member_id = identity.member_in(session).id
    else:
        row = reads.get(store.CartItem, place.pk, place.sk)
    cart = store.cart_of(row)
    if cart is None:
        raise NoCart
    return replace(cart, looker=member_id)


def key_of(cart_id: str, token: str) -> Key:
    """Where a cart lies that this token opens. Refuses `cart.not_found`."""
    if not secrets.token_fits(cart_id, token):
        raise NoCart
    return store.cart_key(cart_id)


def read(cart_id: str) -> Cart | None:
    """Read a cart by its id alone; None when it is gone."""
    place = store.cart_key(cart_id)
    return store.cart_of(reads.get(store.CartItem, place.pk, place.sk))


def _patron(cart: Cart, account: Any, deliveries: Any) -> Patron:
    """What the rows of an account say of the member who looks at a cart."""
    loyalty = points.loyalty_in(account)
    tier = tiers.tier_in(loyalty)
    return Patron(
        cart.looker,
        tier.code,
        not loyalty.orders,
        loyalty.balance,
        cart.points_wished,
        settings().points_spend_bps,
        allowances.allowance(tier),
        allowances.had_in(deliveries),
        cart.channel,
    )


def _alone(category_id: str) -> tuple[str, ...]:
    return (category_id,)
