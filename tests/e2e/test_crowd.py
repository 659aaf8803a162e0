"""Many shoppers at once, on the started stack."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.e2e.client import Shop, fresh_key
from tests.e2e.steps import ADDRESS, a_product, stock_of

pytestmark = pytest.mark.stack

CROWD = 24
ANSWER_WITHIN_S = 25.0
UNITS = 7


@pytest.fixture
def shop(stack: dict[str, Any]) -> Shop:
    return Shop(stack)


def a_filled_cart(shop: Shop, sku: str) -> dict[str, Any]:
    cart: dict[str, Any] = shop.call("POST", "/api/v1/carts", expect=201)
    path = f"/api/v1/carts/{cart['id']}/lines/{sku}"
    shop.call("PUT", path, {"quantity": 1}, expect=200, X_Cart_Token=cart["token"])
    return cart


def check_out_at_once(
    shop: Shop, carts: list[dict[str, Any]]
) -> tuple[list[requests.Response], float]:
    """All press the button in the same moment; the answers, and the seconds until the last."""
    line = threading.Barrier(len(carts))

    def press(cart: dict[str, Any]) -> requests.Response:
        line.wait()
        return shop.send(
            "POST",
            f"/api/v1/carts/{cart['id']}/checkout",
            {
                "email": "ada@shopper.example",
                "address": ADDRESS,
                "delivery_method": "standard",
                "payment": {"provider": "sandbox"},
            },
            X_Cart_Token=cart["token"],
            Idempotency_Key=fresh_key(),
        )

    with ThreadPoolExecutor(len(carts)) as pool:
        started = time.monotonic()
        answers = list(pool.map(press, carts))
        return answers, time.monotonic() - started


def test_two_dozen_checkouts_at_once_are_all_answered_in_time(shop: Shop) -> None:
    sku = a_product(shop, 0, price=1_250, stock=CROWD)
    carts = [a_filled_cart(shop, sku) for _ in range(CROWD)]
    answers, seconds = check_out_at_once(shop, carts)
    assert [answer.status_code for answer in answers] == [201] * CROWD
    assert len({answer.json()["id"] for answer in answers}) == CROWD
    assert seconds < ANSWER_WITHIN_S
    assert stock_of(shop, 0, sku) == (CROWD, CROWD, 0)


def test_as_many_get_the_last_units_as_there_are(shop: Shop) -> None:
    sku = a_product(shop, 0, price=1_250, stock=UNITS)
    carts = [a_filled_cart(shop, sku) for _ in range(CROWD)]
    answers, _ = check_out_at_once(shop, carts)
    placed = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(placed) == UNITS
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {
        (409, "inventory.stock_short")
    }
    assert stock_of(shop, 0, sku) == (UNITS, UNITS, 0)
