"""Pages of what secures an account: password, second factor, sessions."""

from chalice import Blueprint
from msgspec import Struct
from msgspec.structs import asdict

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


class BasicView(Struct, frozen=True, kw_only=True):
    """What secures an account of any kind."""

    security: Security
    password_fields: list[FieldView]
    factor_field: FieldView
    note: str = ""
    done: str = ""


class SecurityView(BasicView, frozen=True, kw_only=True):
    """A member's account has passkeys, too."""

    passkeys: list[PasskeyView]
    passkey_field: FieldView
    question: PasskeyQuestion


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


def second_factor_view(visit: Visit, refusal: Refusal | None = None) -> SecondFactorView:
    """The form for the code that a sign-in with two factors asks for next."""
    next_ = visit.fields.text("next") or visit.query_text.get("next", "")
    is_wrong = isinstance(refusal, model.CodeWrong)
    return SecondFactorView(
        fields=[code_field(visit, refusal)],
        next=local(next_, ""),
        note="" if is_wrong else note_of(visit, refusal),
    )


def _second_factor(visit: Visit, refusal: Refusal | None = None) -> Html:
    view = second_factor_view(visit, refusal)
    return Html("pages/identity/second-factor.html", view, refusal.status if refusal else 200)


def _security(visit: Visit, refusal: Refusal | None = None) -> Html:
    account_id = member(visit).account_id
    wrong = wrong_password(visit, refusal)
    view = SecurityView(
        **asdict(basic_view(visit, account_id, refusal)),
        passkeys=[_passkey(visit, one) for one in service.passkeys_of(account_id)],
        passkey_field=_password(
            visit, "current_password", N_("Password"), wrong.get("passkeys", "")
        ),
        question=question(visit, {}),
    )
    return Html("pages/identity/security.html", view, refusal.status if refusal else 200)


def basic_view(visit: Visit, account_id: str, refusal: Refusal | None = None) -> BasicView:
    """What secures any account: its password and second factor, with the forms to change them."""
    words, errors = visit.words, problem(visit, refusal).errors if refusal else {}
    wrong, done = wrong_password(visit, refusal), visit.query_text.get("done", "")
    told = wrong.get("password", "") or errors.get("old_password", "")
    return BasicView(
        security=service.security_of(account_id),
        password_fields=[
            _password(visit, "old_password", N_("Present password"), told),
            new_password_field(visit, refusal, "new_password"),
        ],
        factor_field=_password(visit, "password", N_("Password"), wrong.get("second-factor", "")),
        note="" if wrong else _note(visit, refusal),
        done=words.say(DONE[done]) if done in DONE else "",
    )


def wrong_password(visit: Visit, refusal: Refusal | None) -> dict[str, str]:
    """What to say of a wrong password, by the part of the page whose form had it."""
    if not isinstance(refusal, model.SignInFailed):
        return {}
    part = visit.path.partition("/security/")[2].partition("/")[0]
    return {part: visit.words.refusal(refusal)}


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
    view = factor_view(visit, member(visit).account_id, refusal)
    return Html("pages/identity/new-factor.html", view, refusal.status if refusal else 200)


def factor_view(visit: Visit, account_id: str, refusal: Refusal | None = None) -> FactorView:
    """An authenticator to be added. Refuses `identity.factor_conflict` where none waits."""
    # Imported on first use: few pages have a QR code.
    import segno

    secret, address = service.pending_second_factor(account_id)
    return FactorView(
        qr=segno.make(address).svg_inline(omitsize=True, border=2),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        fields=[code_field(visit, refusal)],
        note="" if isinstance(refusal, model.CodeWrong) else note_of(visit, refusal),
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
