"""The form for a campaign, which shows what a coupon does to a sample cart; and a campaign's own page."""

from typing import Any

from chalice import Blueprint, Response
from msgspec import UNSET, Struct
from msgspec.structs import replace

from chalicelib.aws.idempotency import Answer, IdempotencyKey
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity.console import person
from chalicelib.contexts.promotions.console import campaign_form, form_view
from chalicelib.contexts.promotions.console import words as said
from chalicelib.contexts.promotions.console.campaigns import (
    CAMPAIGNS,
    STATES,
    move_of,
    state_of,
    usage_of,
)
from chalicelib.contexts.promotions.console.editing import (
    KEEP,
    PREVIEW,
    PUBLISH,
    nameable,
    note_of,
    products_named,
    wrong_fields,
)
from chalicelib.contexts.promotions.console.form_view import Asking, KindView, TickView
from chalicelib.contexts.promotions.console.issue_view import IssuingView, issuing_view
from chalicelib.contexts.promotions.console.performance import PerformanceView, performance_view
from chalicelib.contexts.promotions.console.preview import PreviewView, preview_view
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.model.offers import Offer
from chalicelib.contexts.promotions.model.wishes import CampaignWish
from chalicelib.contexts.promotions.service import campaigns, codes, offers, statistics, trying
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn, Refusal
from chalicelib.web import forms
from chalicelib.web.forms import ChoiceView, FieldView
from chalicelib.web.i18n import N_, TimeView, Words
from chalicelib.web.page import Html, Redirect, attached, page
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

RIVALS_MAX = 100
"""How many of the newest campaigns are looked at for coupons that may meet on one cart."""


class NewCampaignView(Struct, frozen=True, kw_only=True):
    key: str
    titles: list[FieldView]
    kind: FieldView
    kinds: list[KindView]
    conditions: list[FieldView]
    times: list[FieldView]
    handing_out: list[FieldView]
    quantities: list[FieldView]
    products: list[TickView]
    categories: list[TickView]
    skus: FieldView
    does_combine: bool
    has_single_codes: bool
    products_error: str
    categories_error: str
    merchants: list[TickView]
    merchants_error: str
    buttons: list[ChoiceView]
    preview: PreviewView | None = None
    note: str = ""


class CodesView(Struct, frozen=True):
    """How codes are made, up to `most` at once, and fetched where there are any; `key` makes a press
    count once.
    """

    key: str
    field: FieldView
    action: str
    most: int
    file_href: str


class CampaignPageView(Struct, frozen=True, kw_only=True):
    """A campaign with what may change of it; `code` is empty where there is none for all, `occasion` where
    none gives the coupons, `days` where a coupon is good up to the end.
    """

    heading: str
    href: str
    state: str
    tone: str
    move: str
    move_label: str
    takes: str
    about: str
    starts_at: TimeView
    ends_at: TimeView
    code: str
    occasion: str
    days: str
    usage: str
    gone: str
    quantity: str
    left: str
    cost: str
    codes: CodesView | None
    issuing: IssuingView | None
    titles: list[FieldView]
    quantities: list[FieldView]
    performance: PerformanceView
    preview: PreviewView
    note: str
    good: str


@page(bp, "GET", "/console/campaigns/new")
def show_new(visit: Visit) -> Html:
    return _new(visit)


def new_again(visit: Visit, refusal: Refusal) -> Html:
    if isinstance(refusal, NotSignedIn | Forbidden):
        raise refusal
    return _new(visit, refusal)


@page(bp, "POST", "/console/campaigns/new", refused=new_again)
def make(visit: Visit) -> Html | Redirect:
    """Make a campaign, or show what its coupons would do."""
    session, fields = person(visit), visit.fields
    if fields.text("then") == PREVIEW:
        return _new(visit)
    wish = replace(_wish(visit), is_stopped=fields.text("then") == KEEP)

    def perform(key: IdempotencyKey) -> Redirect:
        campaigns.create(session.actor, wish, key=key, seal=_sealed)
        return Redirect(CAMPAIGNS)

    key = forms.key_of(fields, holder=session.account_id, path=f"{CAMPAIGNS}/new")
    return forms.once(key, perform, lambda _subject, _answer: Redirect(CAMPAIGNS))


def preview_again(visit: Visit, refusal: Refusal) -> Html:
    """A form that is not filled in yet is no error: there is nothing to show."""
    if isinstance(refusal, NotSignedIn | Forbidden):
        raise refusal
    hint = visit.words.say(N_("Fill in the form to see what it does to a sample cart."))
    return Html("fragments/promotions/preview.html", PreviewView(hint=hint))


@page(bp, "POST", "/console/campaigns/preview", refused=preview_again)
def preview(visit: Visit) -> Html:
    """The sample cart alone, for the form as it stands: asked for while one types."""
    actor = person(visit).actor
    draft = campaigns.drafted(actor, _wish(visit))
    return Html("fragments/promotions/preview.html", _previewed(actor, draft, visit.words))


@page(bp, "GET", "/console/campaigns/{campaign}")
def show(visit: Visit, campaign: str) -> Html:
    return _page(visit, campaigns.one(person(visit).actor, campaign))


def edit_again(visit: Visit, refusal: Refusal, *, campaign: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    return _page(visit, campaigns.one(person(visit).actor, campaign), refusal)


@page(bp, "POST", "/console/campaigns/{campaign}", refused=edit_again)
def change(visit: Visit, campaign: str) -> Redirect:
    """Change a campaign's title and quantities."""
    actor = person(visit).actor
    campaigns.one(actor, campaign)
    changed = campaigns.change(actor, campaign, campaign_form.changes(visit.fields))
    return Redirect(f"{CAMPAIGNS}/{changed.id}?saved=1")


@page(bp, "POST", "/console/campaigns/{campaign}/codes", refused=edit_again)
def make_codes(visit: Visit, campaign: str) -> Redirect:
    """Make some of a campaign's codes; sending it twice makes them once."""
    actor, fields = person(visit).actor, visit.fields
    campaigns.one(actor, campaign)
    codes.make(actor, campaign, fields.whole("codes", least=1), key=fields.text("key"))
    return Redirect(f"{CAMPAIGNS}/{campaign}?made=1")


@page(bp, "GET", "/console/campaigns/{campaign}/codes.csv")
def codes_file(visit: Visit, campaign: str) -> Response:
    """All codes of a campaign, one on each line."""
    made = codes.every(person(visit).actor, campaign)
    text = "".join(f"{line}\r\n" for line in ("code", *made))
    return attached(visit, text, "text/csv; charset=utf-8", name=f"{campaign}.csv")


def _wish(visit: Visit) -> CampaignWish:
    """Read the form, and find the products that it names by a variant."""
    actor, fields = person(visit).actor, visit.fields
    wish = campaign_form.wanted(fields, trying.currency_of(actor))
    ticked = [] if wish.coupon.products is UNSET else list(wish.coupon.products)
    named = list(dict.fromkeys([*ticked, *products_named(actor, fields)]))
    return replace(wish, coupon=replace(wish.coupon, products=named))


def _new(visit: Visit, refusal: Refusal | None = None) -> Html:
    actor, words = person(visit).actor, visit.words
    currency = trying.currency_of(actor)
    typed = visit.fields or campaign_form.blank(words.locale, clock.now())
    errors = wrong_fields(visit, refusal)
    ask = form_view.Asking(typed, errors, words)
    shown = None
    if refusal is None and visit.fields:
        shown = _previewed(actor, campaigns.drafted(actor, _wish(visit)), words)
    view = NewCampaignView(
        key=typed.text("key") or ids.ulid(),
        titles=form_view.titles(ask),
        kind=form_view.kind_field(ask, campaign_form.KINDS),
        kinds=form_view.kinds(ask, currency, campaign_form.KINDS),
        conditions=[
            *form_view.conditions(ask, currency),
            form_view.audience_field(ask),
            form_view.channel_field(ask),
        ],
        times=form_view.times(ask),
        handing_out=campaign_form.handing_out(ask, currency, is_platform=not offers.maker(actor)),
        quantities=campaign_form.quantities(ask),
        products=form_view.product_ticks(trying.products(actor, None), typed),
        categories=form_view.category_ticks(catalog.categories(), typed, words.locale),
        skus=form_view.skus_field(ask, is_platform=not offers.maker(actor)),
        does_combine=bool(typed.text("combines")),
        has_single_codes=bool(typed.text("single_codes")),
        products_error=errors.get("products", ""),
        categories_error=errors.get("categories", ""),
        merchants=form_view.merchant_ticks(nameable(actor), typed, words.locale),
        merchants_error=errors.get("merchants", ""),
        buttons=[
            ChoiceView(words.say(N_("Publish")), value=PUBLISH),
            ChoiceView(words.say(N_("Save, but do not open it yet")), value=KEEP),
        ],
        preview=shown,
        note=note_of(visit, refusal, errors),
    )
    return Html("console/promotions/new-campaign.html", view, refusal.status if refusal else 200)


def _page(visit: Visit, campaign: Campaign, refusal: Refusal | None = None) -> Html:
    actor, words = person(visit).actor, visit.words
    typed = campaign_form.typed_or_shown(visit.fields, campaign, words.locale)
    errors = wrong_fields(visit, refusal)
    ask = form_view.Asking(typed, errors, words)
    left = campaigns.left_of([campaign])[campaign.id]
    found, days = statistics.performance(campaign.id)
    standing = Standing(campaign.coupon, created_at=campaign.created_at)
    view = CampaignPageView(
        **_head(campaign, left, words),
        takes=said.takes(standing, words),
        cost=words.money(campaign.cost(found.by_merchant, found.by_platform)).text,
        codes=_codes(campaign, left, ask) if campaign.has_single_codes else None,
        issuing=issuing_view(actor, campaign, ask, f"{CAMPAIGNS}/{campaign.id}"),
        titles=form_view.titles(ask),
        quantities=campaign_form.quantities(ask),
        performance=performance_view(standing, found, days, words),
        preview=_previewed(actor, campaign.coupon, words),
        note=note_of(visit, refusal, errors),
        good="" if refusal else _good(visit),
    )
    return Html("console/promotions/campaign.html", view, refusal.status if refusal else 200)


def _codes(campaign: Campaign, left: int, ask: Asking) -> CodesView:
    most = min(left, codes.MADE_AT_ONCE_MAX)
    hint = ask.words.say(N_("At most %(most)s at once.")) % {"most": most}
    field = ask.number("codes", ask.words.say(N_("How many codes")), hint=hint, is_required=True)
    place = f"{CAMPAIGNS}/{campaign.id}/codes"
    made = campaign.quantity - left
    return CodesView(
        key=ask.typed.text("key") or ids.ulid(),
        field=field if field.value else replace(field, value=str(most)),
        action=place,
        most=most,
        file_href=f"{place}.csv" if made else "",
    )


def _good(visit: Visit) -> str:
    if visit.query_text.get("made"):
        return visit.words.say(N_("The codes are made. Fetch them as a file below."))
    return visit.words.say(N_("Saved.")) if visit.query_text.get("saved") else ""


def _head(campaign: Campaign, left: int, words: Words) -> dict[str, Any]:
    state = state_of(campaign, left)
    label, tone = STATES[state]
    move, move_label = move_of(state, words)
    days, trigger = campaign.valid_days, campaign.trigger
    currency = campaign.coupon.currency
    return {
        "heading": said.titled(campaign.coupon, words),
        "href": f"{CAMPAIGNS}/{campaign.id}",
        "state": words.say(label),
        "tone": tone,
        "move": move,
        "move_label": move_label,
        "about": said.about(campaign.coupon, words),
        "starts_at": words.moment(clock.iso(campaign.starts_at)),
        "ends_at": words.moment(clock.iso(campaign.ends_at)),
        "code": campaign.code,
        "occasion": campaign_form.said_of(trigger, currency, words) if trigger else "",
        "days": words.count("%(num)s day", "%(num)s days", days) if days else "",
        "usage": usage_of(campaign, left, words),
        "gone": str(campaign.quantity - left),
        "quantity": str(campaign.quantity),
        "left": str(left),
    }


def _previewed(actor: Actor, coupon: Offer, words: Words) -> PreviewView:
    draft = Standing(coupon, created_at="")
    now = clock.now()
    others = campaigns.campaigns(actor, limit=RIVALS_MAX).items
    rivals = [
        Standing(one.coupon, created_at=one.created_at)
        for one in others
        if not one.is_stopped and now < one.ends_at
    ]
    own = trying.products(actor, coupon)
    return preview_view(trying.sample(actor, draft, own, rivals), draft, words)


def _sealed(campaign: Campaign) -> Answer:
    return Answer(303, "", f"{CAMPAIGNS}/{campaign.id}")
