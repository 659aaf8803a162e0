"""Limits: the writes by which purchases take of quotas and give back.

A condition of DynamoDB compares and cannot add, so a quota's row keeps what is left.
"""

from collections.abc import Collection, Sequence
from typing import Any

from chalicelib.aws import transact
from chalicelib.aws.transact import Write
from chalicelib.contexts.promotions.model.refusals import LimitReached, UsesChanged
from chalicelib.contexts.promotions.model.uses import Use, Uses, UsesState
from chalicelib.contexts.promotions.store.campaigns import spend, unspend
from chalicelib.contexts.promotions.store.rows import (
    HadItem,
    QuotaItem,
    UsesItem,
    had_key,
    quota_key,
    uses_key,
)


def take(uses: Uses) -> list[Write]:
    """Contribute what a new purchase uses. Refuses `promotions.limit_reached`."""
    if not uses.items:
        return []
    place = uses_key(uses.purchase_id)
    row = UsesItem(place.pk, place.sk, uses=uses, version=uses.version)
    return [transact.create(row), *_taken(uses, uses.items)]


def give_back(uses: Uses, moved: Sequence[Use], coupons: Collection[str]) -> list[Write]:
    """Contribute that a purchase does not use these any more; `coupons` are the codes of those that
    are still there. Refuses `promotions.uses_changed` where the uses are others by now.
    """
    writes = [_restated(uses, uses.moved(moved, UsesState.RETURNED))]
    for use in moved:
        if use.code in coupons:
            writes.append(unspend(use.holder, use.code, uses.purchase_id))
        writes += [
            transact.update(
                _quota_row(use, shard),
                [QuotaItem.left.add(units), QuotaItem.used.add(-units)],
                QuotaItem.used >= units,
            )
            for shard, units in use.parts
        ]
        if use.most is not None:
            back = [HadItem.used.add(-use.units), HadItem.kind.set(HadItem)]
            writes.append(transact.update(_had_row(uses, use), back))
    return writes


def take_again(uses: Uses | None, merchant_ids: Collection[str]) -> list[Write]:
    """Contribute that a purchase uses again what it gave back of these merchants' offers, for money
    that came late.

    Refuses `promotions.limit_reached` where others have it by now.
    """
    moved = uses.standing(UsesState.RETURNED, merchant_ids) if uses else ()
    if uses is None or not moved:
        return []
    return [_restated(uses, uses.moved(moved, UsesState.TAKEN)), *_taken(uses, moved)]


def _taken(uses: Uses, items: Collection[Use]) -> list[Write]:
    writes = []
    for use in items:
        if use.code:
            writes.append(spend(use.holder, use.code, uses.purchase_id))
        writes += [
            transact.update(
                _quota_row(use, shard),
                [QuotaItem.left.add(-units), QuotaItem.used.add(units)],
                QuotaItem.left >= units,
                refuse=lambda _old: LimitReached(),
            )
            for shard, units in use.parts
        ]
        if use.most is not None:
            fits: Any = HadItem.used <= use.most - use.units
            actions = [HadItem.used.add(use.units), HadItem.kind.set(HadItem)]
            if use.until:
                actions.append(HadItem.expires_at.set(use.until))
            write = transact.update(
                _had_row(uses, use),
                actions,
                HadItem.pk.does_not_exist() | fits,
                refuse=lambda _old: LimitReached(),
            )
            writes.append(write)
    return writes


def _restated(seen: Uses, now: Uses) -> Write:
    place = uses_key(seen.purchase_id)
    row = UsesItem(place.pk, place.sk, uses=now, version=now.version)
    as_read = UsesItem.version == seen.version
    return transact.put(row, as_read, refuse=lambda _old: UsesChanged())


def _quota_row(use: Use, shard: int) -> QuotaItem:
    place = quota_key(use.offer_id, shard)
    return QuotaItem(place.pk, place.sk)


def _had_row(uses: Uses, use: Use) -> HadItem:
    place = had_key(uses.who, use.offer_id)
    return HadItem(place.pk, place.sk)
