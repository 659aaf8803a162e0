"""The category tree: reading the operator's file, ancestors, finding a place by words."""

from typing import Any

import pytest

from chalicelib.contexts.catalog.model.categories import OTHER, tree_of
from chalicelib.contexts.catalog.model.refusals import CategoriesWrong


def a_category(slug: str, parent: str = "", **fields: Any) -> dict[str, Any]:
    name = {"en": slug.title(), "zh-CN": f"{slug}类"}
    return {"slug": slug, **({"parent": parent} if parent else {}), "name": name, **fields}


TREE = tree_of(
    {
        "categories": [
            a_category("apparel", words=["clothing"]),
            a_category("shirts", "apparel", words=["top", "tee"]),
            a_category("home", name={"en": "Home & Garden", "zh-CN": "家居园艺"}),
            a_category("sofas", "home", words=["couch"]),
        ]
    }
)


def test_ids_follow_from_slugs() -> None:
    assert [one.id for one in TREE.categories] == [
        "cat_apparel",
        "cat_shirts",
        "cat_home",
        "cat_sofas",
        OTHER,
    ]
    assert TREE.find("shirts") is TREE.find("cat_shirts")
    assert TREE.find("nothing") is None


def test_ancestors_stand_nearest_first() -> None:
    assert TREE.ancestors("cat_shirts") == ("cat_shirts", "cat_apparel")
    assert TREE.ancestors("cat_gone") == ()
    assert [one.slug for one in TREE.children("cat_home")] == ["sofas"]
    assert [one.slug for one in TREE.children(None)] == ["apparel", "home", "other"]


def test_names_come_in_both_languages() -> None:
    home = TREE.find("home")
    assert home is not None
    assert (home.named("zh-CN"), home.named("fr")) == ("家居园艺", "Home & Garden")


@pytest.mark.parametrize(
    ("texts", "place"),
    [
        (["", "Shirts"], "cat_shirts"),
        (["", "T-Shirt"], "cat_shirts"),
        (["", "Couches and couch covers"], "cat_sofas"),
        (["Apparel & Accessories > Clothing > Shirts & Tops", "Sofa"], "cat_shirts"),
        (["", "Clothing"], "cat_apparel"),
        (["", "", "", "园艺剪刀"], "cat_home"),
        (["", "Bicycles", "fast, red", "Road bike"], None),
        ([], None),
    ],
)
def test_words_lead_to_a_place(texts: list[str], place: str | None) -> None:
    assert TREE.place(texts) == place


@pytest.mark.parametrize(
    "categories",
    [
        [],
        [a_category("Shirts")],
        [a_category("a b")],
        [a_category("shirts"), a_category("shirts")],
        [a_category("shirts", "apparel")],
        [a_category("shirts", name={"en": "Shirts"})],
        [a_category("a"), a_category("b", "a"), a_category("c", "b"), a_category("d", "c")],
    ],
    ids=["none", "capitals", "space", "twice", "orphan", "nameless", "deep"],
)
def test_a_file_that_contradicts_itself_is_refused(categories: list[dict[str, Any]]) -> None:
    with pytest.raises(CategoriesWrong):
        tree_of({"categories": categories})


def test_other_is_added_once() -> None:
    assert [one.slug for one in tree_of({"categories": [a_category("other")]}).categories] == [
        "other"
    ]
