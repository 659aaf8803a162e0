"""A campaign's form: what was typed becomes a wish, and a campaign becomes what its form shows."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from chalicelib.contexts.members.service import tiers
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
from chalicelib.contexts.promotions.model.occasions import Occasion, Trigger
from chalicelib.contexts.promotions.model.offers import Kind, lane_of
from chalicelib.contexts.promotions.model.wishes import CampaignChange, CampaignWish
from chalicelib.kernel.errors import Malformed
from chalicelib.kernel.money import Money
from chalicelib.web.forms import Fields, FieldView, wrong
from chalicelib.web.i18n import N_, Words
from chalicelib.web.page import converted

KINDS = (Kind.AMOUNT_OFF, Kind.PERCENT_OFF, Kind.FREE_SHIPPING)
"""What a coupon may do."""
TIER = "tier:"
"""Begins the choice of a tier that members rise to."""
RISES = N_("A member rises to %(tier)s")
OCCASIONS = {
    Occasion.SIGN_UP: N_("Somebody becomes a member"),
    Occasion.SPEND: N_("An order is completed"),
    Occasion.TIER: RISES,
    Occasion.BIRTHDAY: N_("A member has birthday"),
}
assert set(OCCASIONS) == set(Occasion), "every occasion has its words"
OF_COUPON = ("kind", "value", "threshold", "products", "categories")
OF_CAMPAIGN = ("title", "titles", "starts_at", "ends_at")
QUANTITY = "100"
"""How many coupons a new form begins with, one for each member."""


def said_of(trigger: Trigger, currency: str, words: Words) -> str:
    """On which occasion coupons are given, in words."""
    if trigger.on is Occasion.TIER:
        named = [one.titles[words.locale] for one in tiers.ladder() if one.code in trigger.tiers]
        return words.say(RISES) % {"tier": " / ".join(named)}
    told = words.say(OCCASIONS[trigger.on])
    if trigger.on is Occasion.SPEND:
        least = words.money(Money(trigger.amount, currency)).text
        return f"{told} · " + words.say(N_("from %(amount)s on")) % {"amount": least}
    return told


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
    campaign["trigger"] = _trigger(typed)
    if typed.errors:
        raise Malformed("Some fields cannot be read", errors=typed.errors)
    wish = campaign_wish_of(converted(campaign, CampaignBody))
    kind = wish.coupon.kind
    assert isinstance(kind, Kind), "a form tells the kind"
    lane = lane_of(kind, None, "", is_coupon=True)
    who = form.audience_of(fields, None)
    coupon = replace(
        wish.coupon,
        combines_with=[lane] if fields.text("combines") else [],
        tiers=sorted(who.tiers),
        first_order_only=who.first_order_only,
        channels=sorted(who.channels),
        merchants=form.merchants_ticked(fields),
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


def handing_out(ask: Asking, currency: str, *, is_platform: bool) -> list[FieldView]:
    """How people come by the coupons, and how long they keep them."""
    say = ask.words.say
    choices = [("", say(N_("No occasion"))), (Occasion.SPEND.value, say(OCCASIONS[Occasion.SPEND]))]
    if is_platform:
        choices += [
            (one.value, say(OCCASIONS[one])) for one in (Occasion.SIGN_UP, Occasion.BIRTHDAY)
        ]
        choices += [
            (f"{TIER}{tier.code}", say(RISES) % {"tier": tier.titles[ask.words.locale]})
            for tier in tiers.ladder()[1:]
        ]
    given = say(N_("The coupons are then given by themselves, and nobody claims them."))
    code = N_("Empty, and members claim their coupon. With a code, who knows it puts it on a cart.")
    days = N_("Counted from the day it is claimed. Empty, and it is good up to the end above.")
    return [
        ask.field("code", say(N_("Code")), hint=say(code)),
        ask.number("valid_days", say(N_("Good for so many days")), hint=say(days)),
        ask.field(
            "occasion", say(N_("Given when")), kind="select", choices=tuple(choices), hint=given
        ),
        ask.money("occasion_amount", say(N_("An order of at least")), currency),
    ]


def _trigger(typed: Typed) -> dict[str, Any] | None:
    """Read the occasion as the API has it; None where there is none."""
    chosen = typed.fields.text("occasion")
    if not chosen:
        return None
    if chosen.startswith(TIER):
        return {"on": Occasion.TIER.value, "tiers": [chosen.removeprefix(TIER)]}
    if chosen not in {Occasion.SPEND, Occasion.SIGN_UP, Occasion.BIRTHDAY}:
        typed.wrong("occasion", "unknown")
    is_spend = chosen == Occasion.SPEND
    amount = typed.money("occasion_amount", is_needed=is_spend)
    return {"on": chosen, "amount": amount if is_spend else None}
