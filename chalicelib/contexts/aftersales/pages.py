"""A member asks for help: the list of what was asked, the form, and each conversation."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.aftersales import service
from chalicelib.contexts.aftersales.model import (
    MESSAGE_LENGTH_MAX,
    SUBJECT_LENGTH_MAX,
    Case,
    CaseState,
    Message,
)
from chalicelib.contexts.identity.pages import member
from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.orders.model.values import purchase_of_order
from chalicelib.contexts.orders.service import Listed
from chalicelib.kernel import ids
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import NotFound, NotSignedIn, Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_, TimeView, Words
from chalicelib.web.page import Html, Redirect, page, problem, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

SUPPORT = "/account/support"
PURCHASES_OFFERED = 10
"""About the orders of how many of the newest purchases the form offers to ask."""
STATES = {
    CaseState.WAITING: (N_("Waits for an answer"), "wait"),
    CaseState.ANSWERED: (N_("Answered"), "good"),
    CaseState.CLOSED: (N_("Closed"), ""),
}
assert set(STATES) == set(CaseState), "every state has its words"


class MessageView(Struct, frozen=True):
    """What one side wrote; `who` names it for whoever looks."""

    who: str
    at: TimeView
    text: str
    is_mine: bool


class CaseLinkView(Struct, frozen=True):
    href: str
    subject: str
    whom: str
    state: str
    tone: str
    at: TimeView


class SupportView(Struct, frozen=True, kw_only=True):
    key: str
    fields: list[FieldView]
    cases: list[CaseLinkView]
    next_href: str
    note: str


class CaseView(Struct, frozen=True, kw_only=True):
    """A conversation; `order_href` is "" where it is about no order."""

    href: str
    subject: str
    whom: str
    state: str
    tone: str
    order_href: str
    order: str
    messages: list[MessageView]
    key: str
    field: FieldView
    is_closed: bool
    note: str


@page(bp, "GET", SUPPORT)
def show_all(visit: Visit) -> Html:
    return _support(visit)


def ask_again(visit: Visit, refusal: Refusal) -> Html:
    if isinstance(refusal, NotSignedIn):
        raise refusal
    return _support(visit, refusal)


@page(bp, "POST", SUPPORT, refused=ask_again)
def ask(visit: Visit) -> Redirect:
    """Open a case; sending the form twice opens one."""
    actor, fields = member(visit).actor, visit.fields
    case = service.ask(
        actor,
        fields.text("subject"),
        fields.text("text"),
        order_id=fields.text("order"),
        key=fields.text("key"),
    )
    return Redirect(f"{SUPPORT}/{case.id}")


@page(bp, "GET", "/account/support/{case}")
def show(visit: Visit, case: str) -> Html:
    return _case(visit, case)


def say_again(visit: Visit, refusal: Refusal, *, case: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound):
        raise refusal
    return _case(visit, case, refusal)


@page(bp, "POST", "/account/support/{case}/messages", refused=say_again)
def say(visit: Visit, case: str) -> Redirect:
    """Write on in a case; one that is closed is open again."""
    actor, fields = member(visit).actor, visit.fields
    service.say(actor, case, fields.text("text"), key=fields.text("key"))
    return Redirect(f"{SUPPORT}/{case}#end")


@page(bp, "POST", "/account/support/{case}/close", refused=say_again)
def close(visit: Visit, case: str) -> Redirect:
    service.close(member(visit).actor, case)
    return Redirect(f"{SUPPORT}/{case}")


def message_field(visit: Visit, errors: dict[str, str], label: str) -> FieldView:
    """Ask for some lines; what was typed stays."""
    hint = visit.words.say(N_("Up to %(number)s characters.")) % {"number": MESSAGE_LENGTH_MAX}
    return FieldView(
        name="text",
        label=label,
        kind="textarea",
        value=visit.fields.text("text") if errors else "",
        hint=hint,
        error=errors.get("text", ""),
    )


def whom(case: Case, words: Words) -> str:
    """Name whoever is asked."""
    return case.merchant.named(words.locale) if case.merchant else words.say(N_("The platform"))


def _support(visit: Visit, refusal: Refusal | None = None) -> Html:
    actor, words = member(visit).actor, visit.words
    found = service.cases_of(actor, cursor=visit.query_text.get("cursor", ""))
    errors = problem(visit, refusal).errors if refusal else {}
    query = {"cursor": found.next_cursor}
    view = SupportView(
        key=visit.fields.text("key") or ids.ulid(),
        fields=_fields(visit, actor, errors),
        cases=[_link(one, words) for one in found.items],
        next_href=with_query(SUPPORT, query) if found.next_cursor else "",
        note=words.refusal(refusal) if refusal and not refusal.errors else "",
    )
    return Html("pages/aftersales/support.html", view, refusal.status if refusal else 200)


def _fields(visit: Visit, actor: Actor, errors: dict[str, str]) -> list[FieldView]:
    words, typed = visit.words, visit.fields
    asked = typed.text("order") or visit.query_text.get("order", "")
    choices = [("", words.say(N_("About no order: ask the platform")))]
    bought = orders.purchases_of_member(actor, limit=PURCHASES_OFFERED).items
    choices += [each for one in bought for each in _orders_of(one, words)]
    return [
        FieldView(
            name="order",
            label=words.say(N_("About which order")),
            kind="select",
            value=asked,
            is_required=False,
            error=errors.get("order", ""),
            choices=tuple(choices),
        ),
        FieldView(
            name="subject",
            label=words.say(N_("Subject")),
            value=typed.text("subject"),
            hint=words.say(N_("Up to %(number)s characters.")) % {"number": SUBJECT_LENGTH_MAX},
            error=errors.get("subject", ""),
        ),
        message_field(visit, errors, words.say(N_("What can we help you with?"))),
    ]


def _orders_of(listed: Listed, words: Words) -> list[tuple[str, str]]:
    day = words.day(listed.purchase.created_at).text
    return [
        (one.id, f"{one.merchant.named(words.locale)} · {one.lines[0].title} · {day}")
        for one in listed.orders
    ]


def _case(visit: Visit, case_id: str, refusal: Refusal | None = None) -> Html:
    words = visit.words
    case = service.case_of(member(visit).actor, case_id)
    state, tone = STATES[case.state]
    errors = problem(visit, refusal).errors if refusal else {}
    view = CaseView(
        href=f"{SUPPORT}/{case.id}",
        subject=case.subject,
        whom=whom(case, words),
        state=words.say(state),
        tone=tone,
        order_href=f"/orders/{purchase_of_order(case.order_id)}" if case.order_id else "",
        order=case.order_id,
        messages=[_message(one, case, words) for one in case.messages],
        key=visit.fields.text("key") or ids.ulid(),
        field=message_field(visit, errors, words.say(N_("Write on"))),
        is_closed=case.state is CaseState.CLOSED,
        note=words.refusal(refusal) if refusal and not refusal.errors else "",
    )
    return Html("pages/aftersales/case.html", view, refusal.status if refusal else 200)


def _message(message: Message, case: Case, words: Words) -> MessageView:
    who = whom(case, words) if message.by_staff else words.say(N_("You"))
    return MessageView(who, words.moment(message.at), message.text, not message.by_staff)


def _link(case: Case, words: Words) -> CaseLinkView:
    state, tone = STATES[case.state]
    return CaseLinkView(
        href=f"{SUPPORT}/{case.id}",
        subject=case.subject,
        whom=whom(case, words),
        state=words.say(state),
        tone=tone,
        at=words.moment(case.messages[-1].at),
    )
