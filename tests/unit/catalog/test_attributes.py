"""Typed attributes: reading what merchants write, in any unit and either language."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.contexts.catalog.model.attributes import (
    Attribute,
    AttributeKind,
    Choice,
    Unreadable,
    check_attributes,
    describe,
    inherited,
    read,
)
from chalicelib.contexts.catalog.model.categories import tree_of
from chalicelib.contexts.catalog.model.metafields import attributes_of, metafields_of
from chalicelib.contexts.catalog.model.refusals import AttributeMalformed, CategoriesWrong
from chalicelib.contexts.catalog.model.units import UNITS, unit_of


def an_attribute(name: str, kind: str = "number", unit: str = "", **fields) -> Attribute:
    label = {"en": name.replace("_", " ").title(), "zh-CN": f"{name}项"}
    return Attribute(name=name, label=label, kind=AttributeKind(kind), unit=unit, **fields)


SIZE = an_attribute("screen_size", unit="in")
WEIGHT = an_attribute("weight", unit="kg")
PIECES = an_attribute("pieces")
MATERIAL = an_attribute(
    "material",
    "choice",
    choices=(
        Choice("cotton", {"en": "Cotton", "zh-CN": "棉"}, ("100% cotton",)),
        Choice("wool", {"en": "Wool", "zh-CN": "羊毛"}),
    ),
)
WASHABLE = an_attribute("washable", "boolean")
NOTE = an_attribute("note", "text")
SCHEMA = (SIZE, WEIGHT, PIECES, MATERIAL, WASHABLE, NOTE)


@pytest.mark.parametrize(
    ("attribute", "raw", "number"),
    [
        (SIZE, "15.6", "15.6"),
        (SIZE, '15.6"', "15.6"),
        (SIZE, "15,6 Inches", "15.6"),
        (SIZE, "38.1 cm", "15"),
        (SIZE, "１５ 英寸", "15"),
        (WEIGHT, "500g", "0.5"),
        (WEIGHT, "1,500 g", "1.5"),
        (WEIGHT, "2 lb", "0.9072"),
        (WEIGHT, "1.5公斤", "1.5"),
        (WEIGHT, "-3", "-3"),
        (PIECES, "12", "12"),
        (an_attribute("charge", unit="mAh"), "5Ah", "5000"),
        (an_attribute("disk", unit="GB"), "2 TB", "2000"),
        (an_attribute("play", unit="h"), "90 min", "1.5"),
        (an_attribute("fill", unit="ml"), "0.33 L", "330"),
        (an_attribute("power", unit="W"), "1.2 kw", "1200"),
        (an_attribute("glass", unit="oz"), "1 lb", "16"),
    ],
)
def test_numbers_come_into_the_attributes_unit(attribute, raw, number) -> None:
    assert read(attribute, raw).number == Decimal(number)


@pytest.mark.parametrize(
    ("attribute", "raw", "code"),
    [
        (SIZE, "large", "wrong_type"),
        (SIZE, "", "wrong_type"),
        (SIZE, "1.2.3", "wrong_type"),
        (SIZE, "15 kg", "wrong_unit"),
        (SIZE, "40 × 30 cm", "wrong_unit"),
        (SIZE, "15 furlongs", "wrong_unit"),
        (PIECES, "3 kg", "wrong_unit"),
        (PIECES, "9" * 30, "out_of_range"),
        (MATERIAL, "paper", "unknown_choice"),
        (WASHABLE, "perhaps", "wrong_type"),
    ],
)
def test_what_does_not_fit_is_told_apart(attribute, raw, code) -> None:
    with pytest.raises(Unreadable) as problem:
        read(attribute, raw)
    assert problem.value.code == code


@pytest.mark.parametrize("raw", ["cotton", "COTTON", "棉", " 100%  Cotton "])
def test_a_choice_is_known_by_value_label_and_words(raw) -> None:
    value = read(MATERIAL, raw)
    assert (value.text, value.shown("en"), value.shown("zh-CN")) == ("cotton", "Cotton", "棉")


@pytest.mark.parametrize(("raw", "text"), [("Yes", "true"), ("是", "true"), ("否", "false")])
def test_a_boolean_is_said_in_both_languages(raw, text) -> None:
    assert read(WASHABLE, raw).text == text


@pytest.mark.parametrize(
    ("attribute", "raw", "en", "zh"),
    [
        (WEIGHT, "1500 g", "1.5\xa0kg", "1.5千克"),
        (an_attribute("fill", unit="ml"), "1.5 l", "1,500\xa0ml", "1,500毫升"),
        (an_attribute("disk", unit="GB"), "1 TB", "1,000\xa0GB", "1,000\xa0GB"),
        (an_attribute("cotton", unit="%"), "80", "80%", "80%"),
        (WASHABLE, "n", "No", "否"),
        (PIECES, "100", "100", "100"),
    ],
)
def test_values_are_written_as_a_language_does(attribute, raw, en, zh) -> None:
    value = read(attribute, raw)
    assert (value.shown("en"), value.shown("zh-CN")) == (en, zh)


def test_sizes_compare_whatever_the_unit() -> None:
    metric = read(an_attribute("length", unit="cm"), "38.1")
    assert metric.size == read(SIZE, "15").size == Decimal(381)


@given(st.decimals(min_value=0, max_value=100_000, places=3), st.sampled_from(sorted(UNITS)))
def test_any_number_in_any_unit_is_read_as_itself(number, symbol) -> None:
    attribute = an_attribute("anything", unit=symbol)
    value = read(attribute, f"{number} {symbol}")
    assert value.number == number
    assert read(attribute, value.text) == value
    assert read(attribute, value.shown("zh-CN")) == value


@given(st.text(max_size=40), st.sampled_from(SCHEMA))
def test_any_text_is_read_or_told_apart(raw, attribute) -> None:
    found = describe({attribute.name: raw}, SCHEMA)
    assert len(found.values) + len(found.free) == 1


def test_symbols_that_differ_in_case_alone_mean_themselves() -> None:
    assert all(unit_of(symbol) is unit for symbol, unit in UNITS.items())


def test_a_product_is_read_in_the_schemas_order_and_keeps_the_rest() -> None:
    found = describe(
        {"Colour": "red", "Material": "棉", "Screen Size": "15", "weight": "heavy"}, SCHEMA
    )
    assert [(one.attribute.name, one.text) for one in found.values] == [
        ("screen_size", "15"),
        ("material", "cotton"),
    ]
    assert found.free == (("Colour", "red"), ("weight", "heavy"))


def test_the_same_attribute_under_two_names_counts_once() -> None:
    found = describe({"material": "wool", "material项": "cotton"}, SCHEMA)
    assert [one.text for one in found.values] == ["wool"]
    assert found.free == (("material项", "cotton"),)


def test_every_wrong_value_is_named() -> None:
    with pytest.raises(AttributeMalformed) as refused:
        check_attributes({"weight": "heavy", "Material": "paper", "else": "x"}, SCHEMA)
    assert [(one.field, one.code) for one in refused.value.errors] == [
        ("attributes.weight", "wrong_type"),
        ("attributes.Material", "unknown_choice"),
    ]


def test_lower_categories_add_and_override() -> None:
    outer, inner = (an_attribute("weight", unit="g"), NOTE), (WEIGHT, SIZE)
    assert inherited([outer, inner]) == (WEIGHT, NOTE, SIZE)


def a_tree(*attributes: dict, below: tuple[dict, ...] = ()):
    name = {"en": "A", "zh-CN": "甲"}
    return tree_of(
        {
            "categories": [
                {"slug": "top", "name": name, "attributes": attributes},
                {"slug": "below", "parent": "top", "name": name, "attributes": below},
            ]
        }
    )


def told(name: str = "weight", kind: str = "number", **fields) -> dict:
    return {"name": name, "label": {"en": name, "zh-CN": "重量"}, "kind": kind, **fields}


def test_a_category_has_what_those_above_it_ask() -> None:
    tree = a_tree(told(unit="g"), told("note", "text"), below=(told(unit="kg"),))
    assert [(one.name, one.unit) for one in tree.schema("cat_top")] == [
        ("weight", "g"),
        ("note", ""),
    ]
    assert [(one.name, one.unit) for one in tree.schema("cat_below")] == [
        ("weight", "kg"),
        ("note", ""),
    ]
    assert tree.schema("cat_unknown") == ()


@pytest.mark.parametrize(
    "wrong",
    [
        told("Weight"),
        told(kind="colour"),
        told(unit="furlong"),
        told(kind="text", unit="g"),
        told(kind="choice"),
        told(choices=[{"value": "a", "label": {"en": "A", "zh-CN": "甲"}}]),
        told(kind="choice", choices=[{"value": "a", "label": {"en": "A"}}]),
        told(kind="choice", choices=[{"value": "a", "label": {"en": "A", "zh-CN": "甲"}}] * 2),
        told(label={"en": "Weight"}),
    ],
)
def test_a_schema_that_contradicts_itself_is_refused(wrong) -> None:
    with pytest.raises(CategoriesWrong):
        a_tree(wrong)


def test_an_attribute_stands_once_in_a_category() -> None:
    with pytest.raises(CategoriesWrong):
        a_tree(told(), told())


def test_metafields_count_where_the_category_asks_for_them() -> None:
    heading = ["Title", "Material (product.metafields.custom.material)", "Weight (mm)"]
    heading += ["weight(product.metafields.a-b.w_1)", "Junk (product.metafields.x.junk)"]
    names = metafields_of(heading)
    assert list(names) == [1, 3, 4]
    cells = {names[1]: "Cotton", names[3]: "heavy", names[4]: "{}"}
    assert attributes_of(cells, SCHEMA) == {"Material": "Cotton"}
