"""What all tests stand on: a fixed clock, no network but loopback, and a stage on moto."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import botocore.session
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from chalicelib.kernel import clock as clock_module
from tests.makers import cheap_passwords, least_privilege
from tests.makers.engines import STARTERS, Engine, Find, running, staged
from tests.makers.quick_moto import create_stage, kept_connection, quick_moto
from tests.makers.stage import enter, forget

_loader = botocore.session.create_loader()
botocore.session.create_loader = lambda _path: _loader  # service models are parsed once a run
cheap_passwords.use(cheap_passwords.CHEAP)

hypothesis_settings.register_profile(
    "souk",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
hypothesis_settings.load_profile("souk")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Any test that stands on a stage runs on a real engine, too: `pytest --engine ministack …`."""
    parser.addoption("--engine", choices=sorted(STARTERS), help="where stages have their tables")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share tests out between the processes of `-n` in our own way."""
    from tests.makers.sharing import Sharing

    config.option.loadscopereorder = False
    return Sharing(config, log)


@pytest.hookimpl(trylast=True)  # after they were shuffled
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    from tests.makers.sharing import rank

    items.sort(key=lambda item: rank(item.nodeid))


STARTED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def _only_loopback(request: pytest.FixtureRequest) -> None:
    """Refuse every address but this machine's own (pytest-socket)."""
    request.getfixturevalue("socket_enabled")
    from pytest_socket import socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Let the test hold the time."""
    source = Clock(STARTED_AT)
    former = clock_module.use(source)
    yield source
    clock_module.use(former)


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Find]:
    """Give the engine of a name, started when first asked for and ended with the tests."""
    with ExitStack() as stack:

        @cache
        def find(name: str) -> Engine:
            return stack.enter_context(running(name, tmp_path_factory.mktemp(name)))

        yield find


@pytest.fixture
def stage(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> Iterator[Clock]:
    """A whole stage on moto: settings, tables, queues, bus, buckets. Gives the clock."""
    if name := request.config.getoption("engine"):
        with staged(request.getfixturevalue("engines")(name), clock):
            yield clock
        return
    enter(monkeypatch)
    with quick_moto(), kept_connection(), least_privilege.held():
        create_stage()
        yield clock
    forget()
