"""A burst: many shoppers check out at the same moment, through the front door of a started stack.

`python -m bench.burst .local/stack.json 24` prints how long the slowest waited and how all ended.
It talks to this machine only, sends a fixed number of requests and stops.
"""

import json
import sys
import threading
import time
import uuid
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.report import heading, line
from bench.routes import ADDRESS

SLOWEST_S_MAX = 25
TIMEOUT_S = 60
SHOPPERS_MAX = 100


def main(arguments: list[str]) -> int:
    """Run one burst; the exit status says whether everybody got an order in time."""
    described = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    shoppers = min(int(arguments[1]), SHOPPERS_MAX)
    host = urlsplit(described["shop_url"]).netloc
    assert host.startswith("127.0.0.1"), "a burst stays on this machine"
    sku = _a_sku(host, described["merchants"][0]["api_key"], stock=shoppers)
    carts = [_filled_cart(host, sku) for _ in range(shoppers)]
    heading(f"{shoppers} simultaneous checkouts")
    outcomes = _at_once(host, carts)
    statuses = Counter(status for status, _ in outcomes)
    print(f"  answers: {dict(statuses)}")
    slowest = max(seconds for _, seconds in outcomes)
    kept = line("slowest answer", slowest, "s", limit=SLOWEST_S_MAX)
    return 0 if kept and set(statuses) == {201} else 1


def _at_once(host: str, carts: list[tuple[str, str]]) -> list[tuple[int, float]]:
    gate = threading.Barrier(len(carts))
    outcomes: list[tuple[int, float]] = []

    def check_out(cart: str, token: str) -> None:
        body = {
            "email": "ada@shopper.example",
            "address": ADDRESS,
            "delivery_method": "standard",
            "payment": {"provider": "sandbox"},
        }
        headers = {"X-Cart-Token": token, "Idempotency-Key": uuid.uuid4().hex}
        gate.wait()
        started = time.monotonic()
        status, _ = _call(host, "POST", f"/api/v1/carts/{cart}/checkout", body, headers)
        outcomes.append((status, time.monotonic() - started))

    threads = [threading.Thread(target=check_out, args=cart) for cart in carts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _a_sku(host: str, api_key: str, *, stock: int) -> str:
    headers = {"Authorization": f"Bearer {api_key}"}
    _, listed = _call(host, "GET", "/api/v1/products?limit=1")
    _, categories = _call(host, "GET", "/api/v1/categories")
    code = f"BURST-{uuid.uuid4().hex[:8]}"
    product = {
        "title": f"Burst {code}",
        "description": "For a burst.",
        "category": categories["items"][0]["id"],
        "state": "listed",
        "variants": [
            {
                "sku": code,
                "price": {"amount": 1999, "currency": listed["items"][0]["price"]["currency"]},
            }
        ],
    }
    status, made = _call(host, "POST", "/api/v1/merchant/products", product, headers)
    assert status == 201, made
    status, put = _call(host, "PUT", f"/api/v1/merchant/stock/{code}", {"on_hand": stock}, headers)
    assert status == 200, put
    sku: str = made["variants"][0]["sku"]
    return sku


def _filled_cart(host: str, sku: str) -> tuple[str, str]:
    status, cart = _call(host, "POST", "/api/v1/carts")
    assert status == 201, cart
    headers = {"X-Cart-Token": cart["token"]}
    status, filled = _call(
        host, "PUT", f"/api/v1/carts/{cart['id']}/lines/{sku}", {"quantity": 1}, headers
    )
    assert status == 200, filled
    return cart["id"], cart["token"]


def _call(
    host: str, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    connection = HTTPConnection(host, timeout=TIMEOUT_S)
    raw = None if body is None else json.dumps(body)
    sent = {"Content-Type": "application/json"} if raw else {}
    connection.request(method, path, raw, {**sent, **(headers or {})})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, json.loads(content) if content else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
