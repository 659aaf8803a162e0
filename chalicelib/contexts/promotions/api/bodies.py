"""An offer as JSON: what is sent, and what is shown."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.offers import (
    BPS_ALL,
    EVERYBODY,
    NAMES_MAX,
    PARTS_MAX,
    UNITS_MAX,
    Channel,
    Kind,
    Lane,
    Offer,
    OnReturn,
    Threshold,
)
from chalicelib.contexts.promotions.model.wishes import (
    BPS_A_PERCENT,
    LOCALES,
    TITLE_LENGTH_MAX,
    OfferWish,
)
from chalicelib.kernel import clock, text
from chalicelib.kernel.errors import FieldError, Malformed
from chalicelib.kernel.money import AMOUNT_MAX, Money
from chalicelib.web.request import malformed

LIMIT_MAX = 10_000_000
TIERS_MAX = 20
PERCENT_MIN, PERCENT_MAX = 0.01, 100
Title = Annotated[
    str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX, extra_json_schema=text.TOLD_FILLED)
]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Names = Annotated[list[Name], Meta(max_length=NAMES_MAX)]
Moment = Annotated[datetime, Meta(tz=True)]
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX)]
Lanes = Annotated[list[Lane], Meta(max_length=len(Lane))]
Titles = dict[Annotated[str, Meta(pattern="^(en|zh-CN)$")], Title]


class MoneyValue(msgspec.Struct, forbid_unknown_fields=True):
    """Money off, or the price of a unit."""

    amount: Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class PercentValue(msgspec.Struct, forbid_unknown_fields=True):
    """A percentage of two decimals at most, and how much it takes off at most."""

    percent: Annotated[float, Meta(ge=PERCENT_MIN, le=PERCENT_MAX)]
    cap: MoneyValue | None = None


class UnitsValue(msgspec.Struct, forbid_unknown_fields=True):
    """How many are to be bought, and how many more are free."""

    buy: Annotated[int, Meta(ge=1, le=UNITS_MAX)]
    get: Annotated[int, Meta(ge=1, le=UNITS_MAX)]


class GiftValue(msgspec.Struct, forbid_unknown_fields=True):
    """The variant that comes along."""

    sku: Annotated[str, Meta(min_length=1, max_length=128)]


class PartValue(msgspec.Struct, forbid_unknown_fields=True):
    """So many of one variant or of one product of a bundle; naming neither, of anything else that
    the offer is about.
    """

    quantity: Annotated[int, Meta(ge=1, le=UNITS_MAX)]
    sku: Annotated[str, Meta(max_length=128)] = ""
    product: Annotated[str, Meta(max_length=80)] = ""


class BundleValue(msgspec.Struct, forbid_unknown_fields=True):
    """What is sold together, for a price or with a percentage off."""

    parts: Annotated[list[PartValue], Meta(min_length=1, max_length=PARTS_MAX)]
    price: MoneyValue | None = None
    percent: Annotated[float, Meta(ge=PERCENT_MIN, le=PERCENT_MAX)] | None = None


VALUES = {
    "parts": BundleValue,
    "amount": MoneyValue,
    "percent": PercentValue,
    "buy": UnitsValue,
    "sku": GiftValue,
}
"""What a value is, by the member that tells."""


def _described(shape: type) -> dict[str, Any]:
    """Describe a value in place: the contract's references do not reach into a member's schema."""
    described: dict[str, Any] = msgspec.json.schema(shape)["$defs"][shape.__name__]
    properties = described["properties"]
    for name in {"cap", "price"} & set(properties):
        properties[name] = {"anyOf": [_described(MoneyValue), {"type": "null"}]}
    if "parts" in properties:
        properties["parts"]["items"] = _described(PartValue)
    return described


VALUE_TOLD = {"anyOf": [*map(_described, VALUES.values()), {"type": "null"}]}
Value = Annotated[Any, Meta(extra_json_schema=VALUE_TOLD)]


class Sum(msgspec.Struct, forbid_unknown_fields=True):
    """An amount in minor units."""

    amount: Annotated[int, Meta(ge=1, le=AMOUNT_MAX)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class ThresholdBody(msgspec.Struct, forbid_unknown_fields=True):
    """What has to be in the cart: an amount, or a number of units."""

    amount: Sum | None = None
    quantity: Annotated[int, Meta(ge=1, le=UNITS_MAX)] | None = None


class AudienceBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whom an offer is for: members of these tiers, those who never bought before, or carts that were
    begun in these channels.
    """

    tiers: Annotated[list[Name], Meta(max_length=TIERS_MAX)] = []
    first_order: bool = False
    channels: Annotated[list[Channel], Meta(max_length=len(Channel))] = []


class OfferBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new offer. Where goods go back and less is kept than its threshold asks for, one that reclaims
    holds back what it took off. `titles` are by language and stand in for `title` where they say something. One with a
    `budget` is stopped once it is seen to have taken off that much.
    """

    title: Title
    kind: Kind
    starts_at: Moment
    ends_at: Moment
    value: Value = None
    threshold: ThresholdBody | None = None
    products: Names = []
    categories: Names = []
    quota: Limit | None = None
    per_member: Limit | None = None
    combines_with: Lanes = []
    titles: Titles = {}
    stopped: bool = False
    budget: Sum | None = None
    audience: AudienceBody | None = None
    on_return: OnReturn = OnReturn.KEEP


class OfferChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change of an offer. A change of the kind comes with its value."""

    title: Title | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    value: Value | UnsetType = UNSET
    threshold: ThresholdBody | UnsetType | None = UNSET
    products: Names | UnsetType = UNSET
    categories: Names | UnsetType = UNSET
    quota: Limit | UnsetType | None = UNSET
    per_member: Limit | UnsetType | None = UNSET
    combines_with: Lanes | UnsetType = UNSET
    titles: Titles | UnsetType = UNSET
    stopped: bool | UnsetType = UNSET
    budget: Sum | UnsetType | None = UNSET
    audience: AudienceBody | UnsetType | None = UNSET
    on_return: OnReturn | UnsetType = UNSET


class ThresholdView(msgspec.Struct, omit_defaults=True):
    amount: Money | None = None
    quantity: int | None = None


class OfferView(msgspec.Struct):
    """An offer of one's own. `used` counts what is used of a quota, null without one. Of what it takes off
    its maker pays `own_percent`, the platform the rest.
    """

    id: str
    title: str
    titles: dict[str, str]
    kind: Kind
    value: Value
    threshold: ThresholdView | None
    products: list[str]
    categories: list[str]
    starts_at: str
    ends_at: str
    quota: int | None
    used: int | None
    per_member: int | None
    combines_with: list[Lane]
    lane: Lane
    budget: Money | None
    audience: AudienceBody | None
    on_return: OnReturn
    own_percent: float
    stopped: bool
    state: str
    created_at: str


class OffersView(msgspec.Struct):
    items: list[OfferView]
    next_cursor: str | None


def wish_of(body: OfferBody | OfferChanges) -> OfferWish:
    """Tell what a checked body wants of an offer."""
    told: dict[str, Any] = {
        name: value
        for name in (
            "kind",
            "value",
            "products",
            "categories",
            "starts_at",
            "ends_at",
            "quota",
            "per_member",
            "combines_with",
            "on_return",
        )
        if (value := getattr(body, name)) is not UNSET
    }
    check_value(told.get("value"), "value")
    if body.title is not UNSET or body.titles is not UNSET:
        by_language = {} if isinstance(body.titles, UnsetType) else body.titles
        said = "" if isinstance(body.title, UnsetType) else body.title
        told["titles"] = dict.fromkeys(LOCALES, said) | by_language
    if not isinstance(body.threshold, UnsetType):
        threshold = body.threshold or ThresholdBody()
        amount = threshold.amount
        told["threshold_amount"] = Money(amount.amount, amount.currency) if amount else None
        told["threshold_quantity"] = threshold.quantity
    if not isinstance(body.budget, UnsetType):
        most = body.budget
        told["budget"] = Money(most.amount, most.currency) if most else None
    if not isinstance(body.audience, UnsetType):
        audience = body.audience or AudienceBody()
        told |= {
            "tiers": audience.tiers,
            "first_order_only": audience.first_order,
            "channels": audience.channels,
        }
    return OfferWish(**told, is_stopped=body.stopped)


def check_value(given: Any, field: str) -> None:
    """Refuse 400 a value that is none of any kind."""
    if given is None:
        return
    names = given if isinstance(given, dict) else {}
    shape = next((shape for name, shape in VALUES.items() if name in names), None)
    if shape is None:
        detail = "A value is money, a percentage, units to buy and get, a gift, or null"
        raise Malformed(detail, errors=[FieldError(field, "wrong_type", detail)])
    try:
        msgspec.convert(given, shape)
    except msgspec.ValidationError as error:
        (found,) = malformed(str(error)).errors
        told = replace(found, field=f"{field}.{found.field}" if found.field else field)
        raise Malformed(told.detail, errors=[told]) from None


def offer_view(standing: Standing, used: int | None, locale: str, now: datetime) -> OfferView:
    """Show an offer to its maker."""
    offer = standing.offer
    return OfferView(
        id=offer.id,
        title=offer.titles[locale],
        titles=offer.titles,
        kind=offer.kind,
        value=value_view(offer),
        threshold=threshold_view(offer.threshold, offer.currency),
        products=sorted(offer.products),
        categories=sorted(offer.categories),
        starts_at=clock.iso(offer.starts_at),
        ends_at=clock.iso(offer.ends_at),
        quota=offer.quota,
        used=used,
        per_member=offer.per_member,
        combines_with=sorted(offer.combines_with),
        lane=offer.lane,
        budget=None if standing.budget is None else Money(standing.budget, offer.currency),
        audience=_audience_view(offer),
        on_return=offer.on_return,
        own_percent=(offer.merchant_bps if offer.merchant_id else BPS_ALL) / BPS_A_PERCENT,
        stopped=standing.is_stopped,
        state=standing.state(now),
        created_at=standing.created_at,
    )


def _audience_view(offer: Offer) -> AudienceBody | None:
    who = offer.audience
    if who == EVERYBODY:
        return None
    channels = [one for one in Channel if one in who.channels]
    return AudienceBody(sorted(who.tiers), who.first_order_only, channels)


def value_view(offer: Offer) -> Any:
    """Show an offer's value as its kind has it."""
    match offer.kind:
        case Kind.AMOUNT_OFF | Kind.FIXED_PRICE:
            return Money(offer.amount, offer.currency)
        case Kind.PERCENT_OFF:
            cap = {} if offer.cap is None else {"cap": Money(offer.cap, offer.currency)}
            return {"percent": _percent(offer), **cap}
        case Kind.BUY_X_GET_Y:
            return {"buy": offer.buy, "get": offer.get}
        case Kind.BUNDLE:
            parts = [
                {
                    name: value
                    for name, value in (
                        ("quantity", part.quantity),
                        ("sku", part.sku),
                        ("product", part.product_id),
                    )
                    if value
                }
                for part in offer.bundle
            ]
            if offer.percent_bps:
                return {"parts": parts, "percent": _percent(offer)}
            return {"parts": parts, "price": Money(offer.amount, offer.currency)}
        case Kind.GIFT:
            return {"sku": offer.sku}
        case Kind.FREE_SHIPPING:
            return None


def _percent(offer: Offer) -> float:
    percent = offer.percent_bps / BPS_A_PERCENT
    return int(percent) if percent.is_integer() else percent


def threshold_view(threshold: Threshold | None, currency: str) -> ThresholdView | None:
    """Show a threshold."""
    if threshold is None:
        return None
    if threshold.amount:
        return ThresholdView(amount=Money(threshold.amount, currency))
    return ThresholdView(quantity=threshold.quantity)


assert BPS_ALL == PERCENT_MAX * BPS_A_PERCENT, "a hundred percent is everything"
