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
from tests.makers.scale import FIGURES, IS_WHOLE, pick, tell

POINTS_MIN = 300
PAIRS_OF_A_WORKFLOW = -(-pick(100, 2_000) // len(ALL))
REAL_OF = 20
"""One point in so many is a real SIGKILL of a process."""
KEPT = FIGURES.parent / "crashes"


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
    assert cloud.tables.saved_by_tokens == 0, "a token, which lives ten minutes, is no marker"
    most = max(run.redeliveries for run in [*singles.values(), *real, *pairs])
    figures = {"single points": len(singles), "real kills": len(real), "pairs": len(pairs)}
    told(workflow, figures | {"most redeliveries": most})


def told(workflow: Workflow, figures: Mapping[str, int]) -> None:
    """Keep this workflow's figures; the last one to do so tells those of all."""
    KEPT.mkdir(parents=True, exist_ok=True)
    mine = KEPT / f"{ALL.index(workflow)}.json"
    mine.write_text(json.dumps({**figures, "is_whole": IS_WHOLE}), encoding="utf-8")
    files = [KEPT / f"{number}.json" for number in range(len(ALL))]
    if not all(file.exists() for file in files):
        return
    found = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    if any(one["is_whole"] != IS_WHOLE for one in found):
        return
    for what in figures:
        values = [one[what] for one in found]
        tell("crashes", what, max(values) if what == "most redeliveries" else sum(values))
    tell("crashes", "workflows", len(ALL))
    assert sum(one["single points"] for one in found) >= POINTS_MIN
