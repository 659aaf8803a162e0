"""What a merchant's console shows of products."""

from collections.abc import Mapping

from msgspec import Struct

from chalicelib.contexts.catalog.model.attributes import (
    FALSE,
    SAID,
    TRUE,
    Attribute,
    AttributeKind,
    Value,
    describe,
)
from chalicelib.contexts.catalog.model.categories import CategoryTree
from chalicelib.contexts.catalog.model.products import MACHINE, Product, ProductState, Variant
from chalicelib.contexts.catalog.model.units import UNITS
from chalicelib.contexts.catalog.pages.views import tint
from chalicelib.kernel import ids
from chalicelib.kernel.money import Money
from chalicelib.web.forms import ChoiceView, Fields, FieldView
from chalicelib.web.i18n import N_, PriceView, Words

STATES = {
    ProductState.DRAFT: (N_("Draft"), "plain"),
    ProductState.IN_REVIEW: (N_("In review"), "wait"),
    ProductState.LISTED: (N_("Listed"), "good"),
    ProductState.DELISTED: (N_("Delisted"), "plain"),
    ProductState.TAKEN_DOWN: (N_("Taken down"), "bad"),
}
assert set(STATES) == set(ProductState), "every state has its words"

ATTRIBUTE = "attributes."
"""Begins the names of fields that ask for an attribute of the category."""

MOVES = {
    ProductState.LISTED: N_("List"),
    ProductState.DELISTED: N_("Delist"),
}
"""What a merchant may do with a product from the list of them."""


class ProductRowView(Struct, frozen=True, kw_only=True):
    """A product as a line of the merchant's list."""

    href: str
    shop_href: str
    title: str
    image: str
    tint: int
    state: str
    tone: str
    variants: int
    price: PriceView
    moves: list[ChoiceView]


class ProductsView(Struct, frozen=True):
    tabs: list[ChoiceView]
    products: list[ProductRowView]
    next_href: str
    note: str = ""


class VariantRowView(Struct, frozen=True):
    sku: str
    title: str
    price: str
    compare_at: str


class ProductFormView(Struct, frozen=True, kw_only=True):
    """The form for a new product, or for one that is there; `variants` are the latter's."""

    heading: str
    action: str
    key: str
    fields: list[FieldView]
    variants: list[VariantRowView]
    currency: str
    buttons: list[ChoiceView]
    state: str = ""
    tone: str = "plain"
    note: str = ""
    pictures_href: str = ""
    problems: int = 0


def row_view(product: Product, tree: CategoryTree, words: Words) -> ProductRowView:
    """Show a product as a line of the merchant's list."""
    state, tone = STATES[product.state]
    return ProductRowView(
        href=f"/console/products/{product.id}",
        shop_href=f"/p/{product.slug}" if product.is_listed else "",
        title=product.content.title,
        image=product.image,
        tint=tint(tree, product.content.category_id),
        state=words.say(state),
        tone=tone,
        variants=len(product.content.variants),
        price=words.money(product.price),
        moves=[
            ChoiceView(words.say(label), value=target)
            for target, label in MOVES.items()
            if MACHINE.allows(product.state, target)
        ],
    )


def new_view(
    tree: CategoryTree,
    currency: str,
    words: Words,
    typed: Fields,
    *,
    note: str = "",
    errors: Mapping[str, str],
) -> ProductFormView:
    """Show the form for a product with one variant."""
    fields = [
        *_described(tree, words, typed, errors),
        _field("sku", words.say(N_("SKU")), typed, errors, hint=words.say(N_("Your own code."))),
        _field("on_hand", words.say(N_("On hand")), typed, errors, kind="number"),
        _field("price", _with_currency(words.say(N_("Price")), currency), typed, errors),
        _field(
            "compare_at",
            _with_currency(words.say(N_("Compare-at price")), currency),
            typed,
            errors,
            is_required=False,
        ),
        _field(
            "picture",
            words.say(N_("Address of a picture")),
            typed,
            errors,
            kind="url",
            is_required=False,
            is_wide=True,
        ),
    ]
    return ProductFormView(
        heading=words.say(N_("New product")),
        action="/console/products/new",
        key=typed.text("key") or ids.ulid(),
        fields=fields,
        variants=[],
        currency=currency,
        buttons=[
            ChoiceView(words.say(N_("List it now")), value=ProductState.LISTED),
            ChoiceView(words.say(N_("Keep it as a draft")), value=ProductState.DRAFT),
        ],
        note=note,
    )


def edit_view(
    product: Product,
    tree: CategoryTree,
    words: Words,
    typed: Fields,
    *,
    note: str = "",
    errors: Mapping[str, str],
) -> ProductFormView:
    """Show the form for a product that is there."""
    content = product.content
    schema = tree.schema(content.category_id)
    described = describe(content.attributes, schema)
    shown = typed or Fields(
        [
            ("title", content.title),
            ("description", content.description),
            ("category", content.category_id),
            *((ATTRIBUTE + one.attribute.name, _said(one)) for one in described.values),
            ("attributes", "\n".join(f"{name}: {value}" for name, value in described.free)),
        ]
    )
    state, tone = STATES[product.state]
    return ProductFormView(
        heading=content.title,
        action=f"/console/products/{product.id}",
        key="",
        fields=[
            *_described(tree, words, shown, errors),
            *(_asked(one, words, shown, errors) for one in schema),
            _field(
                "attributes",
                words.say(N_("Other attributes")),
                shown,
                errors,
                kind="textarea",
                is_required=False,
                is_wide=True,
                hint=words.say(N_("One on each line, as in “Origin: Yixing”.")),
            ),
        ],
        variants=[_variant_view(one, typed) for one in content.variants],
        currency=product.price.currency,
        buttons=[ChoiceView(words.say(N_("Save")), value="")],
        state=words.say(state),
        tone=tone,
        note=note,
        pictures_href=f"/console/products/{product.id}/pictures",
        problems=sum(bool(one.problem) for one in content.media),
    )


def major(amount: Money | None) -> str:
    """Write an amount as a form takes it."""
    return str(amount.decimal()) if amount else ""


def _described(
    tree: CategoryTree, words: Words, shown: Fields, errors: Mapping[str, str]
) -> list[FieldView]:
    choices = tuple(
        ("\u2003" * (len(tree.ancestors(one.id)) - 1) + one.named(words.locale), one.id)
        for one in tree.categories
    )
    return [
        _field("title", words.say(N_("Title")), shown, errors, is_wide=True),
        _field(
            "description",
            words.say(N_("Description")),
            shown,
            errors,
            kind="textarea",
            is_required=False,
            is_wide=True,
            hint=words.say(N_("Plain text or simple HTML.")),
        ),
        FieldView(
            name="category",
            label=words.say(N_("Category")),
            value=shown.text("category"),
            kind="select",
            choices=tuple((identity, label) for label, identity in choices),
            error=errors.get("category", ""),
        ),
    ]


def _asked(
    attribute: Attribute, words: Words, shown: Fields, errors: Mapping[str, str]
) -> FieldView:
    """Ask for an attribute of the product's category, by a choice where there is one."""
    name = ATTRIBUTE + attribute.name
    choices: tuple[tuple[str, str], ...] = ()
    if attribute.kind is AttributeKind.CHOICE:
        choices = tuple((one.value, one.named(words.locale)) for one in attribute.choices)
    if attribute.kind is AttributeKind.BOOLEAN:
        choices = tuple((text, SAID[words.locale][text == TRUE]) for text in (TRUE, FALSE))
    unit = UNITS.get(attribute.unit)
    hint = words.say(N_("In %(unit)s, or with a unit of your own."))
    return FieldView(
        name=name,
        label=attribute.named(words.locale),
        value=shown.text(name),
        kind="select" if choices else "text",
        is_required=False,
        autocomplete="off",
        hint=hint % {"unit": unit.named(words.locale)} if unit else "",
        error=errors.get(name, ""),
        choices=(("", "—"), *choices) if choices else (),
    )


def _said(value: Value) -> str:
    """Write a value as its field takes it, in the attribute's unit."""
    return f"{value.text} {value.attribute.unit}".strip()


def _field(
    name: str,
    label: str,
    shown: Fields,
    errors: Mapping[str, str],
    *,
    kind: str = "text",
    is_required: bool = True,
    is_wide: bool = False,
    hint: str = "",
) -> FieldView:
    return FieldView(
        name=name,
        label=label,
        value=shown.text(name),
        kind=kind,
        is_required=is_required,
        autocomplete="off",
        hint=hint,
        error=errors.get(name, ""),
        is_wide=is_wide,
    )


def _variant_view(variant: Variant, typed: Fields) -> VariantRowView:
    """Show a variant's prices, as typed where the form comes back."""
    return VariantRowView(
        sku=variant.sku,
        title=variant.title or "—",
        price=typed.text(f"price.{variant.sku}") or major(variant.price),
        compare_at=typed.get(f"compare.{variant.sku}", major(variant.compare_at)),
    )


def _with_currency(label: str, currency: str) -> str:
    return f"{label} ({currency})"
