"""What lies in a cart."""

from collections.abc import Collection

from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.contexts.cart.model.refusals import (
    LINES_MAX,
    MERCHANTS_MAX,
    CartEmpty,
    NothingSelected,
    TooManyLines,
    TooManyMerchants,
)
from chalicelib.contexts.promotions.model.offers import Channel
from chalicelib.kernel.money import Money

QUANTITY_MAX = 9_999
CART_TTL_S = 90 * 86_400
QUOTE_TTL_S = 900


class CartLine(Struct, frozen=True):
    """How many of one variant, and whose they are. Checkout takes the selected ones; `seen_price` is
    what the shopper knows it to cost.
    """

    quantity: int
    merchant_id: str
    is_selected: bool = True
    seen_price: Money | None = None


class Destination(Struct, frozen=True):
    """Where to and how the last quote was asked for."""

    country: str
    method: str
    region: str = ""


class Cart(Struct, frozen=True):
    """Lines by SKU in the order they were put. `version` counts the changes. `coupons` are those on the
    cart, by code: the member whose each is, "" for codes that anybody may use. `points` are those
    that `points_of` would pay with. `channel` is where it was begun. `looker` is the member who looks at it now, and is not kept.
    """

    id: str
    lines: dict[str, CartLine] = field(default_factory=dict)
    version: int = 0
    delivery: Destination | None = None
    coupons: dict[str, str] = field(default_factory=dict)
    points: int = 0
    points_of: str = ""
    channel: str = Channel.WEB
    looker: str = ""

    @property
    def points_wished(self) -> int:
        """The points that whoever looks would pay with: nobody pays with another's."""
        return self.points if self.looker and self.looker == self.points_of else 0

    @property
    def merchant_ids(self) -> list[str]:
        return list(dict.fromkeys(line.merchant_id for line in self.lines.values()))

    def with_line(self, sku: str, line: CartLine) -> "Cart":
        """Set a line; none of it removes it. Refuses a 41st line and a ninth merchant."""
        lines = {**self.lines, sku: line}
        if line.quantity == 0:
            del lines[sku]
        changed = replace(self, lines=lines)
        if len(lines) > max(LINES_MAX, len(self.lines)):
            raise TooManyLines
        if len(changed.merchant_ids) > max(MERCHANTS_MAX, len(self.merchant_ids)):
            raise TooManyMerchants
        return changed

    def with_coupons(self, coupons: dict[str, str]) -> "Cart":
        """The same cart with these coupons and no others."""
        return replace(self, coupons=coupons)

    def with_points(self, points: int) -> "Cart":
        """The same cart, to be paid for with so many points of whoever looks."""
        return replace(self, points=points, points_of=self.looker if points else "")

    def with_selected(self, skus: Collection[str]) -> "Cart":
        """Select these lines and no others."""
        lines = {sku: replace(line, is_selected=sku in skus) for sku, line in self.lines.items()}
        return replace(self, lines=lines)

    def to_buy(self) -> "Cart":
        """The cart with what is selected only. Refuses `cart.empty`, `cart.nothing_selected`."""
        if not self.lines:
            raise CartEmpty
        lines = {sku: line for sku, line in self.lines.items() if line.is_selected}
        if not lines:
            raise NothingSelected
        return replace(self, lines=lines)

    def left_over(self) -> "Cart":
        """What stays when the selected lines are bought."""
        lines = {sku: line for sku, line in self.lines.items() if not line.is_selected}
        return Cart(self.id, lines, channel=self.channel)

    def joined(self, other: "Cart") -> "Cart":
        """Take over another cart's lines: quantities add up, what exceeds a limit stays out."""
        cart = replace(self, coupons={**other.coupons, **self.coupons})
        for sku, line in other.lines.items():
            held = cart.lines.get(sku)
            quantity = min(line.quantity + (held.quantity if held else 0), QUANTITY_MAX)
            try:
                cart = cart.with_line(sku, replace(line, quantity=quantity))
            except (TooManyLines, TooManyMerchants):
                continue
        return cart
