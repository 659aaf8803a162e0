"""A campaign's form: what was typed becomes a wish, and a campaign becomes what its form shows."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from chalicelib.contexts.promotions.api.coupons import (
    CampaignBody,
    CampaignChanges,
    campaign_change_of,
    campaign_wish_of,
)
from chalicelib.contexts.promotions.console import form
from chalicelib.contexts.promotions.console.form import Typed
from chalicelib.contexts.promotions.console.form_view import Asking
from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.model.offers import Kind, lane_of
from chalicelib.contexts.promotions.model.wishes import CampaignChange, CampaignWish
from chalicelib.kernel.errors import Malformed
from chalicelib.web.forms import Fields, FieldView, wrong
from chalicelib.web.i18n import N_
from chalicelib.web.page import converted

KINDS = (Kind.AMOUNT_OFF, Kind.PERCENT_OFF, Kind.FREE_SHIPPING)
"""What a coupon may do."""
OF_COUPON = ("kind", "value", "threshold", "products", "categories")
OF_CAMPAIGN = ("title", "titles", "starts_at", "ends_at")
QUANTITY = "100"
"""How many coupons a new form begins with, one for each member."""


def wanted(fields: Fields, currency: str) -> CampaignWish:
    """Read a form into a wish. Refuses `request.malformed`, naming every field that cannot be read,
    and what the API refuses, named as the API names it.
    """
    if fields.text("kind") not in KINDS:
        raise wrong("kind", "unknown")
    typed = Typed(fields, currency)
    told = form.body(typed)
    campaign: dict[str, Any] = {name: told[name] for name in OF_CAMPAIGN}
    campaign["coupon"] = {name: told[name] for name in OF_COUPON}
    campaign["quantity"] = typed.whole("quantity", is_needed=True)
    campaign["per_member"] = typed.whole("per_member", is_needed=True)
    campaign["valid_days"] = typed.whole("valid_days")
    campaign["code"] = fields.text("code") or None
    campaign["single_codes"] = bool(fields.text("single_codes"))
    if typed.errors:
        raise Malformed("Some fields cannot be read", errors=typed.errors)
    wish = campaign_wish_of(converted(campaign, CampaignBody))
    kind = wish.coupon.kind
    assert isinstance(kind, Kind), "a form tells the kind"
    lane = lane_of(kind, None, "", is_coupon=True)
    who = form.audience_of(fields.text("audience"), None)
    coupon = replace(
        wish.coupon,
        combines_with=[lane] if fields.text("combines") else [],
        tiers=sorted(who.tiers),
        first_order_only=who.first_order_only,
    )
    return replace(wish, coupon=coupon)


def changes(fields: Fields) -> CampaignChange:
    """Read what is to change of a campaign. Refuses as `wanted` does."""
    typed = Typed(fields, "")
    titles = typed.titles()
    told = {
        "titles": titles,
        "quantity": typed.whole("quantity", is_needed=True),
        "per_member": typed.whole("per_member", is_needed=True),
    }
    if typed.errors:
        raise Malformed("Some fields cannot be read", errors=typed.errors)
    return campaign_change_of(converted(told, CampaignChanges))


def typed_or_shown(fields: Fields, campaign: Campaign, locale: str) -> Fields:
    """What was typed into a campaign's page, whose forms are sent one at a time; the rest as it is."""
    zone = form.OFFSETS.get(locale, form.UTC_OFFSET)
    return Fields([("zone", zone), *shown(campaign).items(), *fields.items()])


def shown(campaign: Campaign) -> Fields:
    """Write what may change of a campaign as its form takes it."""
    pairs = {
        "title_en": campaign.titles.get("en", ""),
        "title_zh": campaign.titles.get("zh-CN", ""),
        "quantity": str(campaign.quantity),
        "per_member": str(campaign.per_member),
    }
    return Fields(list(pairs.items()))


def blank(locale: str, now: datetime) -> Fields:
    """What a new form begins with."""
    begun = dict(form.blank(locale, now)) | {"kind": Kind.AMOUNT_OFF.value}
    return Fields([*begun.items(), ("quantity", QUANTITY), ("per_member", "1")])


def quantities(ask: Asking) -> list[FieldView]:
    """How many there are, and how many each member may have."""
    say = ask.words.say
    return [
        ask.number("quantity", say(N_("Coupons in all")), is_required=True),
        ask.number("per_member", say(N_("Coupons for each member")), is_required=True),
    ]


def handing_out(ask: Asking) -> list[FieldView]:
    """How people come by the coupons, and how long they keep them."""
    say = ask.words.say
    code = N_("Empty, and members claim their coupon. With a code, who knows it puts it on a cart.")
    days = N_("Counted from the day it is claimed. Empty, and it is good up to the end above.")
    return [
        ask.field("code", say(N_("Code")), hint=say(code)),
        ask.number("valid_days", say(N_("Good for so many days")), hint=say(days)),
    ]
