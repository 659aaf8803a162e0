"""The doctor: reads a whole stage and says which of Souk's promises it breaks.

docs/invariants.md lists them. The tests ask after every run, `make doctor` asks a stage at work.
"""

from infra.doctor import (
    callbacks,
    cases,
    events,
    journal,
    keys,
    liveness,
    offers,
    orders,
    payments,
    points,
    privacy,
    shipments,
    statements,
    stock,
)
from infra.doctor.registry import INVARIANTS, Invariant, Violation, examine
from infra.doctor.rows import Scan, scan_of
from infra.doctor.whole import EVER, NEVER, Horizon, Whole, read_whole

CHAPTERS = (
    keys,
    payments,
    journal,
    statements,
    stock,
    orders,
    offers,
    points,
    cases,
    shipments,
    events,
    callbacks,
    liveness,
    privacy,
)
"""The files whose invariants are on the list, in the order in which a report shows them."""

__all__ = [
    "CHAPTERS",
    "EVER",
    "INVARIANTS",
    "NEVER",
    "Horizon",
    "Invariant",
    "Scan",
    "Violation",
    "Whole",
    "examine",
    "read_whole",
    "scan_of",
]
