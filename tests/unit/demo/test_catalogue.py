"""The demo's files hold what the shop needs: goods that the real import takes whole, and pictures."""

import csv
import json
import re
import struct
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from chalicelib.contexts.catalog.model.attributes import describe
from chalicelib.contexts.catalog.model.categories import CategoryTree, tree_of
from chalicelib.contexts.catalog.model.importing import Judged, Shelf, grouped, judged
from chalicelib.contexts.catalog.model.products import ProductState
from chalicelib.contexts.catalog.model.reading import Table, examine
from chalicelib.contexts.merchants.model import (
    DeliveryMethod,
    MethodKind,
    checked_code,
    checked_commission,
    checked_email,
    checked_methods,
    checked_name,
)
from chalicelib.kernel.money import Money
from chalicelib.kernel.text import tokens
from demo import catalogue, house
from demo.goods import FOLDER, goods_of, merchants
from demo.pictures import FOUND, SIGNS, TINTS, Wanted, scene, wanted
from demo.scene import SIZE_BYTES_MAX

CODES = list(merchants())
SHOP = "http://shop.test"
ALL_BYTES_MAX = 6_000_000
PICTURE = re.compile(r"^http://shop\.test/static/demo/([a-z0-9.-]+\.webp)$")


@pytest.fixture(scope="module")
def tree() -> CategoryTree:
    return tree_of(json.loads((FOLDER / "categories.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def people() -> dict:
    return json.loads((FOLDER / "merchants.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def imported(tree: CategoryTree) -> dict[str, list[Judged]]:
    """What the import makes of each merchant's file."""
    return {code: list(judge(code, tree)) for code in CODES}


@pytest.fixture(scope="module")
def shown(tree: CategoryTree) -> list[Wanted]:
    """Every picture that the demo asks for."""
    return list(wanted(tree))


def judge(code: str, tree: CategoryTree) -> Iterator[Judged]:
    text = (catalogue.CATALOGUE / f"{code}.csv").read_text(encoding="utf-8")
    file = text.replace(catalogue.SHOP_URL, SHOP).encode()
    examine(file)
    table = Table([file])
    shelf = Shelf(code, "GBP", tree, (SHOP,))
    yield from (judged(group, shelf) for group in grouped(table.rows()))
    assert table.remarks == []


def rows_of(code: str) -> list[dict[str, str]]:
    text = (catalogue.CATALOGUE / f"{code}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


class TestFiles:
    @pytest.mark.parametrize("code", CODES)
    def test_are_what_the_goods_make(self, code):
        written = (catalogue.CATALOGUE / f"{code}.csv").read_bytes()
        assert written.decode() == catalogue.catalogue(code), "run python -m demo.catalogue"

    @pytest.mark.parametrize("code", CODES)
    def test_have_as_many_cells_in_each_row_as_columns(self, code):
        for row in rows_of(code):
            assert list(row)[: len(catalogue.COLUMNS)] == list(catalogue.COLUMNS)
            assert None not in row.values()
            assert None not in row.values(), row["Handle"]

    @pytest.mark.parametrize("code", CODES)
    def test_are_taken_whole_and_without_a_notice(self, code, imported):
        for product in imported[code]:
            assert product.refused == (), product.group.handle
            assert product.notices == (), product.group.handle

    @pytest.mark.parametrize("code", CODES)
    def test_lose_nothing_on_the_way_in(self, code, imported):
        for goods, product in zip(goods_of(code), imported[code], strict=True):
            content = product.content
            assert content is not None
            assert content.title == goods.title
            assert content.description == catalogue.body(goods)
            assert [one.alt for one in content.media] == [view.alt for view in goods.views]
            assert {one.sku for one in content.variants} == {
                f"{code}.{variant.sku}" for variant in goods.variants
            }
            assert all(not one.external_sku for one in content.variants)


class TestGoods:
    def test_are_enough(self, imported):
        listed = [
            product
            for products in imported.values()
            for product in products
            if product.state is ProductState.LISTED
        ]
        leaves = {product.content.category_id for product in listed}
        assert len(listed) >= 60
        assert len(leaves) >= 8
        assert sum(len(product.content.variants) for product in listed) >= 150
        assert len(CODES) >= 3

    def test_stand_in_categories_without_children(self, imported, tree):
        for products in imported.values():
            for product in products:
                identity = product.content.category_id
                assert identity != "cat_other", product.group.handle
                assert tree.children(identity) == (), product.group.handle

    def test_have_handles_of_their_own(self):
        handles = Counter(goods.handle for code in CODES for goods in goods_of(code))
        assert [handle for handle, count in handles.items() if count > 1] == []

    @pytest.mark.parametrize("code", CODES)
    def test_have_skus_of_their_own(self, code):
        skus = [row["Variant SKU"] for row in rows_of(code) if row["Variant Price"]]
        assert len(skus) == len(set(skus))
        for sku in skus:
            assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", sku), sku

    @pytest.mark.parametrize("code", CODES)
    def test_cost_something_and_less_than_before(self, code):
        for goods in goods_of(code):
            for variant in goods.variants:
                assert 100 <= variant.price <= 200_000, goods.handle
                assert variant.was is None or variant.was > variant.price, goods.handle

    @pytest.mark.parametrize("code", CODES)
    def test_are_described_in_both_languages(self, code):
        for goods in goods_of(code):
            assert 40 <= len(goods.en) <= 400, goods.handle
            assert 15 <= len(goods.zh) <= 120, goods.handle
            assert sum("\u4e00" <= letter <= "\u9fff" for letter in goods.zh) >= 12, goods.handle
            assert len(goods.points) == 3, goods.handle
            chinese = [tag for tag in goods.tags if any(t[0] >= "\u4e00" for t in tokens(tag))]
            assert chinese, goods.handle

    def test_show_what_a_shop_lives_through(self):
        everything = [goods for code in CODES for goods in goods_of(code)]
        stock = [variant.stock for goods in everything for variant in goods.variants]
        assert sum(not goods.published for goods in everything) >= 3
        assert stock.count(0) >= 4
        assert sum(0 < count <= 3 for count in stock) >= 10
        assert sum(goods.was is not None for goods in everything) >= 10


class TestPictures:
    def test_of_the_files_exist(self, imported):
        for products in imported.values():
            for product in products:
                assert product.content.media, product.group.handle
                for media in product.content.media:
                    found = PICTURE.match(media.url)
                    assert found, media
                    assert (FOUND / found[1]).is_file(), media

    def test_are_those_that_something_shows(self, shown):
        assert {path.stem for path in FOUND.iterdir()} == {one.name for one in shown}
        assert len({one.name for one in shown}) == len(shown)

    def test_have_their_size(self, shown):
        for one in shown:
            assert size_of(FOUND / f"{one.name}.webp") == one.size, one.name
        assert size_of(SIGNS / "placeholder.webp") == house.PLACEHOLDER_PX

    def test_are_small(self):
        sizes = {path.name: path.stat().st_size for path in FOUND.iterdir()}
        assert [name for name, size in sizes.items() if size > SIZE_BYTES_MAX] == []
        assert sum(sizes.values()) <= ALL_BYTES_MAX

    def test_show_the_colour_that_their_words_name(self):
        for code in CODES:
            for goods in goods_of(code):
                fronts = [view for view in goods.views if view.scene == "front"]
                for view in fronts if goods.colours else ():
                    (thing,) = scene(goods, view)
                    assert view.alt.endswith(f", {view.colour}")
                    assert thing.colour == (goods.colours[view.colour] or None)

    def test_have_a_pastel_for_every_category(self, tree):
        assert set(TINTS) == {category.slug for category in tree.categories}


class TestMerchants:
    def test_may_be_opened(self, people):
        for merchant in people["merchants"]:
            assert checked_code(merchant["code"]) == merchant["code"]
            assert set(checked_name(merchant["name"])) == {"en", "zh-CN"}
            assert checked_email(merchant["email"]).endswith(f"@{merchant['code']}.example")
            assert checked_commission(merchant["commission_bps"]) > 0
            assert set(merchant["description"]) == {"en", "zh-CN"}
            assert merchant["catalogues"] == [f"{merchant['code']}.csv"]

    def test_deliver_worldwide_to_the_door(self, people):
        for merchant in people["merchants"]:
            methods = [method(one, merchant["currency"]) for one in merchant["delivery_methods"]]
            assert checked_methods(methods, "GBP") == tuple(methods)
            home = [one for one in methods if one.kind is MethodKind.HOME]
            assert home[0].id == "standard"
            assert home[0].price == min((one.price for one in home), key=lambda one: one.amount)
            assert all(not one.countries for one in methods)

    def test_live_at_addresses_that_lead_nowhere(self, people):
        accounts = [people["platform"], *people["merchants"], *people["members"]]
        assert all(one["email"].endswith(".example") for one in accounts)
        assert len({one["email"] for one in accounts}) == len(accounts)


def method(described: dict, currency: str) -> DeliveryMethod:
    free_from = described.get("free_from")
    return DeliveryMethod(
        id=described["id"],
        kind=MethodKind(described["kind"]),
        name=described["name"],
        price=Money(described["price"], currency),
        free_from=Money(free_from, currency) if free_from else None,
        days_min=described["days_min"],
        days_max=described["days_max"],
    )


def size_of(path: Path) -> tuple[int, int]:
    """Read width and height of a WebP out of its first bytes (lossy files, RFC 9649)."""
    head = path.read_bytes()[:30]
    assert head[:4] == b"RIFF", path.name
    assert head[8:16] == b"WEBPVP8 ", path.name
    width, height = struct.unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def test_every_attribute_means_something(tree: CategoryTree, imported: dict) -> None:
    for code in CODES:
        told = {goods.handle: goods.attributes for goods in goods_of(code)}
        for one in imported[code]:
            schema = tree.schema(one.content.category_id)
            found = describe(one.content.attributes, schema)
            assert found.free == ()
            assert len(found.values) == len(told[one.group.handle]) + 1, one.group.handle
