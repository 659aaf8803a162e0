"""What a merchant's console shows of orders."""

from collections.abc import Mapping

from msgspec import Struct

from chalicelib.contexts.inventory.console import StockRowView
from chalicelib.contexts.orders.model.fulfilment import can_ship
from chalicelib.contexts.orders.model.states import CANCELLABLE, OrderState
from chalicelib.contexts.orders.model.values import Order, OrderLine
from chalicelib.contexts.orders.pages import labels
from chalicelib.contexts.orders.pages.views import ShipmentView, address_text, shipment_view
from chalicelib.contexts.promotions.model.returns import Terms
from chalicelib.contexts.promotions.pages.savings import SavingView, before, saving_views
from chalicelib.contexts.shipping import service as shipping
from chalicelib.kernel import ids
from chalicelib.kernel.money import Money
from chalicelib.web.forms import ChoiceView, Fields, FieldView
from chalicelib.web.i18n import N_, PriceView, TimeView, Words

TITLES_SHOWN = 2
SHORT_ID_LENGTH = 10

TABS = (
    (OrderState.PLACED, N_("To confirm")),
    (OrderState.CONFIRMED, N_("To ship")),
    (OrderState.PARTLY_SHIPPED, N_("Partly shipped")),
    (OrderState.SHIPPED, N_("Shipped")),
    (OrderState.DELIVERED, N_("Delivered")),
    (OrderState.COMPLETED, N_("Completed")),
    (OrderState.CANCELLED, N_("Cancelled")),
    (OrderState.AWAITING_PAYMENT, N_("Awaiting payment")),
)


class OrderRowView(Struct, frozen=True, kw_only=True):
    """An order as a line of a list."""

    href: str
    short_id: str
    goods: str
    to: str
    at: TimeView
    state: str
    tone: str
    total: PriceView


class OrdersView(Struct, frozen=True):
    tabs: list[ChoiceView]
    orders: list[OrderRowView]
    next_href: str


class TodoView(Struct, frozen=True):
    """A tile: how many of something wait to be done, and where."""

    href: str
    count: str
    label: str
    is_waiting: bool


class TodayView(Struct, frozen=True):
    heading: str
    todo: list[TodoView]
    orders: list[OrderRowView]
    low: list[StockRowView]
    is_platform: bool = False


class LineView(Struct, frozen=True):
    """A line with what may still be shipped and refunded of it."""

    sku: str
    title: str
    variant: str
    quantity: int
    shipped: int
    refunded: int
    to_ship: int
    to_refund: int
    total: PriceView
    former: PriceView | None
    savings: list[SavingView]


class OrderPageView(Struct, frozen=True, kw_only=True):
    href: str
    short_id: str
    state: str
    tone: str
    key: str
    refund_key: str
    lines: list[LineView]
    shipments: list[ShipmentView]
    can_confirm: bool
    can_cancel: bool
    can_ship: bool
    can_refund: bool
    courier: FieldView
    tracking: FieldView
    reason: FieldView
    address: str
    message: str
    goods: PriceView
    discount: PriceView | None
    shipping: PriceView
    shipping_was: PriceView | None
    tax: PriceView | None
    tax_included: PriceView | None
    terms: list[str]
    total: PriceView
    commission: PriceView
    refunded: PriceView | None
    created_at: TimeView
    note: str


def tabs(current: OrderState | None, words: Words) -> list[ChoiceView]:
    """List the states that a merchant looks through, what waits first."""
    choices = [
        ChoiceView(words.say(label), f"/console/orders?state={state}", is_current=state is current)
        for state, label in TABS
    ]
    everything = ChoiceView(words.say(N_("All")), "/console/orders", is_current=current is None)
    return [*choices, everything]


def row_view(order: Order, words: Words) -> OrderRowView:
    """Show an order as a line of a list."""
    state, tone = labels.ORDER[order.state]
    goods = ", ".join(f"{line.quantity} × {line.title}" for line in order.lines[:TITLES_SHOWN])
    more = len(order.lines) - TITLES_SHOWN
    if more > 0:
        goods += " " + words.count("and %(num)s more", "and %(num)s more", more)
    return OrderRowView(
        href=f"/console/orders/{order.id}",
        short_id=short(order.id),
        goods=goods,
        to=f"{order.address.name}, {order.address.city}",
        at=words.moment(order.paid_at or order.created_at),
        state=words.say(state),
        tone=tone,
        total=words.money(order.totals.payable),
    )


def order_view(
    order: Order, words: Words, typed: Fields, *, note: str = "", errors: Mapping[str, str]
) -> OrderPageView:
    """Show an order with the forms that its state allows."""
    state, tone = labels.ORDER[order.state]
    lines = [_line_view(line, words) for line in order.lines]
    return OrderPageView(
        href=f"/console/orders/{order.id}",
        short_id=short(order.id),
        state=words.say(state),
        tone=tone,
        key=typed.text("key") or ids.ulid(),
        refund_key=ids.ulid(),
        lines=lines,
        shipments=[shipment_view(order, one, words) for one in order.shipments],
        can_confirm=order.state is OrderState.PLACED,
        can_cancel=order.state in CANCELLABLE and not order.shipments,
        can_ship=can_ship(order) and any(line.to_ship for line in lines),
        can_refund=order.is_paid_for and order.refunded != order.totals.payable,
        courier=_courier_field(typed, words, errors),
        tracking=_tracking_field(typed, words, errors),
        reason=_reason_field(typed, words, errors),
        address=address_text(order.address, words),
        message=order.note,
        goods=words.money(order.totals.goods),
        discount=words.money(-order.totals.discount) if order.totals.discount else None,
        shipping=words.money(order.totals.shipping),
        tax=words.money(order.totals.tax) if order.totals.tax else None,
        tax_included=words.money(order.tax_included) if order.tax_included else None,
        terms=[_term(one, order, words) for one in order.terms],
        shipping_was=before(order.totals.shipping, order.delivery_adjustments, words),
        total=words.money(order.totals.payable),
        commission=words.money(order.commission),
        refunded=words.money(order.refunded) if order.refunded else None,
        created_at=words.moment(order.created_at),
        note=note,
    )


def _term(term: Terms, order: Order, words: Words) -> str:
    """What an offer holds back of a refund, and when."""
    adjustments = [one for line in order.lines for one in line.adjustments]
    found = [*adjustments, *order.delivery_adjustments]
    titles = next((one.titles for one in found if one.offer == term.offer), {})
    off = sum(term.off.values()) + term.off_delivery
    told = {
        "offer": titles.get(words.locale, term.offer),
        "off": words.money(Money(off, order.currency)).text,
        "least": words.money(Money(term.amount_min, order.currency)).text,
    }
    if term.amount_min:
        return (
            words.say(
                N_(
                    "“%(offer)s” took %(off)s off from %(least)s on: if less is kept, its part of what is kept is held back."
                )
            )
            % told
        )
    said = words.plural(
        "“%(offer)s” took %(off)s off from %(num)s piece on: if fewer are kept, its part is held back.",
        "“%(offer)s” took %(off)s off from %(num)s pieces on: if fewer are kept, its part is held back.",
        term.units_min,
    )
    return said % {**told, "num": term.units_min}


def short(order_id: str) -> str:
    """The end of an order's id: enough to tell neighbours apart."""
    return order_id[-SHORT_ID_LENGTH:]


def _line_view(line: OrderLine, words: Words) -> LineView:
    return LineView(
        sku=line.sku,
        title=line.title,
        variant=line.variant,
        quantity=line.quantity,
        shipped=line.shipped,
        refunded=line.refunded,
        to_ship=max(line.expected - line.shipped, 0),
        to_refund=line.quantity - line.refunded,
        total=words.money(line.total),
        former=before(line.total, line.adjustments, words),
        savings=saving_views(line.adjustments, words),
    )


def _courier_field(typed: Fields, words: Words, errors: Mapping[str, str]) -> FieldView:
    names = shipping.courier_names()
    return FieldView(
        name="courier",
        label=words.say(N_("Courier")),
        value=typed.text("courier") or names[0],
        kind="select",
        choices=tuple((name, labels.courier_name(name, words)) for name in names),
        error=errors.get("courier", ""),
    )


def _tracking_field(typed: Fields, words: Words, errors: Mapping[str, str]) -> FieldView:
    return FieldView(
        name="tracking_number",
        label=words.say(N_("Tracking number")),
        value=typed.text("tracking_number"),
        is_required=False,
        autocomplete="off",
        hint=words.say(N_("Leave it empty to book with the sandbox courier.")),
        error=errors.get("tracking_number", ""),
    )


def _reason_field(typed: Fields, words: Words, errors: Mapping[str, str]) -> FieldView:
    return FieldView(
        name="reason",
        label=words.say(N_("Reason")),
        value=typed.text("reason"),
        error=errors.get("reason", ""),
    )
