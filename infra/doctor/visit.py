"""`make doctor`: looks at a stage at work, and says in plain words what is wrong.

It needs to read and nothing else: `cloudformation:DescribeStacks` on the stack, `dynamodb:Scan` on
its tables, `sqs:GetQueueAttributes` on its queues.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3

from chalicelib.kernel import clock
from infra import outputs, queues
from infra.doctor.registry import INVARIANTS, Violation, examine
from infra.doctor.rows import Scan, scan_of
from infra.doctor.whole import Horizon, read_whole
from infra.queues import Depth
from infra.wiring import stack_name

LOOKS_MAX = 3
LOOK_AGAIN_AFTER_S = 10
SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Report:
    """What a visit found. `rows` were read in the last look."""

    rows: int
    invariants: int
    violations: Sequence[Violation]

    @property
    def is_well(self) -> bool:
        return not self.violations


def visit(stage: str) -> Report:
    """Look at a stage whose AWS boto3 reaches."""
    found = outputs.of(stage)
    scan = scan_of(_ask(), outputs.tables(found))
    return look(scan, lambda: queues.status(stage))


def look(
    scan: Scan, depths: Callable[[], Sequence[Depth]], *, wait: Callable[[float], None] = time.sleep
) -> Report:
    """Look up to three times, and report what every look has found.

    A scan is no snapshot: what it caught half written is whole in the next. Work that may still be
    in flight is not looked at.
    """
    report = _look(scan, depths())
    for _ in range(LOOKS_MAX - 1):
        if report.is_well:
            break
        wait(LOOK_AGAIN_AFTER_S)
        seen = {_identity(violation) for violation in report.violations}
        again = _look(scan, depths())
        stayed = [one for one in again.violations if _identity(one) in seen]
        report = Report(again.rows, again.invariants, stayed)
    return report


def words(stage: str, report: Report) -> Iterator[str]:
    """Say what a visit found, promise by promise."""
    yield f"{stack_name(stage)}: {report.rows:,} rows read, {report.invariants} promises checked."
    broken: dict[str, list[Violation]] = defaultdict(list)
    for violation in report.violations:
        broken[violation.invariant].append(violation)
    for slug, violations in broken.items():
        yield ""
        yield f"{slug}: {INVARIANTS[slug].promise}"
        yield from (f"  {one.subject}: {one.sentence}" for one in violations[:SHOWN_MAX])
        if len(violations) > SHOWN_MAX:
            yield f"  and {len(violations) - SHOWN_MAX} more"
    if report.is_well:
        yield "All is well."
    else:
        yield ""
        yield f"Findings: {len(report.violations)}. Broken promises: {len(broken)}."


def _look(scan: Scan, depths: Sequence[Depth]) -> Report:
    now = clock.now()
    whole = read_whole(scan, now, Horizon.living(now), depths=depths)
    violations = examine(whole)
    return Report(len(whole.rows) + len(whole.broken), len(INVARIANTS), violations)


def _identity(violation: Violation) -> tuple[str, str, str]:
    """What makes a violation the same in another look.

    Its numbers may change meanwhile; those of a sum over many rows may not, for there a look at a
    busy stage is wrong by what happens during it, each time by something else.
    """
    adds_up = INVARIANTS[violation.invariant].adds_up
    return violation.invariant, violation.subject, violation.sentence if adds_up else ""


def _ask() -> Callable[[Any], Any]:
    client = boto3.client("dynamodb")
    return lambda request: client.scan(**request)
