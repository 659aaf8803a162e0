"""Sixteen processes with the app in them, that do things at the same moment.

They are forked from one that has imported the app, and stay for all rounds. What they do is a
function that can be imported by its name; what they answer is counted, never thrown away.
"""

import multiprocessing
import os
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from chalicelib.aws import clients, retries, settings, tables
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Busy, Refusal
from tests.makers.engines.stages import World

PROCESSES = 16
GATE_TIMEOUT_S = 120
ANSWER_TIMEOUT_S = 300
BUSY_TRIES_MAX = 50
PRELOADED = ["tests.makers.engines.warmed"]

Act = Callable[[Any], Any]


@dataclass
class Outcome:
    """What came of one job: an answer, or the code of a refusal; anything else is `broken`.

    `busy` counts how often the app said that it was too busy before there was a definite answer.
    """

    answer: Any = None
    code: str = ""
    broken: str = ""
    busy: int = 0
    seconds: float = 0.0


@dataclass
class Tally:
    """What came of all jobs of one moment, in the order of the jobs."""

    outcomes: list[Outcome]
    conflicts: int
    """How often something was tried again because another was faster, or in the way."""
    seconds: float

    @property
    def answers(self) -> list[Any]:
        return [one.answer for one in self.outcomes if not (one.code or one.broken)]

    @property
    def codes(self) -> list[str]:
        return [one.code for one in self.outcomes if one.code]

    @property
    def busy(self) -> int:
        return sum(one.busy for one in self.outcomes)

    def nothing_broke(self) -> None:
        """Assert that everybody was answered or refused."""
        broken = [one.broken for one in self.outcomes if one.broken]
        assert not broken, f"{len(broken)} met something that is no refusal:\n{broken[0]}"


@dataclass
class Crowd:
    """Made by `gathered()`."""

    pipes: list[Connection] = field(default_factory=list)

    def at_once(self, world: World, act: Act, jobs: Sequence[Any]) -> Tally:
        """Deal the jobs to the processes, open the gate, and gather what came of them."""
        moment, environment = world.now(), dict(world.environment)
        began = time.perf_counter()
        for place, pipe in enumerate(self.pipes):
            pipe.send((environment, moment, act, list(jobs[place :: len(self.pipes)])))
        outcomes: list[Outcome] = [Outcome() for _ in jobs]
        conflicts = 0
        for place, pipe in enumerate(self.pipes):
            assert pipe.poll(ANSWER_TIMEOUT_S), "a process of the crowd does not answer"
            share, retried = pipe.recv()
            outcomes[place :: len(self.pipes)] = share
            conflicts += retried
        return Tally(outcomes, conflicts, time.perf_counter() - began)


@contextmanager
def gathered(processes: int = PROCESSES) -> Iterator[Crowd]:
    """Start the processes; they leave with the context, or when their starter dies."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    gate = context.Barrier(processes)
    crowd, members = Crowd(), []
    for _ in range(processes):
        ours, theirs = context.Pipe()
        member = context.Process(target=_serve, args=(theirs, gate), daemon=True)
        member.start()
        theirs.close()
        crowd.pipes.append(ours)
        members.append(member)
    try:
        yield crowd
    finally:
        for pipe in crowd.pipes:
            pipe.close()
        for member in members:
            member.join(5)
            member.kill()
            member.join()
            member.close()


def _serve(pipe: Connection, gate: Any) -> None:
    """Be one of the crowd until the starter closes the pipe."""
    for stream in (1, 2):  # what functions log
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    retried = [0]
    real = retries.pause

    def counted(attempt: int) -> None:
        retried[0] += 1
        real(attempt)

    retries.pause = counted
    known: dict[str, str] = {}
    while True:
        try:
            environment, moment, act, jobs = pipe.recv()
        except EOFError:
            return
        if environment != known:
            _enter(environment)
            known = environment
        clock.use(lambda moment=moment: moment)
        retried[0] = 0
        gate.wait(GATE_TIMEOUT_S)
        share = [_outcome(act, job) for job in jobs]
        pipe.send((share, retried[0]))


def _enter(environment: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith(("SOUK_", "AWS_"))]:
        del os.environ[name]
    os.environ.update(environment)
    settings.settings.cache_clear()
    clients.client.cache_clear()
    tables.forget_connection()


def _outcome(act: Act, job: Any) -> Outcome:
    began = time.perf_counter()
    outcome = Outcome()
    for _ in range(BUSY_TRIES_MAX):
        try:
            outcome.answer, outcome.code = act(job), ""
        except Busy as busy:
            outcome.busy += 1
            outcome.code = busy.code
            continue
        except Refusal as refusal:
            outcome.code = refusal.code
        except Exception:  # noqa: BLE001 - told to the starter
            outcome.broken = traceback.format_exc()
        break
    outcome.seconds = time.perf_counter() - began
    return outcome
