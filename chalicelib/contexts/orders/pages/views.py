"""What the pages after checkout show: a purchase with its orders, shipments and refunds."""

from collections.abc import Sequence

from msgspec import Struct

from chalicelib.contexts.orders.model.fulfilment import received
from chalicelib.contexts.orders.model.refusals import NotShipped
from chalicelib.contexts.orders.model.states import CANCELLABLE, OrderState, PurchaseState
from chalicelib.contexts.orders.model.tabs import Tab, counted
from chalicelib.contexts.orders.model.timeline import Step, of_order
from chalicelib.contexts.orders.model.values import (
    Address,
    Order,
    OrderLine,
    Purchase,
    ShipmentCopy,
)
from chalicelib.contexts.orders.pages import labels
from chalicelib.contexts.orders.service import Listed, Seen
from chalicelib.contexts.payments import service as payments
from chalicelib.contexts.payments.model import Payment, PaymentState
from chalicelib.contexts.promotions.pages.savings import SavingView, before, saving_views
from chalicelib.kernel import clock
from chalicelib.kernel.money import Money, total
from chalicelib.kernel.paging import Page
from chalicelib.web.forms import ChoiceView
from chalicelib.web.i18n import N_, PriceView, TimeView, Words
from chalicelib.web.places import address_lines

PAPER_TINT = 7
TITLES_SHOWN = 2
LOOKS_MAX = 120
"""How often a page looks again without scripts, every fifteen seconds: for half an hour."""
AWAITED = (Tab.TO_PAY, Tab.TO_SHIP, Tab.TO_RECEIVE, Tab.REFUNDS)
HERE = {OrderState.DELIVERED, OrderState.COLLECTED, OrderState.COMPLETED}
SENT = {*HERE, OrderState.SHIPPED, OrderState.PARTLY_DELIVERED}


class ProviderView(Struct, frozen=True):
    """A way to pay."""

    id: str
    name: str
    hint: str
    is_current: bool


class OrderLineView(Struct, frozen=True, kw_only=True):
    href: str
    title: str
    variant: str
    image: str
    tint: int
    quantity: int
    each: PriceView
    total: PriceView
    former: PriceView | None
    savings: list[SavingView]
    counts: list[str]


class StepView(Struct, frozen=True):
    at: TimeView
    text: str
    place: str


class ShipmentView(Struct, frozen=True):
    courier: str
    tracking_number: str
    url: str
    state: str
    contents: str
    events: list[StepView]


class OrderView(Struct, frozen=True, kw_only=True):
    """What one merchant sends, and what the shopper may do with it now."""

    id: str
    merchant: str
    state: str
    tone: str
    lines: list[OrderLineView]
    shipments: list[ShipmentView]
    steps: list[StepView]
    can_cancel: bool
    can_receive: bool


class PurchasePageView(Struct, frozen=True, kw_only=True):
    """A purchase. `standing` changes with anything worth reading the page anew for;
    `look_again_href` is where a browser without scripts looks next, empty when it shall not.
    """

    id: str
    key: str
    headline: str
    explanation: str
    state: str
    tone: str
    standing: str
    is_awaited: bool
    can_pay: bool
    can_cancel: bool
    providers: list[ProviderView]
    expires_at: TimeView
    time_left: str
    created_at: TimeView
    goods: PriceView
    discount: PriceView | None
    shipping: PriceView
    shipping_was: PriceView | None
    tax: PriceView | None
    tax_included: PriceView | None
    total: PriceView
    refunded: PriceView | None
    refunds: list[str]
    orders: list[OrderView]
    address: str
    email: str
    hint: str
    note: str
    qr: str
    may_register: bool
    is_members: bool
    left_out: list[str]
    look_again_href: str


class PurchaseLinkView(Struct, frozen=True, kw_only=True):
    """A purchase in a member's list."""

    href: str
    titles: str
    state: str
    tone: str
    created_at: TimeView
    orders: str
    total: PriceView


class MineView(Struct, frozen=True):
    who: str
    purchases: list[PurchaseLinkView]
    next_href: str
    tabs: list[ChoiceView]
    is_all: bool


class StandingView(Struct, frozen=True):
    """Changes with anything worth reading a purchase's page anew for."""

    standing: str


def provider_views(words: Words, current: str = "") -> list[ProviderView]:
    """List the ways to pay at this stage; one of them is chosen already."""
    names = payments.available()
    chosen = current if current in names else next(iter(names), "")
    return [
        ProviderView(
            name,
            words.say(labels.PROVIDERS[name][0]),
            words.say(labels.PROVIDERS[name][1]),
            is_current=name == chosen,
        )
        for name in names
    ]


def purchase_view(
    seen: Seen,
    steps: Sequence[Step],
    words: Words,
    *,
    key: str,
    is_guest: bool,
    note: str = "",
    may_register: bool = False,
    left_out: Sequence[str] = (),
    looks: int | None = None,
) -> PurchasePageView:
    """Show a purchase to its shopper. `left_out` are skus that could not be bought again; `looks` tells
    how often the page was looked at by itself, None that it is not to be.
    """
    purchase, orders = seen.purchase, seen.orders
    headline, explanation = _headline(purchase, orders)
    state, tone = _spoken_state(purchase, orders)
    is_waiting = purchase.state is PurchaseState.AWAITING_PAYMENT
    currency = purchase.total.currency
    refunded = total((one.amount for one in seen.refunds), currency)
    has_failed = is_waiting and seen.payment.state is PaymentState.FAILED
    return PurchasePageView(
        id=purchase.id,
        key=key,
        headline=words.say(headline),
        explanation=words.say(explanation),
        state=words.say(state),
        tone=tone,
        standing=standing_of(seen, steps),
        is_awaited=is_waiting,
        can_pay=_can_pay(purchase),
        can_cancel=len(orders) > 1 and all(map(_can_cancel, _living(orders))),
        providers=provider_views(words, seen.payment.provider),
        expires_at=words.moment(purchase.expires_at),
        time_left=_time_left(purchase, words),
        created_at=words.moment(purchase.created_at),
        goods=words.money(total((one.totals.goods for one in orders), currency)),
        discount=_discount(orders, currency, words),
        shipping=words.money(total((one.totals.shipping for one in orders), currency)),
        tax=_some(sum(one.totals.tax.amount for one in orders), currency, words),
        tax_included=_some(sum(one.tax_included.amount for one in orders), currency, words),
        shipping_was=before(
            total((one.totals.shipping for one in orders), currency),
            [each for one in orders for each in one.delivery_adjustments],
            words,
        ),
        total=words.money(purchase.total),
        refunded=words.money(refunded) if refunded else None,
        refunds=[
            words.say(labels.REFUND[one.state]) % {"amount": words.money(one.amount).text}
            for one in seen.refunds
        ],
        orders=[order_view(one, steps, words) for one in orders],
        address=address_text(orders[0].address, words),
        email=purchase.email,
        hint=words.say(N_("Keep the link from our mail: it opens this page again."))
        if is_guest
        else "",
        note=note
        or (words.say(N_("The payment did not go through. Try again.")) if has_failed else ""),
        qr=_qr(seen.payment) if is_waiting else "",
        may_register=may_register and purchase.state is PurchaseState.PAID,
        is_members=bool(purchase.member_id),
        look_again_href=_look_again(purchase, looks) if is_waiting else "",
        left_out=[line.title for one in orders for line in one.lines if line.sku in left_out],
    )


def order_view(order: Order, steps: Sequence[Step], words: Words) -> OrderView:
    """Show one order of a purchase to the shopper, what happened last on top."""
    state, tone = labels.ORDER[order.state]
    own = of_order(steps, order.id)[::-1]
    return OrderView(
        id=order.id,
        merchant=order.merchant.named(words.locale),
        state=words.say(state),
        tone=tone,
        lines=[_line_view(line, words) for line in order.lines],
        shipments=[shipment_view(order, one, words) for one in order.shipments],
        steps=[StepView(words.moment(one.at), one.text(words.locale), one.place) for one in own],
        can_cancel=_can_cancel(order),
        can_receive=_can_receive(order),
    )


def shipment_view(order: Order, shipment: ShipmentCopy, words: Words) -> ShipmentView:
    """Show a shipment with what is in it and what its courier told, the latest first."""
    titles = {line.sku: line.title for line in order.lines}
    return ShipmentView(
        courier=labels.courier_name(shipment.courier, words),
        tracking_number=shipment.tracking_number,
        url=shipment.tracking_url,
        state=labels.shipment_state(shipment.state, words),
        contents=" · ".join(f"{one.quantity} × {titles[one.sku]}" for one in shipment.lines),
        events=[
            StepView(words.moment(one.at), labels.shipment_state(one.state, words), one.place)
            for one in reversed(shipment.events)
        ],
    )


def link_view(listed: Listed, words: Words) -> PurchaseLinkView:
    """Show a purchase as a line of a member's list."""
    purchase = listed.purchase
    state, tone = _spoken_state(purchase, listed.orders)
    titles = [line.title for order in listed.orders for line in order.lines]
    more = len(titles) - TITLES_SHOWN
    shown = ", ".join(titles[:TITLES_SHOWN])
    if more > 0:
        shown += " " + words.count("and %(num)s more", "and %(num)s more", more)
    return PurchaseLinkView(
        href=f"/orders/{purchase.id}",
        titles=shown,
        state=words.say(state),
        tone=tone,
        created_at=words.moment(purchase.created_at),
        orders=words.count("%(num)s order", "%(num)s orders", len(listed.orders)),
        total=words.money(purchase.total),
    )


def address_text(address: Address, words: Words) -> str:
    """Write an address on lines, as it goes on a parcel."""
    lines = (address.name, *address_lines(address, words), address.phone)
    return "\n".join(filter(None, lines))


def pay_address(seen: Seen) -> str:
    """Where a shopper goes to pay: the company's page, else the purchase's own."""
    action = seen.payment.action
    if action is not None and action.type == "redirect" and action.url:
        return action.url
    return f"/orders/{seen.purchase.id}"


def tab_views(current: Tab, words: Words) -> list[ChoiceView]:
    """The tabs over a member's purchases."""
    return [
        ChoiceView(
            words.say(label),
            "/account/orders" if tab is Tab.ALL else f"/account/orders?tab={tab}",
            is_current=tab is current,
        )
        for tab, label in labels.TABS.items()
    ]


def waiting_views(found: Page[Listed], words: Words) -> list[ChoiceView]:
    """What waits under which tab among a member's latest purchases; "+" where there are earlier."""
    counts = counted((one.purchase, one.orders) for one in found.items)
    more = "+" if found.next_cursor else ""
    return [
        ChoiceView(
            words.say(labels.TABS[tab]),
            f"/account/orders?tab={tab}",
            count=f"{counts[tab]}{more}" if counts[tab] else "",
        )
        for tab in AWAITED
    ]


def _qr(payment: Payment) -> str:
    """What to scan for paying, as a picture within the page; empty where nothing is to be."""
    action = payment.action
    if action is None or action.type != "qr" or not action.qr:
        return ""
    import segno

    picture: str = segno.make(action.qr, error="m").svg_data_uri(scale=6, border=4, light="#fff")
    return picture


def _look_again(purchase: Purchase, looks: int | None) -> str:
    if looks is None or looks >= LOOKS_MAX:
        return ""
    return f"/orders/{purchase.id}?looked={looks + 1}"


def _headline(purchase: Purchase, orders: Sequence[Order]) -> tuple[str, str]:
    states = {one.state for one in _living(orders)}
    if purchase.state is PurchaseState.PAID and states <= SENT:
        return labels.ARRIVED if states <= HERE else labels.ON_ITS_WAY
    if purchase.state is PurchaseState.AWAITING_PAYMENT and not _can_pay(purchase):
        return labels.OVERDUE
    return labels.HEADLINES[purchase.state]


def _can_pay(purchase: Purchase) -> bool:
    is_waiting = purchase.state is PurchaseState.AWAITING_PAYMENT
    return is_waiting and purchase.expires_at > clock.iso(clock.now())


def _time_left(purchase: Purchase, words: Words) -> str:
    """The whole minutes that are left to pay; a script tells seconds."""
    left = clock.epoch(clock.parse(purchase.expires_at)) - clock.epoch(clock.now())
    return words.count("%(num)s minute", "%(num)s minutes", max(0, left) // 60)


def _spoken_state(purchase: Purchase, orders: Sequence[Order]) -> tuple[str, str]:
    """Orders that all stand alike speak for the purchase; else it speaks for itself."""
    states = {order.state for order in orders}
    return labels.ORDER[states.pop()] if len(states) == 1 else labels.PURCHASE[purchase.state]


def _line_view(line: OrderLine, words: Words) -> OrderLineView:
    counts = []
    if line.shipped:
        counts.append(words.count("%(num)s shipped", "%(num)s shipped", line.shipped))
    if line.refunded:
        counts.append(words.count("%(num)s refunded", "%(num)s refunded", line.refunded))
    return OrderLineView(
        href=f"/p/{line.slug}",
        title=line.title,
        variant=line.variant,
        image=line.image,
        tint=PAPER_TINT,
        quantity=line.quantity,
        each=words.money(line.unit_price),
        total=words.money(line.total),
        former=before(line.total, line.adjustments, words),
        savings=saving_views(line.adjustments, words),
        counts=counts,
    )


def _living(orders: Sequence[Order]) -> list[Order]:
    return [order for order in orders if order.state is not OrderState.CANCELLED]


def _can_cancel(order: Order) -> bool:
    return order.state in CANCELLABLE and not order.shipments


def _can_receive(order: Order) -> bool:
    try:
        return bool(received(order))
    except NotShipped:
        return False


def _discount(orders: Sequence[Order], currency: str, words: Words) -> PriceView | None:
    amount: Money = total((one.totals.discount for one in orders), currency)
    return words.money(-amount) if amount else None


def standing_of(seen: Seen, steps: Sequence[Step]) -> str:
    states = [seen.purchase.state, seen.payment.state, *(one.state for one in seen.orders)]
    return "-".join([*states, str(len(steps)), str(len(seen.refunds))])


def _some(minor: int, currency: str, words: Words) -> PriceView | None:
    """An amount, where there is any."""
    return words.money(Money(minor, currency)) if minor else None
