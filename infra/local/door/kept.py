"""Copies of public pages, kept for as long as they say, as CloudFront keeps them.

RFC 9111's `s-maxage` and RFC 5861's `stale-while-revalidate` are read from each answer. On one
machine a copy is also forgotten when anything but a reading passes the door, so that whoever
changes a product sees it on its page at once; on AWS it takes the seconds that the page names.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from infra.local.door.server import Request, Response

COPIES_MAX = 500
_SECONDS = re.compile(rb"(s-maxage|stale-while-revalidate)=(\d+)")
KEYED_BY = (b"x-souk-locale", b"accept-language")

Key = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Copy:
    response: Response
    made_at: float
    fresh_s: float
    stale_s: float


@dataclass(frozen=True, slots=True)
class Found:
    """A copy that may be shown; one that is not fresh is to be made anew meanwhile."""

    response: Response
    is_fresh: bool


class Kept:
    """The most recently wanted copies, by address and language."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._copies: OrderedDict[Key, _Copy] = OrderedDict()

    def find(self, request: Request) -> Found | None:
        """A copy for this request; None where none may be shown any more. Not fresh is said once."""
        key = _key(request)
        copy = self._copies.get(key)
        if copy is None:
            return None
        age_s = self._now() - copy.made_at
        if age_s >= copy.fresh_s + copy.stale_s:
            del self._copies[key]
            return None
        is_fresh = age_s < copy.fresh_s
        if not is_fresh:
            whole_s = copy.fresh_s + copy.stale_s
            self._copies[key] = replace(copy, fresh_s=whole_s, stale_s=0.0)
        self._copies.move_to_end(key)
        age = (b"Age", str(int(age_s)).encode())
        headers = [*copy.response.headers, age, (b"X-Cache", b"Hit")]
        return Found(replace(copy.response, headers=headers), is_fresh)

    def keep(self, request: Request, response: Response) -> None:
        """Keep an answer that says for how long; what sets a cookie is somebody's own."""
        control = response.header(b"cache-control")
        seconds = {name: float(number) for name, number in _SECONDS.findall(control)}
        fresh_s = seconds.get(b"s-maxage", 0.0)
        if response.status != 200 or not fresh_s or response.header(b"set-cookie"):
            return
        stale_s = seconds.get(b"stale-while-revalidate", 0.0)
        self._copies[_key(request)] = _Copy(response, self._now(), fresh_s, stale_s)
        self._copies.move_to_end(_key(request))
        if len(self._copies) > COPIES_MAX:
            self._copies.popitem(last=False)

    def forget(self) -> None:
        """Drop every copy."""
        self._copies.clear()


def _key(request: Request) -> Key:
    return (request.target, *(request.header(name) for name in KEYED_BY))
