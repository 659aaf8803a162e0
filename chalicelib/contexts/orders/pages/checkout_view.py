"""What the checkout page shows: the form as it was typed, ways to deliver and to pay, sums, and what
has changed since it was shown before.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws.settings import settings
from chalicelib.contexts.cart import service as carts
from chalicelib.contexts.cart.model import Delivery, DeliveryNotOffered, PricedCart, Totals
from chalicelib.contexts.cart.pages.views import CartGroupView, chosen_views
from chalicelib.contexts.members.model.addresses import LENGTHS_MAX, Address, AddressBook
from chalicelib.contexts.members.pages.pasting import PasteView, paste_view
from chalicelib.contexts.orders.model.refusals import PriceChanged
from chalicelib.contexts.orders.pages.differences import (
    DifferenceView,
    any_short,
    differences,
    marks,
    saved_marks,
)
from chalicelib.contexts.orders.pages.views import ProviderView, provider_views
from chalicelib.kernel import countries, ids
from chalicelib.kernel.errors import Malformed, Refusal
from chalicelib.kernel.money import Money
from chalicelib.web import forms
from chalicelib.web.forms import ChoiceView, Fields, FieldView
from chalicelib.web.i18n import N_, PriceView, Words
from chalicelib.web.places import address_fields, country_of

PLACE = tuple(LENGTHS_MAX)
"""The fields of an address, as the member's book knows them."""


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
    was: PriceView | None
    is_free: bool
    is_current: bool


class CheckoutView(Struct, frozen=True, kw_only=True):
    """The page. `methods` are empty until the address is known; `marks` is what it shows of lines,
    `saved_marks` of offers.
    """

    key: str
    contact: FieldView
    paste: PasteView
    fields: list[FieldView]
    message: FieldView
    wrong: list[ChoiceView]
    saved: list[SavedView]
    groups: list[CartGroupView]
    marks: list[str]
    saved_marks: list[str]
    goods: PriceView
    discount: PriceView | None
    shipping: PriceView | None
    shipping_was: PriceView | None
    tax: PriceView | None
    tax_included: PriceView | None
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

    options: Sequence[Delivery]
    delivery: Delivery
    totals: Totals


def offer(priced: PricedCart, country: str, method: str = "", region: str = "") -> Offer:
    """Find the ways to deliver what is selected; a way that is not offered there is the first.

    No round trip. Refuses `cart.not_for_sale`, `shipping.no_delivery`.
    """
    priced.require_for_sale()
    options = carts.delivery_for(priced, country, region)
    try:
        delivery = carts.chosen(options, method or options[0].id)
    except DeliveryNotOffered:
        delivery = options[0]
    return Offer(options, delivery, delivery.totals_of(priced))


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
    contact, message = _contact(typed, words, errors), _message(typed, words, errors)
    fields = _place_fields(typed, words, errors)
    shown = [contact, *fields, message]
    compared = (expected_of(typed), totals.payable) if offered else (None, totals.payable)
    return CheckoutView(
        key=typed.text("key") or ids.ulid(),
        contact=contact,
        paste=paste_view(typed, words),
        fields=fields,
        message=message,
        wrong=[ChoiceView(one.label, f"#f-{one.name}", one.error) for one in shown if one.error],
        saved=_saved(book, typed),
        groups=chosen_views(priced, words),
        marks=marks(priced),
        saved_marks=saved_marks(priced, words),
        goods=words.money(totals.goods),
        discount=words.money(-totals.discount) if totals.discount else None,
        shipping=words.money(totals.shipping) if offered else None,
        shipping_was=_was(offered.delivery, words) if offered else None,
        tax=words.money(totals.tax) if totals.tax else None,
        tax_included=_included(offered, words),
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
        note=_note(refusal, words, is_said_beside=any(one.error for one in shown)),
        changes=differences(typed, priced, compared, words) if refusal else [],
    )


def expected_of(fields: Fields) -> Money | None:
    """The total that the form was shown with."""
    amount = fields.text("expected")
    currency = fields.text("currency") or settings().currency
    is_amount = amount.isascii() and amount.isdigit() and len(amount) <= forms.NUMBER_DIGITS_MAX
    is_currency = len(currency) == 3 and currency.isascii() and currency.isupper()
    return Money(int(amount), currency) if is_amount and is_currency else None


def _included(offered: Offer | None, words: Words) -> PriceView | None:
    """The tax that prices contain, where they contain any."""
    if offered is None or not offered.delivery.tax_included:
        return None
    return words.money(offered.delivery.tax_included)


def _was(delivery: Delivery, words: Words) -> PriceView | None:
    """What delivery costs without offers, where they take something off."""
    return words.money(delivery.before) if delivery.before != delivery.price else None


def _methods(options: Sequence[Delivery], chosen: str, words: Words) -> list[MethodView]:
    return [
        MethodView(
            id=one.id,
            name=one.name_in(words.locale),
            estimate=one.estimate(words.locale),
            price=words.money(one.price),
            was=_was(one, words),
            is_free=not one.price,
            is_current=one.id == chosen,
        )
        for one in options
    ]


def _note(refusal: Refusal | None, words: Words, *, is_said_beside: bool) -> str:
    if refusal is None:
        return ""
    if isinstance(refusal, PriceChanged):
        return words.say(N_("The total is not what you were shown. Look at it and decide again."))
    if isinstance(refusal, Malformed) and is_said_beside:
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
    return all(typed.text(name) == getattr(address, name) for name in PLACE)


def _place_fields(typed: Fields, words: Words, errors: Mapping[str, str]) -> list[FieldView]:
    """The address as the member's book asks for it; a parcel may want a postal code as well."""
    is_needed = countries.needs_postal_code(country_of(typed, words))
    return [
        replace(one, is_required=is_needed) if one.name == "postal_code" else one
        for one in address_fields(typed, words, errors)
    ]


def _contact(typed: Fields, words: Words, errors: Mapping[str, str]) -> FieldView:
    return FieldView(
        name="email",
        label=words.say(N_("Email")),
        kind="email",
        value=typed.text("email"),
        autocomplete="email",
        hint=words.say(N_("For the receipt and the tracking.")),
        error=errors.get("email", ""),
    )


def _message(typed: Fields, words: Words, errors: Mapping[str, str]) -> FieldView:
    return FieldView(
        name="note",
        label=words.say(N_("Note to the merchants")),
        value=typed.text("note"),
        is_required=False,
        autocomplete="off",
        error=errors.get("note", ""),
    )
