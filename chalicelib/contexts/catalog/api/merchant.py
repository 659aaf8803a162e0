"""A merchant's own products."""

from typing import Annotated, Literal, get_args

import msgspec
from chalice import Blueprint
from msgspec import UNSET, Meta, UnsetType

from chalicelib.aws.idempotency import IdempotencyKey
from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.api.views import ProductsView, ProductView, own_product_view
from chalicelib.contexts.catalog.model import Product, ProductState
from chalicelib.contexts.catalog.model.products import PRICE_MAX, ROLES
from chalicelib.contexts.catalog.model.wanted import Wanted, WantedMedia, WantedVariant
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import service as inventory
from chalicelib.kernel import text
from chalicelib.kernel.money import Money
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX
from chalicelib.web.endpoint import Answer, Keys, created, endpoint, once, sealed
from chalicelib.web.request import Request

bp = Blueprint(__name__)

Title = Annotated[str, Meta(min_length=1, max_length=255, extra_json_schema=text.TOLD_FILLED)]
Description = Annotated[str, Meta(max_length=100_000)]
Name = Annotated[str, Meta(min_length=1, max_length=60)]
Value = Annotated[str, Meta(min_length=1, max_length=255)]
Reference = Annotated[str, Meta(min_length=1, max_length=80)]
SKU_TOLD = {"pattern": "^[A-Za-z0-9._-]{1,64}$"}
"""What the contract says of a merchant's own code; the full SKU is taken as well."""
Weight = Annotated[int, Meta(ge=0, le=10_000_000)]
State = Literal["draft", "listed", "delisted"]
Attributes = Annotated[
    dict[
        Annotated[str, Meta(min_length=1, max_length=60, extra_json_schema=text.TOLD_FILLED)],
        Annotated[str, Meta(min_length=1, max_length=255, extra_json_schema=text.TOLD_FILLED)],
    ],
    Meta(max_length=30),
]
Options = Annotated[list[Name], Meta(max_length=5)]
Tags = Annotated[list[Value], Meta(max_length=50)]


class PriceBody(msgspec.Struct, forbid_unknown_fields=True):
    """A price: integer minor units, at least one."""

    amount: Annotated[int, Meta(ge=1, le=PRICE_MAX)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class VariantBody(msgspec.Struct, forbid_unknown_fields=True):
    sku: Annotated[str, Meta(min_length=1, max_length=128, extra_json_schema=SKU_TOLD)]
    price: PriceBody
    options: Annotated[dict[Name, Value], Meta(max_length=5)] = {}
    compare_at: PriceBody | None = None
    weight_g: Weight = 0


MediaRole = Literal["main", "gallery", "front", "back", "detail", "360", "size_chart", "poster"]
assert get_args(MediaRole) == ROLES, "the API takes every role"


class MediaBody(msgspec.Struct, forbid_unknown_fields=True):
    url: Annotated[str, Meta(min_length=1, max_length=2_000)]
    alt: Annotated[str, Meta(max_length=512)] = ""
    role: MediaRole = "gallery"


Variants = Annotated[list[VariantBody], Meta(min_length=1)]


class ProductBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new product."""

    title: Title
    description: Description
    category: Reference
    state: State
    variants: Variants
    slug: Reference | None = None
    attributes: Attributes = {}
    options: Options = []
    media: list[MediaBody] = []
    type: Annotated[str, Meta(max_length=255)] = ""
    tags: Tags = []


class ProductChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What is to change; variants and pictures replace the former ones as a whole."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    category: Reference | UnsetType = UNSET
    state: State | UnsetType = UNSET
    variants: Variants | UnsetType = UNSET
    slug: Reference | UnsetType = UNSET
    attributes: Attributes | UnsetType = UNSET
    options: Options | UnsetType = UNSET
    media: list[MediaBody] | UnsetType = UNSET
    type: Annotated[str, Meta(max_length=255)] | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET


class OwnQuery(msgspec.Struct, forbid_unknown_fields=True):
    state: Literal["draft", "in_review", "listed", "delisted", "taken_down"] | None = None
    limit: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str = ""


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/products",
    summary="This merchant's products",
    tag="merchant",
    query=OwnQuery,
    answer=ProductsView,
    security="merchant",
)
def list_own_products(request: Request) -> ProductsView:
    actor = identity.merchant(request.bearer)
    query: OwnQuery = request.query
    page = service.own_products(
        actor, state=query.state or "", limit=query.limit, cursor=query.cursor
    )
    return ProductsView(_views(page.items, request.locale), page.next_cursor)


@endpoint(
    bp,
    "POST",
    "/api/v1/merchant/products",
    summary="Describe a new product",
    tag="merchant",
    body=ProductBody,
    answer=ProductView,
    status=201,
    security="merchant",
    keys=Keys.ACCEPTED,
)
def add_product(request: Request) -> Answer:
    actor = identity.merchant(request.bearer)
    answers: dict[str, Answer] = {}

    def answer(product: Product) -> Answer:
        if product.id not in answers:
            where = f"/api/v1/merchant/products/{product.id}"
            answers[product.id] = created(_views([product], request.locale)[0], where)
        return answers[product.id]

    def perform(key: IdempotencyKey | None) -> Answer:
        wanted = wanted_of(request.body)
        return answer(
            service.create(actor, wanted, key=key, seal=lambda product: sealed(answer(product)))
        )

    return once(request, request.bearer, perform)


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/products/{product}",
    summary="One of this merchant's products",
    tag="merchant",
    answer=ProductView,
    security="merchant",
)
def get_own_product(request: Request, product: str) -> ProductView:
    actor = identity.merchant(request.bearer)
    return _views([service.own(actor, product)], request.locale)[0]


@endpoint(
    bp,
    "PATCH",
    "/api/v1/merchant/products/{product}",
    summary="Change a product",
    tag="merchant",
    body=ProductChanges,
    answer=ProductView,
    security="merchant",
)
def change_product(request: Request, product: str) -> ProductView:
    actor = identity.merchant(request.bearer)
    return _views([service.change(actor, product, wanted_of(request.body))], request.locale)[0]


@endpoint(
    bp,
    "DELETE",
    "/api/v1/merchant/products/{product}",
    summary="Take a product away",
    tag="merchant",
    status=204,
    security="merchant",
)
def remove_product(request: Request, product: str) -> Answer:
    service.remove(identity.merchant(request.bearer), product)
    return Answer(status=204)


def wanted_of(body: ProductBody | ProductChanges) -> Wanted:
    """Tell what a checked body wants of a product."""
    given = {
        name: value
        for name in ("title", "description", "category", "slug", "attributes", "type")
        if (value := getattr(body, name)) is not UNSET
    }
    return Wanted(
        **given,
        state=None if body.state is UNSET else ProductState(body.state),
        options=None if body.options is UNSET else tuple(body.options),
        tags=None if body.tags is UNSET else tuple(body.tags),
        variants=None if body.variants is UNSET else tuple(map(_variant, body.variants)),
        media=None if body.media is UNSET else tuple(map(_media, body.media)),
    )


def _media(body: MediaBody) -> WantedMedia:
    return WantedMedia(body.url, body.alt, body.role)


def _variant(body: VariantBody) -> WantedVariant:
    return WantedVariant(
        sku=body.sku,
        price=Money(body.price.amount, body.price.currency),
        options=body.options,
        compare_at=(
            Money(body.compare_at.amount, body.compare_at.currency) if body.compare_at else None
        ),
        weight_g=body.weight_g,
    )


def _views(products: list[Product], locale: str) -> list[ProductView]:
    """Show products of one merchant with their stock: one round trip."""
    if not products:
        return []
    skus = [variant.sku for one in products for variant in one.content.variants]
    merchant, rows = service.beside(products[0].merchant_id, inventory.level_keys(skus))
    levels = inventory.levels(skus, rows)
    return [own_product_view(one, merchant, levels, locale) for one in products]
