"""Runs seeds: a house made once a process, and in it one history after the other."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

import pytest

from chalicelib.kernel import clock, ids
from tests.makers import contract, rows
from tests.makers.machine import Machine
from tests.makers.quick import Cloud, quick_cloud
from tests.makers.shop import Shop
from tests.makers.stage import enter, forget
from tests.simulator import checks
from tests.simulator.company import Company
from tests.simulator.courier import Courier
from tests.simulator.people import Merchant, Shopper
from tests.simulator.world import CLOCKS, DAILY, HOUR_S, World

STEPS = 200
STARTED_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SHELF = {
    "acme.TEA": 14,
    "acme.POT": 4,
    "bolt.NUT": 9,
    "bolt.GEAR": 3,
    "cosy.SOFA": 6,
}
SHOPPERS = 4
OFTEN = 25
"""After so many steps the doctor comes."""
LATER_STEPS_MAX = 5_000
REST_DAYS = (1, 1, 1, 2, 3, 5, 8, 13)


@dataclass
class Outcome:
    """What became of a seed. `broken` is empty when everything held."""

    seed: int
    digest: str
    steps: int
    broken: str = ""
    last: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        """For people: the seed, what broke, what came before it, and how to see it again."""
        return "\n".join(
            [
                f"seed {self.seed} broke after {self.steps} steps: {self.broken}",
                *self.last,
                f"again: python -m tests.simulator --first {self.seed} --seeds 1 --trace",
            ]
        )


class House:
    """The stage that all seeds of a process begin from."""

    def __init__(self, shop: Shop, cloud: Cloud) -> None:
        self.shop, self.cloud = shop, cloud
        self.kept = cloud.put_aside()

    def run(self, seed: int, steps: int = STEPS, trace: list[str] | None = None) -> Outcome:
        """Live one seed from the first step to the last order's end."""
        self.cloud.bring_back(self.kept)
        world = World(seed, self.shop, self.cloud, STARTED_AT)
        broken = ""
        _open(world)
        with world.running():
            try:
                _live(world, steps)
                _close(world)
            except Exception as error:  # noqa: BLE001 - whatever breaks a seed is its finding
                broken = str(error) or type(error).__name__
                if not isinstance(error, AssertionError):
                    broken = f"{type(error).__name__}: {broken}"
        if trace is not None:
            trace += world.trace.lines
        faults = world.counts + world.faults.counts
        faults["message delayed"] += world.wires.delayed
        return Outcome(
            seed,
            world.trace.digest,
            len(world.trace.lines),
            broken,
            list(world.trace.last()),
            faults,
        )


@contextmanager
def house(opened: Callable[[], AbstractContextManager[Cloud]] = quick_cloud) -> Iterator[House]:
    """Make a stage with three merchants and their goods; nothing of the process is left changed.

    `opened` gives what answers for AWS.
    """
    with pytest.MonkeyPatch.context() as patch:
        enter(patch)
        patch.setattr(contract, "conforms", lambda *_: None)
        patch.setattr(logging.root.manager, "disable", logging.CRITICAL)
        chance = Random("the house")
        former = clock.use(lambda: STARTED_AT), ids.use_chance(chance.getrandbits)
        try:
            with opened() as cloud:
                patch.setattr(rows, "_rows", lambda table: dict(cloud.tables.rows[table]))
                shop = Shop()
                for sku, units in SHELF.items():
                    merchant, _, code = sku.partition(".")
                    shop.goods(merchant, code, price=999, stock=units)
                with Machine().running() as machine:
                    machine.settle()
                yield House(shop, cloud)
        finally:
            clock.use(former[0])
            ids.use_chance(former[1])
            forget()


def _open(world: World) -> None:
    world.skus = sorted(SHELF)
    world.company, world.courier = Company(world), Courier(world)
    world.merchants = {
        seller.id: Merchant(world, seller) for _, seller in sorted(world.shop.sellers.items())
    }
    for number in range(SHOPPERS):
        Shopper(world, f"shopper-{number + 1}")
    _plan_trouble(world)
    _plan_clock(world)


def _live(world: World, steps: int) -> None:
    while len(world.trace.lines) < steps:
        world.step()
        checks.after_step(world.cloud, SHELF)
        if len(world.trace.lines) % OFTEN == 0:
            with world.faults.resting():
                checks.often(SHELF)


def _close(world: World) -> None:
    """Faults stop, people finish what they began, messages arrive, time goes on."""
    world.faults.is_calm = world.is_closing = True
    world.wires.chance, world.wires.is_calm = None, True
    world.trace.say("simulator", "no more faults", "")
    _empty_the_agenda(world)
    for days in REST_DAYS:
        world.later(days * 24 * HOUR_S, "clock", "days later", lambda: _all_clocks(world))
        _empty_the_agenda(world)
        waiting = checks.waiting_orders()
        for merchant in world.merchants.values():
            for order in [one for one in merchant.orders if one["id"] in waiting]:
                world.later(60, merchant.name, "finishes", lambda m=merchant, o=order: m.finish(o))
    with world.faults.resting():
        checks.after_step(world.cloud, SHELF)
        checks.at_the_end(world, SHELF)


def _empty_the_agenda(world: World) -> None:
    for _ in range(LATER_STEPS_MAX):
        if not world.step():
            return
    raise AssertionError("the agenda never empties")


def _all_clocks(world: World) -> str:
    world.wires.redrive()
    return " ".join(world.strike(handler) for handler in (*CLOCKS, DAILY))


def _plan_clock(world: World) -> None:
    """Clocks strike, later than they should."""

    def strike() -> str:
        if not world.is_closing:
            _plan_clock(world)
        handler = world.chance.choice((*CLOCKS, *CLOCKS, *CLOCKS, DAILY))
        return f"{handler} {world.strike(handler)}"

    world.later(world.chance.expovariate(1 / 2_400), "clock", "strikes", strike)


def _plan_trouble(world: World) -> None:
    """The troubles that are nobody's act: a company away, a stream that forgets, time that leaps."""
    company = world.company
    for name, act, mean_s in (
        ("the company goes away", company.go_away, 40 * HOUR_S),
        ("speaks of a stranger", company.tell_of_strangers, 60 * HOUR_S),
        ("the stream forgets", world.lose_stream, 16 * HOUR_S),
        ("time leaps", lambda: _leap(world), 50 * HOUR_S),
    ):
        world.later(world.chance.expovariate(1 / mean_s), "trouble", name, act)


def _leap(world: World) -> str:
    """Nobody does anything for a while, no clock strikes, and then all at once."""
    hours = world.chance.choice((1, 6, 30))
    world.leap(hours * HOUR_S)
    world.count("time leaps")
    return f"{hours} h"
