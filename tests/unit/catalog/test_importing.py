"""What the rows of a file mean, one handle at a time."""

from itertools import pairwise
from typing import Any

import pytest

from chalicelib.contexts.catalog.model.categories import tree_of
from chalicelib.contexts.catalog.model.importing import (
    Judged,
    Shelf,
    grouped,
    judged,
    own_code,
)
from chalicelib.contexts.catalog.model.jobs import IMPORTING, Counts, ImportState, Remark
from chalicelib.contexts.catalog.model.products import ProductState, check
from chalicelib.contexts.catalog.model.reading import Table
from chalicelib.kernel.money import Money
from tests.makers.sheets import a_row, a_sheet, a_variant

TREE = tree_of({"categories": [{"slug": "tops", "name": {"en": "Tops", "zh-CN": "上衣"}}]})
SHELF = Shelf("acme", "GBP", TREE, ("/media", "/static"))


def read(*rows: dict[str, str]) -> list[Judged]:
    return [judged(group, SHELF) for group in grouped(Table([a_sheet(*rows)]).rows())]


def one(*rows: dict[str, str]) -> Judged:
    (found,) = read(*rows)
    return found


def codes(found: Judged) -> list[tuple[int, str]]:
    return [(remark.row, remark.code) for remark in found.refused]


class TestProducts:
    def test_a_plain_row_is_a_product_with_one_variant(self) -> None:
        found = one(a_row("soft-tee", sku="ST-1", grams="180", quantity="7", vendor="Loom"))
        assert found.content is not None
        (variant,) = found.content.variants
        assert (variant.sku, variant.price, variant.weight_g) == (
            "acme.ST-1",
            Money(1299, "GBP"),
            180,
        )
        assert (variant.options, found.content.options) == ({}, ())
        assert found.content.title == "Soft Tee"
        assert found.content.category_id == "cat_tops"
        assert found.content.attributes == {"Brand": "Loom"}
        assert found.quantities == {"acme.ST-1": 7}
        assert (found.state, found.refused, found.notices) == (ProductState.LISTED, (), ())
        check(found.content, "GBP")

    def test_rows_of_a_handle_are_its_variants_and_pictures(self) -> None:
        found = one(
            a_row(
                option1_name="Size", option1="S", option2_name="Colour", option2="Red", sku="S-R"
            ),
            a_variant("tee", option1="M", option2="Red", price="13", sku="M-R"),
            a_variant("tee", option1="M", option2="Blue", price="14", sku="M-B"),
            a_variant("tee", image="https://far.example/2.png", position="2", alt="Back"),
        )
        assert found.content is not None
        assert found.content.options == ("Size", "Colour")
        assert [(v.title, v.price.amount) for v in found.content.variants] == [
            ("S / Red", 1299),
            ("M / Red", 1300),
            ("M / Blue", 1400),
        ]
        assert [(m.source, m.alt, m.row) for m in found.content.media] == [
            ("https://far.example/2.png", "Back", 5)
        ]
        assert found.refused == ()
        check(found.content, "GBP")

    def test_pictures_stand_in_the_order_of_their_positions_each_once(self) -> None:
        found = one(
            a_row(image="https://far.example/b.png", position="2"),
            a_variant("tee", image="https://far.example/a.png", position="1"),
            a_variant("tee", image="https://far.example/b.png", position="3"),
            a_variant("tee", image="/media/own.png"),
        )
        assert found.content is not None
        assert [(m.source or m.url, m.role) for m in found.content.media] == [
            ("https://far.example/a.png", "main"),
            ("https://far.example/b.png", "gallery"),
            ("/media/own.png", "gallery"),
        ]

    @pytest.mark.parametrize(
        ("cells", "state"),
        [
            ({"published": "false"}, ProductState.DRAFT),
            ({"published": "FALSE"}, ProductState.DRAFT),
            ({"status": "draft"}, ProductState.DRAFT),
            ({"status": "archived"}, ProductState.DELISTED),
            ({"status": "active"}, ProductState.LISTED),
            ({"published": ""}, ProductState.LISTED),
        ],
    )
    def test_unpublished_products_stay_out_of_the_shop(
        self, cells: dict[str, Any], state: ProductState
    ) -> None:
        assert one(a_row(**cells)).state is state

    def test_a_compare_at_price_counts_where_it_is_higher(self) -> None:
        found = read(a_row("a", compare_at="20"), a_row("b", compare_at="12.99"))
        prices = [one.content.variants[0].compare_at for one in found if one.content]
        assert prices == [Money(2000, "GBP"), None]

    def test_an_unknown_type_goes_to_other_with_a_notice(self) -> None:
        found = one(a_row("bell", type="Bicycle bell"))
        assert found.content is not None
        assert found.content.category_id == "cat_other"
        assert [(n.row, n.code) for n in found.notices] == [(2, "import.category_other")]

    def test_formula_cells_are_texts(self) -> None:
        found = one(a_row(title="=1+1", vendor="@SUM(A1)", tags="+1,-1"))
        assert found.content is not None
        assert (found.content.title, found.content.tags) == ("=1+1", ("+1", "-1"))

    def test_html_is_cleaned(self) -> None:
        found = one(a_row(body="<p>a</p><script>alert(1)</script>"))
        assert found.content is not None
        assert found.content.description == "<p>a</p>"


class TestRefusedRows:
    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"handle": ""}, "import.handle_missing"),
            ({"handle": "h" * 256}, "import.handle_wrong"),
            ({"title": ""}, "import.title_missing"),
            ({"title": "t" * 256}, "import.title_wrong"),
            ({"body": "b" * 100_001}, "import.body_wrong"),
            ({"type": "a\x1bb"}, "import.text_wrong"),
            ({"vendor": "v" * 256}, "import.text_wrong"),
            ({"option1_name": "Size", "option2_name": "size"}, "import.option_wrong"),
            ({"option1_name": "n" * 61, "option1": "S"}, "import.option_wrong"),
            ({"option1_name": "Size", "option1": ""}, "import.option_missing"),
            ({"option1_name": "Size", "option1": "v" * 256}, "import.option_wrong"),
            ({"price": ""}, "import.price_missing"),
            ({"price": "0"}, "import.price_wrong"),
            ({"price": "-5"}, "import.price_wrong"),
            ({"price": "12.999"}, "import.price_wrong"),
            ({"price": "1e3"}, "import.price_wrong"),
            ({"price": "£5"}, "import.price_wrong"),
            ({"price": "１２"}, "import.price_wrong"),
            ({"price": "1,299.00"}, "import.price_wrong"),
            ({"price": "99999999999"}, "import.price_wrong"),
            ({"price": "=1+1"}, "import.price_wrong"),
            ({"compare_at": "ten"}, "import.compare_at_wrong"),
            ({"grams": "-1"}, "import.weight_wrong"),
            ({"grams": "heavy"}, "import.weight_wrong"),
            ({"quantity": "many"}, "import.quantity_wrong"),
            ({"quantity": "1.5"}, "import.quantity_wrong"),
            ({"quantity": "99999999999"}, "import.quantity_wrong"),
        ],
    )
    def test_a_bad_row_is_refused_with_its_number_and_code(
        self, cells: dict[str, Any], code: str
    ) -> None:
        good, bad = read(a_row("good"), a_row(**{"handle": "bad", **cells}))
        assert (codes(good), codes(bad)) == ([], [(3, code)])
        assert bad.content is None

    def test_a_bad_variant_is_refused_and_the_rest_of_the_product_goes_in(self) -> None:
        found = one(
            a_row(option1_name="Size", option1="S", sku="S"),
            a_variant("tee", option1="M", price="-1", sku="M"),
            a_variant("tee", option1="L", price="14", sku="L"),
        )
        assert found.content is not None
        assert [v.sku for v in found.content.variants] == ["acme.S", "acme.L"]
        assert codes(found) == [(3, "import.price_wrong")]

    def test_a_product_without_title_takes_its_rows_with_it(self) -> None:
        found = one(
            a_row(title="", option1_name="Size", option1="S"),
            a_variant("tee", option1="M", price="1"),
        )
        assert codes(found) == [(2, "import.title_missing"), (3, "import.title_missing")]

    def test_repetitions_inside_a_product_are_refused(self) -> None:
        found = one(
            a_row(option1_name="Size", option1="S", sku="S"),
            a_variant("tee", option1="S", price="1", sku="X"),
            a_variant("tee", option1="M", price="1", sku="S"),
        )
        assert codes(found) == [(3, "import.options_repeated"), (4, "import.sku_repeated")]

    def test_a_product_that_stands_there_twice_is_refused_the_second_time(self) -> None:
        assert codes(one(a_row("tee"), a_row("tee", sku="OTHER"))) == [
            (3, "import.handle_repeated")
        ]

    def test_more_than_a_hundred_variants_are_refused_one_by_one(self) -> None:
        rows = [a_variant("tee", option1=f"n{n}", price="1") for n in range(101)]
        found = one(a_row(option1_name="N", option1="n"), *rows)
        assert found.content is not None
        assert len(found.content.variants) == 100
        assert codes(found) == [
            (102, "import.too_many_variants"),
            (103, "import.too_many_variants"),
        ]

    def test_a_picture_that_is_no_address_is_noticed(self) -> None:
        found = one(a_row(image="javascript:alert(1)"))
        assert found.content is not None
        assert found.content.media == ()
        assert [(n.row, n.code) for n in found.notices] == [(2, "import.picture_wrong")]

    def test_the_fifty_first_picture_is_noticed(self) -> None:
        pictures = [a_variant("tee", image=f"https://far.example/{n}.png") for n in range(51)]
        found = one(a_row(), *pictures)
        assert found.content is not None
        assert len(found.content.media) == 50
        assert [(n.row, n.code) for n in found.notices] == [(53, "import.too_many_pictures")]


class TestCodes:
    def test_missing_skus_follow_from_handle_and_options(self) -> None:
        found = one(
            a_row("soft-tee", option1_name="Size", option1="S", sku=""),
            a_variant("soft-tee", option1="M", price="1"),
        )
        assert found.content is not None
        assert [v.sku for v in found.content.variants] == ["acme.soft-tee-S", "acme.soft-tee-M"]
        assert {v.external_sku for v in found.content.variants} == {""}

    def test_foreign_codes_are_mapped_and_kept(self) -> None:
        found = one(a_row(sku="TEE/Blau 1"))
        assert found.content is not None
        (variant,) = found.content.variants
        assert variant.sku.startswith("acme.TEE-Blau-1-")
        assert variant.external_sku == "TEE/Blau 1"

    @pytest.mark.parametrize(
        "text", ["TEE/1", "TEE 1", "海蓝", "海蓝 M", "x" * 65, "-a-", " ", "a\tb", "é"]
    )
    def test_a_mapped_code_fits_and_stays_different(self, text: str) -> None:
        assert own_code(own_code(text)) == own_code(text)
        assert own_code(text) != own_code(text + "2")
        assert 1 <= len(own_code(text)) <= 64

    def test_codes_that_map_alike_stay_apart(self) -> None:
        assert len({own_code(text) for text in ("TEE/1", "TEE 1", "TEE-1", "TEE:1")}) == 4

    @pytest.mark.parametrize("text", ["TEE-M", "a", "A.b_c-9", "x" * 64])
    def test_a_code_that_fits_is_kept(self, text: str) -> None:
        assert own_code(text) == text


class TestGroups:
    def test_rows_that_stand_together_are_one_product(self) -> None:
        body = a_sheet(a_row("a"), a_variant("a", image="/media/x.png"), a_row("b"), a_row("a"))
        found = list(grouped(Table([body]).rows()))
        assert [(g.handle, [row.number for row in g.rows]) for g in found] == [
            ("a", [2, 3]),
            ("b", [4]),
            ("a", [5]),
        ]

    def test_each_group_knows_where_what_follows_begins(self) -> None:
        body = a_sheet(a_row("a"), a_row("b"), a_row("c"))
        found = list(grouped(Table([body]).rows()))
        for group, after in pairwise(found):
            table = Table([body])
            table.go_on([body[group.end :]], group.end, group.last)
            assert next(iter(grouped(table.rows()))) == after


class TestDigest:
    def test_it_tells_changes_but_not_places_or_stock(self) -> None:
        picture = "https://far.example/a.png"
        _, later = read(a_row("x"), a_row("a", image=picture))
        assert later.digest == one(a_row("a", image=picture, quantity="9")).digest
        assert later.digest != one(a_row("a", price="5")).digest
        assert one(a_row("a")).digest != one(a_row("a", published="false")).digest

    def test_leaving_the_last_variant_out_leaves_nothing(self) -> None:
        found = one(a_row("a"))
        left = found.without("acme.A", Remark(2, "import.sku_taken", "taken"))
        assert left.content is None
        assert [one.code for one in left.refused] == ["import.sku_taken"]


def test_jobs_end_done_or_failed() -> None:
    assert [state for state in ImportState if IMPORTING.is_final(state)] == [
        ImportState.DONE,
        ImportState.FAILED,
    ]


def test_counts_add_up() -> None:
    assert Counts(1, 2, 3, 4, 5, 6).plus(Counts(1, 1, 1, 1, 1, 1)) == Counts(2, 3, 4, 5, 6, 7)
