"""The merchant's stock: counts, and the form that puts them."""

from chalice import Blueprint
from msgspec import Struct

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity.console import staff
from chalicelib.contexts.inventory import model, service
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.errors import Refusal
from chalicelib.web.page import Html, Redirect, page, with_query
from chalicelib.web.session import Visit

bp = Blueprint(__name__)

LOW_STOCK = 5
ROWS_SHOWN = 50


class StockRowView(Struct, frozen=True):
    sku: str
    on_hand: int
    held: int
    available: int
    is_low: bool


class StockView(Struct, frozen=True, kw_only=True):
    """The counts, and what was typed into the form above them."""

    rows: list[StockRowView]
    next_href: str
    cursor: str
    sku: str = ""
    on_hand: str = ""
    note: str = ""


@page(bp, "GET", "/console/stock")
def show(visit: Visit) -> Html:
    return _page(visit, visit.query_text.get("cursor", ""))


def show_again(visit: Visit, refusal: Refusal) -> Html:
    return _page(visit, visit.fields.text("cursor"), refusal)


@page(bp, "POST", "/console/stock", refused=show_again)
def put(visit: Visit) -> Redirect:
    """Put the count of one of the merchant's variants, by its own code or the full SKU."""
    actor = staff(visit).actor
    on_hand = visit.fields.whole("on_hand")
    code = merchants.get(actor.for_merchant()).code
    sku = catalog.own_sku(actor, model.candidates(code, visit.fields.text("sku"))).sku
    service.put_stock(actor, sku, on_hand)
    return Redirect(with_query("/console/stock", {"cursor": visit.fields.text("cursor")}))


def low(rows: list[StockRowView]) -> list[StockRowView]:
    """Choose the counts that are running low, the lowest first."""
    return sorted((row for row in rows if row.is_low), key=lambda row: row.available)


def row_views(visit: Visit, cursor: str = "") -> tuple[list[StockRowView], str | None]:
    """Read a page of the merchant's counts."""
    found = service.list_stock(staff(visit).actor, limit=ROWS_SHOWN, cursor=cursor)
    rows = [
        StockRowView(
            one.sku, one.on_hand, one.held, one.available, is_low=one.available <= LOW_STOCK
        )
        for one in found.items
    ]
    return rows, found.next_cursor


def _page(visit: Visit, cursor: str, refusal: Refusal | None = None) -> Html:
    rows, next_cursor = row_views(visit, cursor)
    view = StockView(
        rows=rows,
        next_href=with_query("/console/stock", {"cursor": next_cursor}) if next_cursor else "",
        cursor=cursor,
        sku=visit.fields.text("sku") if refusal else "",
        on_hand=visit.fields.text("on_hand") if refusal else "",
        note=visit.words.refusal(refusal) if refusal else "",
    )
    return Html("console/inventory/stock.html", view, refusal.status if refusal else 200)
