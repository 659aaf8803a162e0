"""Categories, listings, search and products, for everyone."""

from typing import Annotated, Literal

import msgspec
from chalice import Blueprint
from msgspec import Meta

from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.api.views import (
    CardsView,
    CategoriesView,
    CategoryView,
    ProductView,
    RawCardsView,
    product_view,
)
from chalicelib.contexts.catalog.model.products import PRICE_MAX
from chalicelib.contexts.catalog.service import Wish
from chalicelib.contexts.promotions.api.views import shown_offer
from chalicelib.contexts.promotions.service import looking
from chalicelib.contexts.search import service as search
from chalicelib.kernel.errors import FieldError, Malformed
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX
from chalicelib.web.endpoint import Answer, endpoint
from chalicelib.web.request import Request

bp = Blueprint(__name__)

ATTRIBUTE = "attr."
ATTRIBUTES_MAX = 8

Price = Annotated[int, Meta(ge=0, le=PRICE_MAX)]
Reference = Annotated[str, Meta(max_length=80)]


class ProductsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """What a listing or search may be asked. Prices are minor units.

    `phrase` is to stand in a title as it is; what has a word of `without` is left out.
    """

    q: Annotated[str, Meta(max_length=200)] = ""
    phrase: Annotated[str, Meta(max_length=200)] = ""
    without: Annotated[str, Meta(max_length=200)] = ""
    category: Reference = ""
    merchant: Reference = ""
    min_price: Price | None = None
    max_price: Price | None = None
    in_stock: bool | None = None
    sort: (
        Literal["relevance", "newest", "price_asc", "price_desc", "name", "best_selling"] | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str = ""


@endpoint(
    bp,
    "GET",
    "/api/v1/categories",
    summary="The category tree",
    tag="catalog",
    answer=CategoriesView,
)
def list_categories(request: Request) -> CategoriesView:
    return CategoriesView(
        [
            CategoryView(
                one.id,
                one.slug,
                one.names.get(request.locale) or one.names["en"],
                one.parent_id,
                one.product_count,
            )
            for one in service.counted_categories()
        ]
    )


@endpoint(
    bp,
    "GET",
    "/api/v1/products",
    summary="List and search products",
    tag="catalog",
    query=ProductsQuery,
    open_query=ATTRIBUTE,
    answer=CardsView,
)
def list_products(request: Request) -> Answer:
    found = search.search(_wish(request))
    view = RawCardsView(
        [msgspec.Raw(card.encode()) for card in found.cards],
        found.next_cursor,
        found.total,
        msgspec.Raw(found.facets.encode()),
    )
    return Answer(view)


@endpoint(
    bp,
    "GET",
    "/api/v1/products/{product}",
    summary="A product, and what is on offer for it",
    tag="catalog",
    answer=ProductView,
)
def get_product(request: Request, product: str) -> ProductView:
    looked = looking.look(product)
    shown = looked.shown
    view = product_view(shown.product, shown.merchant, looked.levels, request.locale)
    view.offers = [shown_offer(one, request.locale) for one in looked.offers]
    return view


def _wish(request: Request) -> Wish:
    query: ProductsQuery = request.query
    attributes = {name.removeprefix(ATTRIBUTE): value for name, value in request.open_query.items()}
    if "" in attributes or len(attributes) > ATTRIBUTES_MAX:
        detail = f"attr.NAME names an attribute, at most {ATTRIBUTES_MAX} of them"
        raise Malformed(detail, errors=[FieldError(ATTRIBUTE, "out_of_range", detail)])
    return Wish(
        q=query.q.strip(),
        phrase=query.phrase.strip(),
        without=query.without.strip(),
        category=query.category,
        merchant=query.merchant,
        min_price=query.min_price,
        max_price=query.max_price,
        in_stock=query.in_stock,
        attributes=attributes,
        sort=query.sort or "",
        limit=query.limit,
        cursor=query.cursor,
    )
