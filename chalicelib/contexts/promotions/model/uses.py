"""What a purchase uses of limited offers: kept with it, so that it is given back exactly once."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from chalicelib.kernel.states import Machine

POINTS_OF = "points#"


class UsesState(StrEnum):
    """Whether one use counts."""

    TAKEN = "taken"
    RETURNED = "returned"


USING = Machine(
    UsesState,
    {
        UsesState.TAKEN: {UsesState.RETURNED},
        UsesState.RETURNED: {UsesState.TAKEN},
    },
)
"""What is given back may be taken again: for money that came late."""


class Use(Struct, frozen=True):
    """What a purchase uses of one offer.

    `parts` are (shard, units) of its quota, none where it has no quota; `most` is what one shopper
    may have, None where nobody counts. `merchant_id` is "" for the platform's offers. `code` is the
    code of a held coupon, `holder` the member whose it is, `campaign_id` where it came from.
    """

    offer_id: str
    merchant_id: str
    units: int
    parts: tuple[tuple[int, int], ...] = ()
    most: int | None = None
    until: int = 0
    code: str = ""
    holder: str = ""
    state: UsesState = UsesState.TAKEN
    campaign_id: str = ""

    @property
    def is_points(self) -> bool:
        """Whether it is points that `holder` paid with, and no offer."""
        return self.offer_id.startswith(POINTS_OF)


def points_of(merchant_id: str) -> str:
    """Name the points that pay for one merchant's goods, as if they were an offer of it."""
    return POINTS_OF + merchant_id


class Uses(Struct, frozen=True):
    """Everything that a purchase uses; `who` is the shopper that it counts for."""

    purchase_id: str
    who: str
    items: tuple[Use, ...]
    version: int = 1

    def standing(
        self, state: UsesState, merchant_ids: Collection[str] | None = None
    ) -> tuple[Use, ...]:
        """Those in a state: all, or those of some merchants' offers."""
        return tuple(
            use
            for use in self.items
            if use.state is state and (merchant_ids is None or use.merchant_id in merchant_ids)
        )

    def moved(self, moved: Sequence[Use], target: UsesState) -> "Uses":
        """How it stands once these are in another state."""
        assert all(USING.allows(use.state, target) for use in moved), "uses come and go in turn"
        ids = {use.offer_id for use in moved}
        items = tuple(
            replace(use, state=target) if use.offer_id in ids else use for use in self.items
        )
        return replace(self, items=items, version=self.version + 1)


class Count(Struct, frozen=True):
    """How a limited offer stands: what is left in each row of its quota (none: it has none), and
    how much of it this shopper had.
    """

    left: tuple[int, ...] = ()
    had: int = 0


Counts = Mapping[str, Count]
"""By offer. An offer that is not in it was not counted."""
