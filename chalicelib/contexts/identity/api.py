"""Members and their sessions as JSON."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from chalice import Blueprint
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import asdict

from chalicelib.contexts.cart import service as cart
from chalicelib.contexts.identity import model, service
from chalicelib.contexts.identity.model import Account
from chalicelib.contexts.members import service as members
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

Code = Annotated[str, Meta(min_length=1, max_length=40)]
Challenge = Annotated[str, Meta(min_length=1, max_length=300)]

ONE_LOGIN = {"oneOf": [{"required": ["email"]}, {"required": ["phone"]}]}
ONE_PROOF = {"oneOf": [{"required": ["password"]}, {"required": ["code"]}]}


class NewMember(msgspec.Struct, forbid_unknown_fields=True):
    """One of `email` and `phone` (with its country code) is the login."""

    schema_extra: ClassVar[Mapping[str, Any]] = ONE_LOGIN
    password: NewPassword
    email: Email | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    name: Name = ""


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """`cart` names a cart, whose token is in X-Cart-Token: it becomes the member's.

    `code` is a one-time code for `sign_in`. Where a second factor is on, the answer is 401
    `identity.second_factor_needed` with a `challenge`.
    """

    schema_extra: ClassVar[Mapping[str, Any]] = {"allOf": [ONE_LOGIN, ONE_PROOF]}
    password: Password | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    cart: CartId | UnsetType = UNSET


class SecondFactor(msgspec.Struct, forbid_unknown_fields=True):
    """The challenge of a sign-in, and a code of the authenticator or a recovery code."""

    challenge: Challenge
    code: Code


class WantedCode(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to send a one-time code, and for what."""

    schema_extra: ClassVar[Mapping[str, Any]] = ONE_LOGIN
    purpose: Literal["sign_in", "reset_password"]
    email: Email | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET


class PasswordReset(msgspec.Struct, forbid_unknown_fields=True):
    """A one-time code for `reset_password`, and the password to come."""

    schema_extra: ClassVar[Mapping[str, Any]] = ONE_LOGIN
    code: Code
    password: NewPassword
    email: Email | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET


class PasswordChange(msgspec.Struct, forbid_unknown_fields=True):
    old: Password
    new: NewPassword


class SessionView(msgspec.Struct):
    """A sign-in; `device` is empty for a program's, `seen_at` is coarse."""

    id: str
    device: str
    created_at: str
    seen_at: str
    expires_at: str
    is_current: bool


class SessionsView(msgspec.Struct):
    items: list[SessionView]


class MemberView(msgspec.Struct, omit_defaults=True):
    """A member, as only that member sees it."""

    id: str
    name: str = ""
    email: str = ""
    phone: str = ""
    created_at: str = ""
    is_verified: bool = False


class MeView(MemberView, omit_defaults=True):
    """A member with how they want to be shown and spoken to; `locale` is empty where nothing says.
    `birthday` is `MM-DD`, empty where the member did not say.
    """

    nickname: str = ""
    locale: str = ""
    birthday: str = ""


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
        device=_device(request),
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
    account, token = _signed_in(request, login, given)
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
    answer=MeView,
    security="member",
)
def me(request: Request) -> MeView:
    asking = service.caller(request.bearer, member_cookie(request))
    account = service.account(asking.as_member())
    profile = members.profile_of(asking)
    return MeView(
        **asdict(_member(account)),
        nickname=profile.nickname,
        locale=profile.locale or account.locale,
        birthday=members.birthday_of(asking).day,
    )


@endpoint(
    bp,
    "POST",
    "/api/v1/sessions/second-factor",
    summary="Sign in with the second factor",
    tag="members",
    body=SecondFactor,
    answer=SignedInView,
    status=201,
)
def finish_sign_in(request: Request) -> Answer:
    given: SecondFactor = request.body
    account, token, _ = service.finish_sign_in(
        given.challenge, given.code, address=request.address, device=_device(request)
    )
    return created(SignedInView(_member(account), token), location="/api/v1/me")


@endpoint(
    bp,
    "POST",
    "/api/v1/codes",
    summary="Ask for a one-time code; the answer is the same whoever has the login",
    tag="members",
    body=WantedCode,
    status=204,
)
def request_code(request: Request) -> Answer:
    wanted: WantedCode = request.body
    login = model.normal_login(_given(wanted.email), _given(wanted.phone))
    service.request_code(login, model.Purpose(wanted.purpose), locale=request.locale)
    return Answer(status=204)


@endpoint(
    bp,
    "POST",
    "/api/v1/password-resets",
    summary="Choose a new password by a code; every session ends",
    tag="members",
    body=PasswordReset,
    status=204,
)
def reset_password(request: Request) -> Answer:
    given: PasswordReset = request.body
    login = model.normal_login(_given(given.email), _given(given.phone))
    service.reset_password(login, given.code, given.password, address=request.address)
    return Answer(status=204)


@endpoint(
    bp,
    "PUT",
    "/api/v1/me/password",
    summary="Change the password; every other session ends",
    tag="members",
    body=PasswordChange,
    status=204,
    security="member",
)
def change_password(request: Request) -> Answer:
    given: PasswordChange = request.body
    service.change_password(
        _member_id(request),
        given.old,
        given.new,
        token=_token(request),
        address=request.address,
    )
    return Answer(status=204)


@endpoint(
    bp,
    "GET",
    "/api/v1/me/sessions",
    summary="Where the member is signed in",
    tag="members",
    answer=SessionsView,
    security="member",
)
def sessions(request: Request) -> SessionsView:
    found = service.sessions_of(_member_id(request), _token(request))
    return SessionsView([SessionView(**asdict(one)) for one in found])


@endpoint(
    bp,
    "DELETE",
    "/api/v1/me/sessions/{session}",
    summary="Sign out there",
    tag="members",
    status=204,
    security="member",
)
def end_session(request: Request, session: str) -> Answer:
    service.end_session(_member_id(request), session)
    return Answer(status=204)


def _member(account: Account) -> MemberView:
    return MemberView(
        id=account.id,
        name=account.name,
        email=account.email,
        phone=account.phone,
        created_at=account.created_at,
        is_verified=account.is_verified,
    )


def _signed_in(request: Request, login: str, given: SignIn) -> tuple[Account, str]:
    code, password = _given(given.code), _given(given.password)
    if (code is None) == (password is None):
        raise model.wrong("password", "Give a password or a code, one of the two")
    device = _device(request)
    if code is not None:
        account, token, _ = service.sign_in_with_code(
            login, code, "mbr", address=request.address, device=device
        )
        return account, token
    return service.sign_in(login, password or "", address=request.address, device=device)


def _device(request: Request) -> str:
    return model.device_of(request.headers.get("user-agent", ""))


def _token(request: Request) -> str:
    return request.bearer or member_cookie(request)


def _member_id(request: Request) -> str:
    return service.caller(request.bearer, member_cookie(request)).as_member()


def _given(value: str | UnsetType) -> str | None:
    return None if isinstance(value, UnsetType) else value
