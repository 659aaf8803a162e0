"""Cursors: they round-trip, and only ours for the same list are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.errors import BadCursor
from chalicelib.kernel.paging import decode_cursor, encode_cursor

POSITIONS = st.dictionaries(st.text(max_size=20), st.text(max_size=50), max_size=5)


@given(POSITIONS)
def test_round_trips(position: dict[str, str]) -> None:
    cursor = encode_cursor(position, scope="list", secret="s")
    assert decode_cursor(cursor, scope="list", secret="s") == position


@pytest.mark.parametrize("cursor", ["", "x", "é", "A" * 3000, "AAAA", "!!!!"])
def test_refuses_what_souk_did_not_make(cursor: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor(cursor, scope="list", secret="s")


def test_refuses_a_cursor_of_another_list() -> None:
    cursor = encode_cursor({"a": "b"}, scope="one", secret="s")
    with pytest.raises(BadCursor):
        decode_cursor(cursor, scope="two", secret="s")
