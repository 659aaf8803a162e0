"""How any account is secured, a member's or the console's: its password and its second factor."""

from collections.abc import Callable

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity import model, service
from chalicelib.contexts.identity.model import Security, Session
from chalicelib.contexts.identity.pages import note_of
from chalicelib.contexts.identity.pages.codes import code_field, new_password_field
from chalicelib.kernel.errors import NotSignedIn, Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_
from chalicelib.web.page import Html, Redirect, local, missing, page, problem
from chalicelib.web.session import CHALLENGE, Visit, forget

DONE = {
    "password": N_("Your password is changed; every other session has ended."),
    "verified": N_("Thank you, this login is yours."),
    "dropped": N_("The second factor is off."),
    "passkey": N_("The passkey is yours: it signs you in from now on."),
    "renamed": N_("The passkey has its new name."),
    "removed": N_("The passkey is removed. Delete it on your device, too."),
}


Show = Callable[[Visit, Refusal | None], Html]


class Place(Struct, frozen=True, kw_only=True):
    """Where one kind of account is secured: below `root`, by who has a session of this `cookie`."""

    root: str
    cookie: str
    who: Callable[[Visit], Session]
    shown: Show

    @property
    def here(self) -> str:
        return f"{self.root}/security"


class BasicView(Struct, frozen=True, kw_only=True):
    """What secures an account of any kind."""

    security: Security
    password_fields: list[FieldView]
    factor_field: FieldView
    note: str = ""
    done: str = ""


class FactorView(Struct, frozen=True, kw_only=True):
    """An authenticator to be added: `qr` is an SVG of the address, `secret` for typing it in."""

    qr: str
    secret: str
    here: str
    fields: list[FieldView]
    note: str = ""


class RecoveryView(Struct, frozen=True):
    """Recovery codes, shown this once."""

    codes: list[str]
    back: str


class SecondFactorView(Struct, frozen=True, kw_only=True):
    fields: list[FieldView]
    next: str
    door: str
    sign_in: str
    note: str = ""


def shown_again(here: str, shown: Show) -> Callable[[Visit, Refusal], Html | Redirect]:
    """Show a form's page again with what was refused; a factor that changed meanwhile leads `here`."""

    def again(visit: Visit, refusal: Refusal) -> Html | Redirect:
        if type(refusal) is NotSignedIn:
            raise refusal
        return (
            Redirect(here) if isinstance(refusal, model.FactorConflict) else shown(visit, refusal)
        )

    return again


def add_pages(bp: Blueprint, place: Place) -> None:
    """Register the page, changing the password, and switching the second factor on and off."""
    here, again = place.here, shown_again(place.here, place.shown)

    @page(bp, "GET", here)
    def show_security(visit: Visit) -> Html:
        return place.shown(visit, None)

    @page(bp, "POST", f"{here}/password", refused=again)
    def change_password(visit: Visit) -> Redirect:
        session, fields = place.who(visit), visit.fields
        absent = [name for name in ("old_password", "new_password") if not fields.text(name)]
        if absent:
            raise missing(*absent)
        service.change_password(
            session.account_id,
            fields.text("old_password"),
            fields.text("new_password"),
            token=visit.cookie(place.cookie),
            address=visit.address,
        )
        return Redirect(f"{here}?done=password")

    @page(bp, "POST", f"{here}/second-factor", refused=again)
    def begin_second_factor(visit: Visit) -> Redirect:
        password = visit.fields.text("password")
        service.begin_second_factor(place.who(visit).account_id, password, address=visit.address)
        return Redirect(f"{here}/second-factor")

    @page(bp, "POST", f"{here}/second-factor/drop", refused=again)
    def drop_second_factor(visit: Visit) -> Redirect:
        password = visit.fields.text("password")
        service.drop_second_factor(place.who(visit).account_id, password, address=visit.address)
        return Redirect(f"{here}?done=dropped")

    _add_new_factor(bp, place)


def _add_new_factor(bp: Blueprint, place: Place) -> None:
    here = place.here

    def shown(visit: Visit, refusal: Refusal | None) -> Html:
        view = _factor_view(visit, place.who(visit).account_id, here, refusal)
        status = refusal.status if refusal else 200
        return Html("pages/identity/new-factor.html", view, status)

    again = shown_again(here, shown)

    @page(bp, "GET", f"{here}/second-factor", refused=again)
    def show_new_factor(visit: Visit) -> Html:
        return shown(visit, None)

    @page(bp, "POST", f"{here}/second-factor/confirm", refused=again)
    def confirm_second_factor(visit: Visit) -> Html:
        account_id = place.who(visit).account_id
        codes = service.confirm_second_factor(account_id, visit.fields.text("code"))
        return Html("pages/identity/recovery.html", RecoveryView(codes, here))


def add_door(bp: Blueprint, root: str, finish: Callable[[Visit, str], Redirect]) -> None:
    """Register what a sign-in with two factors asks for next; `finish` takes its code."""
    sign_in = f"{root}/sign-in"

    def shown(visit: Visit, refusal: Refusal | None = None) -> Html:
        view = _second_factor_view(visit, root, refusal)
        return Html("pages/identity/second-factor.html", view, refusal.status if refusal else 200)

    def again(visit: Visit, refusal: Refusal) -> Html | Redirect:
        if isinstance(refusal, model.ChallengeOver):
            return Redirect(f"{sign_in}?done=late", (forget(CHALLENGE),))
        return shown(visit, refusal)

    @page(bp, "GET", f"{root}/second-factor")
    def show_second_factor(visit: Visit) -> Html | Redirect:
        return shown(visit) if visit.cookie(CHALLENGE) else Redirect(sign_in)

    @page(bp, "POST", f"{root}/second-factor", refused=again)
    def enter_second_factor(visit: Visit) -> Redirect:
        code = visit.fields.text("code")
        if not code:
            raise missing("code")
        went = finish(visit, code)
        return Redirect(went.to, (*went.cookies, forget(CHALLENGE)))


def _second_factor_view(visit: Visit, root: str, refusal: Refusal | None) -> SecondFactorView:
    """The form for the code that a sign-in with two factors asks for next."""
    next_ = visit.fields.text("next") or visit.query_text.get("next", "")
    is_wrong = isinstance(refusal, model.CodeWrong)
    return SecondFactorView(
        fields=[code_field(visit, refusal)],
        next=local(next_, ""),
        door=f"{root}/second-factor",
        sign_in=f"{root}/sign-in",
        note="" if is_wrong else note_of(visit, refusal),
    )


def _factor_view(visit: Visit, account_id: str, here: str, refusal: Refusal | None) -> FactorView:
    """An authenticator to be added. Refuses `identity.factor_conflict` where none waits."""
    # Imported on first use: few pages have a QR code.
    import segno

    secret, address = service.pending_second_factor(account_id)
    return FactorView(
        qr=segno.make(address).svg_inline(omitsize=True, border=2),
        here=here,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        fields=[code_field(visit, refusal)],
        note="" if isinstance(refusal, model.CodeWrong) else note_of(visit, refusal),
    )


def basic_view(visit: Visit, account_id: str, refusal: Refusal | None = None) -> BasicView:
    """What secures any account: its password and second factor, with the forms to change them."""
    words, errors = visit.words, problem(visit, refusal).errors if refusal else {}
    wrong, done = wrong_password(visit, refusal), visit.query_text.get("done", "")
    told = wrong.get("password", "") or errors.get("old_password", "")
    return BasicView(
        security=service.security_of(account_id),
        password_fields=[
            password_field(visit, "old_password", N_("Present password"), told),
            new_password_field(visit, refusal, "new_password"),
        ],
        factor_field=password_field(
            visit, "password", N_("Password"), wrong.get("second-factor", "")
        ),
        note="" if wrong else note_of(visit, refusal),
        done=words.say(DONE[done]) if done in DONE else "",
    )


def wrong_password(visit: Visit, refusal: Refusal | None) -> dict[str, str]:
    """What to say of a wrong password, by the part of the page whose form had it."""
    if not isinstance(refusal, model.SignInFailed):
        return {}
    part = visit.path.partition("/security/")[2].partition("/")[0]
    return {part: visit.words.refusal(refusal)}


def password_field(visit: Visit, name: str, label: str, error: str = "") -> FieldView:
    return FieldView(
        name=name,
        label=visit.words.say(label),
        kind="password",
        autocomplete="current-password",
        error=error,
    )
