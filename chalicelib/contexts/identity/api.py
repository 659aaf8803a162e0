"""Members and their sessions as JSON."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import msgspec
from chalice import Blueprint
from msgspec import UNSET, Meta, UnsetType

from chalicelib.contexts.cart import service as cart
from chalicelib.contexts.identity import model, service
from chalicelib.contexts.identity.model import Account
from chalicelib.kernel import text
from chalicelib.web.endpoint import Answer, created, endpoint
from chalicelib.web.request import Request
from chalicelib.web.session import member_cookie

bp = Blueprint(__name__)

Email = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=model.EMAIL_LENGTH_MAX,
        extra_json_schema={"pattern": model.EMAIL_TOLD},
    ),
]
Phone = Annotated[
    str, Meta(min_length=7, max_length=40, extra_json_schema={"pattern": model.PHONE_TOLD})
]
NewPassword = Annotated[
    str, Meta(min_length=model.PASSWORD_LENGTH_MIN, max_length=model.PASSWORD_LENGTH_MAX)
]
Password = Annotated[str, Meta(min_length=1, max_length=4 * model.PASSWORD_LENGTH_MAX)]
CartId = Annotated[str, Meta(min_length=1, max_length=60)]
Name = Annotated[str, Meta(max_length=model.NAME_LENGTH_MAX, extra_json_schema=text.TOLD_LINE)]

ONE_LOGIN = {"oneOf": [{"required": ["email"]}, {"required": ["phone"]}]}


class NewMember(msgspec.Struct, forbid_unknown_fields=True):
    """One of `email` and `phone` (with its country code) is the login."""

    schema_extra: ClassVar[Mapping[str, Any]] = ONE_LOGIN
    password: NewPassword
    email: Email | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    name: Name = ""


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """`cart` names a cart, whose token is in X-Cart-Token: it becomes the member's."""

    schema_extra: ClassVar[Mapping[str, Any]] = ONE_LOGIN
    password: Password
    email: Email | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    cart: CartId | UnsetType = UNSET


class MemberView(msgspec.Struct, omit_defaults=True):
    """A member, as only that member sees it."""

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    created_at: str = ""


class SignedInView(msgspec.Struct):
    """The token goes into `Authorization: Bearer` from then on."""

    member: MemberView
    token: str


@endpoint(
    bp,
    "POST",
    "/api/v1/members",
    summary="Become a member",
    tag="members",
    body=NewMember,
    answer=SignedInView,
    status=201,
)
def register(request: Request) -> Answer:
    wanted: NewMember = request.body
    account, token = service.register(
        email=_given(wanted.email),
        phone=_given(wanted.phone),
        password=wanted.password,
        name=wanted.name,
        locale=request.locale,
    )
    return created(SignedInView(_member(account), token), location="/api/v1/me")


@endpoint(
    bp,
    "POST",
    "/api/v1/sessions",
    summary="Sign in",
    tag="members",
    body=SignIn,
    answer=SignedInView,
    status=201,
    headers=("X-Cart-Token",),
)
def sign_in(request: Request) -> Answer:
    given: SignIn = request.body
    login = model.normal_login(_given(given.email), _given(given.phone))
    cart_id, cart_token = _given(given.cart), request.headers.get("x-cart-token", "")
    if cart_id is not None:
        cart.look(cart_id, cart_token)
    account, token = service.sign_in(login, given.password, address=request.address)
    if cart_id is not None:
        cart.merge(cart_id, cart_token, service.member(token))
    return created(SignedInView(_member(account), token), location="/api/v1/me")


@endpoint(
    bp,
    "DELETE",
    "/api/v1/sessions/current",
    summary="Sign out",
    tag="members",
    status=204,
    security="member",
)
def sign_out(request: Request) -> Answer:
    cookie = member_cookie(request)
    service.caller(request.bearer, cookie).as_member()
    service.sign_out(request.bearer or cookie)
    return Answer(status=204)


@endpoint(
    bp,
    "GET",
    "/api/v1/me",
    summary="The member",
    tag="members",
    answer=MemberView,
    security="member",
)
def me(request: Request) -> MemberView:
    asking = service.caller(request.bearer, member_cookie(request))
    return _member(service.account(asking.as_member()))


def _member(account: Account) -> MemberView:
    return MemberView(
        id=account.id,
        name=account.name,
        email=account.email,
        phone=account.phone,
        created_at=account.created_at,
    )


def _given(value: str | UnsetType) -> str | None:
    return None if isinstance(value, UnsetType) else value
