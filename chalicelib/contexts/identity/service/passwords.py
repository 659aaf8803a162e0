"""Passwords: argon2id at OWASP's smaller recommendation (19 MiB, two passes, one lane)."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MEMORY_KIB = 19_456
PASSES = 2
LANES = 1

# The hash of a password that nobody knows, at the same costs: verifying against it takes as long
# for a login that does not exist as for one that does.
NOBODYS_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$yHGfjY4XITyuNEhiKUTt2Q"
    "$pjqVPWEq5thKFumXFiS+33mSEjqfKOVr9JG+2K2pdxQ"
)


def hashed(password: str) -> str:
    """Hash a password in its one form with a salt of its own."""
    return _hasher().hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Verify a password; takes the same time where there is no hash to verify against."""
    from argon2.exceptions import VerifyMismatchError

    try:
        _hasher().verify(password_hash or NOBODYS_HASH, password)
    except VerifyMismatchError:
        return False
    return password_hash is not None


@cache
def _hasher() -> "PasswordHasher":
    # Imported on first use: most invocations never see a password.
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
