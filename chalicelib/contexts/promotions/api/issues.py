"""What the platform hands out of a merchant's campaign: how far it is, paused, and let go on.

Only the platform starts an issue, and whom it named stays with the platform.
"""

from typing import Annotated

import msgspec
from chalice import Blueprint
from msgspec import Meta

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.promotions.model.issues import IssueState, NoIssue, Progress
from chalicelib.contexts.promotions.service import campaigns, issues
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX
from chalicelib.web.endpoint import endpoint
from chalicelib.web.request import Request

bp = Blueprint(__name__)
ISSUES = "/api/v1/merchant/campaigns/{campaign}/issues"


class IssuesQuery(msgspec.Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE
    cursor: str = ""


class IssueChange(msgspec.Struct, forbid_unknown_fields=True):
    """`paused` stops it after the members who are dealt with now; false lets it go on."""

    paused: bool


class IssueView(msgspec.Struct):
    """One handing out. `members` are those found so far: some were given a coupon (`issued`), for some
    none was left (`short`), and some were not meant (`skipped`).
    """

    id: str
    state: IssueState
    starts_at: str
    members: int
    issued: int
    short: int
    skipped: int
    created_at: str


class IssuesView(msgspec.Struct):
    items: list[IssueView]
    next_cursor: str | None


@endpoint(
    bp,
    "GET",
    ISSUES,
    summary="What was handed out of a campaign, newest first",
    tag="merchant",
    query=IssuesQuery,
    answer=IssuesView,
    security="merchant",
)
def list_issues(request: Request, campaign: str) -> IssuesView:
    actor, query = identity.merchant(request.bearer), request.query
    made = campaigns.one(actor, campaign)
    page = issues.issues_of(actor, made.id, limit=query.limit, cursor=query.cursor)
    return IssuesView([_view(one) for one in page.items], page.next_cursor)


@endpoint(
    bp,
    "PATCH",
    f"{ISSUES}/{{issue}}",
    summary="Pause what is handed out of a campaign, or let it go on",
    tag="merchant",
    body=IssueChange,
    answer=IssueView,
    security="merchant",
)
def change_issue(request: Request, campaign: str, issue: str) -> IssueView:
    actor = identity.merchant(request.bearer)
    if issues.progress_of(actor, issue).issue.campaign_id != campaign:
        raise NoIssue
    move = issues.pause_issue if request.body.paused else issues.resume_issue
    return _view(move(actor, issue))


def _view(progress: Progress) -> IssueView:
    issue = progress.issue
    return IssueView(
        id=issue.id,
        state=progress.state,
        starts_at=issue.starts_at,
        members=progress.members,
        issued=progress.issued,
        short=progress.short,
        skipped=progress.skipped,
        created_at=issue.created_at,
    )
