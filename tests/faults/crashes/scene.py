"""One shop with all its machinery, that can be put aside and brought back."""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from chalicelib.aws.settings import settings
from chalicelib.contexts.catalog.service import pictures
from chalicelib.kernel import ids
from infra.wiring import QUEUES
from tests.conftest import Clock
from tests.makers.companies.sandbox import SandboxCompany
from tests.makers.companies.stripe import KEY, StripeCompany
from tests.makers.far_host import far_host
from tests.makers.machine import Machine, Message
from tests.makers.quick import Cloud
from tests.makers.shop import Shop

SHELF = 20
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400


class Counting(Machine):
    """A machine that knows how often the most repeated delivery was made."""

    most_receives: int = 0

    def _forget(self, done: list[Message]) -> None:
        self.most_receives = max([self.most_receives, *(one.receives for one in done)])
        super()._forget(done)

    def _deliver_stream(self) -> None:
        tries = self._stream_tries + 1
        self.most_receives = max(self.most_receives, tries)
        super()._deliver_stream()


@dataclass
class Scene:
    """What a workflow is played on. `memo` holds what steps tell one another."""

    clock: Clock
    cloud: Cloud
    shop: Shop = field(default_factory=Shop)
    machine: Counting = field(default_factory=Counting)
    memo: dict[str, Any] = field(default_factory=dict)
    shelves: dict[str, int] = field(default_factory=dict)
    """How many units of each sku were counted, for the invariants."""
    sandbox: SandboxCompany = field(default_factory=SandboxCompany)
    stripe: StripeCompany = field(default_factory=StripeCompany)
    far: str = ""
    chance: Random = field(default_factory=Random)
    """What an act draws its names from."""

    @property
    def purchase(self) -> Any:
        return self.memo["purchase"]

    @property
    def order(self) -> Any:
        return self.purchase["orders"][0]

    def goods(self, merchant: str = "acme", own_code: str = "TEA", **changes: Any) -> str:
        sku = self.shop.goods(merchant, own_code, **{"stock": SHELF, **changes})
        self.shelves[sku] = changes.get("stock", SHELF)
        return sku

    def now(self) -> Any:
        """The purchase as its shopper sees it."""
        return self.shop.seen(self.purchase)

    def rest(self) -> None:
        """Let everything that goes on come to its end."""
        self.machine.drain()

    def later(self, seconds: int) -> None:
        self.clock.forward(seconds)

    def put_aside(self) -> Callable[[], None]:
        """Remember everything; returns what brings it back, for an act that begins a second later."""
        bring_back = self._kept()

        def begin() -> None:
            bring_back()
            self.later(1)
            self._draw_from(Random("the act"))
            ids._last[0] = 0

        return begin

    def mark(self) -> Callable[[], None]:
        """Remember everything in the midst of an act; returns what goes on from there."""
        bring_back, chance, last = self._kept(), self.chance.getstate(), ids._last[0]

        def go_on() -> None:
            bring_back()
            self._draw_from(Random())
            self.chance.setstate(chance)
            ids._last[0] = last

        return go_on

    def _kept(self) -> Callable[[], None]:
        stage = self.cloud.put_aside()
        moment = self.clock.moment
        kept = copy.deepcopy((self._own(), self.machine.__dict__ | {"guard": None}), queues())

        def bring_back() -> None:
            self.cloud.bring_back(stage)
            self.clock.moment = moment
            own, machine = copy.deepcopy(kept, queues())
            self.memo, self.shelves, cookies, sandbox, stripe = own
            self.shop.http.cookies = cookies
            self.sandbox.__dict__.update(sandbox)
            self.stripe.__dict__.update(stripe)
            self.machine.__dict__.update(machine | {"guard": self.machine.guard})

        return bring_back

    def _draw_from(self, chance: Random) -> None:
        self.chance = chance
        ids.use_chance(chance.getrandbits)

    def _own(self) -> tuple[Any, ...]:
        return (
            self.memo,
            self.shelves,
            self.shop.http.cookies,
            vars(self.sandbox),
            vars(self.stripe),
        )


def queues() -> dict[int, Any]:
    """What `deepcopy` must not copy: the machine knows queues by themselves."""
    return {id(queue): queue for queue in QUEUES}


@contextmanager
def scene(
    clock: Clock, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, company: str = ""
) -> Iterator[Scene]:
    """Make a scene on the stage. `company` is one that is reached: sandbox, stripe, or far."""
    made = Scene(clock, cloud)
    former = ids.use_chance(Random("the preparation").getrandbits)
    ids._last[0] = 0
    monkeypatch.delenv("SOUK_SANDBOX_URL", raising=False)
    monkeypatch.setattr(pictures, "FETCHERS", 1)
    with ExitStack() as stack:
        if company == "sandbox":
            stack.enter_context(made.sandbox.serving())
            monkeypatch.setenv("SOUK_SANDBOX_URL", made.sandbox.url)
        if company == "stripe":
            stack.enter_context(made.stripe.serving())
            monkeypatch.setenv("SOUK_STRIPE_KEY", KEY)
            monkeypatch.setenv("SOUK_STRIPE_WEBHOOK_SECRET", made.stripe.secret)
            monkeypatch.setenv("SOUK_STRIPE_URL", made.stripe.url)
        if company == "far":
            made.far, _ = stack.enter_context(far_host())
            monkeypatch.setenv("SOUK_PICTURE_HOSTS", made.far)
        settings.cache_clear()
        stack.enter_context(made.machine.running())
        yield made
    ids.use_chance(former)
