"""What goes into a quote and what comes out of it. Nothing of a quote points back at what holds it, so
the parts of which it has many are kept from the garbage collector (`gc=False`).
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct, field

from chalicelib.contexts.promotions.model.offers import BPS_ALL, Offer
from chalicelib.contexts.promotions.model.shelf import Line
from chalicelib.contexts.promotions.model.taxes import NO_TAX, Tax
from chalicelib.kernel.money import Money

POINTS = "points"
"""What an adjustment by points names in the place of an offer."""
ALLOWANCES = "tier#"
"""What one by a tier's free deliveries begins with; the month follows."""


def is_made(offer_id: str) -> bool:
    """Whether somebody made this offer: points and a tier's free deliveries come by themselves, and
    nobody looks at what they bring.
    """
    return offer_id != POINTS and not offer_id.startswith(ALLOWANCES)


class Basket(Struct, frozen=True):
    """What is to be priced: lines (each sku once) and each merchant's delivery, in minor units."""

    currency: str
    lines: tuple[Line, ...]
    shipping: dict[str, int] = field(default_factory=dict)


class Shopper(Struct, frozen=True):
    """Who buys, and what this member spends: coupons held, points as minor units."""

    tier: str = ""
    channel: str = ""
    is_first_order: bool = False
    uses: Mapping[str, int] = field(default_factory=dict)
    coupons: tuple[Offer, ...] = ()
    points: int = 0
    points_bps_max: int = BPS_ALL


ANYBODY = Shopper()


class Moment(Struct, frozen=True):
    """When, and how much of each quota is used by then."""

    now: datetime
    used: Mapping[str, int] = field(default_factory=dict)


class Adjustment(Struct, frozen=True, gc=False):
    """What an offer took off a line: a negative amount, of which its merchant and the platform pay
    these parts, both in minor units and not negative.
    """

    offer: str
    titles: dict[str, str]
    amount: Money
    by_merchant: int
    by_platform: int

    @property
    def funder(self) -> str:
        """Who pays for it, in a word."""
        if not self.by_platform:
            return "merchant"
        return "shared" if self.by_merchant else "platform"


class QuotedLine(Struct, frozen=True, gc=False):
    """A line and what it costs after its adjustments, which stand in the order of the lanes. What
    tax adds is not in the total.
    """

    sku: str
    quantity: int
    unit_price: Money
    total: Money
    adjustments: tuple[Adjustment, ...] = ()
    tax: Tax = NO_TAX


class QuotedDelivery(Struct, frozen=True, gc=False):
    """One merchant's delivery and what it costs after its adjustments."""

    merchant_id: str
    price: Money
    total: Money
    adjustments: tuple[Adjustment, ...] = ()
    tax: Tax = NO_TAX


class Gift(Struct, frozen=True):
    """A unit that comes along for nothing."""

    offer: str
    titles: dict[str, str]
    merchant_id: str
    sku: str


class Quote(Struct, frozen=True):
    """`payable = goods - discount + shipping + tax`: goods are before adjustments, discount is what
    these take off lines as a positive amount, shipping is what delivery costs after its own. `tax`
    is what taxes add, `tax_included` what prices contain. `used` counts what the purchase uses of
    each limited offer.
    """

    lines: tuple[QuotedLine, ...]
    deliveries: tuple[QuotedDelivery, ...]
    gifts: tuple[Gift, ...]
    used: dict[str, int]
    goods: Money
    discount: Money
    shipping: Money
    payable: Money
    tax: Money
    tax_included: Money
