"""Products that a shopper put together: compared, looked at, and those that are alike."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.model.attributes import describe
from chalicelib.contexts.catalog.model.comparing import COMPARED_MAX, compared
from chalicelib.contexts.catalog.model.products import ID_PREFIX, code_of
from chalicelib.contexts.catalog.pages import views
from chalicelib.contexts.catalog.service import Wish
from chalicelib.contexts.catalog.service.cards import cards_of
from chalicelib.contexts.catalog.service.comparing import SideBySide, side_by_side
from chalicelib.web.i18n import N_, Words
from chalicelib.web.page import Html, page, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

CARDS_MAX = 12
RELATED = 6
REFERENCE_LENGTH_MAX = 90


class ComparedView(Struct, frozen=True, kw_only=True):
    """A product as a column of the comparison."""

    slug: str
    href: str
    title: str
    image: str
    tint: int
    without_href: str


class RowView(Struct, frozen=True):
    label: str
    values: list[str]
    is_different: bool


class CompareView(Struct, frozen=True, kw_only=True):
    """A comparison whose address is its state."""

    products: list[ComparedView]
    rows: list[RowView]
    only_differences: bool
    switch_href: str
    hidden: int
    can_add: bool
    note: str = ""


class CardsView(Struct, frozen=True):
    """Cards under a heading, or those a browser asked for; `gone` says how many of them are none."""

    heading: str
    cards: list[views.CardView]
    gone: str = ""


@page(bp, "GET", "/compare")
def compare(visit: Visit) -> Html:
    """Lay up to four products side by side; `only=1` leaves out what is the same."""
    words = visit.words
    wanted = _references(visit, COMPARED_MAX + 1)
    found = side_by_side([one.rpartition("/")[2] for one in wanted])
    slugs = [one.product.slug for one in found]
    tree = service.categories()
    described = [
        describe(one.product.content.attributes, tree.schema(one.product.content.category_id))
        for one in found
    ]
    rows = _facts(found, words) + [
        RowView(row.attribute.named(words.locale), row.shown(words.locale), row.is_different)
        for row in compared(described)
    ]
    only = bool(visit.query_text.get("only")) and len(found) > 1
    kept = [row for row in rows if row.is_different] if only else rows
    missing = len(dict.fromkeys(wanted)) > len(found)
    view = CompareView(
        products=[
            ComparedView(
                slug=one.product.slug,
                href=f"/p/{one.product.slug}",
                title=one.product.content.title,
                image=one.product.image,
                tint=views.tint(tree, one.product.content.category_id),
                without_href=_address([slug for slug in slugs if slug != one.product.slug], only),
            )
            for one in found
        ],
        rows=kept,
        only_differences=only,
        switch_href=_address(slugs, not only),
        hidden=len(rows) - len(kept),
        can_add=len(found) < COMPARED_MAX,
        note=words.say(N_("Up to four products that are in the shop can be compared."))
        if missing
        else "",
    )
    return Html("pages/catalog/compare.html", view, is_public=True)


@page(bp, "GET", "/recent")
def recent(visit: Visit) -> Html:
    """What was looked at: the browser remembers it, Souk does not."""
    del visit
    return Html("pages/catalog/recent.html", is_public=True)


@page(bp, "GET", "/fragments/cards")
def cards(visit: Visit) -> Html:
    """Cards of the products that a browser remembers, `p` for each."""
    codes = [code for one in _references(visit, CARDS_MAX) if (code := code_of(one))]
    wanted = list(dict.fromkeys(codes))
    found = cards_of([ID_PREFIX + code for code in wanted])
    tree, words = service.categories(), visit.words
    missing = len(wanted) - len(found)
    gone = words.count(
        "%(num)s product that you looked at is not in the shop now.",
        "%(num)s products that you looked at are not in the shop now.",
        missing,
    )
    shown = [views.card_view(card, tree, words) for card in found]
    view = CardsView("", shown, gone if missing else "")
    return Html("fragments/catalog/cards.html", view, is_public=True)


@page(bp, "GET", "/fragments/related/{product}")
def related(visit: Visit, product: str) -> Html:
    """What else its category has: the product itself left out."""
    category = visit.query_text.get("category", "")
    found = service.products(Wish(category=category, sort="best_selling", limit=RELATED + 1))
    tree = service.categories()
    shown = [card for card in found.decoded() if not card.slug.endswith(product[-8:])][:RELATED]
    heading = visit.words.say(N_("More like this"))
    view = CardsView(heading, [views.card_view(card, tree, visit.words) for card in shown])
    return Html("fragments/catalog/cards.html", view, is_public=True)


def _references(visit: Visit, most: int) -> list[str]:
    """The products that an address names, `p` for each; the last of them count."""
    query = visit.raw.query_params
    given = query.getlist("p") if query and "p" in query else []
    return [one.strip()[:REFERENCE_LENGTH_MAX] for one in given if one.strip()][:most]


def _address(slugs: list[str], only: bool) -> str:
    pairs = "&".join(f"p={slug}" for slug in slugs)
    path = with_query("/compare", {"only": "1" if only else ""})
    if not pairs:
        return "/compare"
    return f"{path}{'&' if only else '?'}{pairs}"


def _facts(found: list[SideBySide], words: Words) -> list[RowView]:
    """What every product has, whatever its category."""
    yes, no = words.say(N_("In stock")), words.say(N_("Sold out"))
    told = [
        (N_("Price"), [words.money(one.product.price).text for one in found]),
        (N_("Merchant"), [one.merchant.name_in(words.locale) for one in found]),
        (N_("Stock"), [yes if one.in_stock else no for one in found]),
    ]
    return [RowView(words.say(label), values, len(set(values)) > 1) for label, values in told]
