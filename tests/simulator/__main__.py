"""Runs seeds on as many processes as asked for: `python -m tests.simulator --seeds 50 --first 1`."""

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.makers.quick import quick_cloud
from tests.makers.quick.beside import beside_moto
from tests.simulator import pool, seeds
from tests.simulator.seeds import Outcome


def main() -> int:
    """Run, show progress, tell what broke; the exit status is 1 when anything did."""
    options = _options()
    numbers = range(options.first, options.first + options.seeds)
    started = time.monotonic()
    broken: list[Outcome] = []
    faults: Counter[str] = Counter()
    steps = done = 0
    for outcome in _outcomes(numbers, options):
        done, steps = done + 1, steps + outcome.steps
        faults += outcome.faults
        if outcome.broken:
            broken.append(outcome)
            print(f"\n{outcome.told()}\n")
        if done % 10 == 0 or done == len(numbers):
            seconds = time.monotonic() - started
            print(f"{done} of {len(numbers)} seeds, {len(broken)} broken, {seconds:.0f} s")
            sys.stdout.flush()
    print(f"{steps} steps, {faults.total()} faults and oddities:")
    for kind, count in sorted(faults.items(), key=lambda pair: -pair[1]):
        print(f"  {count:7d}  {kind}")
    print(f"broken: {[one.seed for one in broken]}" if broken else "every seed held")
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first")
    parser.add_argument("--steps", type=int, default=seeds.STEPS, help="steps before faults stop")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--beside-moto", action="store_true", help="moto answers; one process")
    parser.add_argument("--trace", action="store_true", help="print every step, in one process")
    return parser.parse_args()


def _outcomes(numbers: range, options: argparse.Namespace) -> Iterator[Outcome]:
    if options.trace or options.beside_moto or options.processes == 1:
        with seeds.house(beside_moto if options.beside_moto else quick_cloud) as house:
            for seed in numbers:
                trace: list[str] = []
                outcome = house.run(seed, options.steps, trace)
                if options.trace:
                    print("\n".join([f"seed {seed}", *trace, f"hash {outcome.digest}"]))
                yield outcome
        return
    context = multiprocessing.get_context("spawn")
    jobs = [(seed, options.steps) for seed in numbers]
    with context.Pool(options.processes, initializer=pool.open_house) as workers:
        yield from workers.imap_unordered(pool.run, jobs)


if __name__ == "__main__":
    sys.exit(main())
