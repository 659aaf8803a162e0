"""The category tree: loaded by an operator, kept in the function for seconds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.aws import queues, reads, transact
from chalicelib.aws.settings import Settings, settings
from chalicelib.contexts.catalog.model.categories import CategoryTree, tree_of
from chalicelib.contexts.catalog.service.jobs import Relist
from chalicelib.contexts.catalog.store import categories as store
from chalicelib.kernel import clock
from chalicelib.kernel.actors import Actor

KEPT_S = 20

_kept: dict[str, tuple[Settings, datetime, CategoryTree]] = {}


def categories() -> CategoryTree:
    """Return the tree, at most 20 seconds old. No round trip while it is kept."""
    kept = _kept.get("tree")
    if kept and kept[0] is settings() and clock.now() < clock.later(kept[1], KEPT_S):
        return kept[2]
    key = store.tree_key()
    return keep(store.tree_of(reads.get(store.CategoriesItem, key.pk, key.sk)))


def keep(tree: CategoryTree) -> CategoryTree:
    """Remember a tree that was read together with something else."""
    _kept["tree"] = (settings(), clock.now(), tree)
    return tree


def load_categories(actor: Actor, data: Mapping[str, Any]) -> CategoryTree:
    """Put the operator's tree in place and bring the listings in step with it.

    `data` is `{"categories": [{"slug", "parent"?, "name": {"en", "zh-CN"}, "words"?}]}`, parents
    first. Refuses `catalog.categories_wrong`.
    """
    actor.as_platform()
    tree = tree_of(data)
    transact.commit([store.save_tree(tree)])
    queues.send(settings().catalog_imports_queue_url, [Relist()])
    return keep(tree)
