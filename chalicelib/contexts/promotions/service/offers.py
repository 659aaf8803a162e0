"""Making and changing offers. A merchant's are its own; the platform's are the platform's."""

from collections.abc import Callable, Collection
from datetime import datetime

from msgspec import Struct, UnsetType
from msgspec.structs import replace

from chalicelib.aws import idempotency, reads, retries, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog import store as catalog_store
from chalicelib.contexts.catalog.model import SkuCopy
from chalicelib.contexts.inventory.model import candidates
from chalicelib.contexts.members.service import tiers
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model.board import EVERYWHERE, Standing, owner_of, shards_for
from chalicelib.contexts.promotions.model.offers import (
    BPS_ALL,
    Kind,
    Offer,
    OfferUnsound,
    Part,
    require_sound,
)
from chalicelib.contexts.promotions.model.refusals import NoOffer, OfferChanged
from chalicelib.contexts.promotions.model.wishes import CampaignWish, OfferWish, offered
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor, ActorKind
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX, Page

PAGES_MAX = 4
DRAFT = "off_draft"
"""The id of an offer that is not stored yet."""


class Seller(Struct, frozen=True):
    """Whose offers are made: a merchant, or the platform with an id of ""."""

    id: str
    code: str
    currency: str


def create(
    actor: Actor,
    wish: OfferWish,
    *,
    key: IdempotencyKey | None = None,
    seal: Callable[[Standing], idempotency.Answer] | None = None,
) -> Standing:
    """Make an offer of the actor's merchant, or of the platform. In force at the next call.

    Refuses `promotions.offer_unsound`, `promotions.too_many_offers`.
    """
    seller = _seller(actor)
    offer, gift = _made(wish, None, ids.new("off"), seller)
    now = clock.now()
    standing = Standing(
        offer,
        created_at=clock.iso(now),
        gift=gift,
        shards=shards_for(offer.quota),
        is_stopped=wish.is_stopped is True,
        budget=_budget(wish, None),
    )
    for attempt in range(retries.ROUNDS_MAX):
        writes = store.post(store.board(seller.code), standing, now)
        if key is not None and seal is not None:
            writes.insert(0, key.record(offer.id, seal(standing)))
        try:
            transact.commit(writes)
        except OfferChanged:
            retries.pause(attempt)
        else:
            return standing
    raise OfferChanged


def change(actor: Actor, offer_id: str, wish: OfferWish) -> Standing:
    """Change an offer, or stop it and let it run again. In force at the next call; what is placed
    keeps what it was placed with.

    Refuses as `create` does, `promotions.no_such_offer` and `promotions.quota_below_used`.
    """
    seller = _seller(actor)
    for attempt in range(retries.ROUNDS_MAX):
        former = one(actor, offer_id)
        offer, gift = _made(wish, former, offer_id, seller)
        stopped = former.is_stopped if wish.is_stopped not in (True, False) else wish.is_stopped
        made = replace(
            former,
            offer=offer,
            gift=gift,
            is_stopped=bool(stopped),
            budget=_budget(wish, former),
            version=former.version + 1,
        )
        quotas = store.quota_rows(former) if offer.quota != former.offer.quota else []
        if not quotas:
            made = replace(made, shards=max(former.shards, shards_for(offer.quota)))
        try:
            transact.commit(
                store.change(store.board(seller.code), former, made, quotas, clock.now())
            )
        except OfferChanged:
            retries.pause(attempt)
        else:
            return made
    raise OfferChanged


def share(actor: Actor, merchant_id: str, offer_id: str, platform_bps: int) -> Standing:
    """Let the platform pay a part (in ten-thousandths) of what a merchant's offer takes off from now on;
    what is placed keeps who pays for it. For the platform alone.

    Refuses `promotions.no_such_offer`, `promotions.offer_unsound`.
    """
    actor.as_platform()
    merchant = merchants.get(merchant_id)
    for attempt in range(retries.ROUNDS_MAX):
        former = store.standing(merchant.id, offer_id)
        if former is None:
            raise NoOffer
        offer = replace(former.offer, merchant_bps=BPS_ALL - platform_bps)
        require_sound(offer, currency=merchant.currency)
        made = replace(former, offer=offer, version=former.version + 1)
        try:
            transact.commit(store.change(store.board(merchant.code), former, made, [], clock.now()))
        except OfferChanged:
            retries.pause(attempt)
        else:
            return made
    raise OfferChanged


def coupon_offer(actor: Actor, wish: CampaignWish, campaign_id: str) -> Offer:
    """Make what the coupons of a campaign do. Refuses `promotions.offer_unsound`."""
    seller = _seller(actor)
    coupon = replace(wish.coupon, starts_at=wish.starts_at, ends_at=wish.ends_at)
    return offered(
        _with_known_names(coupon, seller.id),
        None,
        offer_id=campaign_id,
        merchant_id=seller.id,
        currency=seller.currency,
        is_coupon=True,
    )


def drafted(actor: Actor, wish: OfferWish, former: Standing | None = None) -> Standing:
    """Make the offer that is asked for as `create` and `change` would, and store nothing.

    Refuses as they do what is unsound.
    """
    offer, gift = _made(wish, former, former.offer.id if former else DRAFT, _seller(actor))
    created_at = former.created_at if former else clock.iso(clock.now())
    return Standing(offer, created_at=created_at, gift=gift)


def one(actor: Actor, offer_id: str) -> Standing:
    """Read an offer of the actor's. Refuses `promotions.no_such_offer`."""
    found = store.standing(owner_of(maker(actor)), offer_id)
    if found is None:
        raise NoOffer
    return found


def offers(actor: Actor, *, limit: int = PAGE_SIZE, cursor: str = "") -> Page[Standing]:
    """List the actor's offers, newest first, ended ones too."""
    page = store.standings(owner_of(maker(actor)), limit, cursor)
    return Page([row.standing for row in page.items], page.next_cursor)


def listed(actor: Actor, state: str, *, limit: int = PAGE_SIZE, cursor: str = "") -> Page[Standing]:
    """List the actor's offers of one state, newest first; all of them where no state is named.

    A state follows from the time, so pages are looked through as far as `PAGES_MAX` reach; a page
    holds whole pages' finds, perhaps fewer than `limit` with more to come.
    """
    if not state:
        return offers(actor, limit=limit, cursor=cursor)
    found: list[Standing] = []
    now = clock.now()
    for _ in range(PAGES_MAX):
        page = offers(actor, limit=PAGE_SIZE_MAX, cursor=cursor)
        found += [one for one in page.items if one.state(now) == state]
        cursor = page.next_cursor or ""
        if len(found) >= limit or not cursor:
            break
    return Page(found, cursor or None)


def between(actor: Actor, start: datetime, end: datetime) -> list[Standing]:
    """List the actor's offers whose time is partly in this one, the first to begin first: all that may
    still run, and those among the newest that are over.
    """
    found = {one.offer.id: one for one in store.board(_seller(actor).code).standings}
    cursor = ""
    for _ in range(PAGES_MAX):
        page = offers(actor, limit=PAGE_SIZE_MAX, cursor=cursor)
        found |= {one.offer.id: one for one in page.items}
        cursor = page.next_cursor or ""
        if not cursor:
            break
    within = (
        one for one in found.values() if one.offer.starts_at < end and start < one.offer.ends_at
    )
    return sorted(within, key=lambda one: (one.offer.starts_at, one.offer.id))


def used_of(standings: Collection[Standing]) -> dict[str, int]:
    """Count what is used of quotas: offer -> units or purchases; those without a quota are left
    out. One round trip a hundred rows.
    """
    limited = [one for one in standings if one.offer.quota is not None]
    keys = [store.quota_key(one.offer.id, shard) for one in limited for shard in range(one.shards)]
    rows = iter(reads.batch(keys)) if keys else iter(())
    used: dict[str, int] = {}
    for standing in limited:
        parts = [next(rows) for _ in range(standing.shards)]
        used[standing.offer.id] = sum(int(row.used) for row in parts if row is not None)
    return used


def maker(actor: Actor) -> str:
    """Whose offers an actor makes: a merchant's id, or "" for the platform's people."""
    if actor.kind in {ActorKind.PLATFORM, ActorKind.SYSTEM}:
        return ""
    return actor.for_merchant()


def _seller(actor: Actor) -> Seller:
    merchant_id = maker(actor)
    if not merchant_id:
        return Seller("", EVERYWHERE, settings().currency)
    merchant = merchants.get(merchant_id)
    return Seller(merchant.id, merchant.code, merchant.currency)


def _made(
    wish: OfferWish, former: Standing | None, offer_id: str, seller: Seller
) -> tuple[Offer, SkuCopy | None]:
    """Make the offer that is asked for, and find the variant that it gives."""
    base = former.offer if former else None
    made = offered(
        _with_known_names(wish, seller.id),
        base,
        offer_id=offer_id,
        merchant_id=seller.id,
        currency=seller.currency,
    )
    if made.kind is Kind.BUNDLE and (base is None or made.bundle != base.bundle):
        made = replace(made, bundle=_own_parts(seller, made.bundle))
    if made.kind is not Kind.GIFT:
        return made, None
    if former is not None and base is not None and made.sku == base.sku:
        return made, former.gift
    gift = _own_variant(seller, made.sku)
    return replace(made, sku=gift.sku), gift


def _budget(wish: OfferWish, former: Standing | None) -> int | None:
    if isinstance(wish.budget, UnsetType):
        return former.budget if former else None
    return wish.budget.amount if wish.budget else None


def _with_known_names(wish: OfferWish, merchant_id: str) -> OfferWish:
    """Require that what a wish names is there, and the merchant's own; categories become ids."""
    errors: list[FieldError] = []
    if isinstance(wish.tiers, Collection):
        errors += _unknown_tiers(wish.tiers)
    if isinstance(wish.products, Collection) and wish.products:
        errors += _unknown_products(list(wish.products), merchant_id)
    if isinstance(wish.merchants, Collection) and wish.merchants and not merchant_id:
        unknown = sorted({*wish.merchants} - set(merchants.many(wish.merchants)))
        errors += [FieldError("merchants", "unknown", f"There is no {one}") for one in unknown]
    if isinstance(wish.categories, Collection) and wish.categories:
        tree = catalog.categories()
        found = [tree.find(name) for name in wish.categories]
        errors += [
            FieldError(f"categories.{place}", "unknown", "There is no such category")
            for place, category in enumerate(found)
            if category is None
        ]
        wish = replace(wish, categories=[one.id for one in found if one is not None])
    if errors:
        raise OfferUnsound(errors=errors)
    return wish


def _unknown_tiers(named: Collection[str]) -> list[FieldError]:
    unknown = sorted({*named} - {tier.code for tier in tiers.ladder()})
    told = ", ".join(unknown)[:200]
    return [FieldError("audience.tiers", "unknown", f"There is no tier {told}")] if unknown else []


def _unknown_products(products: list[str], merchant_id: str) -> list[FieldError]:
    rows = reads.batch([catalog_store.product_key(product) for product in products])
    return [
        FieldError(f"products.{place}", "unknown", "There is no such product of yours")
        for place, row in enumerate(rows)
        if row is None or (merchant_id and row.merchant_id != merchant_id)
    ]


def _own_parts(seller: Seller, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Name a bundle's variants in full. Refuses what the seller does not sell."""
    names = [part.product_id for part in parts]
    unknown = {error.field for error in _unknown_products([one for one in names if one], seller.id)}
    if unknown:
        detail = "There is no such product of yours"
        raise OfferUnsound(errors=[FieldError("value.parts", "unknown", detail)])
    return tuple(
        replace(part, sku=_own_variant(seller, part.sku, "value.parts").sku) if part.sku else part
        for part in parts
    )


def _own_variant(seller: Seller, given: str, field: str = "value.sku") -> SkuCopy:
    skus = candidates(seller.code, given)
    rows = reads.batch([catalog_store.sku_key(sku) for sku in skus]) if skus else []
    copies = [catalog_store.sku_of(row) for row in rows]
    found = next((one for one in copies if one is not None), None)
    if found is None:
        raise OfferUnsound(errors=[FieldError(field, "unknown", "You sell no such variant")])
    return found
