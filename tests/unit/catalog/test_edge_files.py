"""What becomes of the files in tests/data, and that they are still the files they claim to be."""

import json
from pathlib import Path

import pytest

from chalicelib.contexts.catalog.model.categories import CategoryTree, tree_of
from chalicelib.contexts.catalog.model.importing import Judged, Shelf, grouped, judged
from chalicelib.contexts.catalog.model.products import ProductState
from chalicelib.contexts.catalog.model.reading import Table, examine
from chalicelib.kernel.errors import Refusal
from tests.makers.catalogue import shopify_csv

DATA = Path(__file__).parents[2] / "data"
TREE = tree_of(
    {
        "categories": [
            {
                "slug": "home",
                "name": {"en": "Home", "zh-CN": "家居"},
                "words": ["mug", "apron", "茶壶", "teapot"],
            }
        ]
    }
)

REFUSED = {
    "binary.csv": "import.not_utf8",
    "blank_lines.csv": "import.empty",
    "empty.csv": "import.empty",
    "gbk.csv": "import.not_utf8",
    "header_only.csv": "import.empty",
    "latin1.csv": "import.not_utf8",
    "missing_handle_column.csv": "import.columns_missing",
    "missing_price_column.csv": "import.columns_missing",
    "utf16.csv": "import.not_utf8",
}
ROWS_REFUSED = {
    "bad_rows.csv": [
        (3, "import.title_missing"),
        (4, "import.price_wrong"),
        (5, "import.price_wrong"),
        (6, "import.price_wrong"),
        (7, "import.price_missing"),
        (10, "import.price_wrong"),
        (11, "import.options_repeated"),
        (12, "import.sku_repeated"),
        (15, "import.weight_wrong"),
        (16, "import.quantity_wrong"),
        (17, "import.price_wrong"),
        (18, "import.price_wrong"),
        (19, "import.handle_missing"),
        (20, "import.option_missing"),
        (23, "import.cells_wrong"),
        (24, "import.price_missing"),
    ],
    "bom.csv": [],
    "control_characters.csv": [(2, "import.text_wrong"), (3, "import.text_wrong")],
    "crlf.csv": [],
    "formula_cells.csv": [(8, "import.price_wrong")],
    "four_options.csv": [(2, "import.option_wrong")],
    "html_bodies.csv": [],
    "missing_optional_columns.csv": [],
    "missing_skus.csv": [],
    "new_columns.csv": [],
    "plain.csv": [],
    "quotes_newlines.csv": [],
    "unicode.csv": [],
    "unpublished.csv": [],
}
UNREADABLE = {"open_quote.csv"}


def products_of(file: bytes, tree: CategoryTree = TREE) -> tuple[list[Judged], Table]:
    examine(file)
    table = Table([file])
    shelf = Shelf("made", "GBP", tree, ())
    return [judged(group, shelf) for group in grouped(table.rows())], table


def read(name: str) -> list[Judged]:
    return products_of((DATA / name).read_bytes())[0]


def by_handle(name: str) -> dict[str, Judged]:
    return {product.group.handle: product for product in read(name)}


def test_every_file_is_spoken_for():
    names = {path.name for path in DATA.glob("*.csv")}
    assert names == set(REFUSED) | set(ROWS_REFUSED) | UNREADABLE
    told = (DATA / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(names) if f"`{name}`" not in told] == []


@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_refuses_a_file_as_a_whole(name, code):
    with pytest.raises(Refusal) as refusal:
        examine((DATA / name).read_bytes())
    assert refusal.value.code == code


def test_refuses_a_file_whose_quote_stays_open():
    with pytest.raises(Refusal) as refusal:
        products_of((DATA / "open_quote.csv").read_bytes())
    assert refusal.value.code == "import.unreadable"


@pytest.mark.parametrize(("name", "refused"), ROWS_REFUSED.items())
def test_refuses_these_rows_and_no_others(name, refused):
    products, table = products_of((DATA / name).read_bytes())
    remarks = [*table.remarks, *(remark for product in products for remark in product.refused)]
    assert sorted((remark.row, remark.code) for remark in remarks) == refused


@pytest.mark.parametrize("name", ["bom.csv", "crlf.csv"])
def test_reads_the_same_with_another_beginning_or_line_ends(name):
    plain = [product.content for product in read("plain.csv")]
    assert [product.content for product in read(name)] == plain
    assert [len(content.variants) for content in plain] == [4, 1, 2]
    assert [len(content.media) for content in plain] == [3, 3, 1]
    assert (DATA / name).read_bytes() != (DATA / "plain.csv").read_bytes()


def test_takes_bodies_without_what_they_could_do():
    bodies = {
        handle: one.content.description for handle, one in by_handle("html_bodies.csv").items()
    }
    together = "".join(bodies.values()).casefold()
    for harm in (
        "script>",
        "alert",
        "onclick",
        "onerror",
        "iframe",
        "javascript",
        "<style",
        "form",
    ):
        assert harm not in together, harm
    assert bodies["script"] == "<p>Before</p><p>after</p>"
    assert bodies["iframe"] == "<p>kept</p>"
    assert bodies["unclosed"] == "<ul><li>one</li><li>two</li></ul><p>open <b>bold</b></p>"
    assert bodies["language"] == '<p>English</p><p lang="zh-CN">中文</p>'


def test_keeps_formulas_as_the_text_they_are():
    products = by_handle("formula_cells.csv")
    assert products["=cmd"].content.title == "=cmd|' /C calc'!A0"
    assert products["plus"].content.title == "+1 Free Gift"
    assert products["at"].content.variants[0].external_sku == "@x"


def test_makes_codes_where_there_are_none():
    products = by_handle("missing_skus.csv")
    skus = [variant.sku for one in products.values() for variant in one.content.variants]
    assert len(skus) == len(set(skus)) == 7
    assert products["plain-mug"].content.variants[0].sku == "made.plain-mug"
    assert products["odd-codes"].content.variants[0].external_sku == "MUG #7 / blue"


def test_hides_what_is_not_published():
    states = {handle: one.state for handle, one in by_handle("unpublished.csv").items()}
    assert states == {
        "shown": ProductState.LISTED,
        "hidden": ProductState.DRAFT,
        "hidden-capitals": ProductState.DRAFT,
        "unsaid": ProductState.LISTED,
    }


def test_reads_cells_of_many_lines():
    products = by_handle("quotes_newlines.csv")
    assert products["quoted"].content.title == 'The "Quoted" Mug, Large'
    assert products["quoted"].content.description.count("\n") == 3
    assert products["quoted"].content.options == ("Size",)
    assert products["spaces"].content.tags == ("a", "b")
    assert products["after"].content is not None


def test_reads_every_script():
    titles = {one.content.title for one in read("unicode.csv")}
    assert {
        "إبريق شاي نحاسي",
        "龍井茶・煎茶・녹차",
        "𠮷野家 Bowl",
        "Cafe\u0301 au lait (e + U+0301)",
    } <= titles
    choices = by_handle("unicode.csv")["choices"].content
    assert [variant.options for variant in choices.variants] == [{"颜色": "朱红"}, {"颜色": "月白"}]


def test_reads_the_newer_names_of_columns():
    products = by_handle("new_columns.csv")
    mug = products["new-columns-mug"]
    assert [variant.sku for variant in mug.content.variants] == ["made.NEW-S", "made.NEW-L"]
    assert mug.content.variants[0].compare_at.amount == 1100
    assert products["drafted-mug"].state is ProductState.DRAFT
    assert products["archived-mug"].state is ProductState.DELISTED


class TestMadeCatalogues:
    def test_are_the_same_for_the_same_seed(self):
        assert shopify_csv(50, seed=3) == shopify_csv(50, seed=3)
        assert shopify_csv(50, seed=3) != shopify_csv(50, seed=4)
        assert shopify_csv(50, seed=3).startswith(shopify_csv(49, seed=3))

    def test_are_taken_whole(self):
        demo = Path(__file__).parents[3] / "demo" / "categories.json"
        tree = tree_of(json.loads(demo.read_text(encoding="utf-8")))
        products, table = products_of(shopify_csv(400, seed=1), tree)
        assert len(products) == 400
        assert table.remarks == []
        assert [product.refused + product.notices for product in products] == [()] * 400
        skus = [variant.sku for one in products for variant in one.content.variants]
        assert len(skus) == len(set(skus)) >= 700
        assert {one.state for one in products} == {ProductState.LISTED, ProductState.DRAFT}
        assert {len(one.content.options) for one in products} == {0, 1, 2}
        assert sum(not one.content.title.isascii() for one in products) == 133
