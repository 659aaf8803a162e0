"""The rate limit of the front door: so many requests a minute for each address and route."""

import math
import time
from collections import deque
from collections.abc import Callable, Hashable

WINDOW_S = 60.0
KEYS_MAX = 10_000


class RateLimit:
    """Remembers the times of the last minute's requests, so the limit is exact in every window."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        assert per_minute > 0
        self._per_minute = per_minute
        self._now = now
        self._seen: dict[Hashable, deque[float]] = {}

    def wait_s(self, key: Hashable) -> int:
        """Seconds until `key` may ask again: 0 while it is within its limit."""
        now = self._now()
        times = self._seen.get(key)
        if times is None:
            return 0
        while times and times[0] <= now - WINDOW_S:
            times.popleft()
        if len(times) < self._per_minute:
            return 0
        return max(1, math.ceil(times[0] + WINDOW_S - now))

    def count(self, key: Hashable) -> None:
        """Note one request of `key`."""
        now = self._now()
        if key not in self._seen and len(self._seen) >= KEYS_MAX:
            self._forget(now)
        self._seen.setdefault(key, deque(maxlen=self._per_minute)).append(now)

    def _forget(self, now: float) -> None:
        old = now - WINDOW_S
        self._seen = {key: times for key, times in self._seen.items() if times and times[-1] > old}
