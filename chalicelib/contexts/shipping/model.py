"""Shipments as values: their states and ranks, and what merchants offer for an address."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from chalicelib.contexts.merchants.model import DeliveryMethod, Merchant, MethodKind
from chalicelib.kernel.errors import Conflict, Refusal
from chalicelib.kernel.money import Money, total
from chalicelib.kernel.states import Machine

STANDARD = "standard"


class ShipmentState(StrEnum):
    CREATED = "created"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    EXCEPTION = "exception"
    RETURNING = "returning"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    RETURNED = "returned"


S = ShipmentState
RANK = {
    S.CREATED: 0,
    S.PICKED_UP: 20,
    S.IN_TRANSIT: 30,
    S.OUT_FOR_DELIVERY: 40,
    S.READY_FOR_PICKUP: 40,
    S.RETURNING: 60,
    S.DELIVERED: 90,
    S.COLLECTED: 90,
    S.RETURNED: 95,
}
"""How far a parcel has come. An exception has no rank: it happens wherever the parcel is."""
ARRIVED = frozenset({S.DELIVERED, S.COLLECTED})
"""The shopper has it."""
ENDED = ARRIVED | {S.RETURNED}
assert set(RANK) | {S.EXCEPTION} == set(S)


def _edges() -> dict[ShipmentState, set[ShipmentState]]:
    """Every jump to a higher rank is an edge; an exception comes from and goes to anywhere open."""
    edges = {source: {target for target in RANK if RANK[target] > RANK[source]} for source in RANK}
    for source in set(RANK) - ENDED:
        edges[source].add(S.EXCEPTION)
    edges[S.EXCEPTION] = {target for target in RANK if target is not S.CREATED}
    return edges


SHIPMENT = Machine(ShipmentState, _edges())
assert SHIPMENT.is_final(S.RETURNED)


class NumberUsed(Conflict):
    """This courier's tracking number belongs to another shipment."""

    code, title = "shipping.tracking_number_used", "This tracking number belongs to a shipment"


class NoDelivery(Refusal):
    """There is no way in which every merchant of the cart delivers to this address."""

    code, status, title = "shipping.no_delivery", 422, "Nothing is delivered to this address"


class ShipmentLine(Struct, frozen=True):
    """Units of one sku inside a shipment."""

    sku: str
    quantity: int


class ShipmentEvent(Struct, frozen=True, kw_only=True):
    """What a courier told: `at` is its own time, `recorded_at` ours."""

    at: str
    state: ShipmentState
    place: str = ""
    description: str = ""
    recorded_at: str = ""


class Shipment(Struct, frozen=True, kw_only=True):
    """One consignment with one courier. `rank` is the farthest it has come."""

    id: str
    order_id: str
    purchase_id: str
    merchant_id: str
    courier: str
    tracking_number: str
    state: ShipmentState
    lines: tuple[ShipmentLine, ...]
    created_at: str
    rank: int = 0
    version: int = 1


def moved(shipment: Shipment, word: ShipmentState) -> tuple[ShipmentState, int] | None:
    """Return the state and rank after a courier's word; None when it comes late.

    The rank decides: an event of a lower rank than the parcel has reached moves nothing, whatever
    time the courier gives it. After an exception the parcel goes on where it was.
    """
    if shipment.state is word or not SHIPMENT.allows(shipment.state, word):
        return None
    if word is S.EXCEPTION:
        return word, shipment.rank
    if RANK[word] < shipment.rank:
        return None
    return word, RANK[word]


class DeliveryOption(Struct, frozen=True, kw_only=True):
    """A way to deliver a whole cart: its price, and each merchant's share of it.

    `name` is by locale.
    """

    id: str
    name: Mapping[str, str]
    kind: MethodKind
    price: Money
    days_min: int
    days_max: int
    shares: Mapping[str, Money]

    def name_in(self, locale: str) -> str:
        return self.name.get(locale) or self.name["en"]

    def estimate(self, locale: str) -> str:
        """How long it takes, in words."""
        days = (
            str(self.days_max)
            if self.days_min == self.days_max
            else f"{self.days_min}–{self.days_max}"
        )
        if locale == "zh-CN":
            return f"{days} 天"
        return f"{days} day" if days == "1" else f"{days} days"


STANDARD_NAME = {"en": "Standard delivery", "zh-CN": "标准配送"}


def delivery_options(
    merchants: Sequence[Merchant], goods: Mapping[str, Money], country: str
) -> list[DeliveryOption]:
    """Return what every merchant of a cart offers for its goods in a country.

    Each merchant's cheapest home delivery counts as `standard`, which comes first; the others are
    methods whose id all of them have, by price. Refuses `shipping.no_delivery` when none is left.
    """
    assert merchants, "a cart with goods has merchants"
    offered = {one.id: _serving(one, goods[one.id], country) for one in merchants}
    options = [
        _option(method_id, {owner: ways[method_id] for owner, ways in offered.items()}, goods)
        for method_id in _common(offered.values())
    ]
    if not options:
        raise NoDelivery
    return sorted(options, key=lambda one: (one.id != STANDARD, one.price.amount, one.id))


def price_of(method: DeliveryMethod, goods: Money) -> Money:
    """What a method costs for these goods: nothing from its threshold on."""
    is_free = method.free_from is not None and goods.amount >= method.free_from.amount
    return Money.zero(goods.currency) if is_free else method.price


def _serving(merchant: Merchant, goods: Money, country: str) -> dict[str, DeliveryMethod]:
    """A merchant's methods there by id, the cheapest home delivery under `standard`."""
    ways = [
        method
        for method in merchant.delivery_methods
        if not method.countries or country in method.countries
    ]
    homes = [method for method in ways if method.kind is MethodKind.HOME]
    by_id = {method.id: method for method in ways if method.id != STANDARD}
    if homes:
        cheapest = min(homes, key=lambda m: (price_of(m, goods).amount, m.days_max, m.id))
        by_id[STANDARD] = cheapest
    return by_id


def _common(offered: Iterable[Mapping[str, DeliveryMethod]]) -> list[str]:
    """The ids all merchants have; one that is everybody's `standard` anyway is not repeated."""
    ways = list(offered)
    shared = set.intersection(*(set(one) for one in ways))
    return sorted(
        method_id
        for method_id in shared
        if method_id == STANDARD or any(one[method_id] is not one.get(STANDARD) for one in ways)
    )


def _option(
    method_id: str, methods: Mapping[str, DeliveryMethod], goods: Mapping[str, Money]
) -> DeliveryOption:
    shares = {owner: price_of(method, goods[owner]) for owner, method in methods.items()}
    first = next(iter(methods.values()))
    is_mixed = method_id == STANDARD and len(methods) > 1
    currency = next(iter(goods.values())).currency
    return DeliveryOption(
        id=method_id,
        name=STANDARD_NAME if is_mixed else first.name,
        kind=first.kind,
        price=total(shares.values(), currency),
        days_min=min(method.days_min for method in methods.values()),
        days_max=max(method.days_max for method in methods.values()),
        shares=shares,
    )
