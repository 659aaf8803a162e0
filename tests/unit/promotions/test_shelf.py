"""Nobody looks through offers that cannot concern a basket."""

from chalicelib.contexts.promotions.model.offers import Kind, Offer, Part
from chalicelib.contexts.promotions.model.shelf import Shelf
from tests.makers.prices import a_line, an_offer


def reached(*offers) -> dict[str, list[int]]:
    lines = (a_line(), a_line(sku="a.RICE", product_id="prd_rice"), a_line(merchant_id="mer_b"))
    return {one.offer.id: one.places for one in Shelf(offers).reached(lines)}


def test_finds_by_product_category_merchant_and_everywhere() -> None:
    found = reached(
        an_offer(id="product", products=frozenset({"prd_rice"})),
        an_offer(id="category", categories=frozenset({"food", "tea"})),
        an_offer(id="merchant"),
        an_offer(id="everywhere", merchant_id=""),
        an_offer(id="named everywhere", merchant_id="", products=frozenset({"prd_tea"})),
    )
    assert found == {
        "product": [1],
        "category": [0, 1],
        "merchant": [0, 1],
        "everywhere": [0, 1, 2],
        "named everywhere": [0, 2],
    }


def test_finds_a_bundle_by_its_parts_once() -> None:
    rice, tea = Part(product_id="prd_rice"), Part(sku="a.TEA")
    found = reached(
        a_bundle("named", tea, rice),
        a_bundle("of variants", tea, Part(sku="a.RICE")),
        a_bundle("of another merchant", tea, rice, merchant_id="mer_c"),
        a_bundle("others, too", tea, Part(), categories=frozenset({"home"})),
        a_bundle("all", tea, Part()),
    )
    assert {name: sorted(places) for name, places in found.items()} == {
        "named": [0, 1],
        "of variants": [0, 1],
        "others, too": [0],
        "all": [0, 1],
    }


def a_bundle(name: str, *parts: Part, **overrides) -> Offer:
    return an_offer(id=name, kind=Kind.BUNDLE, bundle=parts, **overrides)


def test_does_not_find_what_concerns_others() -> None:
    assert reached(an_offer(merchant_id="mer_c"), an_offer(products=frozenset({"prd_x"}))) == {}


def test_an_empty_basket_is_reached_by_nothing() -> None:
    assert Shelf([an_offer(merchant_id="")]).reached(()) == []
