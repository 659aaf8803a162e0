"""The look-up of a purchase by whoever bought without an account and lost the link."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.orders import service
from chalicelib.contexts.orders.model.refusals import NotFoundByContact
from chalicelib.kernel.errors import Refusal
from chalicelib.web.forms import FieldView
from chalicelib.web.i18n import N_
from chalicelib.web.page import Html, Redirect, missing, page, problem
from chalicelib.web.session import Visit

bp = Blueprint(__name__)


class FindView(Struct, frozen=True):
    fields: list[FieldView]
    note: str
    is_unknown: bool


@page(bp, "GET", "/orders/find")
def show(visit: Visit) -> Html:
    return _form(visit)


def show_again(visit: Visit, refusal: Refusal) -> Html:
    return _form(visit, refusal)


@page(bp, "POST", "/orders/find", refused=show_again)
def find(visit: Visit) -> Redirect:
    """Lead to the purchase, which this browser may look at from now on."""
    number, contact = visit.fields.text("number"), visit.fields.text("contact")
    absent = [name for name, given in (("number", number), ("contact", contact)) if not given]
    if absent:
        raise missing(*absent)
    purchase = service.find(number, contact, address=visit.address)
    return Redirect(f"/orders/{purchase}", (visit.remember_purchase(purchase),))


def _form(visit: Visit, refusal: Refusal | None = None) -> Html:
    words, errors = visit.words, problem(visit, refusal).errors if refusal else {}
    view = FindView(
        fields=[
            FieldView(
                name="number",
                label=words.say(N_("Order number")),
                value=visit.fields.text("number") or visit.query_text.get("number", ""),
                hint=words.say(
                    N_("It stands in the mail that we sent you, and begins with pur or ord.")
                ),
                error=errors.get("number", ""),
            ),
            FieldView(
                name="contact",
                label=words.say(N_("Email or phone")),
                value=visit.fields.text("contact"),
                autocomplete="email",
                hint=words.say(N_("The one you gave when you ordered.")),
                error=errors.get("contact", ""),
            ),
        ],
        note=words.refusal(refusal) if refusal and not errors else "",
        is_unknown=isinstance(refusal, NotFoundByContact),
    )
    return Html("pages/orders/find.html", view, refusal.status if refusal else 200)
