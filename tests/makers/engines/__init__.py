"""Real engines for DynamoDB's part: Amazon's own DynamoDB Local, and MiniStack.

moto has no lock between two callers, so races, tokens and money are judged here. Each engine is a
process of its own on a free port, started when first needed and gone with the tests.
"""

from collections.abc import Callable

from tests.makers.engines.engine import Engine
from tests.makers.engines.stages import World, staged
from tests.makers.engines.start import STARTERS, running

Find = Callable[[str], Engine]
"""Gives the engine of a name, started once."""

__all__ = ["STARTERS", "Engine", "Find", "World", "running", "staged"]
