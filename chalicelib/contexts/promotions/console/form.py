"""An offer's form: what was typed becomes a wish, and an offer becomes what the form shows."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from msgspec.structs import replace

from chalicelib.contexts.members.service import tiers
from chalicelib.contexts.promotions.api.bodies import OfferBody, wish_of
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.offers import (
    Audience,
    Channel,
    Kind,
    Lane,
    Offer,
    OnReturn,
    Part,
    Threshold,
    lane_of,
)
from chalicelib.contexts.promotions.model.wishes import BPS_A_PERCENT, OfferWish
from chalicelib.kernel import clock
from chalicelib.kernel.errors import FieldError, Malformed
from chalicelib.kernel.money import Money
from chalicelib.web.forms import Fields, wrong
from chalicelib.web.page import converted

PRODUCT, CATEGORY, MERCHANT = "product.", "category.", "merchant."
"""Begin the names of the boxes to be ticked."""
COUPON = "coupon."
"""Begins what the API calls the fields of a campaign's coupons."""
ANY_PART = "any"
FIRST, KEPT = "first-order", "kept"
"""Audiences: who never bought before, and what only a program can say."""
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
UTC_OFFSET = "+00:00"
OFFSETS = {"zh-CN": "+08:00"}
"""The zone that a form begins with, by its language."""
DIGITS_MAX = 12
PART = re.compile(r"(?:(\d{1,4})\s*[x×*]?\s+)?(\S{1,128})")
PRODUCT_ID = re.compile(r"prd_\w{4,40}")
VALUE_FIELDS = {
    Kind.AMOUNT_OFF: "amount",
    Kind.PERCENT_OFF: "percent",
    Kind.FIXED_PRICE: "price",
    Kind.BUY_X_GET_Y: "buy",
    Kind.BUNDLE: "parts",
    Kind.GIFT: "gift",
    Kind.FREE_SHIPPING: "kind",
}
assert set(VALUE_FIELDS) == set(Kind), "every kind has a field for what is wrong with its value"
SAME = {"starts_at", "ends_at", "quota", "per_member", "kind"}


class Typed:
    """A form being read. What cannot be read is noted, so that all of it can be said at once."""

    def __init__(self, fields: Fields, currency: str) -> None:
        self.fields = fields
        self.currency = currency
        self.errors: list[FieldError] = []

    def wrong(self, name: str, code: str = "invalid") -> None:
        self.errors.append(FieldError(name, code, f"{name}: {code}"))

    def titles(self) -> dict[str, str]:
        """Read the titles that are told; one of them is needed."""
        told = {"en": self.fields.text("title_en"), "zh-CN": self.fields.text("title_zh")}
        said = {locale: title for locale, title in told.items() if title}
        if not said:
            self.wrong("title_en", "missing")
        return said

    def money(self, name: str, *, is_needed: bool = False) -> dict[str, Any] | None:
        """Read an amount in major units, such as 12.50."""
        text = self.fields.text(name)
        if not text:
            if is_needed:
                self.wrong(name, "missing")
            return None
        try:
            amount = Money.parse(text, self.currency).amount
        except ValueError:
            self.wrong(name)
            return None
        if amount < 0:
            self.wrong(name, "out_of_range")
        return {"amount": amount, "currency": self.currency}

    def whole(self, name: str, *, is_needed: bool = False) -> int | None:
        """Read a number of at least 1."""
        text = self.fields.text(name)
        if not text and not is_needed:
            return None
        if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
            self.wrong(name, "missing" if not text else "wrong_type")
            return None
        if int(text) < 1:
            self.wrong(name, "out_of_range")
        return int(text)

    def percent(self, name: str, *, is_needed: bool = False) -> float | None:
        """Read a percentage, with or without its sign."""
        text = self.fields.text(name).removesuffix("%").strip()
        if not text and not is_needed:
            return None
        if re.fullmatch(r"\d{1,3}(\.\d{1,2})?", text) is None:
            self.wrong(name, "missing" if not text else "out_of_range")
            return None
        return float(text)

    def moment(self, name: str) -> str:
        """Read a local time as browsers send it, in the zone that the form names."""
        text = self.fields.text(name)
        offset = self.fields.text("zone") or UTC_OFFSET
        try:
            return clock.iso(clock.parse(text + offset))
        except (ValueError, OverflowError):
            self.wrong(name, "missing" if not text else "invalid")
            return ""


def wanted(fields: Fields, currency: str, merchant_id: str, former: Offer | None) -> OfferWish:
    """Read a form into a wish. Refuses `request.malformed`, naming every field that cannot be read,
    and what the API refuses, named as the API names it.
    """
    typed = Typed(fields, currency)
    told = body(typed)
    budget = typed.money("budget")
    if budget is not None and budget["amount"] < 1:
        typed.wrong("budget", "out_of_range")
    if typed.errors:
        raise Malformed("Some fields cannot be read", errors=typed.errors)
    wish = wish_of(converted(told, OfferBody))
    lane = _lane(wish, merchant_id)
    kept = (former.combines_with if former else frozenset[Lane]()) - {lane}
    combined = kept | {lane} if fields.text("combines") else kept
    most = Money(budget["amount"], currency) if budget else None
    who = audience_of(fields, former)
    wish = replace(
        wish,
        combines_with=sorted(combined),
        budget=most,
        tiers=sorted(who.tiers),
        first_order_only=who.first_order_only,
        channels=sorted(who.channels),
        merchants=_ticked(fields, MERCHANT),
        on_return=OnReturn.RECLAIM if fields.text("reclaims") else OnReturn.KEEP,
    )
    return _to_the_second(wish, former) if former else wish


def audience_of(fields: Fields, former: Offer | None) -> Audience:
    """Read whom an offer is for, and in which channel. What a form cannot say stays as it is."""
    who = _people(fields.text("audience"), former)
    told = fields.text("channel")
    if told == KEPT and former is not None:
        return replace(who, channels=former.audience.channels)
    if told and told not in set(Channel):
        raise wrong("channel", "unknown")
    return replace(who, channels=frozenset({told} if told else ()))


def merchants_ticked(fields: Fields) -> list[str]:
    """The merchants that are ticked."""
    return _ticked(fields, MERCHANT)


def _people(name: str, former: Offer | None) -> Audience:
    """Everybody, first orders, or a tier and those above it."""
    if name == KEPT and former is not None:
        return former.audience
    codes = [tier.code for tier in tiers.ladder()]
    if name in codes:
        return Audience(tiers=frozenset(codes[codes.index(name) :]))
    return Audience(first_order_only=name == FIRST)


def _audience_name(offer: Offer) -> str:
    names = ["", FIRST, *(tier.code for tier in tiers.ladder())]
    people = replace(offer.audience, channels=frozenset())
    return next((one for one in names if _people(one, None) == people), KEPT)


def _channel_name(offer: Offer) -> str:
    channels = offer.audience.channels
    return KEPT if len(channels) > 1 else next(iter(channels), "")


def skus(fields: Fields) -> list[str]:
    """The products that are named by a variant, one on each line."""
    return list(
        dict.fromkeys(line.strip() for line in fields.text("skus").splitlines() if line.strip())
    )


def beside(errors: Mapping[str, str], fields: Fields) -> dict[str, str]:
    """Put what is wrong beside the fields of the form: the model names values by their kind."""
    kind = fields.text("kind")
    errors = {name.removeprefix(COUPON): text for name, text in errors.items()}
    own = VALUE_FIELDS[Kind(kind)] if kind in set(Kind) else "kind"
    is_bundle = own == "parts"
    names = {
        "title": "title_en",
        "value": own,
        "currency": own,
        "percent": "bundle_percent" if is_bundle else "percent",
        "value.percent": "bundle_percent" if is_bundle else "percent",
        "value.price": "bundle_price",
        "value.cap": "cap",
        "value.sku": "gift",
        "value.parts": "parts",
        "bundle": "parts",
        "on_return": "reclaims",
        "trigger": "occasion",
        "trigger.amount": "occasion_amount",
        "threshold": "threshold_quantity"
        if fields.text("threshold_quantity")
        else "threshold_amount",
    }
    placed: dict[str, str] = {}
    for field, text in errors.items():
        head = field.partition(".")[0]
        name = names.get(field) or names.get(head) or head
        placed.setdefault(name if head != "titles" else _of_title(field), text)
    return placed


def shown(standing: Standing, locale: str) -> Fields:
    """Write an offer as its form takes it."""
    offer, budget = standing.offer, standing.budget
    offset = OFFSETS.get(locale, UTC_OFFSET)
    currency = offer.currency
    threshold = offer.threshold or Threshold()
    pairs = {
        "title_en": offer.titles.get("en", ""),
        "title_zh": offer.titles.get("zh-CN", ""),
        "kind": offer.kind.value,
        "zone": offset,
        "starts_at": local(offer.starts_at, offset),
        "ends_at": local(offer.ends_at, offset),
        "threshold_amount": _major(threshold.amount, currency) if threshold.amount else "",
        "threshold_quantity": str(threshold.quantity or ""),
        "quota": str(offer.quota or ""),
        "per_member": str(offer.per_member or ""),
        "combines": "1" if offer.lane in offer.combines_with else "",
        **_value(offer),
        **{f"{PRODUCT}{one}": "1" for one in offer.products},
        **{f"{CATEGORY}{one}": "1" for one in offer.categories},
        **{f"{MERCHANT}{one}": "1" for one in offer.merchants},
        "budget": "" if budget is None else _major(budget, currency),
        "audience": _audience_name(offer),
        "channel": _channel_name(offer),
        "reclaims": "1" if offer.on_return is OnReturn.RECLAIM else "",
    }
    return Fields(list(pairs.items()))


def blank(locale: str, now: datetime) -> Fields:
    """What a new form begins with: a week from the next full hour on."""
    offset = OFFSETS.get(locale, UTC_OFFSET)
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Fields(
        [
            ("kind", Kind.PERCENT_OFF.value),
            ("zone", offset),
            ("starts_at", local(start, offset)),
            ("ends_at", local(start + WEEK, offset)),
        ]
    )


def local(moment: datetime, offset: str) -> str:
    """Write a time as a form's field has it: local, to the minute."""
    return f"{moment.astimezone(timezone(ahead(offset))):%Y-%m-%dT%H:%M}"


def ahead(offset: str) -> timedelta:
    """How far a zone such as `+08:00` is ahead of UTC."""
    span = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
    return -span if offset.startswith("-") else span


def body(typed: Typed) -> dict[str, Any]:
    """The form as the API's body has it."""
    fields = typed.fields
    said = typed.titles()
    amount = typed.money("threshold_amount")
    quantity = typed.whole("threshold_quantity")
    threshold = {"amount": amount, "quantity": quantity}
    return {
        "title": next(iter(said.values()), ""),
        "titles": said,
        "kind": fields.text("kind"),
        "value": _value_of(typed),
        "threshold": threshold if amount or quantity else None,
        "products": _ticked(fields, PRODUCT),
        "categories": _ticked(fields, CATEGORY),
        "starts_at": typed.moment("starts_at"),
        "ends_at": typed.moment("ends_at"),
        "quota": typed.whole("quota"),
        "per_member": typed.whole("per_member"),
    }


def _value_of(typed: Typed) -> Any:
    kind = typed.fields.text("kind")
    if kind not in set(Kind):
        typed.wrong("kind", "unknown")
        return None
    match Kind(kind):
        case Kind.AMOUNT_OFF:
            return typed.money("amount", is_needed=True)
        case Kind.FIXED_PRICE:
            return typed.money("price", is_needed=True)
        case Kind.PERCENT_OFF:
            cap = typed.money("cap")
            off = {"percent": typed.percent("percent", is_needed=True)}
            return off | ({"cap": cap} if cap else {})
        case Kind.BUY_X_GET_Y:
            bought, free = (typed.whole(name, is_needed=True) for name in ("buy", "get"))
            return {"buy": bought, "get": free}
        case Kind.BUNDLE:
            return _bundle(typed)
        case Kind.GIFT:
            if not typed.fields.text("gift"):
                typed.wrong("gift", "missing")
            return {"sku": typed.fields.text("gift")}
        case Kind.FREE_SHIPPING:
            return None


def _bundle(typed: Typed) -> dict[str, Any]:
    parts = []
    for line in typed.fields.text("parts").splitlines():
        if not line.strip():
            continue
        found = PART.fullmatch(line.strip())
        if found is None:
            typed.wrong("parts")
            break
        many, name = int(found.group(1) or 1), found.group(2)
        kind = "product" if PRODUCT_ID.fullmatch(name) else "sku"
        parts.append({"quantity": many} | ({} if name == ANY_PART else {kind: name}))
    if not parts:
        typed.wrong("parts", "missing")
    price, percent = typed.money("bundle_price"), typed.percent("bundle_percent")
    if price is None and percent is None:
        typed.wrong("bundle_price", "missing")
    told = {"price": price, "percent": percent}
    return {"parts": parts, **{name: value for name, value in told.items() if value is not None}}


def _to_the_second(wish: OfferWish, former: Offer) -> OfferWish:
    """A field shows minutes: a time that it still shows stays what it was, to the second."""
    for name in ("starts_at", "ends_at"):
        was, now = getattr(former, name), getattr(wish, name)
        if was.replace(second=0, microsecond=0) == now:
            wish = replace(wish, **{name: was})
    return wish


def _lane(wish: OfferWish, merchant_id: str) -> Lane:
    assert isinstance(wish.kind, Kind), "a form tells the kind"
    amount = wish.threshold_amount
    has_amount = isinstance(amount, Money)
    threshold = Threshold(amount=amount.amount) if has_amount else None
    return lane_of(wish.kind, threshold, merchant_id)


def _ticked(fields: Fields, prefix: str) -> list[str]:
    return [
        name.removeprefix(prefix) for name in fields if name.startswith(prefix) and fields[name]
    ]


def _of_title(field: str) -> str:
    return "title_zh" if "zh" in field else "title_en"


def _value(offer: Offer) -> dict[str, str]:
    """An offer's value, by the fields of its kind."""
    amount = _major(offer.amount, offer.currency)
    percent = f"{offer.percent_bps / BPS_A_PERCENT:g}"
    match offer.kind:
        case Kind.AMOUNT_OFF:
            return {"amount": amount}
        case Kind.FIXED_PRICE:
            return {"price": amount}
        case Kind.PERCENT_OFF:
            cap = "" if offer.cap is None else _major(offer.cap, offer.currency)
            return {"percent": percent, "cap": cap}
        case Kind.BUY_X_GET_Y:
            return {"buy": str(offer.buy), "get": str(offer.get)}
        case Kind.BUNDLE:
            lines = "\n".join(map(_part, offer.bundle))
            priced = {"bundle_percent": percent} if offer.percent_bps else {"bundle_price": amount}
            return {"parts": lines, **priced}
        case Kind.GIFT:
            return {"gift": offer.sku}
        case Kind.FREE_SHIPPING:
            return {}


def _part(part: Part) -> str:
    return f"{part.quantity} {part.sku or part.product_id or ANY_PART}"


def _major(minor: int, currency: str) -> str:
    return str(Money(minor, currency).decimal())
