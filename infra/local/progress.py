"""Progress while the stack starts: a line a step, with the seconds since the start."""

import re
import sys
import time

RESOURCE = re.compile(r"^(create|update|delete) complete: ")


class Progress:
    """Prints steps. Resources of the stack come by the hundred, so they are counted instead."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._resources = 0

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def __call__(self, step: str) -> None:
        if RESOURCE.match(step):
            self._resources += 1
            if self._resources % 50 == 0:
                self._line(f"  {self._resources} resources so far")
            return
        self._line(step)

    def _line(self, text: str) -> None:
        sys.stdout.write(f"{self.elapsed_s:6.1f} s  {text}\n")
        sys.stdout.flush()
