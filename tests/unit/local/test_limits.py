"""The rate limit: exact in every window of a minute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.door import limits
from infra.local.door.limits import WINDOW_S, RateLimit


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@given(
    st.integers(1, 5),
    st.lists(st.floats(0, 40, allow_nan=False), min_size=1, max_size=60),
)
def test_no_window_of_a_minute_has_more_than_the_limit(per_minute, pauses):
    clock = Clock()
    limit = RateLimit(per_minute, clock)
    allowed = []
    for pause in pauses:
        clock.seconds += pause
        if limit.wait_s("key") == 0:
            limit.count("key")
            allowed.append(clock.seconds)
    for moment in allowed:
        window = [one for one in allowed if moment - WINDOW_S < one <= moment]
        assert len(window) <= per_minute


def test_waiting_as_long_as_told_is_enough():
    clock = Clock()
    limit = RateLimit(2, clock)
    limit.count("key")
    clock.seconds = 20.5
    limit.count("key")
    assert limit.wait_s("key") == 40
    clock.seconds += 40
    assert limit.wait_s("key") == 0


def test_keys_do_not_share_their_limit():
    limit = RateLimit(1, Clock())
    limit.count("a")
    assert limit.wait_s("a") > 0
    assert limit.wait_s("b") == 0


def test_keys_of_long_ago_are_forgotten_before_they_fill_the_memory(monkeypatch):
    monkeypatch.setattr(limits, "KEYS_MAX", 3)
    clock = Clock()
    limit = RateLimit(1, clock)
    for key in range(3):
        limit.count(key)
    clock.seconds = WINDOW_S + 1
    limit.count("new")
    assert set(limit._seen) == {"new"}


@pytest.mark.parametrize("per_minute", [0, -1])
def test_a_limit_of_nothing_is_our_mistake(per_minute):
    with pytest.raises(AssertionError):
        RateLimit(per_minute)
