"""Promises about prices tell in how many random cases they held."""

from collections.abc import Iterator

import pytest

from tests.makers.price_promises import tell_cases


@pytest.fixture(scope="package", autouse=True)
def told() -> Iterator[None]:
    yield
    tell_cases()
