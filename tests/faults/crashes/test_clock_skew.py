"""Functions whose clocks differ by up to ten minutes break nothing."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from tests.conftest import Clock
from tests.faults.crashes.scene import MINUTE_S, scene
from tests.faults.crashes.workflow import Workflow
from tests.faults.crashes.workflows import acts, buying, selling
from tests.makers import invariants
from tests.makers.quick import Cloud
from tests.makers.scale import pick, tell

SKEW_MAX_S = 10 * MINUTE_S
RUNS = pick(5, 100)
WORKFLOWS = [*buying.WORKFLOWS, *selling.WORKFLOWS]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=str)
def test_workers_that_disagree_about_the_time(
    workflow: Workflow, clock: Clock, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker and each clock that strikes runs up to ten minutes early or late."""
    with scene(clock, cloud, monkeypatch, workflow.company) as here:
        workflow.prepare(here)
        here.rest()
        bring_back = here.put_aside()
        for seed in range(RUNS):
            bring_back()
            here.machine.guard = skewed(clock, Random(f"{workflow} {seed}"))
            for step in workflow.steps:
                step(here)
                here.rest()
                here.machine.settle()
            here.machine.guard = lambda _name, call: call()
            here.later(workflow.patience_s + 2 * SKEW_MAX_S)
            here.machine.settle()
            assert here.machine.dead == []
            invariants.check_all(here.shelves)
    tell("crashes", f"runs of each of {len(WORKFLOWS)} workflows with clocks ten minutes off", RUNS)


def test_a_purchase_that_only_some_clocks_call_expired(
    clock: Clock, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five minutes before its end the sweeps may call it expired; the money that comes still pays."""
    early = 0
    with scene(clock, cloud, monkeypatch) as here:
        acts.bought(here)
        bring_back = here.put_aside()
        for seed in range(8 * RUNS):
            bring_back()
            here.machine.guard = skewed(clock, Random(seed))
            here.later(acts.HALF_AN_HOUR_S - 5 * MINUTE_S)
            here.machine.settle()
            early += here.now()["state"] == "expired"
            acts.capture(here)
            here.machine.settle()
            here.later(2 * SKEW_MAX_S)
            here.machine.settle()
            acts.ends("paid", "placed", "placed", left=18)(here)
            invariants.check_all(here.shelves)
    assert 0 < early < 8 * RUNS, "the clocks agree too well to show anything"


def skewed(clock: Clock, chance: Random) -> Callable[[str, Callable[[], Any]], Any]:
    """Give each function that runs a clock of its own."""

    def guard(_name: str, call: Callable[[], Any]) -> Any:
        skew_s = chance.randint(-SKEW_MAX_S, SKEW_MAX_S)
        clock.forward(skew_s)
        try:
            return call()
        finally:
            clock.forward(-skew_s)

    return guard
