"""What the catalog tells: products enter and leave the shop, change, and cost something else."""

from typing import ClassVar

from msgspec import Struct

from chalicelib.kernel.facts import Fact
from chalicelib.kernel.money import Money


class ToldVariant(Struct, frozen=True):
    """A variant as a fact tells it."""

    sku: str
    price: Money
    compare_at: Money | None
    options: dict[str, str]


class ToldAttribute(Struct, frozen=True):
    """What an attribute of a product means, read with the schema of its category.

    `kind` is `text`, `number`, `choice` or `boolean`. `text` is the text, a choice's stable value,
    `true` or `false`, or the number as text; `number` is in `unit`, `size` the same in the smallest
    unit of its dimension (0.5 kg is 500000 mg), to be compared whatever the unit. `label` names the
    attribute and `labels` a choice's value, by language.
    """

    name: str
    kind: str
    text: str
    label: dict[str, str]
    number: float | None = None
    unit: str = ""
    size: float | None = None
    labels: dict[str, str] = {}
    is_filterable: bool = True


class ToldProduct(Struct, frozen=True):
    """A product as a fact tells it: everything that a card or a search index is made of.

    `attributes` are as the merchant wrote them, all of them; `typed` those that its category's
    schema reads, in the schema's order; `free` the names in `attributes` that it does not.
    """

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
    typed: tuple[ToldAttribute, ...] = ()
    free: tuple[str, ...] = ()


class ProductFact(Fact, frozen=True, kw_only=True):
    """What the facts about one product share. Its aggregate is the product.

    `product_version` grows with every write, so of two facts the higher one is the later.
    """

    product_id: str
    merchant_id: str
    product_version: int

    @property
    def aggregate(self) -> str:
        return self.product_id


class ProductListed(ProductFact, frozen=True, kw_only=True):
    """The product is in the shop from now on."""

    name: ClassVar[str] = "catalog.ProductListed"
    product: ToldProduct


class ProductDelisted(ProductFact, frozen=True, kw_only=True):
    """The product is out of the shop: `reason` is `delisted`, `removed` or `taken_down`."""

    name: ClassVar[str] = "catalog.ProductDelisted"
    reason: str


class ProductChanged(ProductFact, frozen=True, kw_only=True):
    """A listed product's texts, variants, pictures or place changed."""

    name: ClassVar[str] = "catalog.ProductChanged"
    product: ToldProduct


class ChangedPrice(Struct, frozen=True):
    """One variant's price before and after."""

    sku: str
    before: Money
    after: Money


class PriceChanged(ProductFact, frozen=True, kw_only=True):
    """Variants of a listed product cost something else from now on."""

    name: ClassVar[str] = "catalog.PriceChanged"
    prices: tuple[ChangedPrice, ...]
    product: ToldProduct


class CategoriesChanged(Fact, frozen=True, kw_only=True):
    """Categories are called otherwise, lie elsewhere, or ask something else of their products.

    `categories` are their ids, those included that came or went; what lies below them is not. The
    `tree_version` grows with every change.
    """

    name: ClassVar[str] = "catalog.CategoriesChanged"
    tree_version: int
    categories: tuple[str, ...]

    @property
    def aggregate(self) -> str:
        return "CATEGORIES"


class StockCounted(ProductFact, frozen=True, kw_only=True):
    """An import made variants that had not been there; `units` is how many of each (sku) there are.

    Whoever keeps the stock takes the number only where it has none for the variant yet.
    """

    name: ClassVar[str] = "catalog.StockCounted"
    units: dict[str, int]
