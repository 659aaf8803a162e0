"""What offers are limited to, what purchases use of them, and which offers carts see."""

from collections import Counter
from collections.abc import Iterable

from chalicelib.contexts.orders.facts import PurchasePaid, RefundRequested
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.promotions.facts import CouponIssued, CouponsIssued
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.campaigns import ANYBODY, CouponState
from chalicelib.contexts.promotions.model.issues import IssueState
from chalicelib.contexts.promotions.model.statistics import (
    NOTHING,
    Counted,
    Figures,
    figures,
    of_campaigns,
    places,
)
from chalicelib.contexts.promotions.model.uses import Use, Uses, UsesState
from chalicelib.contexts.promotions.workers import returned, sold
from infra.doctor.registry import Found, invariant
from infra.doctor.rows import Row
from infra.doctor.whole import Whole

OVER = {OrderState.CANCELLED, OrderState.EXPIRED}


@invariant("offers.quota_is_never_passed", adds_up=True)
def quota_is_never_passed(whole: Whole) -> Found:
    """What is left of a quota and what is used are together the quota, and neither is negative."""
    sums: Counter[str] = Counter()
    for row in whole.of_kind("promotions", "QUOTA"):
        if row.left < 0 or row.used < 0:
            yield row.subject, f"{row.left} are left and {row.used} used in {row.sk}"
        sums[row.subject] += row.left + row.used
    for offer_id, standing in _records(whole).items():
        quota = standing.offer.quota
        if quota is not None and sums[offer_id] != quota:
            yield offer_id, f"its quota is {quota}, and its rows come to {sums[offer_id]}"
    for row in whole.of_kind("promotions", "CAMPAIGN"):
        if sums[row.subject] != row.campaign.quantity:
            said = row.campaign.quantity
            yield row.subject, f"it has {said} coupons, and its rows come to {sums[row.subject]}"


@invariant("offers.quota_is_what_purchases_use", adds_up=True)
def quota_is_what_purchases_use(whole: Whole) -> Found:
    """What is used of a quota is what purchases use that were not called off."""
    used: Counter[tuple[str, str]] = Counter()
    for _, use in _taken(whole):
        for shard, units in use.parts:
            used[use.offer_id, f"LEFT#{shard}"] += units
    claimed = {row.subject for row in whole.of_kind("promotions", "CAMPAIGN")} - _codes(whole)
    for row in whole.of_kind("promotions", "QUOTA"):
        rest = row.used - used.pop((row.subject, row.sk), 0)
        if rest and row.subject not in claimed:
            yield row.subject, f"{row.sk} says {rest} more than purchases use"
    for (offer_id, shard), units in used.items():
        yield offer_id, f"{units} are used of {shard}, which there is not"


@invariant("offers.shopper_has_what_purchases_use", adds_up=True)
def shopper_has_what_purchases_use(whole: Whole) -> Found:
    """What one shopper had of an offer is what that shopper's purchases use, and at most its limit."""
    had: Counter[tuple[str, str]] = Counter()
    for uses, use in _taken(whole):
        if use.most is not None:
            had[uses.who, use.offer_id] += use.units
            if use.units > use.most:
                yield uses.purchase_id, f"it uses {use.units} of {use.offer_id}, at most {use.most}"
    for row in whole.of_kind("promotions", "HAD"):
        rest = row.used - had.pop((row.subject, row.sk.removeprefix("OFFER#")), 0)
        if rest:
            yield row.subject, f"{row.sk} says {rest} more than purchases use"
    for (who, offer_id), units in had.items():
        yield who, f"{units} were had of {offer_id}, and nobody counted"


@invariant("coupons.are_what_was_issued", adds_up=True)
def are_what_was_issued(whole: Whole) -> Found:
    """As many coupons of a campaign are gone as members claimed or codes were made, less those taken back,
    and no member claimed too many.
    """
    had: Counter[tuple[str, str]] = Counter()
    for fact in whole.told(CouponIssued):
        had[fact.member_id, fact.campaign_id] += 1
    issued = _given(whole)
    gone: Counter[str] = Counter()
    for row in whole.of_kind("promotions", "QUOTA"):
        gone[row.subject] += row.used
    codes = _codes(whole)
    for row in whole.of_kind("promotions", "CAMPAIGN"):
        campaign = row.campaign
        if campaign.id not in codes and gone[campaign.id] != issued[campaign.id]:
            yield campaign.id, f"{gone[campaign.id]} are gone, {issued[campaign.id]} were given"
        for (member_id, campaign_id), units in had.items():
            if campaign_id == campaign.id and units > campaign.per_member:
                yield member_id, f"{units} of {campaign_id} were given"


@invariant("coupons.are_handed_out_once", adds_up=True)
def are_handed_out_once(whole: Whole) -> Found:
    """An issue gave each member one coupon at most, says how many it gave and took back, and is done when
    all of its chunks are.
    """
    got: Counter[tuple[str, str]] = Counter()
    for fact in whole.told(CouponsIssued):
        got.update((fact.issue_id, one.member_id) for one in fact.coupons)
    for (issue_id, member_id), units in got.items():
        if units > 1:
            yield issue_id, f"{member_id} got {units} coupons of it"
    given, rest = Counter(issue_id for issue_id, _ in got), Counter[str]()
    open_shards: Counter[str] = Counter()
    for row in whole.of_kind("promotions", "ISSUE_SHARD"):
        rest[row.subject] += row.issued + row.taken_back
        open_shards[row.subject] += row.chunks != row.chunks_done or not row.is_planned
    for row in whole.of_kind("promotions", "ISSUE"):
        said = rest[row.subject]
        if said != given[row.subject]:
            yield (
                row.subject,
                f"it says that it gave {said} coupons, and told of {given[row.subject]}",
            )
        if row.state == IssueState.DONE and open_shards[row.subject]:
            yield row.subject, f"it is done, and {open_shards[row.subject]} of its shards are not"


@invariant("coupons.used_by_their_purchase")
def used_by_their_purchase(whole: Whole) -> Found:
    """A coupon is used by the purchase that says so, and by no other; else it is held."""
    users = {(use.holder, use.code): uses.purchase_id for uses, use in _taken(whole) if use.code}
    for row in whole.of_kind("promotions", "COUPON"):
        user = users.get((row.coupon.member_id, row.coupon.code), "")
        if (row.purchase_id, row.state == CouponState.USED) != (user, bool(user)):
            yield row.coupon.id, f"it is {row.state} by {row.purchase_id!r}, and {user!r} uses it"


@invariant("offers.uses_follow_orders")
def uses_follow_orders(whole: Whole) -> Found:
    """A purchase uses an offer as long as an order lives that it is for, and no longer."""
    for uses in _all_uses(whole):
        orders = whole.orders_of.get(uses.purchase_id, [])
        for use in uses.items:
            own = [one for one in orders if use.merchant_id in {"", one.merchant.id}]
            lives = any(order.state not in OVER for order in own)
            if lives is not (use.state is UsesState.TAKEN):
                yield (
                    uses.purchase_id,
                    f"{use.offer_id} is {use.state}, and an order lives: {lives}",
                )


@invariant("offers.board_shows_what_may_run")
def board_shows_what_may_run(whole: Whole) -> Found:
    """A board has every offer of its owner that may run, as it was last said."""
    shown: dict[str, Standing] = {}
    for row in whole.of_kind("promotions", "BOARD"):
        shown |= {one.offer.id: one for one in row.standings}
    records = _records(whole)
    for offer_id, standing in records.items():
        if standing.may_run(whole.now) and shown.get(offer_id) != standing:
            yield offer_id, "it may run, and its board does not have it so"
    for offer_id, standing in shown.items():
        if standing != records.get(offer_id):
            yield offer_id, "its board has it otherwise than it was last said"


@invariant("offers.sales_are_counted")
def sales_are_counted(whole: Whole) -> Found:
    """What was paid with offers, and what went back, is known to their statistics."""
    known = _counted(whole)
    uses = {one.purchase_id: one for one in _all_uses(whole)}
    for paid in whole.told(PurchasePaid):
        lines = of_campaigns(sold(paid), uses.get(paid.purchase_id))
        if lines and whole.is_handled(paid):
            counted = known.get(paid.purchase_id)
            if counted is None or counted.lines != lines:
                yield paid.purchase_id, "its offers are not counted as it was paid"
    for back in whole.told(RefundRequested):
        units = set(returned(back))
        if units and whole.is_handled(back):
            counted = known.get(back.purchase_id)
            if counted is None or not units.issubset(counted.returned):
                yield back.purchase_id, f"the units of {back.refund.id} are not counted"


@invariant("offers.figures_are_what_was_counted", adds_up=True)
def figures_are_what_was_counted(whole: Whole) -> Found:
    """An offer's figures of a day are those of the purchases that were paid on it, and a campaign's
    altogether those of all that used it.
    """
    sums: dict[tuple[str, str], Figures] = {}
    for counted in _counted(whole).values():
        for offer_id, one in figures(counted).items():
            for place in places(offer_id, counted.day):
                sums[offer_id, place] = sums.get((offer_id, place), NOTHING) + one
    for row in whole.of_kind("promotions", "TALLY"):
        rest = _figures(row) - sums.pop((row.subject, row.sk), NOTHING)
        if rest:
            yield row.subject, f"{row.sk} is off by {rest}"
    for (offer_id, place), one in sums.items():
        yield offer_id, f"{one} of {place} are in no row"


def _counted(whole: Whole) -> dict[str, Counted]:
    return {row.subject: row.counted for row in whole.of_kind("promotions", "COUNTED")}


def _figures(row: Row) -> Figures:
    return Figures(**{name: int(getattr(row, name)) for name in Figures.__struct_fields__})


def _records(whole: Whole) -> dict[str, Standing]:
    return {row.standing.offer.id: row.standing for row in whole.of_kind("promotions", "OFFER")}


def _all_uses(whole: Whole) -> Iterable[Uses]:
    rows: Iterable[Row] = whole.of_kind("promotions", "USES")
    return [row.uses for row in rows]


def _given(whole: Whole) -> Counter[str]:
    """How many coupons of each campaign were claimed, given on an occasion, made as codes, or handed out and
    not taken back.
    """
    given: Counter[str] = Counter()
    for fact in whole.told(CouponIssued):
        given[fact.campaign_id] += 1
    for row in whole.of_kind("promotions", "COUPON"):
        given[row.coupon.campaign_id] += row.coupon.member_id == ANYBODY
    for handed in whole.told(CouponsIssued):
        given[handed.campaign_id] += len(handed.coupons)
    campaign_of = {
        row.subject: row.issue.campaign_id for row in whole.of_kind("promotions", "ISSUE")
    }
    for row in whole.of_kind("promotions", "ISSUE_SHARD"):
        given[campaign_of.get(row.subject, "")] -= row.taken_back
    return given


def _codes(whole: Whole) -> set[str]:
    """The campaigns that have a code, of which nobody claims."""
    return {row.campaign.id for row in whole.of_kind("promotions", "CAMPAIGN") if row.campaign.code}


def _taken(whole: Whole) -> Iterable[tuple[Uses, Use]]:
    return [(uses, use) for uses in _all_uses(whole) for use in uses.standing(UsesState.TAKEN)]
