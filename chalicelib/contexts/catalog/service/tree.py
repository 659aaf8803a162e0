"""The category tree: loaded by an operator, kept in the function for seconds.

A change of it tells `CategoriesChanged` in the same transaction, and the listings follow: what they
are narrowed by and found by depends on names, places and attributes of categories. The first tree
tells nothing, for there is no product without one.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from chalicelib.aws import outbox, reads, retries, transact
from chalicelib.aws.settings import Settings, settings
from chalicelib.aws.transact import Write
from chalicelib.contexts.catalog.facts import CategoriesChanged
from chalicelib.contexts.catalog.model.attributes import Schema, inherited
from chalicelib.contexts.catalog.model.categories import Category, CategoryTree, tree_of
from chalicelib.contexts.catalog.model.refusals import (
    CategoriesWrong,
    ChangedMeanwhile,
    UnknownCategory,
)
from chalicelib.contexts.catalog.model.schemas import attribute_of, limited
from chalicelib.contexts.catalog.store import categories as store
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor

KEPT_S = 20
TREE_BYTES_MAX = 350_000
"""All of it lies in one item, which takes 400 KB."""

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
    """Put the operator's tree in place; the listings follow where it differs.

    `data` is what `tree_of` reads, parents first. Refuses `catalog.categories_wrong`.
    """
    actor.as_platform()
    wanted = tree_of(data)
    return _change(lambda _seen: wanted)


def save_attribute(actor: Actor, category: str, entry: Mapping[str, Any]) -> Category:
    """Have a category ask for an attribute, in place of one of its own of the same name.

    `entry` is what `schemas.attribute_of` reads. In force for products at the next call; those that
    were said before keep what was said. Refuses `catalog.unknown_category` and
    `catalog.categories_wrong`.
    """
    actor.as_platform()

    def changed(seen: Category) -> Schema:
        attribute = attribute_of(entry, where=f"The category {seen.slug!r}")
        return limited(inherited([seen.attributes, (attribute,)]), where=seen.slug)

    return _with_schema(category, changed)


def drop_attribute(actor: Actor, category: str, name: str) -> Category:
    """Have a category ask for an attribute of its own no longer; an inherited one shows again.

    What merchants said stays with their products. Refuses `catalog.unknown_category`.
    """
    actor.as_platform()
    return _with_schema(
        category, lambda seen: tuple(one for one in seen.attributes if one.name != name)
    )


def _with_schema(category: str, change: Callable[[Category], Schema]) -> Category:
    def changed(tree: CategoryTree) -> CategoryTree:
        seen = tree.find(category)
        if seen is None:
            raise UnknownCategory(f"There is no category {category[:80]!r}")
        fresh = replace(seen, attributes=change(seen))
        return CategoryTree(tuple(fresh if one is seen else one for one in tree.categories))

    found = _change(changed).find(category)
    assert found is not None, "it was there a moment ago"
    return found


def _change(make: Callable[[CategoryTree], CategoryTree]) -> CategoryTree:
    """Write the tree that follows from the one that is there now."""
    key = store.tree_key()
    for attempt in range(retries.ROUNDS_MAX):
        row = reads.get(store.CategoriesItem, key.pk, key.sk)
        seen = store.tree_of(row)
        tree = make(seen)
        if row is not None and tree.categories == seen.categories:
            return keep(seen)
        if len(msgspec.json.encode(tree.categories)) > TREE_BYTES_MAX:
            raise CategoriesWrong(f"Categories and attributes take {TREE_BYTES_MAX} bytes at most")
        try:
            transact.commit([store.save_tree(tree, row), *_told(tree, seen, row)])
        except ChangedMeanwhile:
            retries.pause(attempt)
            continue
        return keep(tree)
    raise ChangedMeanwhile


def _told(tree: CategoryTree, seen: CategoryTree, row: store.CategoriesItem | None) -> list[Write]:
    if row is None:
        return []
    either = {one.id: None for one in (*seen.categories, *tree.categories)}
    changed = [one for one in either if seen.by_id.get(one) != tree.by_id.get(one)]
    fact = CategoriesChanged(
        id=ids.ulid(),
        occurred_at=clock.iso(clock.now()),
        tree_version=store.next_version(row),
        categories=tuple(changed),
    )
    return [outbox.write(fact)]
