"""Products: states, codes, SKUs, and what content is acceptable."""

import pytest
from msgspec.structs import replace

from chalicelib.contexts.catalog.model.html import clean, spoken
from chalicelib.contexts.catalog.model.products import (
    MACHINE,
    Content,
    Media,
    Product,
    ProductState,
    Variant,
    check,
    code_from,
    code_of,
    full_sku,
    merged_pictures,
    option_values,
    sku_copy,
    slug_of,
)
from chalicelib.contexts.catalog.model.refusals import (
    CompareAtNotHigher,
    MediaWrong,
    OptionsMismatch,
    SkuMalformed,
    SkuRepeated,
    StateConflict,
    TextMalformed,
    TooManyPictures,
    TooManyVariants,
    WrongCurrency,
)
from chalicelib.contexts.catalog.model.wanted import Wanted, WantedVariant, content_of, picture
from chalicelib.kernel.errors import Refusal
from chalicelib.kernel.money import Money

OWN = ("/media", "/static")


def gbp(amount: int) -> Money:
    return Money(amount, "GBP")


def a_variant(sku: str = "acme.TEE", price: int = 1_000, **fields: object) -> Variant:
    return Variant(sku=sku, price=gbp(price), **fields)


def a_content(*variants: Variant, **fields: object) -> Content:
    plain = {"title": "Tee", "description": "", "category_id": "cat_tops"}
    return Content(**{**plain, "variants": variants or (a_variant(),), **fields})


def a_product(content: Content | None = None, **fields: object) -> Product:
    plain = {
        "id": "prd_p7k2m9qd",
        "slug": "tee-p7k2m9qd",
        "merchant_id": "mer_1",
        "merchant_code": "acme",
        "state": ProductState.LISTED,
        "content": content or a_content(),
        "created_at": "2026-03-02T09:00:00.000Z",
    }
    return Product(**{**plain, **fields})


class TestStates:
    @pytest.mark.parametrize("source", ProductState)
    @pytest.mark.parametrize("target", ProductState)
    def test_a_product_moves_along_listed_edges_alone(self, source, target) -> None:
        product = a_product(state=source)
        if source is target:
            assert product.moved(target) is product
        elif MACHINE.allows(source, target):
            assert product.moved(target).state is target
        else:
            with pytest.raises(StateConflict):
                product.moved(target)

    def test_what_was_taken_down_stays_down(self) -> None:
        assert MACHINE.is_final(ProductState.TAKEN_DOWN)

    def test_only_listed_products_that_are_not_removed_are_in_the_shop(self) -> None:
        assert a_product().is_listed
        assert not a_product(is_removed=True).is_listed
        assert not a_product(state=ProductState.DRAFT).is_listed


class TestCodes:
    @pytest.mark.parametrize(
        ("reference", "code"),
        [
            ("prd_p7k2m9qd", "p7k2m9qd"),
            ("ocean-blue-shirt-p7k2m9qd", "p7k2m9qd"),
            ("p7k2m9qd", None),
            ("prd_p7k2m9q", None),
            ("prd_P7K2M9QD", None),
            ("ocean blue-p7k2m9qd", None),
            ("prd_p7k2m9q0", None),
            ("", None),
            ("../prd_p7k2m9qd", None),
        ],
    )
    def test_id_and_slug_end_in_the_code(self, reference: str, code: str | None) -> None:
        assert code_of(reference) == code

    def test_a_cause_leads_to_one_code(self) -> None:
        assert code_from("a") == code_from("a") != code_from("b")
        assert code_of(f"prd_{code_from('a')}") == code_from("a")

    def test_a_slug_says_what_can_be_read(self) -> None:
        assert slug_of("Ocean Blue Shirt!", "p7k2m9qd") == "ocean-blue-shirt-p7k2m9qd"
        assert slug_of("海蓝衬衫", "p7k2m9qd") == "product-p7k2m9qd"


class TestSkus:
    @pytest.mark.parametrize("given", ["TEE-M", "acme.TEE-M"])
    def test_a_merchant_may_give_its_own_code_or_the_full_one(self, given: str) -> None:
        assert full_sku("acme", given) == "acme.TEE-M"

    def test_another_merchants_code_is_only_a_text(self) -> None:
        assert full_sku("acme", "globex.TEE") == "acme.globex.TEE"

    @pytest.mark.parametrize("given", ["", "TEE M", "TEE/M", "衬衫", "a" * 65, "TEE\n", "acme."])
    def test_anything_else_is_refused(self, given: str) -> None:
        with pytest.raises(SkuMalformed):
            full_sku("acme", given)


class TestCheck:
    def test_good_content_passes(self) -> None:
        small = a_variant("acme.S", options={"Size": "S"})
        medium = a_variant("acme.M", options={"Size": "M"})
        content = a_content(small, medium, options=("Size",), attributes={"Fabric": "Cotton"})
        check(content, "GBP")
        assert option_values(content) == {"Size": ["S", "M"]}

    @pytest.mark.parametrize(
        ("content", "refusal"),
        [
            (a_content(a_variant(options={"Size": "M"})), OptionsMismatch),
            (a_content(a_variant(), options=("Size",)), OptionsMismatch),
            (a_content(a_variant(options={"Size": " "}), options=("Size",)), OptionsMismatch),
            (
                a_content(a_variant(options={"Size": "M"}), options=("Size", "Size")),
                OptionsMismatch,
            ),
            (a_content(a_variant("acme.A"), a_variant("acme.B")), OptionsMismatch),
            (
                a_content(
                    a_variant("acme.A", options={"Size": "S"}),
                    a_variant("acme.A", options={"Size": "M"}),
                    options=("Size",),
                ),
                SkuRepeated,
            ),
            (a_content(replace(a_variant(), price=Money(1, "EUR"))), WrongCurrency),
            (a_content(a_variant(compare_at=Money(2_000, "EUR"))), WrongCurrency),
            (a_content(a_variant(compare_at=gbp(1_000))), CompareAtNotHigher),
            (a_content(title=" "), TextMalformed),
            (a_content(title="a\x00b"), TextMalformed),
            (a_content(attributes={"Fabric": "\x1b"}), TextMalformed),
            (
                a_content(
                    *(a_variant(f"acme.{n}", options={"N": str(n)}) for n in range(101)),
                    options=("N",),
                ),
                TooManyVariants,
            ),
            (a_content(media=tuple(Media(f"/media/{n}") for n in range(51))), TooManyPictures),
        ],
    )
    def test_a_broken_rule_has_its_own_refusal(
        self, content: Content, refusal: type[Refusal]
    ) -> None:
        with pytest.raises(refusal) as refused:
            check(content, "GBP")
        assert type(refused.value) is refusal

    def test_a_hundred_variants_and_fifty_pictures_fit(self) -> None:
        variants = [a_variant(f"acme.{n}", options={"N": str(n)}) for n in range(100)]
        media = tuple(Media(f"/media/{n}") for n in range(50))
        content = a_content(*variants, options=("N",), media=media)
        check(content, "GBP")
        assert (len(content.variants), len(content.media)) == (100, 50)


class TestCopies:
    def test_the_cheapest_variant_prices_the_product(self) -> None:
        product = a_product(
            a_content(
                a_variant("acme.A", 2_000),
                a_variant("acme.B", 900, compare_at=gbp(1_100)),
            )
        )
        assert (product.price, product.compare_at) == (gbp(900), gbp(1_100))

    def test_a_copy_tells_cart_and_checkout_what_they_need(self) -> None:
        variant = a_variant(options={"Size": "M", "Colour": "Red"}, weight_g=180)
        media = (Media("", source="https://far.example/a.png"), Media("/media/b.png"))
        product = a_product(a_content(variant, options=("Size", "Colour"), media=media))
        copy = sku_copy(product, variant)
        assert (copy.variant_title, copy.image, copy.weight_g) == ("M / Red", "/media/b.png", 180)
        assert copy.is_listed
        assert not sku_copy(replace(product, state=ProductState.DELISTED), variant).is_listed


class TestWanted:
    def test_what_is_not_wanted_stays(self) -> None:
        seen = a_product(a_content(a_variant(external_sku="TEE/1"), type="Tops", tags=("new",)))
        content = content_of(
            Wanted(title="  New   title "),
            seen,
            merchant_code="acme",
            category_id="cat_tops",
            own_prefixes=OWN,
        )
        assert content == replace(seen.content, title="New title")

    def test_a_variant_named_again_keeps_its_foreign_code(self) -> None:
        seen = a_product(a_content(a_variant("acme.TEE-1", external_sku="TEE/1")))
        wanted = Wanted(variants=(WantedVariant("TEE-1", gbp(5)), WantedVariant("NEW", gbp(6))))
        content = content_of(
            wanted, seen, merchant_code="acme", category_id="cat_tops", own_prefixes=OWN
        )
        assert [(one.sku, one.external_sku) for one in content.variants] == [
            ("acme.TEE-1", "TEE/1"),
            ("acme.NEW", ""),
        ]

    def test_pictures_named_again_keep_the_copies_there_are(self) -> None:
        known = (Media("/media/a.png", source="https://far.example/a.png", tries=2),)
        fresh = [
            picture("https://far.example/b.png", "b", OWN),
            picture("https://far.example/a.png", "a", OWN),
        ]
        first, second = merged_pictures(fresh, known)
        assert (first.url, first.role, first.is_wanted) == ("", "main", True)
        assert (second.url, second.role, second.tries) == ("/media/a.png", "gallery", 2)

    @pytest.mark.parametrize(
        "url",
        [
            "javascript:alert(1)",
            "data:image/png;base64,AAAA",
            "file:///etc/passwd",
            "/etc/passwd",
            "/media/../secret",
            "https://far.example/a b.png",
            "ftp://far.example/a.png",
        ],
    )
    def test_other_addresses_are_refused(self, url: str) -> None:
        with pytest.raises(MediaWrong):
            picture(url, "", OWN)


class TestHtml:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("<p>Soft &amp; warm</p>", "<p>Soft &amp; warm</p>"),
            ("<script>alert(1)</script>plain", "plain"),
            ("<p onclick='x()' style='color:red'>a</p>", "<p>a</p>"),
            ("<img src=x onerror=alert(1)>", ""),
            ("<a href='javascript:alert(1)'>a</a>", '<a rel="nofollow noopener noreferrer">a</a>'),
            ("<p>open", "<p>open</p>"),
            ("  just text  ", "just text"),
            ("1 < 2", "1 &lt; 2"),
        ],
    )
    def test_only_the_harmless_part_is_kept(self, given: str, kept: str) -> None:
        assert clean(given) == kept
        assert clean(clean(given)) == kept

    @pytest.mark.parametrize(
        ("written", "english", "chinese"),
        [
            ("just text", "just text", "just text"),
            (
                "<p>Hot<br>tea</p><p lang='zh-CN'>热<b>茶</b></p>",
                "<p>Hot<br>tea</p>",
                "热<b>茶</b>",
            ),
            ("<p lang=en>Tea &amp; co</p><p lang=zh>茶</p>", '<p lang="en">Tea &amp; co</p>', "茶"),
            ("<p>Tea</p><p lang=fr>Thé</p>", "<p>Tea</p>", "<p>Tea</p>"),
            ("<p lang=fr>Thé</p>", "Thé", "Thé"),
            ("Our <i lang=zh>茶</i> is hot", "Our <i", "Our <i"),
        ],
    )
    def test_readers_get_their_own_language(self, written: str, english: str, chinese: str) -> None:
        read = {locale: spoken(clean(written), locale) for locale in ("en", "zh-CN")}
        assert english in read["en"]
        assert chinese in read["zh-CN"]
        assert ("茶" in read["en"]) == ("Our" in written)
        assert ("Hot" in read["zh-CN"]) is False
