"""What the catalog tells: products enter and leave the shop, change, and cost something else."""

from dataclasses import dataclass
from typing import ClassVar

from chalicelib.kernel.facts import Fact
from chalicelib.kernel.money import Money


@dataclass(frozen=True, slots=True)
class ToldVariant:
    """A variant as a fact tells it."""

    sku: str
    price: Money
    compare_at: Money | None
    options: dict[str, str]


@dataclass(frozen=True, slots=True)
class ToldProduct:
    """A product as a fact tells it: everything that a card or a search index is made of."""

    id: str
    slug: str
    title: str
    merchant_id: str
    merchant_code: str
    category_id: str
    type: str
    tags: tuple[str, ...]
    attributes: dict[str, str]
    options: tuple[str, ...]
    variants: tuple[ToldVariant, ...]
    price: Money
    compare_at: Money | None
    image: str
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFact(Fact):
    """What the facts about one product share. Its aggregate is the product.

    `product_version` grows with every write, so of two facts the higher one is the later.
    """

    product_id: str
    merchant_id: str
    product_version: int

    @property
    def aggregate(self) -> str:
        return self.product_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductListed(ProductFact):
    """The product is in the shop from now on."""

    name: ClassVar[str] = "catalog.ProductListed"
    product: ToldProduct


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDelisted(ProductFact):
    """The product is out of the shop: `reason` is `delisted`, `removed` or `taken_down`."""

    name: ClassVar[str] = "catalog.ProductDelisted"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductChanged(ProductFact):
    """A listed product's texts, variants, pictures or place changed."""

    name: ClassVar[str] = "catalog.ProductChanged"
    product: ToldProduct


@dataclass(frozen=True, slots=True)
class ChangedPrice:
    """One variant's price before and after."""

    sku: str
    before: Money
    after: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChanged(ProductFact):
    """Variants of a listed product cost something else from now on."""

    name: ClassVar[str] = "catalog.PriceChanged"
    prices: tuple[ChangedPrice, ...]
    product: ToldProduct


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCounted(ProductFact):
    """An import made variants that had not been there; `units` is how many of each (sku) there are.

    Whoever keeps the stock takes the number only where it has none for the variant yet.
    """

    name: ClassVar[str] = "catalog.StockCounted"
    units: dict[str, int]
