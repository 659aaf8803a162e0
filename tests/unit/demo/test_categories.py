"""Where the words of merchants' files lead in the demo's tree."""

import json

import pytest

from chalicelib.contexts.catalog.model.categories import CategoryTree, tree_of
from demo.goods import FOLDER


@pytest.fixture(scope="module")
def tree() -> CategoryTree:
    return tree_of(json.loads((FOLDER / "categories.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("category", "kind", "tags", "title", "slug"),
    [
        ("", "", "men", "Ocean Blue Shirt", "tops"),
        ("", "", "women", "Black Leather Bag", "bags-and-hats"),
        ("", "", "men", "Blue Silk Tuxedo", "outerwear"),
        ("", "", "men", "LED High Tops", "shoes"),
        ("", "Indoor", "Copper, Bedroom", "Copper Light", "lighting-and-decor"),
        ("", "Outdoor", "Pot, Plants", "Clay Plant Pot", "plants-and-garden"),
        ("", "Indoor", "Couch, Wood", "Cream Sofa", "furniture-and-bedding"),
        ("Apparel & Accessories > Clothing > Pants", "", "", "Nr. 12", "bottoms-and-dresses"),
        ("Apparel & Accessories > Shoes", "Slip-On", "", "Nr. 13", "shoes"),
        ("", "茶壶", "", "紫砂壶", "kitchen-and-dining"),
        ("", "", "耳机, 无线", "X3", "audio"),
        ("", "TEAPOTS", "", "", "kitchen-and-dining"),
        ("", "Other", "", "", "other"),
    ],
)
def test_lead_to_a_category_without_children(tree, category, kind, tags, title, slug):
    assert tree.place([category, kind, tags, title]) == f"cat_{slug}"


@pytest.mark.parametrize(
    ("kind", "tags", "slug"),
    [("", "women", "clothing"), ("男装", "", "clothing"), ("", "家居", "home")],
)
def test_lead_to_a_broad_category_where_they_say_no_more(tree, kind, tags, slug):
    assert tree.place(["", kind, tags, "Nr. 12"]) == f"cat_{slug}"


def test_lead_nowhere_where_nobody_uses_them(tree):
    assert tree.place(["", "Gizmo", "blue, large", "Frobnicator"]) is None


def test_have_two_levels(tree):
    depths = {len(tree.ancestors(category.id)) for category in tree.categories}
    assert depths == {1, 2}
    assert sum(not tree.children(category.id) for category in tree.categories) >= 9
