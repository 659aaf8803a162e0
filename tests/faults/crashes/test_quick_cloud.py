"""What suites use instead of moto answers as moto does, to the byte."""

from typing import Any

import pytest

from tests.conftest import Clock
from tests.faults.crashes.scene import Scene, scene
from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows import ALL
from tests.makers import rows
from tests.makers.quick import quick_cloud

TOLD = (
    "declined and paid again",
    "late money revives",
    "late money goes back",
    "cancel paid",
    "statement closing",
    "catalogue",
    "stock runs out and comes back",
    "merchant is suspended and reinstated",
)


class Still:
    """Stands for a cloud that is never put aside."""

    def put_aside(self) -> Any:
        return None

    def bring_back(self, kept: Any) -> None:
        assert kept is None


def played(workflow: Workflow, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> rows.Rows:
    started = clock.moment
    with monkeypatch.context() as patch, scene(clock, Still(), patch, workflow.company) as here:
        play(workflow, here)
        found = rows.everything()
    clock.moment = started
    return found


def play(workflow: Workflow, here: Scene) -> None:
    workflow.prepare(here)
    here.rest()
    for step in workflow.steps:
        step(here)
        here.rest()
    here.later(60)
    here.machine.settle()
    workflow.ends(here)


@pytest.mark.parametrize("workflow", [one for one in ALL if one.name in TOLD], ids=str)
def test_a_story_ends_with_the_same_rows(
    workflow: Workflow, stage: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_moto = played(workflow, stage, monkeypatch)
    with quick_cloud():
        quickly = played(workflow, stage, monkeypatch)
    blind = {"MAIL": {"message_id"}}  # the carrier's own number
    assert without(blind, quickly) == without(blind, by_moto)


def without(blind: dict[str, set[str]], found: rows.Rows) -> Any:
    return {
        (room, place): {
            name: value
            for name, value in row.items()
            if name not in blind.get(row["kind"]["S"], ())
        }
        for room, table in found.items()
        for place, row in table.items()
    }
