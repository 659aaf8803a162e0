"""One-time codes: asked for, sent by whoever hears the fact, spent once.

What is answered, read and written is the same whether or not a login belongs to anybody.
"""

from typing import Any

from chalicelib.aws import outbox, reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity import model, store
from chalicelib.contexts.identity.facts import CodeRequested
from chalicelib.contexts.identity.model import Account, Audience, Purpose, Session
from chalicelib.contexts.identity.service import passwords
from chalicelib.contexts.identity.service.sessions import (
    open_session,
    refuse_hasty,
    second_factor_needed,
)
from chalicelib.contexts.identity.store import codes, factors
from chalicelib.contexts.identity.store import sessions as entries
from chalicelib.kernel import clock, ids


def request_code(
    login: str, purpose: Purpose, *, locale: str = "en", audience: Audience = Audience.SHOP
) -> None:
    """Ask for a code to be sent to a login. Refuses `identity.too_many_codes` (429).

    Nothing tells whether anybody has this login.
    """
    now = clock.now()
    place = codes.code_key(audience, purpose, login)
    login_row, row = reads.batch([store.login_key(audience, login), place])
    request_id = ids.new("cod")
    fact = CodeRequested(
        id=ids.ulid(),
        occurred_at=clock.iso(now),
        request_id=request_id,
        account_id=login_row.account_id if login_row is not None else "",
        purpose=purpose.value,
        locale=locale,
    )
    transact.commit([codes.new_code(place, row, request_id, now), outbox.write(fact)])


def code_of(request_id: str) -> str:
    """The code of a request, for whoever sends it."""
    return codes.code_of(request_id)


def sign_in_with_code(
    login: str, code: str, prefix: str, *, address: str, device: str = ""
) -> tuple[Account, str, Session]:
    """Sign a member in by a code: the token is a bearer's (`mbr`) or a cookie's (`ses`).

    Refuses `identity.code_wrong` for all that is not right, `identity.sign_in_throttled` and
    `identity.second_factor_needed` as with a password; the code is then used up.
    """
    account, factor, spent = _spent(Purpose.SIGN_IN, login, code, address)
    if factors.is_active(factor):
        transact.commit(spent)
        raise second_factor_needed(account.id, prefix)
    token, opened = open_session(account, prefix, device, *spent)
    return account, token, opened


def reset_password(login: str, code: str, password: str, *, address: str) -> None:
    """Choose a new password by a code; every session of the account ends.

    Refuses `identity.code_wrong`, and `request.malformed` for a password that cannot be.
    """
    hashed = passwords.hashed(model.new_password(password))
    account, _, spent = _spent(Purpose.RESET, login, code, address)
    ends = entries.end_all(account.id)
    transact.commit([*spent, factors.set_password(account.id, hashed), *ends])


def verify_login(account_id: str, code: str, *, address: str) -> None:
    """Prove that the account's login is its member's. Refuses `identity.code_wrong`."""
    place = store.account_key(account_id)
    row = reads.get(store.AccountItem, place.pk, place.sk)
    if row is None:
        raise model.CodeWrong
    account = store.account_of(row)
    _, _, spent = _spent(Purpose.VERIFY, account.email or account.phone, code, address)
    transact.commit(spent)


def _spent(
    purpose: Purpose, login: str, code: str, address: str
) -> tuple[Account, Any, list[Write]]:
    """Check a code; gives its account, that one's second factor, and what using it up writes."""
    now, given = clock.now(), model.normal_code(code)
    place = codes.code_key(Audience.SHOP, purpose, login)
    throttle = store.throttle_key(Audience.SHOP, login)
    window = store.address_key(address, now)
    login_row, row, failed, of_address = reads.batch(
        [store.login_key(Audience.SHOP, login), place, throttle, window]
    )
    refuse_hasty(failed, of_address)
    account_id = login_row.account_id if login_row is not None else "nobody"
    account_row, factor = reads.batch([store.account_key(account_id), factors.totp_key(account_id)])
    if not codes.fits(row, given, now) or account_row is None:
        _count_miss(place, row, throttle, failed)
        store.add_address_failure(window, now)
        raise model.CodeWrong
    writes = [codes.spend(place, row)]
    if not account_row.verified_at:
        writes.append(store.verified(account_id, now))
    if failed is not None:
        writes.append(store.clear_failures(throttle, now))
    return store.account_of(account_row), factor, writes


def _count_miss(place: Any, row: Any, throttle: Any, failed: Any) -> None:
    if row is not None:
        try:
            transact.commit([codes.missed(place, row)])
        except transact.ConditionFailed:
            # A newer code took its place meanwhile: the miss was of the former.
            row = None
    store.add_failure(throttle, failed, clock.now())
