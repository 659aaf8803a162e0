"""A marketplace on a real engine, and the crowd in front of it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.aws.tables import connection
from chalicelib.contexts.cart import store
from chalicelib.contexts.cart.model import Cart, CartLine
from chalicelib.contexts.cart.service import token_of
from chalicelib.kernel import ids
from tests.makers import invariants
from tests.makers.engines.crowd import Crowd, Tally
from tests.makers.engines.deeds import Answer, Ask, Run, Writing, do
from tests.makers.engines.stages import World
from tests.makers.events import schedule_event
from tests.makers.machine import Machine
from tests.makers.shop import Shop

BATCH = 25
HOLD_S = 1_801


@dataclass
class Market:
    """`shop` acts at once; what `pen` would do is written down, for the crowd to do."""

    world: World
    crowd: Crowd
    shop: Shop = field(default_factory=Shop)
    machine: Machine = field(default_factory=Machine)
    counted: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0
    busy: int = 0

    def __post_init__(self) -> None:
        self.pen = Shop(http=Writing(), sellers=self.shop.sellers)

    def goods(self, own_code: str, stock: int, merchant: str = "acme", price: int = 1_000) -> str:
        """A listed variant with so many units on the shelf."""
        sku = self.shop.goods(merchant, own_code, price=price, stock=stock)
        self.counted[sku] = stock
        return sku

    def carts(self, sku: str, times: int) -> list[dict[str, str]]:
        """Carts with one unit each, written in bulk."""
        seller = self.shop.sellers[sku.partition(".")[0]]
        made = [Cart(ids.new("crt"), {sku: CartLine(1, seller.id)}, 1) for _ in range(times)]
        table = store.CartItem.table()
        rows = [{"PutRequest": {"Item": store._row(cart).serialize()}} for cart in made]
        for start in range(0, times, BATCH):
            request = {"RequestItems": {table: rows[start : start + BATCH]}}
            answer = connection().dispatch("BatchWriteItem", request)
            assert not answer.get("UnprocessedItems")
        return [{"id": cart.id, "token": token_of(cart.id)} for cart in made]

    def race(self, jobs: Sequence[Ask | Run]) -> list[Answer]:
        """Let the crowd do all of it at once; the answers in the order of the jobs."""
        tally: Tally = self.crowd.at_once(self.world, do, jobs)
        tally.nothing_broke()
        assert not tally.codes, Counter(tally.codes)
        self.conflicts += tally.conflicts
        self.busy += tally.busy
        return tally.answers

    def rest(self) -> None:
        """Carry every fact where it belongs, and ask the doctor."""
        self.machine.drain()
        assert self.machine.dead == []
        invariants.check(self.counted)


def strikes(schedule: str, times: int) -> list[Run]:
    """A clock that strikes several times at once."""
    return [Run(schedule, schedule_event())] * times


def mixed(*kinds: Sequence[Any]) -> list[Any]:
    """One of each kind in turn, so that neighbours in the crowd do different things."""
    return [one for group in zip(*kinds, strict=True) for one in group]


def count(answers: Sequence[Answer]) -> Counter[tuple[int, str]]:
    """How often each status and code was answered."""
    return Counter((answer.status, answer.code) for answer in answers)
