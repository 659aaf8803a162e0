"""The form that asks for more than words: phrases, words to leave out, attributes of a category."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.attributes import (
    FALSE,
    SAID,
    TRUE,
    Attribute,
    AttributeKind,
    Schema,
    understood,
)
from chalicelib.contexts.catalog.model.categories import Category, CategoryTree
from chalicelib.contexts.catalog.pages import views
from chalicelib.web.forms import ChoiceView, FieldView
from chalicelib.web.i18n import N_, Words

FILTERS_MAX = 12


class AdvancedView(Struct, frozen=True, kw_only=True):
    """The form. Its attributes are those of the category, which is chosen with the first button."""

    words: list[FieldView]
    category: FieldView
    merchant: FieldView | None
    price_min: FieldView
    price_max: FieldView
    attributes: list[FieldView]
    sorts: list[ChoiceView]
    in_stock: bool
    currency: str


def view_of(  # noqa: PLR0917 - what was asked, and what it may be asked of
    given: Mapping[str, str],
    category: Category | None,
    tree: CategoryTree,
    facets: str,
    sorts: list[ChoiceView],
    words: Words,
) -> AdvancedView:
    """Fill the form with what was asked already; merchants come from the market's facets."""

    def field(name: str, label: str, hint: str = "") -> FieldView:
        return FieldView(
            name=name,
            label=label,
            value=given.get(name, ""),
            is_required=False,
            hint=hint,
            autocomplete="off",
        )

    price = words.say(N_("Price from")), words.say(N_("Price up to"))
    low, high = (field(name, label) for name, label in zip(("min", "max"), price, strict=True))
    without = words.say(N_("Leave a space between words."))
    return AdvancedView(
        words=[
            field("q", words.say(N_("All of these words"))),
            field("phrase", words.say(N_("Exactly these words in the title"))),
            field("without", words.say(N_("None of these words")), without),
        ],
        category=_select(
            "category",
            words.say(N_("Category")),
            [(one.slug, _indented(tree, one, words)) for one in tree.categories],
            category.slug if category else "",
            words,
        ),
        merchant=_merchant(given, facets, words),
        price_min=msgspec.structs.replace(low, inputmode="decimal"),
        price_max=msgspec.structs.replace(high, inputmode="decimal"),
        attributes=[
            _attribute(one, given, words) for one in _filters(tree, category) if one.is_filterable
        ],
        sorts=sorts,
        in_stock=bool(given.get("in_stock")),
        currency=settings().currency,
    )


def read_with(schema: Schema, given: Mapping[str, str]) -> dict[str, str]:
    """Read attributes as a shopper typed them; what the schema does not read stays as it is."""
    return {
        value.attribute.name if value else name: value.code if value else raw
        for name, raw, value in understood(given.items(), schema)
    }


def _filters(tree: CategoryTree, category: Category | None) -> Schema:
    return tree.schema(category.id)[:FILTERS_MAX] if category else ()


def _attribute(attribute: Attribute, given: Mapping[str, str], words: Words) -> FieldView:
    name, label = views.ATTRIBUTE + attribute.name, attribute.named(words.locale)
    value = given.get(name, "")
    if attribute.kind is AttributeKind.CHOICE:
        choices = [(one.value, one.named(words.locale)) for one in attribute.choices]
        return _select(name, label, choices, value, words)
    if attribute.kind is AttributeKind.BOOLEAN:
        said = SAID[words.locale]
        return _select(name, label, [(TRUE, said[True]), (FALSE, said[False])], value, words)
    hint = words.say(N_("In %(unit)s, or with a unit of your own.")) % {"unit": attribute.unit}
    return FieldView(
        name=name,
        label=label,
        value=value,
        is_required=False,
        autocomplete="off",
        hint=hint if attribute.unit else "",
    )


def _merchant(given: Mapping[str, str], facets: str, words: Words) -> FieldView | None:
    decoded = msgspec.json.decode(facets)
    values = next((one["values"] for one in decoded if one["name"] == "merchant"), [])
    choices = sorted((one.get("label", ""), one["value"]) for one in values)
    named = [(value, label) for label, value in choices if label]
    chosen = given.get("merchant", "")
    return _select("merchant", words.say(N_("Merchant")), named, chosen, words) if named else None


def _select(
    name: str, label: str, choices: list[tuple[str, str]], value: str, words: Words
) -> FieldView:
    every = ("", words.say(N_("Any")))
    return FieldView(
        name=name,
        label=label,
        value=value,
        kind="select",
        autocomplete="off",
        choices=(every, *choices),
    )


def _indented(tree: CategoryTree, category: Category, words: Words) -> str:
    return "\u2003" * (len(tree.ancestors(category.id)) - 1) + category.named(words.locale)
