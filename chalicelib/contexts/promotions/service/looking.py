"""Goods as they are looked at: with their stock and with what is on offer for them."""

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.aws.reads import Key
from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.model.products import Product
from chalicelib.contexts.catalog.service import Shown
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.merchants import Merchant
from chalicelib.contexts.merchants import service as merchants
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.deals import Deal
from chalicelib.contexts.promotions.model.shelf import Line
from chalicelib.contexts.promotions.service import deals


class Looked(Struct, frozen=True):
    """A product with its merchant, how many of each variant are free, and the offers about it.

    `lines` are one piece of each variant, as a basket has it.
    """

    shown: Shown
    levels: dict[str, int]
    deal: Deal
    lines: tuple[Line, ...]

    @property
    def offers(self) -> list[Standing]:
        """The offers for anybody that are about any of its variants and run now, in their turn."""
        return self.deal.running(self.lines)

    @property
    def offers_for_some(self) -> list[Standing]:
        """Those that are for tiers or first orders."""
        return self.deal.running(self.lines, for_anybody=False)


def look(reference: str) -> Looked:
    """Look at a product. Two round trips."""

    def beside(found: Product) -> list[Key]:
        skus = [one.sku for one in found.content.variants]
        return inventory.level_keys(skus) + deals.board_keys(skus)

    shown = catalog.product(reference, beside)
    content = shown.product.content
    skus = [one.sku for one in content.variants]
    stock, boards = shown.beside[: len(skus)], shown.beside[len(skus) :]
    deal = deals.deal_of(boards)
    # Read anew now and then, so only where it matters what lies in what.
    above = catalog.categories().ancestors(content.category_id) if deal.names_categories else ()
    lines = tuple(
        Line(one.sku, shown.product.id, shown.product.merchant_id, above, 1, one.price)
        for one in content.variants
    )
    return Looked(shown, inventory.levels(skus, stock), deal, lines)


def look_closely(reference: str) -> Looked:
    """Look at a product, and count what is left of offers for it: one round trip more where any has a
    quota.
    """
    looked = look(reference)
    return replace(looked, deal=deals.counted(looked.deal, looked.lines, ""))


def visit(code: str) -> tuple[Merchant, list[Standing]]:
    """Find a merchant by its code, with its own offers that run now, in their turn, those for some after
    those for anybody. Two round trips. Refuses `request.not_found`.
    """
    merchant, boards = merchants.by_code_beside(code, [store.board_key(code)])
    deal = deals.deal_of(boards)
    return merchant, [*deal.running(), *deal.running(for_anybody=False)]
