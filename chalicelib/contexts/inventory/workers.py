"""Listens to inventory's own facts, and says when something ran out or came back.

From the catalogue it takes the opening counts of variants that an import made.
"""

from typing import Any

from chalice import Blueprint

from chalicelib.aws.worker import each_fact, worker
from chalicelib.contexts.catalog.facts import StockCounted
from chalicelib.contexts.inventory import service
from chalicelib.contexts.inventory.facts import (
    HoldConsumed,
    HoldReleased,
    StockGivenBack,
    StockHeld,
    StockPut,
)

bp = Blueprint(__name__)
# A placeholder; infra/ gives the function its real queue.
QUEUE = "arn:aws:sqs:eu-west-1:000000000000:inventory-levels"


@bp.on_sqs_message(queue_arn=QUEUE, batch_size=10, name="inventory_on_stock_fact")
@worker("inventory_on_stock_fact")
def inventory_on_stock_fact(event: Any) -> dict[str, Any]:
    """Look at the rows a fact touched; open the rows of new variants."""
    return each_fact(
        event,
        {
            StockHeld: _of_lines,
            HoldConsumed: _of_lines,
            HoldReleased: _of_lines,
            StockGivenBack: lambda fact: service.announce(fact, fact.units),
            StockPut: lambda fact: service.announce(fact, [fact.sku]),
            StockCounted: lambda fact: service.open_stock(fact.merchant_id, fact.units),
        },
    )


def _of_lines(fact: StockHeld | HoldConsumed | HoldReleased) -> None:
    service.announce(fact, [line.sku for line in fact.lines])
