"""Issues: a campaign's coupons handed out to many members at once, chunk by chunk.

An issue is planned shard by shard of the list of members: a chunk is a stretch of one shard. Each chunk
is one transaction, so that a member gets one coupon of an issue however often anything runs.
"""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from chalicelib.kernel import clock, ids
from chalicelib.kernel.errors import Conflict, NotFound, Refusal
from chalicelib.kernel.states import Machine

CHUNK_MEMBERS = 85
"""With their chunk, the quota's rows and a fact they fit into one transaction."""
NAMED_MAX = 500
FIRST = "acc_"
"""Begins every id of an account."""
ISSUE = "iss"
"""Begins the id of an issue."""


class NoIssue(NotFound):
    code, title = "promotions.no_such_issue", "There is no such issue of coupons"


class NotToBeIssued(Refusal):
    """It has codes that anybody may use, or is over."""

    code, status = "promotions.not_to_be_issued", 409
    title = "Coupons of this campaign cannot be handed out"


class MembersUnknown(Refusal):
    """Nobody is called so: no coupon is handed out to any of them."""

    code, status = "promotions.members_unknown", 422
    title = "Some of these are no members"

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"Nobody is called {', '.join(names)}")
        self.names = names


class IssueMoved(Conflict):
    """Another worker or person was faster: read it again."""

    code, title = "promotions.issue_moved", "The issue went on meanwhile"


class IssueState(StrEnum):
    """An issue that is scheduled begins to run when its time comes."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"


ISSUES = Machine(
    IssueState,
    {
        IssueState.SCHEDULED: {IssueState.RUNNING, IssueState.PAUSED},
        IssueState.RUNNING: {IssueState.PAUSED, IssueState.DONE},
        IssueState.PAUSED: {IssueState.RUNNING, IssueState.SCHEDULED},
        IssueState.DONE: set(),
    },
)


class Segment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which members an issue is for: all, those who signed up in a time (RFC 3339, `until` excluded),
    those of some tiers now, or those who are named.
    """

    since: str = ""
    until: str = ""
    tiers: frozenset[str] = frozenset()
    members: tuple[str, ...] = ()

    def bounds(self, created_at: str) -> tuple[str, str]:
        """The first and last id that may be among them: nobody who came after the issue was made."""
        made = clock.parse(created_at) + timedelta(milliseconds=1)
        until = min(made, clock.parse(self.until)) if self.until else made
        first = FIRST + ids.stamp(clock.parse(self.since)) if self.since else FIRST
        return first, FIRST + ids.stamp(until)


class Issue(Struct, frozen=True, kw_only=True):
    """One handing out. `starts_at` is when it begins; `cause` is told with every coupon."""

    id: str
    campaign_id: str
    merchant_id: str
    segment: Segment
    cause: str
    created_at: str
    starts_at: str


class Chunk(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch of one shard's members, both ends included: those who were there when it was planned, or
    those whom the issue names.
    """

    issue_id: str
    shard: int
    first: str
    last: str
    members: tuple[str, ...] = ()


class Given(Struct, frozen=True):
    """What became of the members of a chunk: those who got a coupon, those for whom none was left, and
    those who are not meant.
    """

    issued: int = 0
    short: int = 0
    skipped: int = 0


class Progress(Struct, frozen=True, kw_only=True):
    """How far an issue is. `members` are those who were planned so far; all of them are once `shards`
    are `shards_planned`.
    """

    issue: Issue
    state: IssueState
    shards: int
    shards_planned: int = 0
    chunks: int = 0
    chunks_done: int = 0
    members: int = 0
    issued: int = 0
    short: int = 0
    skipped: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done."""
        return self.shards_planned == self.shards and self.chunks_done == self.chunks

    @property
    def seen(self) -> int:
        """How many members were dealt with."""
        return self.issued + self.short + self.skipped


class PlanShard(Struct, frozen=True, tag="plan"):
    """The message to plan a shard of an issue, and to send out what waits of it."""

    issue_id: str
    shard: int


class HandOut(Struct, frozen=True, tag="hand_out"):
    """The message to hand out one chunk."""

    issue_id: str
    shard: int
    first: str
