"""The machine of queues on the simulator's clock: messages may be late, failed ones wait."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from chalicelib.aws.settings import settings
from chalicelib.kernel import clock
from tests.makers.machine import Machine, Message
from tests.makers.quick import Cloud

VISIBILITY_S = 180
LATE_MAX_S = 3 * 86_400


@dataclass
class Wires(Machine):
    """`late` holds what is not visible yet, with the moment from which it is."""

    cloud: Cloud = field(default_factory=Cloud)
    lateness: Random = field(default_factory=Random)
    is_calm: bool = False
    late: list[tuple[float, Message]] = field(default_factory=list)
    delayed: int = 0

    def hear(self, operation: str, params: dict[str, Any], answer: dict[str, Any]) -> None:
        before = len(self.waiting)
        super().hear(operation, params, answer)
        fresh, self.waiting = self.waiting[before:], self.waiting[:before]
        for message in fresh:
            self._put(message, self._delay())

    def turn(self) -> bool:
        now = clock.now().timestamp()
        ready = [message for at, message in self.late if at <= now]
        self.late = [one for one in self.late if one[0] > now]
        self.waiting += ready
        try:
            return super().turn()
        finally:
            self._hide_failed()

    def collect(self) -> None:
        """Look at new rows of the outbox alone."""
        for (_, number), row in self.cloud.tables.rows[settings().tables["outbox"]].items():
            if number not in self._read:
                self._read.add(number)
                self._stream.append(dict(row))

    @property
    def has_work(self) -> bool:
        self.collect()
        return bool(self.waiting or self._stream)

    @property
    def next_at(self) -> float | None:
        return min((at for at, _ in self.late), default=None)

    def _delay(self) -> float:
        if self.is_calm or self.lateness.random() < 0.8:
            return 0
        self.delayed += 1
        longest = LATE_MAX_S if self.lateness.random() < 0.1 else 1_800
        return self.lateness.uniform(1, longest)

    def _hide_failed(self) -> None:
        """What a worker had in its hands is not given out again before its time."""
        failed = [message for message in self.waiting if message.receives]
        self.waiting = [message for message in self.waiting if not message.receives]
        for message in failed:
            self._put(message, VISIBILITY_S)

    def _put(self, message: Message, delay_s: float) -> None:
        if delay_s:
            self.late.append((clock.now().timestamp() + delay_s, message))
        else:
            self.waiting.append(message)
