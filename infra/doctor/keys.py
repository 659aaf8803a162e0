"""Rows: each can be read, lies where its own words say, and belongs to one merchant throughout."""

from infra.doctor.registry import Found, invariant
from infra.doctor.whole import Whole


@invariant("rows.can_be_read")
def can_be_read(whole: Whole) -> Found:
    """Every row is what the code that wrote such rows writes; numbers are whole."""
    whole.read_all()
    yield from whole.broken
