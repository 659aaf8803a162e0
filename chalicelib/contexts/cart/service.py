"""Use cases of a cart: open one, look at it, change it, ask for a quote, keep it at sign-in.

A cart is opened by its id and token. A member's bearer token may go with any call; it has to be
good, and adds nothing to the cart itself.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws import idempotency, reads, retries, secrets, transact
from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.aws.reads import Key
from chalicelib.aws.settings import settings
from chalicelib.aws.transact import Write
from chalicelib.contexts.cart import store
from chalicelib.contexts.cart.model import (
    QUANTITY_MAX,
    QUOTE_TTL_S,
    Cart,
    CartChanged,
    CartLine,
    Delivery,
    DeliveryNotOffered,
    NoCart,
    NoSuchSku,
    NotForSale,
    OtherCurrency,
    PricedCart,
    QuoteUnknown,
    Totals,
    mended,
    price,
)
from chalicelib.contexts.catalog import SkuCopy
from chalicelib.contexts.catalog import store as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import StockShort
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.merchants import store as merchants
from chalicelib.contexts.shipping.model import DeliveryOption, NoDelivery, delivery_options
from chalicelib.kernel import clock, ids, paging
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import BadCursor
from chalicelib.kernel.money import Money

QUOTE_SCOPE = "quote"
SKU_LENGTH_MAX = 128


class Quote(Struct, frozen=True):
    """What a cart costs delivered there: every way to deliver, and the totals of the chosen one."""

    id: str
    options: Sequence[DeliveryOption]
    delivery: DeliveryOption
    totals: Totals
    expires_at: str


class Promise(Struct, frozen=True):
    """What a quote said: the total of one cart, until then."""

    cart_id: str
    payable: Money
    expires_at: int


def open_cart(
    *, key: IdempotencyKey | None = None, seal: Callable[[Cart], idempotency.Answer] | None = None
) -> Cart:
    """Make an empty cart; `token_of` gives what opens it."""
    cart = Cart(ids.new("crt"))
    writes = [store.create(cart)]
    if key is not None and seal is not None:
        writes.insert(0, key.record(cart.id, seal(cart)))
    transact.commit(writes)
    return cart


def token_of(cart_id: str) -> str:
    """The token that opens a cart, the same at every repeat."""
    return secrets.token_for(cart_id)


def look(cart_id: str, token: str, *, bearer: str = "") -> PricedCart:
    """Price a cart as it would be bought now. Two round trips. Refuses `cart.not_found`."""
    cart = _open(cart_id, token, bearer)
    return _delivered(cart, price_now(cart))


def put_line(cart_id: str, token: str, sku: str, quantity: int, *, bearer: str = "") -> PricedCart:
    """Set how many of a variant lie in the cart; 0 removes it. Three round trips.

    Refuses `inventory.stock_short` with what is left, `cart.no_such_sku`, `cart.not_for_sale`,
    `cart.too_many_lines`, `cart.too_many_merchants`, `cart.other_currency`.
    """
    return _change_line(lambda: _open(cart_id, token, bearer), sku, lambda _held: quantity)


def add_to_line(cart_id: str, token: str, sku: str, more: int) -> PricedCart:
    """Put more of a variant into the cart than lies in it already, and select it. Three round trips.

    Refuses as `put_line` does.
    """
    return _change_line(
        lambda: _open(cart_id, token, ""),
        sku,
        lambda held: min(held + more, QUANTITY_MAX),
        selects=True,
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


def open_with(sku: str, quantity: int) -> PricedCart:
    """Make a cart of its first line; a refusal leaves none behind. Two round trips.

    Refuses as `put_line` does.
    """
    fresh = Cart(ids.new("crt"))
    wanted = min(quantity, QUANTITY_MAX)
    return _change_line(
        lambda: fresh, sku, lambda _held: wanted, save=lambda _seen, made: store.create(made)
    )


def quote(
    cart_id: str,
    token: str,
    country: str,
    delivery_method: str = "",
    *,
    bearer: str = "",
    is_kept: bool = False,
    key: IdempotencyKey | None = None,
    seal: Callable[[Quote], idempotency.Answer] | None = None,
) -> Quote:
    """Tell what the cart costs delivered to a country, and promise it for 15 minutes.

    One that `is_kept` is what the cart shows from then on: three round trips, else two. Refuses
    `cart.empty`, `cart.nothing_selected`, `cart.not_for_sale`, `shipping.no_delivery`,
    `cart.delivery_not_offered`.
    """
    cart = _open(cart_id, token, bearer)
    priced = price_now(cart.to_buy(), with_stock=False)
    priced.require_for_sale()
    options = delivery_for(priced, country)
    delivery = chosen(options, delivery_method or options[0].id)
    totals = Totals.of(priced.selected, delivery.price)
    expires_at = clock.later(clock.now(), QUOTE_TTL_S)
    promise = {
        "cart": cart_id,
        "amount": totals.payable.amount,
        "currency": totals.payable.currency,
        "until": clock.epoch(expires_at),
    }
    sealed_id = paging.encode_cursor(promise, scope=QUOTE_SCOPE, secret=settings().token_secret)
    made = Quote(f"quo_{sealed_id}", options, delivery, totals, clock.iso(expires_at))
    writes = [key.record(cart_id, seal(made))] if key is not None and seal is not None else []
    asked = Delivery(country, delivery.id)
    if is_kept and cart.delivery != asked:
        writes.append(store.remember(cart, asked))
    if writes:
        transact.commit(writes)
    return made


def promise_of(quote_id: str) -> Promise:
    """Open a quote that Souk gave. Refuses `cart.quote_unknown` for anything else."""
    try:
        said = paging.decode_cursor(
            quote_id.removeprefix("quo_"), scope=QUOTE_SCOPE, secret=settings().token_secret
        )
    except BadCursor:
        raise QuoteUnknown from None
    return Promise(said["cart"], Money(said["amount"], said["currency"]), said["until"])


def merge(cart_id: str, token: str, member: Actor) -> Cart:
    """Keep a cart at sign-in: the named cart becomes the member's and takes in what lay in the
    member's former one. Refuses `cart.not_found`.
    """
    member_id = member.as_member()
    for attempt in range(retries.ROUNDS_MAX):
        owner_row, cart_row = reads.batch([store.owner_key(member_id), _key(cart_id, token)])
        cart = store.cart_of(cart_row)
        if cart is None:
            raise NoCart
        former_id = owner_row.cart_id if owner_row is not None else ""
        if former_id == cart_id:
            return cart
        former = _read(former_id) if former_id else None
        try:
            return _take_over(cart, former, member_id)
        except CartChanged:
            retries.pause(attempt)
    raise CartChanged


def cart_of_member(member: Actor) -> Cart:
    """Find the member's own cart, or begin one. One to three round trips."""
    member_id = member.as_member()
    place = store.owner_key(member_id)
    owner_row = reads.get(store.OwnerItem, place.pk, place.sk)
    cart = _read(owner_row.cart_id) if owner_row is not None else None
    if cart is None:
        cart = Cart(ids.new("crt"))
        transact.commit([store.create(cart), store.point(member_id, cart.id)])
    return cart


def place_of(cart_id: str, token: str) -> Key:
    """Where a cart lies, for reading it together with other rows. Refuses `cart.not_found`."""
    return _key(cart_id, token)


def price_now(cart: Cart, *, with_stock: bool = True) -> PricedCart:
    """Read what a cart's lines cost and whether they are for sale. One round trip.

    Without `with_stock` every line counts as available: a checkout leaves that to its conditions.
    """
    skus, stock, sellers = _read_about(cart, list(cart.lines), with_stock=with_stock)
    if not with_stock:
        stock = {sku: line.quantity for sku, line in cart.lines.items()}
    return price(cart, skus, stock, sellers, settings().currency)


def delivery_for(priced: PricedCart, country: str) -> Sequence[DeliveryOption]:
    """List the ways to deliver that every merchant of the cart offers there, `standard` first."""
    goods = priced.goods_by_merchant
    sellers = [priced.merchants[merchant_id] for merchant_id in goods]
    return delivery_options(sellers, goods, country)


def chosen(options: Sequence[DeliveryOption], delivery_method: str) -> DeliveryOption:
    """Find the chosen way to deliver. Refuses `cart.delivery_not_offered`."""
    found = next((option for option in options if option.id == delivery_method), None)
    if found is None:
        raise DeliveryNotOffered
    return found


def _delivered(cart: Cart, priced: PricedCart) -> PricedCart:
    """Add what delivery costs, where a quote said where to and how. No round trip."""
    known = all(merchant_id in priced.merchants for merchant_id in priced.goods_by_merchant)
    if cart.delivery is None or not priced.selected or not known:
        return priced
    try:
        options = delivery_for(priced, cart.delivery.country)
        delivery = chosen(options, cart.delivery.method)
    except (NoDelivery, DeliveryNotOffered):
        return priced
    return replace(priced, delivered=Totals.of(priced.selected, delivery.price))


def _change_line(
    find: Callable[[], Cart],
    sku: str,
    wanted: Callable[[int], int],
    *,
    selects: bool = False,
    save: Callable[[Cart, Cart], Write] = store.change,
) -> PricedCart:
    for attempt in range(retries.ROUNDS_MAX):
        cart = find()
        held = cart.lines.get(sku)
        is_selected = selects or held is None or held.is_selected
        quantity = wanted(held.quantity if held else 0)
        changed, priced = _with_line(cart, sku, quantity, is_selected=is_selected)
        if changed.lines == cart.lines:
            return _delivered(cart, priced)
        try:
            transact.commit([save(cart, changed), *_still_selling(cart, changed)])
        except CartChanged:
            retries.pause(attempt)
        else:
            return _delivered(changed, priced)
    raise CartChanged


def _rewritten(cart_id: str, token: str, change: Callable[[Cart], Cart]) -> Cart:
    for attempt in range(retries.ROUNDS_MAX):
        cart = _open(cart_id, token, "")
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
    copies, stock, sellers = _read_about(cart, wanted, with_stock=True)
    copy = copies[sku]
    if copy is None or not copy.is_listed:
        raise NotForSale(extra={"lines": [{"sku": sku, "available": 0}]}) if known else NoSuchSku
    line_now = CartLine(quantity, copy.merchant_id, is_selected, copy.price)
    changed = cart.with_line(sku, line_now)
    priced = price(changed, copies, stock, sellers, settings().currency)
    line = next(line for line in priced.lines if line.sku == sku)
    if copy.price.currency != priced.currency:
        raise OtherCurrency
    if not line.is_for_sale:
        raise NotForSale(extra={"lines": [{"sku": sku, "available": 0}]})
    if line.available < quantity:
        raise StockShort([(sku, line.available)])
    return changed, priced


def _still_selling(seen: Cart, changed: Cart) -> list[Write]:
    """Require of a merchant that is new to the cart, and so was not read with it, that it may sell."""
    new = [one for one in changed.merchant_ids if one not in seen.merchant_ids]
    return [merchants.require_selling(one, refuse=lambda _old: NotForSale()) for one in new]


def _read_about(
    cart: Cart, skus: Sequence[str], *, with_stock: bool
) -> tuple[dict[str, SkuCopy | None], dict[str, int], dict[str, Any]]:
    """Read variants, what is left of them, and the merchants of the cart's lines at once."""
    sellers = cart.merchant_ids
    keys = [catalog.sku_key(sku) for sku in skus]
    keys += [merchants.merchant_key(merchant_id) for merchant_id in sellers]
    keys += inventory.level_keys(skus) if with_stock else []
    rows = iter(reads.batch(keys)) if keys else iter(())
    copies = {sku: catalog.sku_of(next(rows)) for sku in skus}
    found = {merchant_id: next(rows) for merchant_id in sellers}
    stock = inventory.levels(skus, [next(rows) for _ in skus]) if with_stock else {}
    known = {key: merchants.merchant_of(row) if row else None for key, row in found.items()}
    return copies, stock, known


def _open(cart_id: str, token: str, bearer: str) -> Cart:
    place = _key(cart_id, token)
    if bearer:
        row, session = reads.batch([place, identity.member_place(bearer)])
        identity.member_in(session)
    else:
        row = reads.get(store.CartItem, place.pk, place.sk)
    cart = store.cart_of(row)
    if cart is None:
        raise NoCart
    return cart


def _key(cart_id: str, token: str) -> Key:
    if not secrets.token_fits(cart_id, token):
        raise NoCart
    return store.cart_key(cart_id)


def _read(cart_id: str) -> Cart | None:
    place = store.cart_key(cart_id)
    return store.cart_of(reads.get(store.CartItem, place.pk, place.sk))


def _take_over(cart: Cart, former: Cart | None, member_id: str) -> Cart:
    writes = [store.point(member_id, cart.id)]
    joined = cart
    if former is not None and former.lines:
        joined = cart.joined(former)
        writes += [store.change(cart, joined), store.change(former, Cart(former.id))]
    transact.commit(writes)
    return joined


def held_about(member_id: str) -> Cart | None:
    """Read a member's cart, for the member's copy of what is held."""
    owner = store.owner_key(member_id)
    row = reads.get(store.OwnerItem, owner.pk, owner.sk)
    if row is None:
        return None
    place = store.cart_key(row.cart_id)
    return store.cart_of(reads.get(store.CartItem, place.pk, place.sk))


def forget_member(member_id: str) -> None:
    """Remove a member's cart; one that is gone stays so."""
    owner = store.owner_key(member_id)
    row = reads.get(store.OwnerItem, owner.pk, owner.sk)
    if row is not None:
        for write in store.forget(member_id, row.cart_id):
            transact.commit([write])
