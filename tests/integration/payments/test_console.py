"""The platform looks at what companies told that contradicts what was asked."""

import pytest
from bs4 import BeautifulSoup

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.orders import service as orders
from chalicelib.contexts.payments import service, store
from chalicelib.kernel.actors import ANONYMOUS, SYSTEM, Actor, ActorKind
from chalicelib.kernel.errors import Forbidden, NotFound, NotSignedIn
from tests.makers.http import Http
from tests.makers.payments import a_callback, gbp
from tests.makers.people import PASSWORD, a_merchant
from tests.makers.purchases import placed
from tests.makers.rows import everything

pytestmark = pytest.mark.usefixtures("stage")
PATH = "/console/review"


def mismatch(amount: int = 4_999) -> str:
    """Let a company tell another amount; returns the message's id."""
    callback = a_callback(amount=gbp(amount))
    orders.hear(callback)
    return callback.event_id


def signed_in() -> Http:
    identity.bootstrap_platform("desk@souk.example", PASSWORD)
    http = Http()
    page = http.get("/console/sign-in")
    fields = {"login": "desk@souk.example", "password": PASSWORD, "csrf": csrf_of(page.text)}
    assert http.form("/console/sign-in", fields).status == 303
    return http


def csrf_of(html: str) -> str:
    found = BeautifulSoup(html, "html.parser").find("input", {"name": "csrf"})
    assert found is not None
    return str(found["value"])


def test_a_person_sees_what_was_told_and_asked_and_takes_it_off_the_list() -> None:
    placed()
    event = mismatch()
    http = signed_in()
    page = BeautifulSoup(http.get(PATH).text, "html.parser")
    row = page.select_one("tbody tr")
    assert row is not None
    cells = [cell.get_text(" ", strip=True).replace("£ ", "£") for cell in row.select("td")]
    assert cells[1] == "sandbox"
    assert cells[3:6] == ["Money taken", "£49.99", "£50.00"]
    fields = {one["name"]: one["value"] for one in row.select("input")}
    assert fields["event"] == event
    assert http.form(PATH, fields).status == 303
    assert "Nothing waits for a review." in http.get(PATH).text
    assert http.form(PATH, fields).status == 404


def test_only_the_platform_may_look() -> None:
    placed()
    event = mismatch()
    seller = a_merchant()
    before = everything()
    refused = [
        (ANONYMOUS, NotSignedIn),
        (seller.actor, Forbidden),
        (seller.owner, Forbidden),
        (Actor(ActorKind.MEMBER, "acc_1"), Forbidden),
    ]
    for actor, refusal in refused:
        with pytest.raises(refusal):
            service.flagged(actor)
        with pytest.raises(refusal):
            service.mark_reviewed(actor, "sandbox", event)
    assert everything() == before
    assert [one.payment.amount for one in service.flagged(SYSTEM) if one.payment] == [gbp(5_000)]


def test_what_does_not_wait_cannot_be_reviewed() -> None:
    placed()
    accepted = a_callback()
    orders.hear(accepted)
    before = everything()
    for event in (accepted.event_id, "msg_404", ""):
        with pytest.raises(NotFound):
            service.mark_reviewed(SYSTEM, "sandbox", event)
    assert everything() == before


def test_a_reviewed_callback_is_still_known() -> None:
    placed()
    callback = a_callback(amount=gbp(1))
    orders.hear(callback)
    service.mark_reviewed(SYSTEM, "sandbox", callback.event_id)
    assert service.flagged(SYSTEM) == []
    assert orders.hear(callback) == "duplicate"
    assert store.under_review(5).items == []
