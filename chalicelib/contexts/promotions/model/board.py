"""Offers as their makers keep them: the record of each, and the board of those that may run."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from chalicelib.contexts.catalog.model import SkuCopy
from chalicelib.contexts.promotions.model.offers import Offer
from chalicelib.contexts.promotions.model.refusals import TooManyOffers

PLATFORM = "platform"
"""Whose the platform's offers are; merchants' are named by the merchant's id."""
EVERYWHERE = "*"
"""The code of the platform's board; no merchant's code looks like this."""

OFFERS_MAX = 1_000
BYTES_MAX = 350_000
"""All of a board lies in one item, which takes 400 KB."""
SPREAD_FROM = 500
SHARDS_MAX = 8
UNITS_A_SHARD = 100


class Standing(Struct, frozen=True, omit_defaults=True):
    """An offer and what is known of it besides its rule.

    `shards` is over how many rows its quota lies; one that `is_stopped` does not run. `gift` is the
    variant that comes along, as it was when the offer was made. One with a `budget` is stopped once
    what it took off is seen to have come to that much, in minor units.
    """

    offer: Offer
    created_at: str
    gift: SkuCopy | None = None
    shards: int = 1
    is_stopped: bool = False
    version: int = 1
    budget: int | None = None

    def state(self, now: datetime) -> str:
        """`stopped`, `scheduled`, `live` or `ended`."""
        if now >= self.offer.ends_at:
            return "ended"
        if self.is_stopped:
            return "stopped"
        return "live" if now >= self.offer.starts_at else "scheduled"

    def may_run(self, now: datetime) -> bool:
        """Whether it runs now or may later, as it stands."""
        return not self.is_stopped and now < self.offer.ends_at


class Board(Struct, frozen=True):
    """One owner's offers that run or will: what every cart reads. `version` counts its changes.

    It is found by the merchant's code, which every sku begins with: so a cart can read it together
    with a variant that it knows nothing of yet.
    """

    code: str
    standings: tuple[Standing, ...] = ()
    version: int = 0

    def with_standing(self, standing: Standing, now: datetime) -> "Board":
        """Put an offer on the board, in the place of its former self; ended ones leave it.

        Refuses `promotions.too_many_offers`.
        """
        kept = [one for one in self.standings if one.offer.id != standing.offer.id]
        live = tuple(one for one in (*kept, standing) if one.may_run(now))
        grows = len(live) > len(self.standings) or standing.may_run(now)
        if grows and (len(live) > OFFERS_MAX or len(msgspec.json.encode(live)) > BYTES_MAX):
            raise TooManyOffers
        return replace(self, standings=live, version=self.version + 1)


def owner_of(merchant_id: str) -> str:
    """Whose offers these are; "" is the platform."""
    return merchant_id or PLATFORM


def codes_in(skus: Iterable[str]) -> list[str]:
    """On whose boards the offers for these skus may stand, the platform's the last."""
    return [*dict.fromkeys(sku.partition(".")[0] for sku in skus), EVERYWHERE]


def shards_for(quota: int | None) -> int:
    """Over how many rows a quota lies, so that a rush on it does not wait for one row."""
    if quota is None or quota < SPREAD_FROM:
        return 1
    return min(SHARDS_MAX, quota // UNITS_A_SHARD)
