"""The platform's desk for categories: what each asks of its products."""

from collections.abc import Mapping
from typing import Any

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.model.attributes import Attribute, AttributeKind
from chalicelib.contexts.catalog.model.categories import Category, CategoryTree
from chalicelib.contexts.catalog.model.units import UNITS
from chalicelib.contexts.identity.console import platform
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn, Refusal
from chalicelib.web.forms import Fields, FieldView
from chalicelib.web.i18n import N_, Words
from chalicelib.web.page import Html, Redirect, page
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

PATH = "/console/categories"
KINDS = {
    AttributeKind.TEXT: N_("Text"),
    AttributeKind.NUMBER: N_("Number with a unit"),
    AttributeKind.CHOICE: N_("Choice"),
    AttributeKind.BOOLEAN: N_("Yes or no"),
}
assert set(KINDS) == set(AttributeKind), "every kind has its words"
CHOICE_PARTS = ("value", "en", "zh-CN", "words")


class CategoryRowView(Struct, frozen=True):
    href: str
    name: str
    level: int
    own: int
    all: int


class AttributeRowView(Struct, frozen=True, kw_only=True):
    """An attribute as a line: `origin` is the category that it comes from, if it is another."""

    name: str
    label: str
    kind: str
    detail: str
    uses: str
    origin: str
    href: str


class CategoriesView(Struct, frozen=True):
    categories: list[CategoryRowView]


class SchemaView(Struct, frozen=True, kw_only=True):
    """One category's attributes, with the form for one of its own."""

    heading: str
    action: str
    own: list[AttributeRowView]
    inherited: list[AttributeRowView]
    fields: list[FieldView]
    is_filterable: bool
    is_comparable: bool
    editing: str = ""
    note: str = ""


@page(bp, "GET", "/console/categories")
def show_all(visit: Visit) -> Html:
    platform(visit)
    tree = service.categories()
    rows = [
        CategoryRowView(
            href=f"{PATH}/{one.slug}",
            name=one.named(visit.words.locale),
            level=len(tree.ancestors(one.id)),
            own=len(one.attributes),
            all=len(tree.schema(one.id)),
        )
        for one in tree.categories
    ]
    return Html("console/catalog/categories.html", CategoriesView(rows))


@page(bp, "GET", "/console/categories/{category}")
def show(visit: Visit, category: str) -> Html:
    platform(visit)
    found = _found(category)
    wanted = visit.query_text.get("attribute", "")
    known = service.categories().schema(found.id)
    attribute = next((one for one in known if one.name == wanted), None)
    shown = _typed(attribute) if attribute else Fields([("is_filterable", "1")])
    return _page(visit, found, shown, editing=attribute.name if attribute else "")


def show_again(visit: Visit, refusal: Refusal, *, category: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    return _page(visit, _found(category), visit.fields, refusal)


@page(bp, "POST", "/console/categories/{category}", refused=show_again)
def save(visit: Visit, category: str) -> Redirect:
    """Have the category ask for an attribute."""
    actor = platform(visit).actor
    found = service.save_attribute(actor, _found(category).slug, _entry(visit.fields))
    return Redirect(f"{PATH}/{found.slug}")


@page(bp, "POST", "/console/categories/{category}/remove", refused=show_again)
def remove(visit: Visit, category: str) -> Redirect:
    """Have the category ask for it no longer."""
    actor = platform(visit).actor
    found = service.drop_attribute(actor, _found(category).slug, visit.fields.text("name"))
    return Redirect(f"{PATH}/{found.slug}")


def _found(category: str) -> Category:
    found = service.categories().find(category)
    if found is None:
        raise NotFound
    return found


def _entry(fields: Fields) -> dict[str, Any]:
    """Read the form as the operator's file would say it."""
    kind = fields.text("kind")
    entry: dict[str, Any] = {
        "name": fields.text("name"),
        "label": {"en": fields.text("en"), "zh-CN": fields.text("zh")},
        "kind": kind,
        "is_filterable": bool(fields.text("is_filterable")),
        "is_comparable": bool(fields.text("is_comparable")),
    }
    if kind == AttributeKind.NUMBER:
        entry["unit"] = fields.text("unit")
    if kind == AttributeKind.CHOICE:
        lines = [line for line in fields.text("choices").splitlines() if line.strip()]
        entry["choices"] = list(map(_choice, lines))
    return entry


def _choice(line: str) -> dict[str, Any]:
    parts = dict(zip(CHOICE_PARTS, (part.strip() for part in line.split("|")), strict=False))
    words = [word.strip() for word in parts.pop("words", "").split(",") if word.strip()]
    value = parts.pop("value", "")
    return {"value": value, "label": parts, "words": words}


def _typed(attribute: Attribute) -> Fields:
    """Write an attribute as the form takes it."""
    choices = "\n".join(
        " | ".join(
            [one.value, one.named("en"), one.named("zh-CN")]
            + ([", ".join(one.words)] if one.words else [])
        )
        for one in attribute.choices
    )
    pairs = [
        ("name", attribute.name),
        ("en", attribute.named("en")),
        ("zh", attribute.named("zh-CN")),
        ("kind", attribute.kind.value),
        ("unit", attribute.unit),
        ("choices", choices),
    ]
    flags = ("is_filterable", "is_comparable")
    return Fields(pairs + [(flag, "1") for flag in flags if getattr(attribute, flag)])


def _page(
    visit: Visit,
    category: Category,
    shown: Fields,
    refusal: Refusal | None = None,
    *,
    editing: str = "",
) -> Html:
    words, tree = visit.words, service.categories()
    own = {one.name for one in category.attributes}
    rows = [_row(one, category, tree, words) for one in tree.schema(category.id)]
    view = SchemaView(
        heading=category.named(words.locale),
        action=f"{PATH}/{category.slug}",
        own=[one for one in rows if one.name in own],
        inherited=[one for one in rows if one.name not in own],
        fields=_fields(shown, words),
        is_filterable=bool(shown.text("is_filterable")),
        is_comparable=bool(shown.text("is_comparable")) or not shown.text("name"),
        editing=editing,
        note=refusal.detail if refusal else "",
    )
    status = refusal.status if refusal else 200
    return Html("console/catalog/schema.html", view, status)


def _row(
    attribute: Attribute, category: Category, tree: CategoryTree, words: Words
) -> AttributeRowView:
    line = [tree.by_id[one] for one in tree.ancestors(category.id)]
    origin = next(one for one in line if attribute in one.attributes)
    uses = {
        words.say(N_("filter")): attribute.is_filterable,
        words.say(N_("comparison")): attribute.is_comparable,
    }
    named = [choice.named(words.locale) for choice in attribute.choices]
    return AttributeRowView(
        name=attribute.name,
        label=attribute.named(words.locale),
        kind=words.say(KINDS[attribute.kind]),
        detail=", ".join(named) or attribute.unit,
        uses=", ".join(use for use, is_used in uses.items() if is_used),
        origin="" if origin is category else origin.named(words.locale),
        href=f"{PATH}/{category.slug}?attribute={attribute.name}#attribute",
    )


def _fields(shown: Mapping[str, str], words: Words) -> list[FieldView]:
    def field(name: str, label: str, **more: Any) -> FieldView:
        return FieldView(
            name=name, label=words.say(label), value=shown.get(name, ""), autocomplete="off", **more
        )

    units = (("", "—"), *((one.symbol, one.symbol) for one in UNITS.values()))
    hint = N_("One on each line: value | English | 中文 | other spellings. For choices only.")
    return [
        field("name", N_("Name"), hint=words.say(N_("a-z, 0-9 and _; programs use it."))),
        field(
            "kind",
            N_("Kind"),
            kind="select",
            choices=tuple((kind.value, words.say(label)) for kind, label in KINDS.items()),
        ),
        field("en", N_("Label in English")),
        field("zh", N_("Label in Chinese")),
        field("unit", N_("Unit"), kind="select", choices=units, is_required=False),
        field(
            "choices",
            N_("Choices"),
            kind="textarea",
            is_required=False,
            is_wide=True,
            hint=words.say(hint),
        ),
    ]
