"""One seed's history: an agenda on a virtual clock, and everybody who writes into it."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.aws import retries
from chalicelib.kernel import clock, ids
from chalicelib.providers import http
from infra.wiring import SCHEDULES
from tests.makers.killing import Killed
from tests.makers.quick import Cloud
from tests.makers.shop import Shop
from tests.simulator.faults import Faults
from tests.simulator.trace import Trace
from tests.simulator.wires import Wires

if TYPE_CHECKING:
    from tests.simulator.company import Company
    from tests.simulator.courier import Courier
    from tests.simulator.people import Merchant

HOUR_S = 3_600
CLOCKS = ("outbox_sweep", "orders_sweep_due", "payments_ask_provider")
DAILY = "settlement_close_statements"
assert {*CLOCKS, DAILY} < {one.handler for one in SCHEDULES}

Act = Callable[[], object]


class Broken(AssertionError):
    """Something that must always be true was not."""


class World:
    """The agenda, the clock, and what all share. `seed` decides everything."""

    company: "Company"
    courier: "Courier"
    merchants: "dict[str, Merchant]"

    def __init__(self, seed: int, shop: Shop, cloud: Cloud, started_at: datetime) -> None:
        self.seed, self.shop, self.cloud, self.moment = seed, shop, cloud, started_at
        self.chance = Random(f"{seed} story")
        self.faults = Faults(Random(f"{seed} faults"))
        self.wires = Wires(
            chance=Random(f"{seed} machine"), lateness=Random(f"{seed} lateness"), cloud=cloud
        )
        self.trace = Trace()
        self.skus: list[str] = []
        self.keys: set[str] = set()
        """The keys that purchases were checked out with."""
        self.purchases: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self.is_closing = False
        self.refused: Counter[str] = Counter()
        self._agenda: list[tuple[float, int, str, str, Act]] = []
        self._pushed = 0
        self._delivery_at = 0.0

    @property
    def is_calm(self) -> bool:
        return self.faults.is_calm

    @property
    def now(self) -> float:
        return self.moment.timestamp()

    @contextmanager
    def running(self) -> Iterator["World"]:
        """Be the clock, chance, queues, company and faults of this process."""
        chance = Random(f"{self.seed} ids")
        former_clock = clock.use(lambda: self.moment)
        former_chance = ids.use_chance(chance.getrandbits)
        ids._last[0] = 0
        try:
            with ExitStack() as stack:
                patch = stack.enter_context(pytest.MonkeyPatch.context())
                patch.setattr(http, "call", self.company.call)
                patch.setattr(retries, "now_s", lambda: self.now)
                patch.setattr(retries, "sleep_s", lambda _: None)
                stack.enter_context(self.wires.running())
                stack.enter_context(self.faults.running())
                yield self
        finally:
            clock.use(former_clock)
            ids.use_chance(former_chance)

    def placed(self, purchase: Any) -> None:
        """Let everybody know of a purchase."""
        self.purchases[purchase["id"]] = purchase
        for order in purchase["orders"]:
            self.merchants[order["merchant"]["id"]].orders.append(order)

    def count(self, kind: str) -> None:
        """Note that something went wrong on purpose."""
        self.counts[kind] += 1

    def later(self, delay_s: float, who: str, what: str, act: Act) -> None:
        """Write an act into the agenda."""
        self._pushed += 1
        heapq.heappush(self._agenda, (self.now + delay_s, self._pushed, who, what, act))

    def step(self) -> bool:
        """Do what the agenda says next; False when it is empty."""
        self._see_to_deliveries()
        if not self._agenda:
            return False
        at, _, who, what, act = heapq.heappop(self._agenda)
        if at > self.now:
            self.moment += timedelta(seconds=at - self.now)
        self.trace.say(who, what, act())
        return True

    def leap(self, seconds: float) -> None:
        """Let time go on with nobody doing anything."""
        self.moment += timedelta(seconds=seconds)

    def ask(self, call: Callable[[], Any]) -> Any:
        """Make a call that a fault may hit; None where the process died under it.

        A 5xx is an answer for whom a fault was injected, and a bug for everybody else.
        """
        self.faults.begin()
        try:
            reply = call()
        except Killed:
            return None
        self.refused[str(getattr(reply, "status", ""))] += 1
        if getattr(reply, "status", 200) >= 500 and not self.faults.here:
            raise Broken(f"{reply.status} without a fault: {reply.text}")
        return reply

    def insist(
        self,
        who: str,
        what: str,
        call: Callable[[], Any],
        then: Callable[[Any], object] = lambda _: None,
    ) -> str:
        """Make a call, and repeat it the same way until it is answered for good."""
        reply = self.ask(call)
        if reply is None or reply.status >= 500:
            wait_s = self.chance.uniform(1, 400)
            self.later(wait_s, who, f"{what} again", lambda: self.insist(who, what, call, then))
        else:
            then(reply)
        return self.said(reply)

    def said(self, reply: Any) -> str:
        """How an answer reads in the trace."""
        if reply is None:
            return "died"
        try:
            body = reply.json()
        except ValueError:
            return str(reply.status)
        word = body.get("code") or body.get("outcome") or body.get("state") or ""
        return f"{reply.status} {word} {str(body.get('id', ''))[-8:]}".rstrip()

    def strike(self, handler: str) -> str:
        """Let one clock strike."""
        self.faults.begin()
        try:
            return str(self.wires.strike(handler))
        except Killed:
            return "died"
        except Exception as error:
            if not self.faults.here:
                raise
            return f"failed: {type(error).__name__}"

    def deliver(self) -> str:
        """Give out some batches of the stream and the queues."""
        done = 0
        for _ in range(self.chance.randint(3, 30)):
            self.faults.begin()
            try:
                if not self.wires.turn():
                    break
            except Killed:
                return f"{done} batches, then died"
            done += 1
        if self.wires.dead and self.chance.random() < 0.5:
            self.count("dead letters redriven")
            self.wires.redrive()
        return f"{done} batches, {len(self.wires.waiting) + len(self.wires.late)} left"

    def lose_stream(self) -> str:
        """The stream forgets what it holds; the sweeper must find it."""
        before = len(self.wires.missed)
        self.wires.lose_stream()
        lost = len(self.wires.missed) - before
        self.counts["stream records lost"] += lost
        return f"{lost} records"

    def _see_to_deliveries(self) -> None:
        """Where something waits to be given out, let that be on the agenda once."""
        if self._delivery_at >= self.now and self._delivery_at:
            return
        if self.wires.has_work:
            delay_s = 0.1 if self.is_closing else self.chance.expovariate(1 / 40)
        elif self.wires.next_at is not None:
            delay_s = max(self.wires.next_at - self.now, 0) + self.chance.uniform(0.1, 400)
        else:
            return
        self._delivery_at = self.now + delay_s
        self.later(delay_s, "machine", "delivers", self._deliver_planned)

    def _deliver_planned(self) -> str:
        self._delivery_at = 0.0
        return self.deliver()
