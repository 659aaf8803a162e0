"""Checkout: one page, two steps. The address first, then what follows from it.

The form carries everything that was typed, what was shown and a key, so that it works without
scripts and places one purchase however often its button is pressed.
"""

from collections.abc import Mapping
from typing import Any

from chalice import Blueprint
from msgspec.structs import asdict, replace

from chalicelib.aws.idempotency import Answer
from chalicelib.contexts.cart import pages as cart_pages
from chalicelib.contexts.cart import service as carts
from chalicelib.contexts.identity.model import Session
from chalicelib.contexts.identity.pages import actor_of, maybe_member
from chalicelib.contexts.members import service as members
from chalicelib.contexts.members.model.addresses import Address, AddressBook, checked
from chalicelib.contexts.members.pages.pasting import STEPS, further
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.api.reading import MAY_BE_EMPTY, Checkout, wish_of
from chalicelib.contexts.orders.model.refusals import PriceChanged
from chalicelib.contexts.orders.pages.checkout_view import (
    PLACE,
    Offer,
    checkout_view,
    expected_of,
    offer,
)
from chalicelib.contexts.orders.pages.views import pay_address
from chalicelib.contexts.orders.service import Seen, Wish
from chalicelib.contexts.shipping.model import STANDARD
from chalicelib.kernel import countries
from chalicelib.kernel.errors import FieldError, Malformed, Refusal
from chalicelib.web import forms
from chalicelib.web.forms import Fields
from chalicelib.web.page import Html, Redirect, converted, page, problem
from chalicelib.web.places import country_of
from chalicelib.web.session import Visit, cart_cookie

bp = Blueprint(__name__)

STEP_PLACE, STEP_LESS = "place", "less"


@page(bp, "GET", "/checkout")
def show(visit: Visit) -> Html | Redirect:
    """Show the form; a member's first address is in it already, with the ways to deliver there."""
    session = maybe_member(visit)
    typed = Fields([("email", session.email)] if session else [])
    book = members.addresses_of(session.actor) if session else None
    if book is None or book.default is None:
        return _checkout_page(visit, typed, book=book)
    typed = _with_address(typed, book, book.default_id)
    return _checkout_page(visit, typed, book=book, is_offering=True)


def show_again(visit: Visit, refusal: Refusal) -> Html | Redirect:
    """Show the form with what was typed and why it cannot be: beside the field, or as a difference.

    A refusal leaves the key free, so the same form may be sent again.
    """
    is_offering = not isinstance(refusal, Malformed)
    book = _book(maybe_member(visit))
    return _checkout_page(visit, visit.fields, book=book, refusal=refusal, is_offering=is_offering)


@page(bp, "POST", "/checkout", refused=show_again)
def send(visit: Visit) -> Html | Redirect:
    """Take an address of the book, fill its fields in further, look up delivery, accept less, or place
    the purchase.
    """
    fields = visit.fields
    session = maybe_member(visit)
    if fields.text("use") and session is not None:
        book = members.addresses_of(session.actor)
        typed = _with_address(fields, book, fields.text("use"))
        return _checkout_page(visit, typed, book=book, is_offering=True)
    step = fields.text("step")
    if step in STEPS:
        is_offering = bool(fields.text("quoted_for"))
        typed = further(fields)
        return _checkout_page(visit, typed, book=_book(session), is_offering=is_offering)
    wish = read_wish(fields, visit.locale)
    if step == STEP_LESS:
        carts.mend(visit.cart_id, carts.token_of(visit.cart_id))
    if step != STEP_PLACE or not fields.text("quoted_for"):
        return _checkout_page(visit, fields, book=_book(session), is_offering=True)
    has_seen_total = fields.text("shown_method") == wish.delivery_method
    if not has_seen_total:
        raise PriceChanged
    return _place(visit, wish, session)


def read_wish(fields: Fields, locale: str) -> Wish:
    """Read the form: the address as the member's book does, and all of it as the JSON API does.

    Refuses 400, naming every wrong field.
    """
    typed = {name: fields.text(name) for name in PLACE}
    address, wrong = _read_address(typed)
    body: dict[str, Any] = {
        "email": fields.text("email"),
        "address": address.for_checkout() if address else _without_district(typed),
        "delivery_method": fields.text("delivery_method") or STANDARD,
        "payment": {"provider": fields.text("provider") or "none"},
        "note": fields.text("note"),
        "locale": locale,
    }
    try:
        # What a person writes in a country without postal codes is not held against them.
        may_be_empty = MAY_BE_EMPTY | {"postal_code"}
        wish = wish_of(converted(body, Checkout), locale, may_be_empty=may_be_empty)
    except Malformed as refused:
        found = [replace(one, field=one.field.removeprefix("address.")) for one in refused.errors]
        known = {one.field for one in wrong}
        wrong += [one for one in found if one.field not in known]
        if not wrong:
            raise
    if wrong:
        raise Malformed("; ".join(one.detail for one in wrong), errors=wrong)
    return replace(wish, expected_total=expected_of(fields), quote_id="")


def _read_address(typed: Mapping[str, str]) -> tuple[Address | None, list[FieldError]]:
    """Check an address; where it cannot be, return what is wrong with which field."""
    wrong = []
    if not typed["postal_code"] and countries.needs_postal_code(typed["country"]):
        wrong = [FieldError("postal_code", "missing", "The address needs a postal code")]
    try:
        return checked(typed, ""), wrong
    except Malformed as refused:
        return None, [*refused.errors, *wrong]


def _without_district(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: one for name, one in typed.items() if name != "district"}


def _place(visit: Visit, wish: Wish, session: Session | None) -> Redirect:
    cart_id = visit.cart_id
    answer = service.place(
        cart_id,
        carts.token_of(cart_id),
        wish,
        key=forms.key_of(visit.fields, holder=cart_id, path="/checkout"),
        seal=_sealed,
        member=actor_of(session),
    )
    purchase_id, _, pieces = answer.body.partition(" ")
    left = max(0, visit.cart_count - int(pieces))
    cookies = (visit.remember_purchase(purchase_id), cart_cookie(cart_id, left))
    return Redirect(answer.location, cookies)


def _sealed(seen: Seen) -> Answer:
    """What a repeat of the form gets as well: where to pay, which purchase it is, of how much."""
    pieces = sum(line.quantity for order in seen.orders for line in order.lines)
    return Answer(303, f"{seen.purchase.id} {pieces}", pay_address(seen))


def _book(session: Session | None) -> AddressBook | None:
    return members.addresses_of(session.actor) if session else None


def _with_address(typed: Fields, book: AddressBook, address_id: str) -> Fields:
    """Fill the form from the book, and keep what else was typed."""
    taken = asdict(book.find(address_id))
    del taken["id"]
    kept = [(name, one) for name in typed for one in typed.all(name) if name not in taken]
    return Fields([*kept, *taken.items()])


def _checkout_page(
    visit: Visit,
    typed: Fields,
    *,
    book: AddressBook | None,
    refusal: Refusal | None = None,
    is_offering: bool = False,
) -> Html | Redirect:
    priced = cart_pages.look(visit)
    if priced is None or not priced.selected:
        known = list(visit.purchase_tokens())
        is_sent = visit.method == "POST" and known
        return Redirect(f"/orders/{known[-1]}" if is_sent else "/cart")
    offered: Offer | None = None
    if is_offering:
        country = country_of(typed, visit.words)
        is_same = typed.text("quoted_for") == country
        try:
            method = typed.text("delivery_method") if is_same else ""
            offered = offer(priced, country, method, typed.text("region"))
        except Refusal as none_offered:
            refusal = refusal or none_offered
    view = checkout_view(
        priced,
        typed,
        visit.words,
        offered=offered,
        refusal=refusal,
        errors=_errors(visit, refusal),
        book=book,
    )
    return Html("pages/orders/checkout.html", view, refusal.status if refusal else 200)


def _errors(visit: Visit, refusal: Refusal | None) -> Mapping[str, str]:
    """What is wrong with which field of the form."""
    if refusal is None:
        return {}
    return problem(visit, refusal).errors
