"""What the pages' tests stand on: a small marketplace with something in its listings."""

import pytest

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.catalog.service import index
from chalicelib.kernel.actors import SYSTEM
from tests.makers.browser import Browser
from tests.makers.products import a_product
from tests.makers.shop import Shop

CATEGORIES = {
    "categories": [
        {"slug": "clothing", "name": {"en": "Clothing", "zh-CN": "服饰"}},
        {"slug": "tops", "parent": "clothing", "name": {"en": "Tops", "zh-CN": "上衣"}},
        {"slug": "tea", "name": {"en": "Tea", "zh-CN": "茶"}},
        {"slug": "other", "name": {"en": "Other", "zh-CN": "其他"}},
    ]
}


@pytest.fixture
def shop(stage) -> Shop:
    catalog.load_categories(SYSTEM, CATEGORIES)
    return Shop()


@pytest.fixture
def browser(shop) -> Browser:
    return Browser()


@pytest.fixture
def listed(shop):
    """Make a product and bring the listings in step with it."""

    def make(code="TEE", *, merchant="acme", stock=5, **changes):
        from chalicelib.contexts.inventory import service as inventory

        seller = shop.merchant(merchant)
        codes = changes.pop("codes", (code,))
        product = a_product(seller, *codes, **changes)
        for variant in product.content.variants:
            inventory.put_stock(seller.actor, variant.sku, stock)
            index.note_stock(variant.sku, 1, has_stock=stock > 0)
        index.bring_in_step([product.id])
        index.add_up()
        return product

    return make
