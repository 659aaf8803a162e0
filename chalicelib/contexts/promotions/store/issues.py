"""Issues of coupons: their plan, their chunks, and the writes by which a chunk is handed out.

| pk | sk | row |
|---|---|---|
| `ISSUE#id` | `ISSUE` | an issue and its state |
| `ISSUE#id` | `SHARD#n` | how far a shard of the members is planned and handed out |
| `ISSUE#id` | `CHUNK#shard#first` | a chunk; `is_done` once it is handed out |
| `ISSUES` | `ISSUE#id` | that an issue is not done yet, and when to look at it |
| `ISSUES#campaign` | `ISSUE#id` | that a campaign has this issue |
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.aws import reads, transact
from chalicelib.aws.reads import Key
from chalicelib.aws.tables import DocumentAttribute
from chalicelib.aws.transact import Write
from chalicelib.contexts.promotions.model.campaigns import Campaign, Coupon, CouponState
from chalicelib.contexts.promotions.model.issues import (
    Chunk,
    Given,
    Issue,
    IssueMoved,
    IssueState,
    Progress,
)
from chalicelib.contexts.promotions.model.refusals import LimitReached
from chalicelib.contexts.promotions.store.campaigns import hold
from chalicelib.contexts.promotions.store.rows import (
    CouponItem,
    PromotionsItem,
    QuotaItem,
    coupon_key,
    quota_key,
)
from chalicelib.kernel.paging import Page

OPEN = "ISSUES"
COUNTS = ("members", "chunks", "chunks_done", "issued", "short", "skipped")


class IssueItem(PromotionsItem, discriminator="ISSUE"):
    issue: DocumentAttribute[Issue] = DocumentAttribute(Issue)
    state = UnicodeAttribute()


class IssueShardItem(PromotionsItem, discriminator="ISSUE_SHARD"):
    """`cursor` is the last member planned; `plans` counts the chunks made, so that two planners never
    make the same stretch twice. What is `taken_back` of those who left is no longer `issued`.
    """

    cursor = UnicodeAttribute(default="")
    plans = NumberAttribute(default=0)
    is_planned = BooleanAttribute(default=False)
    members = NumberAttribute(default=0)
    chunks = NumberAttribute(default=0)
    chunks_done = NumberAttribute(default=0)
    issued = NumberAttribute(default=0)
    short = NumberAttribute(default=0)
    skipped = NumberAttribute(default=0)
    taken_back = NumberAttribute(default=0)


class ChunkItem(PromotionsItem, discriminator="ISSUE_CHUNK"):
    chunk: DocumentAttribute[Chunk] = DocumentAttribute(Chunk)
    is_done = BooleanAttribute()
    given: DocumentAttribute[tuple[str, ...]] = DocumentAttribute(tuple[str, ...], null=True)


class IssueNameItem(PromotionsItem, discriminator="ISSUE_NAME"):
    issue_id = UnicodeAttribute()


def issue_key(issue_id: str) -> Key:
    """Where an issue lies."""
    return Key(IssueItem, f"ISSUE#{issue_id}", "ISSUE")


def shard_key(issue_id: str, shard: int) -> Key:
    """Where the plan of one shard lies."""
    return Key(IssueShardItem, f"ISSUE#{issue_id}", f"SHARD#{shard}")


def chunk_key(issue_id: str, shard: int, first: str) -> Key:
    """Where a chunk lies."""
    return Key(ChunkItem, f"ISSUE#{issue_id}", f"CHUNK#{shard:02d}#{first}")


def create(issue: Issue, state: IssueState, shards: int, chunks: Sequence[Chunk]) -> list[Write]:
    """Contribute an issue. One whose members are named is planned already."""
    place = issue_key(issue.id)
    name = f"ISSUE#{issue.id}"
    writes = [
        transact.create(IssueItem(place.pk, place.sk, issue=issue, state=state)),
        transact.create(IssueNameItem(OPEN, name, issue_id=issue.id)),
        transact.create(IssueNameItem(f"{OPEN}#{issue.campaign_id}", name, issue_id=issue.id)),
    ]
    named: dict[int, list[Chunk]] = {}
    for chunk in chunks:
        named.setdefault(chunk.shard, []).append(chunk)
    for shard in range(shards):
        own = named.get(shard, [])
        at = shard_key(issue.id, shard)
        row = IssueShardItem(
            at.pk,
            at.sk,
            cursor="",
            plans=0,
            is_planned=bool(chunks),
            members=sum(len(one.members) for one in own),
            chunks=len(own),
        )
        writes.append(transact.create(row))
    return writes + [transact.create(_chunk_row(chunk)) for chunk in chunks]


def move(issue_id: str, states: Iterable[IssueState], target: IssueState) -> list[Write]:
    """Contribute another state of an issue that is in one of these. Refuses `promotions.issue_moved`."""
    place = issue_key(issue_id)
    first, *others = [IssueItem.state == state for state in states]
    condition: Any = first
    for one in others:
        condition = condition | one
    row = IssueItem(place.pk, place.sk)
    actions = [IssueItem.state.set(target)]
    moved = transact.update(row, actions, condition, refuse=lambda _old: IssueMoved())
    if target is not IssueState.DONE:
        return [moved]
    return [moved, transact.delete(IssueNameItem(OPEN, f"ISSUE#{issue_id}"))]


def plan(seen: IssueShardItem, chunk: Chunk, members: int) -> list[Write]:
    """Contribute the next chunk of a shard. Refuses `promotions.issue_moved` where it is planned."""
    actions = [
        IssueShardItem.cursor.set(chunk.last),
        IssueShardItem.plans.add(1),
        IssueShardItem.chunks.add(1),
        IssueShardItem.members.add(members),
    ]
    return [_planned(seen, actions), transact.create(_chunk_row(chunk))]


def plan_ends(seen: IssueShardItem) -> Write:
    """Contribute that a shard is planned. Refuses `promotions.issue_moved` where more is by now."""
    return _planned(seen, [IssueShardItem.is_planned.set(True)])


def hand_out(
    campaign: Campaign,
    chunk: Chunk,
    given: Given,
    coupons: Sequence[Coupon],
    parts: Iterable[tuple[int, int]],
) -> list[Write]:
    """Contribute that a chunk is handed out: once. `parts` are what of the quantity's rows it takes.

    Refuses `promotions.issue_moved` where it is handed out already, and `promotions.limit_reached`.
    """
    at, shard = (
        chunk_key(chunk.issue_id, chunk.shard, chunk.first),
        shard_key(chunk.issue_id, chunk.shard),
    )
    done = transact.update(
        ChunkItem(at.pk, at.sk),
        [ChunkItem.is_done.set(True), ChunkItem.given.set(tuple(one.member_id for one in coupons))],
        ChunkItem.is_done == False,  # noqa: E712 - a condition of DynamoDB
        refuse=lambda _old: IssueMoved(),
    )
    counted = transact.update(
        IssueShardItem(shard.pk, shard.sk),
        [
            IssueShardItem.chunks_done.add(1),
            IssueShardItem.issued.add(given.issued),
            IssueShardItem.short.add(given.short),
            IssueShardItem.skipped.add(given.skipped),
        ],
    )
    taken = [_taken(campaign.id, place, units) for place, units in parts]
    return [done, counted, *taken, *map(hold, coupons)]


def take_back(issue: Issue, chunk: Chunk, coupon: Coupon, quota_shard: int) -> list[Write]:
    """Contribute that a coupon of a chunk goes back into this row of the quantity: the member left.

    Fails (`transact.ConditionFailed`) where nobody holds it, and refuses `promotions.limit_reached`
    where nothing is gone of that row.
    """
    held = coupon_key(coupon.member_id, coupon.code)
    quota, at = quota_key(issue.campaign_id, quota_shard), shard_key(issue.id, chunk.shard)
    returned = transact.update(
        QuotaItem(quota.pk, quota.sk),
        [QuotaItem.left.add(1), QuotaItem.used.add(-1)],
        QuotaItem.used >= 1,
        refuse=lambda _old: LimitReached(),
    )
    counted = transact.update(
        IssueShardItem(at.pk, at.sk),
        [
            IssueShardItem.issued.add(-1),
            IssueShardItem.skipped.add(1),
            IssueShardItem.taken_back.add(1),
        ],
    )
    is_held = CouponItem.state == CouponState.HELD
    return [transact.delete(CouponItem(held.pk, held.sk), is_held), returned, counted]


def read(
    issue_id: str, shard: int, first: str
) -> tuple[tuple[Issue, IssueState] | None, Chunk | None, tuple[str, ...] | None]:
    """Read an issue, one of its chunks, and who got a coupon of it: None before it is handed out. One
    round trip.
    """
    issue, chunk = reads.batch([issue_key(issue_id), chunk_key(issue_id, shard, first)])
    found = (issue.issue, IssueState(issue.state)) if issue else None
    given = (chunk.given or ()) if chunk and chunk.is_done else None
    return found, chunk.chunk if chunk else None, given


def planning(issue_id: str, shard: int) -> tuple[tuple[Issue, IssueState], IssueShardItem] | None:
    """Read an issue and how far a shard of it is planned. One round trip."""
    issue, row = reads.batch([issue_key(issue_id), shard_key(issue_id, shard)])
    return ((issue.issue, IssueState(issue.state)), row) if issue and row else None


def waiting(issue_id: str, shard: int) -> list[Chunk]:
    """Read the chunks of a shard that are not handed out."""
    rows = reads.query_all(ChunkItem, f"ISSUE#{issue_id}", begins_with=f"CHUNK#{shard:02d}#")
    return [row.chunk for row in rows if not row.is_done]


def progress(issue_id: str) -> Progress | None:
    """Read how far an issue is. Two round trips."""
    place = issue_key(issue_id)
    row = reads.get(IssueItem, place.pk, place.sk)
    if row is None:
        return None
    return _progress(row, list(reads.query_all(IssueShardItem, place.pk, begins_with="SHARD#")))


def progress_of(issue_ids: Sequence[str], shards: int) -> list[Progress]:
    """Read how far some issues are. One round trip for each hundred rows: `shards` and one of each."""
    keys = [issue_key(one) for one in issue_ids]
    keys += [shard_key(one, shard) for one in issue_ids for shard in range(shards)]
    found = reads.batch(keys) if keys else []
    parts: dict[str, list[IssueShardItem]] = {}
    for row in filter(None, found[len(issue_ids) :]):
        parts.setdefault(row.pk, []).append(row)
    return [_progress(row, parts.get(row.pk, [])) for row in found[: len(issue_ids)] if row]


def unfinished() -> list[str]:
    """Name the issues that are not done."""
    return [row.issue_id for row in reads.query_all(IssueNameItem, OPEN)]


def of_campaign(campaign_id: str, limit: int, cursor: str) -> Page[str]:
    """A page of the issues of a campaign, newest first."""
    pk = f"{OPEN}#{campaign_id}"
    page = reads.page(IssueNameItem, pk, scope=pk, limit=limit, cursor=cursor, forward=False)
    return Page([row.issue_id for row in page.items], page.next_cursor)


def _planned(seen: IssueShardItem, actions: list[Any]) -> Write:
    as_read: Any = (IssueShardItem.plans == int(seen.plans)) & (
        IssueShardItem.is_planned == False  # noqa: E712 - a condition of DynamoDB
    )
    row = IssueShardItem(seen.pk, seen.sk)
    return transact.update(row, actions, as_read, refuse=lambda _old: IssueMoved())


def _chunk_row(chunk: Chunk) -> ChunkItem:
    place = chunk_key(chunk.issue_id, chunk.shard, chunk.first)
    return ChunkItem(place.pk, place.sk, chunk=chunk, is_done=False)


def _taken(campaign_id: str, shard: int, units: int) -> Write:
    place = quota_key(campaign_id, shard)
    return transact.update(
        QuotaItem(place.pk, place.sk),
        [QuotaItem.left.add(-units), QuotaItem.used.add(units)],
        QuotaItem.left >= units,
        refuse=lambda _old: LimitReached(),
    )


def _progress(row: IssueItem, shards: Sequence[IssueShardItem]) -> Progress:
    counts = {name: sum(int(getattr(one, name) or 0) for one in shards) for name in COUNTS}
    return Progress(
        issue=row.issue,
        state=IssueState(row.state),
        shards=len(shards),
        shards_planned=sum(bool(one.is_planned) for one in shards),
        **counts,
    )
