"""The coupon centre, where anybody sees what is to be had, and a member's own coupons."""

from collections.abc import Collection, Iterable

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity.model import Session
from chalicelib.contexts.identity.pages import maybe_member, member
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.merchants.model import Merchant
from chalicelib.contexts.promotions.console.words import about, takes, titled
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.campaigns import Campaign, Coupon, CouponState
from chalicelib.contexts.promotions.model.offers import Offer
from chalicelib.contexts.promotions.service import campaigns
from chalicelib.kernel import clock
from chalicelib.kernel.errors import NotFound, NotSignedIn, Refusal
from chalicelib.kernel.paging import PAGE_SIZE_MAX
from chalicelib.web.i18n import N_, TimeView, Words
from chalicelib.web.page import Html, Redirect, page, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)
CENTRE, MINE = "/coupons", "/account/coupons"
AT_MERCHANT = 5
"""How many coupons stand on a merchant's front and on a product's page."""
STATES = {
    CouponState.HELD: (N_("Ready to use"), "good"),
    CouponState.USED: (N_("Used"), "plain"),
    CouponState.EXPIRED: (N_("Expired"), "plain"),
}
assert set(STATES) == set(CouponState), "every state has its words"


class TicketView(Struct, frozen=True, kw_only=True):
    """What a coupon does, from whom, and until when. `href` is where it is good for something."""

    id: str
    title: str
    takes: str
    about: str
    merchant: str
    href: str
    ends_at: TimeView
    code: str = ""
    state: str = ""
    tone: str = ""
    left: int = 0
    quantity: int = 0
    is_mine: bool = False
    is_gone: bool = False
    is_held: bool = False


class CentreView(Struct, frozen=True):
    tickets: list[TicketView]
    note: str = ""


class MineView(Struct, frozen=True):
    """A member's coupons, those that are ready before the others; `new` is the one just claimed."""

    tickets: list[TicketView]
    new: str = ""


@page(bp, "GET", "/coupons")
def centre(visit: Visit) -> Html:
    return _centre(visit)


def centre_again(visit: Visit, refusal: Refusal, **_path: str) -> Html:
    """Show what is to be had, with what kept one from being claimed."""
    if isinstance(refusal, NotSignedIn):
        raise refusal
    return _centre(visit, refusal)


@page(bp, "POST", "/coupons/{campaign}", refused=centre_again)
def claim(visit: Visit, campaign: str) -> Redirect:
    """Claim a coupon, and go on to one's own."""
    coupon = campaigns.claim(member(visit).actor, campaign)
    return Redirect(with_query(MINE, {"new": coupon.code}))


@page(bp, "GET", "/account/coupons")
def mine(visit: Visit) -> Html:
    session, words = member(visit), visit.words
    found = campaigns.coupons(session.actor, limit=PAGE_SIZE_MAX).items
    now = clock.now()
    ranked = sorted(found, key=lambda one: list(CouponState).index(one.standing(now)))
    sellers = _sellers(one.offer for one in ranked)
    tickets = [_own(one, sellers, words) for one in ranked]
    new = visit.query_text.get("new", "")
    is_new = any(one.code == new for one in found)
    return Html("pages/promotions/coupons.html", MineView(tickets, new if is_new else ""))


@page(bp, "GET", "/fragments/coupons/{merchant}")
def at_merchant(visit: Visit, merchant: str) -> Html:
    """What a merchant's shoppers may claim; with `product` and its `category` only what is good for it."""
    seller = merchants.get(merchant)
    if not seller.can_sell:
        raise NotFound
    product = visit.query_text.get("product", "")
    above = catalog.categories().ancestors(visit.query_text.get("category", ""))
    found = [
        one
        for one in campaigns.open_at(merchant)
        if not one.coupon.merchants or product or seller.id in one.coupon.merchants
    ]
    found = [
        one for one in found if not product or _is_about(one.coupon, product, above, seller.id)
    ]
    left = campaigns.left_of(found)
    tickets = [
        _open(one, left[one.id], {seller.id: seller}, visit.words)
        for one in found[:AT_MERCHANT]
        if left[one.id]
    ]
    view = CentreView(tickets)
    return Html("fragments/promotions/coupons.html", view, is_public=True)


def _is_about(coupon: Offer, product: str, above: Collection[str], seller: str) -> bool:
    is_wide = not coupon.products and not coupon.categories and not coupon.merchants
    is_named = product in coupon.products or seller in coupon.merchants
    return is_wide or is_named or not coupon.categories.isdisjoint(above)


def _open(
    campaign: Campaign, left: int, sellers: dict[str, Merchant], words: Words, **told: object
) -> TicketView:
    return _ticket(
        campaign.coupon,
        sellers,
        words,
        id=campaign.id,
        ends_at=words.moment(clock.iso(campaign.ends_at)),
        left=left,
        quantity=campaign.quantity,
        **told,
    )


def _centre(visit: Visit, refusal: Refusal | None = None) -> Html:
    words, session = visit.words, maybe_member(visit)
    found = campaigns.claimable(limit=PAGE_SIZE_MAX).items
    left = campaigns.left_of(found)
    claimed = _claimed(session)
    sellers = _sellers(one.coupon for one in found)
    tickets = [
        _open(
            one,
            left[one.id],
            sellers,
            words,
            is_mine=_has_all(one, claimed),
            is_gone=not left[one.id],
        )
        for one in found
    ]
    note = words.refusal(refusal) if refusal else ""
    status = refusal.status if refusal else 200
    return Html("pages/promotions/centre.html", CentreView(tickets, note), status)


def _claimed(session: Session | None) -> list[str]:
    """The campaigns whose coupons a member has, each as often."""
    if session is None:
        return []
    return [one.campaign_id for one in campaigns.held_about(session.account_id)]


def _has_all(campaign: Campaign, claimed: list[str]) -> bool:
    return claimed.count(campaign.id) >= campaign.per_member


def _own(coupon: Coupon, sellers: dict[str, Merchant], words: Words) -> TicketView:
    standing = coupon.standing(clock.now())
    state, tone = STATES[standing]
    return _ticket(
        coupon.offer,
        sellers,
        words,
        id=coupon.id,
        code=coupon.code,
        ends_at=words.moment(clock.iso(coupon.offer.ends_at)),
        state=words.say(state),
        tone=tone,
        is_held=standing is CouponState.HELD,
    )


def _ticket(offer: Offer, sellers: dict[str, Merchant], words: Words, **told: object) -> TicketView:
    seller = sellers.get(offer.merchant_id)
    fields = {
        "title": titled(offer, words),
        "takes": takes(Standing(offer, created_at=""), words),
        "about": about(offer, words),
        "merchant": seller.name_in(words.locale) if seller else words.say(N_("The whole shop")),
        "href": f"/search?merchant={seller.id}" if seller else "/search",
    }
    return TicketView(**fields, **told)  # type: ignore[arg-type]


def _sellers(offers: Iterable[Offer]) -> dict[str, Merchant]:
    wanted = {offer.merchant_id for offer in offers if offer.merchant_id}
    return merchants.many(sorted(wanted)) if wanted else {}
