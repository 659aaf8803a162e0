"""Typed attributes on the console's pages: the platform asks, merchants answer."""

import pytest

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.kernel.actors import Role
from tests.makers.people import PASSWORD
from tests.pages.test_console import signed_in

PATH = "/console/categories/tops"


@pytest.fixture
def keeper(shop):
    identity.bootstrap_platform("keeper@souk.example", PASSWORD)
    return signed_in("keeper@souk.example")


@pytest.fixture
def weighed(keeper):
    """The category of tops asks for a weight in grams and for a fabric."""
    page = keeper.get(PATH)
    form = page.form(PATH)
    page = keeper.send(page, form, name="weight", kind="number", unit="g", en="Weight", zh="重量")
    keeper.send(
        page,
        page.form(PATH),
        name="fabric",
        kind="choice",
        en="Fabric",
        zh="面料",
        choices="linen | Linen | 亚麻 | flax, lin\ncotton|Cotton|棉",
    )
    return keeper


def test_a_category_s_attributes_are_kept_shown_and_taken_away(weighed) -> None:
    fabric = catalog.categories().schema("cat_tops")[1]
    assert [(one.value, one.words) for one in fabric.choices] == [
        ("linen", ("flax", "lin")),
        ("cotton", ()),
    ]
    page = weighed.get(f"{PATH}?attribute=fabric")
    assert page.texts("td.code") == ["weight", "fabric"]
    assert page.one("textarea[name=choices]").text.splitlines()[0] == (
        "linen | Linen | 亚麻 | flax, lin"
    )
    form = next(one for one in page.soup.select("form") if one["action"] == f"{PATH}/remove")
    page = weighed.send(page, form)
    assert page.texts("td.code") == ["fabric"]


def test_what_contradicts_itself_is_said_and_kept(keeper) -> None:
    page = keeper.get(PATH)
    page = keeper.send(page, page.form(PATH), name="Weight!", kind="number", en="Weight", zh="重")
    assert page.status == 422
    assert "'Weight!' is no name of an attribute" in page.one("[role=alert]").text
    assert page.one("input[name=name]")["value"] == "Weight!"
    assert catalog.categories().schema("cat_tops") == ()


def test_what_lies_below_inherits_and_may_override(keeper) -> None:
    above = "/console/categories/clothing"
    page = keeper.get(above)
    keeper.send(page, page.form(above), name="weight", kind="number", unit="g", en="W", zh="重")
    page = keeper.get(f"{PATH}?attribute=weight")
    assert "Clothing" in page.one("td.title").text
    keeper.send(page, page.form(PATH), unit="kg")
    tree = catalog.categories()
    assert [tree.schema(one)[0].unit for one in ("cat_clothing", "cat_tops")] == ["g", "kg"]
    assert keeper.get("/console/categories").texts("tr td.number")[:4] == ["1", "1", "1", "1"]


def test_a_merchant_answers_beside_what_is_asked(weighed, shop, listed) -> None:
    product = listed("TEE", attributes={"重量": "0.2kg", "Origin": "Suzhou"})
    seller = shop.sellers["acme"]
    identity.add_staff(seller.id, "owner@acme.example", PASSWORD, "Ada", Role.OWNER)
    acme = signed_in("owner@acme.example")
    path = f"/console/products/{product.id}"
    page = acme.get(path)
    assert page.one("input[name='attributes.weight']")["value"] == "200 g"
    assert page.one("textarea[name=attributes]").text.strip() == "Origin: Suzhou"
    wrong = {"attributes.weight": "3 m", "attributes.fabric": "linen"}
    page = acme.send(page, page.form(path), **wrong)
    assert page.status == 400
    assert page.one("[id='e-attributes.weight']").text == "This unit does not fit here."
    assert page.one("input[name='attributes.weight']")["value"] == "3 m"
    page = acme.send(page, page.form(path), **{"attributes.weight": "0.5 lb"})
    assert page.address == path
    assert catalog.own(seller.actor, product.id).content.attributes == {
        "Origin": "Suzhou",
        "weight": "0.5 lb",
        "fabric": "linen",
    }


def test_merchants_have_no_business_there(shop) -> None:
    shop.merchant("acme")
    identity.add_staff(shop.sellers["acme"].id, "o@acme.example", PASSWORD)
    assert signed_in("o@acme.example").get(PATH).status == 403
