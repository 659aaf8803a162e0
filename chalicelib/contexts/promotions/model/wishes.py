"""What somebody wants of an offer, and the offer that follows from it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.model.occasions import Trigger
from chalicelib.contexts.promotions.model.offers import (
    Audience,
    Funding,
    Kind,
    Lane,
    Offer,
    OfferUnsound,
    OnReturn,
    Part,
    Threshold,
    lane_of,
    require_sound,
)
from chalicelib.kernel import text
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.money import AMOUNT_MAX, Money

TITLE_LENGTH_MAX = 120
LOCALES = ("en", "zh-CN")
NEEDED = ("titles", "kind", "starts_at", "ends_at")
BPS_A_PERCENT = 100


class Percent(Struct, frozen=True, forbid_unknown_fields=True):
    percent: float
    cap: Money | None = None


class Units(Struct, frozen=True, forbid_unknown_fields=True):
    buy: int
    get: int


class Named(Struct, frozen=True, forbid_unknown_fields=True):
    sku: str


class PartGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """So many of one variant, of one product, or, where neither is named, of anything else that the
    offer is about.
    """

    quantity: int
    sku: str = ""
    product: str = ""


class Parts(Struct, frozen=True, forbid_unknown_fields=True):
    """What is sold together: for a price, or with a percentage off."""

    parts: tuple[PartGiven, ...]
    price: "MoneyGiven | None" = None
    percent: float | None = None


class MoneyGiven(Struct, frozen=True, forbid_unknown_fields=True):
    amount: int
    currency: str


SHAPES: dict[Kind, Any] = {
    Kind.AMOUNT_OFF: MoneyGiven,
    Kind.FIXED_PRICE: MoneyGiven,
    Kind.PERCENT_OFF: Percent,
    Kind.BUY_X_GET_Y: Units,
    Kind.BUNDLE: Parts,
    Kind.GIFT: Named,
    Kind.FREE_SHIPPING: None,
}
assert set(SHAPES) == set(Kind), "every kind says what its value looks like"


class OfferWish(Struct, frozen=True, kw_only=True):
    """What is wanted of an offer; what is not told stays as it is, or is left out of a new one.

    `value` is as JSON gives it: its shape follows from the kind. `threshold_amount` and
    `threshold_quantity` are told together.
    """

    titles: Mapping[str, str] | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    value: Any = UNSET
    threshold_amount: Money | UnsetType | None = UNSET
    threshold_quantity: int | None = None
    products: Sequence[str] | UnsetType = UNSET
    categories: Sequence[str] | UnsetType = UNSET
    merchants: Sequence[str] | UnsetType = UNSET
    channels: Sequence[str] | UnsetType = UNSET
    tiers: Sequence[str] | UnsetType = UNSET
    first_order_only: bool | UnsetType = UNSET
    starts_at: datetime | UnsetType = UNSET
    ends_at: datetime | UnsetType = UNSET
    quota: int | UnsetType | None = UNSET
    per_member: int | UnsetType | None = UNSET
    combines_with: Sequence[Lane] | UnsetType = UNSET
    is_stopped: bool | UnsetType = UNSET
    budget: Money | UnsetType | None = UNSET
    on_return: OnReturn | UnsetType = UNSET


class CampaignWish(Struct, frozen=True, kw_only=True):
    """What is wanted of a new campaign; `coupon` is told without times and limits."""

    coupon: OfferWish
    quantity: int
    per_member: int
    starts_at: datetime
    ends_at: datetime
    valid_days: int | None = None
    code: str = ""
    has_single_codes: bool = False
    trigger: Trigger | None = None
    is_stopped: bool = False


class CampaignChange(Struct, frozen=True, kw_only=True):
    """What is wanted of a campaign that is there; what is not told stays as it is. What its coupons do
    stays: who has one relies on it.
    """

    titles: Mapping[str, str] | UnsetType = UNSET
    quantity: int | UnsetType = UNSET
    per_member: int | UnsetType = UNSET
    is_stopped: bool | UnsetType = UNSET


def changed(campaign: Campaign, wish: CampaignChange) -> Campaign:
    """Make the campaign that is asked for. Refuses `promotions.offer_unsound` a title that is none, and
    fewer for each member than before: some may have had that many.
    """
    errors: list[FieldError] = []
    told: dict[str, Any] = {
        name: value
        for name in ("quantity", "per_member", "is_stopped")
        if (value := getattr(wish, name)) is not UNSET
    }
    if not isinstance(wish.titles, UnsetType):
        titles = _titles(wish.titles, errors)
        told |= {"titles": titles, "coupon": replace(campaign.coupon, titles=titles)}
    if told.get("per_member", campaign.per_member) < campaign.per_member:
        errors.append(FieldError("per_member", "out_of_range", "Some may have had that many"))
    if errors:
        raise OfferUnsound(errors=errors)
    return replace(campaign, **told, version=campaign.version + 1)


def offered(
    wish: OfferWish,
    base: Offer | None,
    *,
    offer_id: str,
    merchant_id: str,
    currency: str,
    is_coupon: bool = False,
) -> Offer:
    """Make the offer that a wish asks for, on top of `base` where there is one.

    Refuses `promotions.offer_unsound`, naming every field that is missing, no value of its kind, or
    contradicts another.
    """
    errors = _missing(wish, base)
    told = {
        name: value
        for name in ("kind", "starts_at", "ends_at", "quota", "per_member", "on_return")
        if (value := getattr(wish, name)) is not UNSET
    }
    for name in ("products", "categories", "merchants", "combines_with"):
        if (value := getattr(wish, name)) is not UNSET:
            told[name] = frozenset(value)
    if not isinstance(wish.titles, UnsetType):
        told["titles"] = _titles(wish.titles, errors)
    told |= _audience(wish, base)
    monies: list[tuple[str, Money]] = []
    kind = told.get("kind", base.kind if base else None)
    if kind is not None and (wish.value is not UNSET or wish.kind is not UNSET):
        told |= _value(kind, None if wish.value is UNSET else wish.value, monies, errors)
    told |= _threshold(wish, monies)
    if isinstance(wish.budget, Money):
        monies.append(("budget", wish.budget))
    for name, money in monies:
        if money.currency != currency:
            errors.append(FieldError(name, "currency", f"Amounts are in {currency}"))
    if errors:
        raise OfferUnsound(errors=errors)
    given = {"id": offer_id, "merchant_id": merchant_id, "currency": currency, **told}
    if base is None:
        bps = Funding.MERCHANT if merchant_id else Funding.PLATFORM
        made = Offer(**{"lane": Lane.MERCHANT, "merchant_bps": int(bps), **given})
    else:
        made = replace(base, **given)
    lane = lane_of(made.kind, made.threshold, merchant_id, is_coupon=is_coupon)
    return require_sound(replace(made, lane=lane), currency=currency)


def _missing(wish: OfferWish, base: Offer | None) -> list[FieldError]:
    absent = [] if base else [name for name in NEEDED if getattr(wish, name) is UNSET]
    return [FieldError(name, "missing", "This is needed") for name in absent]


def _titles(given: Mapping[str, str], errors: list[FieldError]) -> dict[str, str]:
    titles = {locale: given.get(locale, "").strip() for locale in LOCALES}
    said = next((title for title in titles.values() if title), "")
    titles = {locale: title or said for locale, title in titles.items()}
    if any(not title or text.has_control(title) for title in titles.values()):
        errors.append(FieldError("title", "malformed", "A title is a line of text"))
    if any(len(title) > TITLE_LENGTH_MAX for title in titles.values()):
        errors.append(FieldError("title", "too_long", f"A title has {TITLE_LENGTH_MAX} signs"))
    return titles


def _audience(wish: OfferWish, base: Offer | None) -> dict[str, Any]:
    if wish.tiers is UNSET and wish.first_order_only is UNSET and wish.channels is UNSET:
        return {}
    audience = base.audience if base else Audience()
    if not isinstance(wish.tiers, UnsetType):
        audience = replace(audience, tiers=frozenset(wish.tiers))
    if not isinstance(wish.channels, UnsetType):
        audience = replace(audience, channels=frozenset(wish.channels))
    if not isinstance(wish.first_order_only, UnsetType):
        audience = replace(audience, first_order_only=wish.first_order_only)
    return {"audience": audience}


def _threshold(wish: OfferWish, monies: list[tuple[str, Money]]) -> dict[str, Threshold | None]:
    amount, quantity = wish.threshold_amount, wish.threshold_quantity
    if isinstance(amount, UnsetType):
        return {}
    if amount is None and quantity is None:
        return {"threshold": None}
    if amount is None:
        return {"threshold": Threshold(quantity=quantity or 0)}
    monies.append(("threshold", amount))
    return {"threshold": Threshold(amount=amount.amount, quantity=quantity or 0)}


def _value(
    kind: Kind, raw: Any, monies: list[tuple[str, Money]], errors: list[FieldError]
) -> dict[str, Any]:
    """Read a value as its kind has it; what goes with other kinds is emptied."""
    told: dict[str, Any] = {"amount": 0, "percent_bps": 0, "cap": None, "buy": 0, "get": 0}
    told |= {"sku": "", "bundle": ()}
    shape = SHAPES[kind]
    if shape is None:
        if raw is not None:
            errors.append(FieldError("value", "not_for_kind", f"{kind.value} has no value"))
        return told
    try:
        value = msgspec.convert(raw, shape)
        if isinstance(value, MoneyGiven):
            value = Money(value.amount, value.currency)
    except (msgspec.ValidationError, AssertionError):
        detail = f"This is no value of {kind.value}"
        errors.append(FieldError("value", "not_for_kind", detail))
        return told
    if isinstance(value, Money):
        if abs(value.amount) > AMOUNT_MAX:
            errors.append(FieldError("value", "out_of_range", "This is too much"))
        monies.append(("value", value))
        return told | {"amount": value.amount}
    if isinstance(value, Parts):
        return told | _bundle(value, monies, errors)
    if not isinstance(value, Percent):
        return told | asdict(value)
    bps = _bps(value.percent, errors)
    if value.cap is None:
        return told | {"percent_bps": bps}
    monies.append(("value.cap", value.cap))
    return told | {"percent_bps": bps, "cap": value.cap.amount}


def _bundle(
    value: Parts, monies: list[tuple[str, Money]], errors: list[FieldError]
) -> dict[str, Any]:
    if value.price is not None:
        monies.append(("value.price", Money(value.price.amount, value.price.currency)))
    return {
        "bundle": tuple(Part(one.sku, one.product, one.quantity) for one in value.parts),
        "amount": value.price.amount if value.price is not None else 0,
        "percent_bps": 0 if value.percent is None else _bps(value.percent, errors),
    }


def _bps(percent: float, errors: list[FieldError]) -> int:
    bps = round(percent * BPS_A_PERCENT)
    if abs(bps - percent * BPS_A_PERCENT) > 1e-6:
        detail = "A percentage has at most two decimals"
        errors.append(FieldError("value.percent", "out_of_range", detail))
    return bps
