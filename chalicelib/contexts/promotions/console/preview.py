"""What an offer does to a sample cart, as the console shows it."""

from collections.abc import Sequence

from msgspec import Struct

from chalicelib.contexts.promotions.console import words as said
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.campaigns import is_campaign
from chalicelib.contexts.promotions.model.offers import Kind, Lane
from chalicelib.contexts.promotions.model.quotes import Adjustment
from chalicelib.contexts.promotions.model.reasons import Reason
from chalicelib.contexts.promotions.model.trying import Clash, Simulation
from chalicelib.contexts.promotions.pages.reasons import sentence
from chalicelib.contexts.promotions.service.trying import Tried
from chalicelib.kernel import clock
from chalicelib.kernel.money import Money
from chalicelib.web.i18n import N_, PriceView, TimeView, Words

OFFERS, CAMPAIGNS = "/console/offers", "/console/campaigns"


class OffView(Struct, frozen=True):
    """What one offer takes off; `is_this` tells the one that is being made."""

    title: str
    amount: PriceView
    is_this: bool


class SampleLineView(Struct, frozen=True):
    title: str
    sku: str
    quantity: int
    before: PriceView
    offs: list[OffView]
    total: PriceView


class ClashView(Struct, frozen=True):
    """Another offer that meets this one, and what then happens."""

    href: str
    title: str
    takes: str
    starts_at: TimeView
    ends_at: TimeView
    outcome: str
    do_combine: bool


class PreviewView(Struct, frozen=True, kw_only=True):
    """`hint` stands alone where there is nothing to show yet."""

    hint: str = ""
    sentence: str = ""
    lines: list[SampleLineView] = []
    delivery: SampleLineView | None = None
    gifts: list[str] = []
    without: PriceView | None = None
    total: PriceView | None = None
    saved: PriceView | None = None
    applies: bool = False
    is_coupon: bool = False
    clashes: list[ClashView] = []


class TouchedView(Struct, frozen=True):
    href: str
    number: str
    at: TimeView
    payable: PriceView
    off: PriceView
    minor: int


class SimulationView(Struct, frozen=True):
    """`most` is the largest amount of a row, in minor units, for its bar."""

    summary: str
    rows: list[TouchedView]
    most: int


def preview_view(tried: Tried, draft: Standing, words: Words) -> PreviewView:
    """Show a trial: every line with what offers take off it, the totals, the other offers."""
    trial, offer = tried.trial, draft.offer
    if not tried.articles:
        hint = N_("The sample cart is empty: list a product first.")
        return PreviewView(hint=words.say(hint))
    titles = {one.sku: one.title for one in tried.articles}
    lines = [
        SampleLineView(
            titles[line.sku],
            line.sku,
            line.quantity,
            words.money(line.unit_price * line.quantity),
            _offs(line.adjustments, offer.id, words),
            words.money(line.total),
        )
        for line in trial.after.lines
    ]
    given = draft.gift.title if draft.gift else offer.sku
    return PreviewView(
        sentence=sentence(words, trial.verdict, offer.currency),
        lines=lines,
        delivery=_delivery(tried, draft, words),
        gifts=[given for one in trial.after.gifts if one.offer == offer.id],
        without=words.money(trial.before.payable),
        total=words.money(trial.after.payable),
        saved=words.money(trial.saved),
        applies=trial.verdict.reason is Reason.APPLIED,
        is_coupon=is_campaign(offer.id) or offer.lane is Lane.COUPONS,
        clashes=[_clash(one, draft, words) for one in tried.clashes],
    )


def simulation_view(found: Simulation, words: Words, *, days: int) -> SimulationView:
    """Show what an offer would have done: the sum in a sentence, each order in a row."""
    if not found.looked_at:
        said_ = words.say(N_("No paid order of the last %(days)s days to try it on."))
        return SimulationView(said_ % {"days": days}, [], 0)
    template = N_(
        "Of %(orders)s paid orders of the last %(days)s days it would have touched %(touched)s and "
        "taken off %(off)s, on average %(average)s each."
    )
    summary = words.say(template) % {
        "orders": found.looked_at,
        "days": days,
        "touched": len(found.touched),
        "off": words.money(found.off).text,
        "average": words.money(found.average).text,
    }
    rows = [
        TouchedView(
            f"/console/orders/{one.order_id}",
            one.order_id[-8:],
            words.day(one.at),
            words.money(one.payable),
            words.money(one.off),
            one.off.amount,
        )
        for one in reversed(found.touched)
    ]
    return SimulationView(summary, rows, max((one.minor for one in rows), default=0))


def _offs(adjustments: Sequence[Adjustment], this: str, words: Words) -> list[OffView]:
    return [
        OffView(
            one.titles.get(words.locale, ""), words.money(one.amount), is_this=one.offer == this
        )
        for one in adjustments
    ]


def _delivery(tried: Tried, draft: Standing, words: Words) -> SampleLineView | None:
    """Delivery is shown where the offer, or another, takes something off it."""
    found = tried.trial.after.deliveries
    changed = [one for one in found if one.adjustments]
    if not changed and draft.offer.kind is not Kind.FREE_SHIPPING:
        return None
    currency = draft.offer.currency
    before = Money(sum(one.price.amount for one in found), currency)
    after = Money(sum(one.total.amount for one in found), currency)
    offs = [off for one in changed for off in _offs(one.adjustments, draft.offer.id, words)]
    return SampleLineView(
        words.say(N_("Delivery")), "", len(found), words.money(before), offs, words.money(after)
    )


def _clash(clash: Clash, draft: Standing, words: Words) -> ClashView:
    offer = clash.other.offer
    if clash.do_combine:
        outcome = words.say(N_("Both run: they combine."))
    elif clash.winner == draft.offer.id:
        outcome = words.say(N_("They compete: on the sample cart this one runs."))
    elif clash.winner:
        outcome = words.say(N_("They compete: on the sample cart the other one runs."))
    else:
        outcome = words.say(N_("They compete where both reach their thresholds."))
    place = CAMPAIGNS if is_campaign(offer.id) else OFFERS
    is_own = offer.merchant_id == draft.offer.merchant_id
    return ClashView(
        href=f"{place}/{offer.id}" if is_own else "",
        title=said.titled(offer, words),
        takes=said.takes(clash.other, words),
        starts_at=words.moment(clock.iso(offer.starts_at)),
        ends_at=words.moment(clock.iso(offer.ends_at)),
        outcome=outcome,
        do_combine=clash.do_combine,
    )
