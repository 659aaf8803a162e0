"""Inventory: how many units there are, and for whom some are set aside.

Owns the table `inventory`. For each stock record `on_hand = available + held`, and none is ever
negative: what is left is kept, so that a condition can compare it. Emits `inventory.StockHeld`,
`HoldConsumed`, `HoldReleased`, `StockGivenBack`, `StockPut`, and, from its own worker that reacts to
these, `StockRanOut` and `StockCameBack`. `orders` writes holds in its own transactions.
"""

from chalicelib.contexts.inventory.model import HeldLine, Holds, HoldState, Stock, StockShort

__all__ = ["HeldLine", "HoldState", "Holds", "Stock", "StockShort"]
