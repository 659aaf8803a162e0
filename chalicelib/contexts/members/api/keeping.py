"""A member's address book and favourites as JSON."""

from typing import Annotated, Any

import msgspec
from chalice import Blueprint
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.members import service
from chalicelib.contexts.members.model.addresses import LENGTHS_MAX, REQUIRED, Address, AddressBook
from chalicelib.contexts.members.model.favourites import Liked
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel import countries, text
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import NotFound
from chalicelib.web.endpoint import Answer, created, endpoint
from chalicelib.web.request import Request
from chalicelib.web.session import member_cookie

bp = Blueprint(__name__)

FILLED = {
    "pattern": r"^[^\x00-\x1f\x7f\x85\u2028\u2029]*[^\s\x00-\x1f\x7f\x85][^\x00-\x1f\x7f\x85\u2028\u2029]*$"
}
Filled100 = Annotated[str, Meta(min_length=1, max_length=100, extra_json_schema=FILLED)]
Line = Annotated[str, Meta(max_length=200, extra_json_schema=text.TOLD_LINE)]
Short = Annotated[str, Meta(max_length=100, extra_json_schema=text.TOLD_LINE)]


class AddressBody(msgspec.Struct, forbid_unknown_fields=True):
    """In China (`CN`) region, city and district are those that Souk's list names."""

    name: Filled100
    phone: Annotated[str, Meta(max_length=40, pattern=r"^\s*\+?[(0-9][0-9 ()./-]{4,38}[0-9]\s*$")]
    line1: Annotated[str, Meta(min_length=1, max_length=200, extra_json_schema=FILLED)]
    city: Filled100
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$", extra_json_schema=countries.SCHEMA)]
    line2: Line = ""
    region: Short = ""
    district: Short = ""
    postal_code: Annotated[str, Meta(max_length=20, extra_json_schema=text.TOLD_LINE)] = ""
    is_default: bool | UnsetType = UNSET


assert {*AddressBody.__struct_fields__} - {"is_default"} == {*LENGTHS_MAX}, "all that is kept"
assert {*REQUIRED} <= {*AddressBody.__struct_fields__}, "all that is needed"


class AddressView(msgspec.Struct):
    """An address of the member's book. `is_default`: the one that is taken first."""

    id: str
    name: str
    phone: str
    line1: str
    line2: str
    city: str
    region: str
    district: str
    postal_code: str
    country: str
    is_default: bool


class AddressesView(msgspec.Struct):
    """The whole book, the default address first; it is never longer than twenty."""

    items: list[AddressView]
    next_cursor: str | None = None


@endpoint(
    bp,
    "GET",
    "/api/v1/me/addresses",
    summary="The member's addresses",
    tag="members",
    answer=AddressesView,
    security="member",
)
def addresses(request: Request) -> AddressesView:
    book = service.addresses_of(asking(request))
    return AddressesView([_view(one, book) for one in book.default_first])


@endpoint(
    bp,
    "POST",
    "/api/v1/me/addresses",
    summary="Keep an address",
    tag="members",
    body=AddressBody,
    answer=AddressView,
    status=201,
    security="member",
)
def add(request: Request) -> Answer:
    actor = asking(request)
    kept = service.add_address(actor, _given(request.body), is_default=_is_default(request.body))
    view = _view(kept, service.addresses_of(actor))
    return created(view, location=f"/api/v1/me/addresses/{kept.id}")


@endpoint(
    bp,
    "PUT",
    "/api/v1/me/addresses/{address}",
    summary="Write an address anew",
    tag="members",
    body=AddressBody,
    answer=AddressView,
    security="member",
)
def change(request: Request, address: str) -> AddressView:
    actor = asking(request)
    given, is_default = _given(request.body), _is_default(request.body)
    kept = service.change_address(actor, address, given, is_default=is_default)
    return _view(kept, service.addresses_of(actor))


@endpoint(
    bp,
    "DELETE",
    "/api/v1/me/addresses/{address}",
    summary="Remove an address",
    tag="members",
    status=204,
    security="member",
)
def remove(request: Request, address: str) -> Answer:
    service.remove_address(asking(request), address)
    return Answer(status=204)


class FavouriteView(msgspec.Struct):
    """What the member likes: `kind` is `product` or `merchant`."""

    kind: Liked
    id: str
    at: str


class FavouritesView(msgspec.Struct):
    """The newest first."""

    items: list[FavouriteView]
    next_cursor: str | None = None


@endpoint(
    bp,
    "GET",
    "/api/v1/me/favourites",
    summary="What the member likes",
    tag="members",
    answer=FavouritesView,
    security="member",
)
def favourites(request: Request) -> FavouritesView:
    found = service.favourites_of(asking(request))
    return FavouritesView(
        [FavouriteView(one.kind, one.id, one.at) for one in reversed(found.liked)]
    )


@endpoint(
    bp,
    "PUT",
    "/api/v1/me/favourites/{kind}/{liked}",
    summary="Like a product or merchant",
    tag="members",
    status=204,
    security="member",
)
def like(request: Request, kind: str, liked: str) -> Answer:
    actor, of_kind = asking(request), known_kind(kind)
    actor.as_member()
    service.like(actor, of_kind, there_is(of_kind, liked))
    return Answer(status=204)


@endpoint(
    bp,
    "DELETE",
    "/api/v1/me/favourites/{kind}/{liked}",
    summary="Like it no longer",
    tag="members",
    status=204,
    security="member",
)
def let_go(request: Request, kind: str, liked: str) -> Answer:
    service.let_go(asking(request), known_kind(kind), liked)
    return Answer(status=204)


def known_kind(kind: str) -> Liked:
    """Read the kind out of an address. Refuses `request.not_found`."""
    if kind not in set(Liked):
        raise NotFound
    return Liked(kind)


def there_is(kind: Liked, liked: str) -> str:
    """Return the id of what the shop shows: a product by id or slug, a merchant by id or code.

    Refuses 404.
    """
    if kind is Liked.PRODUCT:
        return catalog.product(liked).product.id
    found = merchants.get(liked) if liked.startswith("mer_") else merchants.by_code(liked)
    if not found.can_sell:
        raise NotFound
    return found.id


def asking(request: Request) -> Actor:
    """Tell who calls: by bearer token or by the shop's own cookie. At most one round trip."""
    return identity.caller(request.bearer, member_cookie(request))


def _given(body: AddressBody) -> dict[str, str]:
    fields: dict[str, Any] = asdict(body)
    del fields["is_default"]
    return fields


def _is_default(body: AddressBody) -> bool:
    return body.is_default is True


def _view(address: Address, book: AddressBook) -> AddressView:
    return AddressView(**asdict(address), is_default=address.id == book.default_id)
