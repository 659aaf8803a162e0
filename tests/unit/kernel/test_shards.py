"""Counters over several rows."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kernel.shards import choose, even_shares, home_shard


def test_a_purchase_looks_at_home_first() -> None:
    assert choose(3, [5, 9, 5], home=2) == [(2, 3)]


def test_what_home_lacks_comes_from_the_fullest() -> None:
    assert choose(7, [5, 9, 2], home=2) == [(2, 2), (1, 5)]


def test_crumbs_are_swept_together() -> None:
    assert choose(4, [1, 1, 1, 1], home=3) == [(3, 1), (0, 1), (1, 1), (2, 1)]


def test_an_empty_home_gives_nothing() -> None:
    assert choose(2, [0, 2], home=0) == [(1, 2)]


def test_too_few_in_all_is_too_few() -> None:
    assert choose(5, [2, 2], home=0) is None


@given(st.integers(1, 30), st.lists(st.integers(0, 12), min_size=1, max_size=10), st.data())
def test_nothing_is_taken_that_is_not_there(
    wanted: int, free: list[int], data: st.DataObject
) -> None:
    parts = choose(wanted, free, data.draw(st.integers(0, len(free) - 1)))
    if parts is None:
        assert sum(free) < wanted
        return
    assert sum(units for _, units in parts) == wanted
    assert len({shard for shard, _ in parts}) == len(parts)
    assert all(0 < units <= free[shard] for shard, units in parts)


def test_homes_are_spread() -> None:
    homes = [home_shard(f"pur_{number}", 4) for number in range(400)]
    assert all(homes.count(shard) > 60 for shard in range(4))
    assert home_shard("pur_1", 1) == 0


def test_shares_differ_by_one_at_most() -> None:
    assert even_shares(11, 4) == [3, 3, 3, 2]
    assert even_shares(0, 3) == [0, 0, 0]
