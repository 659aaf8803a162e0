"""What inventory says happened."""

from typing import ClassVar

from chalicelib.contexts.inventory.model import HeldLine
from chalicelib.kernel.facts import Fact


class StockHeld(Fact, frozen=True, kw_only=True):
    """Units were set aside for a purchase."""

    name: ClassVar[str] = "inventory.StockHeld"

    purchase_id: str
    lines: tuple[HeldLine, ...]

    @property
    def aggregate(self) -> str:
        return self.purchase_id


class HoldConsumed(Fact, frozen=True, kw_only=True):
    """Units of a purchase are paid for and have left the stock."""

    name: ClassVar[str] = "inventory.HoldConsumed"

    purchase_id: str
    lines: tuple[HeldLine, ...]

    @property
    def aggregate(self) -> str:
        return self.purchase_id


class HoldReleased(Fact, frozen=True, kw_only=True):
    """Units set aside for a purchase are free again; `state` is `released` or `expired`."""

    name: ClassVar[str] = "inventory.HoldReleased"

    purchase_id: str
    state: str
    lines: tuple[HeldLine, ...]

    @property
    def aggregate(self) -> str:
        return self.purchase_id


class StockGivenBack(Fact, frozen=True, kw_only=True):
    """Units that had been sold are in stock again, for an order cancelled or goods returned."""

    name: ClassVar[str] = "inventory.StockGivenBack"

    purchase_id: str
    cause: str
    units: dict[str, int]

    @property
    def aggregate(self) -> str:
        return self.purchase_id


class StockPut(Fact, frozen=True, kw_only=True):
    """A merchant, or its import, said how many units are on hand."""

    name: ClassVar[str] = "inventory.StockPut"

    merchant_id: str
    sku: str
    location: str
    on_hand: int

    @property
    def aggregate(self) -> str:
        return self.sku


class StockRanOut(Fact, frozen=True, kw_only=True):
    """The last free unit of a sku is gone. Of two such facts the higher `turn` is the later."""

    name: ClassVar[str] = "inventory.StockRanOut"

    merchant_id: str
    sku: str
    turn: int

    @property
    def aggregate(self) -> str:
        return self.sku


class StockCameBack(Fact, frozen=True, kw_only=True):
    """A sku that had no free unit has some. Of two such facts the higher `turn` is the later."""

    name: ClassVar[str] = "inventory.StockCameBack"

    merchant_id: str
    sku: str
    turn: int

    @property
    def aggregate(self) -> str:
        return self.sku
