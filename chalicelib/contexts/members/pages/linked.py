"""Signing in with another company, and which companies lead into one's account.

The browser keeps a signed cookie for the way there and back. State, nonce and PKCE verifier are
made from its secret, so what comes back counts in that browser alone, for ten minutes, once.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

import msgspec
from chalice import Blueprint
from msgspec import Struct

from chalicelib.aws.secrets import sign
from chalicelib.aws.settings import settings
from chalicelib.contexts.cart import pages as cart_pages
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.identity.model import LinkedElsewhere, SecondFactorNeeded
from chalicelib.contexts.identity.pages import ask_second_factor, device_of, maybe_member, member
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import NotFound, NotSignedIn, Refusal
from chalicelib.providers import login as logins
from chalicelib.providers.login import Attempt, LoginRefused, Person
from chalicelib.web.i18n import TimeView
from chalicelib.web.page import Html, Redirect, local, page, with_query
from chalicelib.web.session import MEMBER, Cookie, Visit, forget, session_cookie

bp = Blueprint(__name__)
LIST = "/account/logins"
COOKIE = "souk_login"
ATTEMPT_S = 600
SEALED_LENGTH_MAX = 4_000

K = TypeVar("K", "Kept", "Confirmed")


class Kept(Struct, frozen=True):
    """What the browser keeps while the person is at the company."""

    secret: str
    provider: str
    next: str
    until_s: int


class Confirmed(Struct, frozen=True):
    """Whom a company confirmed, kept in a form until the member agrees to the link."""

    account_id: str
    provider: str
    subject: str
    name: str
    attempt: str
    until_s: int


class CompanyView(Struct, frozen=True):
    """A company to sign in with, and where that begins."""

    name: str
    label: str
    href: str


class LinkedView(Struct, frozen=True):
    provider: str
    label: str
    name: str
    since: TimeView
    can_unlink: bool


class LoginsView(Struct, frozen=True):
    linked: list[LinkedView]
    others: list[CompanyView]
    note: str = ""


class ConfirmView(Struct, frozen=True):
    provider: str
    label: str
    name: str
    sealed: str


class RefusedView(Struct, frozen=True):
    text: str
    again_href: str
    label: str


@page(bp, "GET", "/sign-in/with/{provider}")
def begin(visit: Visit, provider: str) -> Redirect:
    """Send the person to the company."""
    company = logins.provider(provider)
    until_s = clock.epoch(clock.now()) + ATTEMPT_S
    next_ = local(visit.query_text.get("next", ""), "")
    kept = Kept(ids.secret("lgn"), provider, next_, until_s)
    cookie = Cookie(COOKIE, _sealed("login", kept), ATTEMPT_S)
    return Redirect(company.begin(_attempt(kept, visit.locale)), (cookie,))


def refused(visit: Visit, refusal: Refusal, *, provider: str) -> Html:
    """Say why the way back did not lead in, with the way to begin again."""
    if isinstance(refusal, NotFound):
        raise refusal
    again = f"/sign-in/with/{provider}"
    view = RefusedView(visit.words.refusal(refusal), again, label_of(provider))
    cookies = (forget(COOKIE),)
    return Html("pages/members/login-refused.html", view, refusal.status, cookies=cookies)


@page(bp, "GET", "/sign-in/with/{provider}/return", refused=refused)
def come_back(visit: Visit, provider: str) -> Html | Redirect:
    """Take the person back in: signed in, or asked whether to link where one is signed in already."""
    company, query = logins.provider(provider), visit.query_text
    kept = _kept(visit, provider)
    attempt = _attempt(kept, visit.locale)
    if not hmac.compare_digest(query.get("state", "").encode(), attempt.state.encode()):
        raise LoginRefused
    person = company.finish(attempt, query)
    session = maybe_member(visit)
    if session is not None:
        return _offer_link(session.account_id, provider, person, kept)
    try:
        opened, token = identity.sign_in_linked(
            provider,
            person.subject,
            name=person.name,
            locale=visit.locale,
            attempt=kept.secret,
            device=device_of(visit),
        )
    except SecondFactorNeeded as needed:
        return ask_second_factor(needed, kept.next)
    cookies = (
        forget(COOKIE),
        session_cookie(MEMBER, token),
        *cart_pages.bring_along(visit, opened.actor),
    )
    return Redirect(local(kept.next, "/account"), cookies)


@page(bp, "GET", "/account/logins")
def show(visit: Visit) -> Html:
    return _list(visit)


def again(visit: Visit, refusal: Refusal, **_: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound):
        raise refusal
    return _list(visit, refusal)


@page(bp, "POST", "/account/logins", refused=again)
def link(visit: Visit) -> Redirect:
    """Link what a company confirmed, now that the member has agreed on a page of ours."""
    actor = member(visit).actor
    confirmed = _opened("link", visit.fields.text("confirmed"), Confirmed)
    if confirmed.account_id != actor.as_member():
        raise LoginRefused
    identity.link(
        actor,
        confirmed.provider,
        confirmed.subject,
        name=confirmed.name,
        attempt=confirmed.attempt,
    )
    return Redirect(LIST)


@page(bp, "POST", "/account/logins/{provider}/remove", refused=again)
def unlink(visit: Visit, provider: str) -> Redirect:
    identity.unlink(member(visit).actor, provider)
    return Redirect(LIST)


def company_links(next_: str = "") -> list[CompanyView]:
    """Every company to sign in with, and where that begins."""
    return [
        CompanyView(name, label_of(name), with_query(f"/sign-in/with/{name}", {"next": next_}))
        for name in logins.companies()
    ]


def label_of(provider: str) -> str:
    """What a company is called on its button; one that is configured no longer, by its name."""
    company = logins.companies().get(provider)
    return (company.label if company else "") or provider.title()


def _offer_link(account_id: str, provider: str, person: Person, kept: Kept) -> Html | Redirect:
    owner = identity.account_linked_to(provider, person.subject)
    if owner == account_id:
        return Redirect(local(kept.next, LIST), (forget(COOKIE),))
    if owner:
        raise LinkedElsewhere
    confirmed = Confirmed(
        account_id,
        provider,
        person.subject,
        person.name,
        kept.secret,
        clock.epoch(clock.now()) + ATTEMPT_S,
    )
    view = ConfirmView(provider, label_of(provider), person.name, _sealed("link", confirmed))
    return Html("pages/members/link.html", view, cookies=(forget(COOKIE),))


def _list(visit: Visit, refusal: Refusal | None = None) -> Html:
    found, has_credential = identity.linked_logins(member(visit).actor)
    linked = [
        LinkedView(
            one.provider,
            label_of(one.provider),
            one.name,
            visit.words.day(one.linked_at),
            can_unlink=has_credential or len(found) > 1,
        )
        for one in found
    ]
    names = {one.provider for one in found}
    others = [one for one in company_links(LIST) if one.name not in names]
    note = visit.words.refusal(refusal) if refusal else ""
    return Html(
        "pages/members/logins.html",
        LoginsView(linked, others, note),
        refusal.status if refusal else 200,
    )


def _kept(visit: Visit, provider: str) -> Kept:
    kept = _opened("login", visit.cookie(COOKIE), Kept)
    if kept.provider != provider:
        raise LoginRefused
    return kept


def _attempt(kept: Kept, locale: str) -> Attempt:
    """What the company is asked with; each part follows from the browser's secret, none tells it."""
    return Attempt(
        state=sign("login-state", kept.secret),
        nonce=sign("login-nonce", kept.secret),
        verifier=sign("login-verifier", kept.secret),
        return_url=f"{settings().shop_url}/sign-in/with/{kept.provider}/return",
        locale=locale,
    )


def _sealed(purpose: str, value: Kept | Confirmed) -> str:
    body = urlsafe_b64encode(msgspec.json.encode(value)).decode().rstrip("=")
    return f"{body}.{sign(purpose, body)}"


def _opened(purpose: str, sealed: str, shape: type[K]) -> K:
    """Read what was sealed. Refuses what is not ours, and what is too old."""
    body, _, seal = sealed[:SEALED_LENGTH_MAX].rpartition(".")
    if not hmac.compare_digest(sign(purpose, body).encode(), seal.encode()):
        raise LoginRefused
    value = msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=shape)
    if value.until_s <= clock.epoch(clock.now()):
        raise LoginRefused
    return value
