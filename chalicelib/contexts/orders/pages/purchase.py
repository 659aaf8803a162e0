"""A purchase's page: pay, follow, cancel, receive; and a member's list of them."""

from chalice import Blueprint

from chalicelib.aws.idempotency import Answer, IdempotencyKey
from chalicelib.contexts.cart import service as carts
from chalicelib.contexts.identity.pages import maybe_member, member
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.model.tabs import Tab
from chalicelib.contexts.orders.model.values import purchase_of_order
from chalicelib.contexts.orders.pages.views import (
    MineView,
    StandingView,
    link_view,
    pay_address,
    purchase_view,
    standing_of,
    tab_views,
)
from chalicelib.contexts.orders.service import Seen, Shopper
from chalicelib.kernel import ids
from chalicelib.kernel.errors import NotFound, NotSignedIn, Refusal
from chalicelib.web import forms
from chalicelib.web.page import Html, Redirect, page, with_query
from chalicelib.web.session import MEMBER, Visit, cart_cookie

bp = Blueprint(__name__)

PURCHASES_SHOWN = 10


@page(bp, "GET", "/account/orders")
def mine(visit: Visit) -> Html:
    session = member(visit)
    asked = visit.query_text.get("tab", "")
    tab = Tab(asked) if asked in set(Tab) else Tab.ALL
    found = service.purchases_of_member(
        session.actor, limit=PURCHASES_SHOWN, cursor=visit.query_text.get("cursor", ""), tab=tab
    )
    shown = {} if tab is Tab.ALL else {"tab": tab}
    view = MineView(
        who=session.name or session.email,
        purchases=[link_view(one, visit.words) for one in found.items],
        next_href=with_query("/account/orders", {**shown, "cursor": found.next_cursor})
        if found.next_cursor
        else "",
        tabs=tab_views(tab, visit.words),
        is_all=tab is Tab.ALL,
    )
    return Html("pages/orders/mine.html", view)


@page(bp, "GET", "/orders/{purchase}")
def show(visit: Visit, purchase: str) -> Html | Redirect:
    """Show a purchase. A token in the address is remembered and taken out of it."""
    token = visit.query_text.get("token", "")
    if token and token == service.token_of(purchase):
        return Redirect(f"/orders/{purchase}", (visit.remember_purchase(purchase),))
    return _purchase_page(visit, purchase)


def show_again(visit: Visit, refusal: Refusal, *, purchase: str) -> Html:
    """Show the purchase with what could not be done."""
    if isinstance(refusal, NotSignedIn | NotFound):
        raise refusal
    return _purchase_page(visit, purchase, refusal)


@page(bp, "POST", "/orders/{purchase}/payments", refused=show_again)
def pay(visit: Visit, purchase: str) -> Redirect:
    """Begin another try, or go on with the one that is open."""
    asking = shopper(visit, purchase)
    provider = visit.fields.text("provider")

    def perform(key: IdempotencyKey) -> Redirect:
        seen = service.pay_again(asking, purchase, provider, key=key, seal=_sealed)
        return Redirect(pay_address(seen))

    def again(_subject: str, answer: Answer | None) -> Redirect:
        return Redirect(answer.location if answer else f"/orders/{purchase}")

    key = forms.key_of(visit.fields, holder=purchase, path=f"/orders/{purchase}/payments")
    return forms.once(key, perform, again)


@page(bp, "POST", "/orders/{purchase}/cancel", refused=show_again)
def cancel(visit: Visit, purchase: str) -> Redirect:
    """Cancel the order that the form names, or the whole purchase."""
    asking, order = shopper(visit, purchase), visit.fields.text("order")
    if order:
        service.cancel_order(asking, _order_of(purchase, order))
    else:
        service.cancel_purchase(asking, purchase)
    return Redirect(f"/orders/{purchase}")


@page(bp, "POST", "/orders/{purchase}/receive", refused=show_again)
def receive(visit: Visit, purchase: str) -> Redirect:
    asking = shopper(visit, purchase)
    service.receive(asking, _order_of(purchase, visit.fields.text("order")))
    return Redirect(f"/orders/{purchase}")


@page(bp, "POST", "/orders/{purchase}/again", refused=show_again)
def buy_again(visit: Visit, purchase: str) -> Redirect:
    """Put what was bought into the cart once more; the page says what could not be."""
    seen = service.look(shopper(visit, purchase), purchase)
    wanted: dict[str, int] = {}
    for line in (line for order in seen.orders for line in order.lines):
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    cart, left_out = carts.add_many(visit.cart_id, wanted)
    pieces = sum(line.quantity for line in cart.lines.values())
    told = {"without": ",".join(left_out)}
    to = with_query(f"/orders/{purchase}", told) if left_out else "/cart"
    return Redirect(to, (cart_cookie(cart.id, pieces),) if cart.lines else ())


@page(bp, "GET", "/fragments/orders/{purchase}")
def standing(visit: Visit, purchase: str) -> Html:
    """Where a purchase stands, for scripts that wait for it."""
    seen, steps = service.look_through(shopper(visit, purchase), purchase)
    view = StandingView(standing_of(seen, steps))
    return Html("fragments/standing.html", view, headers={"X-Robots-Tag": "noindex"})


def shopper(visit: Visit, purchase: str) -> Shopper:
    """Tell who looks at a purchase: this browser by the token it keeps, else the member.

    Refuses `identity.not_signed_in` for neither, whether there is such a purchase or not.
    """
    token = visit.purchase_tokens().get(purchase, "")
    if token:
        return Shopper(token=token)
    session = maybe_member(visit)
    if session is None:
        raise NotSignedIn
    return Shopper(session.actor)


def _purchase_page(visit: Visit, purchase: str, refusal: Refusal | None = None) -> Html:
    asking = shopper(visit, purchase)
    seen, steps = service.look_through(asking, purchase)
    view = purchase_view(
        seen,
        steps,
        visit.words,
        key=ids.ulid(),
        is_guest=bool(asking.token),
        may_register=not visit.cookie(MEMBER),
        left_out=visit.query_text.get("without", "").split(","),
        note=visit.words.refusal(refusal) if refusal else "",
        looks=None if refusal else _looks(visit.query_text.get("looked", "0")),
    )
    return Html("pages/orders/purchase.html", view, refusal.status if refusal else 200)


def _looks(asked: str) -> int | None:
    """How often the page has looked by itself; None where its reader has stopped that."""
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= 3 else None


def _order_of(purchase: str, order: str) -> str:
    """Refuse an order that is not of the purchase whose page the form stands on."""
    if purchase_of_order(order) != purchase:
        raise NotFound
    return order


def _sealed(seen: Seen) -> Answer:
    return Answer(303, "", pay_address(seen))
