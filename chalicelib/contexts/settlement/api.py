"""Settlement's JSON: a merchant's ledger and statements."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from chalice import Blueprint, Response
from msgspec import Meta

from chalicelib.contexts.identity import service as identity
from chalicelib.contexts.settlement import service
from chalicelib.contexts.settlement.model import Posting, Statement
from chalicelib.kernel import clock
from chalicelib.kernel.errors import FieldError, Malformed
from chalicelib.kernel.money import Money
from chalicelib.kernel.paging import PAGE_SIZE, PAGE_SIZE_MAX
from chalicelib.web.endpoint import endpoint
from chalicelib.web.request import Request

bp = Blueprint(__name__)
TAG = "settlement"
FORMULA_MARKS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = ("id", "at", "order_id", "cause", "account", "amount_minor", "currency")

Limit = Annotated[int, Meta(ge=1, le=PAGE_SIZE_MAX)]


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    limit: Limit = PAGE_SIZE
    cursor: str = ""


class LedgerQuery(
    msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """`from` is included, `to` is not; both RFC 3339."""

    since: str = ""
    until: str = ""
    limit: Limit = PAGE_SIZE
    cursor: str = ""


class PostingView(msgspec.Struct, omit_defaults=True):
    """One leg of a journal entry; debits are positive. `cause` is the fact that posted it."""

    id: str
    at: str
    account: str
    amount: Money
    cause: str
    order_id: str = ""


class LedgerView(msgspec.Struct):
    items: list[PostingView]
    next_cursor: str | None


class StatementCard(msgspec.Struct):
    """`owed` is what the merchant gets; `totals` sum the legs by account, debits positive."""

    id: str
    number: int
    currency: str
    state: str
    opened_at: str
    closed_at: str
    entries: int
    owed: Money
    totals: dict[str, Money]


class StatementView(StatementCard):
    lines: list[PostingView]


class StatementsView(msgspec.Struct):
    items: list[StatementCard]
    next_cursor: str | None


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/ledger",
    summary="This merchant's postings, newest first",
    tag=TAG,
    security="merchant",
    query=LedgerQuery,
    answer=LedgerView,
)
def ledger(request: Request) -> LedgerView:
    actor = identity.merchant(request.bearer)
    query: LedgerQuery = request.query
    page = service.ledger(
        actor,
        since=_time("from", query.since),
        until=_time("to", query.until),
        limit=query.limit,
        cursor=query.cursor,
    )
    return LedgerView([_posting(posting) for posting in page.items], page.next_cursor)


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/statements",
    summary="This merchant's closed statements, newest first",
    tag=TAG,
    security="merchant",
    query=PageQuery,
    answer=StatementsView,
)
def statements(request: Request) -> StatementsView:
    actor = identity.merchant(request.bearer)
    page = service.statements(actor, limit=request.query.limit, cursor=request.query.cursor)
    return StatementsView([StatementCard(**_card(one)) for one in page.items], page.next_cursor)


@endpoint(
    bp,
    "GET",
    "/api/v1/merchant/statements/{statement}",
    summary="A statement with its journal lines; as a file with Accept: text/csv",
    tag=TAG,
    security="merchant",
    answer=StatementView,
)
def statement(request: Request, statement: str) -> StatementView | Response:
    actor = identity.merchant(request.bearer)
    found = service.statement(actor, statement)
    lines = service.statement_lines(found)
    if request.headers.get("accept", "").lower().startswith("text/csv"):
        return csv_file(found, lines)
    return StatementView(**_card(found), lines=[_posting(line) for line in lines])


def csv_file(statement: Statement, lines: Sequence[Posting]) -> Response:
    """Answer a statement as a CSV file that spreadsheets open without running anything."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in lines:
        texts = (line.id, line.at, line.order_id, line.cause, line.account.value)
        writer.writerow(
            [*map(_harmless, texts), line.amount.amount, _harmless(line.amount.currency)]
        )
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{statement.id}.csv"',
        "Cache-Control": "no-store",
    }
    return Response(body=out.getvalue(), status_code=200, headers=headers)


def _harmless(text: str) -> str:
    """Keep a text from being taken for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(FORMULA_MARKS) else text


def _posting(posting: Posting) -> PostingView:
    return PostingView(
        posting.id, posting.at, posting.account, posting.amount, posting.cause, posting.order_id
    )


def _card(statement: Statement) -> dict[str, Any]:
    return {
        "id": statement.id,
        "number": statement.number,
        "currency": statement.currency,
        "state": statement.state.value,
        "opened_at": statement.opened_at,
        "closed_at": statement.closed_at,
        "entries": statement.entries,
        "owed": statement.owed,
        "totals": {
            account: Money(amount, statement.currency)
            for account, amount in statement.totals.items()
        },
    }


def _time(field: str, text: str) -> str:
    """Read a time of the query into the form that keys have; a bare date is its midnight in UTC."""
    if not text:
        return ""
    try:
        if len(text) == len("2026-01-31"):
            datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a date alone has no zone
            return f"{text}T00:00:00.000Z"
        return clock.iso(clock.parse(text.replace(" ", "+")))
    except ValueError:
        error = FieldError(field, "wrong_type", "a time such as 2026-01-31T00:00:00Z")
        raise Malformed(f"{field} is not a time", errors=[error]) from None
