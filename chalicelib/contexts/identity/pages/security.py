"""Pages of what secures an account: password, second factor, sessions."""

from chalice import Blueprint
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.identity import model, service
from chalicelib.contexts.identity.model import Security, SessionEntry
from chalicelib.contexts.identity.model.passkeys import PASSKEY_NAME_LENGTH_MAX, Passkey
from chalicelib.contexts.identity.pages import (
    PasskeyQuestion,
    device_of,
    member,
    note_of,
    question,
    welcome,
)
from chalicelib.contexts.identity.pages.codes import code_field, new_password_field
from chalicelib.kernel.errors import NotSignedIn, Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_, TimeView
from chalicelib.web.page import Html, Redirect, local, missing, page, problem
from chalicelib.web.session import CHALLENGE, MEMBER, Visit, forget

bp = Blueprint(__name__)

DONE = {
    "password": N_("Your password is changed; every other session has ended."),
    "verified": N_("Thank you, this login is yours."),
    "dropped": N_("The second factor is off."),
    "passkey": N_("The passkey is yours: it signs you in from now on."),
    "renamed": N_("The passkey has its new name."),
    "removed": N_("The passkey is removed. Delete it on your device, too."),
}


class PasskeyView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    created_at: TimeView
    used_at: TimeView | None


class SecurityView(Struct, frozen=True, kw_only=True):
    security: Security
    password_fields: list[FieldView]
    factor_field: FieldView
    passkeys: list[PasskeyView]
    passkey_field: FieldView | None
    question: PasskeyQuestion
    note: str = ""
    done: str = ""


class FactorView(Struct, frozen=True, kw_only=True):
    """An authenticator to be added: `qr` is an SVG of the address, `secret` for typing it in."""

    qr: str
    secret: str
    fields: list[FieldView]
    note: str = ""


class RecoveryView(Struct, frozen=True):
    """Recovery codes, shown this once."""

    codes: list[str]


class SecondFactorView(Struct, frozen=True, kw_only=True):
    fields: list[FieldView]
    next: str
    note: str = ""


class SessionView(Struct, frozen=True, kw_only=True):
    id: str
    device: str
    created_at: TimeView
    seen_at: TimeView
    is_current: bool


class SessionsView(Struct, frozen=True):
    sessions: list[SessionView]
    note: str = ""


@page(bp, "GET", "/account/second-factor")
def show_second_factor(visit: Visit) -> Html | Redirect:
    """What a sign-in with two factors asks for next."""
    if not visit.cookie(CHALLENGE):
        return Redirect("/account/sign-in")
    return _second_factor(visit)


def second_factor_again(visit: Visit, refusal: Refusal) -> Html | Redirect:
    if isinstance(refusal, model.ChallengeOver):
        return Redirect("/account/sign-in?done=late", (forget(CHALLENGE),))
    return _second_factor(visit, refusal)


@page(bp, "POST", "/account/second-factor", refused=second_factor_again)
def enter_second_factor(visit: Visit) -> Redirect:
    if not visit.fields.text("code"):
        raise missing("code")
    _, token, session = service.finish_sign_in(
        visit.cookie(CHALLENGE),
        visit.fields.text("code"),
        address=visit.address,
        device=device_of(visit),
    )
    went = welcome(visit, session, token, visit.fields.text("next"))
    return Redirect(went.to, (*went.cookies, forget(CHALLENGE)))


@page(bp, "GET", "/account/security")
def show_security(visit: Visit) -> Html:
    return _security(visit)


def security_again(visit: Visit, refusal: Refusal) -> Html | Redirect:
    if type(refusal) is NotSignedIn:
        raise refusal
    if isinstance(refusal, model.FactorConflict):
        return Redirect("/account/security")
    return _security(visit, refusal)


@page(bp, "POST", "/account/security/password", refused=security_again)
def change_password(visit: Visit) -> Redirect:
    session, fields = member(visit), visit.fields
    absent = [name for name in ("old_password", "new_password") if not fields.text(name)]
    if absent:
        raise missing(*absent)
    service.change_password(
        session.account_id,
        fields.text("old_password"),
        fields.text("new_password"),
        token=visit.cookie(MEMBER),
        address=visit.address,
    )
    return Redirect("/account/security?done=password")


@page(bp, "POST", "/account/security/second-factor", refused=security_again)
def begin_second_factor(visit: Visit) -> Redirect:
    password = visit.fields.text("password")
    service.begin_second_factor(member(visit).account_id, password, address=visit.address)
    return Redirect("/account/security/second-factor")


@page(bp, "POST", "/account/security/second-factor/drop", refused=security_again)
def drop_second_factor(visit: Visit) -> Redirect:
    password = visit.fields.text("password")
    service.drop_second_factor(member(visit).account_id, password, address=visit.address)
    return Redirect("/account/security?done=dropped")


@page(bp, "GET", "/account/security/second-factor")
def show_new_factor(visit: Visit) -> Html | Redirect:
    try:
        return _new_factor(visit)
    except model.FactorConflict:
        return Redirect("/account/security")


def new_factor_again(visit: Visit, refusal: Refusal) -> Html | Redirect:
    if type(refusal) is NotSignedIn:
        raise refusal
    if isinstance(refusal, model.FactorConflict):
        return Redirect("/account/security")
    return _new_factor(visit, refusal)


@page(bp, "POST", "/account/security/second-factor/confirm", refused=new_factor_again)
def confirm_second_factor(visit: Visit) -> Html:
    account_id = member(visit).account_id
    codes = service.confirm_second_factor(account_id, visit.fields.text("code"))
    return Html("pages/identity/recovery.html", RecoveryView(codes))


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


def _second_factor(visit: Visit, refusal: Refusal | None = None) -> Html:
    next_ = visit.fields.text("next") or visit.query_text.get("next", "")
    is_wrong = isinstance(refusal, model.CodeWrong)
    view = SecondFactorView(
        fields=[code_field(visit, refusal)],
        next=local(next_, ""),
        note="" if is_wrong else note_of(visit, refusal),
    )
    status = refusal.status if refusal else 200
    return Html("pages/identity/second-factor.html", view, status)


def _security(visit: Visit, refusal: Refusal | None = None) -> Html:
    words, account_id = visit.words, member(visit).account_id
    errors = problem(visit, refusal).errors if refusal else {}
    wrong = words.refusal(refusal) if isinstance(refusal, model.SignInFailed) else ""
    about = visit.path.removeprefix("/account/security/").partition("/")[0]
    old = _password(visit, "old_password", N_("Present password"))
    factor = _password(visit, "password", N_("Password"), wrong if about == "second-factor" else "")
    passkey = _password(
        visit, "current_password", N_("Password"), wrong if about == "passkeys" else ""
    )
    told = (wrong if about == "password" else "") or errors.get("old_password", "")
    security = service.security_of(account_id)
    done = visit.query_text.get("done", "")
    view = SecurityView(
        security=security,
        password_fields=[
            replace(old, error=told),
            new_password_field(visit, refusal, "new_password"),
        ],
        factor_field=factor,
        passkeys=[_passkey(visit, one) for one in service.passkeys_of(account_id)],
        passkey_field=passkey if security.has_password else None,
        question=question(visit, {}),
        note="" if wrong else _note(visit, refusal),
        done=words.say(DONE[done]) if done in DONE else "",
    )
    return Html("pages/identity/security.html", view, refusal.status if refusal else 200)


def _password(visit: Visit, name: str, label: str, error: str = "") -> FieldView:
    return FieldView(
        name=name,
        label=visit.words.say(label),
        kind="password",
        autocomplete="current-password",
        error=error,
    )


def _passkey(visit: Visit, one: Passkey) -> PasskeyView:
    words = visit.words
    return PasskeyView(
        id=one.id,
        name=one.name or words.say(N_("A passkey without a name")),
        created_at=words.moment(one.created_at),
        used_at=words.moment(one.used_at) if one.used_at else None,
    )


def _note(visit: Visit, refusal: Refusal | None) -> str:
    """What to say above the forms: also of a name that cannot be, for its form is folded away."""
    if refusal is not None and "name" in problem(visit, refusal).errors:
        return visit.words.say(N_("A name has up to %(number)s characters.")) % {
            "number": PASSKEY_NAME_LENGTH_MAX
        }
    return note_of(visit, refusal)


def _new_factor(visit: Visit, refusal: Refusal | None = None) -> Html:
    # Imported on first use: few pages have a QR code.
    import segno

    secret, address = service.pending_second_factor(member(visit).account_id)
    view = FactorView(
        qr=segno.make(address).svg_inline(omitsize=True, border=2),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        fields=[code_field(visit, refusal)],
        note="" if isinstance(refusal, model.CodeWrong) else note_of(visit, refusal),
    )
    return Html("pages/identity/new-factor.html", view, refusal.status if refusal else 200)


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
