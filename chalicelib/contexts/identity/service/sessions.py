"""Sign-ins and sessions: opaque tokens with an idle and an absolute end, throttled guessing."""

import hmac
from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.secrets import sign
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity import model, store
from chalicelib.contexts.identity.model import Account, Audience, Session, SessionEntry
from chalicelib.contexts.identity.service import passwords
from chalicelib.contexts.identity.store import factors
from chalicelib.contexts.identity.store import sessions as entries
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import ANONYMOUS, Actor, ActorKind, Role
from chalicelib.kernel.errors import NotFound, NotSignedIn

BEARER_PREFIX = "mbr_"
COOKIE_PREFIX = "ses_"


def sign_in(login: str, password: str, *, address: str, device: str = "") -> tuple[Account, str]:
    """Sign a member in for programs: a bearer token (`mbr_…`).

    `login` is what `model.normal_login` made. Refuses `identity.sign_in_failed` (401) for a wrong
    password and an unknown login alike, `identity.sign_in_throttled` (429) after too many, and
    `identity.second_factor_needed` (401) with a challenge for `finish_sign_in`.
    """
    account, token, _ = _sign_in(
        Audience.SHOP, login, password, "mbr", address=address, device=device
    )
    return account, token


def sign_in_page(
    login: str, password: str, *, address: str, device: str = ""
) -> tuple[Session, str]:
    """Sign a member in on a page: a session and its cookie's token (`ses_…`)."""
    _, token, session = _sign_in(
        Audience.SHOP, login, password, "ses", address=address, device=device
    )
    return session, token


def sign_in_console(
    login: str, password: str, *, address: str, device: str = ""
) -> tuple[Session, str]:
    """Sign a merchant's or the platform's person in: a session and its cookie's token (`ses_…`)."""
    _, token, session = _sign_in(
        Audience.CONSOLE, login, password, "ses", address=address, device=device
    )
    return session, token


def open_session(account: Account, prefix: str, device: str, *beside: Write) -> tuple[str, Session]:
    """Begin a session in one transaction with what proves that it may begin."""
    now, token = clock.now(), ids.secret(prefix)
    begun = entries.begin(account, _kind(account), token, now, device)
    transact.commit([*begun, *beside])
    opened = store.session_of(begun[0].item, now)
    assert opened is not None, "a session that was just made is good"
    return token, opened


def sign_out(token: str) -> None:
    """End a session at once; one that is over already stays so."""
    row = _read(token)
    if row is not None:
        transact.commit(entries.end(row.account_id, store.token_hash(token)))


def sessions_of(account_id: str, token: str) -> list[SessionEntry]:
    """List an account's sign-ins, the one of `token` marked."""
    current = store.token_hash(token)
    return [entries.entry_of(row, current) for row in entries.entries(account_id)]


def end_session(account_id: str, session_id: str) -> None:
    """End one of an account's sign-ins. Refuses `request.not_found`."""
    for row in entries.entries(account_id):
        if row.sk == f"SESSION#{session_id}":
            transact.commit(entries.end(account_id, row.token_hash))
            return
    raise NotFound


def end_other_sessions(account_id: str, token: str) -> None:
    """End all of an account's sign-ins but the one of `token`."""
    writes = entries.end_all(account_id, but=store.token_hash(token))
    if writes:
        transact.commit(writes)


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
    audience: Audience, login: str, password: str, prefix: str, *, address: str, device: str
) -> tuple[Account, str, Session]:
    now = clock.now()
    throttle, window = store.throttle_key(audience, login), store.address_key(address, now)
    login_row, failed, of_address = reads.batch(
        [store.login_key(audience, login), throttle, window]
    )
    refuse_hasty(failed, of_address)
    account, password_hash, factor = _credentials(login_row)
    given = model.normal_password(password[: model.PASSWORD_LENGTH_MAX + 1])
    if not passwords.fits(password_hash, given) or account is None or password_hash is None:
        store.add_failure(throttle, failed, now)
        store.add_address_failure(window, now)
        raise model.SignInFailed
    if factors.is_active(factor):
        raise second_factor_needed(account.id, prefix)
    beside = [factors.still(account.id, password_hash)]
    if failed is not None:
        beside.append(store.clear_failures(throttle, now))
    token, opened = open_session(account, prefix, device, *beside)
    return account, token, opened


def refuse_hasty(failed: Any, of_address: Any) -> None:
    """Refuse `identity.sign_in_throttled` while a login or an address has to wait."""
    now = clock.now()
    wait_s = store.wait_s(failed, now)
    if store.failures_of(of_address, now) >= model.ADDRESS_FAILURES_MAX:
        wait_s = max(wait_s, model.ADDRESS_WINDOW_S)
    if wait_s:
        raise model.SignInThrottled(wait_s)


def second_factor_needed(account_id: str, prefix: str) -> model.SecondFactorNeeded:
    """Make the refusal that asks for the second factor: its challenge proves the first one."""
    said = f"{account_id}.{prefix}.{clock.epoch(clock.now()) + model.CHALLENGE_TTL_S}"
    challenge = f"chl_{said}.{sign('second factor', said)}"
    return model.SecondFactorNeeded(extra={"challenge": challenge})


def challenged(challenge: str) -> tuple[str, str]:
    """Tell whom a challenge is for, and the kind of token. Refuses `identity.challenge_over`."""
    said, _, proof = challenge.removeprefix("chl_").rpartition(".")
    if not hmac.compare_digest(sign("second factor", said).encode(), proof.encode()):
        raise model.ChallengeOver
    account_id, prefix, until = said.split(".")
    if int(until) <= clock.epoch(clock.now()):
        raise model.ChallengeOver
    return account_id, prefix


def _credentials(login_row: Any) -> tuple[Account | None, str | None, Any]:
    """Read account, password and factor; as many round trips where there is none."""
    account_id = login_row.account_id if login_row is not None else "nobody"
    account, credential, factor = reads.batch(
        [
            store.account_key(account_id),
            store.credential_key(account_id),
            factors.totp_key(account_id),
        ]
    )
    if account is None or credential is None:
        return None, None, None
    return store.account_of(account), credential.password_hash, factor


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
            transact.commit(entries.renewed(row, now))
        except transact.ConditionFailed:
            # A twin renewed it, or the member signed out while this request was on its way.
            return found
    return found
