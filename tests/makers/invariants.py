"""What must always be true, asked of the doctor once every fact is handled."""

from collections.abc import Mapping

from chalicelib.aws.settings import settings
from chalicelib.aws.tables import connection
from chalicelib.kernel import clock
from infra.doctor import EVER, NEVER, Horizon, Scan, examine, read_whole, scan_of


def check(counted: Mapping[str, int], *, with_journal: bool = True) -> None:
    """Assert every invariant; `counted` is how many units of each sku were put on the shelves.

    What follows facts (journal, timeline, mails, orders' view of shipments and refunds) is left out
    where nobody handled them. Tests that carry facts past the relay mark none of them as sent, and
    some let clocks go without striking them: neither is looked at here, see `check_all`.
    """
    handled = EVER if with_journal else NEVER
    _assert_well(Horizon(handled=handled, published=NEVER, due=NEVER, daily=NEVER), counted)


def check_all(counted: Mapping[str, int] | None = None) -> None:
    """Assert every invariant of a stage at rest: all is published and handled, all clocks struck."""
    _assert_well(Horizon.drained(clock.now()), counted)


def scan() -> Scan:
    """The scan of the stage that the settings name."""
    return scan_of(lambda request: connection().dispatch("Scan", dict(request)), settings().tables)


def _assert_well(horizon: Horizon, counted: Mapping[str, int] | None) -> None:
    wrong = examine(read_whole(scan(), clock.now(), horizon, counted=counted))
    assert not wrong, "\n".join(["the doctor finds:", *map(str, wrong)])
