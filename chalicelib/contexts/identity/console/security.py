"""What secures a console's sign-in: its password, and a second factor that is asked for at the door."""

from chalice import Blueprint

from chalicelib.contexts.identity import model, service
from chalicelib.contexts.identity.console import inside, person
from chalicelib.contexts.identity.model import Audience
from chalicelib.contexts.identity.pages import device_of
from chalicelib.contexts.identity.pages.security import (
    RecoveryView,
    basic_view,
    factor_view,
    second_factor_view,
)
from chalicelib.kernel.errors import NotSignedIn, Refusal
from chalicelib.web.page import Html, Redirect, missing, page
from chalicelib.web.session import CHALLENGE, CONSOLE, Visit, forget, session_cookie

bp = Blueprint(__name__)
HERE = "/console/security"


@page(bp, "GET", "/console/second-factor")
def show_second_factor(visit: Visit) -> Html | Redirect:
    """What a sign-in with two factors asks for next."""
    if not visit.cookie(CHALLENGE):
        return Redirect("/console/sign-in")
    return _second_factor(visit)


def second_factor_again(visit: Visit, refusal: Refusal) -> Html | Redirect:
    if isinstance(refusal, model.ChallengeOver):
        return Redirect("/console/sign-in?done=late", (forget(CHALLENGE),))
    return _second_factor(visit, refusal)


@page(bp, "POST", "/console/second-factor", refused=second_factor_again)
def enter_second_factor(visit: Visit) -> Redirect:
    if not visit.fields.text("code"):
        raise missing("code")
    _, token, _ = service.finish_sign_in(
        visit.cookie(CHALLENGE),
        visit.fields.text("code"),
        address=visit.address,
        device=device_of(visit),
        audience=Audience.CONSOLE,
    )
    cookies = (session_cookie(CONSOLE, token), forget(CHALLENGE))
    return Redirect(inside(visit.fields.text("next")), cookies)


@page(bp, "GET", HERE)
def show_security(visit: Visit) -> Html:
    return _security(visit)


def security_again(visit: Visit, refusal: Refusal) -> Html | Redirect:
    if type(refusal) is NotSignedIn:
        raise refusal
    if isinstance(refusal, model.FactorConflict):
        return Redirect(HERE)
    return _security(visit, refusal)


@page(bp, "POST", "/console/security/password", refused=security_again)
def change_password(visit: Visit) -> Redirect:
    session, fields = person(visit), visit.fields
    absent = [name for name in ("old_password", "new_password") if not fields.text(name)]
    if absent:
        raise missing(*absent)
    service.change_password(
        session.account_id,
        fields.text("old_password"),
        fields.text("new_password"),
        token=visit.cookie(CONSOLE),
        address=visit.address,
    )
    return Redirect(f"{HERE}?done=password")


@page(bp, "POST", "/console/security/second-factor", refused=security_again)
def begin_second_factor(visit: Visit) -> Redirect:
    password = visit.fields.text("password")
    service.begin_second_factor(person(visit).account_id, password, address=visit.address)
    return Redirect(f"{HERE}/second-factor")


@page(bp, "POST", "/console/security/second-factor/drop", refused=security_again)
def drop_second_factor(visit: Visit) -> Redirect:
    password = visit.fields.text("password")
    service.drop_second_factor(person(visit).account_id, password, address=visit.address)
    return Redirect(f"{HERE}?done=dropped")


@page(bp, "GET", "/console/security/second-factor")
def show_new_factor(visit: Visit) -> Html | Redirect:
    try:
        return _new_factor(visit)
    except model.FactorConflict:
        return Redirect(HERE)


def new_factor_again(visit: Visit, refusal: Refusal) -> Html | Redirect:
    if type(refusal) is NotSignedIn:
        raise refusal
    if isinstance(refusal, model.FactorConflict):
        return Redirect(HERE)
    return _new_factor(visit, refusal)


@page(bp, "POST", "/console/security/second-factor/confirm", refused=new_factor_again)
def confirm_second_factor(visit: Visit) -> Html:
    codes = service.confirm_second_factor(person(visit).account_id, visit.fields.text("code"))
    return Html("console/identity/recovery.html", RecoveryView(codes))


def _security(visit: Visit, refusal: Refusal | None = None) -> Html:
    view = basic_view(visit, person(visit).account_id, refusal)
    return Html("console/identity/security.html", view, refusal.status if refusal else 200)


def _new_factor(visit: Visit, refusal: Refusal | None = None) -> Html:
    view = factor_view(visit, person(visit).account_id, refusal)
    return Html("console/identity/new-factor.html", view, refusal.status if refusal else 200)


def _second_factor(visit: Visit, refusal: Refusal | None = None) -> Html:
    view = second_factor_view(visit, refusal)
    return Html("console/identity/second-factor.html", view, refusal.status if refusal else 200)
