"""Engines that start when a test first asks for them, and end with the tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import cache

import pytest

from tests.makers.engines import STARTERS, Engine, running, self_test
from tests.makers.engines.crowd import Crowd, World, gathered
from tests.makers.engines.engine import client
from tests.makers.engines.fetch import Unreachable
from tests.makers.engines.stages import staged

Find = Callable[[str], Engine]
JUDGED = {"race", "token replay", "token mismatch", "bank"}
"""What a race must be able to rely on; a condition's own grammar is proven on DynamoDB Local."""


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Find]:
    """Give the engine of a name, started once."""
    with ExitStack() as stack:

        @cache
        def find(name: str) -> Engine:
            return stack.enter_context(running(name, tmp_path_factory.mktemp(name)))

        yield find


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
    try:
        found: Engine = request.getfixturevalue("engines")(engine_name)
    except Unreachable as unreachable:
        pytest.fail(str(unreachable), pytrace=False)
    wrong = request.getfixturevalue("verdicts")(engine_name)
    if fatal := {probe: wrong[probe] for probe in JUDGED & set(wrong)}:
        pytest.fail(f"{found.name} cannot judge this, it fails {fatal}", pytrace=False)
    return found


@pytest.fixture
def world(engine: Engine, clock) -> Iterator[World]:
    """A whole stage with its tables on the engine."""
    with staged(engine, clock) as made:
        yield made


@pytest.fixture(scope="session")
def crowd() -> Iterator[Crowd]:
    """Sixteen processes, for all races of this test process."""
    with gathered() as made:
        yield made
