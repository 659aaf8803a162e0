"""What cannot be handled lies dead, is counted, and comes back when the operator says so.

On the started stack, with its queues and functions: a courier's word about an order whose row is
gone (a table brought back from an older moment), beside one that is no JSON.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib.contexts.orders import store
from infra.wiring import QUEUES
from tests.e2e.client import Shop, follow, fresh_key, now
from tests.e2e.steps import a_product, a_purchase, seen

pytestmark = pytest.mark.stack

QUEUE = next(queue for queue in QUEUES if queue.key == "orders-shipments")
QUICK_S = 1
"""For a queue that waits three minutes before it gives a message out again."""
DEAD_WITHIN_S = 40.0


class Aws:
    """The stage's own tables and queues, and the operator's commands."""

    def __init__(self, stack: dict[str, Any], folder: Path) -> None:
        (folder / "stack.json").write_text(json.dumps(stack))
        self.folder = folder
        access = {
            "endpoint_url": stack["aws_endpoint_url"],
            "region_name": stack["region"],
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }
        self.sqs = boto3.client("sqs", **access)
        self.dynamodb = boto3.client("dynamodb", **access)
        self.url = self.sqs.get_queue_url(QueueName=QUEUE.name("local"))["QueueUrl"]

    def operate(self, *words: str) -> str:
        """Run a command as its target in the Makefile does."""
        done = subprocess.run(
            [sys.executable, "-m", "infra.operate", "local", *words],
            env={"PATH": os.environ["PATH"], "SOUK_LOCAL_DIR": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def status(self) -> tuple[int, int, int]:
        """What `make status` prints of the queue: waiting, in flight, dead."""
        (line,) = [one for one in self.operate("status").splitlines() if one.startswith(QUEUE.key)]
        waiting, in_flight, dead = map(int, line.split()[1:])
        return waiting, in_flight, dead

    def wait_between_receives(self, seconds: int) -> None:
        attributes = {"VisibilityTimeout": str(seconds)}
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes=attributes)


@pytest.fixture
def aws(stack: dict[str, Any], tmp_path: Path) -> Iterator[Aws]:
    made = Aws(stack, tmp_path)
    made.wait_between_receives(QUICK_S)
    yield made
    made.wait_between_receives(QUEUE.visibility_s)


def test_dead_letters_are_counted_and_handled_once_they_are_sent_back(
    stack: dict[str, Any], aws: Aws
) -> None:
    shop = Shop(stack)
    sku = a_product(shop, 0, price=700, stock=5)
    orders = [a_shipped_order(shop, sku) for _ in range(2)]
    former = aws.status()[2]
    lost, other = orders
    place = store.order_key(lost["id"])
    key = {"pk": {"S": place.pk}, "sk": {"S": place.sk}}
    row = aws.dynamodb.get_item(TableName="local-souk-orders", Key=key)["Item"]
    aws.dynamodb.delete_item(TableName="local-souk-orders", Key=key)
    aws.sqs.send_message(QueueUrl=aws.url, MessageBody='{"detail-type": "shipping.Shipm')
    for order in orders:
        data = {"tracking_number": order["tracking_number"], "occurred_at": now()}
        assert shop.courier_event("shipment.delivered", data).status_code == 200
    follow(lambda: state_of(shop, other), lambda state: state == "delivered")
    follow(aws.status, lambda depth: depth == (0, 0, former + 2), DEAD_WITHIN_S)

    aws.dynamodb.put_item(TableName="local-souk-orders", Item=row)
    assert state_of(shop, lost) == "shipped"
    assert aws.operate("redrive", QUEUE.key) == f"{former + 2} dead letters sent back\n"
    follow(lambda: state_of(shop, lost), lambda state: state == "delivered")
    follow(aws.status, lambda depth: depth == (0, 0, former + 1), DEAD_WITHIN_S)
    found = shop.call("GET", lost["path"], token=shop.key(0), expect=200)
    assert [one["state"] for one in found["shipments"]] == ["delivered"]


def a_shipped_order(shop: Shop, sku: str) -> dict[str, Any]:
    purchase = a_purchase(shop, {sku: 1})
    captured = {
        "payment_id": purchase["payment"]["id"],
        "provider_reference": f"ch_{purchase['id']}",
        "amount": purchase["total"]["amount"],
        "currency": purchase["total"]["currency"],
    }
    assert shop.payment_event("payment.captured", captured).status_code == 200
    (order,) = seen(shop, purchase)["orders"]
    path, token = f"/api/v1/merchant/orders/{order['id']}", shop.key(0)
    shop.call("POST", f"{path}/confirm", {}, token=token, expect=200)
    shipment = shop.call(
        "POST",
        f"{path}/shipments",
        {"courier": "sandbox", "lines": [{"sku": sku, "quantity": 1}]},
        token=token,
        expect=201,
        Idempotency_Key=fresh_key(),
    )
    return {"id": order["id"], "path": path, "tracking_number": shipment["tracking_number"]}


def state_of(shop: Shop, order: dict[str, Any]) -> str:
    state: str = shop.call("GET", order["path"], token=shop.key(0), expect=200)["state"]
    return state
