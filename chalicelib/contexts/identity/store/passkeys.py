"""Rows of passkeys, and the challenges that they answer.

`PASSKEY#hash` / `PASSKEY` is what a sign-in finds; `ACCOUNT#id` / `CREDENTIAL#passkey#id` holds the
public key and is what its member sees. A challenge is kept nowhere until it is used.
"""

import hashlib
import hmac
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.secrets import sign
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.model import LastWayIn
from chalicelib.contexts.identity.model.passkeys import (
    PASSKEY_CHALLENGE_TTL_S,
    Passkey,
    PasskeyKnown,
    PasskeyOver,
    PasskeyRefused,
)
from chalicelib.contexts.identity.store import IdentityItem, account_key
from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import NotFound

PASSKEY = "CREDENTIAL#passkey#"
ID_LENGTH = 24
CHALLENGE_LENGTH_MAX = 200


class PasskeyItem(IdentityItem, discriminator="PASSKEY"):
    """What a sign-in finds: one passkey opens one account."""

    account_id = UnicodeAttribute()


class PasskeyEntryItem(IdentityItem, discriminator="PASSKEY_ENTRY"):
    """A passkey in its account; `sign_count` is what its device counted last, 0 where none counts."""

    credential_id = UnicodeAttribute()
    public_key = UnicodeAttribute()
    sign_count = NumberAttribute(default=0)
    name = UnicodeAttribute(default="")
    created_at = UnicodeAttribute()
    used_at = UnicodeAttribute(default="")


class ChallengeItem(IdentityItem, discriminator="CHALLENGE"):
    """A challenge that has been answered; it is good once."""


def challenge(purpose: str, about: str) -> str:
    """Make a challenge: by chance, good for ten minutes, for one purpose and account."""
    until = clock.epoch(clock.now()) + PASSKEY_CHALLENGE_TTL_S
    said = f"{ids.secret('pkc')}.{until}"
    return f"{said}.{_proof(purpose, about, said)}"


def used(purpose: str, about: str, answered: str) -> Write:
    """Contribute that a challenge is used up. Refuses `identity.passkey_over`, also for no challenge."""
    said, _, proof = answered[:CHALLENGE_LENGTH_MAX].rpartition(".")
    if not hmac.compare_digest(_proof(purpose, about, said).encode(), proof.encode()):
        raise PasskeyOver
    until = int(said.rpartition(".")[2])
    if until <= clock.epoch(clock.now()):
        raise PasskeyOver
    hashed = hashlib.sha256(said.encode()).hexdigest()
    row = ChallengeItem(f"CHALLENGE#{hashed}", "CHALLENGE", expires_at=until)
    return transact.create(row, refuse=lambda _old: PasskeyOver())


def passkey_key(credential_id: str) -> Key:
    return Key(PasskeyItem, f"PASSKEY#{_hash(credential_id)}", "PASSKEY")


def entry_key(account_id: str, credential_id: str) -> Key:
    sk = f"{PASSKEY}{_hash(credential_id)[:ID_LENGTH]}"
    return Key(PasskeyEntryItem, account_key(account_id).pk, sk)


def entries(account_id: str) -> list[PasskeyEntryItem]:
    """Read an account's passkeys, the oldest first. One round trip."""
    rows = reads.query(PasskeyEntryItem, account_key(account_id).pk, begins_with=PASSKEY).items
    return sorted(rows, key=lambda row: row.created_at)


def passkey_of(row: PasskeyEntryItem) -> Passkey:
    return Passkey(row.sk.removeprefix(PASSKEY), row.name, row.created_at, row.used_at)


def add(
    account_id: str, credential_id: str, *, public_key: str, sign_count: int, name: str
) -> tuple[PasskeyEntryItem, list[Write]]:
    """Contribute a passkey. Refuses one that is known, whoever has it."""
    place, at = passkey_key(credential_id), entry_key(account_id, credential_id)
    entry = PasskeyEntryItem(
        at.pk,
        at.sk,
        credential_id=credential_id,
        public_key=public_key,
        sign_count=sign_count,
        name=name,
        created_at=clock.iso(clock.now()),
    )
    found = PasskeyItem(place.pk, place.sk, account_id=account_id)
    writes = [transact.create(row, refuse=lambda _old: PasskeyKnown()) for row in (found, entry)]
    return entry, writes


def seen(row: PasskeyEntryItem, sign_count: int) -> Write:
    """Contribute a use of a passkey; one whose count moved meanwhile, or that is gone, is refused."""
    actions = [
        PasskeyEntryItem.sign_count.set(sign_count),
        PasskeyEntryItem.used_at.set(clock.iso(clock.now())),
    ]
    unchanged = PasskeyEntryItem.sign_count == row.sign_count
    entry = PasskeyEntryItem(row.pk, row.sk)
    return transact.update(entry, actions, unchanged, refuse=lambda _old: PasskeyRefused())


def rename(account_id: str, passkey_id: str, name: str) -> Write:
    entry = PasskeyEntryItem(account_key(account_id).pk, f"{PASSKEY}{passkey_id}")
    actions = [PasskeyEntryItem.name.set(name)]
    there = PasskeyEntryItem.pk.exists()
    return transact.update(entry, actions, there, refuse=lambda _old: NotFound())


def remove(row: PasskeyEntryItem, other_way: str) -> list[Write]:
    """Contribute a passkey's end, as long as the other way in (a sort key) is still there."""
    place = passkey_key(row.credential_id)
    other: Any = IdentityItem(row.pk, other_way)
    there = PasskeyEntryItem.pk.exists()
    return [
        transact.delete(PasskeyEntryItem(row.pk, row.sk), there, refuse=lambda _old: NotFound()),
        transact.delete(PasskeyItem(place.pk, place.sk)),
        transact.check(other, IdentityItem.pk.exists(), refuse=lambda _old: LastWayIn()),
    ]


def _proof(purpose: str, about: str, said: str) -> str:
    return sign(f"passkey {purpose}", f"{about}.{said}")


def _hash(credential_id: str) -> str:
    return hashlib.sha256(credential_id.encode()).hexdigest()
