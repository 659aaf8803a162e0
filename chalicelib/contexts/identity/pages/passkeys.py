"""Passkeys on pages: sign in by one, add one, call it otherwise, remove it."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity import service
from chalicelib.contexts.identity.model.passkeys import PASSKEY_NAME_LENGTH_MAX
from chalicelib.contexts.identity.pages import (
    PasskeyQuestion,
    device_of,
    member,
    question,
    sign_in_again,
    welcome,
)
from chalicelib.contexts.identity.pages.security import security_again
from chalicelib.kernel.errors import NotFound, Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_
from chalicelib.web.page import Html, Redirect, page
from chalicelib.web.session import Visit

bp = Blueprint(__name__)


class NewPasskeyView(Struct, frozen=True, kw_only=True):
    """What a device is told to make, and what its member calls it."""

    question: PasskeyQuestion
    name: FieldView


@page(bp, "POST", "/account/sign-in/passkey", refused=sign_in_again)
def sign_in(visit: Visit) -> Redirect:
    _, token, session = service.sign_in_passkey(
        visit.fields.text("answer"), address=visit.address, device=device_of(visit)
    )
    return welcome(visit, session, token, visit.fields.text("next"))


@page(bp, "POST", "/account/security/passkeys", refused=security_again)
def begin(visit: Visit) -> Html:
    """Tell the device what to make, once the password is proved. What it is told is good once."""
    password = visit.fields.text("current_password")
    options = service.begin_passkey(member(visit).account_id, password, address=visit.address)
    words = visit.words
    name = FieldView(
        name="name",
        label=words.say(N_("Name of the passkey")),
        value=device_of(visit) or words.say(N_("My device")),
        is_required=False,
        hint=words.say(N_("Up to %(number)s characters.")) % {"number": PASSKEY_NAME_LENGTH_MAX},
    )
    return Html(
        "pages/identity/new-passkey.html",
        NewPasskeyView(question=question(visit, options), name=name),
    )


@page(bp, "POST", "/account/security/passkeys/finish", refused=security_again)
def finish(visit: Visit) -> Redirect:
    answer, name = visit.fields.text("answer"), visit.fields.text("name")
    service.finish_passkey(member(visit).account_id, name, answer)
    return Redirect("/account/security?done=passkey")


def passkey_again(visit: Visit, refusal: Refusal, passkey: str) -> Html | Redirect:  # noqa: ARG001
    if isinstance(refusal, NotFound):
        raise refusal
    return security_again(visit, refusal)


@page(bp, "POST", "/account/security/passkeys/{passkey}/rename", refused=passkey_again)
def rename(visit: Visit, passkey: str) -> Redirect:
    service.rename_passkey(member(visit).account_id, passkey, visit.fields.text("name"))
    return Redirect("/account/security?done=renamed")


@page(bp, "POST", "/account/security/passkeys/{passkey}/remove", refused=passkey_again)
def remove(visit: Visit, passkey: str) -> Redirect:
    service.remove_passkey(member(visit).account_id, passkey)
    return Redirect("/account/security?done=removed")
