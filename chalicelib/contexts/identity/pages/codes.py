"""Pages of one-time codes: sign in by one, choose a new password by one, prove an address by one."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity import model, service
from chalicelib.contexts.identity.model import Purpose
from chalicelib.contexts.identity.pages import (
    ask_second_factor,
    device_of,
    login_of,
    member,
    note_of,
    welcome,
)
from chalicelib.kernel.errors import NotSignedIn, Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_
from chalicelib.web.page import Html, Redirect, local, missing, page, problem
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

SEND = "send"


class CodeView(Struct, frozen=True, kw_only=True):
    """A form in two steps: whom to send a code, and the code. `is_sent` is the second."""

    action: str
    title: str
    about: str
    fields: list[FieldView]
    is_sent: bool
    submit: str
    next: str = ""
    note: str = ""
    login: str = ""


@page(bp, "GET", "/account/sign-in/code")
def show_sign_in(visit: Visit) -> Html:
    return _sign_in(visit)


def sign_in_again(visit: Visit, refusal: Refusal) -> Html:
    return _sign_in(visit, refusal)


@page(bp, "POST", "/account/sign-in/code", refused=sign_in_again)
def sign_in(visit: Visit) -> Html | Redirect:
    """Send a code, or sign in with the one that came."""
    login, next_ = login_of(visit), visit.fields.text("next")
    if visit.fields.text("step") == SEND:
        service.request_code(login, Purpose.SIGN_IN, locale=visit.locale)
        return _sign_in(visit, is_sent=True)
    _require(visit, "code")
    try:
        _, token, session = service.sign_in_with_code(
            login,
            visit.fields.text("code"),
            "ses",
            address=visit.address,
            device=device_of(visit),
        )
    except model.SecondFactorNeeded as needed:
        return ask_second_factor(needed, next_)
    return welcome(visit, session, token, next_)


@page(bp, "GET", "/account/reset")
def show_reset(visit: Visit) -> Html:
    return _reset(visit)


def reset_again(visit: Visit, refusal: Refusal) -> Html:
    return _reset(visit, refusal)


@page(bp, "POST", "/account/reset", refused=reset_again)
def reset(visit: Visit) -> Html | Redirect:
    """Send a code, or choose a new password by the one that came."""
    login = login_of(visit)
    if visit.fields.text("step") == SEND:
        service.request_code(login, Purpose.RESET, locale=visit.locale)
        return _reset(visit, is_sent=True)
    _require(visit, "code", "password")
    service.reset_password(
        login, visit.fields.text("code"), visit.fields.text("password"), address=visit.address
    )
    return Redirect("/account/sign-in?done=reset")


@page(bp, "GET", "/account/verify")
def show_verify(visit: Visit) -> Html:
    return _verify(visit)


def verify_again(visit: Visit, refusal: Refusal) -> Html:
    if type(refusal) is NotSignedIn:
        raise refusal
    return _verify(visit, refusal)


@page(bp, "POST", "/account/verify", refused=verify_again)
def verify(visit: Visit) -> Html | Redirect:
    """Send a code to the member's own login, or take the one that came."""
    account = service.account(member(visit).account_id)
    if visit.fields.text("step") == SEND:
        login = account.email or account.phone
        service.request_code(login, Purpose.VERIFY, locale=visit.locale)
        return _verify(visit, is_sent=True)
    _require(visit, "code")
    service.verify_login(account.id, visit.fields.text("code"), address=visit.address)
    return Redirect("/account/security?done=verified")


def code_field(visit: Visit, refusal: Refusal | None) -> FieldView:
    """The field of a one-time code; phones and browsers offer what came (WHATWG: one-time-code)."""
    words, errors = visit.words, problem(visit, refusal).errors if refusal else {}
    is_wrong = isinstance(refusal, model.CodeWrong)
    return FieldView(
        name="code",
        label=words.say(N_("Code")),
        autocomplete="one-time-code",
        inputmode="numeric",
        error=words.refusal(refusal) if refusal and is_wrong else errors.get("code", ""),
    )


def new_password_field(visit: Visit, refusal: Refusal | None, name: str = "password") -> FieldView:
    """The field of a password that is being chosen."""
    words, errors = visit.words, problem(visit, refusal).errors if refusal else {}
    hint = words.say(N_("At least %(number)s characters."))
    return FieldView(
        name=name,
        label=words.say(N_("New password")),
        kind="password",
        autocomplete="new-password",
        hint=hint % {"number": model.PASSWORD_LENGTH_MIN},
        error=errors.get(name, "") or errors.get("password", ""),
    )


def _sign_in(visit: Visit, refusal: Refusal | None = None, *, is_sent: bool = False) -> Html:
    words = visit.words
    is_sent = _is_second(visit, refusal, is_sent=is_sent)
    view = CodeView(
        action="/account/sign-in/code",
        title=words.say(N_("Sign in with a code")),
        about=words.say(N_("We send a code of six digits to your email address or phone.")),
        fields=[code_field(visit, refusal)] if is_sent else [_login_field(visit, refusal)],
        is_sent=is_sent,
        submit=words.say(N_("Sign in")),
        next=local(visit.fields.text("next") or visit.query_text.get("next", ""), ""),
        note=_note(visit, refusal),
        login=visit.fields.text("login"),
    )
    return Html("pages/identity/code.html", view, refusal.status if refusal else 200)


def _reset(visit: Visit, refusal: Refusal | None = None, *, is_sent: bool = False) -> Html:
    words = visit.words
    is_sent = _is_second(visit, refusal, is_sent=is_sent)
    second = [code_field(visit, refusal), new_password_field(visit, refusal)]
    view = CodeView(
        action="/account/reset",
        title=words.say(N_("Choose a new password")),
        about=words.say(N_("We send a code of six digits to your email address or phone.")),
        fields=second if is_sent else [_login_field(visit, refusal)],
        is_sent=is_sent,
        submit=words.say(N_("Choose a new password")),
        note=_note(visit, refusal),
        login=visit.fields.text("login"),
    )
    return Html("pages/identity/code.html", view, refusal.status if refusal else 200)


def _verify(visit: Visit, refusal: Refusal | None = None, *, is_sent: bool = False) -> Html:
    words = visit.words
    account = service.account(member(visit).account_id)
    is_sent = _is_second(visit, refusal, is_sent=is_sent)
    view = CodeView(
        action="/account/verify",
        title=words.say(N_("Show that this login is yours")),
        about=words.say(N_("We send a code of six digits to %(login)s."))
        % {"login": account.email or account.phone},
        fields=[code_field(visit, refusal)] if is_sent else [],
        is_sent=is_sent,
        submit=words.say(N_("Confirm")),
        note=_note(visit, refusal),
    )
    return Html("pages/identity/code.html", view, refusal.status if refusal else 200)


def _login_field(visit: Visit, refusal: Refusal | None) -> FieldView:
    words, errors = visit.words, problem(visit, refusal).errors if refusal else {}
    return FieldView(
        name="login",
        label=words.say(N_("Email or phone")),
        value=visit.fields.text("login") or visit.query_text.get("login", ""),
        autocomplete="username",
        error=errors.get("login") or errors.get("email") or errors.get("phone", ""),
    )


def _is_second(visit: Visit, refusal: Refusal | None, *, is_sent: bool) -> bool:
    """Whether to ask for the code: it was sent, or what was entered has to be entered again."""
    return is_sent or (refusal is not None and visit.fields.text("step") != SEND)


def _note(visit: Visit, refusal: Refusal | None) -> str:
    return "" if isinstance(refusal, model.CodeWrong) else note_of(visit, refusal)


def _require(visit: Visit, *names: str) -> None:
    absent = [name for name in names if not visit.fields.text(name)]
    if absent:
        raise missing(*absent)
