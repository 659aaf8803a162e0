"""Rows of second factors: an authenticator's secret, sealed, and recovery codes as hashes."""

from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.secrets import sign
from chalicelib.aws.transact import Write
from chalicelib.contexts.identity.model import CodeWrong, FactorConflict, FactorState, SignInFailed
from chalicelib.contexts.identity.store import CredentialItem, IdentityItem, credential_key
from chalicelib.kernel import clock

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

ID_LENGTH = 24


class TotpItem(IdentityItem, discriminator="TOTP"):
    """An authenticator. `last_step` is the time step whose code was used last: none is good twice."""

    sealed = UnicodeAttribute()
    state = UnicodeAttribute()
    last_step = NumberAttribute(default=0)
    created_at = UnicodeAttribute()


class RecoveryItem(IdentityItem, discriminator="RECOVERY"):
    """A recovery code that was not used yet."""

    created_at = UnicodeAttribute()


def totp_key(account_id: str) -> Key:
    return Key(TotpItem, f"ACCOUNT#{account_id}", "TOTP")


def is_active(row: TotpItem | None) -> bool:
    return row is not None and row.state == FactorState.ACTIVE


def secret_of(row: TotpItem) -> str:
    """Open a sealed secret."""
    return _seal().decrypt(row.sealed.encode()).decode()


def offer(account_id: str, secret: str) -> Write:
    """Contribute a secret that waits for its first code, in place of one that waited before."""
    key = totp_key(account_id)
    pending = TotpItem(
        key.pk,
        key.sk,
        sealed=_seal().encrypt(secret.encode()).decode(),
        state=FactorState.PENDING.value,
        created_at=clock.iso(clock.now()),
    )
    free = TotpItem.pk.does_not_exist() | (TotpItem.state == FactorState.PENDING.value)
    return transact.put(pending, free, refuse=lambda _old: FactorConflict())


def activate(row: TotpItem, step: int) -> Write:
    """Contribute that the authenticator counts from now on."""
    return transact.update(
        TotpItem(row.pk, row.sk),
        [TotpItem.state.set(FactorState.ACTIVE.value), TotpItem.last_step.set(step)],
        (TotpItem.state == FactorState.PENDING.value) & (TotpItem.sealed == row.sealed),
        refuse=lambda _old: FactorConflict(),
    )


def use_step(row: TotpItem, step: int) -> Write:
    """Contribute that a time step's code is used up, and all before it."""
    return transact.update(
        TotpItem(row.pk, row.sk),
        [TotpItem.last_step.set(step)],
        (TotpItem.state == FactorState.ACTIVE.value) & (TotpItem.last_step < step),
        refuse=lambda _old: CodeWrong(),
    )


def drop_totp(account_id: str) -> Write:
    key = totp_key(account_id)
    return transact.delete(
        TotpItem(key.pk, key.sk), TotpItem.pk.exists(), refuse=lambda _old: FactorConflict()
    )


def recovery_rows(account_id: str) -> list[RecoveryItem]:
    return list(reads.query_all(RecoveryItem, f"ACCOUNT#{account_id}", begins_with="RECOVERY#"))


def keep_recovery(account_id: str, codes: list[str]) -> list[Write]:
    at = clock.iso(clock.now())
    return [
        transact.create(RecoveryItem(*_recovery_place(account_id, code), created_at=at))
        for code in codes
    ]


def drop_recovery(rows: list[RecoveryItem]) -> list[Write]:
    return [transact.delete(RecoveryItem(row.pk, row.sk)) for row in rows]


def use_recovery(account_id: str, code: str) -> Write:
    """Contribute the end of a recovery code. Refuses `identity.code_wrong` where there is none."""
    return transact.delete(
        RecoveryItem(*_recovery_place(account_id, code)),
        RecoveryItem.pk.exists(),
        refuse=lambda _old: CodeWrong(),
    )


def set_password(account_id: str, password_hash: str, *, instead_of: str | None = None) -> Write:
    """Contribute a password; refuses `request.conflict` where another one came in between."""
    key = credential_key(account_id)
    row = CredentialItem(
        key.pk, key.sk, password_hash=password_hash, changed_at=clock.iso(clock.now())
    )
    if instead_of is None:
        return transact.put(row)
    return transact.put(row, CredentialItem.password_hash == instead_of)


def still(account_id: str, password_hash: str) -> Write:
    """Require that the password that was just verified is the password still."""
    key = credential_key(account_id)
    return transact.check(
        CredentialItem(key.pk, key.sk),
        CredentialItem.password_hash == password_hash,
        refuse=lambda _old: SignInFailed(),
    )


def _recovery_place(account_id: str, code: str) -> tuple[str, str]:
    return f"ACCOUNT#{account_id}", f"RECOVERY#{sign('recovery', account_id + code)[:ID_LENGTH]}"


def _seal() -> "Fernet":
    # Imported on first use: most invocations never see a second factor.
    from cryptography.fernet import Fernet

    return Fernet(urlsafe_b64encode(bytes.fromhex(sign("totp", "seal"))))
