"""A merchant's stock over HTTP."""

from typing import Any

import pytest

from tests.makers.http import Http
from tests.makers.people import a_member, a_merchant
from tests.makers.products import a_product
from tests.makers.rows import everything
from tests.makers.stock import hold

STOCK = "/api/v1/merchant/stock"


@pytest.mark.usefixtures("stage")
class TestStock:
    def test_is_put_and_read_by_own_code_or_full_sku(self) -> None:
        acme = a_merchant("acme")
        a_product(acme, "TEE-M")
        put = Http().put(f"{STOCK}/TEE-M", {"on_hand": 5}, **acme.authorization)
        expected = {
            "sku": "acme.TEE-M",
            "location": "main",
            "on_hand": 5,
            "held": 0,
            "available": 5,
        }
        assert (put.status, put.json()) == (200, expected)
        for name in ("TEE-M", "acme.TEE-M"):
            got = Http().get(f"{STOCK}/{name}?location=main", **acme.authorization)
            assert (got.status, got.json()) == (200, expected)

    def test_a_variant_never_counted_has_none(self) -> None:
        acme = a_merchant("acme")
        a_product(acme, "TEE-M")
        got = Http().get(f"{STOCK}/TEE-M", **acme.authorization)
        assert (got.json()["on_hand"], got.json()["available"]) == (0, 0)

    def test_an_own_code_that_looks_like_a_full_sku_is_found(self) -> None:
        acme = a_merchant("acme")
        a_product(acme, "acme.acme.TEE")
        put = Http().put(f"{STOCK}/acme.acme.TEE", {"on_hand": 5}, **acme.authorization)
        assert put.json()["sku"] == "acme.acme.TEE"

    def test_held_units_count_and_set_the_least(self) -> None:
        acme = a_merchant("acme")
        a_product(acme, "TEE-M")
        Http().put(f"{STOCK}/TEE-M", {"on_hand": 5, "location": "main"}, **acme.authorization)
        hold("pur_1", {"ord_1": {"acme.TEE-M": 2}})
        got = Http().get(f"{STOCK}/TEE-M", **acme.authorization).json()
        assert (got["on_hand"], got["held"], got["available"]) == (5, 2, 3)
        before = everything()
        short = Http().put(f"{STOCK}/TEE-M", {"on_hand": 1}, **acme.authorization)
        assert (short.status, short.json()["code"]) == (409, "inventory.below_held")
        assert everything() == before

    @pytest.mark.parametrize("method", ["GET", "PUT"])
    @pytest.mark.parametrize("sku", ["TEE-M", "bolt.TEE-M", "NONE", "acme.NONE", "%20", "x" * 65])
    def test_what_is_not_the_merchants_is_not_there(self, method: str, sku: str) -> None:
        acme, bolt = a_merchant("acme"), a_merchant("bolt")
        a_product(acme, "SHIRT")
        a_product(bolt, "TEE-M")
        before = everything()
        body = {"on_hand": 5} if method == "PUT" else None
        reply = Http().send(method, f"{STOCK}/{sku}", body, headers=acme.authorization)
        assert reply.status == 404
        assert everything() == before

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"on_hand": -1},
            {"on_hand": 1.5},
            {"on_hand": "5"},
            {"on_hand": True},
            {"on_hand": None},
            {"on_hand": 10_000_001},
            {"on_hand": 10**30},
            {"on_hand": 5, "held": 1},
            {"on_hand": 5, "location": ""},
            {"on_hand": 5, "location": 7},
            [],
            [5],
        ],
    )
    def test_a_malformed_count_is_refused_and_nothing_is_written(self, body: Any) -> None:
        acme = a_merchant("acme")
        a_product(acme, "TEE-M")
        before = everything()
        reply = Http().put(f"{STOCK}/TEE-M", body, **acme.authorization)
        assert (reply.status, reply.json()["code"]) == (400, "request.malformed")
        assert everything() == before

    def test_there_is_one_location(self) -> None:
        acme = a_merchant("acme")
        a_product(acme, "TEE-M")
        body = {"on_hand": 5, "location": "attic"}
        for reply in (
            Http().put(f"{STOCK}/TEE-M", body, **acme.authorization),
            Http().get(f"{STOCK}/TEE-M?location=attic", **acme.authorization),
        ):
            assert (reply.status, reply.json()["code"]) == (422, "inventory.unknown_location")

    @pytest.mark.parametrize("method", ["GET", "PUT"])
    def test_only_a_merchants_key_opens_it(self, method: str) -> None:
        acme = a_merchant("acme")
        a_product(acme, "TEE-M")
        _, member = a_member()
        before = everything()
        body = {"on_hand": 5} if method == "PUT" else None
        for token in ("", "Bearer key_unknown", f"Bearer {member}", f"Basic {acme.token}"):
            reply = Http().send(method, f"{STOCK}/TEE-M", body, headers={"authorization": token})
            assert (reply.status, reply.json()["code"]) == (401, "identity.not_signed_in")
        assert everything() == before
