"""How a campaign's coupons are handed out, as its page shows it: to whom, how far it is."""

from msgspec import Struct

from chalicelib.contexts.members.service import tiers
from chalicelib.contexts.promotions.console import form_view
from chalicelib.contexts.promotions.console.form_view import Asking
from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.model.issues import NAMED_MAX, IssueState, Progress, Segment
from chalicelib.contexts.promotions.service import issues, offers
from chalicelib.kernel import clock, ids
from chalicelib.kernel.actors import Actor
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_, TimeView, Words

ROWS_SHOWN = 10
NAMED, JOINED = "named", "joined"
"""For whom it is, beside tiers: members by name, or who signed up in a time."""
STATES = {
    IssueState.SCHEDULED: (N_("Scheduled"), "go"),
    IssueState.RUNNING: (N_("Under way"), "go"),
    IssueState.PAUSED: (N_("Paused"), "wait"),
    IssueState.DONE: (N_("Done"), "good"),
}
assert set(STATES) == set(IssueState), "every state has its words"


class IssueRowView(Struct, frozen=True, kw_only=True):
    """One handing out. `seen` of `members` are dealt with; `move` is what its button does, empty once
    it is done.
    """

    at: TimeView
    whom: str
    state: str
    tone: str
    given: str
    progress: str
    seen: str
    members: str
    action: str
    move: str
    move_label: str


class IssuingView(Struct, frozen=True, kw_only=True):
    """What was handed out, newest first, and the form for more, empty for who may not. `standing`
    changes as it goes on.
    """

    action: str
    key: str
    rows: list[IssueRowView]
    fields: list[FieldView]
    is_under_way: bool
    standing: str


def issuing_view(actor: Actor, campaign: Campaign, ask: Asking, place: str) -> IssuingView | None:
    """Show a campaign's issues; None where there are none and nobody may make one."""
    found = issues.issues_of(actor, campaign.id, limit=ROWS_SHOWN).items
    may_start = not offers.maker(actor) and campaign.is_claimed
    may_start = may_start and clock.now() < campaign.ends_at
    if not found and not may_start:
        return None
    return IssuingView(
        action=f"{place}/issues",
        key=ask.typed.text("key") or ids.ulid(),
        rows=[_row(one, f"{place}/issues", ask.words) for one in found],
        fields=_fields(ask) if may_start else [],
        is_under_way=any(one.state is IssueState.RUNNING for one in found),
        standing=" ".join(f"{one.state} {one.seen}/{one.members}" for one in found),
    )


def _fields(ask: Asking) -> list[FieldView]:
    say, locale = ask.words.say, ask.words.locale
    ladder = tiers.ladder()
    choices = [("", say(N_("All members")))]
    choices += [
        (tier.code, say(N_("%(tier)s and up")) % {"tier": tier.titles[locale]})
        for tier in ladder[1:]
    ]
    choices += [
        (JOINED, say(N_("Who joined in a time"))),
        (NAMED, say(N_("Members by name"))),
    ]
    hint = say(N_("Empty, and it begins at once."))
    who = say(N_("Email address, phone number or id, one a line, up to %(most)s.")) % {
        "most": NAMED_MAX
    }
    return [
        ask.field("whom", say(N_("For whom")), kind="select", choices=tuple(choices)),
        ask.field("starts_at", say(N_("Starts")), kind="datetime-local", hint=hint),
        ask.field("joined_since", say(N_("Joined from")), kind="datetime-local"),
        ask.field("joined_until", say(N_("Joined before")), kind="datetime-local"),
        ask.field("zone", say(N_("Times are in")), kind="select", choices=form_view.zones()),
        ask.field("members", say(N_("These members")), kind="textarea", hint=who, is_wide=True),
    ]


def _row(progress: Progress, place: str, words: Words) -> IssueRowView:
    issue, say = progress.issue, words.say
    label, tone = STATES[progress.state]
    moves = {
        IssueState.PAUSED: ("resume", say(N_("Go on"))),
        IssueState.DONE: ("", ""),
    }
    move, move_label = moves.get(progress.state, ("pause", say(N_("Pause"))))
    given = say(N_("%(issued)s handed out")) % {"issued": progress.issued}
    if progress.short:
        given += " · " + say(N_("%(short)s came too late")) % {"short": progress.short}
    told = N_("%(seen)s of %(members)s members looked at")
    return IssueRowView(
        at=words.moment(issue.starts_at),
        whom=_whom(progress, words),
        state=say(label),
        tone=tone,
        given=given,
        progress=say(told) % {"seen": progress.seen, "members": progress.members},
        seen=str(progress.seen),
        members=str(max(1, progress.members)),
        action=f"{place}/{issue.id}",
        move=move,
        move_label=move_label,
    )


def _whom(progress: Progress, words: Words) -> str:
    segment = progress.issue.segment
    if segment.members:
        return words.count("%(num)s member", "%(num)s members", len(segment.members))
    if segment.since or segment.until:
        return _joined(segment, words)
    named = [one.titles[words.locale] for one in tiers.ladder() if one.code in segment.tiers]
    return " / ".join(named) or words.say(N_("All members"))


def _joined(segment: Segment, words: Words) -> str:
    since = words.day(segment.since).text if segment.since else ""
    until = words.day(segment.until).text if segment.until else ""
    return words.say(N_("Joined %(since)s – %(until)s")) % {"since": since, "until": until}
