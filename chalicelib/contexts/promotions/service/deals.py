"""What carts ask of promotions: which offers there are, and how their limits stand."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from chalicelib.aws import reads, secrets
from chalicelib.aws.reads import Key
from chalicelib.aws.transact import Write
from chalicelib.contexts.members.service import points
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model.board import codes_in
from chalicelib.contexts.promotions.model.deals import STRANGER, CartCoupon, Deal, Patron
from chalicelib.contexts.promotions.model.shelf import Line
from chalicelib.contexts.promotions.model.taxes import TaxTable
from chalicelib.contexts.promotions.model.uses import Count, Use, Uses, UsesState
from chalicelib.kernel import clock

GUEST = "guest"
NAME_LENGTH = 40


def board_keys(skus: Iterable[str]) -> list[Key]:
    """Where the offers for these skus lie, to be read with other rows."""
    return [store.board_key(code) for code in codes_in(skus)]


def coupon_keys(coupons: Mapping[str, str]) -> list[Key]:
    """Where the coupons on a cart lie (code -> holder), to be read with other rows."""
    return [
        store.coupon_key(holder, code) if holder else store.code_key(code)
        for code, holder in coupons.items()
    ]


def deal_of(
    rows: Iterable[Any],
    coupons: Mapping[str, str] | None = None,
    coupon_rows: Iterable[Any] = (),
    patron: Patron = STRANGER,
    taxes: TaxTable | None = None,
) -> Deal:
    """Make the deal of this moment out of the rows that `board_keys` and `coupon_keys` name."""
    standings = [one for row in rows if row is not None for one in row.standings]
    on_cart = zip((coupons or {}).items(), coupon_rows, strict=True)
    found = [_on_cart(code, holder, row) for (code, holder), row in on_cart]
    return Deal(standings, clock.now(), coupons=found, patron=patron, taxes=taxes)


def find_coupon(code: str, holders: Iterable[str]) -> CartCoupon | None:
    """Find a coupon that one of these holds, the first before the others; "" is anybody. One round
    trip; None where there is none.
    """
    whose = list(dict.fromkeys(holders))
    keys = [key for holder in whose for key in coupon_keys({code: holder})]
    rows = reads.batch(keys)
    found = (
        _on_cart(code, holder, row)
        for holder, row in zip(whose, rows, strict=True)
        if row is not None
    )
    return next(found, None)


def taken(uses: Uses) -> list[Write]:
    """Contribute what a new purchase uses. Refuses `promotions.limit_reached`,
    `promotions.coupon_used`, `promotions.coupon_expired`, `members.points_short`.
    """
    return [*store.take(uses), *_spent(uses, uses.items)]


def taken_again(uses: Uses | None, merchant_ids: Collection[str]) -> list[Write]:
    """Contribute that a purchase uses again what it gave back of these merchants' offers, for money
    that came late. Refuses as `taken` does.
    """
    moved = uses.standing(UsesState.RETURNED, merchant_ids) if uses else ()
    return [*store.take_again(uses, merchant_ids), *(_spent(uses, moved) if uses else ())]


def given_back(
    uses: Uses | None, merchant_ids: Collection[str] | None = None, *, is_paid: bool = False
) -> list[Write]:
    """Contribute that a purchase does not use its offers: all of them, or some merchants'. A coupon
    that is gone with its member does not come back.

    Points come back, too; those of one that `is_paid` come with its refunds.
    """
    moved = uses.standing(UsesState.TAKEN, merchant_ids) if uses else ()
    if uses is None or not moved:
        return []
    spent, holder = (0, "") if is_paid else _points_in(moved)
    keys = [store.coupon_key(use.holder, use.code) for use in moved if use.code]
    keys += [points.place_of(holder)] if spent else []
    rows = reads.batch(keys) if keys else []
    account = rows.pop() if spent else None
    known = {row.sk.removeprefix("COUPON#") for row in rows if row is not None}
    writes = store.give_back(uses, moved, known)
    if account is not None:
        writes += points.given_back(holder, spent, uses.purchase_id)
    return writes


def _spent(uses: Uses, items: Iterable[Use]) -> list[Write]:
    spent, holder = _points_in(items)
    return points.spent(holder, spent, uses.purchase_id) if spent else []


def _points_in(items: Iterable[Use]) -> tuple[int, str]:
    """The points among uses, and whose they are."""
    found = [use for use in items if use.is_points]
    return sum(use.units for use in found), found[0].holder if found else ""


def _on_cart(code: str, holder: str, row: Any) -> CartCoupon:
    if row is None:
        return CartCoupon(code, holder)
    if holder:
        coupon = store.coupon_of(row)
        assert coupon is not None, "its row is there"
        return CartCoupon(code, holder, coupon.campaign_id, coupon.offer, coupon.state)
    campaign = row.campaign
    offer = None if campaign.is_stopped else campaign.shared_offer()
    return CartCoupon(code, "", campaign.id, offer, shards=campaign.shards)


def counted(deal: Deal, lines: Sequence[Line], who: str) -> Deal:
    """Look up how the limits stand of the offers that are about these lines.

    One round trip, none where no offer is limited. `who` is the shopper, "" where nobody knows.
    """
    limited = deal.limited(lines)
    quotas = {
        one.offer.id: range(one.shards) if one.offer.quota is not None else range(0)
        for one in limited
    }
    members = [one.offer.id for one in limited if who and one.offer.per_member is not None]
    keys = [store.quota_key(offer, shard) for offer, shards in quotas.items() for shard in shards]
    keys += [store.had_key(who, offer) for offer in members]
    if not keys:
        return deal
    rows = iter(reads.batch(keys))
    left = {
        offer: tuple(int(row.left) if (row := next(rows)) else 0 for _ in shards)
        for offer, shards in quotas.items()
    }
    had = {offer: store.had_of(next(rows)) for offer in members}
    return deal.with_counts({offer: Count(left[offer], had.get(offer, 0)) for offer in quotas})


def shopper_named(member_id: str, email: str) -> str:
    """Who a shopper is to limits: the member, or for guests a keyed hash of the address, which
    tells nobody whose it is.
    """
    return member_id or f"{GUEST}#{secrets.sign('shopper', email.strip().casefold())[:40]}"
