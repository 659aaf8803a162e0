"""Passkeys as values: what their member sees of them, and what can be refused about them."""

from msgspec import Struct

from chalicelib.kernel.errors import NotSignedIn, Refusal

PASSKEYS_MAX = 10
PASSKEY_CHALLENGE_TTL_S = 600
PASSKEY_ANSWER_LENGTH_MAX = 20_000
PASSKEY_NAME_LENGTH_MAX = 60


class Passkey(Struct, frozen=True):
    """A way in by a device that knows its owner; `used_at` is empty until its first sign-in."""

    id: str
    name: str
    created_at: str
    used_at: str


class PasskeyRefused(NotSignedIn):
    """Unknown, somebody else's, for another place, unverified or perhaps copied: all look the same."""

    code, title = "identity.passkey_refused", "This passkey opens no account here"


class PasskeyOver(Refusal):
    """A challenge is good once, for ten minutes."""

    code, status = "identity.passkey_over", 409
    title = "This took too long or was sent before; try again"


class PasskeyNotMade(Refusal):
    """What the device answered does not hold, or was made for another place."""

    code, status = "identity.passkey_not_made", 422
    title = "The device's answer cannot be taken; try again"


class PasskeyKnown(Refusal):
    code, status = "identity.passkey_known", 409
    title = "This passkey is known already"


class TooManyPasskeys(Refusal):
    code, status = "identity.too_many_passkeys", 422
    title = f"An account has at most {PASSKEYS_MAX} passkeys; remove one first"
