"""Checkout: one page, two steps. The address first, then what follows from it.

The form carries everything that was typed, the total that was shown and a key, so that it works
without scripts and places one purchase however often its button is pressed.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from chalice import Blueprint
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws.idempotency import Answer
from chalicelib.aws.settings import settings
from chalicelib.contexts.cart import pages as cart_pages
from chalicelib.contexts.cart import service as carts
from chalicelib.contexts.cart.model import PricedCart, Totals
from chalicelib.contexts.cart.pages import CartLineView
from chalicelib.contexts.cart.service import Quote
from chalicelib.contexts.identity.pages import actor_of, maybe_member
from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.api.reading import Checkout, wish_of
from chalicelib.contexts.orders.model.refusals import PriceChanged
from chalicelib.contexts.orders.pages.views import ProviderView, pay_address, provider_views
from chalicelib.contexts.orders.service import Seen, Wish
from chalicelib.contexts.shipping.model import STANDARD, DeliveryOption
from chalicelib.kernel import countries, ids
from chalicelib.kernel.errors import Malformed, Refusal
from chalicelib.kernel.money import Money
from chalicelib.web import forms
from chalicelib.web.forms import Fields, FieldView
from chalicelib.web.i18n import N_, PriceView, Words
from chalicelib.web.page import Html, Redirect, converted, page, problem
from chalicelib.web.session import Visit, cart_cookie

bp = Blueprint(__name__)

DEFAULT_COUNTRIES = {"en": "GB", "zh-CN": "CN"}
STEP_PLACE, STEP_LESS = "place", "less"


class FieldKind(Struct, frozen=True):
    """How a field of the form is asked for."""

    label: str
    autocomplete: str
    kind: str = "text"
    is_required: bool = True
    is_wide: bool = False
    hint: str = ""


FIELDS = {
    "email": FieldKind(
        N_("Email"), "email", "email", is_wide=True, hint=N_("For the receipt and the tracking.")
    ),
    "name": FieldKind(N_("Name"), "shipping name"),
    "phone": FieldKind(
        N_("Phone"),
        "shipping tel",
        "tel",
        hint=N_("Only for the courier, if they cannot find you."),
    ),
    "line1": FieldKind(N_("Street and number"), "shipping address-line1", is_wide=True),
    "line2": FieldKind(
        N_("Flat, floor, company"), "shipping address-line2", is_required=False, is_wide=True
    ),
    "city": FieldKind(N_("City"), "shipping address-level2"),
    "region": FieldKind(
        N_("Province, state or county"), "shipping address-level1", is_required=False
    ),
    "postal_code": FieldKind(N_("Postal code"), "shipping postal-code"),
    "country": FieldKind(N_("Country or region"), "shipping country", "select"),
    "note": FieldKind(N_("Note to the merchants"), "off", is_required=False, is_wide=True),
}
ADDRESS = ("name", "phone", "line1", "line2", "city", "region", "postal_code", "country")


class MethodView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    estimate: str
    price: PriceView
    is_free: bool
    is_current: bool


class CheckoutView(Struct, frozen=True, kw_only=True):
    """The page. `methods` are empty until the address is known."""

    key: str
    fields: list[FieldView]
    lines: list[CartLineView]
    goods: PriceView
    discount: PriceView | None
    shipping: PriceView | None
    tax: PriceView | None
    payable: PriceView
    expected: int
    currency: str
    providers: list[ProviderView]
    is_member: bool
    methods: list[MethodView]
    shown_method: str = ""
    quote_id: str = ""
    quoted_for: str = ""
    is_accepting: bool = False
    can_take_less: bool = False
    leads_to_cart: bool = False
    note: str = ""
    changes: list[str]


@page(bp, "GET", "/checkout")
def show(visit: Visit) -> Html | Redirect:
    session = maybe_member(visit)
    typed = Fields([("email", session.email)] if session else [])
    return _checkout_page(visit, typed, is_member=session is not None)


def show_again(visit: Visit, refusal: Refusal) -> Html | Redirect:
    """Show the form with what was typed and why it cannot be: beside the field, or as a difference.

    A refusal leaves the key free, so the same form may be sent again.
    """
    is_member = maybe_member(visit) is not None
    quote = None
    if not isinstance(refusal, Malformed):
        quote = _quote_or_none(visit, visit.fields)
    return _checkout_page(visit, visit.fields, quote, refusal, is_member=is_member)


@page(bp, "POST", "/checkout", refused=show_again)
def send(visit: Visit) -> Html | Redirect:
    """Look up delivery for the address, or place the purchase."""
    wish = read_wish(visit.fields, visit.locale)
    step = visit.fields.text("step")
    if step == STEP_LESS:
        _take_less(visit)
    is_placing = step == STEP_PLACE and bool(visit.fields.text("quote_id"))
    has_seen_total = visit.fields.text("shown_method") == wish.delivery_method
    if not is_placing:
        quote = _quote(visit, visit.fields)
        is_member = maybe_member(visit) is not None
        return _checkout_page(visit, visit.fields, quote, is_member=is_member)
    if not has_seen_total:
        raise PriceChanged
    return _place(visit, wish)


def read_wish(fields: Fields, locale: str) -> Wish:
    """Read the form as the JSON API reads its body. Refuses 400, naming every wrong field."""
    body: dict[str, Any] = {
        "email": fields.text("email"),
        "address": {name: fields.text(name) for name in ADDRESS},
        "delivery_method": fields.text("delivery_method") or STANDARD,
        "payment": {"provider": fields.text("provider") or "none"},
        "note": fields.text("note"),
        "locale": locale,
    }
    wish = wish_of(converted(body, Checkout), locale)
    return replace(wish, expected_total=_expected(fields), quote_id="")


def _place(visit: Visit, wish: Wish) -> Redirect:
    session, cart_id = maybe_member(visit), visit.cart_id
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


def _take_less(visit: Visit) -> None:
    """Accept what is left: lower every line that asks for more, drop what is gone."""
    carts.mend(visit.cart_id, carts.token_of(visit.cart_id))


def _quote(visit: Visit, fields: Fields) -> Quote:
    """Ask for delivery to the address; another country than last time begins without a choice."""
    country = fields.text("country")
    is_same = fields.text("quoted_for") == country
    method = fields.text("delivery_method") if is_same else ""
    return carts.quote(visit.cart_id, carts.token_of(visit.cart_id), country, method)


def _quote_or_none(visit: Visit, fields: Fields) -> Quote | None:
    try:
        return _quote(visit, fields)
    except Refusal:
        return None


def _checkout_page(
    visit: Visit,
    typed: Fields,
    quote: Quote | None = None,
    refusal: Refusal | None = None,
    *,
    is_member: bool,
) -> Html | Redirect:
    priced = cart_pages.look(visit)
    if priced is None or not priced.selected:
        known = list(visit.purchase_tokens())
        is_sent = visit.method == "POST" and known
        return Redirect(f"/orders/{known[-1]}" if is_sent else "/cart")
    totals = quote.totals if quote else priced.totals
    words, chosen = visit.words, quote.delivery.id if quote else ""
    view = CheckoutView(
        key=typed.text("key") or ids.ulid(),
        fields=_fields(typed, words, _errors(visit, refusal)),
        lines=[one for one in cart_pages.line_views(priced, words) if one.is_selected],
        goods=words.money(totals.goods),
        discount=words.money(-totals.discount) if totals.discount else None,
        shipping=words.money(totals.shipping) if quote else None,
        tax=words.money(totals.tax) if totals.tax else None,
        payable=words.money(totals.payable),
        expected=totals.payable.amount,
        currency=totals.payable.currency,
        providers=provider_views(words, typed.text("provider")),
        is_member=is_member,
        methods=_methods(quote.options, chosen, words) if quote else [],
        shown_method=chosen,
        quote_id=quote.id if quote else "",
        quoted_for=typed.text("country") if quote else "",
        is_accepting=isinstance(refusal, PriceChanged),
        can_take_less=bool(refusal)
        and any(one.available < one.quantity for one in priced.selected),
        leads_to_cart=bool(refusal and refusal.code.startswith(("inventory.", "cart."))),
        note=_note(refusal, words),
        changes=_changes(typed, totals, priced, refusal, words),
    )
    return Html("pages/orders/checkout.html", view, refusal.status if refusal else 200)


def _methods(options: Sequence[DeliveryOption], chosen: str, words: Words) -> list[MethodView]:
    return [
        MethodView(
            id=one.id,
            name=one.name_in(words.locale),
            estimate=one.estimate(words.locale),
            price=words.money(one.price),
            is_free=not one.price,
            is_current=one.id == chosen,
        )
        for one in options
    ]


def _note(refusal: Refusal | None, words: Words) -> str:
    if refusal is None:
        return ""
    if isinstance(refusal, PriceChanged):
        return words.say(N_("The total is not what you were shown. Look at it and decide again."))
    if isinstance(refusal, Malformed):
        return words.say(N_("Something in the address needs another look."))
    return words.refusal(refusal)


def _changes(
    typed: Fields, totals: Totals, priced: PricedCart, refusal: Refusal | None, words: Words
) -> list[str]:
    """Say line by line what differs from what the shopper was shown."""
    said = []
    before = _expected(typed)
    if isinstance(refusal, PriceChanged) and before and before != totals.payable:
        said.append(
            words.say(N_("Total: %(before)s before, %(now)s now"))
            % {"before": words.money(before).text, "now": words.money(totals.payable).text}
        )
    if refusal is not None:
        said += [
            words.say(N_("%(title)s: you want %(wanted)s, %(left)s left"))
            % {"title": line.title, "wanted": line.quantity, "left": line.available}
            for line in priced.selected
            if line.available < line.quantity
        ]
    return said


def _errors(visit: Visit, refusal: Refusal | None) -> Mapping[str, str]:
    """What is wrong with which field of the form; the API names them within `address`."""
    if refusal is None:
        return {}
    found = problem(visit, refusal).errors
    return {name.removeprefix("address."): text for name, text in found.items()}


def _fields(typed: Fields, words: Words, errors: Mapping[str, str]) -> list[FieldView]:
    return [
        FieldView(
            name=name,
            label=words.say(one.label),
            value=typed.text(name) or (_country(words) if name == "country" else ""),
            kind=one.kind,
            is_required=one.is_required,
            autocomplete=one.autocomplete,
            hint=words.say(one.hint),
            error=errors.get(name, ""),
            is_wide=one.is_wide,
            choices=country_names(words.locale) if name == "country" else (),
        )
        for name, one in FIELDS.items()
    ]


def _country(words: Words) -> str:
    return DEFAULT_COUNTRIES[words.locale]


def _expected(fields: Fields) -> Money | None:
    """The total that the form was shown with."""
    amount = fields.text("expected")
    currency = fields.text("currency") or settings().currency
    is_amount = amount.isascii() and amount.isdigit() and len(amount) <= forms.NUMBER_DIGITS_MAX
    is_currency = len(currency) == 3 and currency.isascii() and currency.isupper()
    return Money(int(amount), currency) if is_amount and is_currency else None


@cache
def country_names(locale: str) -> tuple[tuple[str, str], ...]:
    """Name every country in a language, in its order. Read once per container."""
    from babel import Locale

    names = Locale.parse(locale.replace("-", "_")).territories
    pairs = [(code, str(names.get(code, code))) for code in countries.CODES]
    return tuple(sorted(pairs, key=lambda pair: pair[1]))
