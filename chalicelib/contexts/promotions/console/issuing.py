"""Handing a campaign's coupons out from the console: start, pause, go on."""

import re

from chalice import Blueprint

from chalicelib.contexts.identity.console import person
from chalicelib.contexts.identity.service import listing
from chalicelib.contexts.members.service import tiers
from chalicelib.contexts.promotions.console import campaign_editing as editing
from chalicelib.contexts.promotions.console.campaigns import CAMPAIGNS
from chalicelib.contexts.promotions.console.form import Typed
from chalicelib.contexts.promotions.console.issue_view import JOINED, NAMED
from chalicelib.contexts.promotions.model.issues import (
    NAMED_MAX,
    MembersUnknown,
    NoIssue,
    Segment,
)
from chalicelib.contexts.promotions.service import campaigns, issues
from chalicelib.kernel.errors import Malformed, Refusal
from chalicelib.web.forms import Fields, wrong
from chalicelib.web.page import Html, Redirect, page
from chalicelib.web.session import Visit

bp = Blueprint(__name__)
BETWEEN = re.compile(r"[\n\r,;，；]+")


def start_again(visit: Visit, refusal: Refusal, *, campaign: str) -> Html:
    return editing.edit_again(visit, refusal, campaign=campaign)


@page(bp, "POST", "/console/campaigns/{campaign}/issues", refused=start_again)
def start(visit: Visit, campaign: str) -> Redirect:
    """Hand a campaign's coupons out; sending the form twice does so once."""
    actor, fields = person(visit).actor, visit.fields
    made = campaigns.one(actor, campaign)
    if not fields.text("key"):
        raise wrong("key", "missing")
    starts_at = _starts_at(fields)
    issues.start_issue(
        actor, made.id, _segment(fields), starts_at=starts_at, key=fields.text("key")
    )
    return Redirect(f"{CAMPAIGNS}/{made.id}#issues")


def move_again(visit: Visit, refusal: Refusal, *, campaign: str, issue: str) -> Html:
    del issue
    return editing.edit_again(visit, refusal, campaign=campaign)


@page(bp, "POST", "/console/campaigns/{campaign}/issues/{issue}", refused=move_again)
def move(visit: Visit, campaign: str, issue: str) -> Redirect:
    """Pause an issue, or let it go on."""
    actor = person(visit).actor
    made = campaigns.one(actor, campaign)
    if issues.progress_of(actor, issue).issue.campaign_id != made.id:
        raise NoIssue
    if visit.fields.text("move") == "pause":
        issues.pause_issue(actor, issue)
    else:
        issues.resume_issue(actor, issue)
    return Redirect(f"{CAMPAIGNS}/{made.id}#issues")


def _segment(fields: Fields) -> Segment:
    """Read whom it is for. What was typed for another kind of whom is left alone."""
    name = fields.text("whom")
    codes = [tier.code for tier in tiers.ladder()]
    if not name:
        return Segment()
    if name == NAMED:
        return Segment(members=_named(fields.text("members")))
    if name == JOINED:
        return _joined(fields)
    if name not in codes:
        raise wrong("whom", "unknown")
    return Segment(tiers=frozenset(codes[codes.index(name) :]))


def _named(told: str) -> tuple[str, ...]:
    """Read members by email address, phone number or id, one a line. Refuses
    `promotions.members_unknown`, naming those who are none.
    """
    names = list(dict.fromkeys(filter(None, (one.strip() for one in BETWEEN.split(told)))))
    if not names or len(names) > NAMED_MAX:
        raise wrong("members", "too_many" if names else "missing")
    found, unknown = listing.members_called(names)
    if unknown:
        raise MembersUnknown(unknown)
    return tuple(found)


def _joined(fields: Fields) -> Segment:
    """Read a time in which members signed up; one of its ends is needed."""
    typed, told = Typed(fields, ""), {}
    for name, field in (("since", "joined_since"), ("until", "joined_until")):
        told[name] = typed.moment(field) if fields.text(field) else ""
    if not any(told.values()):
        typed.wrong("joined_since", "missing")
    if told["since"] and told["until"] and told["until"] <= told["since"]:
        typed.wrong("joined_until", "before_start")
    if typed.errors:
        raise Malformed("Some fields cannot be read", errors=typed.errors)
    return Segment(**told)


def _starts_at(fields: Fields) -> str:
    if not fields.text("starts_at"):
        return ""
    typed = Typed(fields, "")
    moment = typed.moment("starts_at")
    if typed.errors:
        raise Malformed("Some fields cannot be read", errors=typed.errors)
    return moment
