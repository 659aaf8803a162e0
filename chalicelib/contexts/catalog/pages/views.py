"""What the shop's shelves show: cards, categories, listings, a product."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct, field

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.categories import Category, CategoryTree
from chalicelib.contexts.catalog.model.listing import Card
from chalicelib.contexts.catalog.model.products import Product, Variant, option_values
from chalicelib.contexts.catalog.service import Shown
from chalicelib.kernel.money import Money
from chalicelib.kernel.text import fold, tokens
from chalicelib.web.forms import ChoiceView
from chalicelib.web.i18n import N_, PriceView, Words
from chalicelib.web.page import with_query

TINTS = 8
CARD_LOW_STOCK = 5
QUANTITY_SHOWN_MAX = 99
SUMMARY_LENGTH = 160
SCHEMA_ORG = "https://schema.org"

SORTS = {
    "relevance": N_("Best match"),
    "newest": N_("Newest"),
    "best_selling": N_("Best selling"),
    "price_asc": N_("Price, low to high"),
    "price_desc": N_("Price, high to low"),
    "name": N_("Name"),
}
FACET_NAMES = {"category": N_("Category"), "merchant": N_("Merchant")}


class LinkView(Struct, frozen=True):
    label: str
    href: str


class ShelfView(Struct, frozen=True):
    """A category as a place to go to."""

    href: str
    name: str
    tint: int
    count: str = ""


class CardView(Struct, frozen=True):
    href: str
    title: str
    image: str
    tint: int
    price: PriceView
    was: PriceView | None
    saving: str
    merchant: str
    is_in_stock: bool


class HomeView(Struct, frozen=True):
    showcase: list[CardView]
    shelves: list[ShelfView]
    newest: list[CardView]


class FacetView(Struct, frozen=True):
    name: str
    choices: list[ChoiceView]


class ListingView(Struct, frozen=True, kw_only=True):
    """A listing whose address is its state: every filter is a parameter."""

    title: str
    path: str
    canonical: str
    q: str
    total: str
    crumbs: list[LinkView]
    cards: list[CardView]
    sorts: list[ChoiceView]
    chips: list[LinkView]
    facets: list[FacetView]
    kept: list[tuple[str, str]]
    price_min: str
    price_max: str
    currency: str
    in_stock: bool
    is_filtered: bool
    clear_href: str
    next_href: str
    first_href: str
    note: str = ""


class PictureView(Struct, frozen=True):
    src: str
    alt: str


class OptionChoiceView(Struct, frozen=True):
    label: str
    href: str
    is_current: bool
    is_possible: bool


class OptionView(Struct, frozen=True):
    name: str
    current: str
    choices: list[OptionChoiceView]


class ProductView(Struct, frozen=True, kw_only=True):
    """A product with one of its variants chosen."""

    title: str
    summary: str
    here: str
    canonical: str
    crumbs: list[LinkView]
    pictures: list[PictureView]
    tint: int
    merchant: str
    price: PriceView
    was: PriceView | None
    saving: str
    sku: str
    options: list[OptionView]
    stock: str
    can_buy: bool
    quantity: int
    quantity_max: int
    attributes: list[tuple[str, str]]
    description: Any
    structured: dict[str, Any] = field(default_factory=dict)
    note: str = ""


def tint(tree: CategoryTree, category_id: str) -> int:
    """Choose a category's pastel: another one than its neighbours'."""
    category = tree.by_id.get(category_id)
    if category is None:
        return TINTS - 1
    siblings = tree.children(category.parent_id)
    above = tint(tree, category.parent_id) if category.parent_id else 0
    return (above + siblings.index(category)) % TINTS


def card_view(card: Card, tree: CategoryTree, words: Words) -> CardView:
    """Show a card of a listing."""
    was = card.compare_at if isinstance(card.compare_at, Money) else None
    return CardView(
        href=f"/p/{card.slug}",
        title=card.title,
        image=card.image if isinstance(card.image, str) else "",
        tint=tint(tree, card.category),
        price=words.money(card.price),
        was=words.money(was) if was else None,
        saving=saving(card.price, was),
        merchant=card.merchant.name,
        is_in_stock=card.in_stock,
    )


def saving(price: Money, was: Money | None) -> str:
    """Say how much lower a price is than it was, in whole per cent."""
    if was is None or was.amount <= price.amount:
        return ""
    percent = (was.amount - price.amount) * 100 // was.amount
    return f"\u2212{percent}%" if percent else ""


def shelf_views(
    tree: CategoryTree, words: Words, counts: Mapping[str, int] | None = None
) -> list[ShelfView]:
    """Show the top categories; with `counts` only those that have products."""
    roots = tree.children(None)
    if counts is not None:
        roots = tuple(one for one in roots if counts.get(one.id))
    return [
        ShelfView(
            href=f"/c/{one.slug}",
            name=one.named(words.locale),
            tint=tint(tree, one.id),
            count=_count(counts[one.id], words) if counts else "",
        )
        for one in roots
    ]


def product_view(
    shown: Shown,
    levels: Mapping[str, int],
    tree: CategoryTree,
    words: Words,
    *,
    chosen: str = "",
    quantity: int = 1,
    note: str = "",
) -> ProductView:
    """Show a product. `chosen` is the merchant's own code of a variant; one in stock otherwise."""
    from markupsafe import Markup

    from chalicelib.contexts.catalog.model.html import clean

    product, content = shown.product, shown.product.content
    variant = _chosen(product, levels, chosen)
    left = levels.get(variant.sku, 0)
    href = f"/p/{product.slug}"
    return ProductView(
        title=content.title,
        summary=_summary(content.description) or content.title,
        here=_variant_href(product, variant),
        canonical=settings().shop_url + href,
        crumbs=_crumbs(tree, content.category_id, words),
        pictures=_pictures(product, variant),
        tint=tint(tree, content.category_id),
        merchant=shown.merchant.name_in(words.locale),
        price=words.money(variant.price),
        was=words.money(variant.compare_at) if variant.compare_at else None,
        saving=saving(variant.price, variant.compare_at),
        sku=variant.sku,
        options=_options(product, variant),
        stock=_stock(left, words),
        can_buy=left > 0,
        quantity=quantity,
        quantity_max=max(1, min(left, QUANTITY_SHOWN_MAX)),
        attributes=list(content.attributes.items()),
        # Cleaned where it is shown too, whatever a store may hold.
        description=Markup(clean(content.description)),  # noqa: S704
        structured=_structured(shown, levels),
        note=note,
    )


def listing_facets(
    facets: str,
    tree: CategoryTree,
    words: Words,
    path: str,
    given: Mapping[str, str],
    *,
    category: Category | None,
) -> list[FacetView]:
    """Show the facets that narrow a listing: categories below, merchants, attributes."""
    views = []
    decoded = msgspec.json.decode(facets)
    if not decoded:
        views += _below(tree, words, category)
    for facet in decoded:
        name, values = facet["name"], facet["values"]
        if name == "in_stock":
            continue
        if name == "category":
            choices = _category_choices(values, tree, words, given, category)
        else:
            choices = _value_choices(name, values, path, given)
        if len(choices) > 1 or any(choice.is_current for choice in choices):
            label = FACET_NAMES.get(name)
            shown = words.say(label) if label else name.removeprefix("attr.")
            views.append(FacetView(shown, choices))
    return views


def _below(tree: CategoryTree, words: Words, category: Category | None) -> list[FacetView]:
    """Lead to the categories below where nothing was counted."""
    choices = [
        ChoiceView(one.named(words.locale), f"/c/{one.slug}")
        for one in tree.children(category.id if category else None)
    ]
    return [FacetView(words.say(FACET_NAMES["category"]), choices)] if choices else []


def crumbs_of(tree: CategoryTree, category_id: str, words: Words) -> list[LinkView]:
    """Lead from the market down to a category, itself left out."""
    return _crumbs(tree, category_id, words)[:-1]


def count_text(total: int | None, shown: int, words: Words) -> str:
    """Say how many there are, as far as it is known."""
    return _count(shown if total is None else total, words) + ("+" if total is None else "")


def _count(number: int, words: Words) -> str:
    return words.count("%(num)s product", "%(num)s products", number)


def _category_choices(
    values: Sequence[Mapping[str, Any]],
    tree: CategoryTree,
    words: Words,
    given: Mapping[str, str],
    category: Category | None,
) -> list[ChoiceView]:
    counts = {one["value"]: one["count"] for one in values}
    below = tree.children(category.id if category else None)
    kept = {name: value for name, value in given.items() if name != "cursor"}
    return [
        ChoiceView(
            label=one.named(words.locale),
            href=with_query(f"/c/{one.slug}", kept),
            count=str(counts[one.id]),
        )
        for one in below
        if counts.get(one.id)
    ]


def _value_choices(
    name: str, values: Sequence[Mapping[str, Any]], path: str, given: Mapping[str, str]
) -> list[ChoiceView]:
    kept = {key: value for key, value in given.items() if key not in {"cursor", name}}
    current = given.get(name, "")
    return [
        ChoiceView(
            label=str(one.get("label") or one["value"]),
            href=with_query(
                path, kept if one["value"] == current else {**kept, name: one["value"]}
            ),
            count=str(one["count"]),
            is_current=one["value"] == current,
        )
        for one in values
    ]


def _crumbs(tree: CategoryTree, category_id: str, words: Words) -> list[LinkView]:
    line = [tree.by_id[one] for one in reversed(tree.ancestors(category_id))]
    links = [LinkView(one.named(words.locale), f"/c/{one.slug}") for one in line]
    return [LinkView(words.say(N_("Market")), "/"), *links]


def _pictures(product: Product, chosen: Variant) -> list[PictureView]:
    """Show the pictures that speak of the chosen options first, else in the merchant's order."""
    title = product.content.title
    views = [
        PictureView(one.url, one.alt or title) for one in product.content.media if one.is_picture
    ]
    values = {fold(value) for value in chosen.options.values()}
    views.sort(key=lambda one: -sum(word in values for word in tokens(one.alt)))
    return views or [PictureView("", title)]


def _chosen(product: Product, levels: Mapping[str, int], own_code: str) -> Variant:
    variants = product.content.variants
    wanted = f"{product.merchant_code}.{own_code}"
    named = [one for one in variants if one.sku == wanted]
    in_stock = [one for one in variants if levels.get(one.sku, 0) > 0]
    return (named or in_stock or list(variants))[0]


def _options(product: Product, chosen: Variant) -> list[OptionView]:
    """Offer every value of every option as a link to the variant it leads to.

    A value that does not exist together with the other choices leads to the first variant that
    has it, and is marked so.
    """
    content = product.content
    views = []
    for name, values in option_values(content).items():
        choices = []
        for value in values:
            wanted = {**chosen.options, name: value}
            exact = next((one for one in content.variants if one.options == wanted), None)
            target = exact or next(one for one in content.variants if one.options[name] == value)
            choices.append(
                OptionChoiceView(
                    label=value,
                    href=_variant_href(product, target),
                    is_current=chosen.options[name] == value,
                    is_possible=exact is not None,
                )
            )
        views.append(OptionView(name, chosen.options[name], choices))
    return views


def _variant_href(product: Product, variant: Variant) -> str:
    if len(product.content.variants) == 1:
        return f"/p/{product.slug}"
    own_code = variant.sku.removeprefix(f"{product.merchant_code}.")
    return f"/p/{product.slug}?variant={quote(own_code)}"


def _stock(left: int, words: Words) -> str:
    if left == 0:
        return words.say(N_("Sold out"))
    if left <= CARD_LOW_STOCK:
        return words.count("Only %(num)s left", "Only %(num)s left", left)
    return words.say(N_("In stock"))


def _summary(html: str) -> str:
    """Take the words out of a description for machines that list pages."""
    import nh3

    text = " ".join(nh3.clean(html.replace("<", " <"), tags=set()).split())
    return text if len(text) <= SUMMARY_LENGTH else text[: SUMMARY_LENGTH - 1].rstrip() + "…"


def _structured(shown: Shown, levels: Mapping[str, int]) -> dict[str, Any]:
    """Describe the product to machines (schema.org Product with an Offer a variant)."""
    product, content = shown.product, shown.product.content
    url = f"{settings().shop_url}/p/{product.slug}"
    return {
        "@context": SCHEMA_ORG,
        "@type": "Product",
        "name": content.title,
        "url": url,
        "image": list(_absolute(one.url for one in content.media if one.is_picture)),
        "description": _summary(content.description),
        "offers": [
            {
                "@type": "Offer",
                "sku": one.sku,
                "url": settings().shop_url + _variant_href(product, one),
                "price": str(one.price.decimal()),
                "priceCurrency": one.price.currency,
                "availability": f"{SCHEMA_ORG}/{_availability(levels.get(one.sku, 0))}",
                "seller": {"@type": "Organization", "name": shown.merchant.name_in("en")},
            }
            for one in content.variants
        ],
    }


def _availability(left: int) -> str:
    return "InStock" if left > 0 else "OutOfStock"


def _absolute(addresses: Iterable[str]) -> Iterable[str]:
    for address in addresses:
        yield settings().shop_url + address if address.startswith("/") else address
