"""What a cart costs at the prices of this moment."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.contexts.cart.model.carts import Cart, CartLine
from chalicelib.contexts.cart.model.refusals import NotForSale
from chalicelib.contexts.catalog.model import SkuCopy
from chalicelib.contexts.merchants.model import Merchant
from chalicelib.contexts.promotions.model.deals import Deal, Place
from chalicelib.contexts.promotions.model.quotes import Adjustment, Basket, Gift, Quote
from chalicelib.contexts.promotions.model.shelf import Line
from chalicelib.contexts.promotions.model.taxes import NO_TAX, Tax
from chalicelib.contexts.shipping.model import DeliveryOption
from chalicelib.kernel.money import Money, total

Above = Callable[[str], tuple[str, ...]]


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
    category_id: str = ""
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
    def of(cls, lines: Iterable[PricedLine], shipping: Money, tax: Money | None = None) -> "Totals":
        """Sum up lines, with what tax adds: nothing where prices include it."""
        lines = list(lines)
        currency = shipping.currency
        goods = total((line.unit_price * line.quantity for line in lines), currency)
        after = total((line.total for line in lines), currency)
        tax = tax or Money.zero(currency)
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


class Delivery(DeliveryOption, frozen=True, kw_only=True):
    """A way to deliver as offers leave it: `price` and `shares` are after what they take off.

    `adjustments` are by merchant; `quoted` is the quote with this delivery in it, None where neither
    an offer nor a tax depends on it.
    """

    before: Money
    adjustments: Mapping[str, tuple[Adjustment, ...]] = field(default_factory=dict)
    quoted: Quote | None = None

    @property
    def tax(self) -> Money:
        """What tax adds to goods and delivery."""
        return self.quoted.tax if self.quoted else Money.zero(self.price.currency)

    @property
    def tax_included(self) -> Money:
        """The tax that prices contain."""
        return self.quoted.tax_included if self.quoted else Money.zero(self.price.currency)

    def tax_of(self, sku: str) -> Tax:
        """The tax of one variant's line."""
        lines = self.quoted.lines if self.quoted else ()
        return next((line.tax for line in lines if line.sku == sku), NO_TAX)

    def shipping_tax_of(self, merchant_id: str) -> Tax:
        """The tax of one merchant's delivery."""
        parts = self.quoted.deliveries if self.quoted else ()
        return next((one.tax for one in parts if one.merchant_id == merchant_id), NO_TAX)

    def totals_of(self, priced: "PricedCart") -> Totals:
        """What a cart comes to when it is delivered so."""
        return Totals.of(priced.bought, self.price, self.tax)


NO_DEAL = Deal((), datetime.min.replace(tzinfo=UTC))


class PricedCart(Struct, frozen=True):
    """A cart as it would be bought now. `totals` are of the selected lines without shipping,
    `delivered` with it: known once a quote was asked for, as long as every merchant delivers there.

    `deal` are the offers that it was priced with; `basket` and `quoted` are what they were asked and
    what they said, None where nothing is on offer.
    """

    id: str
    version: int
    lines: tuple[PricedLine, ...]
    merchants: dict[str, Merchant]
    totals: Totals
    notices: tuple[Notice, ...]
    delivered: Totals | None = None
    deal: Deal = NO_DEAL
    basket: Basket | None = None
    quoted: Quote | None = None
    delivery_adjustments: Mapping[str, tuple[Adjustment, ...]] = field(default_factory=dict)

    @property
    def gifts(self) -> tuple[Gift, ...]:
        """What comes along for nothing."""
        return self.quoted.gifts if self.quoted else ()

    @property
    def points(self) -> int:
        """The points that pay for a part of it."""
        return sum(self.deal.points(self.basket, self.quoted).values())

    @property
    def applied(self) -> set[str]:
        """The offers and coupons that take anything off, delivery's as far as a quote was asked for."""
        found = [each for line in self.lines for each in line.adjustments]
        for adjustments in self.delivery_adjustments.values():
            found += adjustments
        return {each.offer for each in found}

    @property
    def gift_lines(self) -> tuple[PricedLine, ...]:
        """A line for each gift: it costs what it costs, and its offer takes that off."""
        copies = ((gift, self.deal.gift_of(gift.offer)) for gift in self.gifts)
        return tuple(_given(gift, copy) for gift, copy in copies if copy is not None)

    @property
    def bought(self) -> tuple[PricedLine, ...]:
        """What checkout takes, and what comes along."""
        return (*self.selected, *self.gift_lines)

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
    selected = [line for line in lines if line.is_selected]
    totals = Totals.of(selected, Money.zero(currency))
    notices = tuple(notice for line in lines if (notice := _notice(line)) is not None)
    return PricedCart(cart.id, cart.version, lines, known, totals, notices)


def at_deal(priced: PricedCart, deal: Deal, above: Above) -> PricedCart:
    """Price a cart's selected lines by what is on offer. `above` names a category and those that it
    lies in.
    """
    basket = Basket(
        priced.currency,
        tuple(
            Line(
                sku=line.sku,
                product_id=line.product_id,
                merchant_id=line.merchant_id,
                categories=above(line.category_id),
                quantity=line.quantity,
                unit_price=line.unit_price,
            )
            for line in priced.selected
            if line.is_for_sale
        ),
    )
    return _quoted(replace(priced, deal=deal, basket=basket))


def counted(priced: PricedCart, deal: Deal) -> PricedCart:
    """Price a cart again, knowing more of the limits of what is on offer."""
    return _quoted(replace(priced, deal=deal))


def _quoted(priced: PricedCart) -> PricedCart:
    assert priced.basket is not None, "it was asked what is on offer"
    quoted = priced.deal.quote(priced.basket)
    found = {line.sku: line for line in quoted.lines}
    lines = tuple(
        replace(line, total=at.total, adjustments=at.adjustments)
        if (at := found.get(line.sku)) is not None
        else line
        for line in priced.lines
    )
    after = replace(priced, lines=lines, quoted=quoted)
    return replace(after, totals=Totals.of(after.bought, Money.zero(priced.currency)))


def with_gifts(priced: PricedCart, merchant_id: str) -> list[PricedLine]:
    """The selected lines of one merchant with what comes along, each sku once."""
    lines = {line.sku: line for line in priced.lines_of(merchant_id)}
    for gift in priced.gift_lines:
        if gift.merchant_id == merchant_id:
            lines[gift.sku] = _joined(lines[gift.sku], gift) if gift.sku in lines else gift
    return list(lines.values())


def without_gifts(priced: PricedCart, skus: Collection[str]) -> PricedCart:
    """Let gifts go of which nothing is left; the same cart where anything else is short, too."""
    given = {gift.sku: gift.offer for gift in priced.gifts}
    bought = {line.sku for line in priced.selected}
    if not skus or any(sku not in given or sku in bought for sku in skus):
        return priced
    return counted(priced, priced.deal.without([given[sku] for sku in skus]))


def _given(gift: Gift, copy: SkuCopy) -> PricedLine:
    off = Adjustment(gift.offer, gift.titles, -copy.price, copy.price.amount, 0)
    return PricedLine(
        sku=copy.sku,
        product_id=copy.product_id,
        slug=copy.slug,
        title=copy.title,
        variant=copy.variant_title,
        image=copy.image,
        merchant_id=copy.merchant_id,
        quantity=1,
        unit_price=copy.price,
        total=Money.zero(copy.price.currency),
        adjustments=(off,),
        available=1,
        is_for_sale=True,
        category_id=copy.category_id,
    )


def _joined(line: PricedLine, gift: PricedLine) -> PricedLine:
    """One more of what is bought anyway, at its price of now."""
    (off,) = gift.adjustments
    free = replace(off, amount=-line.unit_price, by_merchant=line.unit_price.amount)
    return replace(
        line, quantity=line.quantity + gift.quantity, adjustments=(*line.adjustments, free)
    )


def delivered_by(priced: PricedCart, option: DeliveryOption, place: Place) -> Delivery:
    """Take off what offers take off a way to deliver, and tax what is taxed at that place."""
    given = {name: getattr(option, name) for name in DeliveryOption.__struct_fields__}
    if priced.basket is None or not priced.deal.depends_on_place:
        return Delivery(**given, before=option.price)
    costs = {merchant_id: share.amount for merchant_id, share in option.shares.items()}
    quoted = priced.deal.quote(replace(priced.basket, shipping=costs), place)
    return Delivery(
        **given
        | {
            "price": quoted.shipping,
            "shares": {one.merchant_id: one.total for one in quoted.deliveries},
        },
        before=option.price,
        adjustments={one.merchant_id: one.adjustments for one in quoted.deliveries},
        quoted=quoted,
    )


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
        category_id=copy.category_id if copy else "",
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
