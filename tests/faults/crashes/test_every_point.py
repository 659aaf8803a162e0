"""Killed before or after any of its calls, every workflow ends as if nothing had happened."""

import json
from collections.abc import Mapping
from random import Random

import pytest

from tests.conftest import Clock
from tests.faults.crashes.scene import scene
from tests.faults.crashes.sweep import Sweep
from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows import ALL
from tests.makers.killing import SIDES
from tests.makers.quick import Cloud
from tests.makers.scale import FIGURES, pick, tell

POINTS_MIN = 300
PAIRS_OF_A_WORKFLOW = -(-pick(100, 2_000) // len(ALL))
REAL_OF = 20
"""One point in so many is a real SIGKILL of a process."""
FIGURE = "{} of {}"


@pytest.mark.parametrize("workflow", ALL, ids=str)
def test_every_point(
    workflow: Workflow, clock: Clock, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(str(workflow))
    with scene(clock, cloud, monkeypatch, workflow.company) as here:
        sweep = Sweep(workflow, here)
        points = list(sweep.points())
        singles = {point: sweep.kill(point) for point in points}
        killed = chance.sample(points, -(-len(points) // REAL_OF))
        real = [sweep.kill(point, is_real=True) for point in killed]
        pairs = []
        for first in chance.choices(points, k=PAIRS_OF_A_WORKFLOW):
            second = (chance.randint(1, singles[first].after_kill), chance.choice(SIDES))
            pairs.append(sweep.kill(first, second))
    most = max(run.redeliveries for run in [*singles.values(), *real, *pairs])
    told(
        workflow,
        {
            "single points": len(singles),
            "real kills": len(real),
            "pairs": len(pairs),
            "redeliveries": most,
        },
    )


def told(workflow: Workflow, figures: Mapping[str, int]) -> None:
    """Tell this workflow's figures, and those of all once the last one has told its own."""
    for what, value in figures.items():
        tell("crashes", f"{what} of {workflow}", value)
    for what in figures:
        kept = [FIGURES / f"crashes.{what} of {one}.json".replace(" ", "_") for one in ALL]
        if all(file.exists() for file in kept):
            values = [json.loads(file.read_text(encoding="utf-8"))["value"] for file in kept]
            whole = max(values) if what == "redeliveries" else sum(values)
            tell("crashes", what, whole)
            assert what != "single points" or whole >= POINTS_MIN
