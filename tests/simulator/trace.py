"""What happened, one line a step, and the hash of all of it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from chalicelib.kernel import clock

LAST_LINES = 40


@dataclass
class Trace:
    """A history. Two runs of one seed have the same `digest`."""

    lines: list[str] = field(default_factory=list)

    def say(self, who: str, what: str, answer: object) -> None:
        number = len(self.lines) + 1
        at = clock.iso(clock.now())[5:19].replace("T", " ")
        self.lines.append(f"{number:4d}  {at}  {who:<10} {what}: {answer}".rstrip())

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()

    def last(self, count: int = LAST_LINES) -> Iterable[str]:
        return self.lines[-count:]
