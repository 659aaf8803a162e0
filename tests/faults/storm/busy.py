"""A shop after a busy hour, whose workers have not looked into their queues yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.privacy import service as privacy
from chalicelib.contexts.promotions.model.issues import Segment
from chalicelib.contexts.promotions.service import issues
from chalicelib.kernel.actors import SYSTEM, Actor, ActorKind
from tests.conftest import Clock
from tests.faults.crashes.scene import Scene, scene
from tests.faults.crashes.workflows.catalogue import described, hand_in, merchant_of_tops, sent
from tests.faults.crashes.workflows.people import hands_in_one_picture
from tests.makers import end_states
from tests.makers.offers import a_campaign
from tests.makers.people import PASSWORD
from tests.makers.quick import Cloud

BY_ORDER = {
    "*": ("expires_at",),
    "MAIL": ("message_id",),
    "DONE#inventory_levels": ("row",),
    "TALLY": ("version",),
}
"""What depends on which message came first, and with which others: the carrier's numbers, who
noticed a level, and in how many steps a count was added up.
"""


@contextmanager
def busy_hour(
    cloud: Cloud, clock: Clock, monkeypatch: pytest.MonkeyPatch, purchases: int
) -> Iterator[Scene]:
    """Products, an import, purchases shipped, delivered and partly refunded, coupons to be handed out, and
    three members: one hands in a picture, one wants a copy of what is kept, one wants it erased.
    """
    with scene(clock, cloud, monkeypatch, "far") as made:
        merchant_of_tops(made)
        tea, nut = made.goods(stock=1_000), made.goods("bolt", "NUT", stock=1_000)
        hand_in(made)
        for number in range(purchases):
            step = sent("POST", "/api/v1/merchant/products", _product(number), key=f"p{number}")
            step(made)
            _buy(made, tea, nut)
        made.memo["member"] = _member("pictured@example.com")
        hands_in_one_picture(made)
        campaign = a_campaign(made.shop, made.shop.merchant())["id"]
        issues.start_issue(SYSTEM, campaign, Segment())
        privacy.request_export(_member("copied@example.com"))
        privacy.erase(_member("erased@example.com"), "ERASE")
        relay(made)
        yield made


def relay(made: Scene) -> None:
    """Let the relay do its work, and nobody else."""
    made.machine.collect()
    while made.machine._stream:
        made.machine.turn()


def in_the_end(made: Scene) -> end_states.State:
    """Let all workers do theirs; returns what the stage is then."""
    made.machine.drain()
    return end_states.state((), BY_ORDER, timeless=True)


def _member(email: str) -> Actor:
    member, _ = identity.register(email=email, password=PASSWORD)
    return Actor(ActorKind.MEMBER, member.id)


def _product(number: int) -> Any:
    def one(made: Scene) -> dict[str, Any]:
        product = described(made)
        product["variants"][0]["sku"] = f"KET{number}"
        return product

    return one


def _buy(made: Scene, tea: str, nut: str) -> None:
    shop = made.shop
    purchase = shop.confirmed({tea: 2, nut: 1})
    for order in purchase["orders"]:
        units = {line["sku"]: line["quantity"] for line in order["lines"]}
        shipment = shop.ship(order, units).json()
        assert shop.courier("shipment.delivered", shipment["tracking_number"]).status == 200
        assert shop.refund(order, {order["lines"][0]["sku"]: 1}, restock=True).status == 201
