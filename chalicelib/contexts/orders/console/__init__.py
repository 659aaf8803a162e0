"""The merchant's orders: what waits today, and confirming, cancelling, shipping, refunding."""

from collections.abc import Callable
from typing import Any

from chalice import Blueprint

from chalicelib.aws.idempotency import Answer, IdempotencyKey
from chalicelib.contexts.identity.console import person, staff
from chalicelib.contexts.inventory import console as stock
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.merchants.model import MerchantState
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.api.selling import RefundBody, ShipBody
from chalicelib.contexts.orders.console import views
from chalicelib.contexts.orders.model.refusals import NothingToRefund, NothingToShip
from chalicelib.contexts.orders.model.states import OrderState
from chalicelib.contexts.orders.service import RefundWish, ShipWish
from chalicelib.kernel.actors import Actor, ActorKind
from chalicelib.kernel.errors import Forbidden, Malformed, NotFound, NotSignedIn, Refusal
from chalicelib.web import forms
from chalicelib.web.forms import Fields
from chalicelib.web.i18n import N_
from chalicelib.web.page import Html, Redirect, converted, page, problem, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

COUNTED_MAX = 100
ORDERS_SHOWN = 5
ROWS_SHOWN = 25

Seal = Callable[[Any], Answer]
Perform = Callable[[IdempotencyKey, Seal], object]


@page(bp, "GET", "/console")
def today(visit: Visit) -> Html:
    """What waits to be done comes before what went well."""
    session = person(visit)
    is_platform = session.actor.kind is ActorKind.PLATFORM
    view = _platforms_day(visit, session.actor) if is_platform else _merchants_day(visit)
    return Html("console/orders/today.html", view)


@page(bp, "GET", "/console/orders")
def show_all(visit: Visit) -> Html:
    actor, wanted = staff(visit).actor, visit.query_text.get("state", "")
    state = OrderState(wanted) if wanted in set(OrderState) else None
    found = service.list_orders(
        actor, state=state, limit=ROWS_SHOWN, cursor=visit.query_text.get("cursor", "")
    )
    query = {"state": state, "cursor": found.next_cursor}
    view = views.OrdersView(
        tabs=views.tabs(state, visit.words),
        orders=[views.row_view(one, visit.words) for one in found.items],
        next_href=with_query("/console/orders", query) if found.next_cursor else "",
    )
    return Html("console/orders/orders.html", view)


@page(bp, "GET", "/console/orders/{order}")
def show(visit: Visit, order: str) -> Html:
    return _page(visit, order)


def show_again(visit: Visit, refusal: Refusal, *, order: str) -> Html:
    """Show the order as it is now, with what could not be done and what was typed."""
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    return _page(visit, order, refusal)


@page(bp, "POST", "/console/orders/{order}/confirm", refused=show_again)
def confirm(visit: Visit, order: str) -> Redirect:
    service.confirm(staff(visit).actor, order)
    return Redirect(f"/console/orders/{order}")


@page(bp, "POST", "/console/orders/{order}/cancel", refused=show_again)
def cancel(visit: Visit, order: str) -> Redirect:
    service.cancel_as_merchant(staff(visit).actor, order)
    return Redirect(f"/console/orders/{order}")


@page(bp, "POST", "/console/orders/{order}/shipments", refused=show_again)
def ship(visit: Visit, order: str) -> Redirect:
    actor, fields = staff(visit).actor, visit.fields
    lines = units(fields, "ship.")
    if not lines:
        raise NothingToShip
    body = {"courier": fields.text("courier"), "lines": _bodies(lines)}
    if fields.text("tracking_number"):
        body["tracking_number"] = fields.text("tracking_number")
    asked = converted(body, ShipBody)
    wish = ShipWish(
        courier=asked.courier,
        lines=[(one.sku, one.quantity) for one in asked.lines],
        tracking_number=asked.tracking_number or "",
    )
    return _once(
        visit,
        order,
        "shipments",
        lambda key, seal: service.ship(actor, order, wish, key=key, seal=seal),
    )


@page(bp, "POST", "/console/orders/{order}/refunds", refused=show_again)
def refund(visit: Visit, order: str) -> Redirect:
    actor, fields = staff(visit).actor, visit.fields
    lines = units(fields, "refund.")
    if not lines and not fields.text("shipping"):
        raise NothingToRefund
    body = {
        "lines": _bodies(lines),
        "reason": fields.text("reason"),
        "shipping": bool(fields.text("shipping")),
        "restock": bool(fields.text("restock")),
    }
    asked = converted(body, RefundBody)
    wish = RefundWish(
        lines=[(one.sku, one.quantity) for one in asked.lines],
        with_shipping=asked.shipping,
        restock=asked.restock,
        reason=asked.reason,
    )
    return _once(
        visit,
        order,
        "refunds",
        lambda key, seal: service.refund(actor, order, wish, key=key, seal=seal),
    )


def units(fields: Fields, prefix: str) -> list[tuple[str, int]]:
    """Read how many units of which line a form names; none of a line leaves it out."""
    named = [name for name in fields if name.startswith(prefix)]
    counts = [(name.removeprefix(prefix), fields.whole(name)) for name in named if fields[name]]
    return [(sku, quantity) for sku, quantity in counts if quantity]


def _once(visit: Visit, order: str, what: str, perform: Perform) -> Redirect:
    """Do it once, however often the form is sent; the order's page follows in any case."""
    href = f"/console/orders/{order}"
    key = forms.key_of(visit.fields, holder=staff(visit).account_id, path=f"{href}/{what}")

    def first(fresh: IdempotencyKey) -> Redirect:
        perform(fresh, lambda _made: Answer(303, "", href))
        return Redirect(href)

    return forms.once(key, first, lambda _subject, _answer: Redirect(href))


def _page(visit: Visit, order: str, refusal: Refusal | None = None) -> Html:
    found = service.get_order(staff(visit).actor, order)
    errors = problem(visit, refusal).errors if refusal else {}
    is_beside = isinstance(refusal, Malformed) and set(errors) <= {
        "courier",
        "tracking_number",
        "reason",
    }
    note = visit.words.refusal(refusal) if refusal and not is_beside else ""
    view = views.order_view(found, visit.words, visit.fields, note=note, errors=errors)
    return Html("console/orders/order.html", view, refusal.status if refusal else 200)


def _merchants_day(visit: Visit) -> views.TodayView:
    actor, words = staff(visit).actor, visit.words
    placed = service.list_orders(actor, state=OrderState.PLACED, limit=COUNTED_MAX)
    confirmed = service.list_orders(actor, state=OrderState.CONFIRMED, limit=COUNTED_MAX)
    partly = service.list_orders(actor, state=OrderState.PARTLY_SHIPPED, limit=COUNTED_MAX)
    rows, more = stock.row_views(visit)
    low = stock.low(rows)
    to_ship = len(confirmed.items) + len(partly.items)
    has_more = bool(confirmed.next_cursor or partly.next_cursor)
    todo = [
        _todo("placed", words.say(N_("orders to confirm")), len(placed.items), placed.next_cursor),
        _todo("confirmed", words.say(N_("orders to ship")), to_ship, has_more),
        views.TodoView(
            "/console/stock",
            f"{len(low)}{'+' if more else ''}",
            words.say(N_("variants running low")),
            is_waiting=bool(low),
        ),
    ]
    latest = [views.row_view(one, words) for one in placed.items[-ORDERS_SHOWN:]]
    return views.TodayView(words.say(N_("Today")), todo, latest[::-1], low[:ORDERS_SHOWN])


def _platforms_day(visit: Visit, actor: Actor) -> views.TodayView:
    words = visit.words
    waiting = (
        (MerchantState.APPLIED, words.say(N_("applications to take up"))),
        (MerchantState.IN_REVIEW, words.say(N_("merchants in review"))),
        (MerchantState.SUSPENDED, words.say(N_("suspended merchants"))),
    )
    todo = []
    for state, label in waiting:
        found = merchants.list_merchants(actor, state, limit=COUNTED_MAX)
        count = f"{len(found.items)}{'+' if found.next_cursor else ''}"
        href = f"/console/merchants?state={state}"
        is_waiting = bool(found.items) and state is not MerchantState.SUSPENDED
        todo.append(views.TodoView(href, count, label, is_waiting=is_waiting))
    return views.TodayView(words.say(N_("Today")), todo, [], [], is_platform=True)


def _todo(state: str, label: str, count: int, more: object) -> views.TodoView:
    shown = f"{count}{'+' if more else ''}"
    return views.TodoView(f"/console/orders?state={state}", shown, label, is_waiting=bool(count))


def _bodies(lines: list[tuple[str, int]]) -> list[dict[str, object]]:
    return [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
