"""Merchants as values: their states, their codes, their ways to deliver, and what is refused."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from chalicelib.kernel import countries, text
from chalicelib.kernel.errors import FieldError, Malformed, Refusal
from chalicelib.kernel.money import AMOUNT_MAX, Money
from chalicelib.kernel.states import Machine

CODE_LENGTH_MAX = 40
NAME_LENGTH_MAX = 100
DESCRIPTION_LENGTH_MAX = 2_000
EMAIL_LENGTH_MAX = 254
REASON_LENGTH_MAX = 500
COMMISSION_BPS_MAX = 10_000
METHODS_MAX = 10
METHOD_DAYS_MAX = 365
DELIVERY_PRICE_MINOR = 499
LOCALES = ("en", "zh-CN")

_CODE = re.compile(rf"[a-z0-9](?:[a-z0-9-]{{0,{CODE_LENGTH_MAX - 2}}}[a-z0-9])?")
_METHOD_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_CURRENCY = re.compile(r"[A-Z]{3}")


class MerchantState(StrEnum):
    APPLIED = "applied"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    REJECTED = "rejected"


STANDING = Machine(
    MerchantState,
    {
        MerchantState.APPLIED: {MerchantState.IN_REVIEW},
        MerchantState.IN_REVIEW: {MerchantState.APPROVED, MerchantState.REJECTED},
        MerchantState.APPROVED: {MerchantState.SUSPENDED},
        MerchantState.SUSPENDED: {MerchantState.APPROVED, MerchantState.CLOSED},
        MerchantState.CLOSED: set(),
        MerchantState.REJECTED: set(),
    },
)
assert STANDING.sources(MerchantState.APPLIED) == [], "an application is where it begins"


class CodeTaken(Refusal):
    """Another merchant has this code; codes are part of every sku and never change hands."""

    code, status, title = "merchants.code_taken", 409, "Another merchant has this code"


class WrongState(Refusal):
    """The merchant's state does not allow this move."""

    code, status, title = "merchants.wrong_state", 409, "The merchant's state does not allow this"


class MethodKind(StrEnum):
    HOME = "home"
    PICKUP = "pickup"


class DeliveryMethod(Struct, frozen=True, kw_only=True):
    """One way a merchant delivers. No `countries` means worldwide; from `free_from` it is free.

    `name` is by locale; `days_min` to `days_max` is the estimate.
    """

    id: str
    kind: MethodKind
    name: dict[str, str]
    price: Money
    free_from: Money | None = None
    countries: tuple[str, ...] = ()
    days_min: int = 1
    days_max: int = 7


class Merchant(Struct, frozen=True, kw_only=True):
    """Who sells. `code` begins every sku of theirs; `name` and `description` are by locale."""

    id: str
    code: str
    name: dict[str, str]
    email: str
    state: MerchantState
    commission_bps: int
    currency: str
    delivery_methods: tuple[DeliveryMethod, ...]
    description: dict[str, str]
    created_at: str
    version: int = 1

    @property
    def can_sell(self) -> bool:
        """Whether its products may be shown and bought."""
        return self.state is MerchantState.APPROVED

    def name_in(self, locale: str) -> str:
        """The name in a locale, or the English one."""
        return self.name.get(locale) or self.name["en"]


class Review(Struct, frozen=True):
    """A step of a merchant's standing: who moved it, where from and to, and why."""

    at: str
    actor: str
    source: str
    target: str
    reason: str


def code_from(name: str) -> str:
    """Make a code out of a name; empty where the name has no Latin letters or digits."""
    return text.slug(name)[:CODE_LENGTH_MAX].strip("-")


def checked_code(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise wrong("code", f"1 to {CODE_LENGTH_MAX} of a-z, 0-9 and inner hyphens")
    return code


def checked_name(name: str | Mapping[str, str]) -> dict[str, str]:
    """Bring a name to `{"en": …}` with other locales where there are some."""
    by_locale = {"en": name} if isinstance(name, str) else dict(name)
    names = {locale: _line("name", value) for locale, value in by_locale.items()}
    if set(names) - set(LOCALES) or not names.get("en"):
        raise wrong("name", "A name in English, and in Chinese if you like")
    return {locale: written for locale, written in names.items() if written}


def checked_description(description: Mapping[str, str]) -> dict[str, str]:
    for locale, written in description.items():
        if locale not in LOCALES or len(written) > DESCRIPTION_LENGTH_MAX:
            raise wrong("description", f"Up to {DESCRIPTION_LENGTH_MAX} characters a locale")
        if text.has_control(written):
            raise wrong("description", "No control characters")
    return dict(description)


def checked_email(email: str) -> str:
    written = email.strip().lower()
    if len(written) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(written) or text.has_control(email):
        raise wrong("email", "This is not an email address")
    return written


def checked_commission(commission_bps: int) -> int:
    if not 0 <= commission_bps <= COMMISSION_BPS_MAX:
        raise wrong("commission_bps", f"0 to {COMMISSION_BPS_MAX} ten-thousandths")
    return commission_bps


def checked_currency(currency: str) -> str:
    if not _CURRENCY.fullmatch(currency):
        raise wrong("currency", "An ISO 4217 code")
    return currency


def checked_reason(reason: str) -> str:
    written = reason.strip()
    if len(written) > REASON_LENGTH_MAX or text.has_control(written):
        raise wrong("reason", f"Up to {REASON_LENGTH_MAX} characters")
    return written


def checked_methods(methods: Sequence[DeliveryMethod], currency: str) -> tuple[DeliveryMethod, ...]:
    """Check a merchant's ways to deliver as a whole; refuses the first that is wrong."""
    if not 1 <= len(methods) <= METHODS_MAX:
        raise wrong("delivery_methods", f"1 to {METHODS_MAX} ways to deliver")
    if len({method.id for method in methods}) != len(methods):
        raise wrong("delivery_methods", "Every way to deliver has an id of its own")
    for method in methods:
        checked_name(method.name)
        _check_method(method, currency)
    return tuple(methods)


def standard_delivery(currency: str) -> DeliveryMethod:
    """What a merchant begins with: to the door, worldwide, at one price."""
    return DeliveryMethod(
        id="standard",
        kind=MethodKind.HOME,
        name={"en": "Standard delivery", "zh-CN": "标准配送"},
        price=Money(DELIVERY_PRICE_MINOR, currency),
        days_min=2,
        days_max=5,
    )


def wrong(field: str, detail: str) -> Malformed:
    """Make the refusal that names one field."""
    return Malformed(detail, errors=[FieldError(field, "invalid", detail)])


def _check_method(method: DeliveryMethod, currency: str) -> None:
    field = f"delivery_methods.{method.id}"
    if not _METHOD_ID.fullmatch(method.id):
        raise wrong("delivery_methods.id", "1 to 32 of a-z, 0-9 and inner hyphens")
    for money in (method.price, method.free_from):
        if money is not None and (
            money.currency != currency or not 0 <= money.amount <= AMOUNT_MAX
        ):
            raise wrong(f"{field}.price", f"An amount of {currency} that is not negative")
    if not 0 <= method.days_min <= method.days_max <= METHOD_DAYS_MAX:
        raise wrong(f"{field}.days_min", f"From fewest to most days, at most {METHOD_DAYS_MAX}")
    if not set(method.countries) <= countries.CODES:
        raise wrong(f"{field}.countries", "ISO 3166 alpha-2 codes")


def _line(field: str, written: str) -> str:
    stripped = written.strip()
    if (
        len(stripped) > NAME_LENGTH_MAX
        or text.has_control(stripped)
        or len(stripped.splitlines()) > 1
    ):
        raise wrong(field, f"Up to {NAME_LENGTH_MAX} characters on one line")
    return stripped
