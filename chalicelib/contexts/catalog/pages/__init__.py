"""The shop's shelves: home, categories, search, products."""

from collections.abc import Mapping, Sequence

from chalice import Blueprint

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.model.categories import Category, CategoryTree
from chalicelib.contexts.catalog.model.listing import Card
from chalicelib.contexts.catalog.pages import advanced, views
from chalicelib.contexts.catalog.pages.product import product_view
from chalicelib.contexts.catalog.service import Found, Wish
from chalicelib.contexts.promotions.service import looking
from chalicelib.contexts.search import service as searching
from chalicelib.kernel.errors import NotFound, Refusal
from chalicelib.kernel.money import Money
from chalicelib.web.forms import ChoiceView
from chalicelib.web.i18n import N_, Words
from chalicelib.web.page import Html, Redirect, page, shelf, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

QUERY_LENGTH_MAX = 100
VALUE_LENGTH_MAX = 200
ATTRIBUTES_MAX = 5
FILTERS = ("phrase", "without", "merchant", "min", "max", "in_stock")
LOOKS = ("sort", "show", "dense")
PARAMETERS = ("q", *FILTERS, *LOOKS, "cursor")


@shelf("shop")
def categories(visit: Visit) -> list[views.ShelfView]:
    """The categories below the header of every page of the shop."""
    return views.shelf_views(service.categories(), visit.words)


@page(bp, "GET", "/c/{category}")
def category_page(visit: Visit, category: str) -> Html:
    found = service.categories().find(category)
    if found is None:
        raise NotFound
    return _listing(visit, f"/c/{found.slug}", found)


@page(bp, "GET", "/search")
def search(visit: Visit) -> Html | Redirect:
    """Show what a search finds; one within a category is that category's listing."""
    found = service.categories().find(visit.query_text.get("category", "").strip() or "-")
    if found is not None:
        return Redirect(with_query(f"/c/{found.slug}", _given(visit.query_text)))
    return _listing(visit, "/search", None)


@page(bp, "GET", "/search/advanced")
def advanced_search(visit: Visit) -> Html:
    """The form for everything that a search can be asked: two round trips."""
    tree, given = service.categories(), _given(visit.query_text)
    category = tree.find(visit.query_text.get("category", "").strip() or "-")
    market = service.products(Wish(limit=1))
    sorts = _sorts(Wish(q="any", sort=given.get("sort", "")), visit.words)
    view = advanced.view_of(given, category, tree, market.facets, sorts, visit.words)
    return Html("pages/catalog/advanced.html", view)


@page(bp, "GET", "/search/suggest")
def suggestions(visit: Visit) -> Html:
    """What was typed may go on like this, as choices for the search field."""
    typed = visit.query_text.get("q", "").strip()[:QUERY_LENGTH_MAX]
    view = views.SuggestionsView(searching.suggest(typed) if typed else [])
    return Html("fragments/suggestions.html", view, headers={"X-Robots-Tag": "noindex"})


@page(bp, "GET", "/p/{product}")
def product_page(visit: Visit, product: str) -> Html | Redirect:
    looked = looking.look_closely(product)
    shown = looked.shown
    if product != shown.product.slug:
        return Redirect(with_query(f"/p/{shown.product.slug}", visit.query_text), status=301)
    chosen = visit.query_text.get("variant", "")
    tree = service.categories()
    view = product_view(looked, tree, visit.words, chosen=chosen)
    return Html("pages/catalog/product.html", view, is_public=True)


def product_again(visit: Visit, refusal: Refusal, *, slug: str, sku: str, quantity: int) -> Html:
    """Show the product that could not be put into the cart, with the reason."""
    looked = looking.look_closely(slug)
    own_code = sku.partition(".")[2]
    view = product_view(
        looked,
        service.categories(),
        visit.words,
        chosen=own_code,
        quantity=quantity,
        note=visit.words.refusal(refusal),
    )
    return Html("pages/catalog/product.html", view, refusal.status)


def _listing(visit: Visit, path: str, category: Category | None) -> Html:
    given = _given(visit.query_text)
    wish, note = _wish(given, category, visit.words)
    found = searching.search(wish) if not note else Found([], None, 0)
    is_narrowed = any(name in FILTERS or name.startswith(views.ATTRIBUTE) for name in given)
    popular = [] if note or found.cards or is_narrowed else _popular()
    view = _listing_view(visit.words, path, category, given, wish, found, popular, note)
    return Html("pages/catalog/listing.html", view, 400 if note else 200, is_public=not note)


def _popular() -> list[Card]:
    """What others buy, for whoever found nothing."""
    wish = Wish(sort="best_selling", in_stock=True, limit=views.POPULAR)
    return service.products(wish).decoded()


def _given(query: Mapping[str, str]) -> dict[str, str]:
    """Keep the parameters that a listing has; others change nothing."""
    said = [name for name in query if name.startswith(views.ATTRIBUTE) and query[name].strip()]
    attributes = said[:ATTRIBUTES_MAX]
    return {
        name: query[name].strip()[: VALUE_LENGTH_MAX if name != "cursor" else None]
        for name in (*PARAMETERS, *attributes)
        if query.get(name, "").strip()
    }


def _wish(given: Mapping[str, str], category: Category | None, words: Words) -> tuple[Wish, str]:
    """Read the address of a listing; what cannot be read is said in a note."""
    note, low, high = "", None, None
    try:
        low, high = _minor(given.get("min", "")), _minor(given.get("max", ""))
    except ValueError:
        note = words.say(N_("A price is a number such as 12.50."))
    sort = given.get("sort", "")
    wish = Wish(
        q=given.get("q", "")[:QUERY_LENGTH_MAX],
        phrase=given.get("phrase", "")[:QUERY_LENGTH_MAX],
        without=given.get("without", "")[:QUERY_LENGTH_MAX],
        category=category.id if category else "",
        merchant=given.get("merchant", ""),
        min_price=low or None,
        max_price=high,
        in_stock=True if given.get("in_stock") else None,
        attributes=advanced.read_with(
            service.categories().schema(category.id) if category else (),
            {
                name.removeprefix(views.ATTRIBUTE): value
                for name, value in given.items()
                if name.startswith(views.ATTRIBUTE)
            },
        ),
        sort=sort if sort in views.SORTS else "",
        limit=views.page_size(given.get("show", "")),
        cursor=given.get("cursor", ""),
    )
    return wish, note


def _minor(text: str) -> int | None:
    """Read a price in major units; None for no bound. Raises ValueError for what is no price."""
    if not text:
        return None
    amount = Money.parse(text.replace(",", "."), settings().currency).amount
    if amount < 0:
        raise ValueError(text)
    return amount


def _listing_view(  # noqa: PLR0917 - what a listing is asked and what was found
    words: Words,
    path: str,
    category: Category | None,
    given: dict[str, str],
    wish: Wish,
    found: Found,
    popular: Sequence[Card],
    note: str,
) -> views.ListingView:
    tree = service.categories()
    filters = {k: v for k, v in given.items() if k not in {"q", *LOOKS, "cursor"}}
    base = {k: v for k, v in given.items() if k in {"q", *LOOKS}}
    steady = {k: v for k, v in given.items() if k != "cursor"}
    shown = found.decoded()
    facets = views.listing_facets(found.facets, tree, words, path, steady, category=category)
    more_facets = facets[views.FACETS :]
    return views.ListingView(
        title=_title(category, wish, words),
        path=path,
        canonical=settings().shop_url + with_query(path, {"q": given.get("q", "")}),
        q=given.get("q", ""),
        total="" if note else views.count_text(found.total, len(shown), words),
        crumbs=views.crumbs_of(tree, category.id, words) if category else [],
        cards=[views.card_view(card, tree, words) for card in shown],
        popular=[views.card_view(card, tree, words) for card in popular],
        sorts=_sorts(wish, words),
        sizes=views.page_sizes(wish.limit),
        density_href=with_query(
            path, _without(steady, "dense") if "dense" in given else {**steady, "dense": "1"}
        ),
        is_dense="dense" in given,
        chips=_chips(filters, steady, path, found, tree, category, words),
        facets=facets[: views.FACETS],
        more_facets=more_facets,
        advanced_href=with_query(
            "/search/advanced", {**steady, **({"category": category.slug} if category else {})}
        ),
        more_opens=any(one.is_chosen for one in more_facets),
        kept=[(k, v) for k, v in steady.items() if k not in views.IN_THE_FORM],
        price_min=given.get("min", ""),
        price_max=given.get("max", ""),
        currency=settings().currency,
        in_stock=bool(given.get("in_stock")),
        is_filtered=bool(filters),
        clear_href=with_query(path, base) if filters else "/search",
        next_href=with_query(path, {**steady, "cursor": found.next_cursor})
        if found.next_cursor
        else "",
        first_href=with_query(path, steady) if given.get("cursor") else "",
        note=note,
        meant=views.LinkView(
            found.did_you_mean, with_query(path, {**steady, "q": found.did_you_mean})
        )
        if found.did_you_mean
        else None,
    )


def _without(given: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in given.items() if key != name}


def _title(category: Category | None, wish: Wish, words: Words) -> str:
    if category:
        return category.named(words.locale)
    if wish.q or wish.phrase:
        return words.say(N_("Results for “%(query)s”")) % {"query": wish.q or wish.phrase}
    return words.say(N_("All products"))


def _sorts(wish: Wish, words: Words) -> list[ChoiceView]:
    current = wish.sort or ("relevance" if wish.q else "newest")
    names = [name for name in views.SORTS if name != "relevance" or wish.q]
    return [
        ChoiceView(words.say(views.SORTS[name]), value=name, is_current=name == current)
        for name in names
    ]


def _chips(  # noqa: PLR0917 - what is chosen, and what its names are known by
    filters: dict[str, str],
    steady: dict[str, str],
    path: str,
    found: Found,
    tree: CategoryTree,
    category: Category | None,
    words: Words,
) -> list[views.LinkView]:
    """Name every filter that is on; each leads to the listing without it."""
    merchants = {one.merchant.id: one.merchant.name for one in found.decoded()}
    said = {
        "phrase": f"“{filters.get('phrase', '')}”",
        "without": words.say(N_("without %(words)s")) % {"words": filters.get("without", "")},
        "min": words.say(N_("from %(price)s")) % {"price": filters.get("min", "")},
        "max": words.say(N_("up to %(price)s")) % {"price": filters.get("max", "")},
        "in_stock": words.say(N_("In stock only")),
        "merchant": merchants.get(filters.get("merchant", ""), words.say(N_("Merchant"))),
    }

    def called(name: str) -> str:
        return views.attribute_name(name, tree, words, category)

    def valued(name: str, value: str) -> str:
        return views.attribute_value(name, value, tree, words, category)

    return [
        views.LinkView(
            said.get(name) or f"{called(name)}: {valued(name, value)}",
            with_query(path, _without(steady, name)),
        )
        for name, value in filters.items()
    ]
