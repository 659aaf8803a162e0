"""Callers at the same moment."""

import random
import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from chalicelib.aws.tables import connection
from chalicelib.kernel.errors import Refusal

AHEAD = 0.1
"""How often chance, and not how far each has come, says who is next."""


def at_once(times: int, act: Callable[[int], Any]) -> list[Any]:
    """Run `act(number)` as callers that start together; returns results and refusals.

    A function has a process to itself and meets others in DynamoDB only: so one caller runs at a
    time, and before each call to DynamoDB another may come next. Mostly all make their first call
    before any makes its second, for what each has read is old by then; now and then chance, the
    same in every run, lets one go ahead.
    """
    turns = _Turns(times)
    outcomes: list[Any] = []
    real = connection().dispatch

    def in_turn(operation: str, request: dict[str, Any]) -> Any:
        turns.pass_on()
        return real(operation, request)

    def run(number: int) -> None:
        turns.begin(number)
        try:
            outcomes.append(act(number))
        except Refusal as refusal:
            outcomes.append(refusal)
        finally:
            turns.end(number)

    with patch.object(connection(), "dispatch", in_turn):
        threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes) == times, "a caller met something that is no refusal"
    return outcomes


class _Turns:
    """Whose turn it is, among so many callers."""

    def __init__(self, callers: int) -> None:
        self._begun = threading.Barrier(callers, self._call_one)
        self._chance = random.Random(callers)
        self._waiting = {number: threading.Event() for number in range(callers)}
        self._passed = [0] * callers
        self._own = threading.local()

    def begin(self, number: int) -> None:
        """Come in, and wait for the others and for one's first turn."""
        self._own.number, self._own.turn = number, self._waiting[number]
        self._begun.wait()
        self._own.turn.wait()

    def pass_on(self) -> None:
        """Let anybody have the next turn, and go on at one's own."""
        self._passed[self._own.number] += 1
        self._own.turn.clear()
        self._call_one()
        self._own.turn.wait()

    def end(self, number: int) -> None:
        """Leave the others to themselves."""
        del self._waiting[number]
        if self._waiting:
            self._call_one()

    def _call_one(self) -> None:
        least = min(self._passed[number] for number in self._waiting)
        goes_ahead = self._chance.random() < AHEAD
        may = [n for n in self._waiting if goes_ahead or self._passed[n] == least]
        self._waiting[self._chance.choice(may)].set()
