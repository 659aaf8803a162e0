"""What the page of a product shows, with one of its variants chosen."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct, field

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.model.attributes import Schema, describe
from chalicelib.contexts.catalog.model.categories import CategoryTree
from chalicelib.contexts.catalog.model.products import IMAGE, Product, Variant, option_values
from chalicelib.contexts.catalog.pages import views
from chalicelib.contexts.catalog.service import Shown
from chalicelib.contexts.merchants.model import DeliveryMethod
from chalicelib.contexts.promotions.pages.offering import OfferRowView, offer_rows, prices
from chalicelib.contexts.promotions.service.looking import Looked
from chalicelib.kernel.money import Money
from chalicelib.kernel.pictures import renditions
from chalicelib.kernel.text import fold, tokens
from chalicelib.web.i18n import N_, PriceView, Words
from chalicelib.web.page import with_query

LOW_STOCK = 5
QUANTITY_SHOWN_MAX = 99
SUMMARY_LENGTH = 160
SCHEMA_ORG = "https://schema.org"


class PictureView(Struct, frozen=True):
    """A picture or video. `full` is its largest size; a video's `src` is its poster's.

    `kind` is `image`, `video` (`full` is the file) or `link` (`full` is the page that plays it).
    """

    src: str
    alt: str
    full: str = ""
    kind: str = IMAGE


class OptionChoiceView(Struct, frozen=True):
    label: str
    href: str
    is_current: bool
    is_possible: bool
    is_sold_out: bool = False


class OptionView(Struct, frozen=True):
    name: str
    current: str
    choices: list[OptionChoiceView]


class ProductView(Struct, frozen=True, kw_only=True):
    """A product with one of its variants chosen."""

    id: str
    slug: str
    title: str
    summary: str
    here: str
    canonical: str
    category: views.LinkView
    related_href: str
    coupons_href: str
    compare_href: str
    shares: list[views.LinkView]
    delivery: list[str]
    merchant_href: str
    merchant_about: str
    crumbs: list[views.LinkView]
    pictures: list[PictureView]
    tint: int
    merchant: str
    price: PriceView
    was: PriceView | None
    saving: str
    offers: list[OfferRowView]
    sku: str
    own_code: str
    options: list[OptionView]
    stock: str
    can_buy: bool
    quantity: int
    quantity_max: int
    attributes: list[tuple[str, str]]
    description: Any
    structured: dict[str, Any] = field(default_factory=dict)
    note: str = ""


def product_view(
    looked: Looked,
    tree: CategoryTree,
    words: Words,
    *,
    chosen: str = "",
    quantity: int = 1,
    note: str = "",
) -> ProductView:
    """Show a product. `chosen` is the merchant's own code of a variant; one in stock otherwise."""
    from markupsafe import Markup

    from chalicelib.contexts.catalog.model.html import clean, spoken

    shown, levels = looked.shown, looked.levels
    product, content = shown.product, shown.product.content
    # Cleaned where it is shown too, whatever a store may hold.
    description = spoken(clean(content.description), words.locale)
    variant = _chosen(product, levels, chosen)
    left = levels.get(variant.sku, 0)
    lowered = prices(looked.deal, looked.lines)
    price = lowered.get(variant.sku, variant.price)
    was = variant.compare_at or (variant.price if variant.sku in lowered else None)
    href = f"/p/{product.slug}"
    return ProductView(
        id=product.id,
        slug=product.slug,
        title=content.title,
        summary=_summary(description) or content.title,
        category=views.crumbs_to(tree, content.category_id, words)[-1],
        related_href=with_query(
            f"/fragments/related/{product.slug}", {"category": content.category_id}
        ),
        coupons_href=with_query(
            f"/fragments/coupons/{product.merchant_id}",
            {"product": product.id, "category": content.category_id},
        ),
        compare_href=f"/compare?p={product.slug}",
        shares=_shares(content.title, settings().shop_url + href, words),
        delivery=[_delivery(one, words) for one in shown.merchant.delivery_methods],
        merchant_href=f"/m/{product.merchant_code}",
        merchant_about=shown.merchant.description.get(words.locale, ""),
        here=_variant_href(product, variant),
        canonical=settings().shop_url + href,
        crumbs=views.crumbs_to(tree, content.category_id, words),
        pictures=_pictures(product, variant),
        tint=views.tint(tree, content.category_id),
        merchant=shown.merchant.name_in(words.locale),
        price=words.money(price),
        was=words.money(was) if was else None,
        saving=views.saving(price, was),
        offers=offer_rows([*looked.offers, *looked.offers_for_some], words, looked.deal),
        sku=variant.sku,
        own_code=_own_code(product, variant),
        options=_options(product, variant, levels),
        stock=_stock(left, words),
        can_buy=left > 0,
        quantity=quantity,
        quantity_max=max(1, min(left, QUANTITY_SHOWN_MAX)),
        attributes=_attributes(content.attributes, tree.schema(content.category_id), words),
        description=Markup(description),  # noqa: S704 - it is clean
        structured=_structured(shown, levels, lowered, _summary(description)),
        note=note,
    )


def _pictures(product: Product, chosen: Variant) -> list[PictureView]:
    """Show the pictures that speak of the chosen options first, else in the merchant's order.

    Videos come behind the pictures; what stands before one until it plays is no picture itself.
    """
    title, media = product.content.title, product.content.media
    posters = [one.url for one in media if one.is_picture and one.role == "poster"]
    poster = posters[0] if posters else product.image
    views = [
        PictureView(one.url, one.alt or title, _full(one.url))
        for one in media
        if one.is_picture and (one.role != "poster" or len(media) == 1)
    ]
    values = {fold(value) for value in chosen.options.values()}
    views.sort(key=lambda one: -sum(word in values for word in tokens(one.alt)))
    views += [
        PictureView(poster, one.alt or title, one.url, one.kind)
        for one in media
        if one.url and one.kind != IMAGE
    ]
    return views or [PictureView("", title)]


def _full(url: str) -> str:
    found = renditions(url)
    return found[-1].jpeg if found else url


def _attributes(
    attributes: Mapping[str, str], schema: Schema, words: Words
) -> list[tuple[str, str]]:
    """Say what the product's category asks for in the reader's language, then the rest as written."""
    described = describe(attributes, schema)
    typed = [
        (one.attribute.named(words.locale), one.shown(words.locale)) for one in described.values
    ]
    return [*typed, *described.free]


def _delivery(method: DeliveryMethod, words: Words) -> str:
    """Say how long a way of delivering takes and what it costs."""
    name = method.name.get(words.locale) or method.name["en"]
    told = {
        "name": name,
        "least": method.days_min,
        "most": method.days_max,
        "price": words.money(method.price).text,
        "from": words.money(method.free_from).text if method.free_from else "",
    }
    if not method.price.amount:
        return words.say(N_("%(name)s: %(least)s to %(most)s days, free")) % told
    if method.free_from:
        sentence = N_("%(name)s: %(least)s to %(most)s days, %(price)s, free from %(from)s")
        return words.say(sentence) % told
    return words.say(N_("%(name)s: %(least)s to %(most)s days, %(price)s")) % told


def _shares(title: str, url: str, words: Words) -> list[views.LinkView]:
    """Lead to where a product is told about; nothing of theirs runs here."""
    said = urlencode({"url": url, "title": title})
    return [
        views.LinkView(
            words.say(N_("By e-mail")), f"mailto:?subject={quote(title)}&body={quote(url)}"
        ),
        views.LinkView(
            words.say(N_("On Weibo")), f"https://service.weibo.com/share/share.php?{said}"
        ),
    ]


def _chosen(product: Product, levels: Mapping[str, int], own_code: str) -> Variant:
    variants = product.content.variants
    wanted = f"{product.merchant_code}.{own_code}"
    named = [one for one in variants if one.sku == wanted]
    in_stock = [one for one in variants if levels.get(one.sku, 0) > 0]
    return (named or in_stock or list(variants))[0]


def _options(product: Product, chosen: Variant, levels: Mapping[str, int]) -> list[OptionView]:
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
                    is_sold_out=levels.get(target.sku, 0) == 0,
                )
            )
        views.append(OptionView(name, chosen.options[name], choices))
    return views


def _variant_href(product: Product, variant: Variant) -> str:
    if len(product.content.variants) == 1:
        return f"/p/{product.slug}"
    return f"/p/{product.slug}?variant={quote(_own_code(product, variant))}"


def _own_code(product: Product, variant: Variant) -> str:
    """The code that the merchant gave, without the merchant's own before it."""
    return variant.sku.removeprefix(f"{product.merchant_code}.")


def _stock(left: int, words: Words) -> str:
    if left == 0:
        return words.say(N_("Sold out"))
    if left <= LOW_STOCK:
        return words.count("Only %(num)s left", "Only %(num)s left", left)
    return words.say(N_("In stock"))


def _summary(html: str) -> str:
    """Take the words out of a description for machines that list pages."""
    import nh3

    text = " ".join(nh3.clean(html.replace("<", " <"), tags=set()).split())
    return text if len(text) <= SUMMARY_LENGTH else text[: SUMMARY_LENGTH - 1].rstrip() + "…"


def _structured(
    shown: Shown, levels: Mapping[str, int], lowered: Mapping[str, Money], summary: str
) -> dict[str, Any]:
    """Describe the product to machines (schema.org Product with an Offer a variant)."""
    product, content = shown.product, shown.product.content
    url = f"{settings().shop_url}/p/{product.slug}"
    return {
        "@context": SCHEMA_ORG,
        "@type": "Product",
        "name": content.title,
        "url": url,
        "image": list(_absolute(one.url for one in content.media if one.is_picture)),
        "description": summary,
        "offers": [
            {
                "@type": "Offer",
                "sku": one.sku,
                "url": settings().shop_url + _variant_href(product, one),
                "price": str(lowered.get(one.sku, one.price).decimal()),
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
