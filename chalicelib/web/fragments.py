"""What a public page does not know: who looks at it. Scripts put it in; without them links stand."""

from chalice import Blueprint

from chalicelib.web.page import Html, page
from chalicelib.web.session import Visit

bp = Blueprint(__name__)


@page(bp, "GET", "/fragments/visitor")
def visitor(_visit: Visit) -> Html:
    """The account's link and the cart's with its count, from the cookies alone: no round trip."""
    return Html("fragments/visitor.html", headers={"X-Robots-Tag": "noindex"})
