"""Counters over several rows: where to look first, and what to take from where."""

import zlib
from collections.abc import Sequence


def home_shard(key: str, shards: int) -> int:
    """The shard at which whoever has this key looks first, so that all spread over all."""
    return zlib.crc32(key.encode()) % shards


def choose(wanted: int, free: Sequence[int], home: int) -> list[tuple[int, int]] | None:
    """Choose shards for some units, as (shard, units): the home shard, then the fullest others.

    None where all of them together have too few. Two do unless what is left is in crumbs.
    """
    if sum(free) < wanted:
        return None
    order = sorted(range(len(free)), key=lambda shard: (shard != home, -free[shard], shard))
    return drawn([(shard, free[shard]) for shard in order], wanted)


def even_shares(units: int, among: int) -> list[int]:
    """Split units as evenly as whole numbers go, the first ones getting one more."""
    share, over = divmod(units, among)
    return [share + (place < over) for place in range(among)]


def drawn(parts: list[tuple[int, int]], wanted: int) -> list[tuple[int, int]]:
    """Take some units off the front of (shard, units) pairs."""
    taken = []
    while wanted > 0:
        shard, has = parts.pop(0)
        units = min(has, wanted)
        wanted -= units
        if units:
            taken.append((shard, units))
        if has > units:
            parts.insert(0, (shard, has - units))
    return taken
