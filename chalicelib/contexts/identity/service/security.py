"""What secures an account: its password, and a second factor by RFC 6238 with recovery codes."""

import hmac
from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity import model, store
from chalicelib.contexts.identity.model import Account, Audience, Security, Session
from chalicelib.contexts.identity.service import passwords
from chalicelib.contexts.identity.service.sessions import challenged, open_session, refuse_hasty
from chalicelib.contexts.identity.store import factors
from chalicelib.contexts.identity.store import sessions as entries
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import NotFound

RECOVERY_LENGTH = 10
ISSUER = "Souk"


def security_of(account_id: str) -> Security:
    """Tell what secures an account. Two round trips."""
    account, credential, factor = _rows(account_id)
    left = factors.recovery_rows(account_id) if factors.is_active(factor) else []
    return Security(
        login=account.email or account.phone,
        is_verified=account.is_verified,
        has_password=credential is not None,
        has_second_factor=factors.is_active(factor),
        recovery_codes_left=len(left),
    )


def change_password(account_id: str, old: str, new: str, *, token: str, address: str) -> None:
    """Change the password; every session but the one of `token` ends.

    Refuses `identity.sign_in_failed` for a wrong old one (throttled like a sign-in),
    `identity.no_password` where there is none, and `request.malformed` for one that cannot be.
    """
    chosen = model.new_password(new)
    hashed, beside = _proved(account_id, old, address)
    ends = entries.end_all(account_id, but=store.token_hash(token))
    wanted = factors.set_password(account_id, passwords.hashed(chosen), instead_of=hashed)
    transact.commit([wanted, *beside, *ends])


def begin_second_factor(account_id: str, password: str, *, address: str) -> tuple[str, str]:
    """Make an authenticator's secret, and the address that its QR code holds.

    It counts once a first code was entered. Refuses `identity.sign_in_failed`,
    `identity.no_password`, and `identity.factor_conflict` where one counts already.
    """
    import pyotp

    hashed, beside = _proved(account_id, password, address)
    account, _, _ = _rows(account_id)
    secret = pyotp.random_base32()
    still = factors.still(account_id, hashed)
    transact.commit([factors.offer(account_id, secret), still, *beside])
    label = account.email or account.phone
    return secret, pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER)


def pending_second_factor(account_id: str) -> tuple[str, str]:
    """The secret that waits for its first code. Refuses `identity.factor_conflict`."""
    import pyotp

    account, _, factor = _rows(account_id)
    if factor is None or factors.is_active(factor):
        raise model.FactorConflict
    secret = factors.secret_of(factor)
    label = account.email or account.phone
    return secret, pyotp.TOTP(secret).provisioning_uri(name=label, issuer_name=ISSUER)


def confirm_second_factor(account_id: str, code: str) -> list[str]:
    """Let the authenticator count from now on; gives the recovery codes, this once.

    Refuses `identity.code_wrong` and `identity.factor_conflict`.
    """
    _, _, factor = _rows(account_id)
    if factor is None or factors.is_active(factor):
        raise model.FactorConflict
    step = _step(factor, code)
    recovery = _recovery_codes()
    transact.commit([factors.activate(factor, step), *factors.keep_recovery(account_id, recovery)])
    return [_written(one) for one in recovery]


def drop_second_factor(account_id: str, password: str, *, address: str) -> None:
    """Go on without a second factor. Refuses as `begin_second_factor` does."""
    hashed, beside = _proved(account_id, password, address)
    old = factors.recovery_rows(account_id)
    gone = [factors.drop_totp(account_id), *factors.drop_recovery(old)]
    transact.commit([*gone, factors.still(account_id, hashed), *beside])


def finish_sign_in(
    challenge: str,
    code: str,
    *,
    address: str,
    device: str = "",
    audience: Audience = Audience.SHOP,
) -> tuple[Account, str, Session]:
    """Sign in with the second factor: an authenticator's code or a recovery code, each good once.

    A sign-in that began at another door does not end at this one.

    Refuses `identity.challenge_over`, `identity.code_wrong`, `identity.sign_in_throttled`.
    """
    account_id, prefix = challenged(challenge)
    now = clock.now()
    throttle = store.throttle_key(Audience.SHOP, f"second factor {account_id}")
    window = store.address_key(address, now)
    failed, of_address = reads.batch([throttle, window])
    refuse_hasty(failed, of_address)
    account, _, factor = _rows(account_id)
    if not factors.is_active(factor) or account.audience is not audience:
        raise model.ChallengeOver
    cleared = [store.clear_failures(throttle, now)] if failed is not None else []
    try:
        used = _used(factor, account_id, code)
        token, opened = open_session(account, prefix, device, used, *cleared)
    except model.CodeWrong:
        store.add_failure(throttle, failed, now)
        store.add_address_failure(window, now)
        raise
    return account, token, opened


def _used(factor: Any, account_id: str, code: str) -> Write:
    given = model.normal_code(code)
    if len(given) == RECOVERY_LENGTH:
        return factors.use_recovery(account_id, given)
    return factors.use_step(factor, _step(factor, given))


def _step(factor: Any, code: str) -> int:
    """The time step whose code this is. Refuses `identity.code_wrong`."""
    import pyotp

    given, totp = model.normal_code(code).encode(), pyotp.TOTP(factors.secret_of(factor))
    steps = [
        step
        for step in model.steps_around(clock.now())
        if hmac.compare_digest(totp.generate_otp(step).encode(), given)
    ]
    if not steps:
        raise model.CodeWrong
    return steps[-1]


def proved_if_any(account_id: str, password: str, address: str) -> None:
    """Verify the password of somebody who is signed in; an account without one proves nothing.

    Refuses `identity.sign_in_failed`, throttled like a sign-in.
    """
    try:
        _, beside = _proved(account_id, password, address)
    except model.NoPassword:
        return
    if beside:
        transact.commit(beside)


def _proved(account_id: str, password: str, address: str) -> tuple[str, list[Write]]:
    """Verify the password of somebody who is signed in; gives its hash and what to write beside."""
    now = clock.now()
    account, credential, _ = _rows(account_id)
    throttle = store.throttle_key(account.audience, account.email or account.phone)
    window = store.address_key(address, now)
    failed, of_address = reads.batch([throttle, window])
    refuse_hasty(failed, of_address)
    if credential is None:
        raise model.NoPassword
    given = model.normal_password(password[: model.PASSWORD_LENGTH_MAX + 1])
    if not passwords.fits(credential.password_hash, given):
        store.add_failure(throttle, failed, now)
        store.add_address_failure(window, now)
        raise model.SignInFailed
    cleared = [store.clear_failures(throttle, now)] if failed is not None else []
    return credential.password_hash, cleared


def _rows(account_id: str) -> tuple[Account, Any, Any]:
    account, credential, factor = reads.batch(
        [
            store.account_key(account_id),
            store.credential_key(account_id),
            factors.totp_key(account_id),
        ]
    )
    if account is None:
        raise NotFound
    return store.account_of(account), credential, factor


def _recovery_codes() -> list[str]:
    drawn = [ids.secret("rec").removeprefix("rec_") for _ in range(model.RECOVERY_CODES)]
    return [one[:RECOVERY_LENGTH].upper() for one in drawn]


def _written(code: str) -> str:
    return f"{code[:5]}-{code[5:]}"
