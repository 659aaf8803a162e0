"""The form for an offer: make one, change one, try it on a sample cart and on last month's orders."""

from typing import Any

from chalice import Blueprint
from msgspec import UNSET
from msgspec.structs import replace

from chalicelib.aws.idempotency import Answer, IdempotencyKey
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity.console import person
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.merchants.model import Merchant, MerchantState
from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.model.values import Order
from chalicelib.contexts.promotions.console import form, form_view
from chalicelib.contexts.promotions.console import words as said
from chalicelib.contexts.promotions.console.form_view import OfferFormView
from chalicelib.contexts.promotions.console.performance import performance_view
from chalicelib.contexts.promotions.console.preview import (
    PreviewView,
    preview_view,
    simulation_view,
)
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.issues import MembersUnknown
from chalicelib.contexts.promotions.model.lines import Line
from chalicelib.contexts.promotions.model.offers import Offer, OfferUnsound
from chalicelib.contexts.promotions.model.refusals import CodeTaken, QuotaBelowUsed
from chalicelib.contexts.promotions.model.trying import Past
from chalicelib.contexts.promotions.model.wishes import OfferWish
from chalicelib.contexts.promotions.service import offers, statistics, trying
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import (
    FieldError,
    Forbidden,
    Malformed,
    NotFound,
    NotSignedIn,
    Refusal,
)
from chalicelib.web import forms
from chalicelib.web.forms import ChoiceView, Fields
from chalicelib.web.i18n import N_, Words
from chalicelib.web.page import Html, Redirect, page, problem
from chalicelib.web.session import Visit

bp = Blueprint(__name__)
NAMES_SHOWN = 10
MERCHANTS_SHOWN = 100
"""Of the names that are nobody's."""

OFFERS = "/console/offers"
PREVIEW, SIMULATE, PUBLISH, KEEP = "preview", "simulate", "publish", "keep"
LOOKS = {PREVIEW, SIMULATE}
PAST_DAYS = 30
PAST_ORDERS_MAX = 200
PAST_PAGE = 50
UNPAID = {OrderState.CANCELLED, OrderState.EXPIRED}


@page(bp, "GET", "/console/offers/new")
def show_new(visit: Visit) -> Html:
    return _page(visit, None)


def new_again(visit: Visit, refusal: Refusal) -> Html:
    if isinstance(refusal, NotSignedIn | Forbidden):
        raise refusal
    return _page(visit, None, refusal)


@page(bp, "POST", "/console/offers/new", refused=new_again)
def make(visit: Visit) -> Html | Redirect:
    """Make an offer, or show what it would do."""
    session, fields = person(visit), visit.fields
    if fields.text("then") in LOOKS:
        return _page(visit, None)
    wish = _wish(visit, None)
    wish = replace(wish, is_stopped=fields.text("then") == KEEP)

    def perform(key: IdempotencyKey) -> Redirect:
        offers.create(session.actor, wish, key=key, seal=_sealed)
        return Redirect(OFFERS)

    key = forms.key_of(fields, holder=session.account_id, path=f"{OFFERS}/new")
    return forms.once(key, perform, lambda _subject, _answer: Redirect(OFFERS))


@page(bp, "GET", "/console/offers/{offer}")
def show(visit: Visit, offer: str) -> Html:
    return _page(visit, offers.one(person(visit).actor, offer))


def edit_again(visit: Visit, refusal: Refusal, *, offer: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    return _page(visit, offers.one(person(visit).actor, offer), refusal)


@page(bp, "POST", "/console/offers/{offer}", refused=edit_again)
def change(visit: Visit, offer: str) -> Html | Redirect:
    """Change an offer, or show what the change would do. Whether it is stopped stays as it is."""
    actor = person(visit).actor
    former = offers.one(actor, offer)
    if visit.fields.text("then") in LOOKS:
        return _page(visit, former)
    offers.change(actor, offer, replace(_wish(visit, former), is_stopped=UNSET))
    return Redirect(f"{OFFERS}/{former.offer.id}?saved=1")


def preview_again(visit: Visit, refusal: Refusal) -> Html:
    """A form that is not filled in yet is no error: there is nothing to show."""
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    hint = visit.words.say(N_("Fill in the form to see what it does to a sample cart."))
    return Html("fragments/promotions/preview.html", PreviewView(hint=hint))


@page(bp, "POST", "/console/offers/preview", refused=preview_again)
def preview(visit: Visit) -> Html:
    """The sample cart alone, for the form as it stands: asked for while one types."""
    actor = person(visit).actor
    given = visit.fields.text("offer")
    former = offers.one(actor, given) if given else None
    draft = offers.drafted(actor, _wish(visit, former), former)
    own = trying.products(actor, draft.offer)
    tried = trying.sample(actor, draft, own)
    view = preview_view(tried, draft, visit.words)
    return Html("fragments/promotions/preview.html", view)


def _wish(visit: Visit, former: Standing | None) -> OfferWish:
    """Read the form, and find the products that it names by a variant."""
    actor, fields = person(visit).actor, visit.fields
    currency = trying.currency_of(actor)
    base = former.offer if former else None
    wish = form.wanted(fields, currency, offers.maker(actor), base)
    named = products_named(actor, fields)
    ticked = [] if wish.products is UNSET else list(wish.products)
    categories = [] if wish.categories is UNSET else list(wish.categories)
    if former is not None:
        # What is too much for a page has no box, and stays as it is.
        boxes = {one.id for one in trying.products(actor, former.offer)}
        ticked += sorted(former.offer.products - boxes)
        shown = {one.id for one in catalog.categories().categories[: form_view.CATEGORIES_SHOWN]}
        categories += sorted(former.offer.categories - shown)
    return replace(wish, products=list(dict.fromkeys([*ticked, *named])), categories=categories)


def nameable(actor: Actor, former: Offer | None = None) -> list[Merchant]:
    """The merchants that an offer of the actor's may name: for the platform those that sell, some of
    them, and those that the offer names already; none for a merchant. Two round trips at most.
    """
    if offers.maker(actor):
        return []
    selling = merchants.list_merchants(actor, MerchantState.APPROVED, limit=MERCHANTS_SHOWN).items
    found = {one.id: one for one in selling}
    named = former.merchants - set(found) if former else ()
    return [*found.values(), *(merchants.many(sorted(named)).values() if named else ())]


def products_named(actor: Actor, fields: Fields) -> list[str]:
    """Find the products that a form names by a variant. Refuses `promotions.offer_unsound` those that
    are not there.
    """
    given = form.skus(fields)
    found = trying.named(actor, given) if given else {}
    if len(found) < len(given):
        missing = ", ".join(one for one in given if one not in found)
        unknown = FieldError("skus", "unknown", f"There is no {missing[:200]}")
        raise OfferUnsound(errors=[unknown])
    return list(found.values())


def _page(visit: Visit, former: Standing | None, refusal: Refusal | None = None) -> Html:
    actor, words = person(visit).actor, visit.words
    currency = trying.currency_of(actor)
    typed = visit.fields or _untouched(former, words)
    errors = wrong_fields(visit, refusal)
    ask = form_view.Asking(typed, errors, words)
    own = trying.products(actor, former.offer if former else None)
    view = OfferFormView(
        **_head(former, words),
        key=typed.text("key") or ids.ulid(),
        titles=form_view.titles(ask),
        kind=form_view.kind_field(ask),
        kinds=form_view.kinds(ask, currency),
        conditions=[
            *form_view.conditions(ask, currency),
            form_view.audience_field(ask),
            form_view.channel_field(ask),
        ],
        times=form_view.times(ask),
        limits=form_view.limits(ask, currency),
        products=form_view.product_ticks(own, typed),
        categories=form_view.category_ticks(catalog.categories(), typed, words.locale),
        skus=form_view.skus_field(ask, is_platform=not offers.maker(actor)),
        does_combine=bool(typed.text("combines")),
        does_reclaim=bool(typed.text("reclaims")),
        reclaims_error=errors.get("reclaims", ""),
        products_error=errors.get("products", ""),
        categories_error=errors.get("categories", ""),
        merchants=form_view.merchant_ticks(
            nameable(actor, former.offer if former else None), typed, words.locale
        ),
        merchants_error=errors.get("merchants", ""),
        currency=currency,
        can_simulate=bool(offers.maker(actor)),
        note=note_of(visit, refusal, errors),
        good=words.say(N_("Saved.")) if visit.query_text.get("saved") and not refusal else "",
    )
    if former is not None:
        found, days = statistics.performance(former.offer.id)
        view = replace(view, performance=performance_view(former, found, days, words))
    if refusal is None and (former or visit.fields):
        view = _with_looks(visit, view, former)
    return Html("console/promotions/offer.html", view, refusal.status if refusal else 200)


def _untouched(former: Standing | None, words: Words) -> Fields:
    """What the form shows before anybody has typed."""
    if former is None:
        return form.blank(words.locale, clock.now())
    return form.shown(former, words.locale)


def _head(former: Standing | None, words: Words) -> dict[str, Any]:
    if former is None:
        return {
            "heading": words.say(N_("New offer")),
            "action": f"{OFFERS}/new",
            "offer": "",
            "buttons": [
                ChoiceView(words.say(N_("Publish")), value=PUBLISH),
                ChoiceView(words.say(N_("Save, but do not run it yet")), value=KEEP),
            ],
        }
    label, tone = said.STATES[former.state(clock.now())]
    return {
        "heading": said.titled(former.offer, words),
        "action": f"{OFFERS}/{former.offer.id}",
        "offer": former.offer.id,
        "buttons": [ChoiceView(words.say(N_("Save")), value=PUBLISH)],
        "state": words.say(label),
        "tone": tone,
    }


def _with_looks(visit: Visit, view: OfferFormView, former: Standing | None) -> OfferFormView:
    """Add the sample cart, and what last month's orders would have come to where it is asked for."""
    actor, words = person(visit).actor, visit.words
    draft = former
    if visit.fields or draft is None:
        draft = offers.drafted(actor, _wish(visit, former), former)
    own = trying.products(actor, draft.offer)
    shown = preview_view(trying.sample(actor, draft, own), draft, words)
    view = replace(view, preview=shown)
    if visit.fields.text("then") != SIMULATE or not view.can_simulate:
        return view
    found = trying.simulate(actor, draft, _past(actor, draft.offer.currency))
    return replace(view, simulation=simulation_view(found, words, days=PAST_DAYS))


def _past(actor: Actor, currency: str) -> list[Past]:
    """The merchant's paid orders of the last days, newest first, as far as `PAST_ORDERS_MAX` reach.

    Gifts are left out: nobody bought them.
    """
    since = clock.iso(clock.later(clock.now(), -PAST_DAYS * 86_400))
    read: list[Order] = []
    cursor = ""
    for _ in range(PAST_ORDERS_MAX // PAST_PAGE):
        listed = orders.list_orders(actor, limit=PAST_PAGE, cursor=cursor)
        read += [one for one in listed.items if one.created_at >= since]
        cursor = listed.next_cursor or ""
        if not cursor or listed.items[-1].created_at < since:
            break
    paid = [
        one for one in read if one.paid_at and one.state not in UNPAID and one.currency == currency
    ]
    kin = trying.kin_of_skus([line.sku for one in paid for line in one.lines])
    return [past for one in paid if (past := _past_order(one, kin)).lines]


def _past_order(order: Order, kin: dict[str, tuple[str, ...]]) -> Past:
    lines = tuple(
        Line(
            line.sku,
            line.product_id,
            order.merchant.id,
            kin[line.sku],
            line.quantity,
            line.unit_price,
        )
        for line in order.lines
        if line.total or not line.adjustments
    )
    freed = sum(one.amount.amount for one in order.delivery_adjustments)
    shipping = order.totals.shipping.amount - freed
    return Past(order.id, order.created_at, order.email, lines, shipping)


def wrong_fields(visit: Visit, refusal: Refusal | None) -> dict[str, str]:
    """What is wrong, by the fields of the form."""
    if refusal is None:
        return {}
    if isinstance(refusal, QuotaBelowUsed):
        return dict.fromkeys(("quota", "quantity"), visit.words.refusal(refusal))
    if isinstance(refusal, MembersUnknown):
        said = visit.words.say(N_("Nobody here is called %(names)s. Mend or remove these."))
        return {"members": said % {"names": ", ".join(refusal.names[:NAMES_SHOWN])}}
    if isinstance(refusal, CodeTaken):
        return {"code": visit.words.refusal(refusal)}
    return form.beside(problem(visit, refusal).errors, visit.fields)


def note_of(visit: Visit, refusal: Refusal | None, errors: dict[str, str]) -> str:
    """What is said above the form."""
    if refusal is None:
        return ""
    if isinstance(refusal, Malformed | OfferUnsound | MembersUnknown) and errors:
        return visit.words.say(
            N_("Some fields need another look. What is wrong stands beside them.")
        )
    return visit.words.refusal(refusal)


def _sealed(standing: Standing) -> Answer:
    return Answer(303, "", f"{OFFERS}/{standing.offer.id}")
