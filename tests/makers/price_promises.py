"""What a promise about prices is held against: random carts, a taste or the whole of them."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.makers.prices import random_market
from tests.makers.scale import pick, tell

SUITE = "prices"
CASES = pick(1_000, 20_000)
RUN: Counter[str] = Counter()
seeds, counts = st.integers(0, 2**32), st.integers(0, 12)
shuffles = st.builds(Random, st.integers(0, 2**32))
markets = st.builds(random_market, seeds, st.integers(0, 8), counts)


def promise(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """Hold a test to this many random cases, and keep how many there were."""

    def held(test: Callable[..., None]) -> Any:
        @wraps(test)
        def counted(*args: Any, **kwargs: Any) -> None:
            test(*args, **kwargs)
            RUN[test.__name__] += 1

        return settings(max_examples=CASES)(given(*strategies)(counted))

    return held


def tell_cases() -> None:
    """Tell how many cases each promise held in, since this process began."""
    for name, cases in RUN.items():
        words = name.removeprefix("test_").replace("_", " ")
        tell(SUITE, f"cases in which {words}", cases)
