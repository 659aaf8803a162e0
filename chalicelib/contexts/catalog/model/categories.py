"""The category tree: names in both languages, ancestors, and finding a place by words."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct

from chalicelib.contexts.catalog.model.attributes import Attribute, Schema, inherited
from chalicelib.contexts.catalog.model.refusals import CategoriesWrong
from chalicelib.contexts.catalog.model.schemas import schema_of
from chalicelib.contexts.catalog.model.words import stems

DEPTH_MAX = 3
CATEGORIES_MAX = 400
LOCALES = ("en", "zh-CN")
OTHER = "cat_other"
ID_PREFIX = "cat_"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Category(Struct, frozen=True):
    """One category. Its id is `cat_` and its slug, so that either leads to the other unread.

    `words` are what types, tags and titles of its products are called in merchants' files;
    `attributes` what it asks of its products besides what the categories above it ask, `picture`
    the address of a square one to show with its name.
    """

    id: str
    slug: str
    parent_id: str | None
    name: Mapping[str, str]
    words: tuple[str, ...] = ()
    attributes: Schema = ()
    picture: str = ""

    def named(self, locale: str) -> str:
        """Return the name in a language, in English where that one is not there."""
        return self.name.get(locale) or self.name["en"]


def category_id(reference: str) -> str:
    """Turn an id or slug, as a caller gave it, into an id."""
    return reference if reference.startswith(ID_PREFIX) else ID_PREFIX + reference


class CategoryTree(Struct, frozen=True, dict=True):
    """All categories, in the order in which they are shown."""

    categories: tuple[Category, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Category]:
        return {category.id: category for category in self.categories}

    def find(self, reference: str) -> Category | None:
        """Find a category by id or slug."""
        return self.by_id.get(category_id(reference))

    def ancestors(self, identity: str) -> tuple[str, ...]:
        """Return a category's id and those above it, nearest first; empty when it is unknown."""
        line: list[str] = []
        category = self.by_id.get(identity)
        while category is not None:
            line.append(category.id)
            category = self.by_id.get(category.parent_id or "")
        return tuple(line)

    def schema(self, identity: str) -> Schema:
        """Return what a category asks of its products: its own attributes over inherited ones."""
        line = reversed(self.ancestors(identity))
        return inherited(self.by_id[one].attributes for one in line)

    def asking(self, name: str, identity: str = "") -> tuple[Attribute, ...]:
        """Return the attributes of this name: a category's own or inherited one, or everybody's."""
        if identity:
            return tuple(one for one in self.schema(identity) if one.name == name)
        return self._attributes.get(name, ())

    @cached_property
    def _attributes(self) -> dict[str, tuple[Attribute, ...]]:
        found: dict[str, tuple[Attribute, ...]] = {}
        for category in self.categories:
            for one in category.attributes:
                found[one.name] = (*found.get(one.name, ()), one)
        return found

    def children(self, parent_id: str | None) -> tuple[Category, ...]:
        """Return the categories right below one; below None are the roots."""
        return tuple(one for one in self.categories if one.parent_id == parent_id)

    def place(self, texts: Iterable[str]) -> str | None:
        """Find the category that a merchant's words mean.

        `texts` come in the order in which they are trusted: product category, type, tags, title.
        The first text that the words of a category without children fit decides, and within it the
        category with most hits; the broader ones ("men", "home") count only where no text says
        more. None where no word fits.
        """
        said = [set(stems(text)) for text in texts]
        for choice in (self._leaves, self.categories):
            for found in said:
                hits = {category.id: len(found & self._words[category.id]) for category in choice}
                if any(hits.values()):
                    return max(hits, key=hits.__getitem__)
        return None

    @cached_property
    def _leaves(self) -> tuple[Category, ...]:
        parents = {category.parent_id for category in self.categories}
        return tuple(category for category in self.categories if category.id not in parents)

    @cached_property
    def _words(self) -> dict[str, set[str]]:
        return {
            category.id: {
                form
                for word in (*category.words, *category.name.values(), category.slug)
                for form in stems(word)
            }
            for category in self.categories
        }


def tree_of(data: Mapping[str, Any]) -> CategoryTree:
    """Read the operator's file.

    `{"categories": [{"slug", "parent"?: slug, "name": {"en", "zh-CN"}, "picture"?: address, "words"?: [text],
    "attributes"?: [see `schemas.schema_of`]}]}`, parents before their children. The category `other`
    is added where it is missing. Refuses `catalog.categories_wrong`.
    """
    found: dict[str, Category] = {}
    for entry in data.get("categories", ()):
        category = _category(entry)
        if category.id in found:
            raise CategoriesWrong(f"The category {category.slug!r} is there twice")
        if category.parent_id is not None and category.parent_id not in found:
            raise CategoriesWrong(f"The category {category.slug!r} stands before its parent")
        found[category.id] = category
    if not found:
        raise CategoriesWrong("The file has no categories")
    if OTHER not in found:
        found[OTHER] = Category(OTHER, "other", None, {"en": "Other", "zh-CN": "其他"})
    tree = CategoryTree(tuple(found.values()))
    if len(found) > CATEGORIES_MAX:
        raise CategoriesWrong(f"At most {CATEGORIES_MAX} categories fit")
    for category in tree.categories:
        if len(tree.ancestors(category.id)) > DEPTH_MAX:
            raise CategoriesWrong(f"The category {category.slug!r} lies deeper than {DEPTH_MAX}")
    return tree


def _category(entry: Mapping[str, Any]) -> Category:
    slug = str(entry.get("slug", ""))
    names = entry.get("name", {})
    parent = entry.get("parent")
    if not _SLUG.fullmatch(slug):
        raise CategoriesWrong(f"{slug!r} is no slug: a-z, 0-9 and hyphens")
    if not all(names.get(locale) for locale in LOCALES):
        raise CategoriesWrong(f"The category {slug!r} needs a name in {' and '.join(LOCALES)}")
    return Category(
        id=category_id(slug),
        slug=slug,
        parent_id=category_id(str(parent)) if parent else None,
        name={locale: str(names[locale]) for locale in LOCALES},
        words=tuple(str(word) for word in entry.get("words", ())),
        attributes=schema_of(entry.get("attributes", ()), where=f"The category {slug!r}"),
        picture=str(entry.get("picture", "")),
    )
