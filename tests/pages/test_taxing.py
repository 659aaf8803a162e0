"""The console's tax rules: put in force, replaced, taken away, and back by undo."""

import pytest

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.service import taxes
from chalicelib.kernel.actors import SYSTEM
from tests.makers.browser import Browser
from tests.makers.people import PASSWORD
from tests.makers.shop import CATEGORIES
from tests.pages.test_console import signed_in

TAXES = "/console/taxes"
VAT = {"country": "GB", "on": "goods", "rate": "20", "how": "included"}


@pytest.fixture
def keeper(shop) -> Browser:
    catalog.load_categories(SYSTEM, CATEGORIES)
    identity.bootstrap_platform("keeper@souk.example", PASSWORD)
    return signed_in("keeper@souk.example")


def put(browser: Browser, **told: str):
    page = browser.get(TAXES)
    form = page.form(TAXES, holding="#f-rate")
    return browser.send(page, form, press="put", **{**VAT, **told})


def test_a_rule_is_put_in_force_replaced_and_undone(keeper) -> None:
    assert "nothing is taxed" in keeper.get(TAXES).text
    page = put(keeper)
    assert page.texts("tbody td")[:4] == ["United Kingdom", "All goods", "20%", "in the price"]
    page = put(keeper, rate="17.5", how="added")
    assert page.texts("tbody td")[2:4] == ["17.5%", "added to the price"]
    page = keeper.send(page, page.form(TAXES, holding="button[value=put]"), press="put")
    assert page.texts("tbody td")[2:4] == ["20%", "in the price"]
    put(keeper, on="delivery", rate="5")
    food = catalog.categories().categories[0]
    page = put(keeper, category=food.id, rate="0", region="WLS")
    assert len(page.soup.select("tbody tr")) == 3
    assert "United Kingdom · WLS" in page.texts("tbody .title")
    page = keeper.get(TAXES)
    page = keeper.send(page, page.form(TAXES, holding="tbody button"), press="remove")
    assert len(page.soup.select("tbody tr")) == 2
    page = keeper.send(page, page.form(TAXES, holding="[role=status] button"), press="put")
    assert len(taxes.taxes()) == 3


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"rate": ""}, "rate"),
        ({"rate": "100.01"}, "rate"),
        ({"rate": "lots"}, "rate"),
        ({"country": "XX1"}, "country"),
        ({"on": "air"}, "on"),
        ({"category": "cat_nothing"}, "category"),
        ({"region": "x" * 61}, "region"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_changes_nothing(keeper, told, field) -> None:
    put(keeper)
    page = put(keeper, **told)
    assert page.status == 400
    assert page.texts(f"#e-{field}"), page.text
    assert len(taxes.taxes()) == 1


def test_delivery_has_no_category(keeper) -> None:
    food = catalog.categories().categories[0]
    page = put(keeper, on="delivery", category=food.id)
    assert page.texts("#e-category")
    assert taxes.taxes() == ()
