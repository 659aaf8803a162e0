"""The list of offers: which run, which will, which were stopped, which are over."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.identity.console import person
from chalicelib.contexts.promotions.console import words as said
from chalicelib.contexts.promotions.model.board import Standing
from chalicelib.contexts.promotions.model.refusals import NoOffer
from chalicelib.contexts.promotions.model.wishes import OfferWish
from chalicelib.contexts.promotions.service import offers
from chalicelib.kernel import clock
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn, Refusal
from chalicelib.web.forms import ChoiceView
from chalicelib.web.i18n import N_, TimeView, Words
from chalicelib.web.page import Html, Redirect, page, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

OFFERS = "/console/offers"
ROWS_SHOWN = 25
EMPTY = {
    "": N_("No offer yet. The first one takes a minute."),
    "live": N_("Nothing is on offer now. Make an offer, or let a stopped one run again."),
    "scheduled": N_("No offer waits for its day. Make one that begins later."),
    "stopped": N_("No offer is stopped. You can stop any that runs."),
    "ended": N_("No offer is over yet."),
}
assert set(EMPTY) == {"", *said.STATES}, "every tab says what it has not"


class OfferRowView(Struct, frozen=True, kw_only=True):
    """An offer as a line. `used` and `quota` are empty where nothing is counted; `move` is what its
    button does, empty where it is over.
    """

    id: str
    href: str
    title: str
    takes: str
    about: str
    starts_at: TimeView
    ends_at: TimeView
    state: str
    tone: str
    used: str
    quota: str
    usage: str
    move: str
    move_label: str


class UndoView(Struct, frozen=True):
    """What was done just now, and the way back."""

    text: str
    action: str
    move: str


class OffersView(Struct, frozen=True, kw_only=True):
    tabs: list[ChoiceView]
    offers: list[OfferRowView]
    next_href: str
    empty: str
    state: str
    note: str = ""
    undo: UndoView | None = None


@page(bp, "GET", "/console/offers")
def show_all(visit: Visit) -> Html:
    return _list(visit, visit.query_text)


def list_again(visit: Visit, refusal: Refusal, *, offer: str) -> Html:
    if isinstance(refusal, NotSignedIn | NotFound | Forbidden):
        raise refusal
    del offer
    return _list(visit, {}, refusal)


@page(bp, "POST", "/console/offers/{offer}/state", refused=list_again)
def move(visit: Visit, offer: str) -> Redirect:
    """Stop an offer, or let it run again; the list then offers the way back."""
    is_stopped = visit.fields.text("move") == "stop"
    changed = offers.change(person(visit).actor, offer, OfferWish(is_stopped=is_stopped))
    tab = visit.fields.text("tab")
    state = tab if tab in said.STATES else ""
    return Redirect(with_query(OFFERS, {"state": state, "done": changed.offer.id}))


def _list(visit: Visit, query: dict[str, str], refusal: Refusal | None = None) -> Html:
    actor, words = person(visit).actor, visit.words
    wanted = query.get("state", "")
    state = wanted if wanted in said.STATES else ""
    found = offers.listed(actor, state, limit=ROWS_SHOWN, cursor=query.get("cursor", ""))
    used = offers.used_of(found.items)
    onwards = {"state": state, "cursor": found.next_cursor}
    done = query.get("done", "")
    view = OffersView(
        tabs=_tabs(state, words),
        offers=[_row(one, used.get(one.offer.id), words) for one in found.items],
        next_href=with_query(OFFERS, onwards) if found.next_cursor else "",
        empty=words.say(EMPTY[state]),
        state=state,
        note=words.refusal(refusal) if refusal else "",
        undo=_undo(_moved(visit, done, found.items), words) if done else None,
    )
    return Html("console/promotions/offers.html", view, refusal.status if refusal else 200)


def _moved(visit: Visit, offer_id: str, shown: list[Standing]) -> Standing | None:
    """The offer that was moved just now; None for one that is not theirs or not there."""
    here = next((one for one in shown if one.offer.id == offer_id), None)
    if here is not None:
        return here
    try:
        return offers.one(person(visit).actor, offer_id)
    except NoOffer:
        return None


def _undo(moved: Standing | None, words: Words) -> UndoView | None:
    if moved is None:
        return None
    stopped, runs = N_("“%(title)s” is stopped."), N_("“%(title)s” may run again.")
    sentence = words.say(stopped if moved.is_stopped else runs)
    return UndoView(
        sentence % {"title": said.titled(moved.offer, words)},
        f"{OFFERS}/{moved.offer.id}/state",
        "run" if moved.is_stopped else "stop",
    )


def _tabs(state: str, words: Words) -> list[ChoiceView]:
    return [
        ChoiceView(words.say(N_("All")), OFFERS, is_current=not state),
        *(
            ChoiceView(words.say(label), f"{OFFERS}?state={name}", is_current=name == state)
            for name, (label, _) in said.STATES.items()
        ),
    ]


def _row(standing: Standing, used: int | None, words: Words) -> OfferRowView:
    offer, state = standing.offer, standing.state(clock.now())
    label, tone = said.STATES[state]
    moves = {"stopped": ("run", words.say(N_("Run again"))), "ended": ("", "")}
    move_to, move_label = moves.get(state, ("stop", words.say(N_("Stop"))))
    usage = words.say(N_("%(used)s of %(quota)s used"))
    return OfferRowView(
        id=offer.id,
        href=f"{OFFERS}/{offer.id}",
        title=said.titled(offer, words),
        takes=said.takes(standing, words),
        about=said.about(offer, words),
        starts_at=words.moment(clock.iso(offer.starts_at)),
        ends_at=words.moment(clock.iso(offer.ends_at)),
        state=words.say(label),
        tone=tone,
        used=str(used or 0),
        quota="" if offer.quota is None else str(offer.quota),
        usage="" if offer.quota is None else usage % {"used": used or 0, "quota": offer.quota},
        move=move_to,
        move_label=move_label,
    )
