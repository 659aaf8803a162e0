"""Time, as an argument: the only place that reads the machine's clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_source: list[Callable[[], datetime]] = [lambda: datetime.now(UTC)]


def now() -> datetime:
    """Return the present as an aware UTC datetime."""
    return _source[0]()


def use(source: Callable[[], datetime]) -> Callable[[], datetime]:
    """Let `source` tell the time from now on; returns the former source, to be put back."""
    former = _source[0]
    _source[0] = source
    return former


def epoch(moment: datetime) -> int:
    """Seconds since 1970, as DynamoDB's TTL wants them."""
    return int(moment.timestamp())


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: sortable as text, `2026-01-31T09:30:00.000Z`."""
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
    )


def parse(text: str) -> datetime:
    """Read an RFC 3339 time. Raises ValueError when it is none or has no offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time needs its offset from UTC")
    return moment.astimezone(UTC)


def later(moment: datetime, seconds: int) -> datetime:
    """Return the moment `seconds` after another."""
    return moment + timedelta(seconds=seconds)
