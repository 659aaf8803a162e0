"""Money: an integer of minor units with a currency. Splitting never loses a cent."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

# ISO 4217 exponents that differ from two.
EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
AMOUNT_MAX = 10**12
_CURRENCY = re.compile(r"[A-Z]{3}")
_SEEN: set[str] = set()
"""Currencies that were looked at, for a shop makes much money of few."""


def _is_currency(text: str) -> bool:
    if _CURRENCY.fullmatch(text):
        _SEEN.add(text)
    return text in _SEEN


def exponent(currency: str) -> int:
    """How many decimal places a currency's minor unit stands for (ISO 4217)."""
    return EXPONENTS.get(currency, 2)


class Money(Struct, frozen=True, order=True, gc=False):
    """`amount` integer minor units of `currency` (ISO 4217)."""

    amount: int
    currency: str

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read a decimal such as `12.50`. Raises ValueError when it is no exact amount."""
        try:
            value = Decimal(text.strip())
        except InvalidOperation:
            raise ValueError(f"{text!r} is not an amount") from None
        if not value.is_finite():
            raise ValueError(f"{text!r} is not an amount")
        minor = value.scaleb(exponent(currency))
        if minor != minor.to_integral_value() or abs(minor) > AMOUNT_MAX:
            raise ValueError(f"{text!r} is not an exact amount of {currency}")
        return cls(int(minor), currency)

    def __post_init__(self) -> None:
        assert type(self.amount) is int, "money is an integer of minor units"
        assert self.currency in _SEEN or _is_currency(self.currency), (
            "a currency is three capital letters"
        )

    def __add__(self, other: Self) -> Self:
        assert self.currency == other.currency, "currencies never mix"
        return replace(self, amount=self.amount + other.amount)

    def __sub__(self, other: Self) -> Self:
        assert self.currency == other.currency, "currencies never mix"
        return replace(self, amount=self.amount - other.amount)

    def __neg__(self) -> Self:
        return replace(self, amount=-self.amount)

    def __mul__(self, factor: int) -> Self:
        assert type(factor) is int, "money is multiplied by whole numbers; use share_bps for rates"
        return replace(self, amount=self.amount * factor)

    def __bool__(self) -> bool:
        return self.amount != 0

    def share_bps(self, rate_bps: int) -> Self:
        """Take a share of `rate_bps` ten-thousandths, halves rounded away from zero."""
        product = self.amount * rate_bps
        half_up = (abs(product) + 5_000) // 10_000
        return replace(self, amount=half_up if product >= 0 else -half_up)

    def allocate(self, weights: Sequence[int]) -> list[Self]:
        """Split by weight; the largest remainders get the spare cents."""
        shares = shared(self.amount, weights)
        return [replace(self, amount=share) for share in shares]

    def decimal(self) -> Decimal:
        """The amount in major units, exactly."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))


def shared(amount: int, weights: Sequence[int]) -> list[int]:
    """Split minor units by weight; the largest remainders get the spare ones, the first of equals
    before the others. No share passes its weight while `amount` does not pass their sum.
    """
    total = sum(weights)
    assert total > 0, "somebody must take a share"
    assert min(weights) >= 0, "weights are not negative"
    exact = [amount * weight for weight in weights]
    shares = [part // total for part in exact]
    spare = amount - sum(shares)
    if spare:
        wants = [-(part % total) for part in exact]
        for i in sorted(range(len(wants)), key=wants.__getitem__)[:spare]:
            shares[i] += 1
    assert sum(shares) == amount, "splitting never loses a cent"
    return shares


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Sum amounts of one currency; the sum of none is zero."""
    result = Money.zero(currency)
    for amount in amounts:
        result += amount
    return result
