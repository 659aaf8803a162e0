"""Engines that have shown what they can be trusted with, and a crowd."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cache

import pytest

from tests.makers.engines import STARTERS, Engine, Find, World, self_test, staged
from tests.makers.engines.crowd import Crowd, gathered
from tests.makers.engines.engine import client

UNCALLED = {"SOUK_SANDBOX_URL"}
"""The sandbox companies call and are not called: nothing listens where they would."""


@pytest.fixture(scope="session")
def verdicts(engines: Find) -> Callable[[str], dict[str, str]]:
    """Give what the self-test holds against the engine of a name."""

    @cache
    def judge(name: str) -> dict[str, str]:
        engine = engines(name)
        with closing(client(engine.url, engine.account())) as dynamodb:
            return self_test.failures(dynamodb)

    return judge


@pytest.fixture(params=sorted(STARTERS))
def engine_name(request: pytest.FixtureRequest) -> str:
    """Every test that asks for an engine runs on each."""
    found: str = request.param
    return found


@pytest.fixture
def engine(engine_name: str, request: pytest.FixtureRequest) -> Engine:
    """A running engine that has passed what a race relies on; else the test fails and says so."""
    found: Engine = request.getfixturevalue("engines")(engine_name)
    self_test.require(engine_name, request.getfixturevalue("verdicts")(engine_name))
    return found


@pytest.fixture
def world(engine: Engine, clock) -> Iterator[World]:
    """A whole stage with its tables on the engine."""
    with staged(engine, clock, without=UNCALLED) as made:
        yield made


@pytest.fixture(scope="session")
def crowd() -> Iterator[Crowd]:
    """Sixteen processes, for all races of this test process."""
    with gathered() as made:
        yield made
