"""Pages of what secures an account: password, second factor, sessions."""

from chalice import Blueprint
from msgspec import Struct
from msgspec.structs import asdict

from chalicelib.contexts.identity import service
from chalicelib.contexts.identity.model import SessionEntry
from chalicelib.contexts.identity.model.passkeys import PASSKEY_NAME_LENGTH_MAX, Passkey
from chalicelib.contexts.identity.pages import (
    PasskeyQuestion,
    device_of,
    member,
    question,
    welcome,
)
from chalicelib.contexts.identity.pages.factors import (
    BasicView,
    Place,
    add_door,
    add_pages,
    basic_view,
    password_field,
    shown_again,
    wrong_password,
)
from chalicelib.kernel.errors import Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_, TimeView
from chalicelib.web.page import Html, Redirect, page, problem
from chalicelib.web.session import CHALLENGE, MEMBER, Visit

bp = Blueprint(__name__)


class PasskeyView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    created_at: TimeView
    used_at: TimeView | None


class SecurityView(BasicView, frozen=True, kw_only=True):
    """A member's account has passkeys, too."""

    passkeys: list[PasskeyView]
    passkey_field: FieldView
    question: PasskeyQuestion


class SessionView(Struct, frozen=True, kw_only=True):
    id: str
    device: str
    created_at: TimeView
    seen_at: TimeView
    is_current: bool


class SessionsView(Struct, frozen=True):
    sessions: list[SessionView]
    note: str = ""


def finish_sign_in(visit: Visit, code: str) -> Redirect:
    _, token, session = service.finish_sign_in(
        visit.cookie(CHALLENGE), code, address=visit.address, device=device_of(visit)
    )
    return welcome(visit, session, token, visit.fields.text("next"))


@page(bp, "GET", "/account/sessions")
def show_sessions(visit: Visit) -> Html:
    return _sessions(visit)


@page(bp, "POST", "/account/sessions/end-others")
def end_others(visit: Visit) -> Redirect:
    service.end_other_sessions(member(visit).account_id, visit.cookie(MEMBER))
    return Redirect("/account/sessions")


@page(bp, "POST", "/account/sessions/{session}/end")
def end_session(visit: Visit, session: str) -> Redirect:
    service.end_session(member(visit).account_id, session)
    return Redirect("/account/sessions")


def _security(visit: Visit, refusal: Refusal | None) -> Html:
    account_id = member(visit).account_id
    wrong = wrong_password(visit, refusal)
    secured = asdict(basic_view(visit, account_id, refusal))
    if refusal is not None and "name" in problem(visit, refusal).errors:
        # Said above the forms, for its own is folded away.
        note = visit.words.say(N_("A name has up to %(number)s characters."))
        secured["note"] = note % {"number": PASSKEY_NAME_LENGTH_MAX}
    view = SecurityView(
        **secured,
        passkeys=[_passkey(visit, one) for one in service.passkeys_of(account_id)],
        passkey_field=password_field(
            visit, "current_password", N_("Password"), wrong.get("passkeys", "")
        ),
        question=question(visit, {}),
    )
    return Html("pages/identity/security.html", view, refusal.status if refusal else 200)


def _passkey(visit: Visit, one: Passkey) -> PasskeyView:
    words = visit.words
    return PasskeyView(
        id=one.id,
        name=one.name or words.say(N_("A passkey without a name")),
        created_at=words.moment(one.created_at),
        used_at=words.moment(one.used_at) if one.used_at else None,
    )


def _sessions(visit: Visit) -> Html:
    found = service.sessions_of(member(visit).account_id, visit.cookie(MEMBER))
    shown = [_session(visit, one) for one in reversed(found)]
    return Html("pages/identity/sessions.html", SessionsView(shown))


def _session(visit: Visit, entry: SessionEntry) -> SessionView:
    words = visit.words
    return SessionView(
        id=entry.id,
        device=entry.device or words.say(N_("A program or an unknown browser")),
        created_at=words.moment(entry.created_at),
        seen_at=words.moment(entry.seen_at),
        is_current=entry.is_current,
    )


ACCOUNT = Place(root="/account", cookie=MEMBER, who=member, shown=_security)
security_again = shown_again(ACCOUNT.here, _security)
add_pages(bp, ACCOUNT)
add_door(bp, ACCOUNT.root, finish_sign_in)
