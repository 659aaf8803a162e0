"""Products, their variants and pictures; the states they move through; what makes one acceptable."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from chalicelib.contexts.catalog.model.refusals import (
    CompareAtNotHigher,
    OptionsMismatch,
    SkuMalformed,
    SkuRepeated,
    StateConflict,
    TextMalformed,
    TooManyPictures,
    TooManyVariants,
    WrongCurrency,
)
from chalicelib.kernel.errors import FieldError
from chalicelib.kernel.ids import CODE_ALPHABET
from chalicelib.kernel.money import Money
from chalicelib.kernel.states import Machine
from chalicelib.kernel.text import has_control, slug

CODE_LENGTH = 8
VARIANTS_MAX = 100
PICTURES_MAX = 50
PRODUCT_BYTES_MAX = 300_000
PRICE_MAX = 1_000_000_000
ID_PREFIX = "prd_"
OWN_CODE_LENGTH_MAX = 64
NAMELESS_SLUG = "product"
MAIN_ROLE, PLAIN_ROLE = "main", "gallery"
IMAGE, VIDEO, LINK = "image", "video", "link"
UPLOAD = "upload:"
ROLES = ("main", "gallery", "front", "back", "detail", "360", "size_chart", "poster")
"""What a picture is for: `main` leads, `poster` stands before a video plays."""
_OWN_CODE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CODE = re.compile(rf"(?:prd_|[a-z0-9-]+-)([{CODE_ALPHABET}]{{{CODE_LENGTH}}})")


class ProductState(StrEnum):
    """Where a product stands. Only `listed` ones are in the shop."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    LISTED = "listed"
    DELISTED = "delisted"
    TAKEN_DOWN = "taken_down"


MACHINE = Machine(
    ProductState,
    {
        ProductState.DRAFT: {ProductState.IN_REVIEW, ProductState.LISTED},
        ProductState.IN_REVIEW: {ProductState.LISTED},
        ProductState.LISTED: {ProductState.DELISTED, ProductState.TAKEN_DOWN},
        ProductState.DELISTED: {ProductState.LISTED, ProductState.TAKEN_DOWN},
        ProductState.TAKEN_DOWN: set(),
    },
)
FIRST_STATES = frozenset({ProductState.DRAFT, ProductState.LISTED, ProductState.DELISTED})


class Variant(Struct, frozen=True):
    """What is bought. `sku` is known across the marketplace: the merchant's code, a dot, its own.

    `external_sku` keeps a code that had to be mapped at import.
    """

    sku: str
    price: Money
    options: dict[str, str] = field(default_factory=dict)
    compare_at: Money | None = None
    weight_g: int = 0
    external_sku: str = ""

    @property
    def title(self) -> str:
        """The option values, `M / Blue`; empty for a product with one variant only."""
        return " / ".join(self.options.values())


class Media(Struct, frozen=True):
    """A picture or video. `source` is where it comes from; `url` is empty until Souk keeps a copy.

    A source is an address, or `upload:` and the key of a file that a merchant handed in. `kind` is
    `image`, `video` (an MP4 or WebM that Souk keeps) or `link` (a page elsewhere that plays it).
    `tries` counts failed fetches; `row` is the row of the import that named it; `problem` tells why
    it cannot be taken at all (see `picturing.PictureProblem`); `colour` is its mean, `#rrggbb`.
    """

    url: str
    alt: str = ""
    source: str = ""
    role: str = "gallery"
    kind: str = "image"
    tries: int = 0
    row: int = 0
    problem: str = ""
    colour: str = ""

    @property
    def is_wanted(self) -> bool:
        """Whether the picture has still to be fetched."""
        return bool(self.source) and not self.url and not self.problem

    @property
    def is_picture(self) -> bool:
        """Whether there is a picture to show."""
        return bool(self.url) and self.kind == IMAGE

    @property
    def is_by_hand(self) -> bool:
        """Whether a merchant put it here on a page: no file of products knows of it."""
        return self.source.startswith(UPLOAD) or self.kind != IMAGE


class Content(Struct, frozen=True):
    """What a merchant says about a product, however it came in."""

    title: str
    description: str
    category_id: str
    variants: tuple[Variant, ...]
    options: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    type: str = ""
    tags: tuple[str, ...] = ()


class Product(Struct, frozen=True):
    """One product as it stands. `version` grows with every write; `created_at` is RFC 3339.

    A removed product keeps its row, for carts and history, and is in no list.
    """

    id: str
    slug: str
    merchant_id: str
    merchant_code: str
    state: ProductState
    content: Content
    created_at: str
    version: int = 1
    handle: str = ""
    import_id: str = ""
    is_removed: bool = False

    @property
    def code(self) -> str:
        """The eight characters that id and slug end in."""
        return self.id[len(ID_PREFIX) :]

    @property
    def is_listed(self) -> bool:
        return self.state is ProductState.LISTED and not self.is_removed

    @property
    def price(self) -> Money:
        """The lowest variant's price."""
        return self._cheapest.price

    @property
    def compare_at(self) -> Money | None:
        """What the lowest-priced variant cost before."""
        return self._cheapest.compare_at

    @property
    def image(self) -> str:
        """The address of the first picture there is; empty where there is none yet."""
        return next((media.url for media in self.content.media if media.is_picture), "")

    @property
    def wants_pictures(self) -> bool:
        return any(media.is_wanted for media in self.content.media)

    @property
    def _cheapest(self) -> Variant:
        return min(self.content.variants, key=lambda variant: variant.price.amount)

    def moved(self, state: ProductState) -> "Product":
        """Return the product in another state. Refuses `catalog.state_conflict` off the edges."""
        if state is self.state:
            return self
        if not MACHINE.allows(self.state, state):
            raise StateConflict(f"A product that is {self.state} cannot become {state}")
        return replace(self, state=state)


class SkuCopy(Struct, frozen=True):
    """The small copy of a variant that cart and checkout read by the batch.

    `is_listed` tells whether its product is in the shop now; whether its merchant may sell is the
    merchant's row's to say.
    """

    sku: str
    product_id: str
    slug: str
    title: str
    variant_title: str
    merchant_id: str
    merchant_code: str
    price: Money
    compare_at: Money | None
    weight_g: int
    image: str
    category_id: str
    is_listed: bool
    options: dict[str, str]


def sku_copy(product: Product, variant: Variant) -> SkuCopy:
    """Copy what cart and checkout need to know about one variant."""
    content = product.content
    return SkuCopy(
        sku=variant.sku,
        product_id=product.id,
        slug=product.slug,
        title=content.title,
        variant_title=variant.title,
        merchant_id=product.merchant_id,
        merchant_code=product.merchant_code,
        price=variant.price,
        compare_at=variant.compare_at,
        weight_g=variant.weight_g,
        image=product.image,
        category_id=content.category_id,
        is_listed=product.is_listed,
        options=variant.options,
    )


def code_of(reference: str) -> str | None:
    """Read the eight-character code from an id or slug; None where it can be neither."""
    found = _CODE.fullmatch(reference)
    return found.group(1) if found else None


def code_from(cause: str) -> str:
    """Derive the one code that a cause (an idempotency key, an import's row) leads to."""
    number = int.from_bytes(hashlib.sha256(cause.encode()).digest()[:8], "big")
    letters = []
    for _ in range(CODE_LENGTH):
        number, index = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[index])
    return "".join(letters)


def slug_of(readable: str, code: str) -> str:
    """Make a slug: what can be read of a text, and the product's code."""
    return f"{slug(readable) or NAMELESS_SLUG}-{code}"


def full_sku(merchant_code: str, given: str) -> str:
    """Return the marketplace-wide SKU for what a merchant wrote: its own code or the full one.

    Refuses `catalog.sku_malformed`.
    """
    own = given.removeprefix(f"{merchant_code}.")
    if not _OWN_CODE.fullmatch(own):
        raise SkuMalformed(f"{given[:80]!r} is no SKU")
    return f"{merchant_code}.{own}"


def check(content: Content, currency: str) -> None:
    """Hold content to the rules that need nothing but itself; refuses with the rule's code."""
    if len(content.variants) > VARIANTS_MAX:
        raise TooManyVariants
    if len(content.media) > PICTURES_MAX:
        raise TooManyPictures
    check_text("title", content.title)
    for name, value in content.attributes.items():
        check_text("attributes", name)
        check_text(f"attributes.{name}", value)
    for variant in content.variants:
        check_price(variant, currency)
    _check_options(content)
    skus = [variant.sku for variant in content.variants]
    if len(set(skus)) < len(skus):
        raise SkuRepeated(f"{_first_repeated(skus)} stands on two variants")


def check_text(name: str, value: str) -> None:
    """Refuse `catalog.text_malformed` for a text that is blank or holds control characters."""
    if not _is_plain(value):
        detail = f"{name} is blank or holds control characters"
        raise TextMalformed(detail, errors=[FieldError(name, "wrong_text", detail)])


def check_price(variant: Variant, currency: str) -> None:
    """Refuse `catalog.wrong_currency` and `catalog.compare_at_not_higher`."""
    prices = [variant.price] + ([variant.compare_at] if variant.compare_at else [])
    for price in prices:
        if price.currency != currency:
            raise WrongCurrency(f"{variant.sku} is priced in {price.currency}, not {currency}")
    if variant.compare_at is not None and variant.compare_at.amount <= variant.price.amount:
        raise CompareAtNotHigher(f"{variant.sku}: the compare-at price is not above the price")


def option_values(content: Content) -> dict[str, list[str]]:
    """List each option's values in the order in which the variants show them."""
    return {
        name: list(dict.fromkeys(variant.options[name] for variant in content.variants))
        for name in content.options
    }


def merged_pictures(fresh: Sequence[Media], known: Sequence[Media]) -> tuple[Media, ...]:
    """Keep what Souk knows of pictures that are named again, by source or address; the first leads."""
    copies: Mapping[str, Media] = {one.source: one for one in known if one.source} | {
        one.url: one for one in known if one.url
    }
    kept = []
    for media in fresh:
        copy = copies.get(media.source or media.url)
        merged = media
        if copy is not None:
            role = media.role if media.role != PLAIN_ROLE else copy.role
            merged = replace(copy, alt=media.alt, role=role, row=media.row)
        kept.append(merged)
    return led(kept)


def led(media: Sequence[Media]) -> tuple[Media, ...]:
    """Let the first picture lead: it is `main` unless it has a part of its own to play."""
    found = []
    for place, one in enumerate(media):
        role = one.role
        if role in {MAIN_ROLE, PLAIN_ROLE}:
            role = PLAIN_ROLE if place else MAIN_ROLE
        found.append(replace(one, role=role))
    return tuple(found)


def by_hand(fresh: Sequence[Media], known: Sequence[Media]) -> tuple[Media, ...]:
    """Return what was put beside the pictures of a file by hand and is not named by it."""
    named = {one.source for one in fresh if one.source} | {one.url for one in fresh if one.url}
    return tuple(
        one
        for one in known
        if one.is_by_hand and one.source not in named and (one.url not in named or not one.url)
    )


def _check_options(content: Content) -> None:
    names = list(content.options)
    if len(set(names)) < len(names) or not all(map(_is_plain, names)):
        raise OptionsMismatch("Option names are repeated, blank or hold control characters")
    seen: set[tuple[str, ...]] = set()
    for variant in content.variants:
        if set(variant.options) != set(names):
            raise OptionsMismatch(f"{variant.sku} has other options than the product")
        values = tuple(variant.options[name] for name in names)
        if not all(map(_is_plain, values)):
            raise OptionsMismatch(f"{variant.sku} has a blank option value")
        if values in seen:
            raise OptionsMismatch(f"{variant.sku} repeats {' / '.join(values) or 'the variant'}")
        seen.add(values)


def _is_plain(value: str) -> bool:
    return bool(value.strip()) and not has_control(value)


def _first_repeated(skus: Sequence[str]) -> str:
    return next(sku for place, sku in enumerate(skus) if sku in skus[:place])
