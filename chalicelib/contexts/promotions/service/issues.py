"""Handing out a campaign's coupons to many members: planned by shards, done by chunks, resumable.

Every message may come twice, late, or after its worker died. A planner first sends out what waits of
its shard and then goes on where the plan ends; a chunk is handed out in the one transaction that says
so. What got lost on the way is sent again by a clock, or by whoever resumes the issue.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

from chalicelib.aws import outbox, queues, reads, retries, transact
from chalicelib.aws.settings import settings
from chalicelib.contexts.identity.service import listing
from chalicelib.contexts.members.service import points, tiers
from chalicelib.contexts.promotions import store
from chalicelib.contexts.promotions.facts import CouponGiven, CouponsIssued
from chalicelib.contexts.promotions.model.campaigns import (
    Campaign,
    Coupon,
    issued,
)
from chalicelib.contexts.promotions.model.issues import (
    CHUNK_MEMBERS,
    ISSUE,
    NAMED_MAX,
    Chunk,
    Given,
    HandOut,
    Issue,
    IssueMoved,
    IssueState,
    NoIssue,
    NotToBeIssued,
    PlanShard,
    Progress,
    Segment,
)
from chalicelib.contexts.promotions.model.refusals import LimitReached, NoCampaign
from chalicelib.contexts.promotions.service.deriving import derived_code
from chalicelib.contexts.promotions.service.offers import maker
from chalicelib.contexts.promotions.store import campaigns as campaign_rows
from chalicelib.contexts.promotions.store import issues as rows
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Busy, FieldError, Malformed
from chalicelib.kernel.paging import PAGE_SIZE, Page
from chalicelib.kernel.shards import choose, home_shard

BY_HAND = "issue"
CHUNKS_A_MESSAGE = 300
"""A planner that made so many leaves the rest to the next."""
SENT_AT_ONCE = 10
READ_MAX = 1_000


def start_issue(
    actor: Actor,
    campaign_id: str,
    segment: Segment,
    *,
    starts_at: str = "",
    cause: str = BY_HAND,
    key: str = "",
) -> Issue:
    """Hand a campaign's coupons out to members, one each; now, or from `starts_at` (RFC 3339) on. The
    same `key` starts one. The platform alone may.

    Refuses `promotions.no_such_campaign`, `promotions.not_to_be_issued`, and `request.malformed`
    where too many members or a tier that is not there are named.
    """
    actor.as_platform()
    campaign, now = campaign_rows.campaign(campaign_id), clock.now()
    if campaign is None:
        raise NoCampaign
    if not campaign.is_claimed or now >= campaign.ends_at:
        raise NotToBeIssued
    _require_known(segment)
    issue = Issue(
        id=ids.derived(ISSUE, campaign_id, key) if key else ids.new(ISSUE),
        campaign_id=campaign_id,
        merchant_id=campaign.merchant_id,
        segment=segment,
        cause=cause,
        created_at=clock.iso(now),
        starts_at=max(filter(None, (starts_at, clock.iso(now), clock.iso(campaign.starts_at)))),
    )
    is_due = issue.starts_at <= clock.iso(now)
    state = IssueState.RUNNING if is_due else IssueState.SCHEDULED
    try:
        transact.commit(rows.create(issue, state, listing.SHARDS, _named_chunks(issue)))
    except transact.ConditionFailed:
        if not key:
            raise
        return progress_of(actor, issue.id).issue
    if is_due:
        _send_plans(issue.id)
    return issue


def pause_issue(actor: Actor, issue_id: str) -> Progress:
    """Stop handing out after the chunks that are under way: the platform, or the merchant whose
    campaign it is. Refuses `promotions.no_such_issue`; one that is paused or done stays so.
    """
    seen = progress_of(actor, issue_id)
    if seen.state in {IssueState.RUNNING, IssueState.SCHEDULED}:
        running = (IssueState.RUNNING, IssueState.SCHEDULED)
        with suppress(IssueMoved):
            transact.commit(rows.move(issue_id, running, IssueState.PAUSED))
    return progress_of(actor, issue_id)


def resume_issue(actor: Actor, issue_id: str) -> Progress:
    """Go on where an issue was paused, or where messages were lost; one whose time has not come waits
    for it. Who may pause may resume. Refuses `promotions.no_such_issue`.
    """
    seen = progress_of(actor, issue_id)
    is_due = seen.issue.starts_at <= clock.iso(clock.now())
    if seen.state is IssueState.PAUSED:
        target = IssueState.RUNNING if is_due else IssueState.SCHEDULED
        with suppress(IssueMoved):
            transact.commit(rows.move(issue_id, (IssueState.PAUSED,), target))
    if is_due and seen.state in {IssueState.PAUSED, IssueState.RUNNING}:
        _send_plans(issue_id)
    return progress_of(actor, issue_id)


def progress_of(actor: Actor, issue_id: str) -> Progress:
    """Tell how far an issue is: the platform of all, a merchant of its own campaigns'. Refuses
    `promotions.no_such_issue`.
    """
    found, merchant_id = rows.progress(issue_id), maker(actor)
    if found is None or (merchant_id and found.issue.merchant_id != merchant_id):
        raise NoIssue
    return found


def issues_of(
    actor: Actor, campaign_id: str, *, limit: int = PAGE_SIZE, cursor: str = ""
) -> Page[Progress]:
    """List the issues of a campaign with how far they are, newest first: the platform of all, a merchant
    of its own. One round trip, and one for each five issues.
    """
    page, merchant_id = rows.of_campaign(campaign_id, limit, cursor), maker(actor)
    found = rows.progress_of(page.items, listing.SHARDS)
    own = [one for one in found if not merchant_id or one.issue.merchant_id == merchant_id]
    return Page(own, page.next_cursor)


def plan(message: PlanShard) -> None:
    """Send out what waits of a shard, and plan on where the plan ends."""
    found = rows.planning(message.issue_id, message.shard)
    if found is None or found[0][1] is not IssueState.RUNNING:
        return
    (issue, _), seen = found
    _send_chunks(rows.waiting(issue.id, message.shard))
    if not seen.is_planned and _planned_on(issue, message.shard):
        _send_plan(issue.id, [message.shard])
    _finish(issue.id)


def hand_out(message: HandOut) -> None:
    """Hand out one chunk, if that was not done and the issue runs; then take back what went to members
    who left meanwhile.
    """
    found, chunk, before = rows.read(message.issue_id, message.shard, message.first)
    if found is None or chunk is None:
        return
    issue, state = found
    if before is None and state is not IssueState.RUNNING:
        return
    given = _handed_out(issue, chunk) if before is None else before
    _take_back(issue, chunk, given)
    _finish(issue.id)


def push_issues() -> dict[str, int]:
    """Start the issues whose time has come, and send again what the others wait for: a message may
    have been lost. Sending it once too often changes nothing.
    """
    counts = {"started": 0, "pushed": 0}
    for issue_id in rows.unfinished():
        seen = rows.progress(issue_id)
        if seen is None or seen.state in {IssueState.PAUSED, IssueState.DONE}:
            continue
        if seen.state is IssueState.SCHEDULED:
            if seen.issue.starts_at > clock.iso(clock.now()):
                continue
            try:
                transact.commit(rows.move(issue_id, (IssueState.SCHEDULED,), IssueState.RUNNING))
            except IssueMoved:
                continue
            counts["started"] += 1
        else:
            counts["pushed"] += 1
        _send_plans(issue_id)
    return counts


def code_for(issue: Issue, member_id: str) -> str:
    """The code of the coupon that a member gets of an issue: always the same, and nobody guesses it."""
    return derived_code(f"{issue.id} {member_id}", issue.created_at)


def _require_known(segment: Segment) -> None:
    errors = []
    unknown = segment.tiers - {tier.code for tier in tiers.ladder()}
    if unknown:
        told = ", ".join(sorted(unknown))[:200]
        errors.append(FieldError("tiers", "unknown", f"There is no tier {told}"))
    if len(segment.members) > NAMED_MAX:
        errors.append(FieldError("members", "too_many", f"At most {NAMED_MAX} can be named"))
    for name in ("since", "until"):
        try:
            clock.parse(getattr(segment, name) or "2000-01-01T00:00:00Z")
        except ValueError:
            errors.append(FieldError(name, "malformed", "This is no time with its offset"))
    if errors:
        raise Malformed("; ".join(one.detail for one in errors), errors=errors)


def _named_chunks(issue: Issue) -> list[Chunk]:
    members = sorted(set(issue.segment.members))
    stretches = [
        members[start : start + CHUNK_MEMBERS] for start in range(0, len(members), CHUNK_MEMBERS)
    ]
    return [
        Chunk(issue_id=issue.id, shard=0, first=one[0], last=one[-1], members=tuple(one))
        for one in stretches
    ]


def _planned_on(issue: Issue, shard: int) -> bool:
    """Plan a shard on. True where more is left than one message may plan."""
    first, last = issue.segment.bounds(issue.created_at)
    made: list[Chunk] = []
    for _ in range(CHUNKS_A_MESSAGE):
        found = rows.planning(issue.id, shard)
        if found is None or found[0][1] is not IssueState.RUNNING or found[1].is_planned:
            break
        seen = found[1]
        after = f"{seen.cursor} " if seen.cursor else first
        members = listing.members_between(shard, after, last, CHUNK_MEMBERS)
        try:
            if not members:
                transact.commit([rows.plan_ends(seen)])
                break
            chunk = Chunk(
                issue_id=issue.id,
                shard=shard,
                first=members[0],
                last=members[-1],
                members=tuple(members),
            )
            transact.commit(rows.plan(seen, chunk, len(members)))
        except IssueMoved:
            break
        made.append(chunk)
        if len(made) == SENT_AT_ONCE:
            _send_chunks(made)
            made = []
    else:
        _send_chunks(made)
        return True
    _send_chunks(made)
    return False


def _handed_out(issue: Issue, chunk: Chunk) -> Collection[str]:
    """Hand a chunk out. Returns who got a coupon: nobody where another worker was faster, or while the
    campaign is stopped, when the chunk waits.
    """
    campaign, now = campaign_rows.campaign(issue.campaign_id), clock.now()
    assert campaign is not None, "campaigns stay"
    is_over = now >= campaign.ends_at
    if not is_over and not campaign.is_open(now):
        return ()
    listed = _listed(issue, chunk)
    meant = _of_tiers(listed, issue.segment.tiers)
    for attempt in range(retries.ROUNDS_MAX):
        left = campaign_rows.left_of([campaign])[campaign.id]
        if is_over:
            left = [0 for _ in left]
        wanted = min(len(meant), sum(left))
        home = home_shard(f"{chunk.shard} {chunk.first}", campaign.shards)
        parts = (choose(wanted, left, home) or []) if wanted else []
        coupons = [_coupon(issue, campaign, member) for member in meant[:wanted]]
        given = Given(len(coupons), len(meant) - len(coupons), len(listed) - len(meant))
        writes = rows.hand_out(campaign, chunk, given, coupons, parts)
        if coupons:
            writes.append(outbox.write(_told(issue, coupons)))
        try:
            transact.commit(writes)
        except LimitReached:
            retries.pause(attempt)
        except IssueMoved:
            return ()
        else:
            return meant[:wanted]
    raise Busy


def _listed(issue: Issue, chunk: Chunk) -> list[str]:
    """The members of a chunk who are members still; who came between them later is of no chunk."""
    if not issue.segment.members:
        there = listing.members_between(chunk.shard, chunk.first, chunk.last, READ_MAX)
        return [member for member in chunk.members if member in set(there)]
    found = [listing.members_between(listing.shard_of(one), one, one, 1) for one in chunk.members]
    return [member for some in found for member in some]


def _of_tiers(members: Sequence[str], wanted: frozenset[str]) -> list[str]:
    """Those of some members who are of these tiers now; all of them where none is named."""
    if not wanted or not members:
        return list(members)
    accounts = reads.batch([points.place_of(member) for member in members])
    return [
        member
        for member, row in zip(members, accounts, strict=True)
        if tiers.tier_in(points.loyalty_in(row)).code in wanted
    ]


def _take_back(issue: Issue, chunk: Chunk, given: Collection[str]) -> None:
    """Return the coupons of members who left while they were given theirs: who reads the list after the
    transaction sees whoever left before it, and whoever left after it takes the coupon along.
    """
    gone = sorted(set(given) - set(_listed(issue, chunk)))
    if not gone:
        return
    campaign = campaign_rows.campaign(issue.campaign_id)
    assert campaign is not None, "campaigns stay"
    for row in reads.batch([store.coupon_key(one, code_for(issue, one)) for one in gone]):
        if row is not None:
            _return(issue, chunk, campaign, row.coupon)


def _return(issue: Issue, chunk: Chunk, campaign: Campaign, coupon: Coupon) -> None:
    """Return one coupon to its campaign, once. One that was used is only removed, as is whatever a member
    who leaves had.
    """
    home = home_shard(coupon.member_id, campaign.shards)
    for attempt in range(retries.ROUNDS_MAX):
        used = [int(row.used) for row in campaign_rows.quota_rows(campaign)]
        ((shard, _),) = choose(1, used, home) or [(home, 0)]
        try:
            transact.commit(rows.take_back(issue, chunk, coupon, shard))
        except LimitReached:
            retries.pause(attempt)
        except transact.ConditionFailed as failed:
            if failed.old is not None:
                transact.commit([transact.delete(failed.old)])
            return
        else:
            return
    raise Busy


def _finish(issue_id: str) -> None:
    seen = rows.progress(issue_id)
    if seen is None or seen.state is not IssueState.RUNNING or not seen.is_over:
        return
    with suppress(IssueMoved):
        transact.commit(rows.move(issue_id, (IssueState.RUNNING,), IssueState.DONE))


def _coupon(issue: Issue, campaign: Campaign, member_id: str) -> Coupon:
    return issued(campaign, member_id, code_for(issue, member_id), clock.now())


def _told(issue: Issue, coupons: Sequence[Coupon]) -> CouponsIssued:
    return CouponsIssued(
        id=ids.ulid(),
        occurred_at=coupons[0].issued_at,
        issue_id=issue.id,
        campaign_id=issue.campaign_id,
        merchant_id=issue.merchant_id,
        cause=issue.cause,
        expires_at=clock.iso(coupons[0].offer.ends_at),
        coupons=tuple(CouponGiven(one.member_id, one.id, one.code) for one in coupons),
    )


def _send_plans(issue_id: str) -> None:
    _send_plan(issue_id, range(listing.SHARDS))


def _send_plan(issue_id: str, shards: Iterable[int]) -> None:
    queue = settings().promotions_issues_queue_url
    queues.send(queue, [PlanShard(issue_id, shard) for shard in shards])


def _send_chunks(chunks: Sequence[Chunk]) -> None:
    queue = settings().promotions_issues_queue_url
    queues.send(queue, [HandOut(one.issue_id, one.shard, one.first) for one in chunks])
