"""What the checkout page shows: the form as it was typed, ways to deliver and to pay, sums, and what
has changed since it was shown before.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.contexts.cart import pages as cart_pages
from chalicelib.contexts.cart import service as carts
from chalicelib.contexts.cart.model import DeliveryNotOffered, PricedCart, Totals
from chalicelib.contexts.cart.pages import CartGroupView
from chalicelib.contexts.members.model.addresses import Address, AddressBook
from chalicelib.contexts.orders.model.refusals import PriceChanged
from chalicelib.contexts.orders.pages.differences import (
    DifferenceView,
    any_short,
    differences,
    marks,
    shown_lines,
)
from chalicelib.contexts.orders.pages.views import ProviderView, provider_views
from chalicelib.contexts.shipping.model import DeliveryOption
from chalicelib.kernel import ids
from chalicelib.kernel.errors import Malformed, Refusal
from chalicelib.kernel.money import Money
from chalicelib.web import forms
from chalicelib.web.forms import ChoiceView, Fields, FieldView
from chalicelib.web.i18n import N_, PriceView, Words
from chalicelib.web.places import DEFAULT_COUNTRIES, country_names


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


class SavedView(Struct, frozen=True):
    """An address of the member's book, to be taken with one press."""

    id: str
    name: str
    text: str
    is_current: bool


class MethodView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    estimate: str
    price: PriceView
    is_free: bool
    is_current: bool


class CheckoutView(Struct, frozen=True, kw_only=True):
    """The page. `methods` are empty until the address is known; `marks` is what it shows of lines."""

    key: str
    contact: FieldView
    fields: list[FieldView]
    wrong: list[ChoiceView]
    saved: list[SavedView]
    groups: list[CartGroupView]
    marks: list[str]
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
    quoted_for: str = ""
    is_accepting: bool = False
    can_take_less: bool = False
    leads_to_cart: bool = False
    note: str = ""
    changes: list[DifferenceView]


class Offer(Struct, frozen=True):
    """What the cart costs delivered to a country: the ways, the chosen one, the totals with it."""

    options: Sequence[DeliveryOption]
    delivery: DeliveryOption
    totals: Totals


def offer(priced: PricedCart, country: str, method: str = "") -> Offer:
    """Find the ways to deliver what is selected; a way that is not offered there is the first.

    No round trip. Refuses `cart.not_for_sale`, `shipping.no_delivery`.
    """
    priced.require_for_sale()
    options = carts.delivery_for(priced, country)
    try:
        delivery = carts.chosen(options, method or options[0].id)
    except DeliveryNotOffered:
        delivery = options[0]
    return Offer(options, delivery, Totals.of(priced.selected, delivery.price))


def checkout_view(
    priced: PricedCart,
    typed: Fields,
    words: Words,
    *,
    offered: Offer | None = None,
    refusal: Refusal | None = None,
    errors: Mapping[str, str],
    book: AddressBook | None = None,
) -> CheckoutView:
    """Show the form. `book` is None for a guest."""
    totals = offered.totals if offered else priced.totals
    chosen = offered.delivery.id if offered else ""
    fields = _fields(typed, words, errors)
    compared = (expected_of(typed), totals.payable) if offered else (None, totals.payable)
    return CheckoutView(
        key=typed.text("key") or ids.ulid(),
        contact=fields[0],
        fields=fields[1:],
        wrong=[ChoiceView(one.label, f"#f-{one.name}", one.error) for one in fields if one.error],
        saved=_saved(book, typed),
        groups=cart_pages.chosen_views(priced, words),
        marks=marks(priced),
        goods=words.money(totals.goods),
        discount=words.money(-totals.discount) if totals.discount else None,
        shipping=words.money(totals.shipping) if offered else None,
        tax=words.money(totals.tax) if totals.tax else None,
        payable=words.money(totals.payable),
        expected=totals.payable.amount,
        currency=totals.payable.currency,
        providers=provider_views(words, typed.text("provider")),
        is_member=book is not None,
        methods=_methods(offered.options, chosen, words) if offered else [],
        shown_method=chosen,
        quoted_for=country_of(typed, words) if offered else "",
        is_accepting=isinstance(refusal, PriceChanged),
        can_take_less=bool(refusal) and any_short(priced.selected),
        leads_to_cart=bool(refusal and refusal.code.startswith(("inventory.", "cart.", "orders."))),
        note=_note(refusal, words),
        changes=differences(shown_lines(typed), priced, compared, words) if refusal else [],
    )


def country_of(typed: Fields, words: Words) -> str:
    """The country that the form names, or that its language suggests."""
    return typed.text("country") or DEFAULT_COUNTRIES[words.locale]


def expected_of(fields: Fields) -> Money | None:
    """The total that the form was shown with."""
    amount = fields.text("expected")
    currency = fields.text("currency") or settings().currency
    is_amount = amount.isascii() and amount.isdigit() and len(amount) <= forms.NUMBER_DIGITS_MAX
    is_currency = len(currency) == 3 and currency.isascii() and currency.isupper()
    return Money(int(amount), currency) if is_amount and is_currency else None


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


def _saved(book: AddressBook | None, typed: Fields) -> list[SavedView]:
    return [
        SavedView(
            id=one.id,
            name=one.name,
            text=", ".join(filter(None, (one.line1, one.district, one.city, one.postal_code))),
            is_current=_is_typed(one, typed),
        )
        for one in (book.default_first if book else ())
    ]


def _is_typed(address: Address, typed: Fields) -> bool:
    return all(typed.text(name) == value for name, value in address.for_checkout().items())


def _fields(typed: Fields, words: Words, errors: Mapping[str, str]) -> list[FieldView]:
    return [
        FieldView(
            name=name,
            label=words.say(one.label),
            value=country_of(typed, words) if name == "country" else typed.text(name),
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
