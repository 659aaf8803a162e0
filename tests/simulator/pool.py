"""What a worker process of `make simulate` does: it keeps one stage for all of its seeds.

Apart from `__main__`, which a spawned process does not import.
"""

from contextlib import ExitStack

from tests.simulator import seeds
from tests.simulator.seeds import House, Outcome

_kept = ExitStack()
_houses: list[House] = []


def open_house() -> None:
    """Make the stage, for the life of this process."""
    _houses.append(_kept.enter_context(seeds.house()))


def run(job: tuple[int, int]) -> Outcome:
    """Run one seed for so many steps."""
    seed, steps = job
    return _houses[0].run(seed, steps)
