"""Rows of imports: the job, what it refused and noticed, and which product a handle made.

`IMPORT#id` / `JOB`, `REFUSED#row#code`, `NOTICE#row#code#what`; `HANDLE#merchant#handle` / `HANDLE`.
Jobs of a merchant are found by owner; jobs that stopped moving by due.
"""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.aws import transact
from chalicelib.aws.reads import Key
from chalicelib.aws.transact import Write
from chalicelib.contexts.catalog.model.products import Product
from chalicelib.contexts.catalog.store.base import CatalogItem


class HandleItem(CatalogItem, discriminator="HANDLE"):
    """What an import made of a handle: the product, and a digest of what the file said.

    `import_id`, `row` and `outcome` are those of the import that touched it last, so that doing
    the same rows again counts the same.
    """

    product_id = UnicodeAttribute()
    digest = UnicodeAttribute()
    import_id = UnicodeAttribute()
    row = NumberAttribute()
    outcome = UnicodeAttribute()


def handle_key(merchant_id: str, handle: str) -> Key:
    """Where it stands what a merchant's handle has become."""
    return Key(HandleItem, f"HANDLE#{merchant_id}#{handle}", "HANDLE")


def forget_handle(product: Product) -> Write:
    """Contribute that a handle leads to no product any more: the next import makes a new one."""
    key = handle_key(product.merchant_id, product.handle)
    row = HandleItem(pk=key.pk, sk=key.sk)
    gone = HandleItem.pk.does_not_exist() | (HandleItem.product_id == product.id)
    return transact.delete(row, gone)
