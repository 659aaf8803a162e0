"""What inventory says happened."""

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.contexts.inventory.model import HeldLine
from chalicelib.kernel.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class StockHeld(Fact):
    """Units were set aside for a purchase."""

    name: ClassVar[str] = "inventory.StockHeld"

    purchase_id: str
    lines: tuple[HeldLine, ...]

    @property
    def aggregate(self) -> str:
        return self.purchase_id


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldConsumed(Fact):
    """Units of a purchase are paid for and have left the stock."""

    name: ClassVar[str] = "inventory.HoldConsumed"

    purchase_id: str
    lines: tuple[HeldLine, ...]

    @property
    def aggregate(self) -> str:
        return self.purchase_id


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleased(Fact):
    """Units set aside for a purchase are free again; `state` is `released` or `expired`."""

    name: ClassVar[str] = "inventory.HoldReleased"

    purchase_id: str
    state: str
    lines: tuple[HeldLine, ...]

    @property
    def aggregate(self) -> str:
        return self.purchase_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StockGivenBack(Fact):
    """Units that had been sold are in stock again, for an order cancelled or goods returned."""

    name: ClassVar[str] = "inventory.StockGivenBack"

    purchase_id: str
    cause: str
    units: dict[str, int]

    @property
    def aggregate(self) -> str:
        return self.purchase_id


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPut(Fact):
    """A merchant, or its import, said how many units are on hand."""

    name: ClassVar[str] = "inventory.StockPut"

    merchant_id: str
    sku: str
    location: str
    on_hand: int

    @property
    def aggregate(self) -> str:
        return self.sku


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRanOut(Fact):
    """The last free unit of a sku is gone. Of two such facts the higher `turn` is the later."""

    name: ClassVar[str] = "inventory.StockRanOut"

    merchant_id: str
    sku: str
    turn: int

    @property
    def aggregate(self) -> str:
        return self.sku


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCameBack(Fact):
    """A sku that had no free unit has some. Of two such facts the higher `turn` is the later."""

    name: ClassVar[str] = "inventory.StockCameBack"

    merchant_id: str
    sku: str
    turn: int

    @property
    def aggregate(self) -> str:
        return self.sku
