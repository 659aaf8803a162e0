"""A crowd in bad weather: when it clears, everything is done, once, and nothing is broken."""

import json
from collections.abc import Iterator
from random import Random

import pytest

from chalicelib.aws.settings import settings
from chalicelib.kernel import ids
from infra.wiring import SCHEDULES
from tests.faults.storm.crowd import Crowd
from tests.makers import invariants, rows
from tests.makers.machine import Machine
from tests.makers.scale import pick, tell
from tests.makers.shop import Shop
from tests.makers.weather import EVERYTHING_AT_ONCE, Weather, by_chance

SEED = 20_260_302
FAULTS = pick(1_000, 10_000)
VISITORS_AT_ONCE = 12
SHELF = 100_000
RETRIES_P99_MAX = 8
COMPLETE_MIN = 0.999
FAILED_MAX = 0.01
STEP_S_MAX = 5
UNSENT_S = 31
CALM_STEPS_MAX = VISITORS_AT_ONCE * 50
HOLD_S = 1_801


@pytest.fixture(autouse=True)
def _ids_by_the_seed() -> Iterator[None]:
    former = ids.use_chance(Random(SEED + 4).getrandbits)
    yield
    ids.use_chance(former)


def test_nothing_is_lost_or_done_twice(cloud, clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOUK_SANDBOX_URL")
    settings.cache_clear()
    shop, chance = Shop(), Random(SEED)
    skus = [shop.goods(own_code="TEA", stock=SHELF), shop.goods(own_code="CUP", stock=SHELF)]
    skus.append(shop.goods("bolt", "NUT", stock=SHELF))
    machine = Machine(chance=Random(SEED + 1))
    crowd = Crowd(shop, skus, chance)
    bad = Weather(by_chance(Random(SEED + 2)), done=machine.hear, chance=Random(SEED + 3))
    with bad.over(cloud):
        _storm(bad, crowd, machine, clock)
        in_the_storm = crowd.requests, crowd.failures.total(), len(bad.repeats)
        repeats = sorted(bad.repeats)
        bad.is_bad = False
        for _ in range(CALM_STEPS_MAX):
            if crowd.waiting:
                crowd.move()
        dead = _calm(machine, clock)
    assert crowd.refused == []
    assert set(bad.met) == set(EVERYTHING_AT_ONCE)
    assert bad.met.total() >= FAULTS
    asked, done = crowd.begun.total(), crowd.done.total()
    assert done / asked >= COMPLETE_MIN
    p99 = repeats[len(repeats) * 99 // 100]
    assert p99 <= RETRIES_P99_MAX
    assert in_the_storm[1] / in_the_storm[0] <= FAILED_MAX
    invariants.check(dict.fromkeys(skus, SHELF))
    assert _units_counted_as_sold() == _units_paid_for()
    _tell(bad, crowd, in_the_storm, p99, dead)


def _units_counted_as_sold() -> int:
    return sum(int(row["units"]["N"]) for row in rows.of_kind("catalog", "SOLD"))


def _units_paid_for() -> int:
    orders = [
        one for body in rows.facts("orders.PurchasePaid") for one in json.loads(body)["orders"]
    ]
    return sum(line["quantity"] for order in orders for line in order["lines"])


def _storm(bad: Weather, crowd: Crowd, machine: Machine, clock) -> None:
    while bad.met.total() < FAULTS:
        while len(crowd.waiting) < VISITORS_AT_ONCE:
            crowd.come()
        crowd.move()
        clock.forward(crowd.chance.random() * STEP_S_MAX)
        if crowd.chance.random() < 0.5:
            machine.turn()
        if crowd.chance.random() < 0.02:
            schedule = crowd.chance.choice(SCHEDULES).handler
            try:
                machine.strike(schedule)
            except Exception:  # noqa: BLE001 - the next strike of the clock makes up for it
                crowd.failures[schedule] += 0


def _calm(machine: Machine, clock) -> int:
    """Let everything come to rest; returns how many dead letters an operator had to send back."""
    machine.drain()
    dead = len(machine.dead)
    machine.redrive()
    machine.drain()
    clock.forward(UNSENT_S)
    machine.settle()
    clock.forward(HOLD_S)
    machine.settle()
    assert machine.dead == []
    unsent = [row for row in rows.of_kind("outbox", "FACT") if "due_shard" in row]
    assert unsent == []
    return dead


def _tell(
    bad: Weather, crowd: Crowd, in_the_storm: tuple[int, int, int], p99: int, dead: int
) -> None:
    requests, failures, calls = in_the_storm
    for fault, times in bad.met.items():
        tell("storm", f"faults: {fault}", times)
    tell("storm", "faults in all", bad.met.total())
    tell("storm", "calls of AWS", calls)
    tell("storm", "operations", crowd.begun.total())
    tell("storm", "completed", crowd.done.total())
    tell("storm", "requests answered 5xx in the storm", f"{failures} of {requests}")
    tell("storm", "p99 of retries", p99)
    tell("storm", "dead letters sent back", dead)
