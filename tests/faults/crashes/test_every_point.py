"""Killed before or after any of its calls, every workflow ends as if nothing had happened."""

import pytest

from tests.conftest import Clock
from tests.faults.crashes.scene import scene
from tests.faults.crashes.sweep import Sweep
from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows import ALL
from tests.makers.quick import Cloud
from tests.makers.scale import tell


@pytest.mark.parametrize("workflow", ALL, ids=str)
def test_every_single_point(
    workflow: Workflow, clock: Clock, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene(clock, cloud, monkeypatch, workflow.company) as played:
        sweep = Sweep(workflow, played)
        points = list(sweep.points())
        for point in points:
            sweep.kill(point)
    tell("crashes", f"points of {workflow}", len(points))
