"""Changing a cart: lines, what is selected, what notices say."""

from collections.abc import Callable, Collection, Mapping

from chalicelib.aws import retries, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.cart import store
from chalicelib.contexts.cart.model import (
    QUANTITY_MAX,
    Cart,
    CartChanged,
    CartLine,
    NoSuchSku,
    NotForSale,
    OtherCurrency,
    PricedCart,
    TooManyLines,
    TooManyMerchants,
    mended,
)
from chalicelib.contexts.cart.service.reading import (
    counted,
    delivered,
    opened,
    price_by,
    price_now,
    read,
    read_about,
)
from chalicelib.contexts.inventory import StockShort
from chalicelib.contexts.merchants import store as merchants
from chalicelib.kernel import ids

SKU_LENGTH_MAX = 128


def put_line(cart_id: str, token: str, sku: str, quantity: int, *, bearer: str = "") -> PricedCart:
    """Set how many of a variant lie in the cart; 0 removes it. Three round trips.

    Refuses `inventory.stock_short` with what is left, `cart.no_such_sku`, `cart.not_for_sale`,
    `cart.too_many_lines`, `cart.too_many_merchants`, `cart.other_currency`.
    """
    return _change_line(lambda: opened(cart_id, token, bearer), sku, lambda _held: quantity)


def add_to_line(
    cart_id: str, token: str, sku: str, more: int, *, alone: bool = False
) -> PricedCart:
    """Put more of a variant into the cart than lies in it already, and select it, `alone` as the
    only one to check out; the others stay. Three round trips.

    Refuses as `put_line` does.
    """
    return _change_line(
        lambda: opened(cart_id, token, ""),
        sku,
        lambda held: min(held + more, QUANTITY_MAX),
        selects=True,
        alone=alone,
    )


def select(cart_id: str, token: str, skus: Collection[str] | None) -> Cart:
    """Choose which lines a checkout takes, None is all; the others stay. Two round trips.

    Names of lines that are not in the cart count for nothing. Refuses `cart.not_found`.
    """
    return _rewritten(
        cart_id, token, lambda cart: cart.with_selected(cart.lines if skus is None else skus)
    )


def mend(cart_id: str, token: str, skus: Collection[str] | None = None) -> Cart:
    """Accept what the cart's notices say of these lines, or of all selected ones: what is gone is
    removed, too many become what is left, a new price is the known one. Three round trips.

    Refuses `cart.not_found`.
    """

    def change(cart: Cart) -> Cart:
        priced = price_now(cart)
        named = [line.sku for line in priced.selected] if skus is None else skus
        return mended(cart, priced, named)

    return _rewritten(cart_id, token, change)


def add_many(cart_id: str, wanted: Mapping[str, int]) -> tuple[Cart, list[str]]:
    """Put goods into this browser's cart, or a new one, as far as they can be had.

    Returns the cart and the skus that stayed out or came in part. Three round trips.
    """
    for attempt in range(retries.ROUNDS_MAX):
        seen = read(cart_id) if cart_id else None
        cart = seen or Cart(ids.new("crt"))
        changed, left_out = _with_many(cart, wanted)
        if changed.lines == cart.lines:
            return cart, left_out
        save = store.change(cart, changed) if seen else store.create(changed)
        try:
            transact.commit([save, *_still_selling(cart, changed)])
        except CartChanged:
            retries.pause(attempt)
        except NotForSale:
            return cart, list(wanted)
        else:
            return changed, left_out
    raise CartChanged


def open_with(sku: str, quantity: int) -> PricedCart:
    """Make a cart of its first line; a refusal leaves none behind. Two round trips.

    Refuses as `put_line` does.
    """
    fresh = Cart(ids.new("crt"))
    wanted = min(quantity, QUANTITY_MAX)
    return _change_line(
        lambda: fresh, sku, lambda _held: wanted, save=lambda _seen, made: store.create(made)
    )


def _change_line(
    find: Callable[[], Cart],
    sku: str,
    wanted: Callable[[int], int],
    *,
    selects: bool = False,
    alone: bool = False,
    save: Callable[[Cart, Cart], Write] = store.change,
) -> PricedCart:
    for attempt in range(retries.ROUNDS_MAX):
        cart = find()
        held = cart.lines.get(sku)
        is_selected = selects or held is None or held.is_selected
        quantity = wanted(held.quantity if held else 0)
        before = cart.with_selected(()) if alone else cart
        changed, priced = _with_line(before, sku, quantity, is_selected=is_selected)
        if changed.lines == cart.lines:
            return delivered(cart, counted(priced))
        try:
            transact.commit([save(cart, changed), *_still_selling(cart, changed)])
        except CartChanged:
            retries.pause(attempt)
        else:
            return delivered(changed, counted(priced))
    raise CartChanged


def _rewritten(cart_id: str, token: str, change: Callable[[Cart], Cart]) -> Cart:
    for attempt in range(retries.ROUNDS_MAX):
        cart = opened(cart_id, token, "")
        changed = change(cart)
        if changed.lines == cart.lines:
            return cart
        try:
            transact.commit([store.change(cart, changed)])
        except CartChanged:
            retries.pause(attempt)
        else:
            return changed
    raise CartChanged


def _with_line(
    cart: Cart, sku: str, quantity: int, *, is_selected: bool
) -> tuple[Cart, PricedCart]:
    known = cart.lines.get(sku)
    if quantity == 0:
        changed = cart.with_line(sku, CartLine(0, "")) if known else cart
        return changed, price_now(changed)
    if len(sku) > SKU_LENGTH_MAX:
        raise NoSuchSku
    wanted = list(dict.fromkeys([*cart.lines, sku]))
    about = read_about(cart, wanted, with_stock=True)
    copy = about.skus[sku]
    if copy is None or not copy.is_listed:
        raise NotForSale(extra={"lines": [{"sku": sku, "available": 0}]}) if known else NoSuchSku
    line_now = CartLine(quantity, copy.merchant_id, is_selected, copy.price)
    changed = cart.with_line(sku, line_now)
    priced = price_by(changed, about)
    line = next(line for line in priced.lines if line.sku == sku)
    if copy.price.currency != priced.currency:
        raise OtherCurrency
    if not line.is_for_sale:
        raise NotForSale(extra={"lines": [{"sku": sku, "available": 0}]})
    if line.available < quantity:
        raise StockShort([(sku, line.available)])
    return changed, priced


def _with_many(cart: Cart, wanted: Mapping[str, int]) -> tuple[Cart, list[str]]:
    skus = [sku for sku in wanted if len(sku) <= SKU_LENGTH_MAX]
    known = list(dict.fromkeys([*cart.lines, *skus]))
    about = read_about(cart, known, with_stock=True)
    currency = price_by(cart, about).currency if cart.lines else ""
    left_out = [sku for sku in wanted if sku not in skus]
    for sku in skus:
        copy, held = about.skus[sku], cart.lines.get(sku)
        room = min(about.stock.get(sku, 0), QUANTITY_MAX) - (held.quantity if held else 0)
        taken = min(wanted[sku], max(room, 0))
        if copy is None or not copy.is_listed or currency not in {"", copy.price.currency}:
            taken = 0
        if taken < wanted[sku]:
            left_out.append(sku)
        if copy is None or not taken:
            continue
        quantity = taken + (held.quantity if held else 0)
        line = CartLine(quantity, copy.merchant_id, seen_price=copy.price)
        try:
            cart = cart.with_line(sku, line)
        except (TooManyLines, TooManyMerchants):
            left_out.append(sku)
        currency = copy.price.currency
    return cart, left_out


def _still_selling(seen: Cart, changed: Cart) -> list[Write]:
    """Require of a merchant that is new to the cart, and so was not read with it, that it may sell."""
    new = [one for one in changed.merchant_ids if one not in seen.merchant_ids]
    return [merchants.require_selling(one, refuse=lambda _old: NotForSale()) for one in new]
