"""A merchant's stock as JSON."""

from typing import Annotated

import msgspec
from chalice import Blueprint
from msgspec import Meta

from chalicelib.contexts.catalog import service as catalog
from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.inventory import model, service
from chalicelib.contexts.inventory.model import Stock
from chalicelib.contexts.merchants import service as merchants
from chalicelib.kernel.actors import Actor
from chalicelib.web.endpoint import endpoint
from chalicelib.web.request import Request

bp = Blueprint(__name__)

Location = Annotated[str, Meta(min_length=1, max_length=40)]
Count = Annotated[int, Meta(ge=0, le=model.ON_HAND_MAX)]


class Counted(msgspec.Struct, forbid_unknown_fields=True):
    """How many units are on hand, those held for purchases included."""

    on_hand: Count
    location: Location = model.MAIN


class Where(msgspec.Struct, forbid_unknown_fields=True):
    location: Location = model.MAIN


class StockView(msgspec.Struct):
    sku: str
    location: str
    on_hand: int
    held: int
    available: int


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/stock/{sku}",
    summary="The stock of a variant",
    tag="stock",
    query=Where,
    answer=StockView,
    security="merchant",
)
def get_stock(request: Request, sku: str) -> StockView:
    actor = identity.merchant(request.bearer)
    return _view(service.get_stock(actor, _own_sku(actor, sku), request.query.location))


@endpoint(
    bp,
    "PUT",
    "/api/v1/merchant/stock/{sku}",
    summary="Say how many units of a variant are on hand",
    tag="stock",
    body=Counted,
    answer=StockView,
    security="merchant",
)
def put_stock(request: Request, sku: str) -> StockView:
    actor = identity.merchant(request.bearer)
    counted: Counted = request.body
    return _view(service.put_stock(actor, _own_sku(actor, sku), counted.on_hand, counted.location))


def _own_sku(actor: Actor, given: str) -> str:
    """Find the variant that a merchant names, by its own code or the full sku."""
    code = merchants.get(actor.for_merchant()).code
    return catalog.own_sku(actor, model.candidates(code, given)).sku


def _view(stock: Stock) -> StockView:
    return StockView(stock.sku, stock.location, stock.on_hand, stock.held, stock.available)
