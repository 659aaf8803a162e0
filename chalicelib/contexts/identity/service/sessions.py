"""Sign-ins and sessions: opaque tokens with an idle and an absolute end, throttled guessing."""

from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.contexts.identity import model, store
from chalicelib.contexts.identity.model import Account, Audience, Session
from chalicelib.contexts.identity.service import passwords
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import ANONYMOUS, Actor, ActorKind, Role
from chalicelib.kernel.errors import NotSignedIn

BEARER_PREFIX = "mbr_"
COOKIE_PREFIX = "ses_"


def sign_in(login: str, password: str, *, address: str) -> tuple[Account, str]:
    """Sign a member in for programs: a bearer token (`mbr_…`).

    `login` is what `model.normal_login` made. Refuses `identity.sign_in_failed` (401) for a wrong
    password and an unknown login alike, `identity.sign_in_throttled` (429) after too many.
    """
    account, token, _ = _sign_in(Audience.SHOP, login, password, address, "mbr")
    return account, token


def sign_in_page(login: str, password: str, *, address: str) -> tuple[Session, str]:
    """Sign a member in on a page: a session and its cookie's token (`ses_…`)."""
    _, token, session = _sign_in(Audience.SHOP, login, password, address, "ses")
    return session, token


def sign_in_console(login: str, password: str, *, address: str) -> tuple[Session, str]:
    """Sign a merchant's or the platform's person in: a session and its cookie's token (`ses_…`)."""
    _, token, session = _sign_in(Audience.CONSOLE, login, password, address, "ses")
    return session, token


def sign_out(token: str) -> None:
    """End a session at once; one that is over already stays so."""
    transact.commit([store.end_session(token)])


def session(token: str) -> Session | None:
    """Return the session of a cookie's token; None when there is none. One round trip.

    A session that was not renewed for a while is, which is one more.
    """
    if not token.startswith(COOKIE_PREFIX):
        return None
    return _session(_read(token))


def member(token: str) -> Actor:
    """Tell which member a bearer token is. One round trip; refuses 401 for all else."""
    return member_in(_read(token) if token.startswith(BEARER_PREFIX) else None)


def maybe_member(token: str) -> Actor:
    """Tell the member, or ANONYMOUS without a token; a token that is not good is refused (401)."""
    return member(token) if token else ANONYMOUS


def caller(bearer: str, cookie: str) -> Actor:
    """Tell who calls: the bearer token's member, else the cookie's, else ANONYMOUS.

    A bearer token that is not good is refused (401); a cookie that is over counts for nothing.
    """
    if bearer:
        return member(bearer)
    found = session(cookie) if cookie else None
    is_member = found is not None and found.actor.kind is ActorKind.MEMBER
    return found.actor if found is not None and is_member else ANONYMOUS


def member_place(token: str) -> Key:
    """Where a bearer token's row lies, for reading it together with other rows."""
    if not token.startswith(BEARER_PREFIX):
        raise NotSignedIn
    return store.session_key(token)


def member_in(row: Any) -> Actor:
    """Tell the member from the row read at `member_place`; refuses 401 when it is not good."""
    found = _session(row)
    if found is None or found.actor.kind is not ActorKind.MEMBER:
        raise NotSignedIn
    return found.actor


def _sign_in(
    audience: Audience, login: str, password: str, address: str, prefix: str
) -> tuple[Account, str, Session]:
    now = clock.now()
    throttle, window = store.throttle_key(audience, login), store.address_key(address, now)
    login_row, failed, of_address = reads.batch(
        [store.login_key(audience, login), throttle, window]
    )
    _refuse_hasty(failed, of_address)
    account, password_hash = _credentials(login_row)
    given = model.normal_password(password[: model.PASSWORD_LENGTH_MAX + 1])
    if not passwords.fits(password_hash, given) or account is None:
        store.add_failure(throttle, failed, now)
        store.add_address_failure(window, now)
        raise model.SignInFailed
    token = ids.secret(prefix)
    begun = store.new_session(account, _kind(account), token, now)
    writes = [begun]
    if failed is not None:
        writes.append(store.clear_failures(throttle, now))
    transact.commit(writes)
    opened = store.session_of(begun.item, now)
    assert opened is not None, "a session that was just made is good"
    return account, token, opened


def _refuse_hasty(failed: Any, of_address: Any) -> None:
    now = clock.now()
    wait_s = store.wait_s(failed, now)
    if store.failures_of(of_address, now) >= model.ADDRESS_FAILURES_MAX:
        wait_s = max(wait_s, model.ADDRESS_WINDOW_S)
    if wait_s:
        raise model.SignInThrottled(wait_s)


def _credentials(login_row: Any) -> tuple[Account | None, str | None]:
    """Read the account and its password's hash; as many round trips where there is none."""
    account_id = login_row.account_id if login_row is not None else "nobody"
    account, credential = reads.batch(
        [store.account_key(account_id), store.credential_key(account_id)]
    )
    if account is None or credential is None:
        return None, None
    return store.account_of(account), credential.password_hash


def _kind(account: Account) -> ActorKind:
    if account.audience is Audience.SHOP:
        return ActorKind.MEMBER
    return ActorKind.PLATFORM if account.role == Role.PLATFORM else ActorKind.STAFF


def _read(token: str) -> Any:
    place = store.session_key(token)
    return reads.get(store.SessionItem, place.pk, place.sk)


def _session(row: Any) -> Session | None:
    now = clock.now()
    found = store.session_of(row, now)
    if found is not None and store.is_due_for_renewal(row, now):
        try:
            transact.commit([store.renew(row, now)])
        except transact.ConditionFailed:
            # A twin renewed it, or the member signed out while this request was on its way.
            return found
    return found
