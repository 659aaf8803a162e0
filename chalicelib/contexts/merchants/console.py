"""The platform's desk for merchants: applications, standing."""

from collections.abc import Callable

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity.console import platform
from chalicelib.contexts.merchants import service
from chalicelib.contexts.merchants.model import STANDING, Merchant, MerchantState
from chalicelib.kernel.actors import Actor
from chalicelib.kernel.errors import Refusal
from chalicelib.web.forms import ChoiceView, wrong
from chalicelib.web.i18n import N_, TimeView, Words
from chalicelib.web.page import Html, Redirect, page, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

STATES = {
    MerchantState.APPLIED: N_("Applied"),
    MerchantState.IN_REVIEW: N_("In review"),
    MerchantState.APPROVED: N_("Approved"),
    MerchantState.SUSPENDED: N_("Suspended"),
    MerchantState.CLOSED: N_("Closed"),
    MerchantState.REJECTED: N_("Rejected"),
}
assert set(STATES) == set(MerchantState), "every state has its words"

Move = Callable[[Actor, str, str], Merchant]
MOVES: dict[str, tuple[str, tuple[MerchantState, MerchantState], Move]] = {
    "take_up": (
        N_("Take up"),
        (MerchantState.APPLIED, MerchantState.IN_REVIEW),
        lambda actor, merchant_id, _reason: service.take_up(actor, merchant_id),
    ),
    "approve": (
        N_("Approve"),
        (MerchantState.IN_REVIEW, MerchantState.APPROVED),
        lambda actor, merchant_id, _reason: service.approve(actor, merchant_id),
    ),
    "reject": (N_("Reject"), (MerchantState.IN_REVIEW, MerchantState.REJECTED), service.reject),
    "suspend": (N_("Suspend"), (MerchantState.APPROVED, MerchantState.SUSPENDED), service.suspend),
    "reinstate": (
        N_("Reinstate"),
        (MerchantState.SUSPENDED, MerchantState.APPROVED),
        lambda actor, merchant_id, _reason: service.reinstate(actor, merchant_id),
    ),
    "close": (N_("Close for good"), (MerchantState.SUSPENDED, MerchantState.CLOSED), service.close),
}
assert all(STANDING.allows(*edge) for _, edge, _ in MOVES.values()), "moves go along listed edges"
HARSH = {"reject", "suspend", "close"}


class MoveView(Struct, frozen=True):
    value: str
    label: str
    is_harsh: bool


class MerchantView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    email: str
    code: str
    created_at: TimeView
    commission: str
    moves: list[MoveView]
    needs_reason: bool


class MerchantsView(Struct, frozen=True):
    state: str
    tabs: list[ChoiceView]
    merchants: list[MerchantView]
    next_href: str
    note: str = ""


@page(bp, "GET", "/console/merchants")
def show(visit: Visit) -> Html:
    return _page(visit, visit.query_text.get("state", MerchantState.APPLIED))


def show_again(visit: Visit, refusal: Refusal, *, merchant: str) -> Html:
    del merchant
    return _page(visit, visit.fields.text("state"), refusal)


@page(bp, "POST", "/console/merchants/{merchant}", refused=show_again)
def move(visit: Visit, merchant: str) -> Redirect:
    """Move a merchant along one edge of its standing."""
    actor = platform(visit).actor
    name = visit.fields.text("move")
    if name not in MOVES:
        raise wrong("move", "unknown")
    MOVES[name][2](actor, merchant, visit.fields.text("reason"))
    return Redirect(with_query("/console/merchants", {"state": visit.fields.text("state")}))


def _page(visit: Visit, wanted: str, refusal: Refusal | None = None) -> Html:
    actor, words = platform(visit).actor, visit.words
    state = MerchantState(wanted) if wanted in set(MerchantState) else MerchantState.APPLIED
    found = service.list_merchants(actor, state, cursor=visit.query_text.get("cursor", ""))
    query = {"state": state.value, "cursor": found.next_cursor}
    view = MerchantsView(
        state=state.value,
        tabs=[
            ChoiceView(
                words.say(label), f"/console/merchants?state={name}", is_current=name is state
            )
            for name, label in STATES.items()
        ],
        merchants=[_view(one, words) for one in found.items],
        next_href=with_query("/console/merchants", query) if found.next_cursor else "",
        note=words.refusal(refusal) if refusal else "",
    )
    return Html("console/merchants/merchants.html", view, refusal.status if refusal else 200)


def _view(merchant: Merchant, words: Words) -> MerchantView:
    moves = [
        MoveView(name, words.say(label), name in HARSH)
        for name, (label, (source, _), _) in MOVES.items()
        if source is merchant.state
    ]
    return MerchantView(
        id=merchant.id,
        name=merchant.name_in(words.locale),
        email=merchant.email,
        code=merchant.code,
        created_at=words.day(merchant.created_at),
        commission=f"{merchant.commission_bps / 100:g}%",
        moves=moves,
        needs_reason=any(one.is_harsh for one in moves),
    )
