"""Accounts, sessions and keys as values; how logins are written; when a sign-in must wait."""

import re
import unicodedata
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from chalicelib.kernel import clock, text
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import FieldError, Malformed, NotSignedIn, Refusal, TooManyRequests

EMAIL_LENGTH_MAX = 254
PHONE_DIGITS_MIN, PHONE_DIGITS_MAX = 7, 15
PASSWORD_LENGTH_MIN, PASSWORD_LENGTH_MAX = 8, 256
NAME_LENGTH_MAX = 100
LABEL_LENGTH_MAX = 60
API_KEYS_MAX = 20

FAILURES_FREE = 5
FAILURES_MEMORY_S = 86_400
THROTTLE_MAX_S = 900
ADDRESS_FAILURES_MAX = 300
ADDRESS_WINDOW_S = 60

_EMAIL = re.compile(r"[^@\s,;<>\"()]+@[^@\s,;<>\"()]+\.[^@\s.,;<>\"()]+")
EMAIL_TOLD = (
    r"""^[^@\s,;<>"()\x00-\x1f\x7f\x85]+@[^@\s,;<>"()\x00-\x1f\x7f\x85]+"""
    r"""\.[^@\s.,;<>"()\x00-\x1f\x7f\x85]+$"""
)
"""An email address as the contract describes it; one with spaces around it is taken as well."""
PHONE_TOLD = (
    r"^[\s().-]*(\+|0[\s().-]*0)?[\s().-]*[1-9]"
    rf"([\s().-]*[0-9]){{{PHONE_DIGITS_MIN - 1},{PHONE_DIGITS_MAX - 1}}}[\s().-]*$"
)
_PHONE_MARKS = re.compile(r"[\s().-]")
_PHONE = re.compile(rf"[1-9][0-9]{{{PHONE_DIGITS_MIN - 1},{PHONE_DIGITS_MAX - 1}}}")


class Audience(StrEnum):
    """Where a login is good: one address may shop and also work for a merchant."""

    SHOP = "shop"
    CONSOLE = "console"


class CannotRegister(Refusal):
    """The address is in use. The answer says no more than that it cannot be taken."""

    code, status = "identity.cannot_register", 422
    title = "No account can be made with this address"


class SignInFailed(NotSignedIn):
    """Wrong password or unknown login: the two look the same from outside."""

    code, title = "identity.sign_in_failed", "The login and the password do not fit"


class SignInThrottled(TooManyRequests):
    """Too many failures; the right password counts again when the wait is over."""

    code, title = "identity.sign_in_throttled", "Too many failed sign-ins; wait a little"

    def __init__(self, wait_s: int) -> None:
        super().__init__()
        self.retry_after_s = max(wait_s, 1)


class TooManyKeys(Refusal):
    code, status = "identity.too_many_keys", 422
    title = f"A merchant has at most {API_KEYS_MAX} API keys; revoke one first"


class LoginUsed(Refusal):
    """This way to a company and back was used before: it is good once."""

    code, status = "identity.login_used", 409
    title = "This sign-in was used already; begin again"


class LinkedElsewhere(Refusal):
    code, status = "identity.linked_elsewhere", 409
    title = "This login belongs to another account"


class AlreadyLinked(Refusal):
    code, status = "identity.already_linked", 409
    title = "Another login of this company is linked; unlink it first"


class LastWayIn(Refusal):
    """Unlinking it would lock the member out."""

    code, status = "identity.last_way_in", 422
    title = "This is the only way into your account; add another first"


class LinkedLogin(Struct, frozen=True):
    """A company by which a member enters, as the member sees it."""

    provider: str
    name: str
    linked_at: str


class Account(Struct, frozen=True):
    """A person. `email` or `phone` is the login; `role` and `merchant_id` are the console's.

    `is_verified` says that a code sent to the login came back.
    """

    id: str
    audience: Audience
    email: str
    phone: str
    name: str
    locale: str
    role: str
    merchant_id: str
    created_at: str
    is_verified: bool = False


class Session(Struct, frozen=True):
    """A sign-in that is good now: who it is, and what pages greet them with."""

    actor: Actor
    account_id: str
    name: str
    email: str
    locale: str
    expires_at: str


class ApiKey(Struct, frozen=True):
    """A merchant's API key as its console lists it; `hint` is the end of the token."""

    id: str
    merchant_id: str
    label: str
    hint: str
    created_at: str
    created_by: str


class AuditEntry(Struct, frozen=True):
    """A privileged action: who did what to whom, and when."""

    at: str
    actor: str
    action: str
    subject: str
    detail: str


class Lifetime(Struct, frozen=True):
    """How long a session lasts without use, and at most; `renew_s` spares a write a request."""

    idle_s: int
    absolute_s: int
    renew_s: int

    def until(self, created: datetime, seen: datetime) -> datetime:
        """When a session made then and last used then ends."""
        return min(clock.later(seen, self.idle_s), clock.later(created, self.absolute_s))


LIFETIMES = {
    Audience.SHOP: Lifetime(idle_s=30 * 86_400, absolute_s=180 * 86_400, renew_s=86_400),
    Audience.CONSOLE: Lifetime(idle_s=2 * 3_600, absolute_s=12 * 3_600, renew_s=300),
}
assert set(LIFETIMES) == set(Audience), "every audience has its lifetime"


def normal_email(email: str, field: str = "email") -> str:
    """Write an email address the one way it is kept: NFC, lower case. Refuses what is none."""
    written = unicodedata.normalize("NFC", email.strip()).lower()
    if len(written) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(written) or text.has_control(email):
        raise wrong(field, "This is not an email address")
    return written


def normal_phone(phone: str, field: str = "phone") -> str:
    """Write a phone number as `+` and the digits of E.164. Refuses what is none."""
    digits = _PHONE_MARKS.sub("", phone)
    digits = digits.removeprefix("+") if digits.startswith("+") else digits.removeprefix("00")
    if not digits.isascii() or not _PHONE.fullmatch(digits):
        raise wrong(field, "This is not a phone number with its country code")
    return f"+{digits}"


def normal_login(email: str | None, phone: str | None) -> str:
    """Return the login that either an email or a phone number is. Refuses both, and neither."""
    if (email is None) == (phone is None):
        raise wrong("email", "Give an email address or a phone number, one of the two")
    return normal_email(email) if email is not None else normal_phone(phone or "")


def normal_password(password: str) -> str:
    """Bring a password into one Unicode form (NFKC, NIST SP 800-63B 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def new_password(password: str) -> str:
    """Check a password that is being chosen; returns it in its one form."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise wrong(
            "password",
            f"A password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters",
        )
    return normal_password(password)


def plain_name(name: str, field: str = "name", *, length_max: int = NAME_LENGTH_MAX) -> str:
    """Check a name or label: some length, no control characters."""
    written = unicodedata.normalize("NFC", name.strip())
    if len(written) > length_max or text.has_control(written) or len(written.splitlines()) > 1:
        raise wrong(field, f"Up to {length_max} characters on one line")
    return written


def throttle_s(failures: int) -> int:
    """How long a login must wait after so many failures in a row: doubling, up to a quarter hour."""
    if failures < FAILURES_FREE:
        return 0
    return int(min(2 ** min(failures - FAILURES_FREE, 30), THROTTLE_MAX_S))


def wrong(field: str, detail: str) -> Malformed:
    """Make the refusal that names one field."""
    return Malformed(detail, errors=[FieldError(field, "invalid", detail)])


class Purpose(StrEnum):
    """What a one-time code is asked for."""

    SIGN_IN = "sign_in"
    RESET = "reset_password"
    VERIFY = "verify"


CODE_DIGITS = 6
CODE_TTL_S = 600
CODE_TRIES_MAX = 5
CODES_AN_HOUR = 5
CODES_WINDOW_S = 3_600
CHALLENGE_TTL_S = 600
STEP_S = 30
"""A time step of RFC 6238."""
RECOVERY_CODES = 10
SESSIONS_AT_ONCE = 40
"""Sessions that end in the one transaction that changes a password."""


class CodeWrong(NotSignedIn):
    """Never sent, used, too old, tried too often, or simply wrong: all look the same."""

    code, title = "identity.code_wrong", "The code is wrong, used or too old; ask for a new one"


class TooManyCodes(TooManyRequests):
    """A login gets a few codes an hour, whether or not it belongs to anybody."""

    code, title = "identity.too_many_codes", "Enough codes were sent; wait a little"

    def __init__(self, wait_s: int) -> None:
        super().__init__()
        self.retry_after_s = max(wait_s, 1)


class SecondFactorNeeded(NotSignedIn):
    """The first factor fits. `challenge` goes with the second one, within ten minutes."""

    code, title = "identity.second_factor_needed", "Enter the code of your authenticator"


class ChallengeOver(NotSignedIn):
    code, title = "identity.challenge_over", "This sign-in took too long; begin again"


class FactorConflict(Refusal):
    code, status = "identity.factor_conflict", 409
    title = "The second factor is not in the state for this"


class NoPassword(Refusal):
    """An account that other companies vouch for; a code sets its first password."""

    code, status = "identity.no_password", 409
    title = "This account has no password yet; set one with a code"


class SessionEntry(Struct, frozen=True):
    """A sign-in as its member lists it; `seen_at` is coarse, for it is renewed once a day."""

    id: str
    device: str
    created_at: str
    seen_at: str
    expires_at: str
    is_current: bool


class FactorState(StrEnum):
    """A secret is PENDING until a first code proves that the authenticator has it."""

    PENDING = "pending"
    ACTIVE = "active"


class Security(Struct, frozen=True):
    """What secures an account, as its member sees it."""

    login: str
    is_verified: bool
    has_password: bool
    has_second_factor: bool
    recovery_codes_left: int


_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""Marks in a User-Agent, the telling ones first: most browsers also say that they are others."""


def device_of(user_agent: str) -> str:
    """Name a browser and its system, `Chrome, Windows`; empty for a program's."""
    found = [
        next((name for mark, name in table if mark in user_agent), "")
        for table in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, found))


def normal_code(text_: str) -> str:
    """Bring a code as people type it (spaces, dashes, full-width digits) into its one form."""
    written = unicodedata.normalize("NFKC", text_)
    return "".join(letter for letter in written if letter.isalnum()).upper()[:40]


def steps_around(now: datetime) -> tuple[int, ...]:
    """The time steps whose codes count now: clocks may differ by one (RFC 6238, section 5.2)."""
    step = clock.epoch(now) // STEP_S
    return (step - 1, step, step + 1)
