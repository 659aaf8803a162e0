"""What lies in a cart, and what it costs at the prices of this moment."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.contexts.catalog.model import SkuCopy
from chalicelib.contexts.merchants.model import Merchant
from chalicelib.kernel.errors import Conflict, FieldError, Malformed, NotFound, Refusal
from chalicelib.kernel.money import Money, total

LINES_MAX = 40
MERCHANTS_MAX = 8
QUANTITY_MAX = 9_999
CART_TTL_S = 90 * 86_400
QUOTE_TTL_S = 900


class NoCart(NotFound):
    code, title = "cart.not_found", "There is no such cart"


class NoSuchSku(NotFound):
    code, title = "cart.no_such_sku", "There is nothing for sale under this SKU"


class NotForSale(Refusal):
    """A line of the cart cannot be bought any more: its product or its merchant left the shop."""

    code, status, title = "cart.not_for_sale", 409, "This is not for sale any more"


class CartEmpty(Refusal):
    code, status, title = "cart.empty", 422, "There is nothing in the cart"


class NothingSelected(Refusal):
    """Lines lie in the cart, and the shopper chose none of them to check out."""

    code, status, title = "cart.nothing_selected", 422, "Choose what to buy first"


class TooManyLines(Refusal):
    code, status = "cart.too_many_lines", 422
    title = f"A cart holds at most {LINES_MAX} lines"


class TooManyMerchants(Refusal):
    code, status = "cart.too_many_merchants", 422
    title = f"A cart holds goods of at most {MERCHANTS_MAX} merchants"


class OtherCurrency(Refusal):
    code, status, title = "cart.other_currency", 422, "A cart holds goods of one currency"


class CartChanged(Conflict):
    code, title = "cart.changed", "The cart was changed meanwhile; look at it again"


class DeliveryNotOffered(Refusal):
    code, status = "cart.delivery_not_offered", 422
    title = "This way to deliver is not offered for this cart and address"


class QuoteUnknown(Malformed):
    code, title = "cart.quote_unknown", "Souk did not give this quote"

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("quote_id", "unknown", self.title)])


class NoticeCode(StrEnum):
    """What a shopper should know about a line before paying."""

    NOT_FOR_SALE = "cart.not_for_sale"
    SOLD_OUT = "cart.sold_out"
    FEWER_LEFT = "cart.fewer_left"


NOTICE_TEXTS = {
    NoticeCode.NOT_FOR_SALE: {"en": "No longer for sale", "zh-CN": "已下架"},
    NoticeCode.SOLD_OUT: {"en": "Sold out", "zh-CN": "已售罄"},
    NoticeCode.FEWER_LEFT: {
        "en": "Fewer are left than you want",
        "zh-CN": "库存不足，请减少数量",
    },
}
assert set(NOTICE_TEXTS) == set(NoticeCode), "every notice has its words"


class CartLine(Struct, frozen=True):
    """How many of one variant, and whose they are. Checkout takes the selected ones; `seen_price` is
    what the shopper knows it to cost.
    """

    quantity: int
    merchant_id: str
    is_selected: bool = True
    seen_price: Money | None = None


class Delivery(Struct, frozen=True):
    """Where to and how the last quote was asked for."""

    country: str
    method: str


class Cart(Struct, frozen=True):
    """Lines by SKU in the order they were put. `version` counts the changes."""

    id: str
    lines: dict[str, CartLine] = field(default_factory=dict)
    version: int = 0
    delivery: Delivery | None = None

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
        return Cart(self.id, lines)

    def joined(self, other: "Cart") -> "Cart":
        """Take over another cart's lines: quantities add up, what exceeds a limit stays out."""
        cart = self
        for sku, line in other.lines.items():
            held = cart.lines.get(sku)
            quantity = min(line.quantity + (held.quantity if held else 0), QUANTITY_MAX)
            try:
                cart = cart.with_line(sku, replace(line, quantity=quantity))
            except (TooManyLines, TooManyMerchants):
                continue
        return cart


class Adjustment(Struct, frozen=True):
    """What an offer took off a line: a negative amount."""

    offer: str
    label: str
    amount: Money


class PricedLine(Struct, frozen=True):
    """A line at this moment's price. `total` is after adjustments."""

    sku: str
    product_id: str
    slug: str
    title: str
    variant: str
    image: str
    merchant_id: str
    quantity: int
    unit_price: Money
    total: Money
    adjustments: tuple[Adjustment, ...]
    available: int
    is_for_sale: bool
    is_selected: bool = True
    was: Money | None = None
    """What it cost when the shopper last saw or accepted its price, if that is not what it costs."""

    @property
    def can_be_bought(self) -> bool:
        """Whether there is at least one to be had."""
        return self.is_for_sale and self.available > 0


class Totals(Struct, frozen=True):
    """`payable = goods - discount + shipping + tax`; goods are before adjustments."""

    goods: Money
    discount: Money
    shipping: Money
    tax: Money
    payable: Money

    @classmethod
    def of(cls, lines: Iterable[PricedLine], shipping: Money) -> "Totals":
        """Sum up lines. Prices include tax, so none is added."""
        lines = list(lines)
        currency = shipping.currency
        goods = total((line.unit_price * line.quantity for line in lines), currency)
        after = total((line.total for line in lines), currency)
        tax = Money.zero(currency)
        return cls(goods, goods - after, shipping, tax, after + shipping + tax)

    @classmethod
    def sum(cls, parts: Iterable["Totals"], currency: str) -> "Totals":
        """Add up the totals of several orders."""
        parts = list(parts)
        return cls(
            total((part.goods for part in parts), currency),
            total((part.discount for part in parts), currency),
            total((part.shipping for part in parts), currency),
            total((part.tax for part in parts), currency),
            total((part.payable for part in parts), currency),
        )


class Notice(Struct, frozen=True):
    """Something about one line that keeps it from being bought as it stands."""

    code: NoticeCode
    sku: str

    def text(self, locale: str) -> str:
        return NOTICE_TEXTS[self.code][locale]


class PricedCart(Struct, frozen=True):
    """A cart as it would be bought now. `totals` are of the selected lines without shipping,
    `delivered` with it: known once a quote was asked for, as long as every merchant delivers there.
    """

    id: str
    version: int
    lines: tuple[PricedLine, ...]
    merchants: dict[str, Merchant]
    totals: Totals
    notices: tuple[Notice, ...]
    delivered: Totals | None = None

    @property
    def currency(self) -> str:
        return self.totals.payable.currency

    @property
    def selected(self) -> tuple[PricedLine, ...]:
        """What checkout takes."""
        return tuple(line for line in self.lines if line.is_selected)

    @property
    def merchant_ids(self) -> list[str]:
        """Whose lines lie in the cart, selected or not."""
        return list(dict.fromkeys(line.merchant_id for line in self.lines))

    def lines_of(self, merchant_id: str) -> list[PricedLine]:
        """The selected lines of one merchant."""
        return [line for line in self.selected if line.merchant_id == merchant_id]

    @property
    def goods_by_merchant(self) -> dict[str, Money]:
        """What each merchant's selected lines come to after adjustments."""
        ids = dict.fromkeys(line.merchant_id for line in self.selected)
        return {
            merchant_id: total(
                (line.total for line in self.lines_of(merchant_id)),
                self.currency,
            )
            for merchant_id in ids
        }

    def require_for_sale(self) -> None:
        """Refuse `cart.not_for_sale`, naming every selected line that left the shop."""
        gone = [line for line in self.selected if not line.is_for_sale]
        if gone:
            names = ", ".join(line.title for line in gone)
            lines = [{"sku": line.sku, "available": 0} for line in gone]
            raise NotForSale(f"No longer for sale: {names}", extra={"lines": lines})


def price(
    cart: Cart,
    skus: Mapping[str, SkuCopy | None],
    available: Mapping[str, int],
    merchants: Mapping[str, Merchant | None],
    currency: str,
) -> PricedCart:
    """Price a cart from what was read: its variants, what is left of them, and their merchants.

    A merchant that was not read counts as in good standing. The first line's currency is the
    cart's, `currency` that of an empty one; a line that changed to another is not for sale here.
    """
    known = {key: merchant for key, merchant in merchants.items() if merchant is not None}
    copies = (copy for sku in cart.lines if (copy := skus.get(sku)) is not None)
    currency = next((copy.price.currency for copy in copies), currency)
    lines = tuple(
        _priced(
            sku,
            line,
            skus.get(sku),
            available=available.get(sku, 0),
            may_sell=_may_sell(line.merchant_id, merchants),
            currency=currency,
        )
        for sku, line in cart.lines.items()
    )
    selected = (line for line in lines if line.is_selected)
    totals = Totals.of(selected, Money.zero(currency))
    notices = tuple(notice for line in lines if (notice := _notice(line)) is not None)
    return PricedCart(cart.id, cart.version, lines, known, totals, notices)


def _priced(
    sku: str,
    line: CartLine,
    copy: SkuCopy | None,
    *,
    available: int,
    may_sell: bool,
    currency: str,
) -> PricedLine:
    has_price = copy is not None and copy.price.currency == currency
    unit_price = copy.price if copy and has_price else Money.zero(currency)
    is_for_sale = copy is not None and has_price and copy.is_listed and may_sell
    return PricedLine(
        sku=sku,
        product_id=copy.product_id if copy else "",
        slug=copy.slug if copy else "",
        title=copy.title if copy else sku,
        variant=copy.variant_title if copy else "",
        image=copy.image if copy else "",
        merchant_id=line.merchant_id,
        quantity=line.quantity,
        unit_price=unit_price,
        total=unit_price * line.quantity,
        adjustments=(),
        available=available if is_for_sale else 0,
        is_for_sale=is_for_sale,
        is_selected=line.is_selected,
        was=_was(line, unit_price) if is_for_sale else None,
    )


def _was(line: CartLine, unit_price: Money) -> Money | None:
    return line.seen_price if line.seen_price not in (None, unit_price) else None


def mended(cart: Cart, priced: PricedCart, skus: Collection[str]) -> Cart:
    """Settle what notices say of these lines: what is gone goes, too many become what is left, and
    a new price counts as seen.
    """
    for line in priced.lines:
        if line.sku not in skus:
            continue
        kept = replace(
            cart.lines[line.sku],
            quantity=min(line.quantity, line.available),
            seen_price=line.unit_price,
        )
        cart = cart.with_line(line.sku, kept)
    return cart


def _may_sell(merchant_id: str, merchants: Mapping[str, Merchant | None]) -> bool:
    if merchant_id not in merchants:
        return True
    merchant = merchants[merchant_id]
    return merchant is not None and merchant.can_sell


def _notice(line: PricedLine) -> Notice | None:
    if not line.is_for_sale:
        return Notice(NoticeCode.NOT_FOR_SALE, line.sku)
    if line.available == 0:
        return Notice(NoticeCode.SOLD_OUT, line.sku)
    if line.available < line.quantity:
        return Notice(NoticeCode.FEWER_LEFT, line.sku)
    return None
