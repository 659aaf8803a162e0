"""The row that holds the whole category tree: `CATEGORIES` / `TREE`."""

from pynamodb.attributes import NumberAttribute

from chalicelib.aws import transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute
from chalicelib.aws.transact import Write
from chalicelib.contexts.catalog.model.categories import Category, CategoryTree
from chalicelib.contexts.catalog.model.refusals import ChangedMeanwhile
from chalicelib.contexts.catalog.store.base import CatalogItem

TREE_KEY = ("CATEGORIES", "TREE")


class CategoriesItem(CatalogItem, discriminator="CATEGORIES"):
    """Every category in one document: small, read together, kept in the function for seconds."""

    document: DocumentAttribute[tuple[Category, ...]] = DocumentAttribute(tuple[Category, ...])
    version = NumberAttribute(null=True)


def tree_key() -> Key:
    """Where the tree lies."""
    return Key(CategoriesItem, *TREE_KEY)


def tree_of(row: CategoriesItem | None) -> CategoryTree:
    """Read the tree; an empty one before it was loaded."""
    return CategoryTree(row.document if row else ())


def next_version(seen: CategoriesItem | None) -> int:
    """The version of a tree that takes the place of the one that was seen."""
    return int(seen.version or 0) + 1 if seen is not None else 1


def save_tree(tree: CategoryTree, seen: CategoriesItem | None) -> Write:
    """Contribute the tree, in place of the one that was seen. Refuses `catalog.changed_meanwhile`."""
    row = CategoriesItem(
        pk=TREE_KEY[0],
        sk=TREE_KEY[1],
        document=tuple(tree.categories),
        version=next_version(seen),
    )
    if seen is None:
        return transact.create(row, refuse=lambda _old: ChangedMeanwhile())
    same = (
        CategoriesItem.version == int(seen.version)
        if seen.version
        else CategoriesItem.version.does_not_exist()
    )
    return transact.put(row, same, refuse=lambda _old: ChangedMeanwhile())
