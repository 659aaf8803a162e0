"""Birthdays as values: when the next one begins, and what is no day."""

from datetime import UTC, datetime

import pytest

from chalicelib.contexts.members.model.birthdays import Birthday, plain_day
from chalicelib.kernel.errors import Malformed


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "now", "begins"),
    [
        ("05-14", "2026-05-01", "2026-05-13T10:00:00.000Z"),
        ("05-14", "2026-05-13T09:59:59", "2026-05-13T10:00:00.000Z"),
        ("05-14", "2026-05-13T10:00:00", "2027-05-13T10:00:00.000Z"),
        ("05-14", "2026-05-20", "2027-05-13T10:00:00.000Z"),
        ("01-01", "2026-12-31T09:00:00", "2026-12-31T10:00:00.000Z"),
        ("01-01", "2026-12-31T11:00:00", "2027-12-31T10:00:00.000Z"),
        ("02-29", "2026-03-05", "2027-02-27T10:00:00.000Z"),
        ("02-29", "2027-03-05", "2028-02-28T10:00:00.000Z"),
    ],
)
def test_the_next_one_begins_where_the_day_does_first(day: str, now: str, begins: str) -> None:
    assert Birthday().moved_to(day, at(now)).next_at == begins


def test_another_day_makes_no_second_birthday_in_a_year() -> None:
    told = Birthday().moved_to("05-14", at("2026-05-01"))
    assert not told.is_here(at("2026-05-13T09:00:00"))
    assert told.is_here(at("2026-05-13T10:00:00"))
    wished = told.wished(at("2026-05-13T12:00:00"))
    assert (wished.wished_in, wished.next_at) == (2026, "2027-05-13T10:00:00.000Z")
    moved = wished.moved_to("12-01", at("2026-06-01"))
    assert moved.next_at == "2027-11-30T10:00:00.000Z"
    gone = moved.moved_to("", at("2026-06-02"))
    assert (gone.day, gone.next_at, gone.is_here(at("2030-01-01"))) == ("", "", False)
    assert gone.moved_to("12-02", at("2026-06-03")).next_at.startswith("2027")


@pytest.mark.parametrize(
    ("month", "day", "field"),
    [
        ("2", "30", "birthday_day"),
        ("4", "31", "birthday_day"),
        ("4", "", "birthday_day"),
        ("", "3", "birthday_month"),
        ("13", "1", "birthday_month"),
        ("\u0663", "1", "birthday_month"),
        ("1", "\u00b2", "birthday_day"),
        ("-1", "1", "birthday_month"),
    ],
)
def test_what_is_no_day_is_refused_by_its_field(month: str, day: str, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        plain_day(month, day)
    assert [one.field for one in refused.value.errors] == [field]


def test_a_day_is_kept_as_two_numbers() -> None:
    assert (plain_day("2", "29"), plain_day("11", "3"), plain_day("", "")) == ("02-29", "11-03", "")
