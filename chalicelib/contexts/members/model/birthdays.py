"""A member's birthday: a day and a month, never a year, and when it is next.

A birthday begins where the day begins first, at UTC+14, so that what comes with it is there when it is
a member's own day, wherever that member is.
"""

import calendar
import itertools
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.kernel import clock
from chalicelib.kernel.errors import FieldError, Malformed

FIRST_ZONE = timedelta(hours=14)
LEAP_DAY = "02-29"
A_LEAP_YEAR = 2024
MONTHS = 12
DAYS_MAX = 31


class Birthday(Struct, frozen=True):
    """`day` is `MM-DD`, "" where nobody said; `next_at` is when the next one begins (RFC 3339), "" for
    never. `wished_in` is the last year whose birthday was wished, so that a member who says another
    day has one birthday a year all the same.
    """

    day: str = ""
    next_at: str = ""
    wished_in: int = 0
    version: int = 0

    def moved_to(self, day: str, now: datetime) -> "Birthday":
        """The same member's with another day, or none."""
        return self if day == self.day else replace(self, day=day).timed(now)

    def is_here(self, now: datetime) -> bool:
        """Whether one has begun that was not wished."""
        return bool(self.next_at) and self.next_at <= clock.iso(now)

    def wished(self, now: datetime) -> "Birthday":
        """Once the one that is here was wished."""
        begun = clock.parse(self.next_at)
        return replace(self, wished_in=(begun + FIRST_ZONE).year).timed(now)

    def timed(self, now: datetime) -> "Birthday":
        """The same with the time at which the next one begins."""
        if not self.day:
            return replace(self, next_at="")
        this_year = (now + FIRST_ZONE).year
        years = itertools.count(max(this_year, self.wished_in + 1))
        begins = (_begins(year, self.day) for year in years)
        return replace(self, next_at=clock.iso(next(each for each in begins if each > now)))


def plain_day(month: str, day: str) -> str:
    """Check a day of the year as two numbers, both "" for none. Returns `MM-DD`; refuses
    `request.malformed`, naming `birthday_month` or `birthday_day`.
    """
    if not month and not day:
        return ""
    if not (month.isascii() and month.isdigit() and 1 <= int(month) <= MONTHS):
        raise _wrong("birthday_month", "missing" if not month else "unknown", "Choose a month")
    length = calendar.monthrange(A_LEAP_YEAR, int(month))[1]
    if not (day.isascii() and day.isdigit() and 1 <= int(day) <= length):
        wrong = "missing" if not day else "unknown"
        raise _wrong("birthday_day", wrong, "That month has no such day")
    return f"{int(month):02}-{int(day):02}"


def _begins(year: int, day: str) -> datetime:
    """When a day begins; the 29th of February is the 28th in years without one."""
    if day == LEAP_DAY and not calendar.isleap(year):
        day = "02-28"
    month, number = map(int, day.split("-"))
    return datetime(year, month, number, tzinfo=UTC) - FIRST_ZONE


def _wrong(field: str, code: str, detail: str) -> Malformed:
    return Malformed(detail, errors=[FieldError(field, code, detail)])
