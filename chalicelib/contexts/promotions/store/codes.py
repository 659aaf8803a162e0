"""Single-use codes: the writes by which they are made, and the reading of all of them.

A code is a coupon of nobody's. Codes are made by the batch, each batch with a row that names its codes:
so a batch is made once, whoever asks again, and all codes are read without asking for each.
"""

from collections.abc import Sequence

from chalicelib.aws import reads, transact
from chalicelib.aws.settings import settings
from chalicelib.aws.transact import Write
from chalicelib.contexts.promotions.model.campaigns import Campaign, Coupon
from chalicelib.contexts.promotions.model.refusals import CodesMade, LimitReached
from chalicelib.contexts.promotions.store.campaigns import hold
from chalicelib.contexts.promotions.store.rows import (
    CodesItem,
    QuotaItem,
    campaign_key,
    quota_key,
)
from chalicelib.kernel.paging import Page, decode_cursor, encode_cursor

BATCH, LAST = "CODES#", "~"
CODES_A_BATCH = 90
"""With their batch, all rows of the quantity and a key's record they fit into one transaction."""


def made_under(campaign_id: str, key: str) -> set[int]:
    """Which batches were made under a key, by number. One round trip."""
    place = campaign_key(campaign_id).pk
    rows = reads.query_all(CodesItem, place, begins_with=f"{BATCH}{key}#")
    return {int(row.sk.rpartition("#")[2]) for row in rows}


def every(campaign_id: str) -> list[str]:
    """Read all codes of a campaign, in the order of their batches."""
    rows = reads.query_all(CodesItem, campaign_key(campaign_id).pk, begins_with=BATCH)
    return [code for row in rows for code in row.codes]


def page(campaign_id: str, key: str, limit: int, cursor: str) -> Page[tuple[str, str]]:
    """A page of a campaign's codes with their keys, of one key where it is named, in the order of their
    batches. One round trip, or two. Refuses `request.bad_cursor`.
    """
    pk, begins_with = campaign_key(campaign_id).pk, f"{BATCH}{key}#" if key else BATCH
    scope, secret = f"{pk} {begins_with}", settings().token_secret
    start = decode_cursor(cursor, scope=scope, secret=secret) if cursor else {}
    between = (start.get("batch", begins_with), f"{begins_with}{LAST}")
    found: list[tuple[str, int, str]] = []
    for most in (limit // CODES_A_BATCH + 2, limit + 1):
        rows = reads.query(CodesItem, pk, between=between, limit=most)
        codes = [
            (row.sk, place, code) for row in rows.items for place, code in enumerate(row.codes)
        ]
        found = codes[start.get("place", 0) :]
        if len(found) > limit or rows.position is None:
            break
    shown, rest = found[:limit], found[limit:]
    after = {"batch": rest[0][0], "place": rest[0][1]} if rest else None
    return Page(
        [(code, sk.removeprefix(BATCH).rpartition("#")[0]) for sk, _, code in shown],
        encode_cursor(after, scope=scope, secret=secret) if after else None,
    )


def make(
    campaign: Campaign,
    key: str,
    number: int,
    coupons: Sequence[Coupon],
    parts: Sequence[tuple[int, int]],
) -> list[Write]:
    """Contribute one batch of codes, out of these parts (shard, units) of the campaign's quantity.

    Refuses `promotions.codes_made` where this batch was made already, and `promotions.limit_reached`
    where too little is left in a row of the quantity.
    """
    place = campaign_key(campaign.id).pk
    codes = tuple(one.code for one in coupons)
    row = CodesItem(place, f"{BATCH}{key}#{number:05d}", codes=codes)
    taken = [
        transact.update(
            QuotaItem(quota.pk, quota.sk),
            [QuotaItem.left.add(-units), QuotaItem.used.add(units)],
            QuotaItem.left >= units,
            refuse=lambda _old: LimitReached(),
        )
        for quota, units in ((quota_key(campaign.id, shard), units) for shard, units in parts)
    ]
    return [transact.create(row, refuse=lambda _old: CodesMade()), *taken, *map(hold, coupons)]
