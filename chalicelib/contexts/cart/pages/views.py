"""What the cart's pages show: lines by merchant, what offers, coupons and points do, and sums."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws.settings import settings
from chalicelib.contexts.cart.model import PricedCart, PricedLine
from chalicelib.contexts.promotions.console.words import takes, titled
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.campaigns import CouponState
from chalicelib.contexts.promotions.model.deals import CartCoupon
from chalicelib.contexts.promotions.model.offers import BPS_ALL, Lane
from chalicelib.contexts.promotions.pages.savings import (
    HintView,
    SavingView,
    before,
    hint_views,
    saving_views,
)
from chalicelib.kernel.money import Money
from chalicelib.web.i18n import N_, PriceView, Words

PAPER_TINT = 7
NOT_APPLIED = {
    CouponState.HELD: N_("It takes nothing off what is chosen now."),
    CouponState.USED: N_("It was used already: take it off to go on."),
    CouponState.EXPIRED: N_("Its time is over: take it off to go on."),
}


assert set(NOT_APPLIED) == set(CouponState), "every state has its words"


class CartLineView(Struct, frozen=True, kw_only=True):
    place: int
    sku: str
    href: str
    title: str
    variant: str
    image: str
    tint: int
    merchant: str
    quantity: int
    each: str
    total: PriceView
    former: PriceView | None
    savings: list[SavingView]
    notice: str
    repriced: str
    mend: str
    is_selected: bool
    is_gone: bool


class GiftView(Struct, frozen=True, kw_only=True):
    """What comes along for nothing; `worth` is what it costs otherwise."""

    href: str
    title: str
    variant: str
    image: str
    tint: int
    label: str
    worth: PriceView


class CartGroupView(Struct, frozen=True, kw_only=True):
    """What one merchant will send. `hints` say what is missing for more of its offers."""

    merchant: str
    href: str
    goods: PriceView
    lines: list[CartLineView]
    gifts: list[GiftView]
    hints: list[HintView]


class UndoView(Struct, frozen=True):
    """What was just taken out, to be put back."""

    sku: str
    quantity: int


class CouponView(Struct, frozen=True):
    """A coupon on the cart and what it does. `note` says why it takes nothing off, where it does
    not.
    """

    code: str
    title: str
    takes: str
    note: str


class PointsView(Struct, frozen=True):
    """The member's points: how many there are, how many may pay here, and what those that do pay."""

    balance: str
    most: int
    most_worth: PriceView
    spent: str
    worth: PriceView


class CartPageView(Struct, frozen=True, kw_only=True):
    """A cart; `note` says what could not be done. `points` is None where there are none to pay with."""

    groups: list[CartGroupView]
    coupons: list[CouponView] = []
    points: PointsView | None = None
    pieces: str = ""
    goods: PriceView | None = None
    discount: PriceView | None = None
    payable: PriceView | None = None
    parcels: str = ""
    hints: list[HintView] = []
    can_check_out: bool = False
    all_selected: bool = True
    none_selected: bool = False
    undo: UndoView | None = None
    note: str = ""


def cart_view(
    priced: PricedCart, words: Words, *, note: str = "", undo: UndoView | None = None
) -> CartPageView:
    """Show a cart by merchant. Sums are of what is selected."""
    if not priced.lines:
        return CartPageView(groups=[], note=note, undo=undo)
    notices = {notice.sku: notice.text(words.locale) for notice in priced.notices}
    groups = group_views(priced, words, notices)
    selected = {line.sku for line in priced.selected}
    pieces = sum(line.quantity for line in priced.selected)
    totals = priced.totals
    return CartPageView(
        groups=groups,
        coupons=[_coupon_view(one, priced, words) for one in priced.deal.coupons],
        points=_points_view(priced, words),
        pieces=words.count("%(num)s piece", "%(num)s pieces", pieces),
        goods=words.money(totals.goods),
        discount=words.money(-totals.discount) if totals.discount else None,
        payable=words.money(totals.payable),
        parcels=words.count(
            "%(num)s merchant sends you this.",
            "%(num)s merchants send you this, each on their own.",
            len(priced.goods_by_merchant),
        ),
        hints=_hints(priced, words)("") if priced.basket else [],
        can_check_out=bool(selected) and selected.isdisjoint(notices),
        all_selected=len(selected) == len(priced.lines),
        none_selected=not selected,
        undo=undo,
        note=note,
    )


def group_views(
    priced: PricedCart, words: Words, notices: dict[str, str] | None = None
) -> list[CartGroupView]:
    """Show a cart's lines by merchant; subtotals are of what is selected."""
    goods = priced.goods_by_merchant
    hints = _hints(priced, words)
    lines = list(zip(line_views(priced, words, notices), priced.lines, strict=True))
    return [
        CartGroupView(
            merchant=_merchant_name(priced, merchant_id, words),
            href=_merchant_href(priced, merchant_id),
            goods=words.money(goods.get(merchant_id, Money.zero(priced.currency))),
            lines=[view for view, line in lines if line.merchant_id == merchant_id],
            gifts=[
                _gift_view(one, words)
                for one in priced.gift_lines
                if one.merchant_id == merchant_id
            ],
            hints=hints(merchant_id),
        )
        for merchant_id in priced.merchant_ids
    ]


def chosen_views(priced: PricedCart, words: Words) -> list[CartGroupView]:
    """Show what of a cart is selected, by merchant."""
    chosen = tuple(priced.selected)
    return group_views(replace(priced, lines=chosen), words)


def line_views(
    priced: PricedCart, words: Words, notices: dict[str, str] | None = None
) -> list[CartLineView]:
    """Show a cart's lines one after another; `notices` are texts by SKU."""
    said = notices or {}
    return [
        _line_view(priced, line, place, _notice(line, said.get(line.sku, ""), words), words)
        for place, line in enumerate(priced.lines, start=1)
    ]


def _coupon_view(coupon: CartCoupon, priced: PricedCart, words: Words) -> CouponView:
    offer = coupon.offer
    state = coupon.standing(priced.deal.now)
    if offer is None:
        return CouponView(coupon.code, coupon.code, "", words.say(NOT_APPLIED[state]))
    note = NOT_APPLIED[state]
    if offer.id in priced.applied:
        note = ""
    elif state is CouponState.HELD and offer.lane is Lane.SHIPPING:
        note = N_("It counts at the checkout.")
    does = takes(Standing(offer, created_at=""), words)
    return CouponView(coupon.code, titled(offer, words), does, words.say(note) if note else "")


def _points_view(priced: PricedCart, words: Words) -> PointsView | None:
    """The points that a member has and may pay with; None where there are none."""
    patron, spent = priced.deal.patron, priced.points
    if patron.balance < 1 or not patron.points_bps_max or priced.currency != settings().currency:
        return None
    paid = priced.totals.goods.amount - priced.totals.discount.amount + spent
    most = min(patron.balance, paid * patron.points_bps_max // BPS_ALL)
    return PointsView(
        balance=words.count("%(num)s point", "%(num)s points", patron.balance),
        most=most,
        most_worth=words.money(Money(most, priced.currency)),
        spent=words.count("%(num)s point", "%(num)s points", spent) if spent else "",
        worth=words.money(Money(-spent, priced.currency)),
    )


def _merchant_name(priced: PricedCart, merchant_id: str, words: Words) -> str:
    merchant = priced.merchants.get(merchant_id)
    return merchant.name_in(words.locale) if merchant else words.say(N_("A merchant that left"))


def _merchant_href(priced: PricedCart, merchant_id: str) -> str:
    merchant = priced.merchants.get(merchant_id)
    return f"/m/{merchant.code}" if merchant else ""


def _hints(priced: PricedCart, words: Words) -> Callable[[str], list[HintView]]:
    """Find out once what is missing for more, to be told merchant by merchant."""
    if priced.basket is None or not priced.basket.lines:
        return lambda _: []
    verdicts = priced.deal.explain(priced.basket)

    def hints(merchant_id: str) -> list[HintView]:
        return hint_views(verdicts, priced.deal, merchant_id, priced.currency, words)

    return hints


def _gift_view(gift: PricedLine, words: Words) -> GiftView:
    (saving,) = saving_views(gift.adjustments, words)
    return GiftView(
        href=f"/p/{gift.slug}",
        title=gift.title,
        variant=gift.variant,
        image=gift.image,
        tint=PAPER_TINT,
        label=saving.label,
        worth=words.money(gift.unit_price),
    )


def _line_view(
    priced: PricedCart, line: PricedLine, place: int, notice: str, words: Words
) -> CartLineView:
    return CartLineView(
        place=place,
        sku=line.sku,
        href=f"/p/{line.slug}" if line.slug else "/cart",
        title=line.title,
        variant=line.variant,
        image=line.image,
        tint=PAPER_TINT,
        merchant=_merchant_name(priced, line.merchant_id, words),
        quantity=line.quantity,
        each=words.say(N_("%(price)s each")) % {"price": words.money(line.unit_price).text},
        total=words.money(line.total),
        former=before(line.total, line.adjustments, words),
        savings=saving_views(line.adjustments, words),
        notice=notice,
        repriced=_repriced(line, words),
        mend=_mending(line, words),
        is_selected=line.is_selected,
        is_gone=not line.can_be_bought,
    )


def _repriced(line: PricedLine, words: Words) -> str:
    if line.was is None:
        return ""
    said = N_("The price was %(before)s and is %(now)s now")
    prices = {"before": words.money(line.was).text, "now": words.money(line.unit_price).text}
    return words.say(said) % prices


def _mending(line: PricedLine, words: Words) -> str:
    """Name the press that settles what is said of a line."""
    if not line.can_be_bought:
        return words.say(N_("Take it out"))
    if line.available < line.quantity:
        return words.count("Take %(num)s", "Take %(num)s", line.available)
    return words.say(N_("Keep it at this price")) if line.was is not None else ""


def _notice(line: PricedLine, notice: str, words: Words) -> str:
    """Say what keeps a line from being bought, with the number that is left."""
    if notice and line.is_for_sale and line.available:
        return words.count("Only %(num)s left", "Only %(num)s left", line.available)
    return notice
