"""What the catalogue answers."""

from collections.abc import Mapping, Sequence

import msgspec

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model import Media, Product, Variant
from chalicelib.contexts.catalog.model.listing import PLACEHOLDER, Card, CardMerchant, Rating
from chalicelib.contexts.merchants import Merchant
from chalicelib.contexts.promotions.api.views import ShownOffer
from chalicelib.kernel import pictures
from chalicelib.kernel.money import Money


class CategoryView(msgspec.Struct):
    """A category; its count includes those below it."""

    id: str
    slug: str
    name: str
    parent_id: str | None
    product_count: int


class CategoriesView(msgspec.Struct):
    items: list[CategoryView]


class FacetValue(msgspec.Struct, omit_defaults=True):
    value: str
    count: int
    label: str | msgspec.UnsetType = msgspec.UNSET


class Facet(msgspec.Struct):
    """How many products there are under each value; `name` is the parameter that filters by it."""

    name: str
    values: list[FacetValue]


class CardsView(msgspec.Struct):
    items: list[Card]
    next_cursor: str | None
    total: int | None
    facets: list[Facet]


class RawCardsView(msgspec.Struct):
    """The same, of texts that are JSON already."""

    items: list[msgspec.Raw]
    next_cursor: str | None
    total: int | None
    facets: msgspec.Raw


class RenditionView(msgspec.Struct):
    """One size of a picture, in both kinds."""

    width: int
    height: int
    webp: str
    jpeg: str


class MediaView(msgspec.Struct, omit_defaults=True):
    """A picture or video. `renditions` are a picture's sizes, narrowest first.

    Merchants see in `problem` why a picture or video cannot be taken.
    """

    kind: str
    url: str
    alt: str
    role: str
    renditions: list[RenditionView] | msgspec.UnsetType = msgspec.UNSET
    colour: str | msgspec.UnsetType = msgspec.UNSET
    problem: str | msgspec.UnsetType = msgspec.UNSET


class VariantView(msgspec.Struct):
    sku: str
    options: dict[str, str]
    price: Money
    compare_at: Money | None
    available: int
    external_sku: str | msgspec.UnsetType = msgspec.UNSET
    weight_g: int | msgspec.UnsetType = msgspec.UNSET


class ProductView(msgspec.Struct, kw_only=True):
    """A product: what its card says and all the rest. Shoppers see the `offers` about it, merchants
    `state` and more of their own.
    """

    id: str
    slug: str
    title: str
    merchant: CardMerchant
    category: str
    price: Money
    in_stock: bool
    description: str
    attributes: dict[str, str]
    media: list[MediaView]
    options: list[str]
    variants: list[VariantView]
    compare_at: Money | msgspec.UnsetType = msgspec.UNSET
    image: str | msgspec.UnsetType = msgspec.UNSET
    rating: Rating | msgspec.UnsetType = msgspec.UNSET
    offers: list[ShownOffer] | msgspec.UnsetType = msgspec.UNSET
    state: str | msgspec.UnsetType = msgspec.UNSET
    type: str | msgspec.UnsetType = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    created_at: str | msgspec.UnsetType = msgspec.UNSET


class ProductsView(msgspec.Struct):
    items: list[ProductView]
    next_cursor: str | None


def product_view(
    product: Product, merchant: Merchant, levels: Mapping[str, int], locale: str
) -> ProductView:
    """Show a product as the shop does. `levels` is how many units of each SKU are free."""
    content = product.content
    return ProductView(
        id=product.id,
        slug=product.slug,
        title=content.title,
        merchant=CardMerchant(product.merchant_id, merchant.name_in(locale)),
        category=content.category_id,
        price=product.price,
        compare_at=product.compare_at or msgspec.UNSET,
        image=product.image or (_placeholder() if content.media else msgspec.UNSET),
        in_stock=any(levels.get(variant.sku, 0) > 0 for variant in content.variants),
        description=content.description,
        attributes=content.attributes,
        media=media_views(content.media),
        options=list(content.options),
        variants=[_variant(one, levels) for one in content.variants],
    )


def own_product_view(
    product: Product, merchant: Merchant, levels: Mapping[str, int], locale: str
) -> ProductView:
    """Show a product to its merchant: its state, and what shoppers do not see."""
    view = product_view(product, merchant, levels, locale)
    view.state = product.state.value
    view.media = media_views(product.content.media, is_own=True)
    view.type = product.content.type
    view.tags = list(product.content.tags)
    view.created_at = product.created_at
    for shown, variant in zip(view.variants, product.content.variants, strict=True):
        shown.weight_g = variant.weight_g
        shown.external_sku = variant.external_sku or msgspec.UNSET
    return view


def media_views(media: Sequence[Media], *, is_own: bool = False) -> list[MediaView]:
    """Show pictures; one that Souk has no copy of yet is shown by a placeholder.

    What cannot be taken at all is shown to its merchant alone.
    """
    return [
        MediaView(
            one.kind,
            one.url or _placeholder(),
            one.alt,
            one.role,
            _renditions(one.url) or msgspec.UNSET,
            one.colour or msgspec.UNSET,
            one.problem or msgspec.UNSET,
        )
        for one in media
        if is_own or not one.problem
    ]


def _renditions(url: str) -> list[RenditionView]:
    return [
        RenditionView(one.width, one.height, one.webp, one.jpeg) for one in pictures.renditions(url)
    ]


def _placeholder() -> str:
    return settings().static_url + PLACEHOLDER


def _variant(variant: Variant, levels: Mapping[str, int]) -> VariantView:
    return VariantView(
        sku=variant.sku,
        options=variant.options,
        price=variant.price,
        compare_at=variant.compare_at,
        available=levels.get(variant.sku, 0),
    )
