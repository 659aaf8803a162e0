"""Members' pages: sign in, register, sign out; by code and second factor, and what secures it all."""

import json
from collections.abc import Mapping
from typing import Any

from chalice import Blueprint
from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.contexts.cart import pages as cart_pages
from chalicelib.contexts.identity import model, service
from chalicelib.contexts.identity.model import Session
from chalicelib.kernel.actors import ANONYMOUS, Actor, ActorKind
from chalicelib.kernel.errors import NotSignedIn, Refusal
from chalicelib.providers import login as logins
from chalicelib.web.addresses import in_language
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_
from chalicelib.web.page import Html, Redirect, local, missing, page, problem, with_query
from chalicelib.web.session import CHALLENGE, MEMBER, Cookie, Visit, forget, session_cookie

bp = Blueprint(__name__)
BEFORE = "/account/security"
"""Where a page that answers a form is reached from."""
DONE = {
    "reset": N_("Your new password is set; sign in with it."),
    "late": N_("That took too long; sign in again."),
}


class CompanyLinkView(Struct, frozen=True):
    """Another company to sign in with."""

    label: str
    href: str


class PasskeyQuestion(Struct, frozen=True):
    """What a device is asked, as JSON. It answers on pages of `host` alone; where these have another
    address, too, `named_href` is this page there.
    """

    options: str
    host: str
    named_href: str


class SignInView(Struct, frozen=True):
    """A form to sign in or to register with what was typed; never the password."""

    fields: list[FieldView]
    next: str
    other_href: str
    note: str = ""
    companies: tuple[CompanyLinkView, ...] = ()
    done: str = ""
    code_href: str = ""
    reset_href: str = ""
    question: PasskeyQuestion | None = None


@page(bp, "GET", "/account/sign-in")
def show_sign_in(visit: Visit) -> Html | Redirect:
    return _sign_in_page(visit, visit.query_text.get("next", ""))


def sign_in_again(visit: Visit, refusal: Refusal) -> Html:
    return _sign_in_page(visit, visit.fields.text("next"), refusal)


@page(bp, "POST", "/account/sign-in", refused=sign_in_again)
def sign_in(visit: Visit) -> Redirect:
    login, password = login_of(visit), visit.fields.text("password")
    try:
        session, token = service.sign_in_page(
            login, password, address=visit.address, device=device_of(visit)
        )
    except model.SecondFactorNeeded as needed:
        return ask_second_factor(needed, visit.fields.text("next"))
    return welcome(visit, session, token, visit.fields.text("next"))


@page(bp, "GET", "/account/register")
def show_register(visit: Visit) -> Html:
    return _register_page(visit, visit.query_text.get("next", ""))


def register_again(visit: Visit, refusal: Refusal) -> Html:
    return _register_page(visit, visit.fields.text("next"), refusal)


@page(bp, "POST", "/account/register", refused=register_again)
def register(visit: Visit) -> Redirect:
    login, password = visit.fields.text("login"), visit.fields.text("password")
    if not login or not password:
        raise missing(*(name for name in ("login", "password") if not visit.fields.text(name)))
    is_email = "@" in login
    _, token = service.register(
        email=login if is_email else None,
        phone=None if is_email else login,
        password=password,
        name=visit.fields.text("name"),
        locale=visit.locale,
        device=device_of(visit),
        prefix="ses",
    )
    session = service.session(token)
    assert session is not None, "a session that was just made is good"
    return welcome(visit, session, token, visit.fields.text("next"))


@page(bp, "POST", "/account/sign-out")
def sign_out(visit: Visit) -> Redirect:
    if visit.cookie(MEMBER):
        service.sign_out(visit.cookie(MEMBER))
    return Redirect("/", (forget(MEMBER),))


def member(visit: Visit) -> Session:
    """Return the member's session. Refuses `identity.not_signed_in`. One round trip."""
    found = maybe_member(visit)
    if found is None:
        raise NotSignedIn
    return found


def maybe_member(visit: Visit) -> Session | None:
    """Return the member's session, None where nobody is signed in. At most one round trip a visit."""
    if visit.session is not None and visit.session.actor.kind is ActorKind.MEMBER:
        return visit.session
    token = visit.cookie(MEMBER)
    found = service.session(token) if token else None
    if found is None or found.actor.kind is not ActorKind.MEMBER:
        return None
    visit.session = found
    return found


def device_of(visit: Visit) -> str:
    """Name the browser of a visit, for the list of sessions."""
    return model.device_of(visit.headers.get("user-agent", ""))


def ask_second_factor(
    needed: model.SecondFactorNeeded, next_: str, at: str = "/account/second-factor"
) -> Redirect:
    """Go on to the second factor; the proof of the first goes along in a cookie."""
    challenge = Cookie(CHALLENGE, str(needed.extra["challenge"]), model.CHALLENGE_TTL_S)
    to = with_query(at, {"next": local(next_, "")})
    return Redirect(to, (challenge,))


def actor_of(session: Session | None) -> Actor:
    return session.actor if session else ANONYMOUS


def login_of(visit: Visit) -> str:
    """Read the field `login`: an email address or a phone number. Refuses what is neither."""
    login = visit.fields.text("login")
    if not login:
        raise missing("login")
    return model.normal_email(login) if "@" in login else model.normal_phone(login)


def credentials(
    visit: Visit, refusal: Refusal | None = None, *, takes_passkeys: bool = False
) -> list[FieldView]:
    """The two fields of every sign-in; a browser may offer passkeys among its logins."""
    words = visit.words
    errors = problem(visit, refusal).errors if refusal else {}
    return [
        FieldView(
            name="login",
            label=words.say(N_("Email or phone")),
            value=visit.fields.text("login"),
            autocomplete="username webauthn" if takes_passkeys else "username",
            error=errors.get("login") or errors.get("email") or errors.get("phone", ""),
        ),
        FieldView(
            name="password",
            label=words.say(N_("Password")),
            kind="password",
            autocomplete="current-password",
            error=errors.get("password", ""),
        ),
    ]


def question(visit: Visit, options: Mapping[str, Any]) -> PasskeyQuestion:
    """Put a question to devices into a page."""
    known, named = settings().origin, settings().named_origin
    here = in_language(visit.address_locale, visit.path if visit.method == "GET" else BEFORE)
    href = named + here if named != known else ""
    return PasskeyQuestion(json.dumps(options) if options else "", settings().named_host, href)


def note_of(visit: Visit, refusal: Refusal | None) -> str:
    """What to say above a form; nothing where the fields say it."""
    return "" if refusal is None or refusal.errors else visit.words.refusal(refusal)


def company_links(next_: str) -> tuple[CompanyLinkView, ...]:
    """Every company to sign in with, and where that begins."""
    return tuple(
        CompanyLinkView(
            one.label or name.title(), with_query(f"/sign-in/with/{name}", {"next": next_})
        )
        for name, one in logins.companies().items()
    )


def welcome(visit: Visit, session: Session, token: str, next_: str) -> Redirect:
    """Let the browser remember the sign-in, and bring the visitor's cart along."""
    cookies = (session_cookie(MEMBER, token), *cart_pages.bring_along(visit, session.actor))
    return Redirect(local(next_, "/account"), cookies)


def _sign_in_page(visit: Visit, next_: str, refusal: Refusal | None = None) -> Html:
    done = "" if refusal else visit.query_text.get("done", "")
    view = SignInView(
        fields=credentials(visit, refusal, takes_passkeys=True),
        next=local(next_, ""),
        other_href=with_query("/account/register", {"next": local(next_, "")}),
        note=note_of(visit, refusal),
        companies=company_links(local(next_, "")),
        done=visit.words.say(DONE[done]) if done in DONE else "",
        code_href=with_query("/account/sign-in/code", {"next": local(next_, "")}),
        reset_href="/account/reset",
        question=question(visit, service.passkey_question()),
    )
    return Html("pages/identity/sign-in.html", view, refusal.status if refusal else 200)


def _register_page(visit: Visit, next_: str, refusal: Refusal | None = None) -> Html:
    words, errors = visit.words, problem(visit, refusal).errors if refusal else {}
    login, password = credentials(visit, refusal)
    name = FieldView(
        name="name",
        label=words.say(N_("Name")),
        value=visit.fields.text("name"),
        is_required=False,
        autocomplete="name",
        error=errors.get("name", ""),
    )
    chosen = FieldView(
        name="password",
        label=password.label,
        kind="password",
        autocomplete="new-password",
        hint=words.say(N_("At least %(number)s characters."))
        % {"number": model.PASSWORD_LENGTH_MIN},
        error=password.error,
    )
    view = SignInView(
        fields=[login, name, chosen],
        next=local(next_, ""),
        other_href=with_query("/account/sign-in", {"next": local(next_, "")}),
        note=note_of(visit, refusal),
        companies=company_links(local(next_, "")),
    )
    return Html("pages/identity/register.html", view, refusal.status if refusal else 200)
