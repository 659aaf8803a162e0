"""What the shop's shelves show: cards, categories, listings, a product."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from chalicelib.contexts.catalog.model.attributes import shown
from chalicelib.contexts.catalog.model.categories import Category, CategoryTree
from chalicelib.contexts.catalog.model.listing import Card
from chalicelib.kernel.money import Money
from chalicelib.kernel.paging import PAGE_SIZE
from chalicelib.web.forms import ChoiceView
from chalicelib.web.i18n import N_, PriceView, Words
from chalicelib.web.page import with_query

ATTRIBUTE = "attr."
TINTS = 8
CHOICES = 8
FACETS = 6
POPULAR = 8
PAGE_SIZES = (PAGE_SIZE, 2 * PAGE_SIZE, 4 * PAGE_SIZE)
IN_THE_FORM = {"sort", "show", "min", "max", "in_stock"}
"""Parameters of a listing that its own form asks for; the others travel with it."""

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


class SuggestionsView(Struct, frozen=True):
    titles: list[str]


class ShelfView(Struct, frozen=True):
    """A category as a place to go to."""

    href: str
    name: str
    tint: int
    count: str = ""
    below: list[LinkView] = []
    picture: str = ""


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


class FacetView(Struct, frozen=True):
    """A facet: its first choices, and those that open on demand.

    It `opens` by itself where one of the others is chosen.
    """

    name: str
    choices: list[ChoiceView]
    others: list[ChoiceView]

    @property
    def opens(self) -> bool:
        return any(one.is_current for one in self.others)

    @property
    def is_chosen(self) -> bool:
        return self.opens or any(one.is_current for one in self.choices)


class ListingView(Struct, frozen=True, kw_only=True):
    """A listing whose address is its state: every filter is a parameter."""

    title: str
    path: str
    canonical: str
    q: str
    total: str
    crumbs: list[LinkView]
    cards: list[CardView]
    popular: list[CardView]
    sorts: list[ChoiceView]
    sizes: list[ChoiceView]
    density_href: str
    is_dense: bool
    chips: list[LinkView]
    facets: list[FacetView]
    more_facets: list[FacetView]
    more_opens: bool
    kept: list[tuple[str, str]]
    price_min: str
    price_max: str
    currency: str
    in_stock: bool
    is_filtered: bool
    clear_href: str
    next_href: str
    first_href: str
    advanced_href: str
    note: str = ""
    meant: LinkView | None = None


def page_size(given: str) -> int:
    """Read how many products a page shows: one of the sizes, else the first of them."""
    return next((size for size in PAGE_SIZES if str(size) == given), PAGE_SIZE)


def page_sizes(current: int) -> list[ChoiceView]:
    return [
        ChoiceView(str(size), value=str(size), is_current=size == current) for size in PAGE_SIZES
    ]


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
            picture=one.picture,
            below=[
                LinkView(child.named(words.locale), f"/c/{child.slug}")
                for child in tree.children(one.id)
            ],
        )
        for one in roots
    ]


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
            choices = _value_choices(name, values, path, given, _said(name, tree, words, category))
        if len(choices) > 1 or any(choice.is_current for choice in choices):
            label = FACET_NAMES.get(name)
            called = words.say(label) if label else attribute_name(name, tree, words, category)
            views.append(_facet(called, choices))
    return views


def attribute_name(name: str, tree: CategoryTree, words: Words, category: Category | None) -> str:
    """Call an attribute (`attr.…`) what its category calls it, or what its merchants do."""
    own_name = name.removeprefix(ATTRIBUTE)
    known = tree.asking(own_name, category.id if category else "")
    return known[0].named(words.locale) if known else own_name


def attribute_value(
    name: str, value: str, tree: CategoryTree, words: Words, category: Category | None
) -> str:
    """Write an attribute's value as the language does, or as it was written."""
    known = tree.asking(name.removeprefix(ATTRIBUTE), category.id if category else "")
    said = (shown(one, value, words.locale) for one in known)
    return next(filter(None, said), value)


def _said(
    name: str, tree: CategoryTree, words: Words, category: Category | None
) -> Callable[[str], str]:
    return lambda value: attribute_value(name, value, tree, words, category)


def _facet(name: str, choices: list[ChoiceView]) -> FacetView:
    """Show so many choices at once that nobody has to scroll past them, and never hide just one."""
    cut = CHOICES if len(choices) > CHOICES + 1 else len(choices)
    return FacetView(name, choices[:cut], choices[cut:])


def _below(tree: CategoryTree, words: Words, category: Category | None) -> list[FacetView]:
    """Lead to the categories below where nothing was counted."""
    choices = [
        ChoiceView(one.named(words.locale), f"/c/{one.slug}")
        for one in tree.children(category.id if category else None)
    ]
    return [_facet(words.say(FACET_NAMES["category"]), choices)] if choices else []


def crumbs_of(tree: CategoryTree, category_id: str, words: Words) -> list[LinkView]:
    """Lead from the market down to a category, itself left out."""
    return crumbs_to(tree, category_id, words)[:-1]


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
    name: str,
    values: Sequence[Mapping[str, Any]],
    path: str,
    given: Mapping[str, str],
    said: Callable[[str], str],
) -> list[ChoiceView]:
    kept = {key: value for key, value in given.items() if key not in {"cursor", name}}
    current = given.get(name, "")
    return [
        ChoiceView(
            label=one.get("label") or said(one["value"]),
            href=with_query(
                path, kept if one["value"] == current else {**kept, name: one["value"]}
            ),
            count=str(one["count"]),
            is_current=one["value"] == current,
        )
        for one in values
    ]


def crumbs_to(tree: CategoryTree, category_id: str, words: Words) -> list[LinkView]:
    """Lead from the market down to a category."""
    line = [tree.by_id[one] for one in reversed(tree.ancestors(category_id))]
    links = [LinkView(one.named(words.locale), f"/c/{one.slug}") for one in line]
    return [LinkView(words.say(N_("Market")), "/"), *links]
