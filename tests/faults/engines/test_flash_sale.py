"""A thousand buyers for a hundred units: each unit is sold once, and none is lost."""

from tests.makers import invariants
from tests.makers.engines import staged
from tests.makers.engines.market import HOLD_S, Market, count, strikes
from tests.makers.scale import pick, tell

SUITE = "engines"
BUYERS, UNITS, PAYERS, SWEEPERS = 1_000, 100, 8, 2
TASTE = {"dynamodb-local": 3, "ministack": 1}


def test_a_thousand_buyers_get_a_hundred_units(engine, engine_name, crowd, clock):
    rounds, busy, conflicts = pick(TASTE[engine_name], 20), 0, 0
    for _ in range(rounds):
        with staged(engine, clock) as world:
            market = Market(world, crowd)
            one_round(market, clock)
            busy, conflicts = busy + market.busy, conflicts + market.conflicts
    what = f"{BUYERS} buyers on {engine_name}, rounds with exactly {UNITS} sold and none lost"
    tell(SUITE, what, f"{rounds}/{rounds} ({conflicts} tried again, {busy} busy)")


def one_round(market: Market, clock) -> None:
    sku = market.goods("TEA", UNITS)
    answers = market.race([market.pen.checkout(cart) for cart in market.carts(sku, BUYERS)])
    assert count(answers) == {
        (201, ""): UNITS,
        (409, "inventory.stock_short"): BUYERS - UNITS,
    }
    placed = [answer.value for answer in answers if answer.status == 201]
    assert len({purchase["id"] for purchase in placed}) == UNITS
    assert market.shop.stock(sku) == (0, UNITS)
    paid = market.race([market.pen.capture(purchase) for purchase in placed[:PAYERS]])
    assert count(paid) == {(200, ""): PAYERS}
    clock.forward(HOLD_S)
    market.race(strikes("orders_sweep_due", SWEEPERS))
    assert market.shop.stock(sku) == (UNITS - PAYERS, 0)
    invariants.check(market.counted, with_journal=False)
