"""An offer: what it takes off, from what, when, for whom, and who pays for it."""

from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Struct

from chalicelib.kernel.errors import FieldError, Refusal

BPS_ALL = 10_000
UNITS_MAX = 9_999
NAMES_MAX = 1_000
PARTS_MAX = 20
PERCENT = "A percentage is 0.01 to 100 and its cap is more than nothing; other kinds have neither"
VALUE = "The value does not fit the kind"
THRESHOLD = "A threshold is an amount or a number of units, of more than nothing"
BUNDLE = "A bundle has parts of at least one unit, names each once, and names goods by its parts"
LIMIT = "A limit is at least 1"
MERCHANTS = "The platform alone names merchants"
RETURN = "Merchants reclaim, where an offer of theirs has a threshold"
FUNDING = "The merchant's part is between nothing and all"


class Lane(StrEnum):
    """Where an offer takes its turn. Offers of one lane compete, those of different lanes stack."""

    PRODUCT = "product"
    MERCHANT = "merchant"
    PLATFORM = "platform"
    COUPONS = "coupons"
    SHIPPING = "shipping"
    POINTS = "points"


class Kind(StrEnum):
    """How an offer reckons."""

    AMOUNT_OFF = "amount_off"
    PERCENT_OFF = "percent_off"
    FIXED_PRICE = "fixed_price"
    BUY_X_GET_Y = "buy_x_get_y"
    BUNDLE = "bundle"
    GIFT = "gift"
    FREE_SHIPPING = "free_shipping"


KINDS = {
    Lane.PRODUCT: {Kind.PERCENT_OFF, Kind.FIXED_PRICE},
    Lane.MERCHANT: {
        Kind.AMOUNT_OFF,
        Kind.PERCENT_OFF,
        Kind.BUY_X_GET_Y,
        Kind.BUNDLE,
        Kind.GIFT,
    },
    Lane.PLATFORM: {Kind.AMOUNT_OFF, Kind.PERCENT_OFF},
    Lane.COUPONS: {Kind.AMOUNT_OFF, Kind.PERCENT_OFF},
    Lane.SHIPPING: {Kind.FREE_SHIPPING},
    Lane.POINTS: set[Kind](),
}
assert set(KINDS) == set(Lane), "every lane says what runs in it"
assert set().union(*KINDS.values()) == set(Kind), "every kind runs in some lane"

TURNS = {
    Kind.FIXED_PRICE: 0,
    Kind.BUNDLE: 1,
    Kind.AMOUNT_OFF: 2,
    Kind.BUY_X_GET_Y: 3,
    Kind.PERCENT_OFF: 4,
    Kind.GIFT: 5,
    Kind.FREE_SHIPPING: 6,
}
"""Who goes first where offers combine."""
assert set(TURNS) == set(Kind), "every kind has its turn"


class Funding(IntEnum):
    """The merchant's part of what an offer costs, in ten-thousandths; any part between is a share."""

    PLATFORM = 0
    MERCHANT = BPS_ALL


class OnReturn(StrEnum):
    """What becomes of an offer when goods go back and what is kept is below its threshold."""

    KEEP = "keep"
    RECLAIM = "reclaim"


class Threshold(Struct, frozen=True):
    """What must be in the basket: an amount in minor units, or a number of units."""

    amount: int = 0
    quantity: int = 0


class Part(Struct, frozen=True):
    """So many units of what a bundle is made of: of one variant, of one product, or, naming neither,
    of anything else that the offer is about.
    """

    sku: str = ""
    product_id: str = ""
    quantity: int = 1


class Channel(StrEnum):
    """Where a cart was begun: on the shop's pages, or by a program, which may say what it is."""

    WEB = "web"
    APP = "app"
    MINI_PROGRAM = "mini_program"
    API = "api"


class Audience(Struct, frozen=True):
    """Whom an offer is for. An empty set is everybody, `channels` are of `Channel`."""

    tiers: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    first_order_only: bool = False


EVERYBODY = Audience()


class Offer(Struct, frozen=True, kw_only=True):
    """One rule that lowers prices, from `starts_at` up to and without `ends_at`.

    `amount` is money off, or the price of a unit (`fixed_price`); `percent_bps` goes with
    `percent_off`, `cap` bounds it; `buy` and `get` go with `buy_x_get_y`, `sku` with `gift`. A
    `bundle` is a set of parts for an `amount`, or with a percentage off. Amounts are minor units of
    `currency`. A `merchant_id` of "" is the platform. Naming no products, categories and
    `merchants` (the platform's alone name some) reaches everything of the merchant, or of the cart;
    naming several reaches any of these. A bundle whose parts all name something reaches just that.
    `quota` and `per_member` count units in the product lane and purchases in the others.
    """

    id: str
    titles: dict[str, str]
    lane: Lane
    kind: Kind
    currency: str
    starts_at: datetime
    ends_at: datetime
    merchant_id: str = ""
    amount: int = 0
    percent_bps: int = 0
    cap: int | None = None
    buy: int = 0
    get: int = 0
    sku: str = ""
    threshold: Threshold | None = None
    products: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    audience: Audience = EVERYBODY
    quota: int | None = None
    per_member: int | None = None
    combines_with: frozenset[Lane] = frozenset()
    merchant_bps: int = Funding.MERCHANT
    bundle: tuple[Part, ...] = ()
    on_return: OnReturn = OnReturn.KEEP
    merchants: frozenset[str] = frozenset()


class OfferUnsound(Refusal):
    """The offer contradicts itself or names what is not there; `errors` say what is wrong with each
    field.
    """

    code, status, title = "promotions.offer_unsound", 422, "The offer cannot be made like this"


def lane_of(
    kind: Kind, threshold: Threshold | None, merchant_id: str, *, is_coupon: bool = False
) -> Lane:
    """Say in which lane an offer takes its turn; who makes one does not choose it.

    Prices of single articles (a fixed price, a percentage without a threshold of money) belong to
    the product lane, what looks at the whole order to its merchant's or the platform's.
    """
    if kind is Kind.FREE_SHIPPING:
        return Lane.SHIPPING
    if is_coupon:
        return Lane.COUPONS
    if kind in KINDS[Lane.PRODUCT] and (threshold is None or not threshold.amount):
        return Lane.PRODUCT
    return Lane.MERCHANT if merchant_id else Lane.PLATFORM


def require_sound(offer: Offer, *, currency: str) -> Offer:
    """Refuse `promotions.offer_unsound`, naming every contradiction; `currency` is the seller's."""
    members, everybody = offer.per_member, offer.quota
    named = len(offer.products) + len(offer.categories) + len(offer.merchants)
    names_merchants = bool(offer.merchant_id and offer.merchants)
    is_own = bool(offer.merchant_id) or offer.merchant_bps == 0
    checks = (
        ("percent", "out_of_range", PERCENT, _percent_is_wrong(offer)),
        ("value", "out_of_range", VALUE, _value_is_wrong(offer)),
        ("bundle", "out_of_range", BUNDLE, _bundle_is_wrong(offer)),
        ("threshold", "out_of_range", THRESHOLD, _threshold_is_wrong(offer)),
        (
            "kind",
            "not_in_lane",
            "This kind does not run there",
            offer.kind not in KINDS[offer.lane],
        ),
        ("ends_at", "before_start", "The end comes after the start", _ends_early(offer)),
        ("currency", "mixed", f"Amounts are in {currency}", offer.currency != currency),
        ("quota", "out_of_range", LIMIT, everybody is not None and everybody < 1),
        ("per_member", "out_of_range", LIMIT, members is not None and members < 1),
        ("funding", "out_of_range", FUNDING, not 0 <= offer.merchant_bps <= BPS_ALL),
        ("funding", "not_its_own", "The platform pays for its own offers", not is_own),
        ("on_return", "not_its_own", RETURN, not _may_reclaim(offer)),
        ("merchants", "not_its_own", MERCHANTS, names_merchants),
        ("products", "too_many", f"An offer names at most {NAMES_MAX}", named > NAMES_MAX),
    )
    errors = [
        FieldError(field, code, sentence) for field, code, sentence, is_wrong in checks if is_wrong
    ]
    if errors:
        raise OfferUnsound(errors=errors)
    return offer


def _ends_early(offer: Offer) -> bool:
    return offer.ends_at <= offer.starts_at


def _may_reclaim(offer: Offer) -> bool:
    """Goods go back order by order, and an offer of the platform may be about several orders."""
    return offer.on_return is OnReturn.KEEP or bool(offer.merchant_id and offer.threshold)


def _percent_is_wrong(offer: Offer) -> bool:
    if offer.kind is not Kind.PERCENT_OFF and not (offer.kind is Kind.BUNDLE and offer.percent_bps):
        return offer.percent_bps != 0 or offer.cap is not None
    is_capped_at_nothing = offer.cap is not None and offer.cap < 1
    return not 1 <= offer.percent_bps <= BPS_ALL or is_capped_at_nothing


def _value_is_wrong(offer: Offer) -> bool:
    match offer.kind:
        case Kind.AMOUNT_OFF:
            return offer.amount < 1
        case Kind.FIXED_PRICE:
            return offer.amount < 0
        case Kind.BUY_X_GET_Y:
            return not (1 <= offer.buy <= UNITS_MAX and 1 <= offer.get <= UNITS_MAX)
        case Kind.GIFT:
            return not offer.sku
        case Kind.BUNDLE:
            return offer.amount < 0 or (offer.amount > 0) == (offer.percent_bps > 0)
        case Kind.PERCENT_OFF | Kind.FREE_SHIPPING:
            return offer.amount != 0


def _bundle_is_wrong(offer: Offer) -> bool:
    """Parts go with bundles; where all of them name something, the offer itself names nothing."""
    parts = offer.bundle
    if offer.kind is not Kind.BUNDLE:
        return bool(parts)
    names = {(part.sku, part.product_id) for part in parts}
    is_named = all(part.sku or part.product_id for part in parts)
    return (
        not 1 <= len(parts) <= PARTS_MAX
        or len(names) < len(parts)
        or any(part.sku and part.product_id for part in parts)
        or not all(1 <= part.quantity <= UNITS_MAX for part in parts)
        or (is_named and bool(offer.products or offer.categories or offer.merchants))
    )


def _threshold_is_wrong(offer: Offer) -> bool:
    """A threshold is of money or of units, and what is asked for is not nothing."""
    threshold = offer.threshold
    if threshold is None:
        return False
    is_one_of_both = (threshold.amount > 0) != (threshold.quantity > 0)
    is_for_articles = offer.lane is Lane.PRODUCT
    return (
        not is_one_of_both
        or min(threshold.amount, threshold.quantity) < 0
        or (is_for_articles and threshold.amount > 0)
    )
