"""Offers: the writes by which their owner makes and changes them."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.aws import reads, transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.promotions.model.board import Board, Standing, owner_of
from chalicelib.contexts.promotions.model.refusals import OfferChanged, QuotaBelowUsed
from chalicelib.contexts.promotions.store.rows import (
    BoardItem,
    OfferItem,
    QuotaItem,
    board_key,
    board_of,
    offer_key,
    offers_of,
    quota_key,
)
from chalicelib.kernel.paging import Page
from chalicelib.kernel.shards import even_shares


def board(code: str) -> Board:
    """Read the board of a code. One round trip."""
    place = board_key(code)
    return board_of(code, reads.get(BoardItem, place.pk, place.sk))


def standing(owner: str, offer_id: str) -> Standing | None:
    """Read an offer of this owner. One round trip."""
    place = offer_key(owner, offer_id)
    row = reads.get(OfferItem, place.pk, place.sk)
    return row.standing if row else None


def standings(owner: str, limit: int, cursor: str) -> Page[OfferItem]:
    """A page of an owner's offers, newest first."""
    pk = offers_of(owner)
    return reads.page(
        OfferItem,
        pk,
        scope=pk,
        limit=limit,
        cursor=cursor,
        begins_with="OFFER#",
        forward=False,
    )


def post(seen: Board, made: Standing, now: datetime) -> list[Write]:
    """Contribute a new offer: its record, its place on the board, and its quota.

    Refuses `promotions.too_many_offers`, and `promotions.changed` where the board is another by now.
    """
    return [_record(made), _board(seen, made, now), *_quota(made)]


def change(
    seen: Board, former: Standing, made: Standing, quotas: Sequence[QuotaItem], now: datetime
) -> list[Write]:
    """Contribute another form of an offer. `quotas` are all rows of its quota as read.

    Refuses `promotions.quota_below_used`, and `promotions.changed` where the offer, the board or
    the quota is another by now.
    """
    place = offer_key(owner_of(made.offer.merchant_id), made.offer.id)
    row = OfferItem(place.pk, place.sk, standing=made, version=made.version)
    as_read = OfferItem.version == former.version
    saved = transact.put(row, as_read, refuse=lambda _old: OfferChanged())
    return [saved, _board(seen, made, now), *_requota(former, made, quotas)]


def quota_rows(standing: Standing) -> list[QuotaItem]:
    """Read all rows of an offer's quota, also of one that was lifted. One round trip."""
    keys = [quota_key(standing.offer.id, shard) for shard in range(standing.shards)]
    return [row for row in reads.batch(keys) if row is not None]


def _record(made: Standing) -> Write:
    place = offer_key(owner_of(made.offer.merchant_id), made.offer.id)
    return transact.create(OfferItem(place.pk, place.sk, standing=made, version=made.version))


def _board(seen: Board, made: Standing, now: datetime) -> Write:
    after = seen.with_standing(made, now)
    place = board_key(seen.code)
    row = BoardItem(place.pk, place.sk, version=after.version, standings=after.standings)
    if not seen.version:
        return transact.create(row, refuse=lambda _old: OfferChanged())
    as_read = BoardItem.version == seen.version
    return transact.put(row, as_read, refuse=lambda _old: OfferChanged())


def _quota(made: Standing) -> list[Write]:
    if made.offer.quota is None:
        return []
    shares = even_shares(made.offer.quota, made.shards)
    return [
        transact.create(_quota_row(made.offer.id, shard, left=left, used=0))
        for shard, left in enumerate(shares)
    ]


def _requota(former: Standing, made: Standing, rows: Sequence[QuotaItem]) -> list[Write]:
    """Give every row its share of what is left; what is used stays where it is, for a quota that is
    lifted and comes back, too.
    """
    quota = made.offer.quota
    if quota == former.offer.quota:
        return []
    if quota is None:
        return []
    if not rows:
        return _quota(made)
    used = [int(row.used) for row in rows]
    if quota < sum(used):
        raise QuotaBelowUsed(f"{sum(used)} are used already")
    writes = []
    for row, share in zip(rows, even_shares(quota - sum(used), len(rows)), strict=True):
        as_read = (QuotaItem.used == row.used) & (QuotaItem.left == row.left)
        after = [QuotaItem.left.set(share)]
        write = transact.update(
            QuotaItem(row.pk, row.sk), after, as_read, refuse=lambda _old: OfferChanged()
        )
        writes.append(write)
    return writes


def _quota_row(offer_id: str, shard: int, *, left: int, used: int) -> QuotaItem:
    place = quota_key(offer_id, shard)
    return QuotaItem(place.pk, place.sk, left=left, used=used)
