"""The cart's pages: what lies in it, by merchant, and the forms that change it."""

from contextlib import suppress

from chalice import Blueprint

from chalicelib.contexts.cart import service
from chalicelib.contexts.cart.model import QUANTITY_MAX, NoCart, PricedCart
from chalicelib.contexts.cart.pages.views import CartPageView, UndoView, cart_view
from chalicelib.contexts.catalog import pages as shelves
from chalicelib.contexts.identity import pages as identity_pages
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Refusal
from chalicelib.web.page import Html, Redirect, local, page, with_query
from chalicelib.web.session import CART, Cookie, Visit, cart_cookie, forget

bp = Blueprint(__name__)
POINTS_MAX = 1_000_000_000
STEPS = {"more": 1, "less": -1}
ALL, NONE = "all", "none"
BUY_NOW = "checkout"
THEN = {BUY_NOW: "/checkout", "drawer": "/fragments/cart"}


@page(bp, "GET", "/cart")
def cart(visit: Visit) -> Html:
    priced = look(visit)
    if priced is None:
        gone = (forget(CART),) if visit.cookie(CART) else ()
        return Html("pages/cart/cart.html", CartPageView(groups=[]), cookies=gone)
    view = cart_view(priced, visit.words, undo=_undo(visit, priced))
    return Html("pages/cart/cart.html", view, cookies=counted(priced))


def add_again(visit: Visit, refusal: Refusal) -> Html:
    """Show the product again, whose form it was, with what keeps it out of the cart."""
    slug = local(visit.fields.text("back"), "").partition("?")[0].removeprefix("/p/")
    typed = visit.fields.text("quantity")
    quantity = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 4 else 1
    sku = visit.fields.text("sku")
    return shelves.product_again(visit, refusal, slug=slug, sku=sku, quantity=quantity)


@page(bp, "POST", "/cart/lines", refused=add_again, from_public=True)
def add_line(visit: Visit) -> Redirect:
    """Add to what the cart holds of a variant already. Who buys it now buys nothing else."""
    sku, more = visit.fields.text("sku"), visit.fields.whole("quantity", least=1)
    then = visit.fields.text("then")
    changed = _added(visit.cart_id, sku, more, alone=then == BUY_NOW)
    return Redirect(THEN.get(then, "/cart"), counted(changed))


@page(bp, "GET", "/fragments/cart")
def drawer(visit: Visit) -> Html:
    """The cart beside the page, for scripts: what was put in, with the new count."""
    priced = look(visit)
    view = cart_view(priced, visit.words) if priced else CartPageView(groups=[])
    return Html("fragments/drawer.html", view, headers={"X-Robots-Tag": "noindex"})


def change_again(visit: Visit, refusal: Refusal) -> Html:
    """Show the cart as it is, with what keeps it from being changed so."""
    priced = look(visit)
    note = visit.words.refusal(refusal)
    view = cart_view(priced, visit.words, note=note) if priced else CartPageView(groups=[])
    return Html("pages/cart/cart.html", view, refusal.status)


@page(bp, "POST", "/cart/quantities", refused=change_again)
def set_quantity(visit: Visit) -> Redirect:
    """Set how many; `step` is one more or less than that. What is removed can be put back."""
    fields = visit.fields
    step = STEPS.get(fields.text("step"), 0)
    quantity = max(0, min(fields.whole("quantity") + step, QUANTITY_MAX))
    sku, cart_id = fields.text("sku"), _cart_of(visit)
    changed = service.put_line(cart_id, service.token_of(cart_id), sku, quantity)
    removed = {} if quantity else {"removed": sku, "quantity": fields.text("held") or 1}
    return Redirect(with_query("/cart", removed), counted(changed))


@page(bp, "POST", "/cart/selection", refused=change_again)
def select(visit: Visit) -> Redirect:
    """Choose what to check out: the boxes that are ticked, or all, or none."""
    cart_id, ticked = _cart_of(visit), visit.fields.all("sku")
    choice = visit.fields.text("choice")
    skus = {ALL: None, NONE: []}.get(choice, ticked)
    service.select(cart_id, service.token_of(cart_id), skus)
    return Redirect("/cart")


@page(bp, "POST", "/cart/coupons", refused=change_again)
def put_coupon(visit: Visit) -> Redirect:
    """Put a coupon on the cart: one of the member's own, or a code that anybody may use."""
    cart_id, session = _cart_of(visit), identity_pages.maybe_member(visit)
    service.put_coupon(
        cart_id,
        service.token_of(cart_id),
        visit.fields.text("code"),
        address=visit.address,
        member_id=session.account_id if session else "",
    )
    return Redirect("/cart")


@page(bp, "POST", "/cart/coupons/remove", refused=change_again)
def remove_coupon(visit: Visit) -> Redirect:
    """Take a coupon off the cart; it stays held."""
    cart_id = _cart_of(visit)
    service.remove_coupon(cart_id, service.token_of(cart_id), visit.fields.text("code"))
    return Redirect("/cart")


@page(bp, "POST", "/cart/points", refused=change_again)
def put_points(visit: Visit) -> Redirect:
    """Pay with so many points of the member, or with none."""
    cart_id, session = _cart_of(visit), identity_pages.member(visit)
    points = min(visit.fields.whole("points"), POINTS_MAX)
    service.put_points(cart_id, service.token_of(cart_id), points, member_id=session.account_id)
    return Redirect("/cart")


@page(bp, "POST", "/cart/fixes", refused=change_again)
def mend(visit: Visit) -> Redirect:
    """Accept what the notice of one line says: its new price, what is left of it, that it is gone."""
    cart_id = _cart_of(visit)
    changed = service.mend(cart_id, service.token_of(cart_id), [visit.fields.text("sku")])
    pieces = sum(line.quantity for line in changed.lines.values())
    return Redirect("/cart", (cart_cookie(cart_id, pieces),))


def look(visit: Visit) -> PricedCart | None:
    """Price this browser's cart as whoever is signed in would buy it; None where it has none, or one
    that is gone. Two round trips, three for a member.
    """
    cart_id = visit.cart_id
    if not cart_id:
        return None
    try:
        session = identity_pages.maybe_member(visit)
        member_id = session.account_id if session else ""
        return service.look(cart_id, service.token_of(cart_id), member_id=member_id)
    except NoCart:
        return None


def bring_along(visit: Visit, member: Actor) -> tuple[Cookie, ...]:
    """At a sign-in: join this browser's cart with the member's and remember the joined one."""
    cart_id = visit.cart_id
    try:
        joined = (
            service.merge(cart_id, service.token_of(cart_id), member)
            if cart_id
            else service.cart_of_member(member)
        )
    except NoCart:
        joined = service.cart_of_member(member)
    return (cart_cookie(joined.id, sum(line.quantity for line in joined.lines.values())),)


def counted(priced: PricedCart) -> tuple[Cookie, ...]:
    """Remember the cart with how many pieces it holds, for the number beside its picture."""
    return (cart_cookie(priced.id, sum(line.quantity for line in priced.lines)),)


def _added(cart_id: str, sku: str, more: int, *, alone: bool) -> PricedCart:
    """Add to a cart, or to a new one where there is none or that one is gone."""
    if cart_id:
        with suppress(NoCart):
            return service.add_to_line(cart_id, service.token_of(cart_id), sku, more, alone=alone)
    return service.open_with(sku, more)


def _undo(visit: Visit, priced: PricedCart) -> UndoView | None:
    sku, held = visit.query_text.get("removed", ""), visit.query_text.get("quantity", "")
    is_number = held.isascii() and held.isdigit() and len(held) <= len(str(QUANTITY_MAX))
    if not sku or not is_number or any(line.sku == sku for line in priced.lines):
        return None
    return UndoView(sku, int(held))


def _cart_of(visit: Visit) -> str:
    """This browser's cart. Refuses `cart.not_found` where it has none."""
    if not visit.cart_id:
        raise NoCart
    return visit.cart_id
