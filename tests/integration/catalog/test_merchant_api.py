"""A merchant's own products over HTTP."""

import json
from typing import Any

import pytest

from chalicelib.aws import reads, retries, transact
from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog import service
from chalicelib.contexts.catalog.model.products import Product, ProductState
from chalicelib.contexts.catalog.model.refusals import ChangedMeanwhile, TooManyChanges
from chalicelib.contexts.catalog.model.wanted import Wanted, WantedVariant
from chalicelib.contexts.catalog.service import index, write
from chalicelib.contexts.catalog.store import products as store
from chalicelib.contexts.inventory import service as inventory
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.actors import ANONYMOUS, SYSTEM, Actor, ActorKind, Role
from chalicelib.kernel.errors import Forbidden, NotSignedIn
from chalicelib.kernel.money import Money
from tests.makers.http import Http, Reply
from tests.makers.people import Seller, a_member, a_merchant
from tests.makers.products import a_product
from tests.makers.racing import at_once
from tests.makers.refusals import refused, refused_without_a_trace
from tests.makers.rows import everything, facts, of_kind

PATH = "/api/v1/merchant/products"
CATEGORIES = {
    "categories": [
        {
            "slug": "tops",
            "name": {"en": "Tops", "zh-CN": "上衣"},
            "attributes": [
                {
                    "name": "weight",
                    "label": {"en": "Weight", "zh-CN": "重量"},
                    "kind": "number",
                    "unit": "g",
                },
                {
                    "name": "cloth",
                    "label": {"en": "Cloth", "zh-CN": "面料"},
                    "kind": "choice",
                    "choices": [{"value": "linen", "label": {"en": "Linen", "zh-CN": "亚麻"}}],
                },
            ],
        },
        {"slug": "home", "name": {"en": "Home", "zh-CN": "家居"}},
    ]
}


def gbp(amount: Any, currency: str = "GBP") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def a_body(**changes: Any) -> dict[str, Any]:
    body = {
        "title": "Soft tee",
        "description": "<p>Soft</p>",
        "category": "cat_tops",
        "state": "listed",
        "options": ["Size"],
        "variants": [
            {"sku": "TEE-S", "options": {"Size": "S"}, "price": gbp(1_299), "weight_g": 180},
            {"sku": "acme.TEE-M", "options": {"Size": "M"}, "price": gbp(1_399)},
        ],
        **changes,
    }
    return {name: value for name, value in body.items() if value is not ...}


def variant(**changes: Any) -> list[dict[str, Any]]:
    return [{"sku": "TEE", "price": gbp(1_299), **changes}]


@pytest.fixture
def http(stage) -> Http:
    service.load_categories(SYSTEM, CATEGORIES)
    return Http()


@pytest.fixture
def seller(http: Http) -> Seller:
    return a_merchant()


def add(http: Http, seller: Seller, body: Any = None, **headers: str) -> Reply:
    sent = {**seller.authorization, **headers}
    return http.post(PATH, a_body() if body is None else body, **sent)


def added(http: Http, seller: Seller, **changes: Any) -> Any:
    reply = add(http, seller, a_body(**changes))
    assert reply.status == 201, reply.text
    return reply.json()


def copy_of(sku: str) -> Any:
    key = store.sku_key(sku)
    return store.sku_of(reads.get(store.SkuItem, key.pk, key.sk))


class TestAdd:
    def test_a_product_comes_back_as_in_the_shop_with_its_state(
        self, http: Http, seller: Seller
    ) -> None:
        reply = add(http, seller, a_body(attributes={"Fabric": "Cotton"}, slug="The Tee"))
        made = reply.json()
        code = made["id"].removeprefix("prd_")
        assert reply.status == 201
        assert reply.headers["location"] == f"{PATH}/{made['id']}"
        assert made["slug"] == f"the-tee-{code}"
        assert made["state"] == "listed"
        assert made["price"] == gbp(1_299)
        assert [(v["sku"], v["available"], v["weight_g"]) for v in made["variants"]] == [
            ("acme.TEE-S", 0, 180),
            ("acme.TEE-M", 0, 0),
        ]
        in_shop = http.get(f"/api/v1/products/{code and made['id']}").json()
        shown = {
            name: value for name, value in in_shop.items() if name not in {"variants", "offers"}
        }
        assert {name: made[name] for name in shown} == shown
        assert copy_of("acme.TEE-M").options == {"Size": "M"}
        assert facts()[-1:] == ["catalog.ProductListed"]

    def test_the_fact_carries_what_a_card_is_made_of(self, http: Http, seller: Seller) -> None:
        made = added(http, seller)
        (body,) = [json.loads(one) for one in facts("catalog.ProductListed")]
        told = body["product"]
        assert (body["product_id"], body["merchant_id"], body["version"]) == (
            made["id"],
            seller.id,
            1,
        )
        assert (told["title"], told["price"], told["slug"]) == (
            "Soft tee",
            gbp(1_299),
            made["slug"],
        )
        assert [v["sku"] for v in told["variants"]] == ["acme.TEE-S", "acme.TEE-M"]

    def test_the_fact_tells_what_attributes_mean(self, http: Http, seller: Seller) -> None:
        said = {"Weight": "0.25 kg", "面料": "亚麻", "Care": "cold"}
        reply = http.post(PATH, a_body(attributes=said), **seller.authorization)
        assert reply.json()["attributes"] == said
        [told] = [json.loads(one)["product"] for one in facts("catalog.ProductListed")]
        assert told["attributes"] == said
        assert told["free"] == ["Care"]
        assert [
            (one["name"], one["kind"], one["text"], one["number"], one["unit"], one["size"])
            for one in told["typed"]
        ] == [
            ("weight", "number", "250", 250.0, "g", 250_000.0),
            ("cloth", "choice", "linen", None, "", None),
        ]
        assert told["typed"][1]["labels"] == {"en": "Linen", "zh-CN": "亚麻"}

    def test_attributes_that_do_not_fit_are_named(self, http: Http, seller: Seller) -> None:
        wrong = {"weight": "3 m", "Cloth": "lead", "Care": "cold"}
        problem = refused_without_a_trace(
            lambda: add(http, seller, a_body(attributes=wrong)), 400, "catalog.attribute_malformed"
        )
        assert [(one["field"], one["code"]) for one in problem["errors"]] == [
            ("attributes.weight", "wrong_unit"),
            ("attributes.Cloth", "unknown_choice"),
        ]

    def test_a_tightened_schema_stops_no_other_change(self, http: Http, seller: Seller) -> None:
        path = f"{PATH}/" + a_product(seller, attributes={"Weight": "light"}, category="home").id
        moved = http.patch(path, {"category": "tops"}, **seller.authorization)
        assert (moved.status, moved.json()["attributes"]) == (200, {"Weight": "light"})
        assert http.patch(path, {"title": "Other"}, **seller.authorization).status == 200
        reply = http.patch(path, {"attributes": {"Weight": "light"}}, **seller.authorization)
        assert reply.json()["code"] == "catalog.attribute_malformed"

    @pytest.mark.parametrize("state", ["draft", "delisted"])
    def test_what_is_not_listed_is_only_its_merchants(
        self, http: Http, seller: Seller, state: str
    ) -> None:
        made = added(http, seller, state=state)
        assert made["state"] == state
        assert http.get(f"{PATH}/{made['id']}", **seller.authorization).json()["state"] == state
        assert http.get(f"/api/v1/products/{made['id']}").status == 404
        assert not copy_of("acme.TEE-S").is_listed
        assert facts("catalog.ProductListed") == []

    def test_a_merchant_that_may_not_sell_gets_a_review(self, http: Http, seller: Seller) -> None:
        merchants.suspend(SYSTEM, seller.id, "late")
        assert added(http, seller)["state"] == "in_review"

    def test_the_same_key_gives_the_same_bytes_and_one_product(
        self, http: Http, seller: Seller
    ) -> None:
        first = add(http, seller, idempotency_key="k")
        again = add(http, seller, idempotency_key="k")
        assert (again.status, again.text) == (201, first.text)
        assert again.headers["location"] == first.headers["location"]
        assert len(of_kind("catalog", "PRODUCT")) == 1
        refused(
            add(http, seller, a_body(title="Other"), idempotency_key="k"),
            409,
            "idempotency.key_reused",
        )

    def test_a_refusal_leaves_the_key_free(self, http: Http, seller: Seller) -> None:
        refused(
            add(http, seller, a_body(category="nothing"), idempotency_key="k"),
            422,
            "catalog.unknown_category",
        )
        assert add(http, seller, idempotency_key="k").status == 201

    def test_pictures_from_elsewhere_wait_for_the_worker(self, http: Http, seller: Seller) -> None:
        made = added(http, seller, media=[{"url": "https://far.example/a.png", "alt": "Front"}])
        assert made["media"][0]["url"] == made["image"] == "/static/img/placeholder.webp"
        (row,) = of_kind("catalog", "PRODUCT")
        assert row["due_shard"]["S"].startswith("PICTURES#")

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"{", 400, "request.malformed"),
            (b"[]", 400, "request.malformed"),
            (b"\xff", 400, "request.malformed"),
            ({}, 400, "request.malformed"),
            (a_body(title=...), 400, "request.malformed"),
            (a_body(title=5), 400, "request.malformed"),
            (a_body(title=""), 400, "request.malformed"),
            (a_body(title="  "), 400, "catalog.text_malformed"),
            (a_body(title="a\x07"), 400, "catalog.text_malformed"),
            (a_body(title="x" * 256), 400, "request.malformed"),
            (a_body(state="sold"), 400, "request.malformed"),
            (a_body(state="taken_down"), 400, "request.malformed"),
            (a_body(colour="red"), 400, "request.malformed"),
            (a_body(variants=[]), 400, "request.malformed"),
            (a_body(options=[], variants=variant(price=gbp(0))), 400, "request.malformed"),
            (a_body(options=[], variants=variant(price=gbp(-5))), 400, "request.malformed"),
            (a_body(options=[], variants=variant(price=gbp(9.99))), 400, "request.malformed"),
            (a_body(options=[], variants=variant(price=gbp("9"))), 400, "request.malformed"),
            (a_body(options=[], variants=variant(price=gbp(10**10))), 400, "request.malformed"),
            (a_body(options=[], variants=variant(price=gbp(5, "gbp"))), 400, "request.malformed"),
            (a_body(options=[], variants=variant(price=5)), 400, "request.malformed"),
            (a_body(options=[], variants=variant(weight_g=-1)), 400, "request.malformed"),
            (a_body(options=[], variants=variant(stock=5)), 400, "request.malformed"),
            (a_body(options=[], variants=variant(sku="A B")), 400, "catalog.sku_malformed"),
            (a_body(options=[], variants=variant(sku="")), 400, "request.malformed"),
            (
                a_body(options=[], variants=variant(price=gbp(5, "EUR"))),
                422,
                "catalog.wrong_currency",
            ),
            (
                a_body(options=[], variants=variant(compare_at=gbp(1_299))),
                422,
                "catalog.compare_at_not_higher",
            ),
            (a_body(category="nothing"), 422, "catalog.unknown_category"),
            (a_body(options=["Colour"]), 422, "catalog.options_mismatch"),
            (a_body(options=[]), 422, "catalog.options_mismatch"),
            (a_body(options=["Size", "Size"]), 422, "catalog.options_mismatch"),
            (a_body(options=[], variants=variant() * 2), 422, "catalog.options_mismatch"),
            (
                a_body(
                    variants=[
                        {"sku": "X", "options": {"Size": size}, "price": gbp(5)} for size in "SM"
                    ]
                ),
                422,
                "catalog.sku_repeated",
            ),
            (a_body(media=[{"url": "javascript:x"}]), 422, "catalog.media_wrong"),
            (
                a_body(media=[{"url": f"/media/{n}.png"} for n in range(51)]),
                422,
                "catalog.too_many_pictures",
            ),
            (
                a_body(
                    variants=[
                        {"sku": f"T{n}", "options": {"Size": f"{n}"}, "price": gbp(5)}
                        for n in range(101)
                    ]
                ),
                422,
                "catalog.too_many_variants",
            ),
            (a_body(description="x" * 100_001), 400, "request.malformed"),
            (a_body(description="x" * 300_000), 413, "request.too_large"),
        ],
    )
    def test_bad_input_is_refused_and_nothing_is_written(
        self, http: Http, seller: Seller, body: Any, status: int, code: str
    ) -> None:
        refused_without_a_trace(lambda: add(http, seller, body), status, code)

    def test_another_media_type_is_refused(self, http: Http, seller: Seller) -> None:
        reply = add(http, seller, b"title=x", content_type="application/x-www-form-urlencoded")
        refused(reply, 415, "request.unsupported_media")

    @pytest.mark.parametrize("limit", ["PRODUCT_BYTES_MAX", "TOLD_BYTES_MAX"])
    def test_a_product_that_is_too_large_is_refused(
        self, http: Http, seller: Seller, monkeypatch, limit: str
    ) -> None:
        monkeypatch.setattr(write, limit, 500)
        refused_without_a_trace(lambda: add(http, seller), 422, "catalog.product_too_large")


class TestSkus:
    def test_a_sku_belongs_to_one_product_of_a_merchant(self, http: Http, seller: Seller) -> None:
        added(http, seller)
        problem = refused_without_a_trace(lambda: add(http, seller), 409, "catalog.sku_taken")
        assert problem["sku"] in {"acme.TEE-S", "acme.TEE-M"}

    def test_of_several_at_once_one_has_the_sku(self, http: Http, seller: Seller) -> None:
        wanted = Wanted(
            title="Tee",
            description="",
            category="tops",
            state=ProductState.LISTED,
            variants=(WantedVariant("TEE", Money(5, "GBP")),),
        )
        service.categories()
        outcomes = at_once(4, lambda _: service.create(seller.actor, wanted))
        made = [one for one in outcomes if isinstance(one, Product)]
        assert len(made) == 1
        assert [one.code for one in outcomes if not isinstance(one, Product)] == [
            "catalog.sku_taken"
        ] * 3
        assert len(of_kind("catalog", "PRODUCT")) == 1
        assert copy_of("acme.TEE").product_id == made[0].id

    def test_two_merchants_may_use_the_same_code(self, http: Http, seller: Seller) -> None:
        added(http, seller)
        bolt = a_merchant("bolt")
        made = added(http, bolt, variants=variant(), options=[])
        assert made["variants"][0]["sku"] == "bolt.TEE"

    def test_a_variant_that_is_gone_frees_its_sku(self, http: Http, seller: Seller) -> None:
        made = added(http, seller)
        kept = [{"sku": "TEE-S", "options": {"Size": "S"}, "price": gbp(1_299)}]
        http.patch(f"{PATH}/{made['id']}", {"variants": kept}, **seller.authorization)
        assert not copy_of("acme.TEE-M").is_listed
        again = added(http, seller, options=[], variants=variant(sku="TEE-M"))
        assert copy_of("acme.TEE-M").product_id == again["id"]

    def test_a_claim_that_was_left_behind_is_free_after_an_hour(
        self, http: Http, seller: Seller, stage
    ) -> None:
        lost = a_product(seller, "LOST", state=None)
        key = store.sku_key("acme.LOST")
        row = store.SkuItem(pk=key.pk, sk=key.sk)
        stale = [store.SkuItem.expires_at.set(int(stage().timestamp()) + 3_600)]
        transact.commit([transact.update(row, stale)])
        body = a_body(options=[], variants=variant(sku="LOST"))
        refused(add(http, seller, body), 409, "catalog.sku_taken")
        stage.forward(3_601)
        assert add(http, seller, body).status == 201
        assert copy_of("acme.LOST").product_id != lost.id


class TestChange:
    @pytest.mark.parametrize(
        ("change", "shown"),
        [
            ({"title": "New  title"}, {"title": "New title"}),
            ({"description": "<b>x</b><script>y</script>"}, {"description": "<b>x</b>"}),
            ({"category": "home"}, {"category": "cat_home"}),
            ({"attributes": {"Fabric": "Wool"}}, {"attributes": {"Fabric": "Wool"}}),
            ({"state": "delisted"}, {"state": "delisted"}),
            ({"type": "Tees", "tags": ["a", "b"]}, {"type": "Tees", "tags": ["a", "b"]}),
            ({}, {"title": "Soft tee", "state": "listed"}),
        ],
    )
    def test_what_is_given_changes_and_the_rest_stays(
        self, http: Http, seller: Seller, change: Any, shown: Any
    ) -> None:
        made = added(http, seller)
        reply = http.patch(f"{PATH}/{made['id']}", change, **seller.authorization)
        assert (reply.status, reply.json()) == (200, {**made, **shown})
        assert http.get(f"{PATH}/{made['slug']}", **seller.authorization).json() == reply.json()

    def test_a_slug_keeps_its_code_and_the_old_one_still_leads_there(
        self, http: Http, seller: Seller
    ) -> None:
        made = added(http, seller)
        reply = http.patch(f"{PATH}/{made['id']}", {"slug": "tea!"}, **seller.authorization)
        code = made["id"][4:]
        assert reply.json()["slug"] == f"tea-{code}"
        for reference in (made["slug"], f"tea-{code}", made["id"]):
            assert http.get(f"/api/v1/products/{reference}").json()["slug"] == f"tea-{code}"

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"title": "Tea"}, ["catalog.ProductChanged"]),
            ({"state": "delisted"}, ["catalog.ProductDelisted"]),
            ({"options": [], "variants": variant(sku="TEE-S")}, ["catalog.ProductChanged"]),
            ({"title": "Soft tee"}, []),
        ],
    )
    def test_the_shop_is_told_what_changed(
        self, http: Http, seller: Seller, change: Any, told: list[str]
    ) -> None:
        made = added(http, seller)
        before = len(facts())
        http.patch(f"{PATH}/{made['id']}", change, **seller.authorization)
        assert facts()[before:] == told

    def test_a_price_is_told_with_what_it_was(self, http: Http, seller: Seller) -> None:
        made = added(http, seller)
        dearer = [
            {"sku": one["sku"], "options": one["options"], "price": gbp(2_000), "weight_g": w}
            for one, w in zip(made["variants"], (180, 0), strict=True)
        ]
        http.patch(f"{PATH}/{made['id']}", {"variants": dearer}, **seller.authorization)
        (body,) = [json.loads(one) for one in facts("catalog.PriceChanged")]
        assert body["prices"][0] == {
            "sku": "acme.TEE-S",
            "before": gbp(1_299),
            "after": gbp(2_000),
        }
        assert facts("catalog.ProductChanged") == []
        assert copy_of("acme.TEE-M").price.amount == 2_000

    @pytest.mark.parametrize(
        ("first", "then", "status"),
        [
            ("draft", "listed", 200),
            ("draft", "delisted", 409),
            ("listed", "delisted", 200),
            ("listed", "draft", 409),
            ("delisted", "listed", 200),
            ("delisted", "draft", 409),
        ],
    )
    def test_states_move_along_listed_edges(
        self, http: Http, seller: Seller, first: str, then: str, status: int
    ) -> None:
        made = added(http, seller, state=first)
        reply = http.patch(f"{PATH}/{made['id']}", {"state": then}, **seller.authorization)
        assert reply.status == status
        if status == 409:
            refused(reply, 409, "catalog.state_conflict")

    def test_what_the_platform_took_down_stays_down(self, http: Http, seller: Seller) -> None:
        made = added(http, seller)
        service.take_down(SYSTEM, made["id"])
        reply = http.patch(f"{PATH}/{made['id']}", {"state": "listed"}, **seller.authorization)
        refused(reply, 409, "catalog.state_conflict")
        assert json.loads(facts("catalog.ProductDelisted")[0])["reason"] == "taken_down"

    @pytest.mark.parametrize(
        ("change", "status", "code"),
        [
            ({"title": None}, 400, "request.malformed"),
            ({"id": "prd_22222222"}, 400, "request.malformed"),
            ({"variants": []}, 400, "request.malformed"),
            ({"options": ["Colour"]}, 422, "catalog.options_mismatch"),
            ({"category": "nothing"}, 422, "catalog.unknown_category"),
            (
                {"options": [], "variants": variant(price=gbp(5, "USD"))},
                422,
                "catalog.wrong_currency",
            ),
        ],
    )
    def test_bad_input_changes_nothing(
        self, http: Http, seller: Seller, change: Any, status: int, code: str
    ) -> None:
        made = added(http, seller)
        refused_without_a_trace(
            lambda: http.patch(f"{PATH}/{made['id']}", change, **seller.authorization),
            status,
            code,
        )

    def test_a_change_in_between_is_read_again(
        self, http: Http, seller: Seller, monkeypatch
    ) -> None:
        made = added(http, seller)
        commit = write.commit

        def late(product: Product, seen: Product | None, **rest: Any) -> None:
            monkeypatch.setattr(write, "commit", commit)
            other = {"attributes": {"Fabric": "Wool"}}
            http.patch(f"{PATH}/{made['id']}", other, **seller.authorization)
            commit(product, seen, **rest)

        monkeypatch.setattr(write, "commit", late)
        reply = http.patch(f"{PATH}/{made['id']}", {"title": "Tea"}, **seller.authorization)
        assert (reply.json()["title"], reply.json()["attributes"]) == ("Tea", {"Fabric": "Wool"})

    def test_changes_that_never_end_are_a_conflict(
        self, http: Http, seller: Seller, monkeypatch
    ) -> None:
        made = added(http, seller)

        def never(*_: Any, **__: Any) -> None:
            raise ChangedMeanwhile

        monkeypatch.setattr(write, "commit", never)
        monkeypatch.setattr(retries, "sleep_s", lambda seconds: None)
        for send in (
            lambda: http.patch(f"{PATH}/{made['id']}", {"title": "T"}, **seller.authorization),
            lambda: http.delete(f"{PATH}/{made['id']}", **seller.authorization),
        ):
            refused_without_a_trace(send, 409, "catalog.changed_meanwhile")


class TestRemove:
    def test_it_leaves_the_shop_and_the_lists_and_frees_its_skus(
        self, http: Http, seller: Seller
    ) -> None:
        made = added(http, seller)
        assert http.delete(f"{PATH}/{made['id']}", **seller.authorization).status == 204
        refused(http.get(f"/api/v1/products/{made['id']}"), 404, "catalog.no_product")
        for send in (http.get, http.delete):
            refused(send(f"{PATH}/{made['id']}", **seller.authorization), 404, "catalog.no_product")
        assert http.get(PATH, **seller.authorization).json()["items"] == []
        assert not copy_of("acme.TEE-S").is_listed
        assert json.loads(facts("catalog.ProductDelisted")[0])["reason"] == "removed"
        assert added(http, seller)["id"] != made["id"]

    def test_a_draft_goes_without_a_word(self, http: Http, seller: Seller) -> None:
        made = added(http, seller, state="draft")
        assert http.delete(f"{PATH}/{made['id']}", **seller.authorization).status == 204
        assert facts("catalog.ProductDelisted") == []


class TestList:
    def test_drafts_are_included_and_pages_go_through_everything(
        self, http: Http, seller: Seller, stage
    ) -> None:
        made = []
        for number in range(5):
            stage.forward(1)
            state = "draft" if number % 2 else "listed"
            body = {"options": [], "variants": variant(sku=f"T{number}"), "state": state}
            made.append(added(http, seller, **body)["id"])
        a_product(a_merchant("bolt"))
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = http.get(f"{PATH}?limit=2&cursor={cursor}", **seller.authorization).json()
            found += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
        assert found == made[::-1]
        drafts = http.get(f"{PATH}?state=draft", **seller.authorization).json()["items"]
        assert [one["id"] for one in drafts] == [made[3], made[1]]

    def test_stock_is_shown(self, http: Http, seller: Seller) -> None:
        added(http, seller)
        inventory.put_stock(seller.actor, "acme.TEE-M", 6)
        (one,) = http.get(PATH, **seller.authorization).json()["items"]
        assert [(v["sku"], v["available"]) for v in one["variants"]] == [
            ("acme.TEE-S", 0),
            ("acme.TEE-M", 6),
        ]
        assert one["in_stock"] is True

    @pytest.mark.parametrize("query", ["limit=0", "limit=101", "state=sold", "x=1", "cursor=x"])
    def test_a_question_that_cannot_be_read_is_refused(
        self, http: Http, seller: Seller, query: str
    ) -> None:
        assert http.get(f"{PATH}?{query}", **seller.authorization).status == 400

    def test_another_merchants_cursor_does_not_fit(self, http: Http, seller: Seller) -> None:
        for number in range(2):
            added(http, seller, options=[], variants=variant(sku=f"T{number}"))
        cursor = http.get(f"{PATH}?limit=1", **seller.authorization).json()["next_cursor"]
        bolt = a_merchant("bolt")
        refused(
            http.get(f"{PATH}?cursor={cursor}", **bolt.authorization), 400, "request.bad_cursor"
        )


class TestWhoAsks:
    @pytest.mark.parametrize(
        "send",
        [
            lambda http, made, who: http.get(f"{PATH}/{made['id']}", **who),
            lambda http, made, who: http.get(f"{PATH}/{made['slug']}", **who),
            lambda http, made, who: http.patch(f"{PATH}/{made['id']}", {"title": "x"}, **who),
            lambda http, made, who: http.delete(f"{PATH}/{made['id']}", **who),
        ],
    )
    def test_another_merchants_products_are_not_there(
        self, http: Http, seller: Seller, send: Any
    ) -> None:
        made = added(http, seller)
        bolt = a_merchant("bolt")
        problem = refused_without_a_trace(
            lambda: send(http, made, bolt.authorization), 404, "catalog.no_product"
        )
        assert "Soft tee" not in json.dumps(problem)

    @pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
    @pytest.mark.parametrize("token", ["", "key_WRONG", "Basic x", "member"])
    def test_only_a_merchants_key_opens_it(
        self, http: Http, seller: Seller, method: str, token: str
    ) -> None:
        made = added(http, seller)
        if token == "member":
            _, token = a_member()
        headers = {"authorization": f"Bearer {token}"} if token else {}
        path = PATH if method == "POST" else f"{PATH}/{made['id']}"
        body = a_body() if method == "POST" else {"title": "x"} if method == "PATCH" else None
        refused_without_a_trace(
            lambda: http.send(method, path, body, headers=headers), 401, "identity.not_signed_in"
        )

    @pytest.mark.parametrize(
        ("actor", "refusal"),
        [
            (ANONYMOUS, NotSignedIn),
            (Actor(ActorKind.MEMBER, "acc_1"), Forbidden),
            (Actor(ActorKind.PLATFORM, "acc_1", role=Role.PLATFORM), Forbidden),
        ],
    )
    def test_every_verb_asks_for_a_merchant(
        self, http: Http, seller: Seller, actor: Actor, refusal: type[Exception]
    ) -> None:
        made = added(http, seller)
        before = everything()
        for act in (
            lambda: service.create(actor, Wanted(title="x")),
            lambda: service.change(actor, made["id"], Wanted(title="x")),
            lambda: service.remove(actor, made["id"]),
            lambda: service.own(actor, made["id"]),
            lambda: service.own_products(actor),
            lambda: service.own_sku(actor, ["acme.TEE-S"]),
        ):
            with pytest.raises(refusal):
                act()
        assert everything() == before

    def test_only_the_platform_takes_down_and_loads_categories(
        self, http: Http, seller: Seller
    ) -> None:
        made = added(http, seller)
        before = everything()
        with pytest.raises(Forbidden):
            service.take_down(seller.actor, made["id"])
        with pytest.raises(Forbidden):
            service.load_categories(seller.owner, CATEGORIES)
        assert everything() == before


class TestManyVariants:
    """A product of a hundred variants needs more writes than one transaction takes."""

    @staticmethod
    def sizes(count: int, *, start: int = 0, price: int = 500) -> list[dict[str, Any]]:
        return [
            {"sku": f"T{n}", "options": {"Size": f"{n}"}, "price": gbp(price)}
            for n in range(start, start + count)
        ]

    def copies(self, count: int = 100, start: int = 0) -> list[Any]:
        keys = [store.sku_key(f"acme.T{n}") for n in range(start, start + count)]
        return reads.batch(keys)

    def test_all_of_them_are_sold_and_none_when_it_leaves(self, http: Http, seller: Seller) -> None:
        made = added(http, seller, variants=self.sizes(100))
        rows = self.copies()
        assert all(row.document.is_listed and row.expires_at is None for row in rows)
        http.patch(f"{PATH}/{made['id']}", {"state": "delisted"}, **seller.authorization)
        assert not any(row.document.is_listed for row in self.copies())
        http.patch(
            f"{PATH}/{made['id']}",
            {"state": "listed", "variants": self.sizes(100, price=600)},
            **seller.authorization,
        )
        assert {(r.document.is_listed, r.document.price.amount) for r in self.copies()} == {
            (True, 600)
        }
        http.delete(f"{PATH}/{made['id']}", **seller.authorization)
        assert all(row.is_free and not row.document.is_listed for row in self.copies())

    def test_a_taken_sku_among_them_leaves_nothing_behind(self, http: Http, seller: Seller) -> None:
        other = added(http, seller, options=[], variants=variant(sku="T99"))
        reply = add(http, seller, a_body(variants=self.sizes(100)))
        refused(reply, 409, "catalog.sku_taken")
        assert len(of_kind("catalog", "PRODUCT")) == 1
        assert copy_of("acme.T99").product_id == other["id"]

    def test_what_a_dying_process_left_is_finished_by_the_worker(
        self, http: Http, seller: Seller, monkeypatch
    ) -> None:
        follow = write._follow

        class Died(BaseException):
            pass

        def dies(*_: Any) -> None:
            raise Died

        monkeypatch.setattr(write, "_follow", dies)
        with pytest.raises(Died):
            add(http, seller, a_body(variants=self.sizes(100)))
        claimed = [row for row in self.copies() if row.expires_at]
        assert claimed
        assert not any(row.document.is_listed for row in claimed)
        monkeypatch.setattr(write, "_follow", follow)
        (product,) = of_kind("catalog", "PRODUCT")
        index.bring_in_step([f"prd_{product['pk']['S'].removeprefix('PRODUCT#')}"])
        assert all(row.document.is_listed and not row.expires_at for row in self.copies())

    def test_replacing_all_of_them_at_once_is_refused(self, http: Http, seller: Seller) -> None:
        made = added(http, seller, variants=self.sizes(100))
        change = {"variants": self.sizes(100, start=100)}
        reply = http.patch(f"{PATH}/{made['id']}", change, **seller.authorization)
        refused(reply, 422, TooManyChanges.code)
        assert all(row.document.is_listed for row in self.copies())


def test_own_skus_are_found_by_what_a_merchant_may_mean(http: Http, seller: Seller) -> None:
    added(http, seller)
    found = service.own_sku(seller.actor, ["acme.NONE", "acme.TEE-M"])
    assert (found.sku, found.merchant_id) == ("acme.TEE-M", seller.id)
    assert settings().currency == found.price.currency
