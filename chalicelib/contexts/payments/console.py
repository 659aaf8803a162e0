"""The platform's desk for payments: what companies told that contradicts what was asked."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity.console import platform
from chalicelib.contexts.payments import service
from chalicelib.contexts.payments.service import Flagged
from chalicelib.kernel.errors import Refusal
from chalicelib.providers.payment import CallbackKind
from chalicelib.web.i18n import N_, PriceView, TimeView, Words
from chalicelib.web.page import Html, Redirect, page
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

KINDS = {
    CallbackKind.AUTHORIZED: N_("Money promised"),
    CallbackKind.CAPTURED: N_("Money taken"),
    CallbackKind.FAILED: N_("Payment declined"),
    CallbackKind.EXPIRED: N_("Payment expired"),
    CallbackKind.REFUND_SUCCEEDED: N_("Refund paid out"),
    CallbackKind.REFUND_FAILED: N_("Refund that failed"),
    CallbackKind.CHARGEBACK_OPENED: N_("Chargeback"),
}
assert set(KINDS) == set(CallbackKind), "every kind has its words"


class FlaggedView(Struct, frozen=True, kw_only=True):
    at: TimeView
    company: str
    event_id: str
    payment_id: str
    reference: str
    kind: str
    told: PriceView | None
    asked: PriceView | None


class ReviewView(Struct, frozen=True):
    flagged: list[FlaggedView]
    note: str = ""


@page(bp, "GET", "/console/review")
def show(visit: Visit) -> Html:
    return _page(visit)


def show_again(visit: Visit, refusal: Refusal) -> Html:
    return _page(visit, refusal)


@page(bp, "POST", "/console/review", refused=show_again)
def mark_reviewed(visit: Visit) -> Redirect:
    """Take a callback off the list once somebody has looked at it."""
    actor = platform(visit).actor
    service.mark_reviewed(actor, visit.fields.text("company"), visit.fields.text("event"))
    return Redirect("/console/review")


def _page(visit: Visit, refusal: Refusal | None = None) -> Html:
    waiting = service.flagged(platform(visit).actor)
    note = visit.words.refusal(refusal) if refusal else ""
    view = ReviewView([_view(one, visit.words) for one in waiting], note)
    return Html("console/payments/review.html", view, refusal.status if refusal else 200)


def _view(one: Flagged, words: Words) -> FlaggedView:
    told = one.callback
    return FlaggedView(
        at=words.moment(one.received_at),
        company=told.provider,
        event_id=told.event_id,
        payment_id=told.payment_id,
        reference=told.provider_reference,
        kind=words.say(KINDS[told.kind]),
        told=words.money(told.amount) if told.amount else None,
        asked=words.money(one.payment.amount) if one.payment else None,
    )
