"""The staff's queue of members who ask for help, and answering them."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.aftersales import service
from chalicelib.contexts.aftersales.model import Case, CaseState, Message
from chalicelib.contexts.aftersales.pages import STATES, MessageView, message_field
from chalicelib.contexts.identity.console import person
from chalicelib.contexts.members.model.tiers import step_of
from chalicelib.contexts.members.service import tiers
from chalicelib.kernel import ids
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn, Refusal
from chalicelib.web.forms import ChoiceView, FieldView
from chalicelib.web.i18n import N_, TimeView, Words
from chalicelib.web.page import Html, Redirect, page, problem, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

SUPPORT = "/console/support"
ROWS_SHOWN = 25
TABS = {
    CaseState.WAITING: N_("Waiting"),
    CaseState.ANSWERED: N_("Answered"),
    CaseState.CLOSED: N_("Closed"),
}
assert set(TABS) == set(CaseState), "every state has its tab"


class RowView(Struct, frozen=True):
    """A line of the queue; `tier` is "" for who has none but the first."""

    href: str
    subject: str
    tier: str
    since: TimeView
    messages: str


class QueueView(Struct, frozen=True, kw_only=True):
    tabs: list[ChoiceView]
    cases: list[RowView]
    is_waiting: bool
    next_href: str


class StaffCaseView(Struct, frozen=True, kw_only=True):
    """A conversation as the staff sees it; `order_href` is "" where there is no order to look at."""

    href: str
    subject: str
    state: str
    tone: str
    tier: str
    order: str
    order_href: str
    messages: list[MessageView]
    key: str
    field: FieldView
    is_closed: bool
    note: str


@page(bp, "GET", SUPPORT)
def show_queue(visit: Visit) -> Html:
    """Those that wait, by the priority of the member's tier and then by how long; or another tab."""
    actor, words = person(visit).actor, visit.words
    wanted = visit.query_text.get("state", "")
    state = CaseState(wanted) if wanted in set(CaseState) else CaseState.WAITING
    cursor = visit.query_text.get("cursor", "")
    found = service.listed(actor, state, limit=ROWS_SHOWN, cursor=cursor)
    query = {"state": state.value, "cursor": found.next_cursor}
    view = QueueView(
        tabs=[
            ChoiceView(words.say(label), f"{SUPPORT}?state={one}", is_current=one is state)
            for one, label in TABS.items()
        ],
        cases=[_row(one, words) for one in found.items],
        is_waiting=state is CaseState.WAITING,
        next_href=with_query(SUPPORT, query) if found.next_cursor else "",
    )
    return Html("console/aftersales/queue.html", view)


@page(bp, "GET", "/console/support/{case}")
def show(visit: Visit, case: str) -> Html:
    return _case(visit, case)


def answer_again(visit: Visit, refusal: Refusal, *, case: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    return _case(visit, case, refusal)


@page(bp, "POST", "/console/support/{case}/messages", refused=answer_again)
def answer(visit: Visit, case: str) -> Redirect:
    """Answer a member; sending the form twice answers once."""
    actor, fields = person(visit).actor, visit.fields
    service.say(actor, case, fields.text("text"), key=fields.text("key"))
    return Redirect(SUPPORT)


@page(bp, "POST", "/console/support/{case}/close", refused=answer_again)
def close(visit: Visit, case: str) -> Redirect:
    service.close(person(visit).actor, case)
    return Redirect(f"{SUPPORT}/{case}")


def _case(visit: Visit, case_id: str, refusal: Refusal | None = None) -> Html:
    words, actor = visit.words, person(visit).actor
    case = service.case_of(actor, case_id)
    state, tone = STATES[case.state]
    errors = problem(visit, refusal).errors if refusal else {}
    view = StaffCaseView(
        href=f"{SUPPORT}/{case.id}",
        subject=case.subject,
        state=words.say(state),
        tone=tone,
        tier=_tier(case, words),
        order=case.order_id,
        order_href=f"/console/orders/{case.order_id}" if case.order_id else "",
        messages=[_message(one, actor.id, words) for one in case.messages],
        key=visit.fields.text("key") or ids.ulid(),
        field=message_field(visit, errors, words.say(N_("Answer"))),
        is_closed=case.state is CaseState.CLOSED,
        note=words.refusal(refusal) if refusal and not refusal.errors else "",
    )
    return Html("console/aftersales/case.html", view, refusal.status if refusal else 200)


def _row(case: Case, words: Words) -> RowView:
    return RowView(
        href=f"{SUPPORT}/{case.id}",
        subject=case.subject,
        tier=_tier(case, words),
        since=words.moment(case.waiting_since),
        messages=words.count("%(num)s message", "%(num)s messages", len(case.messages)),
    )


def _tier(case: Case, words: Words) -> str:
    """The title of the tier that the member had when it was asked, where it is more than the first."""
    ladder = tiers.ladder()
    step = step_of(ladder, case.standing.tier)
    return ladder[step].titles[words.locale] if step else ""


def _message(message: Message, mine: str, words: Words) -> MessageView:
    who = words.say(N_("Member"))
    if message.by_staff:
        who = words.say(N_("You")) if message.by_staff == mine else words.say(N_("A colleague"))
    return MessageView(who, words.moment(message.at), message.text, bool(message.by_staff))
