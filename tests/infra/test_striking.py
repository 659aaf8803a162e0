"""A schedule that is struck by hand does what it does when its clock strikes."""

from io import BytesIO
from typing import Any

import pytest

from chalicelib.aws.workers import outbox_sweep
from chalicelib.contexts.search.workers import search_build
from infra import striking


class Clouds:
    """CloudFormation and Lambda as far as striking goes; `fails` lets the function raise."""

    def __init__(self, *, fails: bool) -> None:
        self.fails = fails
        self.invoked: list[dict[str, Any]] = []

    def describe_stack_resource(self, **wanted: str) -> Any:
        assert wanted == {"StackName": "dev-souk", "LogicalResourceId": "OutboxSweep"}
        return {"StackResourceDetail": {"PhysicalResourceId": "dev-souk-sweep"}}

    def invoke(self, **wanted: Any) -> Any:
        self.invoked.append(wanted)
        error = {"FunctionError": "Unhandled"} if self.fails else {}
        return {"Payload": BytesIO(b'{"refused": 0}'), **error}


@pytest.fixture
def clouds(monkeypatch) -> Clouds:
    made = Clouds(fails=False)
    monkeypatch.setattr(striking.boto3, "client", lambda name: made)
    return made


@pytest.mark.parametrize("function", [outbox_sweep, search_build])
def test_functions_take_the_tick(stage, function) -> None:
    assert isinstance(function(dict(striking.TICK), None), dict)


def test_the_function_is_found_in_the_stack_and_answers(clouds) -> None:
    assert striking.strike("dev", "OutboxSweep") == {"refused": 0}
    assert [one["FunctionName"] for one in clouds.invoked] == ["dev-souk-sweep"]


def test_a_function_that_raises_is_told(clouds) -> None:
    clouds.fails = True
    with pytest.raises(striking.StrikeFailed, match="refused"):
        striking.strike("dev", "OutboxSweep")
