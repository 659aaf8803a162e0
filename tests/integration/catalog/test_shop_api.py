"""What shoppers get over HTTP: categories, listings, search, products."""

import json
from typing import Any

import pytest

from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.model.products import ProductState
from chalicelib.contexts.catalog.model.wanted import Wanted, WantedVariant
from chalicelib.contexts.catalog.service import index, shop, tree
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.actors import SYSTEM
from chalicelib.kernel.money import Money
from tests.makers.http import Http
from tests.makers.index import caught_up
from tests.makers.people import Seller, a_merchant
from tests.makers.refusals import refused
from tests.makers.round_trips import counted

CATEGORIES = {
    "categories": [
        {"slug": "apparel", "name": {"en": "Apparel", "zh-CN": "服装"}},
        {"slug": "shirts", "parent": "apparel", "name": {"en": "Shirts", "zh-CN": "衬衫"}},
        {"slug": "home", "name": {"en": "Home", "zh-CN": "家居"}},
    ]
}


@pytest.fixture
def http(stage) -> Http:
    service.load_categories(SYSTEM, CATEGORIES)
    return Http()


def a_listed(seller: Seller, code: str, title: str, price: int = 1_000, **fields: Any) -> str:
    wanted = {
        "title": title,
        "description": f"<p>{title}</p>",
        "category": "shirts",
        "state": ProductState.LISTED,
        "variants": (WantedVariant(code, Money(price, "GBP")),),
    }
    return service.create(seller.actor, Wanted(**{**wanted, **fields})).id


def titles(reply: Any) -> list[str]:
    assert reply.status == 200, reply.text
    return [card["title"] for card in reply.json()["items"]]


@pytest.fixture
def shelf(http: Http, stage) -> Seller:
    """Five products of one merchant, made a minute apart, in stock but for the last."""
    seller = a_merchant()
    made = [
        a_listed(seller, "A", "Blue linen shirt", 3_000, attributes={"Fabric": "Linen"}),
        a_listed(seller, "B", "Red cotton shirt", 1_000, attributes={"Fabric": "Cotton"}),
        a_listed(seller, "C", "蓝色棉质衬衫", 2_000, tags=("blue",)),
        a_listed(seller, "D", "Oak chair", 9_000, category="home", type="Chairs"),
        a_listed(seller, "E", "Blue cotton dress", 4_000, type="Shirt dresses"),
    ]
    stage.forward(60)
    for turn, code in enumerate("ABCD"):
        index.note_stock(f"acme.{code}", turn + 1, has_stock=True)
    caught_up(*made)
    return seller


class TestCategories:
    def test_the_tree_counts_what_lies_below(self, http: Http, shelf: Seller) -> None:
        items = http.get("/api/v1/categories").json()["items"]
        assert [
            (c["id"], c["slug"], c["name"], c["parent_id"], c["product_count"]) for c in items
        ] == [
            ("cat_apparel", "apparel", "Apparel", None, 4),
            ("cat_shirts", "shirts", "Shirts", "cat_apparel", 4),
            ("cat_home", "home", "Home", None, 1),
            ("cat_other", "other", "Other", None, 0),
        ]

    def test_names_come_in_the_language_that_is_asked_for(self, http: Http) -> None:
        items = http.get("/api/v1/categories", accept_language="zh-CN").json()["items"]
        assert [one["name"] for one in items] == ["服装", "衬衫", "家居", "其他"]

    def test_they_cost_one_round_trip(self, http: Http, shelf: Seller) -> None:
        with counted() as calls:
            http.get("/api/v1/categories")
        assert calls == ["BatchGetItem"]


class TestListing:
    def test_a_listing_has_cards_total_and_facets(self, http: Http, shelf: Seller) -> None:
        answer = http.get("/api/v1/products?category=home").json()
        (card,) = answer["items"]
        assert card == {
            "id": card["id"],
            "slug": f"oak-chair-{card['id'][4:]}",
            "title": "Oak chair",
            "merchant": {"id": shelf.id, "name": "Acme"},
            "category": "cat_home",
            "price": {"amount": 9_000, "currency": "GBP"},
            "in_stock": True,
        }
        assert (answer["total"], answer["next_cursor"]) == (1, None)
        assert answer["facets"] == [
            {"name": "category", "values": [{"value": "cat_home", "count": 1}]},
            {"name": "in_stock", "values": [{"value": "true", "count": 1}]},
            {"name": "merchant", "values": [{"value": shelf.id, "count": 1, "label": "Acme"}]},
        ]

    @pytest.mark.parametrize(
        ("sort", "first", "last"),
        [
            ("price_asc", "Red cotton shirt", "Oak chair"),
            ("price_desc", "Oak chair", "Red cotton shirt"),
            ("name", "Blue cotton dress", "蓝色棉质衬衫"),
        ],
    )
    def test_sorts(self, http: Http, shelf: Seller, sort: str, first: str, last: str) -> None:
        found = titles(http.get(f"/api/v1/products?sort={sort}"))
        assert (found[0], found[-1], len(found)) == (first, last, 5)

    def test_the_newest_come_first(self, http: Http, shelf: Seller) -> None:
        later = a_listed(shelf, "F", "Late arrival")
        caught_up(later)
        for sort in ("", "?sort=newest", "?sort=relevance", "?sort=best_selling"):
            assert titles(http.get(f"/api/v1/products{sort}"))[0] == "Late arrival"

    def test_what_sells_best_comes_first(self, http: Http, shelf: Seller) -> None:
        from tests.integration.catalog.test_index import stock_fact

        sold = index.count_sales(stock_fact("x", 1, has_stock=True), {"acme.B": 3})
        caught_up(*sold)
        assert titles(http.get("/api/v1/products?sort=best_selling"))[0] == "Red cotton shirt"

    @pytest.mark.parametrize("query", ["", "q=shirt&", "min_price=1&", "q=shirt&sort=name&"])
    def test_pages_go_through_everything_once(self, http: Http, shelf: Seller, query: str) -> None:
        whole = titles(http.get(f"/api/v1/products?{query}limit=100"))
        found: list[str] = []
        cursor = ""
        while True:
            page = http.get(f"/api/v1/products?{query}limit=2&cursor={cursor}").json()
            found += [card["title"] for card in page["items"]]
            assert len(page["items"]) <= 2
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == whole
        assert len(whole) >= 3

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("category=cat_shirts&sort=price_asc&min_price=2000&max_price=3000", 2),
            ("category=apparel&min_price=2000&max_price=3000", 2),
            ("min_price=3001", 2),
            ("max_price=999", 0),
            ("min_price=5&max_price=4", 0),
            ("in_stock=true", 4),
            ("in_stock=false", 1),
            ("attr.Fabric=Linen", 1),
            ("attr.fabric=linen", 1),
            ("attr.Fabric=Linen&attr.Size=M", 0),
            ("category=home&in_stock=true", 1),
            ("category=home&in_stock=false", 0),
            ("category=nothing", 0),
            ("merchant=mer_nobody", 0),
            ("q=shirt&in_stock=true&max_price=2500", 1),
            ("q=shirt&category=home", 0),
        ],
    )
    def test_filters_narrow(self, http: Http, shelf: Seller, query: str, found: int) -> None:
        assert len(titles(http.get(f"/api/v1/products?{query}"))) == found

    def test_a_merchants_listing_is_exact(self, http: Http, shelf: Seller) -> None:
        answer = http.get(f"/api/v1/products?merchant={shelf.id}&limit=1").json()
        assert (answer["total"], len(answer["items"])) == (5, 1)

    def test_combined_filters_have_no_facets(self, http: Http, shelf: Seller) -> None:
        answer = http.get("/api/v1/products?category=shirts&in_stock=true&limit=1").json()
        assert (answer["total"], answer["facets"]) == (None, [])

    def test_an_empty_shop_has_an_empty_listing(self, http: Http) -> None:
        answer = http.get("/api/v1/products").json()
        assert answer == {"items": [], "next_cursor": None, "total": 0, "facets": []}

    @pytest.mark.parametrize("query", ["", "?category=shirts&sort=price_desc&limit=2"])
    def test_a_listing_costs_two_round_trips(self, http: Http, shelf: Seller, query: str) -> None:
        tree._kept.clear()
        with counted() as calls:
            http.get(f"/api/v1/products{query}")
        assert calls == ["Query", "GetItem"]

    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "limit=101",
            "limit=x",
            "limit=1.5",
            "sort=best",
            "min_price=-1",
            "min_price=1.5",
            "max_price=99999999999999",
            "in_stock=perhaps",
            "colour=red",
            "attr.=red",
            "&".join(f"attr.a{n}=1" for n in range(9)),
            "q=" + "x" * 201,
            "category=" + "x" * 81,
        ],
    )
    def test_a_question_that_cannot_be_read_is_refused(self, http: Http, query: str) -> None:
        reply = http.get(f"/api/v1/products?{query}")
        assert refused(reply, 400, "request.malformed")["errors"] != []

    @pytest.mark.parametrize("cursor", ["x", "AAAA", "💥", "%00", "a" * 3000])
    def test_a_cursor_that_is_none_is_refused(self, http: Http, cursor: str) -> None:
        assert http.get(f"/api/v1/products?cursor={cursor}").status == 400

    def test_a_cursor_fits_its_own_list_alone(self, http: Http, shelf: Seller) -> None:
        cursor = http.get("/api/v1/products?limit=1").json()["next_cursor"]
        refused(http.get(f"/api/v1/products?sort=name&cursor={cursor}"), 400, "request.bad_cursor")


class TestSearch:
    @pytest.mark.parametrize(
        ("q", "found"),
        [
            ("shirt", ["Blue linen shirt", "Red cotton shirt", "Blue cotton dress"]),
            ("SHIRTS", ["Blue linen shirt", "Red cotton shirt", "Blue cotton dress"]),
            ("red shirt", ["Red cotton shirt"]),
            ("shirt red", ["Red cotton shirt"]),
            ("blue shirt", ["Blue linen shirt", "Blue cotton dress"]),
            ("blue", ["Blue linen shirt", "Blue cotton dress", "蓝色棉质衬衫"]),
            ("衬衫", ["蓝色棉质衬衫"]),
            ("蓝色衬衫", []),
            ("蓝色", ["蓝色棉质衬衫"]),
            ("chair", ["Oak chair"]),
            ("chairs oak", ["Oak chair"]),
            ("purple", []),
            ("blue chair", []),
            ("!?.", []),
            ("   ", None),
        ],
    )
    def test_words_find_titles_types_and_tags(
        self, http: Http, shelf: Seller, q: str, found: list[str] | None
    ) -> None:
        from urllib.parse import quote

        answer = http.get(f"/api/v1/products?q={quote(q)}")
        if found is None:
            assert len(titles(answer)) == 5
        else:
            assert sorted(titles(answer)) == sorted(found)

    def test_hits_in_titles_come_before_those_in_types_and_tags(
        self, http: Http, shelf: Seller
    ) -> None:
        assert titles(http.get("/api/v1/products?q=shirt"))[-1] == "Blue cotton dress"
        assert titles(http.get("/api/v1/products?q=blue"))[-1] == "蓝色棉质衬衫"

    @pytest.mark.parametrize(
        ("sort", "first"), [("price_asc", "Red cotton shirt"), ("price_desc", "Blue cotton dress")]
    )
    def test_a_search_can_be_sorted(self, http: Http, shelf: Seller, sort: str, first: str) -> None:
        assert titles(http.get(f"/api/v1/products?q=shirt&sort={sort}"))[0] == first

    def test_one_word_costs_one_round_trip(self, http: Http, shelf: Seller) -> None:
        with counted() as calls:
            http.get("/api/v1/products?q=shirt&limit=2")
        assert calls == ["Query"]

    def test_several_words_are_bounded_and_go_on_where_they_stopped(
        self, http: Http, shelf: Seller, monkeypatch
    ) -> None:
        made = [a_listed(shelf, f"N{n}", f"Plain cotton shirt {n}") for n in range(9)]
        made.append(a_listed(shelf, "LAST", "Plain cotton shirt zebra"))
        caught_up(*made)
        monkeypatch.setattr(shop, "PAGES_MAX", 2)
        monkeypatch.setattr(shop, "PAGE_ROWS", 3)
        found: list[str] = []
        cursor, asked = "", 0
        while cursor is not None:
            with counted() as calls:
                page = http.get(f"/api/v1/products?q=cotton%20zebra&cursor={cursor}").json()
            assert calls.count("Query") <= 2
            found += [card["title"] for card in page["items"]]
            cursor, asked = page["next_cursor"], asked + 1
        assert found == ["Plain cotton shirt zebra"]
        assert asked >= 1


class TestProduct:
    def test_it_is_found_by_id_and_slug_with_everything(self, http: Http) -> None:
        seller = a_merchant()
        sizes = tuple(
            WantedVariant(f"T-{size}", Money(price, "GBP"), {"Size": size}, weight_g=100)
            for size, price in (("S", 1_500), ("M", 1_200))
        )
        product_id = a_listed(
            seller,
            "T",
            "Tee",
            description="<p>Soft</p><script>x</script>",
            options=("Size",),
            variants=sizes,
            attributes={"Fabric": "Cotton"},
            media=(("/media/products/a.png", "Front"), ("https://far.example/b.png", "")),
        )
        inventory.put_stock(seller.actor, "acme.T-M", 4)
        by_id = http.get(f"/api/v1/products/{product_id}")
        shown = by_id.json()
        assert http.get(f"/api/v1/products/{shown['slug']}").json() == shown
        assert shown == {
            "id": product_id,
            "slug": f"tee-{product_id[4:]}",
            "title": "Tee",
            "merchant": {"id": seller.id, "name": "Acme"},
            "category": "cat_shirts",
            "price": {"amount": 1_200, "currency": "GBP"},
            "in_stock": True,
            "image": "/media/products/a.png",
            "description": "<p>Soft</p>",
            "attributes": {"Fabric": "Cotton"},
            "media": [
                {"kind": "image", "url": "/media/products/a.png", "alt": "Front", "role": "main"},
                {
                    "kind": "image",
                    "url": "/static/img/placeholder.webp",
                    "alt": "",
                    "role": "gallery",
                },
            ],
            "options": ["Size"],
            "variants": [
                {
                    "sku": "acme.T-S",
                    "options": {"Size": "S"},
                    "price": {"amount": 1_500, "currency": "GBP"},
                    "compare_at": None,
                    "available": 0,
                },
                {
                    "sku": "acme.T-M",
                    "options": {"Size": "M"},
                    "price": {"amount": 1_200, "currency": "GBP"},
                    "compare_at": None,
                    "available": 4,
                },
            ],
            "offers": [],
        }

    def test_it_costs_two_round_trips(self, http: Http) -> None:
        product_id = a_listed(a_merchant(), "T", "Tee")
        with counted() as calls:
            http.get(f"/api/v1/products/{product_id}")
        assert calls == ["GetItem", "BatchGetItem"]

    @pytest.mark.parametrize("state", [ProductState.DRAFT, ProductState.DELISTED])
    def test_what_is_not_listed_is_not_there(self, http: Http, state: ProductState) -> None:
        product_id = a_listed(a_merchant(), "T", "Tee", state=state)
        refused(http.get(f"/api/v1/products/{product_id}"), 404, "catalog.no_product")

    def test_what_a_suspended_merchant_sells_is_not_there_at_once(self, http: Http) -> None:
        seller = a_merchant()
        product_id = a_listed(seller, "T", "Tee")
        merchants.suspend(SYSTEM, seller.id, "late")
        refused(http.get(f"/api/v1/products/{product_id}"), 404, "catalog.no_product")
        merchants.reinstate(SYSTEM, seller.id)
        assert http.get(f"/api/v1/products/{product_id}").status == 200

    @pytest.mark.parametrize(
        "reference", ["prd_22222222", "nothing-22222222", "nothing", "prd_", "x" * 500, "%20", "💥"]
    )
    def test_unknown_ones_are_not_there(self, http: Http, reference: str) -> None:
        refused(http.get(f"/api/v1/products/{reference}"), 404, "catalog.no_product")

    def test_the_merchants_name_comes_in_the_language_asked_for(self, http: Http) -> None:
        seller = a_merchant(name={"en": "Acme", "zh-CN": "阿克米"})
        path = f"/api/v1/products/{a_listed(seller, 'T', 'Tee')}"
        assert http.get(path, accept_language="zh").json()["merchant"]["name"] == "阿克米"


def test_cards_of_the_listing_are_the_bytes_that_were_indexed(http: Http, shelf: Seller) -> None:
    found = service.products(service.Wish(category="home"))
    assert json.loads(found.cards[0])["title"] == found.decoded()[0].title == "Oak chair"
