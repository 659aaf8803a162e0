"""The list of campaigns: what was claimed, what is left, what it cost."""

from collections.abc import Mapping

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity.console import person
from chalicelib.contexts.promotions.console import words as said
from chalicelib.contexts.promotions.console.listing import UndoView
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.campaigns import Campaign
from chalicelib.contexts.promotions.model.refusals import NoCampaign
from chalicelib.contexts.promotions.model.statistics import Figures
from chalicelib.contexts.promotions.service import campaigns, statistics
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn, Refusal
from chalicelib.web.forms import ChoiceView
from chalicelib.web.i18n import N_, PriceView, TimeView, Words
from chalicelib.web.page import Html, Redirect, page, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

CAMPAIGNS = "/console/campaigns"
ROWS_SHOWN = 25
EXHAUSTED = "exhausted"
STATES = {
    "live": said.STATES["live"],
    "scheduled": said.STATES["scheduled"],
    EXHAUSTED: (N_("All gone"), "wait"),
    "stopped": said.STATES["stopped"],
    "ended": said.STATES["ended"],
}
EMPTY = {
    "": N_("No coupons yet. The first campaign takes a minute."),
    "live": N_("No coupons are to be had now. Make a campaign, or open a stopped one again."),
    "scheduled": N_("No campaign waits for its day. Make one that begins later."),
    EXHAUSTED: N_("No open campaign has run out of coupons."),
    "stopped": N_("No campaign is stopped. You can stop any that is open."),
    "ended": N_("No campaign is over yet."),
}
assert set(EMPTY) == {"", *STATES}, "every tab says what it has not"


class CampaignRowView(Struct, frozen=True, kw_only=True):
    """A campaign as a line. `code` is empty where members claim; `move` is what its button does, empty
    where it is over.
    """

    href: str
    title: str
    takes: str
    about: str
    code: str
    starts_at: TimeView
    ends_at: TimeView
    state: str
    tone: str
    usage: str
    gone: str
    quantity: str
    orders: str
    cost: PriceView
    move: str
    move_label: str


class CampaignsView(Struct, frozen=True, kw_only=True):
    tabs: list[ChoiceView]
    campaigns: list[CampaignRowView]
    next_href: str
    empty: str
    state: str
    note: str = ""
    undo: UndoView | None = None


@page(bp, "GET", "/console/campaigns")
def show_all(visit: Visit) -> Html:
    return _list(visit, visit.query_text)


def list_again(visit: Visit, refusal: Refusal, *, campaign: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    del campaign
    return _list(visit, {}, refusal)


@page(bp, "POST", "/console/campaigns/{campaign}/state", refused=list_again)
def move(visit: Visit, campaign: str) -> Redirect:
    """Stop a campaign, or open it again; the list then offers the way back."""
    is_stopped = visit.fields.text("move") == "stop"
    changed = campaigns.stop(person(visit).actor, campaign, is_stopped=is_stopped)
    tab = visit.fields.text("tab")
    state = tab if tab in STATES else ""
    return Redirect(with_query(CAMPAIGNS, {"state": state, "done": changed.id}))


def state_of(campaign: Campaign, left: int) -> str:
    """How a campaign stands: `exhausted` is open with nothing left."""
    state = campaign.state(clock.now())
    return EXHAUSTED if state == "live" and not left else state


def move_of(state: str, words: Words) -> tuple[str, str]:
    """What may be done in a state, and what its button says; nothing once it is over."""
    moves = {"stopped": ("run", words.say(N_("Open again"))), "ended": ("", "")}
    return moves.get(state, ("stop", words.say(N_("Stop"))))


def usage_of(campaign: Campaign, left: int, words: Words) -> str:
    """How many are gone: given to members, by purchases where there is a code for all, or as codes."""
    if campaign.has_single_codes:
        told = N_("%(gone)s of %(quantity)s made as codes")
    elif campaign.code:
        told = N_("%(gone)s of %(quantity)s used")
    else:
        told = N_("%(gone)s of %(quantity)s given out")
    return words.say(told) % {"gone": campaign.quantity - left, "quantity": campaign.quantity}


def _list(visit: Visit, query: dict[str, str], refusal: Refusal | None = None) -> Html:
    actor, words = person(visit).actor, visit.words
    wanted = query.get("state", "")
    state = wanted if wanted in STATES else ""
    looked = "live" if state == EXHAUSTED else state
    found = campaigns.listed(actor, looked, limit=ROWS_SHOWN, cursor=query.get("cursor", ""))
    left = campaigns.left_of(found.items)
    shown = [one for one in found.items if state in {"", state_of(one, left[one.id])}]
    figures = statistics.totals(shown)
    onwards = {"state": state, "cursor": found.next_cursor}
    done = query.get("done", "")
    view = CampaignsView(
        tabs=_tabs(state, words),
        campaigns=[_row(one, left[one.id], figures, words) for one in shown],
        next_href=with_query(CAMPAIGNS, onwards) if found.next_cursor else "",
        empty=words.say(EMPTY[state]),
        state=state,
        note=words.refusal(refusal) if refusal else "",
        undo=_undo(_moved(visit, done, found.items), words) if done else None,
    )
    status = refusal.status if refusal else 200
    return Html("console/promotions/campaigns.html", view, status)


def _moved(visit: Visit, campaign_id: str, shown: list[Campaign]) -> Campaign | None:
    """The campaign that was moved just now; None for one that is not theirs or not there."""
    here = next((one for one in shown if one.id == campaign_id), None)
    if here is not None:
        return here
    try:
        return campaigns.one(person(visit).actor, campaign_id)
    except NoCampaign:
        return None


def _undo(moved: Campaign | None, words: Words) -> UndoView | None:
    if moved is None:
        return None
    stopped, opened = N_("“%(title)s” is stopped."), N_("“%(title)s” is open again.")
    sentence = words.say(stopped if moved.is_stopped else opened)
    return UndoView(
        sentence % {"title": said.titled(moved.coupon, words)},
        f"{CAMPAIGNS}/{moved.id}/state",
        "run" if moved.is_stopped else "stop",
    )


def _tabs(state: str, words: Words) -> list[ChoiceView]:
    return [
        ChoiceView(words.say(N_("All")), CAMPAIGNS, is_current=not state),
        *(
            ChoiceView(words.say(label), f"{CAMPAIGNS}?state={name}", is_current=name == state)
            for name, (label, _) in STATES.items()
        ),
    ]


def _row(
    campaign: Campaign, left: int, figures: Mapping[str, Figures], words: Words
) -> CampaignRowView:
    state, coupon, found = state_of(campaign, left), campaign.coupon, figures[campaign.id]
    label, tone = STATES[state]
    move_to, move_label = move_of(state, words)
    return CampaignRowView(
        href=f"{CAMPAIGNS}/{campaign.id}",
        title=said.titled(coupon, words),
        takes=said.takes(Standing(coupon, created_at=""), words),
        about=said.about(coupon, words),
        code=campaign.code,
        starts_at=words.moment(clock.iso(campaign.starts_at)),
        ends_at=words.moment(clock.iso(campaign.ends_at)),
        state=words.say(label),
        tone=tone,
        usage=usage_of(campaign, left, words),
        gone=str(campaign.quantity - left),
        quantity=str(campaign.quantity),
        orders=words.count("%(num)s order", "%(num)s orders", found.orders),
        cost=words.money(campaign.cost(found.by_merchant, found.by_platform)),
        move=move_to,
        move_label=move_label,
    )
