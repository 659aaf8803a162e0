"""`make prove`: run every suite whole and write its figures into docs/reliability.md.

`python -m tests.prove SUITE…` runs some suites alone and writes their figures only.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.makers import scale
from tests.prove import memory, page

PYTEST = (sys.executable, "-m", "pytest", "-q", "-m", "not stack", "-p", "no:cacheprovider")

SIMULATED = ("tests/workflows/test_simulator.py", "tests/faults/test_lost_webhooks.py")
CRASHES = ("tests/faults/crashes", "tests/faults/confluence")


@dataclass(frozen=True)
class Suite:
    """A command that proves something, and what it proves."""

    name: str
    about: str
    command: tuple[str, ...]


SUITES = (
    Suite("doctor", "promises broken by hand", (*PYTEST, "tests/infra/test_doctor.py")),
    Suite("engines", "engines and races", (*PYTEST, "tests/faults/engines")),
    Suite("crashes", "crashes and confluence", (*PYTEST, "-n", "2", *CRASHES)),
    Suite("storm", "fault storm, poison, keys", (*PYTEST, "-n", "2", "tests/faults/storm")),
    Suite("simulator", "seeds and lost callbacks", (*PYTEST, "-n", "2", *SIMULATED)),
    Suite("doors", "tenants, forgeries, fuzz", (*PYTEST, "-n", "2", "tests/doors")),
    Suite("prices", "offers, coupons and points", (*PYTEST, "-n", "2", "tests/unit/promotions")),
    Suite("planted", "planted bugs", (sys.executable, "-m", "tests.planted")),
)


def main(names: Sequence[str]) -> int:
    if unknown := set(names) - {suite.name for suite in SUITES}:
        print(f"no such suite: {', '.join(sorted(unknown))}; there are {known()}")
        return 2
    wanted = [suite for suite in SUITES if not names or suite.name in names]
    passed = [run(suite) for suite in wanted]
    page.write(scale.figures())
    print(f"{page.PAGE.name} is written")
    return 0 if all(passed) else 1


def run(suite: Suite) -> bool:
    """Run one suite whole, and keep how long it took and how much memory its processes had."""
    print(f"\n{suite.name}: {suite.about}", flush=True)
    started = time.monotonic()
    environment = {**os.environ, "SOUK_PROVE": "1"}
    process = subprocess.Popen(suite.command, env=environment)
    peak_mb = memory.peak_while(process)
    minutes = (time.monotonic() - started) / 60
    verdict = "passed" if process.returncode == 0 else "FAILED"
    scale.tell(suite.name, "verdict", verdict, is_whole=True)
    scale.tell(suite.name, "minutes", f"{minutes:.1f}", is_whole=True)
    scale.tell(suite.name, "peak memory of all its processes, MB", peak_mb, is_whole=True)
    print(f"{suite.name}: {verdict} in {minutes:.1f} min, {peak_mb} MB", flush=True)
    return process.returncode == 0


def known() -> str:
    return ", ".join(suite.name for suite in SUITES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
