"""For every invariant a way to break it by hand: `CORRUPTIONS` maps its name to what spoils a stage.

Each spoils one thing, as a bug would; other promises may break with it.
"""

from tests.makers.corruptions import flow, goods, keys, money, people, points, prices
from tests.makers.corruptions.noting import CORRUPTIONS

CHAPTERS = (keys, money, goods, prices, points, flow, people)

__all__ = ["CHAPTERS", "CORRUPTIONS"]
