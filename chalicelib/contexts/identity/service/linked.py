"""Signing in by another company: the port has confirmed who it is before anything here is called."""

from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.contexts.identity import model, store
from chalicelib.contexts.identity.model import Account, Audience, LastWayIn, LinkedLogin, Session
from chalicelib.contexts.identity.service import listing
from chalicelib.contexts.identity.service.sessions import open_session, second_factor_needed
from chalicelib.contexts.identity.store import factors, linked
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import NotFound

COOKIE_PREFIX = "ses"


def account_linked_to(provider: str, subject: str) -> str:
    """Tell whose account a company's person enters; empty for nobody's. One round trip."""
    row = linked.find(provider, subject)
    return row.account_id if row is not None else ""


def sign_in_linked(
    provider: str, subject: str, *, name: str, locale: str, attempt: str, device: str = ""
) -> tuple[Session, str]:
    """Sign in whoever a company confirmed: a session and its cookie's token (`ses_…`).

    Somebody new gets an account of their own. An e-mail address that the company tells never leads
    into an account that is there: it is linked by its member alone, after a sign-in. Refuses
    `identity.login_used` for an attempt that was used before, and
    `identity.second_factor_needed` (401) with a challenge for `finish_sign_in`.
    """
    for _ in range(2):
        try:
            return _signed_in(provider, subject, name, locale, attempt=attempt, device=device)
        except model.LinkedElsewhere:
            # A twin made the account meanwhile: it is entered now.
            continue
    raise model.LinkedElsewhere


def link(actor: Actor, provider: str, subject: str, *, name: str, attempt: str) -> None:
    """Let a company's person enter the account of the member who asks.

    Refuses `identity.linked_elsewhere`, `identity.already_linked`, `identity.login_used`.
    """
    account_id = actor.as_member()
    shown = name[: model.NAME_LENGTH_MAX]
    transact.commit([linked.used(attempt), *linked.link(account_id, provider, subject, shown)])


def linked_logins(actor: Actor) -> tuple[list[LinkedLogin], bool]:
    """List by which companies the member enters, and whether there is another way in."""
    credentials, links = linked.ways_in(actor.as_member())
    return [linked.linked_of(row) for row in links], bool(credentials)


def unlink(actor: Actor, provider: str) -> None:
    """Let a company's person enter no longer.

    Refuses `identity.last_way_in` where nothing else leads into the account, two requests at once
    included, and `request.not_found`.
    """
    credentials, links = linked.ways_in(actor.as_member())
    row = next((one for one in links if one.sk == f"{linked.LINK}{provider}"), None)
    if row is None:
        raise NotFound
    others = [*credentials, *(one.sk for one in links if one.sk != row.sk)]
    if not others:
        raise LastWayIn
    transact.commit(linked.unlink(row, others[0]))


def _signed_in(
    provider: str, subject: str, name: str, locale: str, *, attempt: str, device: str
) -> tuple[Session, str]:
    (account, factor), writes = _entered(provider, subject), [linked.used(attempt)]
    if account is not None and factors.is_active(factor):
        transact.commit(writes)
        raise second_factor_needed(account.id, COOKIE_PREFIX)
    if account is None:
        account = _newcomer(name, locale)
        shown = account.name
        writes += [linked.new_account(account)]
        writes += listing.newcomer(account.id, account.created_at)
        writes += linked.link(account.id, provider, subject, shown)
    token, opened = open_session(account, COOKIE_PREFIX, device, *writes)
    return opened, token


def _entered(provider: str, subject: str) -> tuple[Account | None, Any]:
    """Read the account that a company's person enters, and its second factor. Two round trips."""
    row = linked.find(provider, subject)
    if row is None:
        return None, None
    found, factor = reads.batch(
        [store.account_key(row.account_id), factors.totp_key(row.account_id)]
    )
    assert found is not None, "a link leads to an account"
    return store.account_of(found), factor


def _newcomer(name: str, locale: str) -> Account:
    return Account(
        id=ids.new("acc"),
        audience=Audience.SHOP,
        email="",
        phone="",
        name=name[: model.NAME_LENGTH_MAX],
        locale=locale,
        role="",
        merchant_id="",
        created_at=clock.iso(clock.now()),
    )
