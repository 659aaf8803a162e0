"""Passkeys: W3C WebAuthn Level 3, with discoverable credentials and the device knowing its owner.

A device that has verified its owner is two factors in one: no other is asked for.
"""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.aws import reads, transact
from chalicelib.aws.settings import settings
from chalicelib.contexts.identity import model, store
from chalicelib.contexts.identity.model import Account, Audience, Session
from chalicelib.contexts.identity.model.passkeys import (
    PASSKEY_ANSWER_LENGTH_MAX,
    PASSKEY_CHALLENGE_TTL_S,
    PASSKEY_NAME_LENGTH_MAX,
    PASSKEYS_MAX,
    Passkey,
    PasskeyNotMade,
    PasskeyRefused,
    TooManyPasskeys,
)
from chalicelib.contexts.identity.service.accounts import account as read_account
from chalicelib.contexts.identity.service.security import proved_if_any
from chalicelib.contexts.identity.service.sessions import open_session, refuse_hasty
from chalicelib.contexts.identity.store import linked, passkeys
from chalicelib.kernel import clock
from chalicelib.kernel.errors import NotFound, Refusal

MAKE, ENTER = "make", "enter"
RELYING_PARTY = "Souk"
ALGORITHMS = (-8, -7, -257)
"""EdDSA, ES256, RS256: what devices have (IANA COSE Algorithms)."""


def begin_passkey(account_id: str, password: str, *, address: str) -> dict[str, Any]:
    """Tell a device what to make: `PublicKeyCredentialCreationOptionsJSON`.

    Asks for the password where there is one, for a passkey outlives the session that adds it.
    Refuses as `begin_second_factor` does, and `identity.too_many_passkeys`.
    """
    proved_if_any(account_id, password, address)
    rows = _room_for_one(account_id)
    account = read_account(account_id)
    login = account.email or account.phone
    return {
        "challenge": _encoded(passkeys.challenge(MAKE, account_id).encode()),
        "rp": {"id": settings().named_host, "name": RELYING_PARTY},
        "user": {
            "id": _encoded(account_id.encode()),
            "name": login or account.name or RELYING_PARTY,
            "displayName": account.name or login or RELYING_PARTY,
        },
        "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in ALGORITHMS],
        "timeout": PASSKEY_CHALLENGE_TTL_S * 1000,
        "excludeCredentials": [{"type": "public-key", "id": row.credential_id} for row in rows],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
    }


def finish_passkey(account_id: str, name: str, answer: str) -> Passkey:
    """Take what a device made (`RegistrationResponseJSON`) as a way into the account.

    Refuses `identity.passkey_over`, `identity.passkey_not_made`, `identity.passkey_known` and
    `identity.too_many_passkeys`.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers.cose import COSEAlgorithmIdentifier

    shown = _name(name)
    with _refusing(PasskeyNotMade):
        given = _given(answer)
        challenge = _challenge(given)
    spent = passkeys.used(MAKE, account_id, challenge)
    _room_for_one(account_id)
    with _refusing(PasskeyNotMade):
        made = verify_registration_response(
            credential=given,
            expected_challenge=challenge.encode(),
            expected_rp_id=settings().named_host,
            expected_origin=settings().named_origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(number) for number in ALGORITHMS],
        )
    entry, writes = passkeys.add(
        account_id,
        _encoded(made.credential_id),
        public_key=_encoded(made.credential_public_key),
        sign_count=made.sign_count,
        name=shown,
    )
    transact.commit([spent, *writes])
    return passkeys.passkey_of(entry)


def passkey_question() -> dict[str, Any]:
    """Ask any passkey of this shop: `PublicKeyCredentialRequestOptionsJSON`. Reads nothing."""
    return {
        "challenge": _encoded(passkeys.challenge(ENTER, "").encode()),
        "rpId": settings().named_host,
        "timeout": PASSKEY_CHALLENGE_TTL_S * 1000,
        "allowCredentials": [],
        "userVerification": "required",
    }


def sign_in_passkey(answer: str, *, address: str, device: str = "") -> tuple[Account, str, Session]:
    """Sign in whoever a device vouches for (`AuthenticationResponseJSON`): a cookie's token.

    Refuses `identity.passkey_over`, `identity.sign_in_throttled` for an address that fails often,
    and `identity.passkey_refused` for all else. Three round trips.
    """
    window = store.address_key(address, clock.now())
    try:
        with _refusing(PasskeyRefused):
            given = _given(answer)
            challenge, credential_id = _challenge(given), str(given["id"])
        spent = passkeys.used(ENTER, "", challenge)
        found, of_address = reads.batch([passkeys.passkey_key(credential_id), window])
        refuse_hasty(None, of_address)
        account, entry = _vouched(found, credential_id)
        count = _verified(given, challenge, account, entry)
    except PasskeyRefused:
        store.add_address_failure(window, clock.now())
        raise
    token, opened = open_session(account, "ses", device, spent, passkeys.seen(entry, count))
    return account, token, opened


def passkeys_of(account_id: str) -> list[Passkey]:
    """List an account's passkeys, the oldest first. One round trip."""
    return [passkeys.passkey_of(row) for row in passkeys.entries(account_id)]


def rename_passkey(account_id: str, passkey_id: str, name: str) -> None:
    """Call a passkey otherwise. Refuses `request.not_found`, and `request.malformed` for the name."""
    transact.commit([passkeys.rename(account_id, passkey_id, _name(name))])


def remove_passkey(account_id: str, passkey_id: str) -> None:
    """Let a passkey open the account no longer.

    Refuses `identity.last_way_in` where nothing else leads into the account, two requests at once
    included, and `request.not_found`.
    """
    rows = {row.sk: row for row in passkeys.entries(account_id)}
    row = rows.get(f"{passkeys.PASSKEY}{passkey_id}")
    if row is None:
        raise NotFound
    credentials, links = linked.ways_in(account_id)
    others = [sk for sk in (*credentials, *(one.sk for one in links)) if sk != row.sk]
    if not others:
        raise model.LastWayIn
    transact.commit(passkeys.remove(row, others[0]))


def _room_for_one(account_id: str) -> list[Any]:
    rows = passkeys.entries(account_id)
    if len(rows) >= PASSKEYS_MAX:
        raise TooManyPasskeys
    return rows


def _vouched(found: Any, credential_id: str) -> tuple[Account, Any]:
    """Read the account that a passkey opens, and the passkey itself."""
    if found is None:
        raise PasskeyRefused
    row, entry = reads.batch(
        [
            store.account_key(found.account_id),
            passkeys.entry_key(found.account_id, credential_id),
        ]
    )
    if row is None or entry is None or row.audience != Audience.SHOP:
        raise PasskeyRefused
    return store.account_of(row), entry


def _verified(given: dict[str, Any], challenge: str, account: Account, entry: Any) -> int:
    """Verify a device's answer (WebAuthn, section 7.2); gives what it has counted up to.

    The account that the device names has to be the one that the passkey opens, and a count that
    does not grow is that of a copy.
    """
    from webauthn import verify_authentication_response

    with _refusing(PasskeyRefused):
        handle = given["response"].get("userHandle")
        if not handle or _decoded(handle) != account.id.encode():
            raise PasskeyRefused
        result = verify_authentication_response(
            credential=given,
            expected_challenge=challenge.encode(),
            expected_rp_id=settings().named_host,
            expected_origin=settings().named_origin,
            credential_public_key=_decoded(entry.public_key),
            credential_current_sign_count=int(entry.sign_count),
            require_user_verification=True,
        )
    return int(result.new_sign_count)


@contextmanager
def _refusing(refusal: type[Refusal]) -> Iterator[None]:
    """Whatever a device's answer breaks while it is read is refused."""
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        yield
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError) as error:
        raise refusal from error


def _given(answer: str) -> dict[str, Any]:
    if len(answer) > PASSKEY_ANSWER_LENGTH_MAX:
        raise ValueError(answer[:40])
    given = json.loads(answer)
    if not isinstance(given, dict):
        raise TypeError(answer[:40])
    return given


def _challenge(given: dict[str, Any]) -> str:
    said = json.loads(_decoded(given["response"]["clientDataJSON"]))
    return _decoded(said["challenge"]).decode("ascii")


def _name(name: str) -> str:
    return model.plain_name(name, length_max=PASSKEY_NAME_LENGTH_MAX)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
