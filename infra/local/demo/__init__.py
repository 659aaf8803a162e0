"""The demo marketplace: who is in it and what they sell, brought in as a real one would be.

The platform, its categories and its merchants come by the operator's verbs; everything else through
the shop's own address, with the merchants' API keys, as any program of a merchant would do it.
"""

from infra.local.demo.load import load

__all__ = ["load"]
