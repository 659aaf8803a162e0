"""Money: exact, in one currency, and split without losing a cent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.money import Money, total

AMOUNTS = st.integers(min_value=-(10**9), max_value=10**9)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=40).filter(sum)


@given(AMOUNTS, WEIGHTS)
def test_allocation_sums_to_the_whole(amount: int, weights: list[int]) -> None:
    shares = Money(amount, "GBP").allocate(weights)
    assert total(shares, "GBP") == Money(amount, "GBP")


@given(AMOUNTS, WEIGHTS)
def test_allocation_is_within_a_cent_of_exact(amount: int, weights: list[int]) -> None:
    for share, weight in zip(Money(amount, "GBP").allocate(weights), weights, strict=True):
        assert abs(share.amount * sum(weights) - amount * weight) < sum(weights)


def test_largest_remainder_takes_the_spare_cent() -> None:
    assert [m.amount for m in Money(100, "GBP").allocate([1, 1, 1])] == [34, 33, 33]
    assert [m.amount for m in Money(10, "GBP").allocate([1, 5, 1])] == [2, 7, 1]


def test_currencies_never_mix() -> None:
    with pytest.raises(AssertionError, match="currencies never mix"):
        Money(1, "GBP") + Money(1, "EUR")


def test_floats_are_not_money() -> None:
    with pytest.raises(AssertionError, match="integer"):
        Money(1.0, "GBP")


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [("12.50", "GBP", 1250), ("7", "GBP", 700), ("300", "JPY", 300), ("1.234", "KWD", 1234)],
)
def test_reads_decimals_by_the_currency_s_exponent(text: str, currency: str, amount: int) -> None:
    assert Money.parse(text, currency) == Money(amount, currency)


@pytest.mark.parametrize("text", ["", "abc", "1.005", "1e3x", "NaN", "Infinity", "9" * 20])
def test_refuses_what_is_no_exact_amount(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        Money.parse(text, "GBP")


@pytest.mark.parametrize(
    ("amount", "bps", "share"), [(999, 1000, 100), (5, 1000, 1), (-5, 1000, -1), (4, 1000, 0)]
)
def test_rates_round_halves_away_from_zero(amount: int, bps: int, share: int) -> None:
    assert Money(amount, "GBP").share_bps(bps).amount == share
