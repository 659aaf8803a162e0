"""What carts ask of promotions: which offers there are, and how their limits stand."""

from collections.abc import Iterable, Sequence
from typing import Any

from chalicelib.aws import reads, secrets
from chalicelib.aws.reads import Key
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.model.board import codes_in
from chalicelib.contexts.promotions.model.deals import Deal
from chalicelib.contexts.promotions.model.shelf import Line
from chalicelib.contexts.promotions.model.uses import Count
from chalicelib.kernel import clock

GUEST = "guest"
NAME_LENGTH = 40


def board_keys(skus: Iterable[str]) -> list[Key]:
    """Where the offers for these skus lie, to be read with other rows."""
    return [store.board_key(code) for code in codes_in(skus)]


def deal_of(rows: Iterable[Any]) -> Deal:
    """Make the deal of this moment out of the rows that `board_keys` names."""
    standings = [one for row in rows if row is not None for one in row.standings]
    return Deal(standings, clock.now())


def counted(deal: Deal, lines: Sequence[Line], who: str) -> Deal:
    """Look up how the limits stand of the offers that are about these lines.

    One round trip, none where no offer is limited. `who` is the shopper, "" where nobody knows.
    """
    limited = deal.limited(lines)
    quotas = {
        one.offer.id: range(one.shards) if one.offer.quota is not None else range(0)
        for one in limited
    }
    members = [one.offer.id for one in limited if who and one.offer.per_member is not None]
    keys = [store.quota_key(offer, shard) for offer, shards in quotas.items() for shard in shards]
    keys += [store.had_key(who, offer) for offer in members]
    if not keys:
        return deal
    rows = iter(reads.batch(keys))
    left = {
        offer: tuple(int(row.left) if (row := next(rows)) else 0 for _ in shards)
        for offer, shards in quotas.items()
    }
    had = {offer: store.had_of(next(rows)) for offer in members}
    return deal.with_counts({offer: Count(left[offer], had.get(offer, 0)) for offer in quotas})


def shopper_named(member_id: str, email: str) -> str:
    """Who a shopper is to limits: the member, or for guests a keyed hash of the address, which
    tells nobody whose it is.
    """
    return member_id or f"{GUEST}#{secrets.sign('shopper', email.strip().casefold())[:40]}"
