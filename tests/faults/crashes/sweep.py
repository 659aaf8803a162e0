"""Plays a workflow, kills it wherever the plan says, lets it recover, and compares the ends."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.faults.crashes.scene import Scene
from tests.faults.crashes.workflow import Workflow
from tests.makers import end_states, invariants, rows
from tests.makers.killing import SIDES, Killed, Killer, Point

REDELIVERIES_MAX = 3
BLIND = {
    "*": {"expires_at"},  # counts from when a row was written, which may be later
    "MAIL": {"attempts", "message_id"},  # a mail whose answer was lost is sent again
    "PAYMENT": {"ask_at", "due_at"},  # counts from when the company was last asked
    "TALLY": {"version"},  # counts how often deltas were added up, in one go or in several
    "CREDENTIAL": {"password_hash"},  # salted by chance
}


@dataclass(frozen=True)
class Played:
    """One run: how many calls the workflow made, how many after the last kill, and how often the
    most repeated delivery was made again.
    """

    calls: int
    functions: Sequence[int]
    after_kill: int
    redeliveries: int


class Sweep:
    """A workflow on its scene: run whole once, then killed as often as you like."""

    def __init__(self, workflow: Workflow, scene: Scene) -> None:
        self.workflow, self.scene = workflow, scene
        workflow.prepare(scene)
        scene.rest()
        self._bring_back = scene.put_aside()
        self._known = end_states.names()
        self.whole = self._play(Killer())
        self._end = self._state()
        self._check("undisturbed")

    def points(self) -> Iterator[Point]:
        """Every call and both of its sides."""
        for number in range(1, self.whole.calls + 1):
            for side in SIDES:
                yield number, side

    def kill(self, *plan: Point, is_real: bool = False) -> Played:
        """Kill at these points, let the rest recover, and hold the end against the whole run's."""
        real_in = self.whole.functions[plan[0][0] - 1] if is_real else -1
        killer = Killer(list(plan), real_in)
        where = f"{self.workflow} killed at {list(plan)}"
        played = self._play(killer)
        assert killer.kills == len(plan), f"{where}: only {killer.kills} kills"
        assert played.redeliveries <= REDELIVERIES_MAX, f"{where}: {played.redeliveries}"
        difference = end_states.difference(self._end, self._state())
        self._check(where)
        assert not difference, f"{where} ends otherwise:\n{difference}"
        return played

    def _play(self, killer: Killer) -> Played:
        scene = self.scene
        self._bring_back()
        scene.machine.most_receives = 0
        scene.machine.guard = killer.guard
        again = 0
        with killer.watching():
            for step in self.workflow.steps:
                asked = partial(killer.guard, "caller", partial(step, scene))
                again = max(again, self._until_done(asked))
                self._until_done(scene.machine.drain)
            calls = len(killer.calls)
            is_undisturbed = False
            while not is_undisturbed:
                scene.later(self.workflow.patience_s)
                times = self._until_done(scene.machine.settle)
                is_undisturbed, again = times == 0, max(again, times)
        again = max(again, scene.machine.most_receives - 1)
        return Played(calls, tuple(killer.functions[:calls]), killer.since, again)

    def _until_done(self, act: Callable[[], Any]) -> int:
        """Come again, a second later, until it lives; returns how often it had to."""
        for times in range(REDELIVERIES_MAX + 1):
            try:
                act()
            except Killed:
                self.scene.later(1)
                continue
            return times
        raise AssertionError("it was killed too often")

    def _check(self, where: str) -> None:
        scene = self.scene
        assert scene.machine.dead == [], f"{where}: a message died"
        waiting = [row for row in rows.of_kind("outbox", "FACT") if "due_shard" in row]
        assert waiting == [], f"{where}: a fact was never sent"
        invariants.check_all(scene.shelves)
        self.workflow.ends(scene)

    def _state(self) -> end_states.State:
        blind = dict(BLIND)
        for kind, attributes in self.workflow.blind.items():
            blind[kind] = {*blind.get(kind, ()), *attributes}
        return end_states.state(self._known, blind, timeless=True)
