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


@dataclass(frozen=True)
class Station:
    """A place of the whole run, between two functions, from which it can be gone on with.

    `calls` were made and the function `turn` was the last to run before it; it is in the step of
    this number, which was asked for or is about to be.
    """

    calls: int
    turn: int
    step: int
    is_asked: bool
    go_on: Callable[[], None]


class Sweep:
    """A workflow on its scene: run whole once, then killed as often as you like.

    Up to the kill every run is the whole one over again, so it begins at the station before. Where
    it costs much to put a scene aside there is one at the start alone.
    """

    def __init__(self, workflow: Workflow, scene: Scene, *, has_stations: bool = True) -> None:
        self.workflow, self.scene = workflow, scene
        workflow.prepare(scene)
        scene.rest()
        begin = scene.put_aside()
        self._known = end_states.names()
        self._stations = [Station(0, -1, 0, is_asked=False, go_on=begin)]
        self.whole = self._whole(has_stations=has_stations)
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
        number = plan[0][0]
        station = next(one for one in reversed(self._stations) if one.calls < number)
        played = self._play(killer, station)
        assert killer.kills == len(plan), f"{where}: only {killer.kills} kills"
        assert played.redeliveries <= REDELIVERIES_MAX, f"{where}: {played.redeliveries}"
        difference = end_states.difference(self._end, self._state())
        self._check(where)
        assert not difference, f"{where} ends otherwise:\n{difference}"
        return played

    def _whole(self, *, has_stations: bool) -> Played:
        """Run it undisturbed, and stop at every station."""
        killer, machine = Killer(), self.scene.machine

        def stop(step: int, *, is_asked: bool) -> None:
            if has_stations:
                place = (len(killer.calls), killer.turn, step)
                self._stations.append(Station(*place, is_asked=is_asked, go_on=self.scene.mark()))

        self._stations[0].go_on()
        machine.most_receives, machine.guard = 0, killer.guard
        with killer.watching():
            for number, step in enumerate(self.workflow.steps):
                stop(number, is_asked=False)
                killer.guard("caller", partial(step, self.scene))
                stop(number, is_asked=True)
                while machine.turn():
                    stop(number, is_asked=True)
            calls = len(killer.calls)
            again = max(self._settle(), machine.most_receives - 1)
        return Played(calls, tuple(killer.functions[:calls]), killer.since, again)

    def _play(self, killer: Killer, start: Station) -> Played:
        """Go on from a station, wherever it is killed then."""
        scene, again = self.scene, 0
        start.go_on()
        killer.go_on_from(start.calls, start.turn)
        scene.machine.most_receives, scene.machine.guard = 0, killer.guard
        with killer.watching():
            for number, step in enumerate(self.workflow.steps[start.step :]):
                if number > 0 or not start.is_asked:
                    asked = partial(killer.guard, "caller", partial(step, scene))
                    again = max(again, self._until_done(asked))
                self._until_done(scene.machine.drain)
            again = max(again, self._settle())
        again = max(again, scene.machine.most_receives - 1)
        return Played(start.calls + len(killer.calls), (), killer.since, again)

    def _settle(self) -> int:
        """Let the clocks strike until nobody is killed; the most that something was done again."""
        again = 0
        while True:
            self.scene.later(self.workflow.patience_s)
            times = self._until_done(self.scene.machine.settle)
            again = max(again, times)
            if times == 0:
                return again

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
