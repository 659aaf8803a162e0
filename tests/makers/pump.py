"""The machine's short cut: facts go straight from the outbox to the workers' queues.

For tests that look at workers alone; `machine.Machine` takes relay and bus along.
"""

from dataclasses import dataclass
from typing import Any

from tests.makers.machine import Machine


@dataclass
class Pump(Machine):
    """`skip` names workers whose queues are left alone."""

    skip: frozenset[str] = frozenset()

    def collect(self) -> None:
        """Take new rows of the outbox into the queues, in the order of their keys."""
        super().collect()
        for row in self._stream:
            self._route(row["name"]["S"], row["body"]["S"])
        self._stream = []
        self.waiting = [one for one in self.waiting if one.queue.handler not in self.skip]


def strike(schedule: str) -> Any:
    """Let a scheduled function run, as its clock does."""
    return Machine().strike(schedule)
