"""What the index holds of a product, and how its counts change."""

import msgspec
import pytest
from msgspec.structs import replace

from chalicelib.contexts.catalog.model.listing import (
    ALL,
    FACET_VALUES_MAX,
    FACETS_MAX,
    MARK,
    TALLY_VALUES_MAX,
    TOTAL,
    Entry,
    Marker,
    Order,
    Tally,
    category_counts,
    difference,
    entry_of,
    facets_of,
    list_pk,
    sort_values,
    tallied,
    words_of,
)
from chalicelib.contexts.catalog.model.products import (
    Content,
    Media,
    Product,
    ProductState,
    Variant,
)
from chalicelib.contexts.catalog.model.schemas import schema_of
from chalicelib.kernel.money import Money

PRODUCT = Product(
    id="prd_p7k2m9qd",
    slug="ocean-tee-p7k2m9qd",
    merchant_id="mer_1",
    merchant_code="acme",
    state=ProductState.LISTED,
    content=Content(
        title="Ocean Tees",
        description="",
        category_id="cat_shirts",
        variants=(
            Variant("acme.S", Money(1_500, "GBP"), {"Size": "S"}),
            Variant("acme.M", Money(1_200, "GBP"), {"Size": "M"}, compare_at=Money(1_400, "GBP")),
        ),
        options=("Size",),
        attributes={"Fabric": "Cotton"},
        type="Shirts",
        tags=("blue", "ocean"),
    ),
    created_at="2026-03-02T09:00:00.000Z",
)


SCHEMA = schema_of(
    [
        {
            "name": "weight",
            "label": {"en": "Weight", "zh-CN": "重量"},
            "kind": "number",
            "unit": "g",
        },
        {
            "name": "colour",
            "label": {"en": "Colour", "zh-CN": "颜色"},
            "kind": "choice",
            "choices": [
                {"value": "red", "label": {"en": "Red", "zh-CN": "红色"}, "words": ["rot"]},
            ],
        },
        {
            "name": "secret",
            "label": {"en": "Secret", "zh-CN": "秘密"},
            "kind": "text",
            "is_filterable": False,
        },
    ],
    where="Shirts",
)


def an_entry(product: Product = PRODUCT, **changes: object) -> Entry:
    facts = {
        "merchant_name": "Acme",
        "ancestors": ("cat_shirts", "cat_apparel"),
        "in_stock": True,
        "sold": 7,
        "placeholder": "/static/img/placeholder.webp",
    }
    return entry_of(product, **{**facts, **changes})


class TestRows:
    def test_a_row_stands_in_each_partition_and_order(self) -> None:
        places = {(row.pk, row.sk) for row in an_entry().rows if row.pk.startswith("LIST#")}
        parts = (ALL, "cat_shirts", "cat_apparel", "MERCHANT#mer_1")
        values = {
            Order.NEWEST: "2026-03-02T09:00:00.000Z",
            Order.PRICE: "000000001200",
            Order.NAME: "ocean tees",
            Order.SOLD: "0000000007:2026-03-02T09:00:00.000Z",
        }
        assert places == {
            (list_pk(part, order), f"{value}#p7k2m9qd")
            for part in parts
            for order, value in values.items()
        }

    def test_each_word_finds_it_title_first(self) -> None:
        assert words_of(PRODUCT) == {"ocean": 0, "tee": 0, "shirt": 1, "blue": 2}
        found = {row.pk: row.sk for row in an_entry().rows if row.pk.startswith("TOKEN#")}
        assert found == {
            "TOKEN#ocean": "0#p7k2m9qd",
            "TOKEN#tee": "0#p7k2m9qd",
            "TOKEN#shirt": "1#p7k2m9qd",
            "TOKEN#blue": "2#p7k2m9qd",
        }

    def test_a_card_says_what_the_contract_lists(self) -> None:
        assert msgspec.json.decode(an_entry().rows[0].card) == {
            "id": "prd_p7k2m9qd",
            "slug": "ocean-tee-p7k2m9qd",
            "title": "Ocean Tees",
            "merchant": {"id": "mer_1", "name": "Acme"},
            "category": "cat_shirts",
            "price": {"amount": 1_200, "currency": "GBP"},
            "in_stock": True,
            "compare_at": {"amount": 1_400, "currency": "GBP"},
        }

    @pytest.mark.parametrize(
        ("media", "image"),
        [
            ((Media("", source="https://far.example/a.png"),), "/static/img/placeholder.webp"),
            (
                (Media("", source="https://far.example/a.png"), Media("/media/b.png")),
                "/media/b.png",
            ),
        ],
    )
    def test_a_missing_picture_has_a_placeholder(
        self, media: tuple[Media, ...], image: str
    ) -> None:
        product = replace(PRODUCT, content=replace(PRODUCT.content, media=media))
        assert msgspec.json.decode(an_entry(product).rows[0].card)["image"] == image

    def test_filters_find_their_keys_framed(self) -> None:
        keys = an_entry().rows[0].keys
        wanted = ("c:cat_shirts", "c:cat_apparel", "m:mer_1", "s:1", "a:size=m", "a:fabric=cotton")
        assert all(f"\n{key}\n" in keys for key in wanted)
        assert "\na:size=\n" not in keys

    @pytest.mark.parametrize("written", ["500", "500g", "0.5 kg", "500 克"])
    def test_what_a_schema_reads_counts_in_one_form(self, written: str) -> None:
        attributes = {"Weight": written, "colour": "ROT", "Secret": "x", "Origin": "Ulm"}
        content = replace(PRODUCT.content, attributes=attributes)
        entry = an_entry(replace(PRODUCT, content=content), schema=SCHEMA)
        facets = {key for key in entry.counted if key.startswith("attr.")}
        assert facets == {
            f"attr.weight{MARK}500 g",
            f"attr.colour{MARK}red",
            f"attr.Origin{MARK}Ulm",
            f"attr.Size{MARK}S",
            f"attr.Size{MARK}M",
        }
        keys = entry.rows[0].keys
        assert f"\na:weight={written.casefold()}\n" in keys or written == "500 克"
        assert "\na:weight=500 g\n" in keys
        assert "\na:colour=red\n" in keys
        assert entry.told is not None
        assert {"红色", "Red"} <= set(entry.told.words.split())

    def test_even_the_longest_product_fits_into_one_transaction(self) -> None:
        long = replace(PRODUCT.content, title=" ".join(f"word{n}" for n in range(60)))
        other = replace(PRODUCT.content, title=" ".join(f"term{n}" for n in range(60)))
        three = ("cat_a", "cat_b", "cat_c")
        before = an_entry(replace(PRODUCT, content=long), ancestors=three)
        after = an_entry(
            replace(PRODUCT, content=other, created_at="2026-03-03T09:00:00.000Z"),
            ancestors=("cat_x", "cat_y", "cat_z"),
            sold=8,
        )
        changed = {row.place for row in before.rows} | {row.place for row in after.rows}
        assert len(changed) + len(("marker", "delta")) <= 100

    def test_prices_sort_as_numbers(self) -> None:
        def value(amount: int) -> str:
            variants = (Variant("acme.S", Money(amount, "GBP")),)
            product = replace(PRODUCT, content=replace(PRODUCT.content, variants=variants))
            return sort_values(product, 0)[Order.PRICE]

        assert value(999) < value(1_000) < value(1_000_000_000)


class TestCounts:
    def test_entering_and_leaving_cancel_out(self) -> None:
        entry = an_entry()
        there = difference(entry, Marker()).changes
        back = difference(Entry(), entry.marker("1")).changes
        assert there[ALL][TOTAL] == 1
        assert there[ALL][f"attr.Size{MARK}M"] == 1
        assert set(there) == {ALL, "cat_shirts", "cat_apparel", "MERCHANT#mer_1"}
        assert back == {
            part: {key: -count for key, count in counts.items()} for part, counts in there.items()
        }

    def test_only_what_changed_is_told(self) -> None:
        delta = difference(an_entry(in_stock=False), an_entry().marker("1"))
        assert delta.changes[ALL] == {f"in_stock{MARK}false": 1, f"in_stock{MARK}true": -1}

    def test_nothing_changed_is_nothing(self) -> None:
        assert difference(an_entry(), an_entry().marker("1")).changes == {}

    def test_deltas_add_up_in_any_order(self) -> None:
        plus = {TOTAL: 1, f"attr.Size{MARK}M": 1}
        minus = {TOTAL: -1, f"attr.Size{MARK}M": -1}
        assert tallied(tallied(Tally(), minus, {}), plus, {}) == Tally()
        assert tallied(tallied(Tally(), plus, {}), minus, {}) == Tally()

    def test_a_count_below_zero_is_not_shown(self) -> None:
        tally = tallied(Tally(), {f"category{MARK}cat_a": -1, f"in_stock{MARK}true": 1}, {})
        assert facets_of(tally) == [{"name": "in_stock", "values": [{"value": "true", "count": 1}]}]
        assert category_counts(tally) == {}

    def test_labels_live_as_long_as_their_value(self) -> None:
        key = f"merchant{MARK}mer_1"
        tally = tallied(Tally(), {key: 1}, {key: "Acme"})
        assert facets_of(tally) == [
            {"name": "merchant", "values": [{"value": "mer_1", "count": 1, "label": "Acme"}]}
        ]
        assert tallied(tally, {key: -1}, {}).labels == {}

    def test_facets_are_bounded_and_the_fullest_come_first(self) -> None:
        values = {f"attr.A{a}{MARK}v{v}": v + 1 for a in range(20) for v in range(40)}
        facets = facets_of(Tally(1, values))
        assert len(facets) == FACETS_MAX
        assert {len(facet["values"]) for facet in facets} == {FACET_VALUES_MAX}
        assert facets[0]["values"][0] == {"value": "v39", "count": 40}

    def test_a_full_tally_takes_no_new_values_and_keeps_its_total(self) -> None:
        full = Tally(5, {f"attr.A{MARK}{n}": 1 for n in range(TALLY_VALUES_MAX)})
        more = tallied(full, {TOTAL: 1, f"attr.A{MARK}new": 1, f"attr.A{MARK}0": 1}, {})
        assert (more.total, len(more.values)) == (6, TALLY_VALUES_MAX)
        assert more.values[f"attr.A{MARK}0"] == 2

    def test_categories_count_what_lies_below_them(self) -> None:
        tally = tallied(Tally(), difference(an_entry(), Marker()).changes[ALL], {})
        assert category_counts(tally) == {"cat_shirts": 1, "cat_apparel": 1}
