"""The address book's pages: the list, and one form that writes an address new or anew."""

from collections.abc import Mapping

from chalice import Blueprint
from msgspec import Struct
from msgspec.structs import asdict

from chalicelib.contexts.identity.pages import member
from chalicelib.contexts.members import service
from chalicelib.contexts.members.model.addresses import ADDRESSES_MAX, Address, AddressBook
from chalicelib.contexts.members.pages.pasting import PasteView, further, paste_view
from chalicelib.kernel import ids
from chalicelib.kernel.errors import NotFound, NotSignedIn, Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import Words
from chalicelib.web.page import Html, Redirect, local, page, problem
from chalicelib.web.places import address_fields, address_lines, division_fields
from chalicelib.web.session import Visit

bp = Blueprint(__name__)
LIST = "/account/addresses"


class AddressCardView(Struct, frozen=True):
    """An address as it stands in the book, on lines."""

    id: str
    name: str
    phone: str
    lines: list[str]
    is_default: bool


class AddressesView(Struct, frozen=True):
    addresses: list[AddressCardView]
    can_add: bool
    note: str = ""


class AddressFormView(Struct, frozen=True, kw_only=True):
    """The form of one address. `id` is empty for a new one."""

    id: str
    action: str
    fields: list[FieldView]
    paste: PasteView
    is_default: bool
    key: str
    next: str
    note: str = ""


class DivisionsView(Struct, frozen=True):
    fields: list[FieldView]


@page(bp, "GET", "/account/addresses")
def show(visit: Visit) -> Html:
    return _list(visit)


def show_again(visit: Visit, refusal: Refusal, **_: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound):
        raise refusal
    return _list(visit, refusal)


@page(bp, "GET", "/account/addresses/new")
def show_new(visit: Visit) -> Html:
    member(visit)
    return _form(visit, "", visit.query_text, next_=visit.query_text.get("next", ""))


def add_again(visit: Visit, refusal: Refusal) -> Html:
    if isinstance(refusal, NotSignedIn):
        raise refusal
    return _again(visit, "", refusal)


@page(bp, "POST", "/account/addresses/new", refused=add_again)
def add(visit: Visit) -> Html | Redirect:
    """Keep an address; or fill the form in further, where that is what was asked."""
    actor = member(visit).actor
    if visit.fields.text("step"):
        return _further(visit, "")
    service.add_address(
        actor,
        visit.fields,
        is_default=bool(visit.fields.text("is_default")),
        cause=visit.fields.text("key"),
    )
    return Redirect(local(visit.fields.text("next"), LIST))


@page(bp, "GET", "/account/addresses/{address}")
def show_one(visit: Visit, address: str) -> Html:
    book = service.addresses_of(member(visit).actor)
    typed = asdict(book.find(address))
    return _form(visit, address, typed, is_default=book.default_id == address)


def change_again(visit: Visit, refusal: Refusal, *, address: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound):
        raise refusal
    return _again(visit, address, refusal)


@page(bp, "POST", "/account/addresses/{address}", refused=change_again)
def change(visit: Visit, address: str) -> Html | Redirect:
    actor = member(visit).actor
    if visit.fields.text("step"):
        service.addresses_of(actor).find(address)
        return _further(visit, address)
    is_default = bool(visit.fields.text("is_default"))
    service.change_address(actor, address, visit.fields, is_default=is_default)
    return Redirect(local(visit.fields.text("next"), LIST))


@page(bp, "POST", "/account/addresses/{address}/remove", refused=show_again)
def remove(visit: Visit, address: str) -> Redirect:
    service.remove_address(member(visit).actor, address)
    return Redirect(LIST)


@page(bp, "POST", "/account/addresses/{address}/prefer", refused=show_again)
def prefer(visit: Visit, address: str) -> Redirect:
    service.prefer_address(member(visit).actor, address)
    return Redirect(LIST)


@page(bp, "GET", "/divisions")
def show_divisions(visit: Visit) -> Html:
    """省, 市 and 区 as a piece of a page, for the script that changes them in place."""
    view = DivisionsView(division_fields(visit.query_text, visit.words, {}))
    return Html("fragments/members/divisions.html", view)


def _list(visit: Visit, refusal: Refusal | None = None) -> Html:
    book = service.addresses_of(member(visit).actor)
    view = AddressesView(
        [_card(one, book, visit.words) for one in book.default_first],
        can_add=len(book.addresses) < ADDRESSES_MAX,
        note=visit.words.refusal(refusal) if refusal else "",
    )
    return Html("pages/members/addresses.html", view, refusal.status if refusal else 200)


def _card(address: Address, book: AddressBook, words: Words) -> AddressCardView:
    is_default = address.id == book.default_id
    return AddressCardView(
        address.id,
        address.name,
        address.phone,
        address_lines(address, words, district=address.district),
        is_default,
    )


def _further(visit: Visit, address_id: str) -> Html:
    """Take a pasted address apart, or offer the cities of the province that was chosen."""
    typed = further(visit.fields)
    is_default = bool(typed.text("is_default"))
    return _form(visit, address_id, typed, is_default=is_default, next_=typed.text("next"))


def _again(visit: Visit, address_id: str, refusal: Refusal) -> Html:
    typed = visit.fields
    return _form(
        visit,
        address_id,
        typed,
        is_default=bool(typed.text("is_default")),
        next_=typed.text("next"),
        refusal=refusal,
    )


def _form(
    visit: Visit,
    address_id: str,
    typed: Mapping[str, str],
    *,
    is_default: bool = False,
    next_: str = "",
    refusal: Refusal | None = None,
) -> Html:
    words = visit.words
    errors = problem(visit, refusal).errors if refusal else {}
    fields = address_fields(typed, words, errors)
    is_said_beside = any(one.error for one in fields)
    view = AddressFormView(
        id=address_id,
        action=f"{LIST}/{address_id or 'new'}",
        fields=fields,
        paste=paste_view(typed, words),
        is_default=is_default,
        key=typed.get("key") or ids.ulid(),
        next=local(next_, ""),
        note=words.refusal(refusal) if refusal and not is_said_beside else "",
    )
    return Html("pages/members/address.html", view, refusal.status if refusal else 200)
