"""What a caller wants a product to be, and the content that follows from it."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.contexts.catalog.model.html import clean
from chalicelib.contexts.catalog.model.products import (
    LINK,
    PLAIN_ROLE,
    Content,
    Media,
    Product,
    ProductState,
    Variant,
    full_sku,
    merged_pictures,
)
from chalicelib.contexts.catalog.model.refusals import MediaWrong
from chalicelib.kernel.money import Money


class WantedVariant(Struct, frozen=True):
    """A variant as its merchant gives it; `sku` is the merchant's own code or the full one."""

    sku: str
    price: Money
    options: dict[str, str] = field(default_factory=dict)
    compare_at: Money | None = None
    weight_g: int = 0


class WantedMedia(NamedTuple):
    """A picture as its merchant names it."""

    url: str
    alt: str = ""
    role: str = PLAIN_ROLE


class Wanted(Struct, frozen=True, kw_only=True):
    """A product's fields as a merchant gives them; None leaves a field as it is.

    `category` is an id or slug; variants and pictures replace the former ones as a whole.
    """

    title: str | None = None
    description: str | None = None
    category: str | None = None
    state: ProductState | None = None
    slug: str | None = None
    attributes: dict[str, str] | None = None
    options: tuple[str, ...] | None = None
    variants: tuple[WantedVariant, ...] | None = None
    media: tuple[WantedMedia | tuple[str, str], ...] | None = None
    type: str | None = None
    tags: tuple[str, ...] | None = None


def content_of(
    wanted: Wanted,
    seen: Product | None,
    *,
    merchant_code: str,
    category_id: str,
    own_prefixes: Sequence[str],
) -> Content:
    """Make the content that a product gets: what is wanted, over what it has.

    `own_prefixes` begin the addresses of pictures that Souk keeps already. Refuses
    `catalog.sku_malformed` and `catalog.media_wrong`.
    """
    base = seen.content if seen else Content("", "", category_id, ())
    known = {variant.sku: variant for variant in base.variants}
    variants = base.variants
    if wanted.variants is not None:
        variants = tuple(_variant(one, merchant_code, known) for one in wanted.variants)
    media = base.media
    if wanted.media is not None:
        fresh = [_media(WantedMedia(*one), own_prefixes, base.media) for one in wanted.media]
        media = merged_pictures(fresh, base.media)
    description = base.description
    if wanted.description is not None:
        description = clean(wanted.description)
    return Content(
        title=base.title if wanted.title is None else " ".join(wanted.title.split()),
        description=description,
        category_id=category_id,
        variants=variants,
        options=base.options if wanted.options is None else wanted.options,
        media=media,
        attributes=base.attributes if wanted.attributes is None else wanted.attributes,
        type=base.type if wanted.type is None else wanted.type.strip(),
        tags=base.tags if wanted.tags is None else wanted.tags,
    )


def picture(url: str, alt: str, own_prefixes: Sequence[str], *, row: int = 0) -> Media:
    """Make a picture of an address: one of Souk's own, or one to be fetched.

    Refuses `catalog.media_wrong` for what is neither.
    """
    if any(url.startswith(f"{prefix}/") for prefix in own_prefixes) and ".." not in url:
        return Media(url=url, alt=alt, row=row)
    if not url.lower().startswith(("http://", "https://")) or len(url.split()) != 1:
        raise MediaWrong(f"{url[:200]!r} is no address of a picture")
    return Media(url="", alt=alt, source=url, row=row)


def _media(wanted: WantedMedia, own_prefixes: Sequence[str], known: Sequence[Media]) -> Media:
    link = next((one for one in known if one.kind == LINK and one.url == wanted.url), None)
    media = link or picture(wanted.url, wanted.alt, own_prefixes)
    return replace(media, alt=wanted.alt, role=wanted.role)


def _variant(wanted: WantedVariant, merchant_code: str, known: dict[str, Variant]) -> Variant:
    sku = full_sku(merchant_code, wanted.sku)
    former = known.get(sku)
    return Variant(
        sku=sku,
        price=wanted.price,
        options=wanted.options,
        compare_at=wanted.compare_at,
        weight_g=wanted.weight_g,
        external_sku=former.external_sku if former else "",
    )
