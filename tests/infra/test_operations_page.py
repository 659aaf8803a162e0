"""docs/operations.md names every parameter, every queue and every alarm threshold as it is."""

import pytest

from infra.package import ROOT
from infra.stack import alarms, edge
from infra.template import DESCRIPTIONS
from infra.wiring import QUEUES, STREAM

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_every_parameter_is_explained(name: str):
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("key", [*(queue.key for queue in QUEUES), STREAM.key])
def test_every_queue_is_named(key: str):
    assert f"`{key}`" in PAGE


def test_the_numbers_are_those_of_the_template():
    assert alarms.API_FAILURES_PER_5_MIN == 5
    assert "five server\nerrors" in PAGE or "five server errors" in PAGE
    assert alarms.RELAY_LAG_MS_MAX == 60_000
    assert "lags by a minute" in PAGE
    assert f"{edge.FIREWALL_REQUESTS_PER_5_MIN:,} requests per five minutes" in PAGE
