"""A stage that costs nothing to make, to put aside and to bring back."""

import logging
from collections.abc import Iterator

import pytest

from tests.conftest import Clock
from tests.makers import least_privilege
from tests.makers.quick import Cloud, quick_cloud
from tests.makers.stage import enter, forget


@pytest.fixture
def quiet() -> Iterator[None]:
    """No log lines: there would be hundreds of thousands."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, clock: Clock, quiet: None) -> Iterator[Cloud]:
    """A whole stage in this process; the clock stands still."""
    enter(monkeypatch)
    with quick_cloud() as made, least_privilege.held():
        yield made
    forget()
