"""A tier's free deliveries: how many a member had of this month's, and what is left."""

from typing import Any

from msgspec import Struct

from chalicelib.aws import reads
from chalicelib.aws.reads import Key
from chalicelib.aws.settings import settings
from chalicelib.contexts.members.model.tiers import Tier
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model import allowances as model
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.kernel import clock
from chalicelib.kernel.actors import Actor


class FreeDeliveries(Struct, frozen=True):
    """This month's: how many there are, what is left, and when they are over (RFC 3339)."""

    each_month: int
    left: int
    ends_at: str


def place_of(member_id: str) -> Key:
    """Where it lies how many a member had this month, for reading it together with other rows."""
    return store.had_key(member_id, model.allowance_id(clock.now()))


def had_in(row: Any) -> int:
    """How many were had, as a row of `place_of` says."""
    return store.had_of(row)


def allowance(tier: Tier) -> Standing | None:
    """The offer by which a member of a tier has deliveries free; None where the tier brings none."""
    return model.allowance(tier, settings().currency, clock.now())


def free_deliveries_of(actor: Actor, tier: Tier) -> FreeDeliveries | None:
    """Tell the member who asks what is left this month; None where the tier brings none. One round
    trip.
    """
    if not tier.free_shipping:
        return None
    place = place_of(actor.as_member())
    had = had_in(reads.get(place.item, place.pk, place.sk))
    left = max(0, tier.free_shipping - had)
    return FreeDeliveries(tier.free_shipping, left, clock.iso(model.month_ends(clock.now())))
