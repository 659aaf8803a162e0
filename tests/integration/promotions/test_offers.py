"""Merchants make, read and change their offers."""

from typing import Any

import pytest

from tests.conftest import Clock
from tests.makers.offers import an_offer, offer_body, patch_offer, post_offer
from tests.makers.shop import Shop, gbp


@pytest.fixture
def shop(stage: Clock) -> Shop:
    shop = Shop()
    shop.goods()
    return shop


def errors_of(reply: Any, status: int = 422) -> set[tuple[str, str]]:
    assert reply.status == status, reply.text
    return {(one["field"], one["code"]) for one in reply.json()["errors"]}


class TestMaking:
    @pytest.mark.parametrize(
        ("kind", "value", "lane"),
        [
            ("amount_off", gbp(500), "merchant"),
            ("percent_off", {"percent": 12.5, "cap": gbp(2_000)}, "product"),
            ("fixed_price", gbp(0), "product"),
            ("buy_x_get_y", {"buy": 2, "get": 1}, "merchant"),
            ("bundle", {"parts": [{"quantity": 2, "sku": "acme.TEA"}], "percent": 5}, "merchant"),
            (
                "bundle",
                {"parts": [{"quantity": 2, "sku": "acme.TEA"}], "price": gbp(1_500)},
                "merchant",
            ),
            ("gift", {"sku": "acme.TEA"}, "merchant"),
            ("free_shipping", None, "shipping"),
        ],
    )
    def test_every_kind_comes_back_as_it_was_sent(
        self, shop: Shop, kind: str, value: Any, lane: str
    ) -> None:
        made = an_offer(shop, shop.merchant(), kind, value)
        assert (made["kind"], made["value"], made["lane"]) == (kind, value, lane)
        assert (made["state"], made["used"]) == ("live", None)
        path = f"/api/v1/merchant/offers/{made['id']}"
        assert shop.http.get(path, **shop.merchant().authorization).json() == made

    def test_thresholds_names_and_limits(self, shop: Shop) -> None:
        seller = shop.merchant()
        (product,) = shop.http.get("/api/v1/merchant/products", **seller.authorization).json()[
            "items"
        ]
        made = an_offer(
            shop,
            seller,
            "amount_off",
            gbp(500),
            threshold={"amount": gbp(3_000)},
            products=[product["id"]],
            categories=["other"],
            quota=20,
            per_member=2,
            combines_with=["merchant", "coupons"],
            titles={"zh-CN": "春季特惠"},
        )
        (category,) = shop.http.get("/api/v1/categories").json()["items"]
        assert made["threshold"] == {"amount": gbp(3_000)}
        assert made["products"] == [product["id"]]
        assert made["categories"] == [category["id"]]
        assert (made["quota"], made["used"], made["per_member"]) == (20, 0, 2)
        assert made["combines_with"] == ["coupons", "merchant"]
        assert made["titles"] == {"en": "Spring sale", "zh-CN": "春季特惠"}

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"value": {"percent": 101}}, ("value.percent", "out_of_range")),
            ({"value": {"percent": 0}}, ("value.percent", "out_of_range")),
            ({"value": {"percent": 5, "cap": {"amount": 5}}}, ("value.cap.currency", "missing")),
            ({"value": {"buy": 1}}, ("value.get", "missing")),
            ({"value": {"buy": 0, "get": 1}}, ("value.buy", "out_of_range")),
            ({"value": {"percent": 10, "off": 1}}, ("value.off", "unknown")),
            ({"value": 5}, ("value", "wrong_type")),
            ({"kind": ...}, ("kind", "missing")),
            ({"threshold": {"quantity": 0}}, ("threshold.quantity", "out_of_range")),
            ({"ends_at": "2026-03-03T09:00:00"}, ("ends_at", "wrong_type")),
            ({"title": ""}, ("title", "out_of_range")),
            ({"quota": 0}, ("quota", "out_of_range")),
            ({"combines_with": ["moon"]}, ("combines_with[0]", "out_of_range")),
            ({"colour": 1}, ("colour", "unknown")),
        ],
    )
    def test_what_cannot_be_read_is_refused_by_its_field(
        self, shop: Shop, changes: dict[str, Any], error: tuple[str, str]
    ) -> None:
        reply = post_offer(shop, shop.merchant(), **changes)
        assert error in errors_of(reply, 400), reply.text
        assert self.listed(shop) == []

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"value": {"percent": 1.005}}, ("value.percent", "out_of_range")),
            ({"value": None, "kind": "amount_off"}, ("value", "not_for_kind")),
            ({"value": {"buy": 1, "get": 1}}, ("value", "not_for_kind")),
            ({"value": gbp(5), "kind": "free_shipping"}, ("value", "not_for_kind")),
            ({"value": gbp(0), "kind": "amount_off"}, ("value", "out_of_range")),
            ({"value": {"sku": "acme.GONE"}, "kind": "gift"}, ("value.sku", "unknown")),
            (
                {
                    "kind": "bundle",
                    "value": {"parts": [{"quantity": 1, "sku": "GONE"}], "percent": 5},
                },
                ("value.parts", "unknown"),
            ),
            (
                {"kind": "bundle", "value": {"parts": [{"quantity": 1, "sku": "TEA"}]}},
                ("value", "out_of_range"),
            ),
            ({"value": {"sku": "bolt.NUT"}, "kind": "gift"}, ("value.sku", "unknown")),
            (
                {"value": {"amount": 5, "currency": "EUR"}, "kind": "amount_off"},
                ("value", "currency"),
            ),
            ({"value": {"percent": 5, "cap": gbp(0)}}, ("percent", "out_of_range")),
            (
                {"threshold": {"amount": {"amount": 5, "currency": "EUR"}}},
                ("threshold", "currency"),
            ),
            ({"threshold": {"amount": gbp(5), "quantity": 2}}, ("threshold", "out_of_range")),
            ({"ends_at": "2026-03-02T09:00:00Z"}, ("ends_at", "before_start")),
            ({"products": ["prd_nothing"]}, ("products.0", "unknown")),
            ({"categories": ["nowhere"]}, ("categories.0", "unknown")),
            ({"title": " "}, ("title", "malformed")),
        ],
    )
    def test_what_contradicts_itself_is_refused_by_its_field(
        self, shop: Shop, changes: dict[str, Any], error: tuple[str, str]
    ) -> None:
        shop.goods("bolt", "NUT")
        reply = post_offer(shop, shop.merchant(), **changes)
        assert error in errors_of(reply), reply.text
        assert self.listed(shop) == []

    def test_a_key_makes_one_offer(self, shop: Shop) -> None:
        headers = {"idempotency_key": "once"}
        one = post_offer(shop, shop.merchant(), headers=headers)
        two = post_offer(shop, shop.merchant(), headers=headers)
        assert (one.status, one.text) == (201, two.text)
        assert len(self.listed(shop)) == 1

    def test_they_are_listed_newest_first_and_by_pages(self, shop: Shop) -> None:
        made = [an_offer(shop, shop.merchant(), title=f"Sale {n}")["id"] for n in range(3)]
        assert [one["id"] for one in self.listed(shop)] == made[::-1]
        path, headers = "/api/v1/merchant/offers?limit=2", shop.merchant().authorization
        page = shop.http.get(path, **headers).json()
        rest = shop.http.get(f"{path}&cursor={page['next_cursor']}", **headers).json()
        assert [one["id"] for one in page["items"] + rest["items"]] == made[::-1]

    def test_another_merchant_sees_none_of_them(self, shop: Shop) -> None:
        made = an_offer(shop, shop.merchant())
        other = shop.merchant("bolt")
        assert self.listed(shop, "bolt") == []
        assert patch_offer(shop, other, made["id"], title="Mine").status == 404

    def listed(self, shop: Shop, code: str = "acme") -> list[Any]:
        headers = shop.merchant(code).authorization
        items: list[Any] = shop.http.get("/api/v1/merchant/offers", **headers).json()["items"]
        return items


class TestChanging:
    def test_what_is_not_told_stays(self, shop: Shop) -> None:
        made = an_offer(shop, shop.merchant(), quota=20, threshold={"quantity": 2})
        changed = patch_offer(shop, shop.merchant(), made["id"], value={"percent": 20})
        assert changed.status == 200, changed.text
        assert changed.json() == {**made, "value": {"percent": 20}}

    def test_another_kind_needs_its_value(self, shop: Shop) -> None:
        made = an_offer(shop, shop.merchant())
        reply = patch_offer(shop, shop.merchant(), made["id"], kind="amount_off")
        assert ("value", "not_for_kind") in errors_of(reply)
        reply = patch_offer(shop, shop.merchant(), made["id"], kind="amount_off", value=gbp(100))
        assert (reply.json()["lane"], reply.json()["value"]) == ("merchant", gbp(100))

    def test_a_stopped_offer_may_run_again(self, shop: Shop, stage: Clock) -> None:
        made = an_offer(shop, shop.merchant())
        seller = shop.merchant()
        assert patch_offer(shop, seller, made["id"], stopped=True).json()["state"] == "stopped"
        assert patch_offer(shop, seller, made["id"], stopped=False).json()["state"] == "live"
        stage.forward(86_400)
        assert patch_offer(shop, seller, made["id"], title="Over").json()["state"] == "ended"

    def test_a_budget_is_kept_changed_and_lifted(self, shop: Shop) -> None:
        seller = shop.merchant()
        made = an_offer(shop, seller, budget=gbp(500))
        assert made["budget"] == gbp(500)
        for changes, kept in (({"title": "A"}, 500), ({"budget": gbp(900)}, 900)):
            reply = patch_offer(shop, seller, made["id"], **changes)
            assert reply.json()["budget"] == gbp(kept)
        reply = patch_offer(shop, seller, made["id"], budget={"amount": 5, "currency": "CNY"})
        assert ("budget", "currency") in errors_of(reply)
        assert patch_offer(shop, seller, made["id"], budget=gbp(0)).status == 400
        assert patch_offer(shop, seller, made["id"]).json()["budget"] == gbp(900)
        assert patch_offer(shop, seller, made["id"], budget=None).json()["budget"] is None

    def test_a_quota_comes_goes_and_comes_back(self, shop: Shop) -> None:
        made = an_offer(shop, shop.merchant())
        seller = shop.merchant()
        for quota in (1_000, 20, None, 30):
            reply = patch_offer(shop, seller, made["id"], quota=quota)
            assert reply.status == 200, reply.text
            expected = (quota, None if quota is None else 0)
            assert (reply.json()["quota"], reply.json()["used"]) == expected

    def test_an_end_before_the_start_is_refused(self, shop: Shop) -> None:
        made = an_offer(shop, shop.merchant())
        body = offer_body()
        reply = patch_offer(shop, shop.merchant(), made["id"], ends_at=body["starts_at"])
        assert ("ends_at", "before_start") in errors_of(reply)
