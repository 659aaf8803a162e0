"""The cart's pages: what lies in it, by merchant, and the forms that change it."""

from collections.abc import Callable
from contextlib import suppress

from chalice import Blueprint
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.cart import service
from chalicelib.contexts.cart.model import QUANTITY_MAX, NoCart, PricedCart, PricedLine
from chalicelib.contexts.catalog import pages as shelves
from chalicelib.contexts.identity.pages import maybe_member
from chalicelib.contexts.promotions.console.words import takes, titled
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.campaigns import CouponState
from chalicelib.contexts.promotions.model.deals import CartCoupon
from chalicelib.contexts.promotions.model.offers import Lane
from chalicelib.contexts.promotions.pages.savings import (
    HintView,
    SavingView,
    before,
    hint_views,
    saving_views,
)
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Refusal
from chalicelib.kernel.money import Money
from chalicelib.web.i18n import N_, PriceView, Words
from chalicelib.web.page import Html, Redirect, local, page, with_query
from chalicelib.web.session import CART, Cookie, Visit, cart_cookie, forget

bp = Blueprint(__name__)

PAPER_TINT = 7
STEPS = {"more": 1, "less": -1}
ALL, NONE = "all", "none"
BUY_NOW = "checkout"
NOT_APPLIED = {
    CouponState.HELD: N_("It takes nothing off what is chosen now."),
    CouponState.USED: N_("It was used already: take it off to go on."),
    CouponState.EXPIRED: N_("Its time is over: take it off to go on."),
}
assert set(NOT_APPLIED) == set(CouponState), "every state has its words"
THEN = {BUY_NOW: "/checkout", "drawer": "/fragments/cart"}


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


class CartPageView(Struct, frozen=True, kw_only=True):
    """A cart; `note` says what could not be done."""

    groups: list[CartGroupView]
    coupons: list[CouponView] = []
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


@page(bp, "GET", "/cart")
def cart(visit: Visit) -> Html:
    priced = look(visit)
    if priced is None:
        gone = (forget(CART),) if visit.cookie(CART) else ()
        return Html("pages/cart/cart.html", CartPageView(groups=[]), cookies=gone)
    view = cart_view(priced, visit.words, undo=_undo(visit, priced))
    return Html("pages/cart/cart.html", view, cookies=counted(priced))


def add_again(visit: Visit, refusal: Refusal) -> Html:
    """Show the product again, whose form it was, with what keeps it out of the cart."""
    slug = local(visit.fields.text("back"), "").partition("?")[0].removeprefix("/p/")
    typed = visit.fields.text("quantity")
    quantity = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 4 else 1
    sku = visit.fields.text("sku")
    return shelves.product_again(visit, refusal, slug=slug, sku=sku, quantity=quantity)


@page(bp, "POST", "/cart/lines", refused=add_again, from_public=True)
def add_line(visit: Visit) -> Redirect:
    """Add to what the cart holds of a variant already. Who buys it now buys nothing else."""
    sku, more = visit.fields.text("sku"), visit.fields.whole("quantity", least=1)
    then = visit.fields.text("then")
    changed = _added(visit.cart_id, sku, more, alone=then == BUY_NOW)
    return Redirect(THEN.get(then, "/cart"), counted(changed))


@page(bp, "GET", "/fragments/cart")
def drawer(visit: Visit) -> Html:
    """The cart beside the page, for scripts: what was put in, with the new count."""
    priced = look(visit)
    view = cart_view(priced, visit.words) if priced else CartPageView(groups=[])
    return Html("fragments/drawer.html", view, headers={"X-Robots-Tag": "noindex"})


def change_again(visit: Visit, refusal: Refusal) -> Html:
    """Show the cart as it is, with what keeps it from being changed so."""
    priced = look(visit)
    note = visit.words.refusal(refusal)
    view = cart_view(priced, visit.words, note=note) if priced else CartPageView(groups=[])
    return Html("pages/cart/cart.html", view, refusal.status)


@page(bp, "POST", "/cart/quantities", refused=change_again)
def set_quantity(visit: Visit) -> Redirect:
    """Set how many; `step` is one more or less than that. What is removed can be put back."""
    fields = visit.fields
    step = STEPS.get(fields.text("step"), 0)
    quantity = max(0, min(fields.whole("quantity") + step, QUANTITY_MAX))
    sku, cart_id = fields.text("sku"), _cart_of(visit)
    changed = service.put_line(cart_id, service.token_of(cart_id), sku, quantity)
    removed = {} if quantity else {"removed": sku, "quantity": fields.text("held") or 1}
    return Redirect(with_query("/cart", removed), counted(changed))


@page(bp, "POST", "/cart/selection", refused=change_again)
def select(visit: Visit) -> Redirect:
    """Choose what to check out: the boxes that are ticked, or all, or none."""
    cart_id, ticked = _cart_of(visit), visit.fields.all("sku")
    choice = visit.fields.text("choice")
    skus = {ALL: None, NONE: []}.get(choice, ticked)
    service.select(cart_id, service.token_of(cart_id), skus)
    return Redirect("/cart")


@page(bp, "POST", "/cart/coupons", refused=change_again)
def put_coupon(visit: Visit) -> Redirect:
    """Put a coupon on the cart: one of the member's own, or a code that anybody may use."""
    cart_id, session = _cart_of(visit), maybe_member(visit)
    service.put_coupon(
        cart_id,
        service.token_of(cart_id),
        visit.fields.text("code"),
        address=visit.address,
        member_id=session.account_id if session else "",
    )
    return Redirect("/cart")


@page(bp, "POST", "/cart/coupons/remove", refused=change_again)
def remove_coupon(visit: Visit) -> Redirect:
    """Take a coupon off the cart; it stays held."""
    cart_id = _cart_of(visit)
    service.remove_coupon(cart_id, service.token_of(cart_id), visit.fields.text("code"))
    return Redirect("/cart")


@page(bp, "POST", "/cart/fixes", refused=change_again)
def mend(visit: Visit) -> Redirect:
    """Accept what the notice of one line says: its new price, what is left of it, that it is gone."""
    cart_id = _cart_of(visit)
    changed = service.mend(cart_id, service.token_of(cart_id), [visit.fields.text("sku")])
    pieces = sum(line.quantity for line in changed.lines.values())
    return Redirect("/cart", (cart_cookie(cart_id, pieces),))


def look(visit: Visit) -> PricedCart | None:
    """Price this browser's cart; None where it has none, or one that is gone. Two round trips."""
    cart_id = visit.cart_id
    if not cart_id:
        return None
    try:
        return service.look(cart_id, service.token_of(cart_id))
    except NoCart:
        return None


def bring_along(visit: Visit, member: Actor) -> tuple[Cookie, ...]:
    """At a sign-in: join this browser's cart with the member's and remember the joined one."""
    cart_id = visit.cart_id
    try:
        joined = (
            service.merge(cart_id, service.token_of(cart_id), member)
            if cart_id
            else service.cart_of_member(member)
        )
    except NoCart:
        joined = service.cart_of_member(member)
    return (cart_cookie(joined.id, sum(line.quantity for line in joined.lines.values())),)


def counted(priced: PricedCart) -> tuple[Cookie, ...]:
    """Remember the cart with how many pieces it holds, for the number beside its picture."""
    return (cart_cookie(priced.id, sum(line.quantity for line in priced.lines)),)


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


def _added(cart_id: str, sku: str, more: int, *, alone: bool) -> PricedCart:
    """Add to a cart, or to a new one where there is none or that one is gone."""
    if cart_id:
        with suppress(NoCart):
            return service.add_to_line(cart_id, service.token_of(cart_id), sku, more, alone=alone)
    return service.open_with(sku, more)


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


def _undo(visit: Visit, priced: PricedCart) -> UndoView | None:
    sku, held = visit.query_text.get("removed", ""), visit.query_text.get("quantity", "")
    is_number = held.isascii() and held.isdigit() and len(held) <= len(str(QUANTITY_MAX))
    if not sku or not is_number or any(line.sku == sku for line in priced.lines):
        return None
    return UndoView(sku, int(held))


def _cart_of(visit: Visit) -> str:
    """This browser's cart. Refuses `cart.not_found` where it has none."""
    if not visit.cart_id:
        raise NoCart
    return visit.cart_id


def _notice(line: PricedLine, notice: str, words: Words) -> str:
    """Say what keeps a line from being bought, with the number that is left."""
    if notice and line.is_for_sale and line.available:
        return words.count("Only %(num)s left", "Only %(num)s left", line.available)
    return notice
